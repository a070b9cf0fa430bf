"""Numbers of layers, draws and batches; names of sets of layers, and of their arrays in files that hold several."""

# Convolutions have lower numbers; outputs of modules are numbered from here, see `actopo.networks.outputs`.
FIRST_OUTPUT = 10_000


def layer_key(layer, part=None):
    """Name of an array of a layer, such as `layer09` or `layer09.points`."""
    name = f"layer{layer:02d}"
    return name if part is None else f"{name}.{part}"


def layer_set_name(layers):
    """
    Name of a set of layers in names of files, such as `4.8.12.14-16`.

    Parameters
    ----------
    layers : iterable of int
        In any order.

    Returns
    -------
    str
        Numbers in ascending order; those that follow each other are written as their first and last.
    """
    runs = []
    for layer in sorted(set(layers)):
        if runs and layer == runs[-1][1] + 1:
            runs[-1][1] = layer
        else:
            runs.append([layer, layer])
    return ".".join(f"{first}-{last}" if last > first else f"{first}" for first, last in runs)


def layers_of_set(name):
    """Layers of the name of a set, in ascending order."""
    layers = []
    for run in name.split("."):
        first, _, last = run.partition("-")
        layers += range(int(first), int(last or first) + 1)
    return layers


def distinct_name(layer, name):
    """Name of a layer; of a convolution in an `nn.Sequential`, whose name is a number, with its own number behind."""
    return f"{name} (layer {layer})" if name.isdigit() and layer < FIRST_OUTPUT else name


def draw_number(suffix):
    """Number of a draw by what names of files end in for it: `.draw2`, or nothing for the first."""
    return int(suffix.removeprefix(".draw") or 0)


def epoch_number(suffix):
    """Number of an epoch of training by what names of files end in for it, `.epoch4`; None for the last, or nothing."""
    return int(suffix.removeprefix(".epoch")) if suffix.startswith(".epoch") else None


def batch_number(subset):
    """Number of the batch in the name of a subset of the images, such as `batch3`; None for `all` images."""
    return None if subset == "all" else int(subset.removeprefix("batch"))
