"""Checks of the tables of labels that a configuration names, as far as their first line tells."""

import csv
from difflib import get_close_matches
from pathlib import Path

from actopo.graphs.choices import LABEL_KEYS


def label_problems(labels):
    """Messages about tables that are missing, or lack a column."""
    for name, choice in labels.items():
        if choice is None:
            continue
        path, file = f"mapper.labels.{name}", Path(choice["file"]).expanduser()
        if not file.is_file():
            yield f"{path}.file: there is no file {file} in {Path.cwd()}, where Snakemake runs"
            continue
        try:
            with open(file, encoding="utf-8-sig", newline="") as lines:
                columns = [column.strip() for column in next(csv.reader(lines), [])]
        except (UnicodeDecodeError, csv.Error) as error:
            yield f"{path}.file: {file} is no table of labels ({error}); write UTF-8 .csv"
            continue
        if choice["column"] not in columns:
            near = get_close_matches(choice["column"], columns, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(columns) or 'none'}"
            yield f"{path}.column: {file} has no column {choice['column']!r}; {hint}"
        elif not set(LABEL_KEYS) & set(columns):
            yield f"{path}.file: {file} does not say which images its rows are of; add a column file or image"
