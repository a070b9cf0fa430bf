r"""
Fig. 6: do layers of one model keep their distances when the other layer is taken from another model?

Purvine et al. (2023), "Experimental Observations of the Topology of Convolutional Neural Network
Activations": `D_AA[l, m]` is the sliced-Wasserstein distance between layers l and m of model A, `D_AB[l, m]`
that between layer l of A and layer m of B; `rho_l` is the correlation of rows l of both, averaged over models B.
"""

import numpy as np

from actopo.errors import InputError
from actopo.figures import heat_maps, style, texts


@style.styled
def plot(d_aa, d_ab, layers, row=9, seeds=(0, 1), rho_layers=None, rho_mean=None, layer_names=None):
    """
    Draw both matrices on one colour scale, one row of both as curves, and the correlation by layer.

    Parameters
    ----------
    d_aa, d_ab : array_like of shape (L, L)
        Distances within model A, and from layers of A (rows) to layers of B, in filtration units.
    layers : sequence of int of length L
        Layer indices.
    row : int, default 9
        Layer whose row is drawn as curves; one of `layers`.
    seeds : pair of int, default (0, 1)
        Seeds of models A and B.
    rho_layers : array_like of shape (L,), optional
        Mean over models B of the correlation of rows; without it that panel is left out.
    rho_mean : float, optional
        Mean of the correlation over layers; by default the mean of `rho_layers`.
    layer_names : dict of int to str, optional
        Names of layers that are outputs of modules, by number; other layers are shown by their number.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the shapes do not fit the layers, or `row` is not one of them.
    """
    layers = [int(layer) for layer in layers]
    d_aa = heat_maps.layer_matrix(d_aa, layers, "D_AA")
    d_ab = heat_maps.layer_matrix(d_ab, layers, "D_AB")
    if row not in layers:
        raise InputError(f"row {row} is not among the layers {layers}; choose one of them")
    if rho_layers is not None and np.shape(rho_layers) != (len(layers),):
        raise InputError(
            f"rho_layers has shape {np.shape(rho_layers)}; give one value for each of {len(layers)} layers"
        )

    room = texts.layer_room(layers, layer_names)
    figure = style.new_figure(7.2, 5.1 + 2 * room)
    upper, lower = figure.subfigures(2, 1, height_ratios=(3.0 + room, 2.1 + room), hspace=0.03)
    maps = upper.subplots(1, 2)
    norm = heat_maps.shared_norm(d_aa, d_ab)
    titles = (f"model A (seed {seeds[0]}) – A", f"A – B (seed {seeds[1]})")
    for axes, matrix, title, letter in zip(maps, (d_aa, d_ab), titles, "ab", strict=True):
        mesh = heat_maps.heat_map(axes, matrix, layers, norm, names=layer_names)
        axes.set_title(title)
        axes.set_ylabel("layer of A")
        style.panel_letter(axes, letter)
    maps[0].set_xlabel("layer of A")
    maps[1].set_xlabel("layer of B")
    heat_maps.colour_bar(upper, mesh, list(maps), "sliced Wasserstein distance (filtration units)", shrink=0.85)

    if rho_layers is None:
        _curves(lower.subplots(), d_aa, d_ab, layers, row, None, layer_names)
        return figure
    rho_layers = np.asarray(rho_layers, dtype=float)
    curves, correlation = lower.subplots(1, 2, width_ratios=(1.5, 1))
    _curves(curves, d_aa, d_ab, layers, row, rho_layers[layers.index(row)], layer_names)
    _correlation(correlation, rho_layers, layers, _mean(rho_layers) if rho_mean is None else rho_mean, layer_names)
    return figure


def _mean(values):
    return np.mean(values[np.isfinite(values)]) if np.isfinite(values).any() else np.nan


def _curves(axes, d_aa, d_ab, layers, row, rho, names):
    index = layers.index(row)
    level = d_ab[index, index]
    within, between = style.line_styles(2)
    positions = np.arange(len(layers))
    is_named = row in (names or {})
    at, [label] = "l" if is_named else row, texts.layer_labels([row], names)
    axes.plot(positions, d_aa[index], label=rf"$D_{{AA}}[{at}, m]$", clip_on=False, **within)
    axes.plot(positions, d_ab[index], label=rf"$D_{{AB}}[{at}, m]$", clip_on=False, **between)
    if np.isfinite(level):
        name = rf"$D_{{AB}}[{at}, {at}] = {level:.3g}$"
        axes.axhline(level, color="0.3", linestyle="--", linewidth=0.8, label=name)
    correlation = ""
    if rho is not None and np.isnan(rho):
        correlation = ": no correlation, a row is constant"
    elif rho is not None:
        correlation = rf" (mean of $\rho_{{{at}}}$ over all B: {texts.number(rho, '.3f')})"
    axes.set_title(f"row {f'$l$ = {label}' if is_named else row}{correlation}")
    axes.set_xlabel("layer $m$")
    axes.set_ylabel("sliced Wasserstein distance\n(filtration units)")
    axes.set_ylim(0, 1.28 * heat_maps.shared_norm(d_aa[index], d_ab[index]).vmax)
    axes.legend(loc="upper center", ncols=3, columnspacing=1.4, handlelength=2.6)
    _finish(axes, layers, "c", names)


def _correlation(axes, rho, layers, mean, names):
    axes.plot(np.arange(len(layers)), rho, "o", color=style.LINES[0], clip_on=False, zorder=3)
    title = "correlation of rows"
    axes.set_xlabel("layer $l$")
    axes.set_ylabel(r"$\rho_l$, mean over models B")
    # The axis runs from 0 to 1; only a negative correlation extends it.
    axes.set_ylim(min(0.0, np.floor(10 * np.min(rho, where=np.isfinite(rho), initial=0)) / 10), 1)
    if np.isfinite(mean):
        axes.axhline(mean, color="0.3", linestyle="--", linewidth=0.8)
        title = f"correlation, mean {texts.number(mean, '.3f')} (dashed)"
    else:
        sentence = "no correlation is defined:\nthe distances from each layer\nto the others are all equal"
        axes.text(0.5, 0.5, sentence, transform=axes.transAxes, ha="center", va="center", color="0.35")
    axes.set_title(title)
    _finish(axes, layers, "d", names)


def _finish(axes, layers, letter, names):
    style.layer_ticks(axes.xaxis, layers, names=names)
    axes.set_xlim(-0.5, len(layers) - 0.5)
    axes.grid(axis="y")
    style.panel_letter(axes, letter)
