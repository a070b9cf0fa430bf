"""Configs that differ from the paper's in one value, and what is said of them."""

import copy
from pathlib import Path

import pytest
import yaml
from actopo.config.validate import validate
from actopo.errors import InputError

ROOT = Path(__file__).parents[3]


SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())


PAPER = yaml.safe_load((ROOT / "config/config.yaml").read_text())


IMAGES = PAPER["data"]


def changed(path, value):
    config = copy.deepcopy(PAPER)
    *parents, last = path.split(".")
    part = config
    for key in parents:
        part = part[key]
    part[last] = value
    return config


def messages(config):
    with pytest.raises(InputError) as caught:
        validate(config, SCHEMA)
    return str(caught.value).splitlines()[1:]
