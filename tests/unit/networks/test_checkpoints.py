"""Checkpoints are those of the same run, whole, or absent."""

import torch
from actopo.files import save_json
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
