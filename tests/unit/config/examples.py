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


def small(config):
    """The config with a homology study of 6 images, which needs none of the measures that need more."""
    config["homology"] |= {"batches": 2, "batch_size": 3}
    config["similarity"]["rivals"]["metrics"] = []
    return config


def class_folders(folder, **n_images):
    """Empty files in the place of images: their numbers by the path of their folder, with `_` for a slash."""
    for name, number in n_images.items():
        path = folder / name.replace("_", "/")
        path.mkdir(parents=True)
        for i in range(number):
            (path / f"{i}.png").touch()
    return {**IMAGES, "dataset": "image_folder", "root": str(folder)}
