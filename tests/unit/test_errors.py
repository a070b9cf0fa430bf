"""Values in messages are in YAML's words, on one line, and cut."""

import datetime
import math

import pytest
import yaml
from actopo.errors import LONGEST, shown


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 0, -3, 1.5, "x", "null", "a: b", "=1+1", "$x", "é中😀", [], {}, [1, None, "x", [True]]),
        *({"a": None, "b": [1.5, {"c": False}]}, datetime.date(2026, 1, 2)),
    ],
)
def test_a_value_is_shown_as_yaml_reads_it(value):
    assert yaml.safe_load(shown(value)) == value


def test_numbers_that_are_not_finite():
    assert [shown(value) for value in (math.nan, math.inf, -math.inf)] == [".nan", ".inf", "-.inf"]
    assert shown(10**5000) == "a number of more than 1000 digits"


def test_what_is_long_deep_or_endless_is_cut():
    endless, deep = [], {}
    endless += [endless, endless]
    inner = deep
    for _ in range(10_000):
        inner["x"] = {}
        inner = inner["x"]
    for value in ("a" * 5000, 10**400, list(range(10_000)), {"b" * 5000: 1}, endless, deep):
        text = shown(value)
        assert len(text) == LONGEST + 4
        assert text.endswith(" ...")
    assert shown("abc", longest=2) == "'a ..."


def test_control_characters_are_escaped():
    assert shown(["a\nb", {"c\x00": "\ud800"}]) == r"['a\nb', {'c\x00': '\ud800'}]"


def test_a_value_of_just_the_longest_length_is_whole():
    assert shown("x" * (LONGEST - 2)) == f"'{'x' * (LONGEST - 2)}'"
    assert shown("x" * (LONGEST - 1)) == f"'{'x' * (LONGEST - 1)} ..."


def test_what_python_cannot_write_and_yaml_has_no_words_for():
    assert shown([b"x", {1}, (1, "y")]) == "[binary data, a set, [1, 'y']]"
    assert shown({1: None, None: 2}) == "{1: null, null: 2}"
    assert shown(2**4000 - 1, longest=2000) == str(2**4000 - 1)
    assert shown(2**4000, longest=2000) == "a number of more than 1000 digits"
