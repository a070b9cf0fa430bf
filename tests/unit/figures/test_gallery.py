"""
No figure of the gallery has texts that overlap or leave the page, legends over points, or points cut by a frame.

Numbers have minus signs, and none is "nan".
"""

import re
from itertools import combinations
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from actopo.figures import style
from matplotlib.legend import Legend
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox

from unit.figures.gallery import FIGURES, make_gallery

# The box of a text has room for letters that reach above and below the line: as much of it may be shared, in points.
SLACK = 0.8
FORMULA, HYPHEN = re.compile(r"(?<!\\)\$[^$]*\$"), re.compile(r"(?<![\w.…-])-\d|\de-\d")
# How far a marker may reach over the frame that cuts it, as a share of its radius.
CUT = 0.5


def drawn_texts(figure):
    """Texts that a drawing really writes, such as the labels of ticks within an axis, each with its box in points."""
    found, draw = [], Text.draw

    def record(text, renderer):
        if text.get_visible() and text.get_text().strip("\u200b \n"):
            found.append(text)
        return draw(text, renderer)

    with patch.object(Text, "draw", record):
        figure.draw_without_rendering()
        return [(text.get_text(), _points(text.get_window_extent(), figure)) for text in found]


def _points(box, figure):
    return box.transformed(Affine2D().scale(72 / figure.dpi))


def overlapping(texts):
    """Pairs of texts of which one lies on the other."""
    boxes = [Bbox([[box.x0, box.y0 + SLACK], [box.x1, box.y1 - SLACK]]) for _, box in texts]
    pairs = combinations(range(len(texts)), 2)
    return [(texts[a][0], texts[b][0]) for a, b in pairs if boxes[a].overlaps(boxes[b])]


def badly_written(texts):
    """Texts with a hyphen for a minus sign, formulas left out, or with a number that is none."""
    plain = [FORMULA.sub("", text) for text, _ in texts]
    return [text for text in plain if HYPHEN.search(text) or "nan" in text.split()]


def beyond_the_page(figure, texts):
    width, height = 72 * figure.get_size_inches()
    return [text for text, box in texts if min(box.x0, box.y0 + SLACK) < 0 or box.x1 > width or box.y1 - SLACK > height]


def markers(figure):
    """Axes, whether the frame cuts them, places in points and radius of every line with markers."""
    for axes in figure.axes:
        for line in axes.lines:
            if line.get_marker() in ("", " ", "None", None, "none") or not line.get_visible():
                continue
            xy = np.column_stack([line.get_xdata(orig=False), line.get_ydata(orig=False)]).astype(float)
            xy = line.get_transform().transform(xy[np.isfinite(xy).all(axis=1)]) * 72 / figure.dpi
            yield axes, line.get_clip_on(), xy, line.get_markersize() / 2


def cut_markers(figure):
    """Points within a frame, or on it, of which more than a part lies beyond."""
    found = []
    for axes, clipped, xy, radius in markers(figure):
        frame = _points(axes.bbox, figure)
        inside = (xy >= np.array(frame.p0) - 1e-6) & (xy <= np.array(frame.p1) + 1e-6)
        room = np.minimum(xy - frame.p0, frame.p1 - xy).min(axis=1)
        cut = inside.all(axis=1) & (room < (1 - CUT) * radius) & clipped
        found += [(axes.get_title(), *point) for point in xy[cut]]
    return found


def covered_markers(figure):
    """Points under a legend."""
    boxes = [_points(legend.get_window_extent(), figure) for legend in figure.findobj(Legend)]
    return [
        tuple(point)
        for *_, xy, radius in markers(figure)
        for point in xy
        for box in boxes
        if box.padded(radius).contains(*point)
    ]


@pytest.mark.filterwarnings("error:constrained_layout")
@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.filterwarnings("ignore:Matplotlib currently does not support")
@pytest.mark.parametrize("name", FIGURES)
def test_texts_have_room_and_markers_are_whole(name):
    figure = FIGURES[name]()
    # As it is saved.
    with style.context():
        texts = drawn_texts(figure)
        assert len(texts) > 1
        assert not beyond_the_page(figure, texts)
        assert not overlapping(texts)
        assert not badly_written(texts)
        assert not covered_markers(figure)
        assert not cut_markers(figure)
        # Numbers of layers that have names.
        assert not [text for text, _ in texts if re.search(r"\b10 ?0\d\d\b", text)]


def test_every_figure_is_in_the_gallery():
    modules = [path.stem for path in Path(style.__file__).parent.glob("*.py") if "\ndef plot(" in path.read_text()]
    assert {name.split(",")[0] for name in FIGURES} == set(modules)


def test_the_gallery_can_be_looked_at(tmp_path):
    (path,) = make_gallery(tmp_path / "figures", "specificity, undefined")
    assert path.name == "specificity_undefined.png"
    assert path.read_bytes().startswith(b"\x89PNG")
