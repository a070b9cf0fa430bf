"""Layouts against shapes that are known, and views against tensors written out."""

import pytest
import torch
from actopo.errors import InputError
from actopo.networks.layouts import Layout, NetworkShapes, layer_variants, series_channels, tell_layout, to_positions

IMAGE = (224, 224, 3)


def told(size, image_shape, **options):
    """Layout of a tensor, where what is known of its network is among the options."""
    names = ("given", "n_tokens", "n_channels", "fixed_grids")
    of_network = {name: options.pop(name) for name in names if name in options}
    return tell_layout(size, NetworkShapes(image_shape, **of_network), **options)


@pytest.mark.parametrize(
    ("size", "options", "expected"),
    [
        ((1, 10), {}, Layout("vector", 1, 1, 10)),
        # A map of channels first, of channels last, and one that only a larger image tells.
        ((1, 64, 56, 56), {}, Layout("first", 56, 56, 64)),
        ((1, 56, 56, 64), {}, Layout("last", 56, 56, 64)),
        ((1, 56, 56, 56), {"larger": lambda: (1, 112, 112, 56)}, Layout("last", 56, 56, 56)),
        ((1, 56, 56, 56), {"larger": lambda: (1, 56, 112, 112)}, Layout("first", 56, 56, 56)),
        ((1, 56, 56, 56), {"given": {"channels": "last"}}, Layout("last", 56, 56, 56)),
        # What a convolution returns, whatever its shape.
        ((1, 8, 8, 3), {"is_first": True}, Layout("first", 8, 3, 8)),
        ((1, 768, 1, 1), {}, Layout("first", 1, 1, 768)),
        ((1, 1, 1, 768), {}, Layout("last", 1, 1, 768)),
        # Not of the shape of the image: as a convolution made it before, as it grows, or if it never does.
        ((1, 16, 8, 2), {"maps": [(8, 2)]}, Layout("first", 8, 2, 16)),
        ((1, 16, 8, 2), {"larger": lambda: (1, 16, 16, 4)}, Layout("first", 8, 2, 16)),
        ((1, 16, 8, 2), {"larger": lambda: (1, 16, 8, 2)}, Layout("first", 8, 2, 16)),
        ((1, 16, 8, 2), {"given": {"channels": "last"}}, Layout("last", 16, 8, 2)),
        # Tokens with and without a class token, registers that a map tells, and a sequence.
        ((1, 196, 768), {}, Layout("tokens", 14, 14, 768)),
        ((1, 197, 768), {}, Layout("tokens", 14, 14, 768, 1)),
        ((1, 201, 768), {"maps": [(14, 14)]}, Layout("tokens", 14, 14, 768, 5)),
        ((197, 1, 768), {}, Layout("sequence", 14, 14, 768, 1)),
        # The map of all tokens comes before a later and smaller one, from which an attention takes its keys.
        ((1, 16, 320), {"maps": [(8, 8), (4, 4), (2, 2)]}, Layout("tokens", 4, 4, 320)),
        ((1, 17, 320), {"maps": [(8, 8), (4, 4)]}, Layout("tokens", 4, 4, 320, 1)),
        # A map of one position, and one of more positions than tokens, tell nothing.
        ((1, 49, 768), {"maps": [(56, 56), (1, 1)]}, Layout("tokens", 7, 7, 768)),
        ((1, 9, 8), {"maps": [(2, 2)]}, Layout("tokens", 2, 2, 8, 5)),
        ((1, 50, 8), {"given": {"prefix_tokens": 1}}, Layout("tokens", 7, 7, 8, 1)),
        ((1, 52, 8), {"given": {"prefix_tokens": 3}}, Layout("tokens", 7, 7, 8, 3)),
        ((1, 12, 8), {"given": {"grid": [3, 4]}}, Layout("tokens", 3, 4, 8)),
        ((1, 14, 8), {"given": {"grid": [3, 4], "prefix_tokens": 2}}, Layout("tokens", 3, 4, 8, 2)),
    ],
)
def test_shapes_for_one_image(size, options, expected):
    assert told(size, IMAGE, **options) == expected


SMALL = (16, 16, 3)
PATCHES = {"maps": [(4, 4)]}


