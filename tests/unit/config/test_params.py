"""Params hold what a result depends on: keys that are not used, or say what is so anyway, make no difference."""

import shutil
from itertools import combinations

import numpy as np
import pytest
from actopo.config.params import (
    clusterer_keys,
    image_keys,
    is_random,
    lens_keys,
    recipe_keys,
    sampling_keys,
    structure_keys,
)
from actopo.images.choices import NORMALISATIONS
from actopo.networks.recipe import Recipe

DATA = {
    "dataset": "digits",
    "root": None,
    "labelled": True,
    "size": 32,
    "resize": None,
    "channels": 3,
    "normalisation": "measured",
    "classes": None,
    "images_per_class": None,
    "test_share": 0.2,
    "seed": 0,
}
MAPPER = {
    "eps": "knee",
    "min_samples": 5,
    "knee_sensitivity": 2.5,
    "clusterer": "dbscan",
    "all_eps": {"values": 60, "quantiles": [0.25, 1], "prominence": 1.25},
}


@pytest.mark.parametrize(
    ("changes", "matters"),
    [
        ({"root": "anywhere"}, False),
        ({"size": 16}, True),
        ({"resize": 32}, False),
        ({"resize": 64}, True),
        ({"resize": False}, True),
        ({"channels": 1}, True),
        ({"normalisation": "imagenet"}, True),
        ({"classes": list("0123456789")}, False),
        ({"classes": ["0", "1"]}, True),
        ({"images_per_class": 9}, True),
        ({"test_share": 0.3}, True),
        ({"seed": 1}, True),
    ],
)
def test_images(changes, matters):
    assert (image_keys(DATA | changes) != image_keys(DATA)) == matters


def test_labels_are_named_where_there_are_none():
    """Runs of images with labels began without this key."""
    assert "labelled" not in image_keys(DATA)
    assert image_keys(DATA | {"labelled": False}) == image_keys(DATA) | {"labelled": False}


def test_what_is_said_of_images_in_several_ways():
    named, given = ({"normalisation": value} for value in ("imagenet", NORMALISATIONS["imagenet"]))
    assert image_keys(DATA | named) == image_keys(DATA | given)
    assert image_keys(DATA | {"classes": ["2", "1"]}) == image_keys(DATA | {"classes": ["1", "2"]})


@pytest.mark.parametrize(
    ("known", "changes", "matters"),
    [
        # The parts are given.
        ({"dataset": "cifar10"}, {"test_share": 0.3, "seed": 1}, False),
        ({"dataset": "cifar10", "images_per_class": 5}, {"seed": 1}, True),
        # There is nothing to draw.
        ({"test_share": 0}, {"seed": 1}, False),
        ({"test_share": 0, "images_per_class": 5}, {"seed": 1}, True),
    ],
)
def test_the_split(known, changes, matters):
    assert (image_keys(DATA | known | changes) != image_keys(DATA | known)) == matters


def test_folders_say_whether_they_have_parts(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "plain" / name).mkdir(parents=True)
        (tmp_path / "plain" / name / "1.png").touch()
    for part in ("train", "test"):
        shutil.copytree(tmp_path / "plain", tmp_path / "parts" / part)
    plain, parts = (DATA | {"dataset": "image_folder", "root": str(tmp_path / name)} for name in ("plain", "parts"))
    assert image_keys(plain | {"seed": 1}) != image_keys(plain)
    assert image_keys(parts | {"seed": 1, "test_share": 0.5}) == image_keys(parts)
    assert image_keys(parts | {"classes": ["b", "a"]}) == image_keys(parts)
    # Without labels, folders are no classes.
    for data in (plain, parts):
        assert image_keys(data | {"labelled": False}) != image_keys(data)


TRIANGULAR = {"epochs": 4, "batch_size": 8, "learning_rate": 0.1, "schedule": "triangular", "peak_epoch": 2}
STEP = {"epochs": 4, "batch_size": 8, "learning_rate": 0.1, "schedule": "step", "milestones": [1, 2]}


@pytest.mark.parametrize(
    ("recipe", "changes", "matters"),
    [
        (TRIANGULAR, {"milestones": [3], "decay": 0.5}, False),
        (TRIANGULAR, {"peak_epoch": 1}, True),
        (TRIANGULAR, {"keep": [0, 1, 2]}, False),
        (TRIANGULAR, {"cuda_graph": True}, False),
        (STEP, {"peak_epoch": 1}, False),
        (STEP, {"milestones": [2, 1, 4, 9]}, False),
        (STEP, {"milestones": [1, 3]}, True),
        (STEP, {"decay": 0.5}, True),
        (STEP, {"momentum": Recipe.momentum, "compile": False}, False),
        (STEP, {"optimizer": "adamw"}, True),
        (STEP, {"momentum": 0.5}, True),
        (STEP | {"optimizer": "adamw"}, {"momentum": 0.5}, False),
        (STEP, {"translate_fill": "black"}, True),
        (STEP | {"translate": 1}, {"translate_fill": "black"}, True),
        (STEP | {"translate": 0}, {"translate_fill": "black"}, False),
    ],
)
def test_recipes(recipe, changes, matters):
    assert (recipe_keys(recipe | changes) != recipe_keys(recipe)) == matters


