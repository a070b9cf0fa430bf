"""
Reading and writing of files.

Every file is written under a temporary name and renamed when it is complete. What is read is compared with the check
sum that was written with it, so that a damaged file ends in a message (`actopo.checksums.DamagedFile`) and never in
another result.
"""

import errno
import json
import os
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from actopo.checksums import DamagedFile, check, publish
from actopo.errors import InputError

# With a fixed date the same arrays give the same bytes.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
# Beginnings of texts that spreadsheets take for formulas, and the apostrophe by which they are told from these.
COMPUTED = re.compile(r"[=+\-@\t\r']")
# Columns of tables that hold names of the user's.
NAMES = ("class", "sampling", "name", "name_a", "name_b")
# What readers of the formats raise on files that are not whole.
BROKEN = (ValueError, LookupError, EOFError, OverflowError, struct.error, zipfile.BadZipFile, zlib.error)

# Why there is no place for a file, other than that it is full.
UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}


@contextmanager
def replacing(path, summed=True):
    """
    Yield a temporary path beside `path`, for a file or a folder: renamed on success, removed on failure.

    A file, or every file of a folder, gets a check sum if `summed`.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A killed job may have left a folder.
        remove_folder(temporary)
        yield temporary
        # A folder makes way for a folder alone.
        if temporary.is_dir():
            remove_folder(path)
        if summed:
            publish(temporary, path)
        else:
            os.replace(temporary, path)
    except OSError as error:
        if error.errno in UNWRITABLE:
            raise InputError(
                f"{path} cannot be written ({error.strerror}); look at its folder, and who may write there"
            ) from error
        raise
    finally:
        with suppress(OSError):
            remove_folder(temporary)
            temporary.unlink(missing_ok=True)


def link_or_copy(path, target):
    """Give a file a second name, or, where the file system has no links, make a copy."""
    target.unlink(missing_ok=True)
    try:
        os.link(path, target)
    except OSError:
        shutil.copy2(path, target)


def remove_folder(path):
    """Remove a folder and everything in it; do nothing if `path` is no folder."""
    if path.is_dir():
        shutil.rmtree(path)


@contextmanager
def reading(path, *broken):
    """
    Compare a file with its check sum, and turn errors of reading it in the block into one message.

    Parameters
    ----------
    path : str or Path
    *broken : type
        Errors that a damaged file causes, besides `BROKEN`.

    Raises
    ------
    DamagedFile
        If the file is missing or damaged.
    """
    check(path)
    try:
        yield
    except InputError:
        raise
    except (*BROKEN, *broken) as error:
        raise DamagedFile(path, f"is damaged ({' '.join(str(error).split()) or type(error).__name__})") from error
    except OSError as error:
        raise DamagedFile(path, f"cannot be read ({error.strerror or error})") from error


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


class Arrays(Mapping):
    """
    Arrays of an .npz by name; each is read when it is accessed. Nothing in the file is executed.

    Attributes
    ----------
    files : list of str
        Names of the arrays, in the order in which they were written.
    """

    def __init__(self, path):
        self.path = path
        with reading(path):
            self._archive = zipfile.ZipFile(path)
        self.files = [name.removesuffix(".npy") for name in self._archive.namelist()]

    def __getitem__(self, name):
        if name not in self.files:
            raise DamagedFile(self.path, f"has no array {name}; it has {', '.join(self.files) or 'none'}")
        with reading(self.path), self._archive.open(f"{name}.npy") as file:
            array = np.lib.format.read_array(file, allow_pickle=False)
            # The archive's own check of the content comes at its end.
            if file.read(1):
                raise ValueError(f"{name} has more bytes than its array")
        return array

    def __iter__(self):
        return iter(self.files)

    def __len__(self):
        return len(self.files)

    def __contains__(self, name):
        return name in self.files

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._archive.close()


def load_arrays(path):
    """Open an .npz; see `Arrays`."""
    return Arrays(path)


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
    DamagedFile
        If no file has it.
    KeyError
        If there is no file.
    """
    paths, found = [paths] if isinstance(paths, str | Path) else list(paths), {}
    for path in paths:
        with load_arrays(path) as file:
            found |= {name: file[name] for name in names if name not in found and name in file}
    if absent := ", ".join(name for name in names if name not in found):
        if not paths:
            raise KeyError(f"{absent}: there is no file to read")
        others = ", and no other file given with it has" if len(paths) > 1 else ""
        raise DamagedFile(paths[-1], f"has no array {absent}{others}")
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
    # NumPy hides the reason for which writing to a file that is not open for reading fails, such as a full disk.
    with replacing(path) as temporary, open(temporary, "w+b") as file:
        np.lib.format.write_array(file, array, allow_pickle=False)


def load_array(path, mapped=False):
    """Read an .npy, or open it as a read-only memory map if `mapped`."""
    with reading(path):
        array = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise ValueError("it is no single array")
        return array


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
    with reading(path):
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
    """
    Read a .csv; numbers are those that were written, to the last digit.

    Names of classes, samplings and layers stay text, even `1` and `NA`.
    """
    # Half a second that jobs without tables do not spend.
    import pandas as pd

    with reading(path):
        table = pd.read_csv(
            path, dtype=dict.fromkeys(NAMES, str), keep_default_na=False, na_values=[""], float_precision="round_trip"
        )
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
    """Write bytes that no job reads, such as a figure, without a check sum."""
    with replacing(path, summed=False) as temporary:
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
