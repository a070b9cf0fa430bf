"""Names of what belongs to a layer, in files of several layers, and of sets of layers."""

from actopo.keys import (
    batch_number,
    distinct_name,
    draw_number,
    epoch_number,
    layer_key,
    layer_set_name,
    layers_of_set,
)
from hypothesis import given, settings
from hypothesis import strategies as st


def test_layer_keys():
    assert layer_key(9) == "layer09"
    assert layer_key(9, "points") == "layer09.points"
    assert layer_key(123, "h0") == "layer123.h0"


def test_keys_of_layers_are_in_their_order():
    keys = [layer_key(layer, "h1") for layer in range(100)]
    assert keys == sorted(keys)
    assert len(set(keys)) == 100


def test_names_that_are_numbers_have_the_number_of_their_layer():
    """The number of a module in an `nn.Sequential` counts what is no convolution too."""
    names = [(2, "4"), (2, "layer1.0.conv1"), (10000, "4")]
    assert [distinct_name(*layer) for layer in names] == ["4 (layer 2)", "layer1.0.conv1", "4"]


def test_names_of_sets():
    assert layer_set_name([16, 14, 4, 15, 4, 8]) == "4.8.14-16"
    assert layer_set_name([7]) == "7"
    assert layer_set_name([0, 1, 10_000]) == "0-1.10000"
    assert layers_of_set("0-2.10.12-13") == [0, 1, 2, 10, 12, 13]


@settings(derandomize=True, database=None, deadline=None)
@given(st.sets(st.integers(0, 200), min_size=1))
def test_a_set_is_read_from_its_name(layers):
    assert layers_of_set(layer_set_name(layers)) == sorted(layers)


def test_numbers_of_draws():
    assert [draw_number(suffix) for suffix in ("", ".draw1", ".draw12")] == [0, 1, 12]


def test_numbers_of_batches():
    assert batch_number("all") is None
    assert [batch_number(f"batch{i}") for i in (0, 7, 12)] == [0, 7, 12]


def test_numbers_of_epochs():
    assert [epoch_number(suffix) for suffix in ("", ".epoch0", ".epoch12")] == [None, 0, 12]
