"""Writing point clouds of several layers, batch by batch, into one file that has the provenance of every point."""

from pathlib import Path

import numpy as np

from actopo.files import remove_folder, writing_arrays
from actopo.keys import layer_key


class PointSpool:
    """
    Writer of the point clouds of several layers into one .npz.

    The points of the layers come mixed, batch by batch. Until they are saved they are kept in a folder beside the .npz,
    which exists while the context is open.
    """

    TYPES = (("points", np.float32), ("flat", np.int64), ("norm", np.float32))

    def __init__(self, path):
        self.path = Path(path)
        self.folder = self.path.with_name(f".{self.path.name}.spool")

    def __enter__(self):
        # A killed job may have left the folder.
        remove_folder(self.folder)
        self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_):
        remove_folder(self.folder)

    def append(self, layer, *arrays):
        """Append points (p, c), their flat indices (p,) and their norms (p,)."""
        for (name, dtype), array in zip(self.TYPES, arrays, strict=True):
            with open(self.folder / f"{layer}.{name}", "ab") as file:
                file.write(np.ascontiguousarray(array, dtype))

    def save(self, streams, index):
        """
        Write the .npz: the points of every layer, and the image, row, column, label and norm of every point.

        Parameters
        ----------
        streams : dict of int to actopo.points.sampling.Stream
            Streams that sampled the layers.
        index : ndarray of shape (N,)
            Index that is written for each image.
        """
        with writing_arrays(self.path) as add:
            for layer, stream in streams.items():
                points, flat, norm = (
                    np.memmap(self.folder / f"{layer}.{name}", dtype, mode="r") for name, dtype in self.TYPES
                )
                places = stream.provenance(flat)
                add(layer_key(layer, "points"), points.reshape(-1, stream.shape[-1]))
                add(layer_key(layer, "image"), index[places["image"]])
                for name in ("row", "col", "label"):
                    add(layer_key(layer, name), places[name])
                add(layer_key(layer, "norm"), norm)
