"""Dendrograms join classes at their merge levels, and agreement is a symmetric matrix."""

from itertools import combinations

import matplotlib
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import branching, style
from matplotlib.collections import LineCollection, PathCollection, QuadMesh

from unit.figures.examples import CLASSES, SAMPLINGS, agreement_table, class_levels, collections, drawn, texts_of


def titled(figure, part):
    (axes,) = (axes for axes in figure.axes if part in axes.get_title())
    return axes


def test_dendrogram_joins_classes_at_their_merge_levels():
    axes = titled(drawn("branching"), "layer 16")
    assert [label.get_text() for label in axes.get_yticklabels()][::-1] == _leaf_order(axes)
    joins = sorted(lines.get_segments()[0][0, 0] for lines in collections(axes, LineCollection))
    # Frogs never merge and are joined, dotted, below the lowest level by a tenth of the range from 1 to 6.
    np.testing.assert_allclose(joins, [0.5, 1, 3], rtol=1e-12)
    tips, swatches = collections(axes, PathCollection)
    np.testing.assert_array_equal(np.sort(tips.get_offsets()[:, 0]), [2, 4, 5, 6])
    dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert [line.get_xdata()[0] for line in dotted] == [0.5, 0.5]
    shades = matplotlib.colors.to_rgba_array(style.class_colours(4))
    ticks = [label.get_text() for label in axes.get_yticklabels()]
    np.testing.assert_array_equal(swatches.get_facecolors(), shades[[CLASSES.index(name) for name in ticks]])
    assert drawn("branching").subfigs[0].get_supxlabel() == "lens ($l_2$ norm)"
    left, right = axes.get_xlim()
    assert left < 0.5 < 6 < right


def _leaf_order(axes):
    """Class names from top to bottom, by the highest lens of each."""
    tips = collections(axes, PathCollection)[0].get_offsets()
    names = {6: "cat", 5: "dog", 4: "ship", 2: "frog"}
    return [names[x] for x, _ in sorted(tips.tolist(), key=lambda tip: -tip[1])]


def test_dendrogram_of_fewer_classes():
    levels = class_levels()
    levels[3], levels[:, 3] = np.nan, np.nan
    alone = np.full((4, 4), np.nan)
    alone[0, 0] = 2.0
    three, one = branching.plot({1: levels, 2: alone}, CLASSES).axes
    assert {label.get_text() for label in three.get_yticklabels()} == {"ship", "dog", "cat"}
    assert len(three.lines) == 4
    assert not [line for line in three.lines if line.get_linestyle() == ":"]
    assert one.texts[0].get_text() == "no two classes have a node"
    assert not one.lines


def test_agreement_is_a_symmetric_matrix_by_sampling_and_layer():
    table = agreement_table()
    (axes,) = (axes for axes in drawn("branching").axes if axes.get_title().startswith("agreement"))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["4", "16"] * 2
    (mesh,) = collections(axes, QuadMesh)
    assert mesh.get_clim() == (-1, 1)
    graphs = [("random", 4), ("random", 16), ("full", 4), ("full", 16)]
    values = mesh.get_array()
    np.testing.assert_array_equal(np.ma.getmaskarray(values), np.eye(4, dtype=bool))
    for row in table.itertuples():
        i, j = graphs.index((row.sampling_a, row.layer_a)), graphs.index((row.sampling_b, row.layer_b))
        assert values[i, j] == values[j, i] == row.rho
    stars = [text for text in axes.texts if text.get_text() == "*"]
    assert len(stars) == 2 * (table.p <= 0.05).sum() > 0
    assert [text.get_text() for text in axes.texts].count("full") == 2


