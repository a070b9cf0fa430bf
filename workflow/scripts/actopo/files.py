"""Reading and writing of files. Every file is written under a temporary name and renamed when complete."""

import json
import os
import re
import shutil
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np

# With a fixed date the same arrays give the same bytes.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
# Beginnings of texts that spreadsheets take for formulas, and the apostrophe by which they are told from these.
COMPUTED = re.compile(r"[=+\-@\t\r']")


@contextmanager
def replacing(path):
    """Yield a temporary path beside `path`, for a file or a folder: renamed on success, removed on failure."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    # A killed job may have left a folder.
    remove_folder(temporary)
    try:
        yield temporary
        remove_folder(path)
        os.replace(temporary, path)
    finally:
        remove_folder(temporary)
        temporary.unlink(missing_ok=True)


def remove_folder(path):
    """Remove a folder and everything in it; do nothing if `path` is no folder."""
    if path.is_dir():
        shutil.rmtree(path)


@contextmanager
def writing_arrays(path):
    """
    Write an .npz array by array, so that only one array has to be in memory.

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
    """Open an .npz; each array is read when it is accessed. Nothing in the file is executed."""
    return np.load(path, allow_pickle=False)


def load_named(paths, names):
    """
    Read arrays by their names from one or several .npz.

    Parameters
    ----------
    paths : str, Path, or sequence of these
    names : sequence of str

    Returns
    -------
    list of ndarray
        Each from the first file that has an array of that name.

    Raises
    ------
    KeyError
        If no file has it.
    """
    paths, found = [paths] if isinstance(paths, str | Path) else list(paths), {}
    for path in paths:
        with load_arrays(path) as file:
            found |= {name: file[name] for name in names if name not in found and name in file}
    if absent := [name for name in names if name not in found]:
        raise KeyError(f"{', '.join(absent)} not in {', '.join(map(str, paths))}")
    return [found[name] for name in names]


def by_folder(paths):
    """
    Paths in lists of those that lie in the same folder.

    Parameters
    ----------
    paths : iterable of str

    Returns
    -------
    list of list of str
        In the order in which the folders come first.
    """
    folders = {}
    for path in paths:
        folders.setdefault(Path(path).parent, []).append(path)
    return list(folders.values())


def save_array(path, array):
    """Write one array as .npy."""
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.lib.format.write_array(file, array, allow_pickle=False)


def save_json(path, value, compact=False):
    """
    Write JSON; a number that is not finite becomes null, since JSON cannot represent it.

    Indented for people to read, which Python's encoder writes slowly, or `compact` on one line, for large files.
    """
    layout = {"separators": (",", ":")} if compact else {"indent": 2}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(_plain(value), allow_nan=False, **layout) + "\n", encoding="utf-8")


def load_json(path):
    """Read JSON."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def save_table(path, table):
    """
    Write a data frame as .csv, without its index.

    A text that a spreadsheet would compute, such as a class called `=1+1`, gets an apostrophe, which `load_table` takes
    away again.
    """
    with replacing(path) as temporary:
        _mapped(table, lambda text: f"'{text}" if COMPUTED.match(text) else text).to_csv(
            temporary, index=False, lineterminator="\n"
        )


def load_table(path):
    """Read a .csv; names of classes and samplings stay text, even `1` and `NA`."""
    # Half a second that jobs without tables do not spend.
    import pandas as pd

    table = pd.read_csv(path, dtype={"class": str, "sampling": str}, keep_default_na=False, na_values=[""])
    return without_apostrophes(table)


def without_apostrophes(table):
    """A data frame as it was before `save_table` put apostrophes before some texts."""
    return _mapped(table, lambda text: text[1:] if text.startswith("'") and COMPUTED.match(text[1:]) else text)


def _mapped(table, change):
    """A data frame with changed texts; the frame itself where none is changed."""
    for name, column in table.items():
        if column.dtype == object and any(isinstance(value, str) and change(value) != value for value in column):
            values = [change(value) if isinstance(value, str) else value for value in column]
            table = table.assign(**{name: type(column)(values, column.index, dtype=object)})
    return table


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
