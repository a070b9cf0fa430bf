"""The table of what the released code does, and the configuration that does the same."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "docs/methods.md").read_text(encoding="utf-8").partition("## As released")[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in SECTION.splitlines() if line.startswith("| ")
][1:]
KEYS = dict(re.fullmatch(r"`([\w.]+): (.+)`", key).groups() for _, key, _ in ROWS if key)
RELEASED = yaml.safe_load((ROOT / "config/as_released.yaml").read_text(encoding="utf-8"))


def value_at(config, path):
    for key in path.split("."):
        config = config[key]
    return config


def leaves(config, path=""):
    """Paths of all values of a configuration."""
    for key, value in config.items():
        yield from leaves(value, f"{path}{key}.") if isinstance(value, dict) else [f"{path}{key}"]


@pytest.mark.parametrize(("path", "value"), KEYS.items())
def test_every_key_of_the_table_is_set(path, value):
    assert value_at(RELEASED, path) == yaml.safe_load(value)


def test_every_key_that_is_set_is_in_the_table():
    assert set(leaves(RELEASED)) - {"run"} == set(KEYS)
    assert len(KEYS) >= 20


def test_a_statement_without_a_key_says_why():
    assert all(remark.startswith(("not offered: ", "not set: ")) for _, key, remark in ROWS if not key)
    assert sum(not key for _, key, _ in ROWS) == len(ROWS) - len(KEYS)


def test_the_table_names_keys_of_the_papers_run():
    paper = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    # Options of a sampling have defaults of their own.
    optional = {"mapper.samplings.random.exclude_border", "mapper.samplings.full.replace"}
    for path in set(KEYS) - optional:
        assert type(value_at(paper, path)) is type(value_at(RELEASED, path)), path
