"""Activations on disk: what a dump takes, and that points are taken from it as from the network."""

import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import actopo
import numpy as np
import pytest
from actopo.checksums import DamagedFile, sum_file
from actopo.errors import InputError
from actopo.points import dumps
from actopo.points.dumps import Dump, dump_bytes, save_sums, writing_dump
from actopo.points.norms import l2_norms
from actopo.points.sampling import Stream

SHAPES = {3: (4, 4, 6), 16: (2, 2, 8)}
# Layers of the CIFAR ResNet-18 of width 64.
WIDTH_64 = [(32, 32, 64)] * 5 + [(16, 16, 128)] * 4 + [(8, 8, 256)] * 4 + [(4, 4, 512)] * 4


def activations(n_images=20, seed=0):
    rng = np.random.default_rng(seed)
    return {layer: rng.normal(size=(n_images, *shape)).astype(np.float32) for layer, shape in SHAPES.items()}


def write(path, arrays, precision="single", step=7):
    index = np.arange(100, 100 + len(next(iter(arrays.values()))))
    shapes = {layer: array.shape[1:] for layer, array in arrays.items()}
    with writing_dump(path, shapes, index, precision) as append:
        for start in range(0, len(index), step):
            for layer, array in arrays.items():
                batch = array[start : start + step]
                append(layer, batch, l2_norms(batch.reshape(-1, batch.shape[3])).reshape(batch.shape[:3]))
    return path


def test_sizes_of_the_documents():
    """2.2 GB for 1000 images through all layers; 56 GB for 50 000 through six of them at two taps."""
    shapes = dict(enumerate(WIDTH_64))
    assert dump_bytes(shapes, 1000) == pytest.approx(2.2e9, rel=0.03)
    six = {layer: WIDTH_64[layer] for layer in (16, 15, 14, 12, 8, 4)}
    assert 2 * dump_bytes(six, 50_000) == pytest.approx(56e9, rel=0.01)
    assert dump_bytes(six, 50_000, "half") / dump_bytes(six, 50_000) == pytest.approx(0.5, abs=0.01)


def test_a_dump_is_as_large_as_foretold(tmp_path):
    folder = write(tmp_path / "dump", activations())
    size = sum(np.load(path).nbytes for path in folder.glob("layer*.npy"))
    assert size == dump_bytes(SHAPES, 20)


@pytest.mark.parametrize("precision", ["single", "half"])
def test_arrays_come_back(tmp_path, precision):
    arrays = activations()
    folder = write(tmp_path / "dump", arrays, precision)
    dump = Dump([folder], [16, 3])
    assert dump.index.tolist() == list(range(100, 120))
    assert dump.shapes == {16: (2, 2, 8), 3: (4, 4, 6)}
    for layer, array in arrays.items():
        found = np.load(folder / f"layer{layer:02d}.npy")
        np.testing.assert_array_equal(found, array.astype(found.dtype))
        np.testing.assert_array_equal(
            np.load(folder / f"layer{layer:02d}.norm.npy"),
            l2_norms(array.reshape(-1, array.shape[3])).reshape(array.shape[:3]),
        )


@pytest.mark.parametrize("precision", ["single", "half"])
def test_whole_activations_are_read_again(tmp_path, monkeypatch, precision):
    arrays, found, done = activations(), {}, []
    dump = Dump([write(tmp_path / "dump", arrays, precision)], [16, 3])
    monkeypatch.setattr(dumps, "BATCH", 6)
    dump.read(lambda layer, *batch: found.setdefault(layer, []).append(batch), done.append)
    assert (list(found), done) == ([16, 3], [1, 1])
    for layer, batches in found.items():
        read, norms = (np.concatenate(parts) for parts in zip(*batches, strict=True))
        stored = arrays[layer].astype(np.float32 if precision == "single" else np.float16).astype(np.float32)
        assert read.dtype == norms.dtype == np.float32
        np.testing.assert_array_equal(read, stored)
        np.testing.assert_array_equal(norms, np.load(tmp_path / f"dump/layer{layer:02d}.norm.npy"))


