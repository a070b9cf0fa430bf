"""Texts of the user's are drawn letter by letter, and shortened so that different ones stay different."""

import pytest
from actopo.figures import texts
from matplotlib.cbook import is_math_text

from unit.figures.examples import ODD_NAMES


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_drawn_letter_by_letter(name):
    text = texts.plain(name)
    assert not is_math_text(text)
    # As matplotlib does with what is no formula.
    assert text.replace(r"\$", "$").removeprefix("\u200b") == name
    assert not text.startswith("_")


def test_tabs_and_control_characters_are_replaced():
    assert texts.plain("a\tb\x01c\nd\ud800") == "a b\ufffdc\nd\ufffd"
    assert texts.plain(3) == "3"


def test_long_names_are_shortened_and_stay_different():
    assert texts.short("golden retriever") == "golden retriever"
    assert texts.short("n02099601 golden retriever", 12) == "n020996…ever"
    assert texts.short("$" * 9, 4) == r"\$\$…\$"
    for names in (
        [f"breed {index} of dogs" for index in range(30)],
        [f"a long word before the number {index:02}" for index in range(30)],
        [f"a long word before {index:02} and a long one behind" for index in range(30)],
    ):
        shown = texts.short_names(names, 16)
        assert len(set(shown)) == 30
        assert max(map(len, shown)) <= 16
    assert texts.short_names(["cat", "dog"]) == ["cat", "dog"]


def test_names_are_broken_where_a_part_ends():
    name = "features.denseblock4.denselayer16"
    assert texts.wrapped(name, 22) == "features.denseblock4.\ndenselayer16"
    assert texts.wrapped(name, 40) == name
    assert texts.wrapped("a" * 10, 4, lines=3) == "aaaa\naaaa\naa"
    assert texts.wrapped("a" * 20, 4) == "aaaa\naa…a"


def test_numbers_have_minus_signs():
    assert texts.number(-0.5) == "−0.5"
    assert texts.number(-1e-7, ".1e") == "−1.0e−07"
    assert texts.number(12.345, ".2f") == "12.35"


def test_layers_have_names_or_numbers():
    names = {10_003: "a_$b"}
    assert [texts.layer_title(layer, names) for layer in (4, 10_003)] == ["layer 4", "a_$b"]
    assert texts.layer_title(10_003) == "layer 10003"


def test_layers_beside_an_axis_have_the_ends_of_their_names():
    names = {10_000 + n: f"encoder.layers.encoder_layer_{n}" for n in range(12)} | {10_012: "a_$b"}
    assert texts.layer_labels([4, 10_000, 10_011, 10_012], names) == [
        "4",
        "…encoder_layer_0",
        "…ncoder_layer_11",
        r"a_\$b",
    ]
    same_ends = {10_000: "first.tower.of.blocks.0", 10_001: "other.tower.of.blocks.0"}
    assert len(set(texts.layer_labels(list(same_ends), same_ends))) == 2
    assert texts.layer_room([4, 8], names) == texts.layer_room([4]) == 0
    assert texts.layer_room([4, 10_000], names) == pytest.approx(16 * texts.LETTER)
