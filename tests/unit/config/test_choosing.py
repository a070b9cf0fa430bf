"""Layers by name, pattern, type, tokens and key, on descriptions that are written out."""

import pytest
from actopo.config.choosing import choose_layers, describe_layer, shape_at, tap_problem, taps_of
from actopo.errors import InputError
from actopo.networks.choices import output_number


def layer(name, kind="Conv2d", **more):
    shapes = {"shape": [4, 4, 8], "taps": ["conv"], "inputs": {"patches": [8, 8, 3]}}
    return {"name": name, "type": kind, **shapes, "has_residual": False, "is_pooled": False, **more}


def output(name, kind, *parts, **more):
    parts = parts or ({"key": "", "shapes": {"patches": [4, 4, 8]}, "problem": ""},)
    return {"name": name, "type": kind, "parts": list(parts), "inputs": {}, "has_residual": False, **more}


TOKENS = {"key": "", "shapes": {"patches": [4, 4, 8], "class": [1, 1, 8], "all": [1, 17, 8]}, "problem": ""}
PAIR = [
    {"key": "0", "shapes": {"patches": [4, 4, 8]}, "problem": ""},
    {"key": "1", "shapes": {}, "problem": "returns a NoneType, no tensor"},
]
LAYERS = [layer("stem"), layer("block.0", "Block"), layer("block.0.se", is_pooled=True), layer("block.1", "Block")]
OUTPUTS = [
    output("stem", "Conv2d"),
    output("block.0.mlp", "Mlp", TOKENS),
    output("block.0.attention", "Attention", *PAIR),
    output("block.0", "Block", TOKENS, has_residual=True),
    output("block.1.mlp", "Mlp", TOKENS),
    output("block.1", "Block", TOKENS, inputs={"patches": [4, 4, 8], "class": [1, 1, 8]}),
    output("block.0.se", "Conv2d"),
    output("odd", "Odd", {"key": "", "shapes": {}, "problem": "returns 150 tokens, which fill no grid"}),
]


def choose(*wanted):
    return choose_layers(wanted, LAYERS, lambda: OUTPUTS)


def test_all_is_all_where_a_layer_is_called_so():
    layers = [layer("all"), layer("last"), layer("stem")]
    assert choose_layers("all", layers) == [0, 1, 2]
    assert choose_layers(["all"], layers) == [0]
    assert choose_layers(["last"], layers) == [1]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        # The gate has an index and a name, and no other way leads to it.
        ("all", [0, 1, 3]),
        ("last", [3]),
        ("block.*", [1, 3]),
        ({"type": "Conv2d"}, [0]),
        (2, [2]),
        ("block.0.se", [2]),
        ({"type": "Block"}, [1, 3]),
        ({"type": "B*"}, [1, 3]),
        ({"type": "Block", "name": "*.1"}, [3]),
        ({"type": "Block", "tokens": "patches"}, [1, 3]),
        ({"type": "Block", "tokens": "class"}, [output_number(3, "class"), output_number(5, "class")]),
        ({"name": "last", "tokens": "all"}, [output_number(5, "all")]),
        ({"name": 1, "tokens": "class"}, [output_number(3, "class")]),
        # What no layer by default is.
        ("*.mlp", [output_number(1), output_number(4)]),
        ({"type": "Mlp"}, [output_number(1), output_number(4)]),
        ({"type": "Mlp", "name": "block.1*", "tokens": "class"}, [output_number(4, "class")]),
        ({"name": "block.0.attention", "key": 0}, [output_number(2, "patches", 1)]),
        ({"name": "block.0.attention", "key": "0"}, [output_number(2, "patches", 1)]),
        (output_number(2, "patches", 1), [output_number(2, "patches", 1)]),
        (output_number(5, "class"), [output_number(5, "class")]),
        (output_number(4), [output_number(4)]),
    ],
)
def test_what_an_entry_stands_for(wanted, expected):
    assert choose(wanted) == expected


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (
            "block.0.attention",
            r"returns 2 values; choose one by its key, 0, 1, such as \{name: block.0.attention, key: 0",
        ),
        ({"name": "block.0.attention", "key": 1}, "'block.0.attention' returns a NoneType, no tensor"),
        ({"name": "block.0.attention", "key": 2}, "has no key 2: it returns values with the keys 0, 1"),
        ({"name": "block.0.mlp", "key": 0}, "has no key 0: it returns one tensor; remove the key"),
        ({"name": "stem", "tokens": "class"}, "module 'stem' has no class token; remove tokens"),
        ({"type": "Attn"}, "no layer matches 'Attn'; the nearest types are Attention"),
        (
            {"type": "Block", "name": "stem"},
            "no layer matches {name: 'stem', type: 'Block'}; the nearest names are stem",
        ),
        ("odd", "module 'odd' returns 150 tokens, which fill no grid"),
        ({"tokens": "class"}, "{tokens: 'class'} names no layer; give it a name or a type"),
        (4, r"layers \[4\] do not exist: the network has layers 0 to 3"),
        (output_number(99), "outputs of modules have numbers up to 10007"),
        (output_number(0, entry=2), "do not exist"),
    ],
)
def test_what_is_no_layer_is_told(wanted, words):
    with pytest.raises(InputError, match=words):
        choose(wanted)


