"""What holds for all figures: bytes that never differ, legible text inside the page, colours and lines that differ."""

from itertools import combinations
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import branching, graph_flow, mapper_graphs, noise, purity, style, texts
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import fontManager
from matplotlib.legend import Legend
from matplotlib.text import Text
from scipy.spatial.distance import pdist

from unit.figures.examples import (
    FIGURES,
    HOMOLOGY_FIGURES,
    MAPPER_FIGURES,
    ODD_NAMES,
    distances,
    drawn,
    flowing,
    make_graph,
    plain_purity_table,
    texts_of,
)

# Figures of many panels, which are slow to draw; each has a smaller one of its kind.
LARGE = ("metrics", "17 diagrams", "sensitivity of 17 layers")


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in LARGE])
def test_bytes_do_not_depend_on_the_time_or_on_the_users_settings(name, monkeypatch):
    figure = drawn(name)
    first = {kind: style.figure_bytes(figure, kind, dpi=60) for kind in ("png", "svg")}
    assert first["png"].startswith(b"\x89PNG")
    assert b"<svg" in first["svg"]
    # The figure of noise alone shows images of the data set.
    assert (b"<image" in first["svg"]) == (name == "noise")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.hashsalt": "other"}):
        np.random.seed(1)  # noqa: NPY002 - the legacy global state must not matter
        before = dict(matplotlib.rcParams)
        again = FIGURES[name]()
        second = {kind: style.figure_bytes(again, kind, dpi=60) for kind in ("svg", "png")}
        assert dict(matplotlib.rcParams) == before
    assert second == first


def test_letters_that_the_font_lacks_are_taken_from_one_that_is_installed(tmp_path, recwarn):
    """Bytes of other figures stay what they are."""

    @style.styled
    def titled(title):
        figure = style.new_figure(2, 1)
        figure.suptitle(title)
        return figure

    def is_missing(letters):
        recwarn.clear()
        style.figure_bytes(titled(letters), "svg")
        return any("missing from font" in str(warning.message) for warning in recwarn)

    pen = TTGlyphPen(None)
    for place in ((0, 0), (0, 700), (700, 700), (700, 0)):
        (pen.lineTo if place != (0, 0) else pen.moveTo)(place)
    pen.closePath()
    builder = FontBuilder(1000)
    builder.setupGlyphOrder([".notdef", "cat"])
    builder.setupCharacterMap({0x732B: "cat"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "cat": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (800, 0), "cat": (800, 50)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": style.OTHER_FONTS[-1], "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "cat.ttf")
    known = list(fontManager.ttflist)
    try:
        fontManager.ttflist[:] = [font for font in known if font.name not in style.OTHER_FONTS]
        before = style.figure_bytes(titled("cat"), "svg")
        assert is_missing("\u732b")
        fontManager.addfont(tmp_path / "cat.ttf")
        assert not is_missing("\u732b")
        assert style.figure_bytes(titled("cat"), "svg") == before
    finally:
        fontManager.ttflist[:] = known


@pytest.mark.parametrize("name", FIGURES)
def test_text_is_legible_at_print_size_and_inside_the_figure(name):
    figure = drawn(name)
    shown = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    assert shown
    assert min(text.get_fontsize() for text in shown) >= 6
    with style.context():
        box = figure.get_tightbbox()
    assert min(box.x0, box.y0) > -0.02
    assert box.x1 < figure.get_figwidth() + 0.02
    assert box.y1 < figure.get_figheight() + 0.02
    if name in MAPPER_FIGURES:
        assert figure.get_figwidth() <= 7.2


@pytest.mark.parametrize("name", HOMOLOGY_FIGURES)
def test_titles_labels_and_legends_do_not_overlap(name):
    figure = drawn(name)
    axes = [axes for axes in figure.findobj(matplotlib.axes.Axes) if axes.axison and axes.get_visible()]
    labels = [text for each in axes for text in (each.title, each._left_title, each.xaxis.label, each.yaxis.label)]
    shown = [*(label for label in labels if label.get_text()), *figure.findobj(Legend)]
    with style.context():
        boxes = [each.get_window_extent() for each in shown]
    assert not any(first.overlaps(second.padded(-0.5)) for first, second in combinations(boxes, 2))


@pytest.mark.parametrize("name", FIGURES)
def test_titles_and_legends_overlap_nothing_of_their_kind(name):
    figure = drawn(name)
    with style.context():
        boxes = [axes.title.get_window_extent() for axes in figure.axes if axes.get_title()]
        boxes += [legend.get_window_extent() for legend in figure.findobj(Legend)]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_unknown_format_is_named():
    with pytest.raises(InputError, match="'bmp'"):
        style.figure_bytes(drawn("training"), "bmp")


# Linear RGB as seen with protanopia, deuteranopia and tritanopia: Machado, Oliveira and Fernandes (2009), severity 1.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def cielab(linear):
    """CIELAB (D65) of linear sRGB."""
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    xyz = linear @ np.transpose(to_xyz) / [0.95047, 1.0, 1.08883]
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * 841 / 108 + 4 / 29)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(("n", "least"), [(10, 15), (25, 13), (30, 11)])
def test_class_colours_are_told_apart_by_the_colour_blind(n, least, vision):
    rgb = matplotlib.colors.to_rgba_array(style.class_colours(n))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = cielab(np.clip(linear @ np.transpose(VISIONS[vision]), 0, 1))
    assert pdist(seen).min() > least


