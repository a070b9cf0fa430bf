import importlib
import os
import sys
from pathlib import Path

import actopo
import pytest

CALLED = """
from actopo.compiled import compiled

FACTOR = {factor}

@compiled()
def inner(x):
    return {inner}
"""
BETWEEN = """
from {0}called import inner
from actopo.compiled import compiled

@compiled()
def middle(x):
    return inner(x)
"""
CALLING = """
from {0}called import FACTOR
from {0}between import middle
from actopo.compiled import compiled

@compiled(nogil=True)
def outer(x):
    return last(x)

@compiled()
def last(x):
    return FACTOR * middle(x)
"""


@pytest.fixture
def outer(tmp_path, monkeypatch):
    """Function that writes three modules anew, imports them, and returns the function that calls all others."""
    monkeypatch.syspath_prepend(str(tmp_path))
    # Names that no other test has imported.
    prefix, edits = f"of_{tmp_path.name}_", iter(range(10))

    def load(inner="x + 1", factor="2", edited="called"):
        texts = {"called": CALLED.format(inner=inner, factor=factor)}
        texts |= {"between": BETWEEN.format(prefix), "calling": CALLING.format(prefix)}
        edit = next(edits)
        for name, text in texts.items():
            file = tmp_path / f"{prefix}{name}.py"
            file.write_text(text)
            # As if it was edited, or left alone.
            os.utime(file, (1000 + edit, 1000 + edit) if name == edited else (1000, 1000))
            sys.modules.pop(file.stem, None)
        importlib.invalidate_caches()
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        try:
            return importlib.import_module(f"{prefix}calling").outer
        finally:
            sys.dont_write_bytecode = before

    return load


def hits(function):
    return sum(function.stats.cache_hits.values())


def test_what_is_called_from_another_module_is_compiled_again_when_it_changes(outer):
    first = outer()
    assert first(3) == 8
    assert hits(first) == 0
    assert outer(inner="x + 9")(3) == 24
    # Back again, with other times: what is the same text is not the same file.
    assert outer()(3) == 8


def test_numbers_of_another_module_are_taken_again_when_they_change(outer):
    assert outer()(3) == 8
    assert outer(factor="5.0")(3) == 20


def test_what_has_not_changed_is_taken_from_disk(outer):
    assert outer(edited="")(3) == 8
    again = outer(edited="")
    assert again(3) == 8
    assert hits(again) == 1


def test_all_functions_of_the_package_are_compiled_so():
    files = [file for file in Path(actopo.__file__).parent.rglob("*.py") if file.name != "compiled.py"]
    assert sum("@compiled(" in file.read_text(encoding="utf-8") for file in files) > 5
    assert not [file for file in files if "jit(" in file.read_text(encoding="utf-8")]
