"""Tables have the names of layers that are outputs of modules."""

import pandas as pd
from actopo.similarity.layer_names import with_names

NAMES = [[10_003, "blocks.0.mlp"], [20_007, "norm (class)"]]


def test_names_stand_behind_numbers():
    table = pd.DataFrame({"layer_a": [4, 10_003], "layer_b": [10_003, 20_007], "value": [1.0, 2.0]})
    named = with_names(table, NAMES)
    assert list(named) == ["layer_a", "name_a", "layer_b", "name_b", "value"]
    assert named.name_b.tolist() == ["blocks.0.mlp", "norm (class)"]
    assert named.name_a.isna().tolist() == [True, False]
    assert list(table) == ["layer_a", "layer_b", "value"]


def test_numbers_may_be_text_beside_a_mean():
    named = with_names(pd.DataFrame({"layer": ["mean", "10003"]}), NAMES)
    assert named.name.isna().tolist() == [True, False]
    assert named.name[1] == "blocks.0.mlp"


def test_tables_without_names_stay_as_they_are():
    table = pd.DataFrame({"layer": [4]})
    assert with_names(table, []) is table
