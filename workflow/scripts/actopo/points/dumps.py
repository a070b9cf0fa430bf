"""
Whole activations on disk, in a folder: for each layer an array (N, n, m, c), and the norms (N, n, m) beside it.

Points are taken from them without the network. They are those that are taken while it runs, byte for byte: the norms,
which decide on some positions, are those of the forward pass. Half precision keeps the positions and the norms, and
rounds the points to 11 significant bits, and to fewer where values are below 6e-5.
"""

import shutil
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from actopo.checksums import DamagedFile, recorded_sum
from actopo.errors import InputError
from actopo.files import load_array, load_json, replacing, save_json
from actopo.keys import layer_key
from actopo.points.choices import DUMP_TYPES

IMAGES = "images.npy"
# Images of which the norms are in memory at a time.
BATCH = 500
# Share of the sum of absolute values that half precision may change; 11 bits change 0.02 %.
LOST = 0.01


def dump_bytes(shapes, n_images, precision="single"):
    """
    Size of a dump on disk, but for headers.

    Parameters
    ----------
    shapes : dict of int to (n, m, c)
        Shape of one image's activation, by layer.
    n_images : int
    precision : {"single", "half"}

    Returns
    -------
    int
    """
    size = np.dtype(DUMP_TYPES[precision]).itemsize
    return n_images * sum(n * m * (c * size + 4) for n, m, c in shapes.values())


@contextmanager
def writing_dump(path, shapes, index, precision="single"):
    """
    Write a dump, which is renamed to `path` when it is complete.

    Parameters
    ----------
    path : str or Path
    shapes : dict of int to (n, m, c)
        As in `dump_bytes`.
    index : ndarray of shape (N,)
        Index of each image, which is written too.
    precision : {"single", "half"}

    Yields
    ------
    callable (layer, activations, norms)
        Appends the float32 activations (b, n, m, c) and norms (b, n, m) of the next images.

    Raises
    ------
    InputError
        Before anything is written, if the disk has too little space; later, if half precision cannot hold an
        activation, or would round activations to little or nothing.
    """
    _check_space(Path(path), dump_bytes(shapes, len(index), precision))
    dtype = np.dtype(DUMP_TYPES[precision])
    with replacing(path) as folder, ExitStack() as stack:
        folder.mkdir()
        # See `actopo.files.save_array` about the mode.
        with open(folder / IMAGES, "w+b") as file:
            np.lib.format.write_array(file, index, allow_pickle=False)

        def begin(name, dtype, shape):
            file = stack.enter_context(open(folder / f"{name}.npy", "wb"))
            header = {"descr": dtype.str, "fortran_order": False, "shape": (len(index), *shape)}
            np.lib.format.write_array_header_1_0(file, header)
            return file

        files = {layer: begin(layer_key(layer), dtype, shape) for layer, shape in shapes.items()}
        norm_files = {
            layer: begin(layer_key(layer, "norm"), np.dtype(np.float32), shape[:2]) for layer, shape in shapes.items()
        }

        def append(layer, activations, norms):
            with np.errstate(over="ignore"):
                written = activations.astype(dtype, copy=False)
            if dtype.itemsize < 4 and not np.isfinite(written).all():
                raise InputError(
                    f"layer {layer} has an activation of {np.abs(activations).max():.6g}, and half precision ends at "
                    f"{np.finfo(dtype).max:.6g}; set activations.precision to single"
                )
            if dtype.itemsize < 4:
                sums[layer] += [np.abs(part).sum(dtype=np.float64) for part in (activations, activations - written)]
            files[layer].write(np.ascontiguousarray(written))
            norm_files[layer].write(np.ascontiguousarray(norms, np.float32))

        sums = {layer: np.zeros(2) for layer in shapes}
        yield append
        for layer, (whole, lost) in sums.items():
            if lost > LOST * whole:
                raise InputError(
                    f"layer {layer} has activations so small that half precision changes them by "
                    f"{lost / whole:.0%}: it has fewer bits below {np.finfo(dtype).tiny:.1g}; set "
                    "activations.precision to single"
                )