@pytest.mark.parametrize(
    ("size", "options", "expected"),
    [
        # What a one-dimensional convolution returns on the positions of a map, however many channels it has.
        ((1, 64, 16), PATCHES | {"is_first": True}, Layout("series", 4, 4, 64)),
        ((1, 16, 16), PATCHES | {"is_first": True, "n_tokens": {16: False}}, Layout("series", 4, 4, 16)),
        ((1, 32, 16), PATCHES | {"is_first": True}, Layout("series", 4, 4, 32)),
        ((1, 32, 12), {"is_first": True, "given": {"grid": [3, 4]}}, Layout("series", 3, 4, 32)),
        # Positions pooled to one, and the channels of a pooled map.
        ((1, 64, 1), PATCHES | {"is_first": True}, Layout("series", 1, 1, 64)),
        ((1, 1, 64), PATCHES | {"is_first": True}, Layout("tokens", 1, 1, 64)),
        ((1, 1, 16), PATCHES | {"is_first": True, "larger": lambda: (1, 1, 16)}, Layout("tokens", 1, 1, 16)),
        ((1, 1, 16), PATCHES | {"is_first": True, "larger": lambda: (1, 1, 64)}, Layout("series", 4, 4, 1)),
        # Of any other module, by an image of twice the size, on a map or not.
        ((1, 64, 16), PATCHES | {"larger": lambda: (1, 64, 64)}, Layout("series", 4, 4, 64)),
        ((1, 64, 16), {"larger": lambda: (1, 64, 64)}, Layout("series", 4, 4, 64)),
        ((1, 64, 16), {"larger": lambda: (1, 256, 16)}, Layout("tokens", 8, 8, 16)),
        ((1, 16, 16), PATCHES | {"larger": lambda: (1, 16, 64), "n_channels": {16}}, Layout("series", 4, 4, 16)),
        # By the config.
        ((1, 64, 16), PATCHES | {"given": {"channels": "first"}}, Layout("series", 4, 4, 64)),
        ((1, 64, 16), PATCHES | {"given": {"channels": "last"}}, Layout("tokens", 8, 8, 16)),
        # Tokens on a map, with as many channels as it or as a larger map before has positions.
        ((1, 16, 16), PATCHES, Layout("tokens", 4, 4, 16)),
        ((1, 16, 64), {"maps": [(8, 8), (4, 4)]}, Layout("tokens", 4, 4, 64)),
        ((1, 4, 64), {"maps": [(8, 8), (4, 4)]}, Layout("tokens", 2, 2, 64)),
        ((1, 17, 64), PATCHES | {"n_tokens": {17: False}}, Layout("tokens", 4, 4, 64, 1)),
    ],
)
def test_channels_before_or_after_positions_in_a_row(size, options, expected):
    assert told(size, SMALL, **options) == expected


@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((1, 64, 16), PATCHES),
        ((1, 64, 16), PATCHES | {"larger": lambda: None}),
        # As many channels as there are patches and tokens besides.
        ((1, 20, 16), PATCHES | {"n_tokens": {20: False}}),
        ((1, 64, 17), PATCHES | {"n_tokens": {17: False}}),
        # Channels of a series, whose positions were mixed to some other number.
        ((1, 64, 32), PATCHES | {"n_channels": {64}}),
        ((1, 16, 16), PATCHES | {"n_channels": {16}}),
        # A convolution whose positions are on no map.
        ((1, 64, 9), PATCHES | {"is_first": True}),
        ((1, 1, 16), PATCHES | {"is_first": True}),
    ],
)
def test_positions_in_either_axis_are_refused(size, options):
    words = f"returns a tensor of {size[1]} x {size[2]} for one image, whose channels may be its first or its last axis"
    assert words in told(size, SMALL, **options)


