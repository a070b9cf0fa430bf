"""
Layouts of activations: where a tensor has its positions and channels.

A layer is a tensor of one of six layouts, for a batch of images: `first`, (b, c, rows, columns), as convolutions
return it; `last`, (b, rows, columns, c), as in Swin and inside of ConvNeXt; `tokens`, (b, t, c), `sequence`, (t, b, c),
and `series`, (b, c, t); and `vector`, (b, c), which has one position. They are told apart by the shape for one image,
so that no name of a module matters:

- The number of axes tells maps, tokens and vectors apart, and the axis of length 1 is that of the images.
- The positions of a map have the shape of the image, so that of a square image two neighbouring axes are equal. If all
  three are, or no two, the network is asked again with an image of twice the size: the axes that grow are those of the
  positions. Where no two are, a convolution may have made a map of that shape before. Convolutions, batch norms and
  pooling return channels first. Of others the larger image has to agree, unless a convolution made such a map and
  channels come first: windows of a map and single heads may have two equal axes by chance.
- Tokens lie on the last map that a convolution made before and that has as many positions; or else on the last one
  beside which there are no more than 16 tokens; or else on the grid of the shape of the image that they fill, with or
  without one more. The others are the class token and register tokens, and come before those of the patches. If they
  do not lie on a map, and an image of twice the size has too few, they are no patches, as learned queries.
- A series is what one-dimensional convolutions, batch norms and pooling return on a map, and what has a last axis that
  grows with the image, and another that does not. Where the network takes one size only, a tensor whose last axis is
  as long as the last map has positions, or whose other is as long as the channels of a series, is one of these or of
  tokens.

Weights of attention between t tokens, (b, heads, t, t) and (b, t, t), are no layer. Those of several heads have the
shape of what a module `Softmax` returns along the last of four axes. Others are told from maps and from tokens with t
channels by an image of twice the size, in which a map is twice as wide and channels are as many. Where the network
cannot take it, weights of several heads are those of whose size no convolution made a map, and those of one head stand
behind another entry of a tuple.

What these rules leave open is refused, and a config says it: `models.NAME.layout`.
"""

from dataclasses import dataclass, field
from math import isqrt
from typing import NamedTuple

from torch import nn

from actopo.errors import InputError
from actopo.networks.choices import TOKENS

# Class and register tokens that may stand before those of the patches, where a map says how many patches there are.
MOST_PREFIX = 16
CHANNELS_FIRST = (nn.Conv2d, nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm, nn.MaxPool2d, nn.AvgPool2d)
CHANNELS_FIRST += (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Dropout2d, nn.PixelShuffle, nn.Upsample)
CHANNELS_FIRST += (nn.Conv1d, nn.BatchNorm1d, nn.InstanceNorm1d, nn.MaxPool1d, nn.AvgPool1d, nn.AdaptiveAvgPool1d)
CHANNELS_FIRST += (nn.AdaptiveMaxPool1d, nn.Dropout1d, nn.Unfold)
# Layouts whose positions are in one axis.
IN_A_ROW = ("tokens", "sequence", "series")


class Layout(NamedTuple):
    """
    Layout of a tensor.

    Attributes
    ----------
    axes : {"first", "last", "tokens", "sequence", "series", "vector"}
    rows, columns : int
        Grid of the positions.
    channels : int
    prefix : int
        Number of class and register tokens, which come before those of the grid.
    """

    axes: str
    rows: int
    columns: int
    channels: int
    prefix: int = 0

    def shape(self, tokens="patches"):
        """Rows, columns and channels for one image; None for class tokens where there are none."""
        if tokens == "class":
            return (1, self.prefix, self.channels) if self.prefix else None
        if tokens == "all":
            return (1, self.prefix + self.rows * self.columns, self.channels)
        return (self.rows, self.columns, self.channels)


