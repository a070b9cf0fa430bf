"""Checkpoints are those of the same run, whole, or absent."""

import os
import signal
import subprocess
import sys
import threading

import pytest
import torch
from actopo.files import save_json
from actopo.networks import checkpoints
from actopo.networks.checkpoints import Checkpoint


def test_a_damaged_checkpoint_is_not_used(tmp_path):
    path = tmp_path / "run.checkpoint"
    path.write_bytes(b"\x00" * 100)
    assert Checkpoint(path, 1).load() is None
    save_json(path, {})
    assert Checkpoint(path, 1).load() is None


def test_a_checkpoint_with_a_flipped_bit_is_not_used(tmp_path, caplog):
    checkpoint = Checkpoint(tmp_path / "run.checkpoint", 1)
    checkpoint.save({"weight": torch.arange(100.0)})
    content = bytearray(checkpoint.path.read_bytes())
    content[-1] ^= 1
    checkpoint.path.write_bytes(content)
    assert checkpoint.load() is None
    assert f"the checkpoint {checkpoint.path} is damaged; starting anew" in caplog.text


def test_a_checkpoint_is_for_its_run_and_goes_when_that_is_finished(tmp_path):
    checkpoint = Checkpoint(tmp_path / "run.checkpoint", {"epochs": 3, "seed": 1})
    assert checkpoint.load() is None
    tensors = {"weight": torch.arange(6.0).reshape(2, 3), "epoch": torch.tensor(2)}
    checkpoint.save(tensors)
    found = Checkpoint(str(checkpoint.path), {"seed": 1, "epochs": 3}).load()
    assert set(found) == set(tensors)
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())
    assert Checkpoint(checkpoint.path, {"epochs": 4, "seed": 1}).load() is None
    checkpoint.save({"weight": torch.zeros(1)})
    assert list(checkpoint.load()) == ["weight"]
    checkpoint.remove()
    checkpoint.remove()
    assert not list(tmp_path.iterdir())


@pytest.fixture
def clock(monkeypatch):
    """A clock that is put forward by hand."""
    now = [100.0]
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: now[0])
    return now


def state(value, n_losses=1):
    return {"weight": torch.full((3,), value), "loss": torch.arange(float(n_losses))}


def test_a_checkpoint_is_written_when_the_last_is_old(tmp_path, clock):
    checkpoint = Checkpoint(tmp_path / "run.checkpoint", 1, interval=60)
    written = []
    for value, seconds in enumerate((100, 130, 159.9, 160, 170, 219, 221), start=1):
        clock[0] = seconds
        checkpoint.keep(state(float(value), n_losses=value))
        found = checkpoint.load()
        written.append(found and int(found["weight"][0]))
    assert written == [None, None, None, 4, 4, 4, 7]


def test_what_is_kept_is_a_copy(tmp_path, clock):
    checkpoint = Checkpoint(tmp_path / "run.checkpoint", 1)
    own = state(1.0)
    with pytest.raises(KeyboardInterrupt), checkpoint.written_at_the_end():
        checkpoint.keep(own)
        own["weight"] += 1
        # The losses grow from epoch to epoch.
        checkpoint.keep(own | {"loss": torch.arange(2.0)})
        own["weight"] += 1
        raise KeyboardInterrupt
    found = checkpoint.load()
    assert found["weight"].tolist() == [2, 2, 2]
    assert found["loss"].tolist() == [0, 1]


def test_nothing_older_than_the_file_is_written(tmp_path, clock):
    checkpoint = Checkpoint(tmp_path / "run.checkpoint", 1)
    with pytest.raises(SystemExit), checkpoint.written_at_the_end():
        checkpoint.keep(state(1.0))
        clock[0] += 61
        checkpoint.keep(state(2.0))
        raise SystemExit
    assert checkpoint.load()["weight"].tolist() == [2, 2, 2]


def test_an_error_leaves_no_checkpoint(tmp_path):
    checkpoint = Checkpoint(tmp_path / "run.checkpoint", 1)
    with pytest.raises(ZeroDivisionError), checkpoint.written_at_the_end():
        checkpoint.keep(state(1.0))
        raise ZeroDivisionError
    assert checkpoint.load() is None


def test_the_handler_of_the_signal_comes_back(tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    with Checkpoint(tmp_path / "run.checkpoint", 1).written_at_the_end():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_comes_in_a_finaliser_ends_the_process_after_the_epoch(tmp_path):
    class Finalised:
        def __del__(self):
            signal.raise_signal(signal.SIGTERM)

    checkpoint = Checkpoint(tmp_path / "run.checkpoint", 1)
    with pytest.raises(SystemExit) as caught, checkpoint.written_at_the_end():
        checkpoint.keep(state(1.0))
        # Python ignores what is raised here.
        Finalised()
        checkpoint.keep(state(2.0))
        raise AssertionError("the signal is lost")
    assert caught.value.code == 128 + signal.SIGTERM
    assert checkpoint.load()["weight"].tolist() == [2, 2, 2]


def test_in_another_thread_no_signal_is_waited_for(tmp_path):
    done = []

    def work():
        with Checkpoint(tmp_path / "run.checkpoint", 1).written_at_the_end():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done


def test_a_process_that_is_asked_to_end_writes_its_last_state(tmp_path):
    script = """
import sys, time, torch
from actopo.networks.checkpoints import Checkpoint
checkpoint = Checkpoint("run.checkpoint", 1)
with checkpoint.written_at_the_end():
    checkpoint.keep({"weight": torch.full((3,), 5.0)})
    print("kept", flush=True)
    time.sleep(60)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "kept\n"
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 128 + signal.SIGTERM
    assert Checkpoint(tmp_path / "run.checkpoint", 1).load()["weight"].tolist() == [5, 5, 5]
