"""
Fig. 5: sliced-Wasserstein distances between the layers of one model, and how they vary over batches.

Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network
Activations": the mean over batches of images of the layer-by-layer matrix, and the coefficient of
variation (standard deviation over mean) of each entry.
"""

import numpy as np

from actopo.figures import heat_maps, style, texts

# Letters of the names of two layers that a line has room for.
MOST_LETTERS = 22


@style.styled
def plot(mean, cv, layers, dimension, n_batches=None, layer_names=None):
    """
    Draw the mean distances and their coefficients of variation as two heat maps.

    Parameters
    ----------
    mean : array_like of shape (L, L)
        Mean over batches of the distance between two layers, in filtration units.
    cv : array_like of shape (L, L)
        Standard deviation over batches divided by the mean. Its diagonal (0 / 0) is not shown.
    layers : sequence of int of length L
        Layer indices.
    dimension : str
        Homology dimension of the diagrams, such as "H1", for the title.
    n_batches : int, optional
        Number of batches. Of so many values above 0 the coefficient is at most the root of their number, which is
        reached if all but one are near 0; the figure says so.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If a matrix is not `L x L`.
    """
    mean = heat_maps.layer_matrix(mean, layers, "the mean distances")
    cv = heat_maps.layer_matrix(cv, layers, "the coefficient of variation").copy()
    np.fill_diagonal(cv, np.nan)
    figure = style.new_figure(7.2, 3.15 + texts.layer_room(layers, layer_names))
    left, right = figure.subplots(1, 2)
    mesh = heat_maps.heat_map(left, mean, layers, heat_maps.shared_norm(mean), names=layer_names)
    heat_maps.colour_bar(
        figure, mesh, left, "sliced Wasserstein distance (filtration units)", cax=left.inset_axes(heat_maps.BAR)
    )
    left.set_title(f"{'one batch' if n_batches == 1 else 'mean over batches'}, {dimension}")
    mesh = heat_maps.heat_map(right, cv, layers, heat_maps.shared_norm(cv), "cividis", names=layer_names)
    # If no value is finite, there is no scale to show.
    if np.isfinite(cv).any():
        over = "batches" if n_batches is None else f"{n_batches} batches (at most $\\sqrt{{{n_batches}}}$)"
        heat_maps.colour_bar(
            figure, mesh, right, f"coefficient of variation over {over}", cax=right.inset_axes(heat_maps.BAR)
        )
    right.set_title(_largest(cv, layers, layer_names))
    for axes, letter in ((left, "a"), (right, "b")):
        style.panel_letter(axes, letter, lines=1 + axes.get_title().count("\n"))
    return figure


def _largest(cv, layers, names):
    if not np.isfinite(cv).any():
        return "no variation: a single batch" if len(layers) > 1 else "no pair of layers"
    row, col = np.unravel_index(np.argmax(np.where(np.isfinite(cv), cv, -1)), cv.shape)
    labels, found = texts.layer_labels(layers, names), f"maximum CV {cv[row, col]:.3f}"
    # Two names are wider than the panel.
    if not names:
        return f"{found} (layers {labels[row]} and {labels[col]})"
    is_short = len(labels[row] + labels[col]) <= MOST_LETTERS
    if is_short:
        return f"{found}, between\nlayers {labels[row]} and {labels[col]}"
    return f"{found}, between\n{labels[row]}\nand {labels[col]}"
