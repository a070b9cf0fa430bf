"""Names of arrays in files that hold several layers."""


def layer_key(layer, part=None):
    """Name of an array of a layer, such as `layer09` or `layer09.points`."""
    name = f"layer{layer:02d}"
    return name if part is None else f"{name}.{part}"
