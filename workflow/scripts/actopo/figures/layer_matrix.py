"""One matrix between the layers of a network, as a heat map."""

from actopo.figures import heat_maps, style, texts

DISTANCE = "sliced-Wasserstein distance"


@style.styled
def plot(matrix, layers, label=DISTANCE, title=""):
    """
    Draw one matrix between layers.

    Parameters
    ----------
    matrix : array_like of shape (L, L)
        Values; those that are not finite are grey.
    layers : sequence of int or str of length L
        Numbers or names of the layers.
    label : str
        What the values are, beside the colour bar.
    title : str

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no layer, or the matrix is not `L x L`.
    """
    matrix = heat_maps.layer_matrix(matrix, layers, "the matrix")
    names = {layer: layer for layer in layers if isinstance(layer, str)}
    beside = texts.layer_room(layers, names)
    figure = style.new_figure(3.7 + beside, 3.1 + beside)
    axes = figure.subplots()
    mesh = heat_maps.heat_map(axes, matrix, layers, heat_maps.shared_norm(matrix), names=names)
    heat_maps.colour_bar(figure, mesh, axes, label, cax=axes.inset_axes(heat_maps.BAR))
    axes.set_title(title)
    return figure
