"""Training of the networks of one model: loss by epoch, and the final test accuracy of each seed."""

import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter

from actopo.errors import InputError
from actopo.figures import style, texts

# Letters of the name of a network.
MOST_TITLE = 70


@style.styled
def plot(curves, title=""):
    """
    Draw the training loss of each seed and the final test accuracies with their mean.

    Parameters
    ----------
    curves : sequence of dict
        For each model `seed` (int), `loss` (training loss of each epoch; lengths may differ) and
        `test_accuracy` (float from 0 to 1, after the last epoch; None without test images).
    title : str, default ''
        Name of the model.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no model.
    """
    if not len(curves):
        raise InputError("there is no model to draw; list at least one seed")
    curves = sorted(curves, key=lambda curve: curve["seed"])
    figure = style.new_figure(7.2, 2.5)
    left, right = figure.subplots(1, 2)
    figure.suptitle(texts.short(title, MOST_TITLE))
    _losses(left, [np.asarray(curve["loss"], dtype=float) for curve in curves])
    _accuracies(
        right,
        [curve["seed"] for curve in curves],
        np.array([curve["test_accuracy"] for curve in curves], float),
    )
    for axes, letter in ((left, "a"), (right, "b")):
        axes.grid(axis="y")
        style.panel_letter(axes, letter)
    return figure


def _losses(axes, losses):
    epochs = max(len(loss) for loss in losses)
    table = np.full((len(losses), epochs), np.nan)
    for row, loss in zip(table, losses, strict=True):
        row[: len(loss)] = loss
    steps = np.arange(1, epochs + 1)
    alpha = float(np.clip(8 / len(losses), 0.15, 0.7))
    marker = "o" if epochs == 1 else None
    for row in table:
        axes.plot(steps, row, color=style.LINES[0], linewidth=0.5, alpha=alpha, marker=marker)
    count = np.isfinite(table).sum(axis=0)
    mean = np.divide(np.nansum(table, axis=0), count, out=np.full(epochs, np.nan), where=count > 0)
    axes.plot(steps, mean, color="black", linewidth=1.3, marker=marker, label="mean")
    if len(losses) > 1:
        axes.plot([], [], color=style.LINES[0], linewidth=0.5, label=f"each of {len(losses)} seeds")
        axes.legend(loc="upper right")
    if epochs == 1:
        axes.set_xlim(0, 2)
    if np.nanmin(table, initial=np.inf) > 0:
        axes.set_yscale("log")
        # Powers of ten alone give too few labels for one or two decades; the axis begins and ends at a label.
        ticks = np.outer(10.0 ** np.arange(-12, 12), (1, 2, 5)).ravel()
        below = np.searchsorted(ticks, np.nanmin(table), side="right") - 1
        above = np.searchsorted(ticks, np.nanmax(table))
        axes.set_ylim(ticks[max(below, 0)], ticks[min(above, len(ticks) - 1)])
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("epoch")
    axes.set_ylabel("training loss")


def _accuracies(axes, seeds, accuracy):
    if np.isnan(accuracy).all():
        axes.text(0.5, 0.5, "no test images", transform=axes.transAxes, ha="center", va="center")
        axes.set_xticks([])
        axes.set_yticks([])
        return
    mean = accuracy.mean()
    text = f"test accuracy {mean:.4f}"
    if len(accuracy) > 1:
        text = f"mean {mean:.4f} ± {accuracy.std(ddof=1):.4f} (sd of {len(accuracy)} seeds)"
        axes.axhline(mean, color="black", linestyle="--", linewidth=0.9)
    axes.plot(seeds, accuracy, "o", color=style.LINES[0], markersize=2.8)
    axes.set_title(text)
    axes.margins(x=0.04, y=0.12)
    if len(accuracy) == 1:
        axes.set_xlim(seeds[0] - 1, seeds[0] + 1)
        axes.set_ylim(0, 1)
        axes.set_xticks(seeds)
    else:
        axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("seed")
    axes.set_ylabel("final test accuracy")
