"""Configurations that programs read from files."""

import copy
from pathlib import Path

import pytest
from actopo.config.config_files import load_config, merged, over_defaults, overlay, repeated_keys, repeated_options
from actopo.errors import InputError
from snakemake.utils import update_config

pytestmark = pytest.mark.usefixtures("forked_questions")

ROOT = Path(__file__).parents[3]


def test_mappings_are_laid_over_key_by_key_and_lists_whole():
    below = {"a": {"b": 1, "c": [1, 2]}, "d": {"e": 1}}
    assert overlay(below, {"a": {"c": [3]}, "d": None}) == {"a": {"b": 1, "c": [3]}, "d": None}


@pytest.mark.parametrize(
    "files",
    [
        [{"a": {"b": 1}}, {"a": None}, {"a": {"c": 2}}],
        [{"a": None}, {"a": {}}],
        [{"a": None}, {"a": {"b": {}}}],
        [{"a": {"b": 1}}, {"a": {}}],
        [{"a": {"b": [1]}}, {"a": {"b": {"c": 1}}}, {"a": 5}],
    ],
)
def test_mappings_are_laid_over_as_snakemake_does(files):
    expected, found = {}, {}
    for file in files:
        update_config(expected, copy.deepcopy(file))
        overlay(found, copy.deepcopy(file))
    assert found == expected


def test_files_are_laid_over_each_other_before_the_defaults(tmp_path):
    """A key that one of them sets to null and a later one to a mapping has what the defaults have below it."""
    (tmp_path / "off.yaml").write_text("similarity: {power: null}")
    (tmp_path / "on.yaml").write_text("similarity: {power: {draws: 2}}")
    power = load_config(ROOT, [tmp_path / "off.yaml", tmp_path / "on.yaml"])["similarity"]["power"]
    assert power == load_config(ROOT, [])["similarity"]["power"] | {"draws": 2}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: {c: 1, d: 2}\n", []),
        ("a: 1\nb: 2\na: 3\n", ["line 3 has the key 'a' of line 1 again; write it once, with all below it"]),
        ("a:\n  - {b: 1, b: 1}\n", ["line 2 has the key 'b' of line 2 again; write it once, with all below it"]),
        ("x: &x {a: 1}\ny: {<<: *x, a: 2}\nz: *x\n", []),
        ("labels: {1: a, '1': b}\n", []),
        ("a: [", []),
        ("", []),
    ],
)
def test_keys_that_stand_twice(text, told, tmp_path):
    """YAML would take the last, and leave out all below the first."""
    assert repeated_keys(text) == told
    if told:
        (tmp_path / "a.yaml").write_text(text)
        with pytest.raises(InputError) as caught:
            over_defaults(ROOT, [tmp_path / "a.yaml"])
        assert str(caught.value) == f"{tmp_path / 'a.yaml'}: {told[0]}"


def test_json_is_read_as_snakemake_reads_it(tmp_path):
    (tmp_path / "a.json").write_text('{\n\t"a": 1e-05\n}')
    assert merged([tmp_path / "a.json"]) == {"a": 1e-5}


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


@pytest.mark.parametrize(
    ("arguments", "is_told"),
    [
        (["--configfile", "a.yaml", "b.yaml", "--cores", "2"], False),
        (["--configfile", "a.yaml", "--cores", "2", "--configfile", "b.yaml"], True),
        (["--configfile=a.yaml", "--configfiles", "b.yaml"], True),
        (["-n"], False),
    ],
)
def test_an_option_of_which_the_last_counts_is_given_once(monkeypatch, arguments, is_told):
    monkeypatch.setattr("sys.argv", ["snakemake", *arguments])
    assert ["is given 2 times" in problem for problem in repeated_options()] == [True] * is_told