@pytest.mark.parametrize(
    ("size", "grown", "is_map"),
    [
        # Maps of channels last and first, in a network of one size, and pooled to one size.
        ((1, 16, 16, 8), (1, 32, 32, 8), True),
        ((1, 8, 16, 16), (1, 8, 32, 32), True),
        ((1, 16, 16, 8), None, True),
        ((1, 16, 16, 8), (1, 16, 16, 8), True),
        # One window that is the whole map; more of a larger image are images.
        ((1, 16, 16, 8), (4, 16, 16, 8), True),
        # 16 windows of 16 tokens, 2 heads of 16 tokens with 16 channels, and a map that has its channels elsewhere.
        ((1, 16, 16, 8), (1, 64, 16, 8), False),
        ((1, 2, 16, 16), (1, 2, 64, 16), False),
        ((1, 16, 16, 8), (1, 16, 32, 16), False),
    ],
)
def test_a_larger_image_agrees_with_a_map(size, grown, is_map):
    found = told(size, SMALL, larger=lambda: grown)
    assert isinstance(found, Layout) == is_map
    assert is_map or f"{' x '.join(map(str, grown[1:]))} for one of twice the size, as of windows" in found
    assert isinstance(told(size, SMALL, larger=lambda: grown, given={"channels": "last"}), Layout)
    # Nobody asks where a convolution made such a map, unless there are as many tokens.
    maps = {"maps": [(16, 16)], "larger": lambda: grown}
    assert isinstance(told(size, SMALL, **maps), Layout) == (is_map or size[3] == 16)
    assert isinstance(told(size, SMALL, n_tokens={16: True}, **maps), Layout) == is_map


@pytest.mark.parametrize(
    ("size", "grown", "options", "is_layer"),
    [
        # Queries that fill a grid, look like a class token besides, or are registers; sequences of them.
        ((1, 9, 8), (1, 9, 8), {}, False),
        ((1, 65, 8), (1, 65, 8), {"maps": [(8, 8)]}, False),
        ((1, 25, 8), (1, 73, 8), {}, False),
        ((9, 1, 8), (9, 1, 8), {}, False),
        ((1, 9, 8), (1, 9, 8), {"given": {"grid": [1, 9]}}, True),
        # Patches, sides that are rounded, windows, and maps that were resized or pooled to one size.
        ((1, 17, 8), (1, 65, 8), {"maps": [(4, 4)]}, True),
        ((17, 1, 8), (65, 1, 8), {"maps": [(4, 4)]}, True),
        ((1, 16, 8), (1, 49, 8), {}, True),
        ((1, 16, 8), (4, 16, 8), {}, True),
        ((1, 17, 8), (1, 17, 8), {"maps": [(4, 4)], "fixed_grids": lambda: {(4, 4)}}, True),
        ((1, 16, 8), (1, 16, 8), {"fixed_grids": lambda: None}, True),
    ],
)
def test_tokens_that_a_larger_image_has_no_more_of_are_no_patches(size, grown, options, is_layer):
    found = told(size, SMALL, larger=lambda: grown, **options)
    assert isinstance(found, Layout) == is_layer
    assert is_layer or "others, such as learned queries; say which grid they fill with layout: {grid:" in found


def test_channels_of_series():
    assert series_channels((1, 64, 16), False, [(4, 4)], ()) == 64
    assert series_channels((1, 64, 9), True, [(4, 4)], ()) == 64
    for size in ((1, 16, 64), (16, 1, 64), (1, 1, 16), (1, 64, 4, 4)):
        assert series_channels(size, False, [(4, 4)], ()) is None


def test_images_that_are_no_squares():
    assert told((1, 8, 32, 64), (256, 512, 3)) == Layout("first", 32, 64, 8)
    assert told((1, 32, 64, 8), (256, 512, 3)) == Layout("last", 32, 64, 8)
    assert told((1, 129, 8), (256, 512, 3)) == Layout("tokens", 8, 16, 8, 1)
    assert told((1, 128, 8), (512, 256, 3)) == Layout("tokens", 16, 8, 8)
    # Sides that were rounded, as the ninth of 72 and the thirteenth of 100.
    assert told((1, 9, 13, 192), (72, 100, 3), larger=lambda: (1, 18, 25, 192)) == Layout("last", 9, 13, 192)
    assert told((1, 192, 9, 13), (72, 100, 3), larger=lambda: (1, 192, 18, 25)) == Layout("first", 9, 13, 192)
    assert told((1, 192, 9, 13), (72, 100, 3), maps=[(9, 13)]) == Layout("first", 9, 13, 192)