def test_other_keys_of_a_recipe_matter():
    changes = {"epochs": 5, "batch_size": 9, "learning_rate": 0.2, "weight_decay": 0.1, "flip": False, "translate": 3}
    changes |= {"cutout": 4, "precision": "fp32", "compile": True}
    recipes = [recipe_keys(TRIANGULAR), *(recipe_keys(TRIANGULAR | {name: new}) for name, new in changes.items())]
    assert all(one != other for one, other in combinations(recipes, 2))


@pytest.mark.parametrize("recipe", [TRIANGULAR, STEP, STEP | {"milestones": [2, 1, 9], "translate": 0}])
def test_what_is_left_of_a_recipe_trains_alike(recipe):
    kept, given = Recipe(**recipe_keys(recipe)), Recipe(**recipe)
    epochs = np.linspace(0, recipe["epochs"], 50, endpoint=False)
    assert [kept.rate(epoch) for epoch in epochs] == [given.rate(epoch) for epoch in epochs]


@pytest.mark.parametrize(
    ("sampling", "changes", "matters"),
    [
        ({"method": "random"}, {"points_per_image": 1, "exclude_border": False}, False),
        ({"method": "random"}, {"points_per_image": 2}, True),
        ({"method": "random"}, {"exclude_border": True}, True),
        ({"method": "central"}, {"share": 0.25}, False),
        ({"method": "central"}, {"share": 0.5}, True),
        # How to draw some of the points says nothing where all are taken.
        ({"method": "full"}, {"cap": None, "replace": True}, False),
        ({"method": "full", "cap": 9}, {"replace": True}, True),
        # Samplings by masks have it from `drawing_by_masks`.
        ({"method": "foreground"}, {"without": "drop"}, False),
    ],
)
def test_samplings(sampling, changes, matters):
    assert (sampling_keys(sampling | changes) != sampling_keys(sampling)) == matters


def test_every_position_is_not_drawn():
    assert not is_random({"method": "full"})
    assert is_random({"method": "full", "cap": 9})
    # Between equal norms.
    assert is_random({"method": "top_l2"})


@pytest.mark.parametrize(
    ("known", "changes", "matters"),
    [
        ({}, {"knee_sensitivity": 1}, True),
        ({}, {"min_samples": 4}, True),
        ({"eps": 1.5}, {"knee_sensitivity": 1}, False),
        ({}, {"all_eps": None}, False),
        ({"eps": "stable"}, {"all_eps": MAPPER["all_eps"] | {"values": 9}}, True),
        ({"eps": "stable"}, {"all_eps": MAPPER["all_eps"] | {"quantiles": [0.5, 1]}}, True),
        ({"eps": "stable"}, {"all_eps": MAPPER["all_eps"] | {"prominence": 2}}, False),
        # The knee is taken where there is no plateau.
        ({"eps": "stable"}, {"knee_sensitivity": 1}, True),
        (
            {"clusterer": {"path": "sklearn.cluster.HDBSCAN"}},
            {"eps": "stable", "min_samples": 2, "knee_sensitivity": 1},
            False,
        ),
        (
            {"clusterer": {"path": "sklearn.cluster.HDBSCAN"}},
            {"clusterer": {"path": "sklearn.cluster.HDBSCAN", "params": {}, "min_points": 1}},
            False,
        ),
        (
            {"clusterer": {"path": "sklearn.cluster.HDBSCAN"}},
            {"clusterer": {"path": "sklearn.cluster.HDBSCAN", "min_points": 9}},
            True,
        ),
    ],
)
def test_clusterers(known, changes, matters):
    assert (clusterer_keys(MAPPER | known | changes) != clusterer_keys(MAPPER | known)) == matters


def test_a_users_file_is_known_by_what_it_holds(tmp_path):
    """The name of its function and its content decide, for a network as for a lens; others stay as they are."""
    for name, text in (("a.py", "one"), ("b.py", "one"), ("c.py", "two")):
        (tmp_path / name).write_text(text)
    networks = [structure_keys({"module": f"{tmp_path / name}:build", "width": 2}) for name in ("a.py", "b.py", "c.py")]
    assert networks[0] == networks[1] != networks[2]
    assert networks[0] != structure_keys({"module": f"{tmp_path / 'a.py'}:other", "width": 2})
    assert networks[0]["module"] == "build"
    assert structure_keys({"architecture": "alexnet"}) == {"architecture": "alexnet"}
    lenses = [lens_keys([("function", f"{tmp_path / name}:f"), ("logit", "cat")]) for name in ("a.py", "b.py", "c.py")]
    assert lenses[0] == lenses[1] != lenses[2]
    assert lenses[0][0][1][0] == "f"
    assert lenses[0][1] == ("logit", "cat")
