"""Configurations that programs read from files."""

from pathlib import Path

import pytest
from actopo.config.config_files import load_config, merged, overlay
from actopo.errors import InputError

pytestmark = pytest.mark.usefixtures("forked_questions")

ROOT = Path(__file__).parents[3]


def test_mappings_are_laid_over_key_by_key_and_lists_whole():
    below = {"a": {"b": 1, "c": [1, 2]}, "d": {"e": 1}}
    assert overlay(below, {"a": {"c": [3]}, "d": None}) == {"a": {"b": 1, "c": [3]}, "d": None}


def test_later_files_win(tmp_path):
    for name, text in (("one.yaml", "a: {b: 1, c: 2}"), ("two.yaml", "a: {b: 3}"), ("empty.yaml", "")):
        (tmp_path / name).write_text(text)
    assert merged([tmp_path / name for name in ("one.yaml", "two.yaml", "empty.yaml")]) == {"a": {"b": 3, "c": 2}}


def test_the_defaults_alone_are_in_order():
    assert load_config(ROOT, [])["models"]["resnet18_a"]["width"] == 64


def test_sizes_of_published_weights_take_the_place_of_the_word(tmp_path):
    own = "models: {x: {architecture: resnet18, weights: IMAGENET1K_V1, seeds: 1, input: pretrained}}"
    (tmp_path / "own.yaml").write_text(own)
    assert load_config(ROOT, [tmp_path / "own.yaml"])["models"]["x"]["input"] == {"size": 224, "resize": 256}


def test_a_trained_network_leaves_nothing_to_weights(tmp_path):
    (tmp_path / "own.yaml").write_text("data: {normalisation: pretrained}")
    with pytest.raises(InputError, match=r"data\.normalisation: resnet18_a is trained here"):
        load_config(ROOT, [tmp_path / "own.yaml"])
