"""docs/tables.md has every column of the tables of a run, and its first lines give the number that they promise."""

import contextlib
import io
import json
import re
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
from actopo.graphs import comparisons, confidence, eps_profile
from actopo.similarity import control_differences, detection, epochs, network_pairs, power, sensitivity
from actopo.similarity import specificity_table as specificity

PAGE = (Path(__file__).parents[2] / "docs/tables.md").read_text(encoding="utf-8")
SHARED = "Columns that many tables have"
# A column that this stands for in another column's name is defined itself.
OTHER = "<column>"


class Section(NamedTuple):
    """Folders and files that a heading names, and the columns below it."""

    folders: list[str]
    files: list[str]
    columns: list[str]


def sections():
    """Sections of the page by their headings."""
    found, folders = [], []
    for part in re.split(r"^(?=##+ )", PAGE, flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        names = re.findall(r"`([^`]+)`", heading)
        if not heading.startswith("###"):
            folders = [name for name in names if name.endswith("/")]
        tables = re.findall(r"^\| column \|.*\n\|---\|---\|\n((?:\|.*\n)+)", text, re.MULTILINE)
        rows = [row.split("|")[1] for table in tables for row in table.splitlines()]
        columns = [name for cell in rows for name in re.findall(r"`([^`]+)`", cell)]
        found.append((heading.strip("# "), Section(folders, [name for name in names if "." in name], columns)))
    return found


SECTIONS = sections()
COMMON = dict(SECTIONS)[SHARED].columns


def pattern(name):
    """Regular expression of a name with placeholders, in which that of another column is a group."""
    parts = re.split(r"(<\w+>)", name)
    return "".join({OTHER: "(.+)"}.get(part, "[^/]+" if part.startswith("<") else re.escape(part)) for part in parts)


def is_defined(column, columns):
    """Whether a column is among some, or is made of one that is, as `purity_low` of `purity`."""
    for name in columns:
        found = re.fullmatch(pattern(name), column)
        if found and all(is_defined(part, columns) for part in found.groups()):
            return True
    return False


def section_of(path):
    """Section of a file of a run, by its path in it."""
    own = [
        section
        for _, section in SECTIONS
        for folder in section.folders
        for name in section.files
        if re.fullmatch(pattern(folder + name), path)
    ]
    assert len(own) == 1, f"docs/tables.md has {len(own)} headings for {path}"
    return own[0]


def undefined(columns, path):
    """Columns of a table that the page does not define, neither below its heading nor among the shared ones."""
    own = section_of(path).columns
    return [column for column in columns if not is_defined(column, [*own, *COMMON])]


def test_every_column_of_a_run_is_on_the_page(results):
    paths = sorted(path.relative_to(results).as_posix() for path in results.rglob("*.csv"))
    assert len(paths) > 20
    missing = {path: undefined(pd.read_csv(results / path, nrows=0), path) for path in paths}
    assert {path: columns for path, columns in missing.items() if columns} == {}


@pytest.mark.parametrize(
    ("path", "columns"),
    [
        ("similarity/a/specificity.csv", specificity.COLUMNS),
        ("similarity/a.epoch4/kept_specificity.csv", specificity.COLUMNS),
        ("similarity/a/controls.csv", control_differences.COLUMNS),
        ("similarity/a/sensitivity/sw.seed0.csv", ["metric", *sensitivity.INDEX, "distance"]),
        ("similarity/a/sensitivity.csv", [*detection.KEYS, "threshold", *detection.FOUND, *detection.OVER_NETWORKS]),
        ("similarity/a/power.csv", power.COLUMNS),
        ("similarity/a/epochs.csv", epochs.COLUMNS),
        ("similarity/network_pair.csv", network_pairs.COLUMNS),
        ("mapper/b/seed0/graph_comparisons.csv", comparisons.MEASURES),
        ("mapper/b/seed0/random/layer16.segments.csv", eps_profile.SEGMENTS),
        ("mapper/b/seed0/random/layer16.branches.csv", eps_profile.BRANCHES),
        ("mapper/b/seed0/random/layer16.confidence.csv", [f"share_at_{level:g}" for level in confidence.THRESHOLDS]),
    ],
)
def test_columns_that_a_module_lists_are_on_the_page(path, columns):
    assert undefined(columns, path) == []


@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("similarity/a/specificity.csv", "smallest_layer0"),
        ("mapper/b/purity.csv", "nothing_low"),
        ("mapper/b/seed0/branching.csv", "rho"),
    ],
)
def test_a_column_of_another_table_is_missed(path, column):
    assert undefined([column], path) == [column]


def test_the_first_lines_print_the_headline_number(results):
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code.replace("results/demo", str(results)), {})
    [row] = pd.read_csv(io.StringIO(printed.getvalue()), sep=r"\s+").to_dict("records")
    summary = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    expected = summary["homology"]["specificity"]["trained"]["h1"]["rho_mean"]
    # As many digits as pandas prints.
    assert row["value"] == pytest.approx(expected, abs=1e-5)