@dataclass(frozen=True)
class NetworkShapes:
    """
    What is known of a whole network, by which the layouts of its tensors are told.

    Attributes
    ----------
    image_shape : (h, w, c)
    given : dict
        What a config says: `channels` ("first" or "last"), `grid` (rows and columns), `prefix_tokens`.
    n_tokens : dict of int to bool
        Numbers of tokens in the network, and whether some tensor leaves no doubt that they are.
    n_channels : collection of int
        Numbers of channels of the network's series, see `series_channels`.
    weights : collection of sequence of int
        Shapes of weights of attention that are known, see `is_softmax`.
    fixed_grids : callable
        Grids of maps that an image of twice the size has too, or None if nothing that the network makes grows with it.
    """

    image_shape: tuple
    given: dict = field(default_factory=dict)
    n_tokens: dict = field(default_factory=dict)
    n_channels: tuple = ()
    weights: tuple = ()
    fixed_grids: object = tuple


def tell_layout(size, network, is_first=False, maps=(), larger=None, is_beside=False):
    """
    Layout of a tensor.

    Parameters
    ----------
    size : sequence of int
        Shape of the tensor for one image.
    network : NetworkShapes
    is_first : bool, default False
        Whether the module is one of `CHANNELS_FIRST`.
    maps : sequence of (int, int)
        Rows and columns of the maps that convolutions made before, in their order.
    larger : callable, optional
        Shape of the tensor for an image of twice the size, or None if the network cannot take one.
    is_beside : bool, default False
        Whether the tensor is an entry of a tuple or dict, and not its first.

    Returns
    -------
    Layout or str
        What is wrong, after the name of a module, if the tensor is no layer.
    """
    if not is_first and (size in network.weights or _is_attention(size, network, maps, larger, is_beside)):
        return f"returns weights of attention between {size[-1]} tokens, which have no channels"
    if len(size) == 2 and size[0] == 1:
        return Layout("vector", 1, 1, size[1])
    if len(size) == 3 and size[0] == 1:
        return _in_a_row(size[1:], network, is_first, maps, larger)
    if len(size) == 3 and size[1] == 1 and not is_first:
        layout = _on_grid("sequence", size[0], size[2], network, maps)
        grown = larger() if larger and size[0] > 1 and _fit(size[0], maps, network.n_tokens) < 2 else None
        return _patches(layout, grown[0] * grown[1], network) if grown and len(grown) == 3 else layout
    if len(size) == 4 and size[0] == 1:
        return _map(size[1:], network, is_first, maps, larger)
    shown = " x ".join(map(str, size)) or "no axis"
    return (
        f"returns a tensor of {shown} for one image, not one of shape (images, channels, rows, columns), (images, "
        "rows, columns, channels), (images, tokens, channels) or (images, channels)"
    )


def series_channels(size, is_first, maps, n_tokens):
    """
    Number of channels of a tensor that is a series, or may be one.

    Parameters
    ----------
    size, is_first, maps
        As in `tell_layout`.
    n_tokens
        As in `NetworkShapes`.

    Returns
    -------
    int or None
        None if it is none.
    """
    if len(size) != 3 or size[0] != 1 or size[1] == 1:
        return None
    return size[1] if is_first or _may_be_series(size[1:], maps, n_tokens) else None


def is_softmax(module, size):
    """Whether a module that returns this shape gives weights of attention of several heads, a distribution each row."""
    return isinstance(module, nn.Softmax) and module.dim in (-1, 3) and len(size) == 4 and size[2] == size[3] > 1


def to_positions(tensor, layout, tokens="patches"):
    """
    View of a tensor with a position in each row.

    Parameters
    ----------
    tensor : tensor
        Of the layout, for b images.
    layout : Layout
    tokens : {"patches", "class", "all"}

    Returns
    -------
    tensor of shape (b, n, m, c)
        Class tokens, and all tokens, lie in one row.

    Raises
    ------
    InputError
        If the tensor has not the shape that the network gave before.
    """
    rows, columns, channels, prefix = layout[1:]
    expected = {
        "first": (channels, rows, columns),
        "last": (rows, columns, channels),
        "vector": (channels,),
    }.get(layout.axes, (prefix + rows * columns, channels))
    if layout.axes == "sequence" and tensor.dim() == 3:
        tensor = tensor.transpose(0, 1)
    if layout.axes == "series" and tensor.dim() == 3:
        tensor = tensor.transpose(1, 2)
    if tuple(tensor.shape[1:]) != expected:
        raise InputError(
            f"a layer is {' x '.join(map(str, tensor.shape[1:]))} for some images and {' x '.join(map(str, expected))} "
            "for others; choose a layer whose shape is the same for every image"
        )
    if layout.axes == "first":
        return tensor.permute(0, 2, 3, 1)
    if layout.axes == "last":
        return tensor
    if layout.axes == "vector":
        return tensor[:, None, None]
    if tokens == "all":
        return tensor[:, None]
    return tensor[:, None, :prefix] if tokens == "class" else tensor[:, prefix:].unflatten(1, (rows, columns))