def test_a_network_without_layers_by_default():
    known = [output("0", "Linear"), output("1", "Linear")]
    assert choose_layers([{"type": "Linear"}], [], lambda: known) == [output_number(0), output_number(1)]
    for wanted, words in {"all": "all stands for two-dimensional conv", 0: "no convolution and no block"}.items():
        with pytest.raises(InputError, match=words):
            choose_layers([wanted], [], lambda: known)
    with pytest.raises(InputError, match="no layer matches 'x'; the nearest names are 0"):
        choose_layers(["x"], [], lambda: known)


def test_a_block_that_returns_several_values():
    layers = [layer("stem"), layer("block", "Block", shape=None, problem="returns 2 values; choose one by its key")]
    known = [output("stem", "Conv2d"), output("block", "Block", *PAIR)]
    assert choose_layers([0, {"type": "Block", "key": 0}], layers, lambda: known) == [0, output_number(1, entry=1)]
    for wanted in ("all", "last", ["block"]):
        with pytest.raises(InputError, match="module 'block' returns 2 values; choose one by its key"):
            choose_layers(wanted, layers, lambda: known)


def test_descriptions_names_and_taps():
    described = [describe_layer(number, LAYERS, lambda: OUTPUTS) for number in choose("stem", "*.mlp")]
    assert described[0] == LAYERS[0]
    assert described[1]["name"] == "block.0.mlp"
    [class_token] = choose({"name": "block.1", "tokens": "class"})
    described = describe_layer(class_token, LAYERS, lambda: OUTPUTS)
    assert (described["name"], described["shape"]) == ("block.1 (class)", [1, 1, 8])
    assert (shape_at(described, "input"), shape_at(described, "conv")) == ([1, 1, 8], [1, 1, 8])
    assert taps_of(described) == ["conv", "bn", "relu", "output", "input"]
    entry = describe_layer(output_number(2, entry=1), LAYERS, lambda: OUTPUTS)
    assert entry["name"] == "block.0.attention[0]"
    assert taps_of(entry) == ["conv", "bn", "relu", "output"]
    assert taps_of(describe_layer(output_number(3), LAYERS, lambda: OUTPUTS))[-1] == "residual"
    assert shape_at(LAYERS[0], "input") == [8, 8, 3]
    assert tap_problem(LAYERS[0], "input") is None
    assert tap_problem(LAYERS[0], "bn") == "has conv only: no rectifier follows it; set tap to conv"
    assert tap_problem(LAYERS[0], "residual").startswith("has no tap residual: no sum takes what it")
    assert tap_problem(entry, "input").startswith("has no tap input")
