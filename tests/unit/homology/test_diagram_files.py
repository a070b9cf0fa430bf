"""Diagrams of several layers come back from their file, by layer and dimension."""

import numpy as np
import pytest
from actopo.checksums import DamagedFile
from actopo.files import load_arrays
from actopo.homology.diagram_files import load_diagrams, save_diagrams


def test_diagrams_come_back_by_layer_and_dimension(tmp_path):
    rng = np.random.default_rng(0)
    layers = [12, 0, 9]
    diagrams = [{dimension: rng.random((n + dimension, 2)) for dimension in (0, 1)} for n in (4, 0, 7)]
    save_diagrams(tmp_path / "a.npz", layers, diagrams)
    assert load_arrays(tmp_path / "a.npz").files == [
        f"layer{layer}.h{d}" for layer in ("12", "00", "09") for d in (0, 1)
    ]
    for order in ([0, 1, 2], [2, 0], []):
        for dimension in (0, 1):
            found = load_diagrams(tmp_path / "a.npz", [layers[i] for i in order], dimension)
            assert len(found) == len(order)
            for i, diagram in zip(order, found, strict=True):
                np.testing.assert_array_equal(diagram, diagrams[i][dimension])
                assert diagram.dtype == np.float64


def test_what_is_not_there_is_not_made_up(tmp_path):
    save_diagrams(tmp_path / "a.npz", [3], [{1: np.zeros((0, 2))}])
    assert load_diagrams(tmp_path / "a.npz", [3], 1)[0].shape == (0, 2)
    for layer, dimension in ((3, 0), (4, 1)):
        with pytest.raises(DamagedFile, match=f"layer0{layer}.h{dimension}"):
            load_diagrams(tmp_path / "a.npz", [layer], dimension)
    with pytest.raises(ValueError, match="zip"):
        save_diagrams(tmp_path / "b.npz", [3, 4], [{}])
