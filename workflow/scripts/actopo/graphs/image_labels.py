"""
Labels of images from a user's table: a column of classes or of numbers, with a row for each image that has one.

Images are named by their files, as in the column `file` of the data's `files.csv`, or by their numbers, as in its
column `image`. An image without a row, or with an empty value, has no label.
"""

from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
import pandas as pd

from actopo.errors import InputError
from actopo.files import without_apostrophes
from actopo.graphs.choices import LABEL_KEYS


class ImageLabels(NamedTuple):
    """
    Labels of the images of one part of the data.

    Attributes
    ----------
    values : ndarray of shape (n_images,)
        Class of each image as an index into `class_names`, int64, with -1 for none; or its number, float64, with NaN
        for none.
    class_names : list of str or None
        Names of the classes in ascending order; None for numbers.
    n_unknown : int
        Rows of the table that name no image of this part.
    """

    values: np.ndarray
    class_names: list | None
    n_unknown: int

    @property
    def is_known(self):
        """Whether each image has a label: ndarray of shape (n_images,), bool."""
        return ~np.isnan(self.values) if self.class_names is None else self.values >= 0


def read_label_table(path):
    """
    Read a .csv of labels, all of whose values stay text.

    Parameters
    ----------
    path : str or Path
        UTF-8, with the names of the columns in the first line.

    Returns
    -------
    DataFrame of str
        Empty values are NaN.

    Raises
    ------
    InputError
        If the file is no such table.
    """
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no table of labels ({' '.join(str(error).split())}); write UTF-8 .csv") from error
    table.columns = [str(name).strip() for name in table.columns]
    # Names of files may be copied from a table of ours.
    table = without_apostrophes(table)
    # Names of files may begin or end with a space.
    table = table.apply(lambda column: column if column.name == "file" else column.str.strip())
    return table.mask(table == "")


def image_labels(table, column, files, kind=None, source="the table"):
    """
    Labels of images from a column of a table.

    Parameters
    ----------
    table : DataFrame of str
        As `read_label_table` returns it, with a column `file` or `image`. `file` counts if the images have files.
    column : str
        Column of the labels.
    files : sequence of str or None
        File of each image, None or empty where images are not files.
    kind : {"classes", "numbers"}, optional
        What the labels are; by default numbers if all values are numbers, and classes if half of them or more are not.
    source : str
        Name of the table in messages.

    Returns
    -------
    ImageLabels

    Raises
    ------
    InputError
        If a column is missing, an image has two labels or a number that it cannot have, a label is no number where
        numbers are wanted, or where no kind is given and most are numbers, or no image has a label.
    """
    if column not in table:
        raise InputError(f"{source} has no column {column!r}; it has {', '.join(table.columns)}")
    if twice := [name for name in (column, *LABEL_KEYS) if list(table.columns).count(name) > 1]:
        raise InputError(f"{source} has column {twice[0]!r} twice; rename one")
    places, n_unknown = _places(table, files, source)
    known = (places >= 0) & table[column].notna().to_numpy()
    own = pd.DataFrame({"image": places[known], "label": table[column].to_numpy()[known]}).drop_duplicates()
    twice = own[own.image.duplicated(keep=False)]
    if len(twice):
        image = twice.image.iloc[0]
        name = files[image] if _has_files(files) else image
        labels = " and ".join(map(repr, twice.label[twice.image == image]))
        raise InputError(f"{source} gives image {name} the labels {labels}; give it one")
    if own.empty:
        raise InputError(f"{source} gives none of the {len(files)} images a value of {column!r}; look at its rows")
    numbers = pd.to_numeric(own.label, errors="coerce").to_numpy(dtype=np.float64)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if kind is None:
        if 0 < 2 * len(wrong) < len(numbers):
            what = f"{source} has {own.label.iloc[wrong[0]]!r} in column {column!r}, most of whose labels are numbers"
            raise InputError(f"{what}; mend it, leave it empty, or write kind: classes")
        kind = "classes" if len(wrong) else "numbers"
    if kind == "numbers":
        if len(wrong):
            value = own.label.iloc[wrong[0]]
            what = f"{source} has {value!r} in column {column!r}, which is no finite number"
            raise InputError(f"{what}; mend it or leave it empty")
        values = np.full(len(files), np.nan)
        values[own.image] = numbers
        return ImageLabels(values, None, n_unknown)
    names, codes = np.unique(own.label.to_numpy(dtype=str), return_inverse=True)
    values = np.full(len(files), -1, dtype=np.int64)
    values[own.image] = codes
    return ImageLabels(values, names.tolist(), n_unknown)


def _has_files(files):
    return any(isinstance(file, str) and file for file in files)


def _places(table, files, source):
    """Number of the image that each row names, -1 for none, and how many rows name none."""
    if _has_files(files) and "file" in table:
        known = {str(PurePosixPath(file)): i for i, file in enumerate(files)}
        named = table["file"].fillna("").str.replace("\\", "/", regex=False)

        def place_of(name):
            # A name may begin or end with a space, and the table may have more of them, before an apostrophe of ours.
            tried = (str(PurePosixPath(text)) for text in (name, name.strip(), name.strip().removeprefix("'")))
            return next((known[text] for text in tried if text in known), -1)

        places = np.array([place_of(name) for name in named], dtype=np.int64)
        if len(places) and not (places >= 0).any():
            raise InputError(
                f"{source} names none of the images: its first file is {named.iloc[0]!r}, that of the images is "
                f"{files[0]!r}; write files as in files.csv beside the images"
            )
        return places, int((places < 0).sum())
    if "image" not in table:
        needed = "file (the images' files)" if _has_files(files) else "image (their numbers, since they are no files)"
        raise InputError(f"{source} does not say which images its rows are of; add a column {needed}")
    numbers = pd.to_numeric(table["image"], errors="coerce").to_numpy(dtype=np.float64)
    wrong = np.flatnonzero(~((numbers >= 0) & (numbers < len(files)) & (numbers == np.floor(numbers))))
    if len(wrong):
        value = table["image"].iloc[wrong[0]]
        raise InputError(
            f"{source} names image {value!r}, and the images have the numbers 0 to {len(files) - 1}; give the numbers "
            "in files.csv beside the images, or their files in a column file"
        )
    return numbers.astype(np.int64), 0