@pytest.mark.parametrize("n", [0, 1, 10, 11, 30, 31, 40])
def test_class_colours_are_distinct(n):
    assert len(set(style.class_colours(n))) == len(style.class_colours(n)) == n


def test_line_styles_are_distinct_without_colour():
    lines = {(line["marker"], str(line["linestyle"])) for line in style.line_styles(12)}
    assert len(lines) == 12


def test_figures_are_saved_in_the_format_of_their_ending(tmp_path):
    figure, paths = drawn("training"), [tmp_path / f"figure.{kind}" for kind in ("png", "svg", "pdf")]
    style.save_figure([str(path) for path in paths], figure)
    for path, start in zip(paths, (b"\x89PNG", b"<?xml", b"%PDF"), strict=True):
        content = path.read_bytes()
        assert content.startswith(start)
        assert content == style.figure_bytes(figure, path.suffix[1:])
    with pytest.raises(InputError, match="'bmp'"):
        style.save_figure([tmp_path / "figure.bmp"], figure)
    assert sorted(tmp_path.iterdir()) == sorted(paths)


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.filterwarnings("ignore:Matplotlib currently does not support")
def test_figures_with_odd_names_are_drawn():
    names = [*ODD_NAMES, "a\tb", "a\x01b"]
    merged = np.arange(1.0, 1 + len(names)) * np.eye(len(names)) + 0.5
    graph = make_graph([3, 2], [(0, 1)], compositions=[{names[0]: 3}, {names[-1]: 2}])
    images = np.zeros((len(names), 8, 8, 3), dtype=np.uint8)
    layers = {4: "$x", 8: "_y", 16: "中"}
    figures = {
        "branching": branching.plot({4: merged}, names, layer_names=layers),
        "mapper_graphs": mapper_graphs.plot([[graph]], ["_$x"], ["a$\nb"], names),
        "noise": noise.plot(images, {0.5: images / 255}, names),
        "graph_flow": graph_flow.plot(distances(), *flowing(names), names[:2], names, layer_names=layers),
        "purity": purity.plot(plain_purity_table(), "$x", layer_names=layers),
    }
    for figure in figures.values():
        assert style.figure_bytes(figure, "png", dpi=40).startswith(b"\x89PNG")
        ElementTree.fromstring(style.figure_bytes(figure, "svg"))
    legend = texts_of(figures["mapper_graphs"].legends[-1])
    assert [text.removeprefix("\u200b") for text in legend] == [
        text.removeprefix("\u200b") for text in texts.short_names(names)
    ]
