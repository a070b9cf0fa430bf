"""The checks and measurements of `benchmarks/gpu.py` on an emulated GPU."""

from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
NORMALISATION = [0.5] * 3, [0.25] * 3


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    labels = np.arange(32) % 2
    return (rng.integers(0, 100, (32, 16, 16, 3)) + 120 * labels[:, None, None, None]).astype(np.uint8), labels


@pytest.fixture(autouse=True)
def _path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def test_all_checks_hold(images, cuda):
    from gpu_checks import COPIES, TINY, Checks

    checks = Checks(*images, NORMALISATION, "cuda", TINY).all()
    assert {"waits", "memory", "clusters", "points"} <= set(checks)
    found = {name: check() for name, check in checks.items()}
    # Two batches: one look at the loss, and its mean.
    assert found["waits"] == {"waits": 2 + COPIES, "batches": 2}
    assert found["losses"]["cpu"] == found["losses"]["device"]


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