@pytest.mark.parametrize("batch", [1, 6, 500])
@pytest.mark.parametrize(
    "settings",
    [
        {"method": "top_l2", "points_per_image": 2},
        {"method": "random"},
        {"method": "full", "cap": 9},
        {"method": "full"},
    ],
)
def test_points_do_not_depend_on_batches(tmp_path, monkeypatch, batch, settings):
    """Equal norms too, between which chance decides."""
    arrays = activations()
    arrays[3][::2] = 1
    write(tmp_path / "some", {3: arrays[3]})
    write(tmp_path / "others", {16: arrays[16]})
    labels = np.arange(20) % 3
    monkeypatch.setattr(dumps, "BATCH", batch)
    streams = {
        layer: Stream(shape=(20, *SHAPES[layer]), labels=labels, seed=[5, layer], **settings) for layer in SHAPES
    }
    found, done = {layer: [] for layer in SHAPES}, []
    Dump([tmp_path / "some", tmp_path / "others"], list(SHAPES)).sample(
        streams, lambda layer, *taken: found[layer].append(taken), done.append
    )
    assert done == [1, 1]
    for layer, array in arrays.items():
        points, flat, norms = (np.concatenate(each) for each in zip(*found[layer], strict=True))
        stream = Stream(shape=array.shape, labels=labels, seed=[5, layer], **settings)
        of_all = l2_norms(array.reshape(-1, array.shape[3])).reshape(array.shape[:3])
        expected = stream.take(of_all)
        np.testing.assert_array_equal(flat, expected)
        np.testing.assert_array_equal(points, array.reshape(-1, array.shape[3])[expected])
        np.testing.assert_array_equal(norms, of_all.ravel()[expected])
        assert points.dtype == np.float32


def test_a_disk_that_is_too_small_is_told_before_anything_is_written(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**12, 10**12, 1_500_000_000))
    shapes = dict(enumerate(WIDTH_64))
    message = r"dump takes 2.2\d GB, and .* has 1.5 GB free: free some, .* activations.precision"
    with pytest.raises(InputError, match=message), writing_dump(tmp_path / "a/b/dump", shapes, np.arange(1000)):
        pytest.fail("it began")
    assert not list(tmp_path.iterdir())
    # It fits in half precision.
    with writing_dump(tmp_path / "a/b/dump", shapes, np.arange(1000), "half"):
        pass


def test_half_precision_refuses_what_it_cannot_hold(tmp_path):
    arrays = activations()
    arrays[16][3, 1, 0, 2] = -70_000
    with pytest.raises(InputError, match=r"layer 16 has an activation of 70000, .*precision to single"):
        write(tmp_path / "dump", arrays, "half")
    assert not list(tmp_path.iterdir())
    write(tmp_path / "dump", arrays)


def test_half_precision_refuses_activations_of_which_it_would_leave_little(tmp_path):
    """Single small values, batches of them beside others, and layers of zeros, are none."""
    arrays = activations()
    arrays[3] *= 0
    arrays[16][:10] *= 1e-8
    write(tmp_path / "dump", arrays, "half")
    arrays[16][10:] *= 1e-8
    with pytest.raises(InputError, match=r"layer 16 has activations so small .* by \d+%: .*precision to single"):
        write(tmp_path / "small", arrays, "half")
    assert not (tmp_path / "small").exists()


def test_half_precision_may_change_a_hundredth_of_the_activations(tmp_path):
    """Below 6e-5 its numbers are 6e-8 apart, so that values are off by 1.5e-8 on average, up or down."""
    values = np.random.default_rng(0).uniform(-2, 2, (20, 4, 4, 6)).astype(np.float32)
    write(tmp_path / "held", {3: values * np.float32(3e-6)}, "half")
    with pytest.raises(InputError, match=r"changes them by [23]%"):
        write(tmp_path / "refused", {3: values * np.float32(6e-7)}, "half")


def test_a_layer_that_is_not_there_is_named(tmp_path):
    write(tmp_path / "dump", activations())
    with pytest.raises(InputError, match=r"layer04\.npy is missing"):
        Dump([tmp_path / "dump"], [4])


def test_a_dump_of_another_time_is_told(tmp_path):
    """Snakemake compares the check sums, and not the arrays, so that these must be theirs."""
    for seed in (0, 1):
        save_sums(tmp_path / f"{seed}.json", write(tmp_path / str(seed), activations(seed=seed)))
    folders, sums = ([tmp_path / f"{seed}{end}" for seed in (0, 1)] for end in ("", ".json"))
    Dump(folders, [3, 16], sums)
    with pytest.raises(DamagedFile, match=r"0/layer03\.norm\.npy is not the file of which .*1\.json has the check sum"):
        Dump(folders[:1], [3, 16], sums[1:])
    with pytest.raises(ValueError, match="shorter"):
        Dump(folders, [3, 16], sums[:1])
    # One that was changed on purpose has none.
    for name in ("layer03", "layer03.norm", "layer16", "layer16.norm"):
        sum_file(folders[0] / f"{name}.npy").unlink()
    Dump(folders[:1], [3, 16], sums[1:])


def test_sampling_a_dump_needs_no_pytorch():
    names = ["dumps", "position_weights", "sampling", "spool", "positions"]
    program = "import sys; " + "; ".join(f"import actopo.points.{name}" for name in names)
    path = str(Path(actopo.__file__).parents[1])
    program = f"import sys; sys.path.insert(0, {path!r}); {program}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
