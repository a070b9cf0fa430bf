"""Points that come layer by layer and batch by batch are the clouds of the file, with where they are from."""

import numpy as np
import pytest
from actopo.checksums import DamagedFile
from actopo.files import load_arrays
from actopo.points.clouds import load_clouds, load_columns
from actopo.points.norms import l2_norms
from actopo.points.sampling import Stream
from actopo.points.spool import PointSpool

SHAPES = {3: (9, 2, 3, 4), 16: (9, 1, 2, 6)}
LABELS, INDEX = np.arange(9) % 4, 100 + np.arange(9)[::-1]


def layers():
    rng = np.random.default_rng(0)
    return {layer: rng.normal(size=shape).astype(np.float32) for layer, shape in SHAPES.items()}


def streams():
    return {layer: Stream("random", shape, LABELS, points_per_image=2, seed=layer) for layer, shape in SHAPES.items()}


def spool_batches(spool, streams, activations, sizes=(4, 1, 4)):
    """Batches of images, each with all layers in turn."""
    start = 0
    for size in sizes:
        for layer, whole in activations.items():
            batch = whole[start : start + size]
            points = batch.reshape(-1, batch.shape[-1])
            norms = l2_norms(points)
            here = streams[layer].take(norms.reshape(batch.shape[:3]))
            spool.append(layer, points[here], here + start * np.prod(batch.shape[1:3]), norms[here])
        start += size


def test_clouds_of_the_file_are_the_points_with_their_provenance(tmp_path):
    path, activations, own = tmp_path / "points.npz", layers(), streams()
    with PointSpool(path) as spool:
        spool_batches(spool, own, activations)
        spool.save(own, INDEX)
    assert sorted(file.name for file in tmp_path.iterdir()) == [".points.npz.sha256", "points.npz"]
    clouds = load_clouds(path, [16, 3])
    for layer, cloud in zip([16, 3], clouds, strict=True):
        columns = ("points", "image", "row", "col", "label", "norm")
        points, image, row, col, label, norm = load_columns(path, layer, *columns)
        np.testing.assert_array_equal(points, cloud)
        assert cloud.shape == (18, SHAPES[layer][3])
        assert cloud.dtype == norm.dtype == np.float32
        place = 108 - image
        np.testing.assert_array_equal(place, np.arange(9).repeat(2))
        np.testing.assert_array_equal(activations[layer][place, row, col], cloud)
        np.testing.assert_array_equal(label, LABELS[place])
        np.testing.assert_allclose(norm, np.linalg.norm(cloud.astype(np.float64), axis=1), rtol=1e-7)
    assert load_clouds(path, []) == load_columns(path, 3) == []


def test_columns_come_in_the_order_that_is_asked_for(tmp_path):
    path, own = tmp_path / "points.npz", streams()
    with PointSpool(path) as spool:
        spool_batches(spool, own, layers())
        spool.save(own, INDEX)
    norm, points = load_columns(path, 3, "norm", "points")
    assert (norm.shape, points.shape) == ((18,), (18, 4))
    with load_arrays(path) as file:
        np.testing.assert_array_equal(file["layer03.norm"], norm)
    for layer, name in ((4, "norm"), (3, "flat")):
        with pytest.raises(DamagedFile, match=f"has no array layer0{layer}.{name}; "):
            load_columns(path, layer, name)


def test_a_failure_leaves_nothing_and_what_a_killed_job_left_is_not_read(tmp_path):
    path, activations = tmp_path / "points.npz", layers()
    left = PointSpool(path).__enter__()
    spool_batches(left, streams(), activations)
    assert left.folder.is_dir()
    with pytest.raises(RuntimeError), PointSpool(path) as spool:
        assert not list(spool.folder.iterdir())
        raise RuntimeError
    assert not list(tmp_path.iterdir())
    for _ in range(2):
        own = streams()
        with PointSpool(path) as spool:
            spool_batches(spool, own, activations)
            spool.save(own, INDEX)
    assert load_clouds(path, [3])[0].shape == (18, 4)
