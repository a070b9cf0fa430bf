"""The example of docs/library.md, run from top to bottom, and the functions that it lists."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "library.md"
LISTED = re.findall(r"^\| (`actopo\.[^|]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_example_prints_what_the_page_says():
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")
    assert result.attempted > 40
    assert result.failed == 0


@pytest.mark.parametrize("names", LISTED)
def test_the_functions_of_the_list_exist(names):
    first, *others = re.findall(r"`([^`]+)`", names)
    module, _, name = first.rpartition(".")
    for function in (name, *others):
        assert callable(getattr(import_module(module), function))
