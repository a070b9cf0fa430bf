"""The checks and measurements of `benchmarks/gpu.py` on an emulated GPU."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from actopo.files import load_arrays
from emulated_cuda import emulated_cuda

from unit.networks.examples import bright_and_dark

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
NORMALISATION = [0.5] * 3, [0.25] * 3


@pytest.fixture
def images():
    return bright_and_dark(32, 16)


@pytest.fixture(autouse=True)
def _path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.mark.usefixtures("_without_compiler")
def test_all_checks_hold(images, cuda, monkeypatch):
    import gpu_checks
    from gpu_checks import COPIES, TINY, Checks

    monkeypatch.setattr(gpu_checks, "HAS_COMPILER", True)
    checks = Checks(*images, NORMALISATION, "cuda", TINY).all()
    assert {"waits", "memory", "clusters", "points", "masks", "compiled"} <= set(checks)
    found = {name: check() for name, check in checks.items()}
    # Two batches: one look at the loss, and its mean.
    assert found["waits"] == {"waits": 2 + COPIES, "batches": 2}
    assert found["losses"]["cpu"] == found["losses"]["device"]
    assert found["compiled"]["loss"] == found["compiled"]["otherwise"]
    assert 0.1 < found["masks"]["foreground"] < 0.9


def test_a_compiler_that_fails_ends_nothing(images, cuda, monkeypatch):
    """It is the machine's, and `compile` is false by default."""
    from gpu_checks import TINY, Checks

    def fails(model, **options):
        raise OSError("Python.h: No such file\nand more")

    monkeypatch.setattr(torch, "compile", fails)
    found = Checks(*images, NORMALISATION, "cuda", TINY).compiled()
    assert found == {"not compiled": "OSError: Python.h: No such file"}


def test_no_score_of_a_mask_is_near_a_tie(images, monkeypatch):
    """Images in blocks of another size are rounded otherwise, as on another device."""
    from actopo.points import segmentation
    from gpu_checks import TINY, Checks

    masks, sizes = segmentation.deeplab_masks, {"cpu": 16, "meta": 8}

    def in_blocks(images, weights, name, device, resize):
        return masks(images, weights, name, batch_size=sizes[device], resize=resize)

    monkeypatch.setattr(segmentation, "deeplab_masks", in_blocks)
    rng = np.random.default_rng(1)
    for side in (16, 28, 32):
        others = rng.integers(0, 256, (16, side, side, 3), dtype=np.uint8), images[1][:16]
        assert Checks(*others, NORMALISATION, "meta", TINY).masks()["other pixels"] == 0


def test_a_hidden_wait_is_found(images, cuda, monkeypatch):
    from actopo.networks import training
    from gpu_checks import TINY, Checks, Differs

    augment = training.augment

    def waiting(*arguments):
        batch = augment(*arguments)
        float(batch.sum())
        return batch

    monkeypatch.setattr(training, "augment", waiting)
    with pytest.raises(Differs, match="the host waits 10 times in an epoch, and 9 are meant"):
        Checks(*images, NORMALISATION, "cuda", TINY).waits()


def test_everything_is_measured(images, cuda):
    from gpu_checks import TINY
    from gpu_speed import Speed

    for name, measure in Speed(*images, NORMALISATION, "cuda", TINY, 1e12).all().items():
        assert measure(), name


def test_scripts_of_the_workflow_run_on_it(images, tmp_path):
    """Networks and points of a study, and the same as on the CPU, in the same precision."""
    from gpu_study import Study, read_config

    for part in ("train", "test"):
        for label, name in enumerate(("cat", "dog")):
            (tmp_path / "images" / part / name).mkdir(parents=True)
            for place in np.flatnonzero(images[1] == label):
                cv2.imwrite(str(tmp_path / "images" / part / name / f"{place}.png"), images[0][place])
    training = {"epochs": 2, "batch_size": 16, "peak_epoch": 1, "learning_rate": 0.1, "precision": "fp32"}
    own = {
        "data": {"size": 16},
        "models": {"resnet18_a": {"width": 2, "seeds": 1, "training": training}},
        "homology": {"batches": 1, "batch_size": 20, "layers": [0, 16]},
        "similarity": {"untrained": {"images": 30}},
        "mapper": {"samplings": {"foreground_5": None, "background_5": None}},
        "figures": {"row": 16, "sensitivity_layers": "all"},
    }
    (tmp_path / "own.yaml").write_text(json.dumps(own))
    config, _ = read_config([tmp_path / "own.yaml"], tmp_path / "images")

    def study(device):
        made = Study(tmp_path / device, config, device, threads=1)
        made.prepare()
        # Once the check of graphs has passed; batches are small.
        assert device == "cpu" or made.take_graph()
        made.train(0)
        assert made.is_trained(0)
        made.sample(0)

    study("cpu")
    with emulated_cuda() as cuda:
        study("cuda")
        assert cuda.to_device
        # The fourth batch.
        assert cuda.replays == 1
        assert torch.cuda.is_available()
    files = sorted(path.relative_to(tmp_path / "cpu") for path in (tmp_path / "cpu").rglob("*.npz"))
    assert len(files) == 2
    for file in files:
        with load_arrays(tmp_path / "cpu" / file) as expected, load_arrays(tmp_path / "cuda" / file) as found:
            assert found.files == expected.files
            for name in expected.files:
                np.testing.assert_allclose(found[name], expected[name], rtol=2e-7)
    metrics = json.loads((tmp_path / "cuda/models/resnet18_a/seed0.json").read_text())
    assert metrics["device"] == "cuda"
    assert metrics["loss"] == json.loads((tmp_path / "cpu/models/resnet18_a/seed0.json").read_text())["loss"]