def _is_attention(size, network, maps, larger, is_beside):
    """Whether a tensor is one of weights of attention, see the top of this file."""
    has_heads = len(size) == 4
    if len(size) not in (3, 4) or size[0] != 1 or size[-1] != size[-2] or size[-1] == 1:
        return False
    if size[-1] not in network.n_tokens:
        return False
    grown = larger and larger()
    if grown and len(grown) == len(size):
        return min(grown[-2:]) > (2 * size[-1] if has_heads else size[-1])
    return (size[-2], size[-1]) not in maps if has_heads else is_beside


def _map(size, network, is_first, maps, larger):
    """Layout of a map whose channels are the first or the last of three axes."""
    x, y, z = size
    height, width, _ = network.image_shape
    first, last = Layout("first", y, z, x), Layout("last", x, y, z)
    if is_first or x == y == z == 1:
        return first
    if "channels" in network.given:
        return first if network.given["channels"] == "first" else last
    can_be_first, can_be_last = y * width == z * height, x * width == y * height
    likely = (first if can_be_first else last) if can_be_first != can_be_last else None
    is_made = can_be_first and (y, z) in maps and y not in network.n_tokens
    if likely and (is_made or likely.rows * likely.columns == 1):
        return likely
    grown = larger and larger()
    can_tell = grown and len(grown) == 4
    grows = [after != before for before, after in zip(size, grown[1:], strict=True)] if can_tell else None
    if likely and grows in (None, [False, False, False], [can_be_last, True, can_be_first]):
        return likely
    if likely:
        return no_map(size, f" and of {' x '.join(map(str, grown[1:]))} for one of twice the size")
    if grows == [False, True, True]:
        return first
    # The sides of the image may have been rounded; a square one has no map of unequal sides without a reason.
    if grows == [True, True, False] and (can_be_first or height != width):
        return last
    if can_be_first:
        return (
            f"returns a tensor of {x} x {y} x {z}, whose channels may be its first or its last axis; say which with "
            "layout: {channels: first}, or last, of the model"
        )
    if (y, z) in maps or grows == [False, False, False]:
        return first
    return no_map(size, ", in which no two neighbouring axes have the shape of the image")


def no_map(size, reason):
    """What is wrong with a tensor of this shape, without the axis of the images, that is no map."""
    return (
        f"returns a tensor of {' x '.join(map(str, size))} for one image{reason}, as of windows of a map or of single "
        "heads of attention; if it is a map, say which axis its channels are with layout: {channels: first}, or last, "
        "of the model"
    )


def _in_a_row(size, network, is_first, maps, larger):
    """Layout of a tensor of two axes for an image, of positions and channels in either order."""
    given, n_tokens = network.given, network.n_tokens
    maps = [tuple(given["grid"])] if "grid" in given else maps
    on_a_map = [_fit(number, maps, n_tokens) > 1 for number in size]
    tokens = _on_grid("tokens", *size, network, maps)
    if size[0] == 1 and not (is_first and on_a_map[1]):
        return tokens
    if is_first and size[1] == 1:
        return Layout("series", 1, 1, size[0])
    series = _on_grid("series", *size[::-1], network, maps)
    is_open = is_first or _may_be_series(size, maps, n_tokens, network.n_channels)
    # Nothing is asked where tokens lie on a map, and channels do not.
    grown = larger() if larger and (is_open or not on_a_map[0]) else None
    if grown and len(grown) == 3:
        grows = [after > before for before, after in zip(size, grown[1:], strict=True)]
        if grows == [False, True]:
            return series
        tokens = _patches(tokens, grown[0] * grown[1], network)
        # A convolution over the channels of a pooled map has one token.
        if grows == [True, False] or (size[0] == 1 and not grows[1]):
            return tokens
    if is_first and size[0] > 1 and on_a_map[1]:
        return series
    if not is_open:
        return tokens
    if "channels" in given:
        return series if given["channels"] == "first" else tokens
    return (
        f"returns a tensor of {size[0]} x {size[1]} for one image, whose channels may be its first or its last axis; "
        "say which with layout: {channels: first}, or last, of the model"
    )


