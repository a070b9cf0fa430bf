"""Costs of layers against the files that are written."""

import numpy as np
import pytest
from actopo.config.costs import activation_bytes, cloud_cost, readable, study_clouds
from actopo.files import load_arrays
from actopo.points.dumps import dump_bytes
from actopo.points.sampling import Stream
from actopo.points.spool import PointSpool

from unit.config.examples import PAPER

LAYER = {"name": "a", "shape": [4, 3, 5], "taps": ["conv"], "inputs": {"patches": [8, 6, 2]}, "has_residual": False}


@pytest.mark.parametrize(
    ("sampling", "options"),
    [
        ({"method": "random", "points_per_image": 2}, {"points_per_image": 2}),
        ({"method": "full"}, {}),
        ({"method": "full", "cap": 20}, {"cap": 20}),
        # As many as there are.
        ({"method": "random", "points_per_image": 12}, {"points_per_image": 12}),
        ({"method": "full", "cap": 100}, {"cap": 100}),
    ],
)
def test_points_and_bytes_are_those_of_the_file(sampling, options, tmp_path):
    n_points, n_bytes = cloud_cost(LAYER, {**sampling, "tap": "conv"}, 7)
    stream = Stream(sampling["method"], (7, 4, 3, 5), np.zeros(7, np.int64), **options)
    flat = stream.take(np.ones((7, 4, 3), np.float32))
    with PointSpool(tmp_path / "points.npz") as spool:
        spool.append(0, np.zeros((len(flat), 5)), flat, np.ones(len(flat)))
        spool.save({0: stream}, np.arange(7))
    arrays = load_arrays(tmp_path / "points.npz")
    assert len(arrays["layer00.points"]) == n_points
    assert sum(array.nbytes for array in arrays.values()) == n_bytes


def test_other_taps_and_whole_activations():
    assert cloud_cost(LAYER, {"method": "full", "tap": "input"}, 2) == (96, 96 * (2 * 4 + 28))
    assert cloud_cost(LAYER, {"method": "random", "tap": "bn"}, 2) is None
    assert cloud_cost(LAYER, {"method": "random", "tap": "conv", "points_per_image": 13}, 2) is None
    for precision in ("single", "half"):
        assert activation_bytes(LAYER, "conv", 9, precision) == dump_bytes({0: (4, 3, 5)}, 9, precision)
    assert activation_bytes(LAYER, "input", 9) == dump_bytes({0: (8, 6, 2)}, 9)
    assert activation_bytes(LAYER, "residual", 9) is None
    assert [readable(size) for size in (1500, 1.5e6, 2.25e9, 3e12)] == ["1.5 kB", "1.5 MB", "2.2 GB", "3.0 TB"]


def test_what_enters_a_layer_has_a_size_of_its_own():
    samplings = {tap: {"method": "random", "points_per_image": 1, "tap": tap} for tap in ("conv", "relu", "input")}
    groups = study_clouds({"mapper": {"samplings": samplings}}, "mapper")
    assert [names for _, names in groups] == [["conv", "relu"], ["input"]]


def test_samplings_of_one_size_stand_together():
    assert [names for _, names in study_clouds(PAPER, "homology")] == [["top_l2"]]
    assert [names for _, names in study_clouds(PAPER, "mapper")] == [
        ["foreground_1", "background_1", "matched_1", "central_1", "random"],
        ["foreground_5", "background_5"],
        ["full"],
    ]