def save_sums(path, folder):
    """
    Write the check sums of a dump's files into a file beside it, by which Snakemake compares dumps.

    Of a folder it compares nothing but the time, so that a copied run would take all points again.

    Parameters
    ----------
    path : str or Path
    folder : str or Path
        As `writing_dump` wrote it.
    """
    save_json(path, {file.name: recorded_sum(file) for file in sorted(Path(folder).glob("*.npy"))})


class Dump:
    """
    Activations of layers in one or several folders that `writing_dump` wrote.

    Parameters
    ----------
    folders : sequence of str or Path
        Of the same network, images and tap.
    layers : sequence of int
    sums : sequence of str or Path, optional
        Files that `save_sums` wrote, in the order of the folders, which are compared with them.

    Attributes
    ----------
    index : ndarray of shape (N,)
        Index of each image.
    shapes : dict of int to (int, int, int)
        Shape of one image's activation, by layer.

    Raises
    ------
    InputError
        If a file is missing or damaged.
    """

    def __init__(self, folders, layers, sums=()):
        for folder, path in zip(folders, sums, strict=bool(sums)):
            for name, sha256 in load_json(path).items():
                if recorded_sum(Path(folder, name)) not in (sha256, None):
                    raise DamagedFile(Path(folder, name), f"is not the file of which {path} has the check sum")
        self.index = load_array(Path(folders[0], IMAGES))
        self._activations, self._norms = {}, {}
        for layer in layers:
            name = f"{layer_key(layer)}.npy"
            folder = next((Path(each) for each in folders if Path(each, name).exists()), Path(folders[0]))
            self._activations[layer] = load_array(folder / name, mapped=True)
            self._norms[layer] = load_array(folder / f"{layer_key(layer, 'norm')}.npy", mapped=True)
        self.shapes = {layer: activations.shape[1:] for layer, activations in self._activations.items()}

    def read(self, write, progress=None):
        """
        Pass whole activations to `write`, layer by layer.

        Parameters
        ----------
        write : callable (layer, activations, norms)
            Called for every layer of every batch, in the order of the images, with float32 ndarrays of shapes
            (b, n, m, c) and (b, n, m).
        progress : callable, optional
            Called with 1 after each layer.
        """
        for layer in self._activations:
            for _, batch, norms in self._batches(layer):
                write(layer, batch.astype(np.float32, copy=False), norms)
            if progress is not None:
                progress(1)

    def sample(self, streams, write, progress=None):
        """
        Pass the sampled points of all images to `write`, layer by layer.

        Parameters
        ----------
        streams : dict of int to actopo.points.sampling.Stream
        write : callable (layer, points, flat, norms)
            As in `actopo.points.activations.sample_activations`, but that one layer follows the other.
        progress : callable, optional
            Called with 1 after each layer.
        """
        for layer, stream in streams.items():
            for start, batch, norms in self._batches(layer):
                here = stream.take(norms)
                points = batch.reshape(-1, batch.shape[-1])[here]
                flat = start * norms[0].size + here
                write(layer, points.astype(np.float32, copy=False), flat, norms.reshape(-1)[here])
            if progress is not None:
                progress(1)

    def _batches(self, layer):
        """Number of the first image, activations on disk, and norms in memory, of some images at a time."""
        activations, norms = self._activations[layer], self._norms[layer]
        for start in range(0, len(norms), BATCH):
            yield start, activations[start : start + BATCH], np.array(norms[start : start + BATCH])


def _check_space(path, needed):
    """Refuse a dump for which the disk has too little space."""
    folder = next(folder for folder in path.absolute().parents if folder.exists())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise InputError(
            f"{path} takes {_size(needed)}, and {folder} has {_size(free)} free: free some, choose fewer layers or "
            "images, set activations.precision to half, or leave the study out of activations.keep"
        )


def _size(n_bytes):
    return f"{n_bytes / 1e9:.3g} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.3g} MB"
