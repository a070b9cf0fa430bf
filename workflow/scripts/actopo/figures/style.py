"""
Style and parts that the figures share: fonts, colours, layer axes, and files that are reproducible byte for byte.

A figure is a `matplotlib.figure.Figure` without pyplot, drawn and saved inside `context`, so that neither a
user's matplotlibrc nor an earlier figure changes it. Its layout is computed once, when it is drawn, so that every
file of the figure has the same layout. Text in vector files is stored as outlines, which look the same with any
viewer's fonts.

The first ten class colours are Paul Tol's muted scheme and one dark brown of his [1]_. Twenty more were chosen one
after the other, each as far as possible in CIELAB from those before it, from white and from the grey of missing values,
by the least of the distances with normal vision and with simulated protanopia, deuteranopia and tritanopia [2]_, among
colours of a chroma below 72. No two of the ten come closer than 15 with any of these, and no two of the thirty closer
than 11.

References
----------
.. [1] Tol (2021), "Colour schemes", SRON technical note SRON/EPS/TN/09-002.
.. [2] Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for Simulation of Color Vision
   Deficiency", IEEE Transactions on Visualization and Computer Graphics 15.
"""

import functools
import io
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex
from matplotlib.figure import Figure, SubFigure
from matplotlib.font_manager import fontManager

from actopo.errors import InputError
from actopo.figures import texts
from actopo.files import save_bytes

MUTED = (
    "#CC6677",
    "#332288",
    "#DDCC77",
    "#117733",
    "#88CCEE",
    "#882255",
    "#44AA99",
    "#999933",
    "#AA4499",
    "#661100",
)
# Further classes.
MORE = (
    "#8679F3",
    "#550055",
    "#F3B631",
    "#242424",
    "#B69EFF",
    "#9ECE9E",
    "#9E2400",
    "#7949B6",
    "#B69261",
    "#494931",
    "#6186C2",
    "#616D55",
    "#AAF3AA",
    "#869EB6",
    "#792479",
    "#866D86",
    "#B65500",
    "#86F3FF",
    "#79AADB",
    "#CE3131",
)
RAINBOW = (
    "#AE76A3",
    "#882E72",
    "#1965B0",
    "#5289C7",
    "#7BAFDE",
    "#4EB265",
    "#90C987",
    "#CAE0AB",
    "#F7F056",
    "#F6C141",
    "#F1932D",
    "#E8601C",
    "#DC050C",
    "#72190E",
)
LINES = ("#332288", "#CC6677", "#117733", "#AA4499", "#999933", "#661100")
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1)), (0, (8, 2)))
MISSING = "0.85"
# A p-value above it is drawn as chance: its marker is empty.
LEVEL = 0.05
MAX_TICKS = 17
FONT = "DejaVu Sans"
# For the letters of a class that it does not have, the first of these that is installed and has them.
OTHER_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans Devanagari", "Noto Sans Bengali")
OTHER_FONTS += ("Noto Sans Tamil", "Noto Sans Thai", "Noto Sans Ethiopic", "Microsoft YaHei", "Yu Gothic")
OTHER_FONTS += ("Malgun Gothic", "PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS")
PARAMETERS = {
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.title_fontsize": 6.5,
    "figure.titlesize": 8,
    # Hinted letters have other widths at other resolutions than that of the layout.
    "text.hinting": "none",
    "axes.linewidth": 0.6,
    "axes.titlepad": 4,
    "axes.labelpad": 2.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "0.9",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.1,
    "lines.markersize": 3.2,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "actopo",
    "pdf.fonttype": 42,
}
METADATA = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


@contextmanager
def context():
    """Apply the figures' settings, on top of matplotlib's own defaults, until the block ends."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(PARAMETERS)
        installed = {font.name for font in fontManager.ttflist}
        matplotlib.rcParams["font.family"] = [FONT, *(name for name in OTHER_FONTS if name in installed)]
        yield


def styled(plot):
    """Decorate a function that returns a Figure: run it inside `context` and freeze the figure's layout."""

    @functools.wraps(plot)
    def wrapper(*args, **kwargs):
        with context():
            figure = plot(*args, **kwargs)
            _freeze_layout(figure)
        return figure

    return wrapper


def _freeze_layout(figure):
    """Lay a figure out once, to six digits: the layout solver's last digits depend on addresses in memory."""
    if (engine := figure.get_layout_engine()) is not None:
        engine.execute(figure)
        # The first layout of axes of a fixed aspect may still be wrong.
        if any(axes.get_aspect() != "auto" for axes in figure.axes):
            engine.execute(figure)
    for axes in figure.axes:
        axes.apply_aspect()
    # With an engine that does nothing every file would be drawn twice.
    figure.set_layout_engine(None)
    for part in figure.findobj(SubFigure):
        part.bbox_relative.set_points(part.bbox_relative.get_points().round(6))
    for axes in figure.axes:
        axes.set_position(np.round(axes.get_position(original=True).bounds, 6))
        axes.set_in_layout(True)
        # Titles are where the layout has put them; without this every drawing looks for their places again.
        axes._autotitlepos = False


