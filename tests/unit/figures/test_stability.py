"""The figure of stability shows the grid and the samples."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.figures import stability
from matplotlib.collections import PathCollection, QuadMesh

from unit.figures.examples import collections, drawn, stability_tables


def test_stability_maps_are_the_grid():
    grid, _ = stability_tables()
    figure = drawn("stability")
    panels = np.array(figure.axes[:12]).reshape(4, 3)
    assert [axes.get_title() for axes in panels[0]] == ["ε = 1.5", "ε = 3", "12 subsamples"]
    assert [axes.get_xlabel() for axes in panels[-1]] == ["overlap", "overlap", ""]
    assert [axes.get_ylabel() for axes in panels[:, 0]] == ["intervals"] * 4
    assert [axes.get_ylabel() for axes in panels[:, 2]] == list(stability.INVARIANTS.values())
    assert [axes.get_ylabel() for axes in figure.axes[12:]] == list(stability.INVARIANTS.values())
    for row, key in zip(panels, stability.INVARIANTS, strict=True):
        clims = set()
        for axes, eps in zip(row, (1.5, 3.0), strict=False):
            (mesh,) = collections(axes, QuadMesh)
            clims.add(mesh.get_clim())
            np.testing.assert_array_equal(mesh.get_array().ravel(), grid.loc[grid.eps == eps, key])
            assert [label.get_text() for label in axes.get_yticklabels()] == ["10", "20", "40"]
            assert [label.get_text() for label in axes.get_xticklabels()] == ["0.2", "0.3"]
            assert len(axes.texts) == 6
        assert len(clims) == 1
    frames = [axes.patches for axes in panels[:, :2].ravel()]
    assert [len(patches) for patches in frames] == [1, 0] * 4
    assert frames[0][0].get_xy() == (1, 1)


@pytest.mark.parametrize("by", [None, "layer"])
def test_stability_boxes_are_the_samples(by):
    grid, samples = stability_tables()
    figure = drawn("stability") if by is None else stability.plot(grid, samples, (20, 0.3, 1.5), by)
    groups = [samples] if by is None else [samples[samples.layer == layer] for layer in (4, 16)]
    used = grid[(grid.n_intervals == 20) & (grid.overlap == 0.3) & (grid.eps == 1.5)].iloc[0]
    for row, key in enumerate(stability.INVARIANTS):
        axes = figure.axes[3 * row + 2]
        for dots, own in zip(collections(axes, PathCollection), groups, strict=True):
            np.testing.assert_array_equal(dots.get_offsets()[:, 1], own[key])
        medians = [line.get_ydata()[0] for line in axes.lines if line.get_linewidth() == 1.4]
        np.testing.assert_allclose(medians, [own[key].median() for own in groups], rtol=1e-12)
        marks = [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]
        assert marks == ([used[key]] if by is None else [])
    assert figure.axes[11].get_xlabel() == (by or "")


def test_stability_of_parts_with_an_eps_of_their_own():
    """Both groups are parts of the graph whose invariants are marked."""
    grid, samples = stability_tables()
    samples["eps_choice"] = ["fixed", "anew"] * 6
    figure = stability.plot(grid, samples, (20, 0.3, 1.5), "eps_choice")
    used = grid[(grid.n_intervals == 20) & (grid.overlap == 0.3) & (grid.eps == 1.5)].iloc[0]
    for row, key in enumerate(stability.INVARIANTS):
        axes = figure.axes[3 * row + 2]
        assert [label.get_text() for label in axes.get_xticklabels()] == ["same ε", "ε anew"]
        assert [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"] == [used[key]]


def test_numbers_of_nodes_components_and_cycles_have_whole_ticks():
    grid, samples = stability_tables()
    few = {"n_nodes": 3, "n_components": 1, "n_cycles": 0}
    figure = stability.plot(grid.assign(**few), samples.assign(**few, node_purity=0.5))
    for index, axes in enumerate(figure.axes):
        if axes.get_ylabel() in ("nodes", "components", "cycles"):
            ticks = axes.get_yticks()
            np.testing.assert_array_equal(ticks, np.round(ticks), err_msg=str(index))


def test_boxes_have_a_scale():
    """Between 110 and 190 the ticks of a step of 50 would be 150 alone."""
    grid, samples = stability_tables()
    samples["n_components"] = np.linspace(110, 190, len(samples)).round()
    axes = stability.plot(grid, samples).figure.axes[5]
    low, high = axes.get_ylim()
    assert len([tick for tick in axes.get_yticks() if low <= tick <= high]) > 1


def test_stability_without_samples_and_bad_input():
    grid, samples = stability_tables()
    # Without a node there is no purity.
    assert len(stability.plot(grid[grid.eps == 3].assign(node_purity=np.nan)).axes) == 4 + 4
    for arguments, message in [
        ((grid.drop(columns="eps"),), "no column eps"),
        ((grid, samples, None, "seed"), "no column seed"),
        ((grid, samples.iloc[:0]), "no row"),
        ((pd.concat([grid, grid]),), "twice"),
        ((grid, None, (20, 0.3, 9.0)), "9.0"),
        ((pd.concat([grid.assign(eps=grid.eps + step) for step in range(0, 9, 4)]),), "6 values of eps"),
    ]:
        with pytest.raises(InputError, match=message):
            stability.plot(*arguments)


def test_images_without_classes_have_no_purity():
    grid, samples = stability_tables()
    figure = stability.plot(grid.drop(columns="node_purity"), samples, has_classes=False)
    assert [axes.get_ylabel() for axes in figure.axes if "purity" in axes.get_ylabel()] == []
    assert len(figure.axes) == 3 * (grid.eps.nunique() + 2)