def _may_be_series(size, maps, n_tokens, n_channels=()):
    """Whether the second of two axes may be that of the positions, by their lengths."""
    # Of the positions the last map tells most: channels are often as many as those of a larger one.
    first, last = _fit(size[0], maps, n_tokens), _fit(size[1], maps[-1:], n_tokens)
    # A transformer with as many channels as patches has other tensors, which tell how many tokens it has.
    are_sure = [number in n_tokens and n_tokens[number] for number in size]
    if size[0] not in n_channels and are_sure == [True, False]:
        return False
    return last >= first and (size[0] in n_channels or (last > 0 and size[0] != size[1]))


def may_be_positions(number, maps, n_tokens):
    """Whether a number is one of positions of one of some maps, or of it and of tokens besides."""
    return _fit(number, maps, n_tokens) > 0


def _fit(number, maps, n_tokens):
    """How well a number is one of positions: 0 of none, 1 of a map and tokens besides, 2 of a map alone."""
    besides = [number - rows * columns if rows * columns > 1 else -1 for rows, columns in maps]
    if 0 in besides:
        return 2
    return int(number in n_tokens and any(0 < more <= MOST_PREFIX for more in besides))


def _on_grid(axes, n_tokens, channels, network, maps):
    """Layout of tokens."""
    prefix = network.given.get("prefix_tokens")
    if grid := network.given.get("grid"):
        if n_tokens - grid[0] * grid[1] == (n_tokens - grid[0] * grid[1] if prefix is None else prefix) >= 0:
            return Layout(axes, *grid, channels, n_tokens - grid[0] * grid[1])
        return (
            f"returns {n_tokens} tokens, which are not those of the model's layout, {grid[0]} x {grid[1]} patches"
            + (f" and {prefix} more" if prefix else "")
        )
    # An attention may take its keys from a smaller map, which is not that of its tokens.
    for most in (0, MOST_PREFIX) if prefix is None else (prefix,):
        for rows, columns in reversed(maps):
            more = n_tokens - rows * columns
            if rows * columns > 1 and (0 if prefix is None else prefix) <= more <= most:
                return Layout(axes, rows, columns, channels, more)
    for more in (0, 1) if prefix is None else (prefix,):
        rows = _rows(n_tokens - more, *network.image_shape[:2])
        if rows:
            return Layout(axes, rows, (n_tokens - more) // rows, channels, more)
    return (
        f"returns {n_tokens} tokens, which fill no grid of the shape of the image, with or without a class token; say "
        "which they fill with layout: {grid: [ROWS, COLUMNS]} of the model"
    )


def _patches(layout, n_tokens, network):
    """A layout of tokens, or what is wrong if an image of twice the size has too few for the patches of that grid."""
    is_said = isinstance(layout, str) or "grid" in network.given
    # Sides may have been rounded. Windows have their number in the first axis, and are counted.
    if is_said or n_tokens - layout.prefix >= (2 * layout.rows - 1) * (2 * layout.columns - 1):
        return layout
    fixed = network.fixed_grids()
    rows, columns = layout[1:3]
    if fixed is None or (rows, columns) in fixed:
        return layout
    return (
        f"returns {layout.prefix + rows * columns} tokens for one image and {n_tokens} for one of twice the size, "
        f"which are not those of {rows} x {columns} patches, but others, such as learned queries; say which grid they "
        "fill with layout: {grid: [ROWS, COLUMNS]} of the model"
    )


def _rows(number, height, width):
    """Rows of the grid of the shape of the image that has this number of positions; 0 if there is none."""
    # rows / columns = height / width, and rows * columns = number.
    if number < 1 or number * height % width:
        return 0
    rows = isqrt(number * height // width)
    return rows if rows * rows * width == number * height and number % rows == 0 else 0


def layer_variants(layout):
    """Shapes of a layout by the tokens that are taken, as far as it has such tokens."""
    shapes = {tokens: layout.shape(tokens) for tokens in TOKENS}
    if layout.axes not in IN_A_ROW:
        shapes = {"patches": shapes["patches"]}
    return {tokens: shape for tokens, shape in shapes.items() if shape}
