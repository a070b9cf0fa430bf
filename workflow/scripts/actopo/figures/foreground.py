"""
Fig. 4: how foreground activations are chosen: image, mask, weights of the positions, chosen positions.

Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network
Activations": a position's weight is the foreground inside its effective receptive field.
"""

from collections import Counter

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from actopo.errors import InputError
from actopo.figures import style, texts

CELL = 1.12
MAX_WIDTH = 7.2
LEFT, RIGHT, TOP, BOTTOM = 0.36, 0.62, 0.24, 0.34
# Length of a letter of a name, in inches, and height of a second line of a title.
LETTER, LINE = 0.06, 0.11
NOTE = 0.17
GAP = 0.06
OUTLINE = "#AA4499"
TAKEN = "#CC3311"


def choose_images(masks, labels, sampled, n_images):
    """
    Images for the rows of the figure: of different classes, with a foreground that fills about a third of them.

    Parameters
    ----------
    masks : bool ndarray or memmap of shape (N, H, W)
    labels : ndarray of int of shape (N,)
    sampled : array_like of int
        Indices of the images that have points.
    n_images : int
        Largest number of rows.

    Returns
    -------
    list of int
        Indices of images, by class. Images with foreground come before those without, even if they are of one class.
    """
    share = masks.mean(axis=(1, 2))
    taken, rank = Counter(), {}
    for image in sorted(map(int, sampled), key=lambda image: (share[image] == 0, abs(share[image] - 1 / 3))):
        rank[image] = taken[labels[image]]
        taken[labels[image]] += 1
    # The best image of each class, then the second of each, and so on.
    first = sorted(rank, key=lambda image: (share[image] == 0, rank[image], labels[image]))[:n_images]
    return sorted(first, key=lambda image: (labels[image], rank[image]))


@style.styled
def plot(images, masks, weights, chosen, names, note="", layer_names=None):
    """
    Draw a row per image: the image, its foreground, and for some layers the weights and the chosen positions.

    Parameters
    ----------
    images : uint8 ndarray of shape (k, H, W, C)
        C is 3, or 1 for grey images.
    masks : bool ndarray of shape (k, H, W)
        Foreground; other pixels are drawn pale.
    weights : dict of int to ndarray of shape (k, n, m)
        For each layer the weights of its positions. Every map is drawn on its own scale, from 0 to its largest.
    chosen : dict of int to int ndarray of shape (k, p, 2)
        For each layer the rows and columns of the chosen positions, in the order in which they were chosen.
    names : sequence of str
        Names of the rows.
    note : str, optional
        Line below the legend.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no image or layer, or the arrays do not have one entry for each image.
    """
    n_rows, layers = len(names), list(weights)
    if not n_rows or not layers:
        raise InputError("the figure of the foreground is empty; list at least one image and one layer")
    parts = {"images": images, "masks": masks}
    for layer in layers:
        parts |= {f"weights of layer {layer}": weights[layer], f"positions of layer {layer}": chosen.get(layer, ())}
    for part, values in parts.items():
        if len(values) != n_rows:
            raise InputError(f"the figure of the foreground has {n_rows} images, but {len(values)} {part}")
    n_columns = 2 + len(layers)
    cell = min(CELL, (MAX_WIDTH - LEFT - RIGHT) / n_columns)
    height_of_row = cell * images.shape[1] / images.shape[2]
    width = LEFT + n_columns * cell + RIGHT
    below = BOTTOM + (NOTE if note else 0)
    top = TOP + LINE * bool(layer_names)
    height = top + n_rows * height_of_row + below
    figure = style.new_figure(width, height, layout=None)
    pad = GAP / 2
    for i, name in enumerate(names):
        bottom = height - top - (i + 1) * height_of_row
        for j in range(n_columns):
            box = (LEFT + j * cell + pad, bottom + pad, cell - GAP, height_of_row - GAP)
            axes = figure.add_axes(np.divide(box, (width, height, width, height)), xticks=[], yticks=[])
            axes.spines[:].set(visible=True, color="0.5", linewidth=0.4)
            if j < 2:
                _draw_image(axes, images[i], masks[i] if j else None)
                title = "mask" if j else "image"
            else:
                layer = layers[j - 2]
                mesh = _draw_weights(axes, weights[layer][i], chosen[layer][i], 72 * (cell - GAP))
                title = _title(layer, weights[layer].shape[1:], layer_names or {}, int(cell / LETTER))
            if i == 0:
                axes.set_title(title, fontsize=7)
            if j == 0:
                axes.set_ylabel(texts.wrapped(name, int(height_of_row / LETTER)), labelpad=3)

    bar_axes = figure.add_axes(
        np.divide(
            (LEFT + n_columns * cell + 0.08, below + pad, 0.09, n_rows * height_of_row - GAP),
            (width, height, width, height),
        )
    )
    bar = figure.colorbar(mesh, cax=bar_axes, ticks=[0, 0.5, 1], label="weight / largest")
    bar.solids.set(edgecolor="face", rasterized=False)
    bar.outline.set_visible(False)
    figure.legend(
        handles=_handles(max(len(chosen[layer][0]) for layer in layers)),
        loc="lower center",
        bbox_to_anchor=((LEFT + n_columns * cell / 2) / width, (below - BOTTOM + 0.04) / height),
        ncols=3,
        borderpad=0,
        borderaxespad=0,
        columnspacing=1.6,
        handletextpad=0.4,
    )
    if note:
        figure.text((LEFT + n_columns * cell / 2) / width, 0.05 / height, note, ha="center", va="bottom", fontsize=7)
    return figure