@pytest.mark.parametrize(
    ("size", "options", "words"),
    [
        ((1, 150, 8), {}, "returns 150 tokens, which fill no grid of the shape of the image"),
        ((1, 150, 8), {"given": {"grid": [12, 12], "prefix_tokens": 5}}, "12 x 12 patches and 5 more"),
        ((1, 100, 8), {"given": {"grid": [12, 12]}}, "returns 100 tokens, which are not those of the model's layout"),
        ((64, 49, 96), {}, "returns a tensor of 64 x 49 x 96 for one image"),
        ((5, 3), {}, "returns a tensor of 5 x 3 for one image"),
        ((1, 2, 3, 4, 5), {}, "returns a tensor of 1 x 2 x 3 x 4 x 5"),
        ((), {}, "returns a tensor of no axis"),
        ((1, 56, 56, 56), {}, "whose channels may be its first or its last axis"),
        ((1, 56, 56, 56), {"larger": lambda: None}, "layout: {channels: first}"),
        # Blocks of tokens, windows and heads, in a square image.
        ((1, 16, 196, 96), {}, "in which no two neighbouring axes have the shape of the image"),
        ((1, 64, 49, 64), {"larger": lambda: None, "maps": [(56, 56)]}, "as of windows of a map or of single heads of"),
        (
            (1, 16, 49, 64),
            {"larger": lambda: (1, 64, 49, 64)},
            "say which axis its channels are with layout: {channels:",
        ),
        ((1, 16, 49, 64), {"larger": lambda: (1, 32, 98, 64)}, "in which no two neighbouring axes"),
    ],
)
def test_what_is_open_is_refused(size, options, words):
    assert words in told(size, IMAGE, **options)


@pytest.mark.parametrize(
    ("size", "options", "is_attention"),
    [
        ((1, 3, 50, 50), {}, True),
        ((1, 50, 50), {"is_beside": True}, True),
        # As many channels as tokens, or a map as wide as there are tokens.
        ((1, 50, 50), {}, False),
        ((1, 3, 50, 50), {"maps": [(50, 50)]}, False),
        ((1, 3, 50, 50), {"is_first": True}, False),
        ((1, 3, 49, 49), {}, False),
        # An image of twice the size has four times as many tokens.
        ((1, 3, 50, 50), {"maps": [(50, 50)], "larger": lambda: (1, 3, 197, 197)}, True),
        ((1, 3, 50, 50), {"larger": lambda: (1, 3, 100, 100)}, False),
        ((1, 50, 50), {"larger": lambda: (1, 197, 197)}, True),
        ((1, 50, 50), {"larger": lambda: (1, 197, 50), "is_beside": True}, False),
        ((1, 50, 50), {"larger": lambda: (1, 50, 197), "is_beside": True}, False),
        ((1, 3, 50, 50), {"larger": lambda: None}, True),
        ((1, 3, 1, 1), {}, False),
    ],
)
def test_weights_of_attention_are_no_layer(size, options, is_attention):
    found = told(size, IMAGE, n_tokens={1: False, 50: False}, **options)
    assert (found == f"returns weights of attention between {size[-1]} tokens, which have no channels") == is_attention


def test_views_hold_a_position_in_each_row():
    values = torch.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    first = to_positions(values.permute(0, 3, 1, 2), Layout("first", 3, 4, 5))
    last = to_positions(values, Layout("last", 3, 4, 5))
    tokens = torch.cat([-torch.ones(2, 2, 5), values.flatten(1, 2)], dim=1)
    layout = Layout("tokens", 3, 4, 5, 2)
    for view in (first, last, to_positions(tokens, layout)):
        torch.testing.assert_close(view, values, rtol=0, atol=0)
    sequence = to_positions(tokens.transpose(0, 1), layout._replace(axes="sequence"))
    torch.testing.assert_close(sequence, values, rtol=0, atol=0)
    series = to_positions(tokens.transpose(1, 2), layout._replace(axes="series"))
    torch.testing.assert_close(series, values, rtol=0, atol=0)
    torch.testing.assert_close(to_positions(tokens, layout, "class"), -torch.ones(2, 1, 2, 5), rtol=0, atol=0)
    torch.testing.assert_close(to_positions(tokens, layout, "all"), tokens[:, None], rtol=0, atol=0)
    vector = to_positions(values[:, 0, 0], Layout("vector", 1, 1, 5))
    torch.testing.assert_close(vector, values[:, :1, :1], rtol=0, atol=0)
    assert layer_variants(layout) == {"patches": (3, 4, 5), "class": (1, 2, 5), "all": (1, 14, 5)}
    assert layer_variants(Layout("first", 3, 4, 5)) == {"patches": (3, 4, 5)}
    with pytest.raises(InputError, match="13 x 5 for some images and 14 x 5 for others"):
        to_positions(tokens[:, 1:], layout)
