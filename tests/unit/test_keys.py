"""Names of what belongs to a layer, in files of several layers."""

from actopo.keys import draw_number, layer_key


def test_layer_keys():
    assert layer_key(9) == "layer09"
    assert layer_key(9, "points") == "layer09.points"
    assert layer_key(123, "h0") == "layer123.h0"


def test_keys_of_layers_are_in_their_order():
    keys = [layer_key(layer, "h1") for layer in range(100)]
    assert keys == sorted(keys)
    assert len(set(keys)) == 100


def test_numbers_of_draws():
    assert [draw_number(suffix) for suffix in ("", ".draw1", ".draw12")] == [0, 1, 12]
