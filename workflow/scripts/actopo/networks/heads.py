"""Outputs of modules whose axes are others than they seem: heads of attention, and channels taken for tokens."""

import re

from actopo.networks.outputs import find_outputs

# Tokens that are refused since an image of twice the size has no more of them, see `actopo.networks.layouts`.
QUERIES = re.compile(r"returns (\d+) tokens for one image and \d+ for one of twice the size")


def described_outputs(model, image_shape, given=None):
    """What `actopo.networks.outputs.find_outputs` finds, without what is no layer: list of dict."""
    found = [output._asdict() for output in find_outputs(model, image_shape, given)]
    return without_heads(found if "prefix_tokens" in (given or {}) else without_channels(found))


def without_channels(outputs):
    """
    Outputs of a network's modules, where tokens that may be channels are no layer.

    An MLP that mixes tokens has the axes (images, channels, hidden units). Where there are a few more channels than
    positions, they look like these and class tokens.

    Parameters
    ----------
    outputs : sequence of dict
        Attributes of `actopo.networks.outputs.Output`.

    Returns
    -------
    list of dict
        The same, but for the `shapes`, the `problem` and the `inputs` of such tokens.
    """
    shapes = [part["shapes"] for output in outputs for part in output["parts"]]
    plain = {tuple(own["patches"]) for own in shapes if "patches" in own and "class" not in own}

    def are_channels(shapes):
        rows, columns, _ = shapes.get("patches", (1, 1, 0))
        return "class" in shapes and rows * columns > 1 and (rows, columns, shapes["all"][1]) in plain

    def problem(shapes):
        n, (rows, columns, channels) = shapes["all"][1], shapes["patches"]
        return (
            f"returns {n} x {channels} values for an image, and {n} are the channels of other modules, or the tokens "
            f"of {rows} x {columns} patches and {n - rows * columns} more; if they are tokens, say prefix_tokens in "
            "the layout of the model"
        )

    return _checked(outputs, are_channels, problem)


def without_heads(outputs):
    """
    Outputs of a network's modules, where values of single heads of attention are no layer.

    Such a tensor has the axes (images, heads, tokens, channels) in some order, and is told from a map in a network of
    tokens by an axis as long as there are tokens, and another length of the other, which a map of a square image has
    not.

    Parameters
    ----------
    outputs : sequence of dict
        Attributes of `actopo.networks.outputs.Output`.

    Returns
    -------
    list of dict
        The same, but for the `shapes`, the `problem` and the `inputs` of what is no layer.
    """
    parts = [part for output in outputs for part in output["parts"]]
    n_tokens = {part["shapes"]["all"][1] for part in parts if "all" in part["shapes"]}
    n_tokens |= {int(found[1]) for part in parts if (found := QUERIES.match(part.get("problem", "")))}

    def has_heads(shapes):
        if shapes.keys() != {"patches"}:
            return False
        rows, columns, _ = shapes["patches"]
        return rows != columns and bool(n_tokens & {rows, columns})

    def problem(shapes):
        return (
            f"returns {' x '.join(map(str, shapes['patches']))} values for an image, one axis as long as there are "
            "tokens: those of single heads of attention, which have no rows and columns"
        )

    return _checked(outputs, has_heads, problem)


def _checked(outputs, is_none, problem):
    """Outputs without the layers, and inputs, of whose shapes a function says that they are none."""

    def checked(part):
        if not is_none(part["shapes"]):
            return part
        return {**part, "shapes": {}, "problem": problem(part["shapes"])}

    return [
        {
            **output,
            "parts": list(map(checked, output["parts"])),
            "inputs": {} if is_none(output["inputs"]) else output["inputs"],
        }
        for output in outputs
    ]
