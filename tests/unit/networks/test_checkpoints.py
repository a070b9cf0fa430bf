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
