"""Checks of the tables of labels that a configuration names: their columns, and which images their rows name."""

import csv
import math
import re
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from actopo.config.data import count_images, image_files
from actopo.errors import shown
from actopo.graphs.choices import LABEL_KEYS


def label_problems(config, sizes):
    """
    Messages about tables that are missing, lack a column, name no image of the mapper study's part, give an image two
    labels or none a label, or have other labels than numbers where these are asked for, or among numbers where nothing
    is.

    `sizes` are the numbers of images, as `actopo.config.data.part_sizes` returns them.
    """
    for name, choice in config["mapper"]["labels"].items():
        if choice is None:
            continue
        path, file = f"mapper.labels.{name}", Path(choice["file"]).expanduser()
        if not file.is_file():
            yield f"{path}.file: there is no file {file} in {Path.cwd()}, where Snakemake runs"
            continue
        try:
            rows = _read(file)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            yield f"{path}.file: {file} is no table of labels ({error}); write UTF-8 .csv"
            continue
        columns = rows[0] if rows else []
        if twice := [name for name in (choice["column"], *LABEL_KEYS) if columns.count(name) > 1]:
            yield f"{path}.file: {file} has column {shown(twice[0])} twice; rename one"
        elif choice["column"] not in columns:
            near = get_close_matches(choice["column"], columns, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(columns) or 'none'}"
            if len(columns) == 1 and (mark := next((mark for mark in ";\t" if mark in columns[0]), None)):
                hint = f"its columns are separated by {mark!r}: write commas"
            yield f"{path}.column: {file} has no column {choice['column']!r}; {hint}"
        elif not set(LABEL_KEYS) & set(columns):
            yield f"{path}.file: {file} does not say which images its rows are of; add a column file or image"
        elif sizes is not None:
            part = config["mapper"]["part"]
            files = image_files(config["data"], part)
            known = None if files is None else {str(PurePosixPath(file)) for file in files}
            if problem := _unknown_images(known, part, count_images(config, sizes), rows):
                yield f"{path}.file: {file} {problem}"
                continue
            labels = _labels_of_images(known, choice["column"], rows)
            if labels is not None and (problem := _no_label_each(labels, choice["column"])):
                yield f"{path}.file: {file} {problem}"
            elif problem := _no_number(choice, [label for _, label in labels or ()]):
                yield f"{path}.kind: {file} has {problem}"


def _read(file):
    """Rows of a table, the names of its columns first, without spaces around what is no file."""
    with open(file, encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines)
        numbered = [(reader.line_num, row) for row in reader if row]
    columns, *rows = [row for _, row in numbered] or [[]]
    # As of numbers with a decimal comma, of which the job would read the beginning.
    long = [(line, row) for line, row in numbered if any(value.strip() for value in row[len(columns) :])]
    if len(columns) > 1 and long:
        line, row = long[0]
        raise csv.Error(
            f"line {line} has {len(row)} values, and there are {len(columns)} columns; a value with a comma stands in "
            "quotes, and numbers have a decimal point"
        )
    columns = [name.strip() for name in columns]
    kept = columns.index("file") if "file" in columns else None
    return [columns, *([value if i == kept else value.strip() for i, value in enumerate(row)] for row in rows)]


def _unknown_images(known, part, n_images, rows):
    """What is wrong with the images that a table names, as far as planning can tell; None where nothing is."""
    columns, *rows = rows
    if known is not None and "file" in columns:
        named = [_named(row, columns) for row in rows if len(row) > columns.index("file")]
        if named and not any(map(known.intersection, named)):
            return (
                f"names no image of part {part}: its first file is {shown(named[0][0])}, and there is "
                f"{shown(min(known, default=''))}"
            )
    elif "image" in columns:
        place = columns.index("image")
        for row in rows:
            value = row[place] if len(row) > place else ""
            if not re.fullmatch(r"\d+(\.0*)?", value, re.ASCII) or float(value) >= n_images:
                files = "" if known is None else "; their files belong in a column file"
                return f"names image {shown(value)}, and the images have the numbers 0 to {n_images - 1}{files}"
    return None


def _labels_of_images(known, column, rows):
    """Images and their labels that are not empty, each pair once; None where planning cannot tell."""
    columns, *rows = rows
    if known is not None and "file" in columns:
        key, images_of = "file", lambda row: known.intersection(_named(row, columns))
    elif "image" in columns:
        key, images_of = "image", lambda row: {str(int(float(row[columns.index("image")])))}
    else:
        return None
    place = columns.index(column)
    rows = [row for row in rows if len(row) > max(columns.index(key), place) and row[place]]
    return list(dict.fromkeys((min(images), row[place]) for row in rows if (images := images_of(row))))


def _no_label_each(labels, column):
    """What is wrong with labels if an image has two, or none has one; None otherwise."""
    if not labels:
        return f"gives no image a value of {shown(column)}; look at its rows"
    first = {}
    for image, label in labels:
        other = first.setdefault(image, label)
        if other != label:
            return f"gives image {shown(image)} the labels {shown(other)} and {shown(label)}; give it one"
    return None


def _no_number(choice, labels):
    """A label that is no number where all or most of them are to be some, and what to do; None where there is none."""
    wrong = [label for label in labels if not _is_finite(label)]
    where = f"{shown(wrong[0])} in column {shown(choice['column'])}" if wrong else None
    if wrong and choice.get("kind") == "numbers":
        return f"{where}, which is no finite number; mend it, leave it empty, or write kind: classes"
    if wrong and choice.get("kind") is None and 2 * len(wrong) < len(labels):
        return f"{where}, most of whose labels are numbers; mend it, leave it empty, or write kind: classes"
    return None


def _named(row, columns):
    """
    The file that a row names, as it may stand in the images' `files.csv`.

    As in a table of ours, a name may have an apostrophe before it, see `actopo.files.save_table`; and spaces around it.
    """
    given = row[columns.index("file")].replace("\\", "/")
    names = [str(PurePosixPath(name)) for name in dict.fromkeys([given, given.strip()])]
    return *names, *(name.removeprefix("'") for name in names)


def _is_finite(text):
    # As the job reads it: an apostrophe counts that a table of ours has, and digits as those of a table do.
    text = text[1:] if re.match("'[=+\\-@']", text) else text
    try:
        return text.isascii() and "_" not in text and math.isfinite(float(text))
    except ValueError:
        return False