def _title(layer, shape, names, most):
    """Layer and numbers of its positions; a name of at most `most` letters has a line of its own."""
    positions = " × ".join(map(str, shape))
    return f"{texts.short(names[layer], most)}\n({positions})" if layer in names else f"layer {layer} ({positions})"


def outline(mask):
    """
    Edges between foreground and background pixels.

    Parameters
    ----------
    mask : bool ndarray of shape (H, W)

    Returns
    -------
    ndarray of shape (E, 2, 2)
        Segments, each two points (x, y), with pixel (row, col) the square from (col, row) to (col + 1, row + 1).
        The border of the image is no edge.
    """
    row, col = np.nonzero(mask[1:] != mask[:-1])
    flat = np.stack([np.column_stack([col, row + 1]), np.column_stack([col + 1, row + 1])], axis=1)
    row, col = np.nonzero(mask[:, 1:] != mask[:, :-1])
    upright = np.stack([np.column_stack([col + 1, row]), np.column_stack([col + 1, row + 1])], axis=1)
    return np.concatenate([flat, upright])


def _draw_image(axes, image, mask):
    image = np.broadcast_to(image, (*image.shape[:2], 3))
    if mask is not None:
        grey = image.mean(axis=2, keepdims=True)
        image = np.where(mask[:, :, None], image, 255 - 0.25 * (255 - grey)).astype(np.uint8)
    height, width = image.shape[:2]
    axes.imshow(image, extent=(0, width, height, 0), interpolation="nearest", aspect="auto")
    if mask is not None:
        axes.add_collection(LineCollection(outline(mask), colors=OUTLINE, linewidths=0.9, capstyle="projecting"))
        if not mask.any():
            axes.text(0.5, 0.04, "no foreground", transform=axes.transAxes, ha="center", va="bottom", size=6.5)


def _draw_weights(axes, weights, chosen, width):
    weights = np.asarray(weights, float)
    n, m = weights.shape
    largest = weights.max()
    mesh = axes.pcolormesh(
        weights / (largest if largest > 0 else 1),
        vmin=0,
        vmax=1,
        cmap="cividis",
        edgecolors="face",
        linewidth=0.15,
    )
    axes.set(xlim=(0, m), ylim=(n, 0))
    row, col = np.asarray(chosen)[::-1].T + 0.5
    # From the last chosen to the first, so that the first lies on top where markers overlap.
    size = np.clip(0.8 * width / m, 2.6, 4.2)
    edge = 0.11 * size
    axes.scatter(col[:-1], row[:-1], s=size**2, c="white", edgecolors="black", linewidths=edge, zorder=3)
    axes.scatter(col[-1:], row[-1:], s=size**2, marker="D", c=TAKEN, edgecolors="white", linewidths=edge, zorder=4)
    return mesh


def _handles(p):
    marker = {"linestyle": "none"}
    handles = [
        Line2D([], [], color=OUTLINE, linewidth=0.9, label="outline of the foreground"),
        Line2D([], [], marker="D", markersize=5.2, color=TAKEN, markeredgecolor="white", label="top-1", **marker),
    ]
    if p > 1:
        also = Line2D([], [], marker="o", markersize=4, color="white", markeredgecolor="black", **marker)
        also.set(label=f"the others of top-{p}", markeredgewidth=0.5)
        handles.append(also)
    return handles
