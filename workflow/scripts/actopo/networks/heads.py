"""Outputs of modules inside of attention, whose heads and tokens stand where a map has its rows and columns."""

from actopo.networks.outputs import find_outputs


def described_outputs(model, image_shape, given=None):
    """What `actopo.networks.outputs.find_outputs` finds, as `without_heads` leaves it: list of dict."""
    return without_heads([output._asdict() for output in find_outputs(model, image_shape, given)])


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
    n_tokens = {part["shapes"]["all"][1] for output in outputs for part in output["parts"] if "all" in part["shapes"]}

    def has_heads(shapes):
        if shapes.keys() != {"patches"}:
            return False
        rows, columns, _ = shapes["patches"]
        return rows != columns and bool(n_tokens & {rows, columns})

    def checked(part):
        if not has_heads(part["shapes"]):
            return part
        problem = (
            f"returns {' x '.join(map(str, part['shapes']['patches']))} values for an image, one axis as long as there "
            "are tokens: those of single heads of attention, which have no rows and columns"
        )
        return {**part, "shapes": {}, "problem": problem}

    return [
        {
            **output,
            "parts": list(map(checked, output["parts"])),
            "inputs": {} if has_heads(output["inputs"]) else output["inputs"],
        }
        for output in outputs
    ]