def test_agreement_of_many_graphs_has_no_numbers_but_every_layer():
    figure = branching.plot({4: class_levels()}, CLASSES, agreement_table(SAMPLINGS, (4, 8, 12, 14, 15, 16)))
    axes = titled(figure, "agreement")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["4", "8", "12", "14", "15", "16"] * 6
    names = {sampling.replace(" ", "\n") for sampling in SAMPLINGS}
    assert {text.get_text() for text in axes.texts} == {"*", *names}
    with style.context():
        boxes = [label.get_window_extent() for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_cells_without_a_value_or_of_few_classes_are_explained():
    table = agreement_table(layers=(16, 8, 4)).assign(n_classes=10, p=0.5)
    sure = branching.plot({4: class_levels()}, CLASSES, table)
    assert not sure.subfigs[1].legends
    table.loc[0, ["n_classes", "p"]] = 5, 0.01
    table.loc[3, ["n_classes", "rho", "p"]] = 2, np.nan, np.nan
    figure = branching.plot({4: class_levels()}, CLASSES, table, sampling="full")
    assert texts_of(figure.subfigs[1].legends[0]) == [
        "$p$ ≤ 0.05",
        "over fewer than 6 classes in both",
        "no value: fewer than 3 classes in both, or all merge at one level",
    ]
    hatched = {patch.get_xy() for patch in titled(figure, "agreement").patches if patch.get_hatch()}
    row = table.loc[0]
    graphs = [(sampling, layer) for sampling in ("random", "full") for layer in (4, 8, 16)]
    i, j = graphs.index((row.sampling_a, row.layer_a)), graphs.index((row.sampling_b, row.layer_b))
    assert hatched == {(i, j), (j, i)}
    assert texts_of(figure.subfigs[0].legends[0])[0] == "sampling: full"


def test_branching_refuses_what_does_not_fit():
    with pytest.raises(InputError, match="at least one layer"):
        branching.plot({}, CLASSES)
    with pytest.raises(InputError, match=r"layer 4 have shape \(4, 4\)"):
        branching.plot({4: class_levels()}, CLASSES[:3])
    with pytest.raises(InputError, match="no column rho"):
        branching.plot({4: class_levels()}, CLASSES, agreement_table().drop(columns="rho"))


def test_outputs_of_modules_have_names():
    """Layers are in the order of the dendrograms, not in that of their numbers."""
    plain = agreement_table(layers=(16, 8, 4))
    table = plain.replace({"layer_a": {8: 10_005}, "layer_b": {8: 10_005}})
    levels = {layer: class_levels() for layer in (4, 10_005, 16)}
    figure = branching.plot(levels, CLASSES, table, layer_names={10_005: "layer2.1"})
    titled(figure, "layer2.1")
    axes = titled(figure, "agreement")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["4", "layer2.1", "16"] * 2
    (mesh,) = collections(axes, QuadMesh)
    ascending = titled(branching.plot(dict.fromkeys((4, 8, 16), class_levels()), CLASSES, plain), "agreement")
    np.testing.assert_array_equal(mesh.get_array(), collections(ascending, QuadMesh)[0].get_array())


def test_of_many_classes_those_with_the_longest_branches_are_drawn():
    """A trunk at 1, from which each of 50 classes parts alone; branches are the longer, the higher their numbers."""
    levels = np.full((50, 50), 1.0)
    np.fill_diagonal(levels, 2.0 + np.arange(50))
    names = [f"class {index}" for index in range(50)]

    def drawn_classes(**kwargs):
        figure = branching.plot({4: levels, 8: levels}, names, **kwargs)
        notes = [text.get_text() for text in figure.subfigs[0].legends[0].texts]
        [axes, *_] = figure.subfigs[0].axes
        return {label.get_text() for label in axes.get_yticklabels()}, notes[0], figure.get_figheight()

    shown, note, height = drawn_classes(classes=3)
    assert shown == {"class 47", "class 48", "class 49"}
    assert note == "3 of 50 classes, with the longest branches"
    assert height < 2.5
    shown, note, _ = drawn_classes(classes=["class 0", "class 9"])
    assert (shown, note) == ({"class 0", "class 9"}, "2 of 50 classes, that are chosen")
    assert len(drawn_classes()[0]) == 50
    # A class that no node holds, and one that meets no other, have branches too.
    levels[49], levels[:, 49] = np.nan, np.nan
    levels[3, :3] = levels[3, 4:] = levels[:3, 3] = levels[4:, 3] = -np.inf
    assert drawn_classes(classes=2)[0] == {"class 47", "class 48"}
