"""Networks on their way from the job that trained them to the job that delivers them."""

import errno
import fcntl
import os

import pytest
from actopo.errors import InputError
from actopo.io import save_json
from actopo.trays import Tray

RUN = ["network", {"epochs": 3}]


def fill(tray, device="cpu", seed=0):
    save_json(tray.metrics, {"seed": seed, "device": device, "run": tray.run})
    tray.weights.write_bytes(b"weights")


@pytest.fixture
def tray(tmp_path):
    return Tray(tmp_path / "models/seed0.safetensors", RUN, "auto")


def test_a_network_is_delivered_once_and_its_tray_removed(tray):
    assert not tray.is_full()
    assert not tray.is_done()
    fill(tray)
    os.utime(tray.weights, (0, 0))
    assert tray.is_full()
    tray.deliver()
    assert [path.name for path in sorted(tray.folder.parent.iterdir())] == ["seed0.json", "seed0.safetensors"]
    assert all(path.stat().st_mtime > 0 for path in tray.delivered)
    assert not tray.is_full()
    assert tray.is_done()


def test_a_network_without_metrics_is_not_taken(tray):
    fill(tray)
    tray.metrics.unlink()
    assert not tray.is_done()


@pytest.mark.parametrize("delivered", [False, True])
def test_networks_of_another_run_or_device_are_not_taken(tray, delivered):
    fill(tray)
    if delivered:
        tray.deliver()
    [weights, _] = tray.delivered
    assert Tray(weights, RUN, "cpu").is_done()
    assert not Tray(weights, RUN, "cuda").is_done()
    assert not Tray(weights, ["network", {"epochs": 4}], "auto").is_done()


def test_what_earlier_versions_delivered_is_not_taken(tray):
    tray.folder.parent.mkdir()
    tray.delivered[0].write_bytes(b"weights")
    save_json(tray.delivered[1], {"seed": 0, "device": "cpu"})
    assert not tray.is_done()


def test_one_has_a_tray_at_a_time(tray):
    [weights, _] = tray.delivered
    with tray.claim() as mine:
        assert mine
        with (
            Tray(weights, RUN, "auto").claim() as again,
            Tray(weights.with_name("seed1.x"), RUN, "auto").claim() as other,
        ):
            assert not again
            assert other
    with Tray(weights, RUN, "auto").claim() as mine:
        assert mine


def test_a_file_system_without_locks(tray, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(InputError, match="seeds_per_job to 1"), tray.claim():
        pass
