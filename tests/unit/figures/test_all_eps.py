"""The figure of every eps shows the tables."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import all_eps, style
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from unit.figures.examples import all_eps_tables, collections, drawn


def test_curves_are_the_profile():
    profile, _, _ = all_eps_tables()
    counts, shares, bars = drawn("all_eps").axes
    names = all_eps.COUNTS | all_eps.SHARES
    lines = {line.get_label(): line for axes in (counts, shares) for line in axes.lines}
    for key, name in names.items():
        np.testing.assert_array_equal(lines[name].get_xdata(), profile.eps)
        np.testing.assert_array_equal(lines[name].get_ydata(), profile[key])
    for axes in (counts, shares, bars):
        marks = {line.get_label(): line.get_xdata()[0] for line in axes.lines if line.get_linestyle() in ("--", ":")}
        marks = {name: at for name, at in marks.items() if name not in names.values()}
        assert marks == {"ε of the graph (plateau)": 0.4, "knee": 0.2}
        [shade] = axes.patches
        inside = profile.eps[profile.in_plateau]
        assert shade.get_extents().transformed(axes.transData.inverted()).intervalx == pytest.approx(
            [inside.min(), inside.max()]
        )
    assert bars.get_xscale() == "log"


def test_bars_are_the_leaves_in_the_colours_of_their_branches():
    profile, segments, branches = all_eps_tables()
    bars = drawn("all_eps").axes[2]
    found = []
    for collection in collections(bars, LineCollection):
        ends = [(line[0, 0], line[1, 0], round(line[0, 1])) for line in collection.get_segments()]
        found += zip(ends, map(to_hex, collection.get_colors()), strict=True)
    leaves = segments[segments.branch > 0]
    colours = dict(enumerate(map(str.lower, style.LINES), 1))
    expected = {
        (row.birth, min(row.death, 2 * profile.eps.max()), row.interval): colours.get(row.branch, to_hex("0.7"))
        for row in leaves.itertuples()
    }
    assert dict(found) == expected
    assert len(found) == len(leaves)
    names = [text.get_text() for text in drawn("all_eps").legends[1].get_texts()]
    assert len(names) == min(len(branches), 6) + (len(branches) > 6)
    first = branches.iloc[0]
    assert names[0].startswith(
        f"1: {first['class']} (100 %), intervals {first.first_interval} to {first.last_interval}, "
    )
    assert names[0].endswith(f"to {first.death:.3g}")
    endless = branches.assign(death=np.inf)
    names = [
        text.get_text() for text in all_eps.plot(profile, segments, endless, 1, {"rule": "fixed"}).legends[1].texts
    ]
    assert names[0].endswith("to ∞")


@pytest.mark.parametrize("choice", [{"rule": "knee"}, {"rule": "stable", "knee": None}])
def test_a_graph_without_branches_plateau_or_another_knee(choice):
    profile, segments, branches = all_eps_tables()
    tables = profile.assign(in_plateau=False), segments[:0], branches[:0]
    figure = all_eps.plot(*tables, 0.4, choice)
    assert not figure.axes[0].patches
    assert len(figure.legends) == 1
    assert "knee" not in [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p, s, b: (p.drop(columns="coverage"), s, b, 0.4), "no column coverage"),
        (lambda p, s, b: (p, s.drop(columns="birth"), b, 0.4), "segments has no column birth"),
        (lambda p, s, b: (p, s, b.drop(columns="class"), 0.4), "branches has no column class"),
        (lambda p, s, b: (p[:0], s, b, 0.4), "no row"),
        (lambda p, s, b: (p, s, b, 0.0), "positive"),
    ],
)
def test_bad_tables_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        all_eps.plot(*change(*all_eps_tables()), {"rule": "fixed"})


def test_images_without_classes_have_no_purity_and_branches_no_class():
    figure = all_eps.plot(*all_eps_tables(), 0.4, {"rule": "fixed"}, has_classes=False)
    told = [text.get_text() for legend in figure.legends for text in legend.texts]
    assert not any("purity" in text or "%" in text for text in told)
    assert any(text.startswith("1: interval") for text in told)
