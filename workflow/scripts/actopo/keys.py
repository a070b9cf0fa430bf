"""Numbers of layers and draws, and names of the arrays of layers in files that hold several."""

# Convolutions have lower numbers; outputs of modules are numbered from here, see `actopo.networks.outputs`.
FIRST_OUTPUT = 10_000


def layer_key(layer, part=None):
    """Name of an array of a layer, such as `layer09` or `layer09.points`."""
    name = f"layer{layer:02d}"
    return name if part is None else f"{name}.{part}"


def draw_number(suffix):
    """Number of a draw by what names of files end in for it: `.draw2`, or nothing for the first."""
    return int(suffix.removeprefix(".draw") or 0)