def new_figure(width, height, layout="constrained"):
    """
    Empty Figure.

    Parameters
    ----------
    width, height : float
        Size at print, in inches.
    layout : str or None, default 'constrained'
        Layout engine; None where axes are placed by hand.

    Returns
    -------
    matplotlib.figure.Figure
    """
    return Figure(figsize=(width, height), layout=layout)


def figure_bytes(figure, format, dpi=300):
    """
    Contents of an image file; the same figure gives the same bytes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Figure that a `plot` function returned.
    format : {'png', 'svg', 'pdf'}
        Kind of file.
    dpi : int, default 300
        Pixels per inch of a png.

    Returns
    -------
    bytes

    Raises
    ------
    InputError
        If the format is another one.
    """
    if format not in METADATA:
        raise InputError(f"unknown figure format {format!r}; choose one of {', '.join(METADATA)}")
    buffer = io.BytesIO()
    with context():
        figure.savefig(buffer, format=format, dpi=dpi, metadata=METADATA[format])
    return buffer.getvalue()


def save_figure(paths, figure):
    """Write a figure to every path, in the format of its suffix."""
    for path in paths:
        save_bytes(path, figure_bytes(figure, Path(path).suffix[1:]))


def class_colours(n):
    """
    Colours for `n` classes, distinct and safe for the colour-blind up to 30.

    Parameters
    ----------
    n : int
        Number of classes; beyond 30 the colours are `n` equal steps through Tol's rainbow, of which neighbours can
        hardly be told apart.

    Returns
    -------
    list of str
        `n` colours as '#rrggbb'.
    """
    if n <= len(MUTED + MORE):
        return list((MUTED + MORE)[:n])
    ramp = LinearSegmentedColormap.from_list("classes", RAINBOW, N=4096)
    return [to_hex(ramp(position)) for position in np.linspace(0, 1, n)]


def line_styles(n):
    """Keyword arguments of `Axes.plot` for `n` lines that differ in colour, marker and dashes at once."""
    return [
        {
            "color": LINES[index % len(LINES)],
            "marker": MARKERS[(index + index // len(LINES)) % len(MARKERS)],
            "linestyle": DASHES[(index + 2 * (index // len(LINES))) % len(DASHES)],
            "markeredgecolor": "white",
            "markeredgewidth": 0.4,
        }
        for index in range(n)
    ]


def empty_marker(colour):
    """Keyword arguments of `Axes.plot` that leave a marker empty, such as that of a value not told from chance."""
    return {"markerfacecolor": "white", "markeredgecolor": colour, "markeredgewidth": 0.9}


def require_columns(table, columns, name):
    """Raise InputError unless the DataFrame `table` has all of `columns` and at least one row."""
    missing = [column for column in columns if column not in table]
    if missing:
        raise InputError(f"{name} has no column {', '.join(missing)}; it needs {', '.join(columns)}")
    if len(table) == 0:
        raise InputError(f"{name} has no row; there is nothing to draw")


def grid_shape(n, most):
    """Rows and columns of `n` panels in rows of equal length, at most `most` in each."""
    rows = -(-n // most)
    return rows, -(-n // rows)


def panel_grid(figure, n, most):
    """
    Axes of `n` panels in rows of equal length, at most `most` in each.

    Returns
    -------
    panels, spare : ndarray of Axes
        The `n` panels, row by row, and the unused axes of the last row, empty and invisible.
    """
    axes = figure.subplots(*grid_shape(n, most), squeeze=False).ravel()
    for spare in axes[n:]:
        spare.set_axis_off()
    return axes[:n], axes[n:]


def layer_ticks(axis, layers, offset=0.0, most=MAX_TICKS, names=None):
    """
    Label positions `0, 1, ...` of an axis with layers: all, or every k-th if they are more than fit.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
    layers : sequence of int or str
        Numbers of layers, or other texts.
    offset : float
        By how much positions are moved.
    most : int
        Most ticks.
    names : dict of int to str, optional
        Names of layers that are outputs of modules, by number. They stand upright below a horizontal axis.
    """
    step = -(-len(layers) // most)
    positions, labels = np.arange(0, len(layers), step), texts.layer_labels(layers, names)
    axis.set_ticks(positions + offset, [labels[position] for position in positions])
    if axis.axis_name == "x" and {*layers} & {*(names or {})}:
        axis.set_tick_params(rotation=90)


def panel_letter(axes, letter, lines=1, x=0.0):
    """Write a panel's bold letter above its top left corner, or at `x`, beside the first of a title's `lines`."""
    axes.set_title(letter + "\n" * (lines - 1), loc="left", x=x, fontweight="bold")
