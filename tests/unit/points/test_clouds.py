"""Clouds and columns of a file that is written by hand."""

import numpy as np
import pytest
from actopo.checksums import DamagedFile
from actopo.files import save_arrays
from actopo.points.clouds import load_clouds, load_columns


@pytest.fixture
def path(tmp_path):
    arrays = {f"layer{layer:02d}.points": np.full((3, layer), layer, np.float32) for layer in (1, 10)}
    save_arrays(
        tmp_path / "a.npz", **arrays, **{"layer10.image": np.array([5, 5, 7]), "layer10.row": np.array([0, 1, 2])}
    )
    return tmp_path / "a.npz"


def test_clouds_are_in_the_order_that_is_asked_for(path):
    clouds = load_clouds(path, [10, 1, 10])
    assert [cloud.shape for cloud in clouds] == [(3, 10), (3, 1), (3, 10)]
    assert [set(cloud.flat) for cloud in clouds] == [{10}, {1}, {10}]


def test_columns_of_a_layer(path):
    row, image = load_columns(path, 10, "row", "image")
    assert (row.tolist(), image.tolist()) == ([0, 1, 2], [5, 5, 7])
    with pytest.raises(DamagedFile, match=r"layer01\.image"):
        load_columns(path, 1, "image")
