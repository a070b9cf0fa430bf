"""Numbers of layers, and names of their arrays in files that hold several layers."""

# Convolutions have lower numbers; outputs of modules are numbered from here, see `actopo.networks.outputs`.
FIRST_OUTPUT = 10_000


def layer_key(layer, part=None):
    """Name of an array of a layer, such as `layer09` or `layer09.points`."""
    name = f"layer{layer:02d}"
    return name if part is None else f"{name}.{part}"
