"""Files that are whole or absent: everything is written beside its place and renamed when complete."""

import json
import os
import shutil
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

# A fixed date makes the same arrays the same bytes.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@contextmanager
def replacing(path):
    """Yield a temporary path beside `path`, for a file or a folder: renamed on success, removed on failure."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    # What a killed job left behind.
    _remove_folder(temporary)
    try:
        yield temporary
        _remove_folder(path)
        os.replace(temporary, path)
    finally:
        _remove_folder(temporary)
        temporary.unlink(missing_ok=True)


def _remove_folder(path):
    if path.is_dir():
        shutil.rmtree(path)


@contextmanager
def writing_arrays(path):
    """
    Write an .npz array by array, so that only one need be in memory.

    Yields
    ------
    callable (name, array)
        Appends one array.
    """
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:

        def add(name, array):
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=ZIP_DATE)
            with archive.open(entry, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asanyarray(array), allow_pickle=False)

        yield add


def save_arrays(path, **arrays):
    """Write arrays into an .npz, in the order given."""
    with writing_arrays(path) as add:
        for name, array in arrays.items():
            add(name, array)


def load_arrays(path):
    """Open an .npz; arrays are read when asked for. Nothing in it is executed."""
    return np.load(path, allow_pickle=False)


class PointSpool:
    """
    Point clouds of several layers on their way into one .npz.

    The layers' points come mixed, batch by batch. Until they are saved they lie in a folder beside the .npz, which is
    there from entering the context to leaving it.
    """

    TYPES = (("points", np.float32), ("flat", np.int64), ("norm", np.float32))

    def __init__(self, path):
        self.path = Path(path)
        self.folder = self.path.with_name(f".{self.path.name}.spool")

    def __enter__(self):
        # What a killed job left behind.
        _remove_folder(self.folder)
        self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_):
        _remove_folder(self.folder)

    def append(self, layer, *arrays):
        """Append points (p, c), their flat indices (p,) and their norms (p,)."""
        for (name, dtype), array in zip(self.TYPES, arrays, strict=True):
            with open(self.folder / f"{layer}.{name}", "ab") as file:
                file.write(np.ascontiguousarray(array, dtype))

    def save(self, streams, index):
        """
        Write the .npz: of every layer the points, and of every point its image, row, column, label and norm.

        Parameters
        ----------
        streams : dict of int to actopo.sampling.Stream
            By which the layers were sampled.
        index : ndarray of shape (N,)
            What the images are called.
        """
        with writing_arrays(self.path) as add:
            for layer, stream in streams.items():
                points, flat, norm = (
                    np.memmap(self.folder / f"{layer}.{name}", dtype, mode="r") for name, dtype in self.TYPES
                )
                places = stream.provenance(flat)
                add(f"layer{layer:02d}.points", points.reshape(-1, stream.shape[-1]))
                add(f"layer{layer:02d}.image", index[places["image"]])
                for name in ("row", "col", "label"):
                    add(f"layer{layer:02d}.{name}", places[name])
                add(f"layer{layer:02d}.norm", norm)


def load_incidence(file):
    """Points by nodes, from the arrays `indptr`, `indices` and `shape` of a mapper graph's membership file."""
    indices = file["indices"]
    return csr_array((np.ones(len(indices), dtype=bool), indices, file["indptr"]), shape=file["shape"])


def save_intervals(path, intervals):
    """Write clustered intervals, see `actopo.mapper.LabelledInterval`."""
    with writing_arrays(path) as add:
        for interval, members, labels in intervals:
            add(f"{interval}.members", members)
            add(f"{interval}.labels", labels)


def load_intervals(path):
    """Read the triples (interval, members, labels) of `save_intervals`, one after the other."""
    file = load_arrays(path)
    for name in file.files:
        interval, _, part = name.partition(".")
        if part == "members":
            yield int(interval), file[name], file[f"{interval}.labels"]


def save_array(path, array):
    """Write one array as .npy."""
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.lib.format.write_array(file, array, allow_pickle=False)


def save_json(path, value):
    """Write JSON; a number that is not finite becomes null, since JSON has no word for it."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(_plain(value), indent=2, allow_nan=False) + "\n", encoding="utf-8")


def load_json(path):
    """Read JSON."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def save_table(path, table):
    """Write a data frame as .csv, without its index."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def load_table(path):
    """Read a .csv; names of classes and samplings stay texts, also `1` and `NA`."""
    return pd.read_csv(path, dtype={"class": str, "sampling": str}, keep_default_na=False, na_values=[""])


def save_bytes(path, content):
    """Write bytes."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
