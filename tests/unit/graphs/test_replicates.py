"""Averages over networks and draws: which interval there is, and that it is the right one."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.graphs.replicates import over_graphs, pairs_of_draws
from scipy import stats


def table(n_networks, n_draws, layers=(16,), seed=0):
    rng = np.random.default_rng(seed)
    rows = [
        {"seed": 3 + network, "draw": draw, "sampling": "random", "layer": layer}
        | {"purity": rng.normal(), "purity_null_low": rng.normal(), "purity_p": rng.random() / 4}
        for network in range(n_networks)
        for draw in range(n_draws)
        for layer in layers
    ]
    return pd.DataFrame(rows)


def test_networks_are_the_unit_where_there_are_five():
    """Draws of a network are averaged first: as scipy's interval of the means of networks."""
    own = table(6, 3, layers=(16, 12))
    found = over_graphs(own, ["sampling", "layer"])
    assert found[["sampling", "layer", "n_networks", "n_graphs"]].values.tolist() == [
        ["random", 16, 6, 18],
        ["random", 12, 6, 18],
    ]
    assert set(found.interval) == {"t over networks"}
    for row in found.itertuples():
        rows = own[own.layer == row.layer]
        means = rows.groupby("seed").purity.mean()
        low, high = stats.t.interval(0.95, 5, means.mean(), stats.sem(means))
        np.testing.assert_allclose([row.purity, row.purity_low, row.purity_high], [means.mean(), low, high])
        np.testing.assert_allclose(row.purity_null_low, rows.purity_null_low.mean())
        np.testing.assert_allclose(row.purity_p, 2 * rows.purity_p.mean())
    assert "purity_null_low_low" not in found
    assert "purity_p_low" not in found


def test_five_networks_are_enough_and_fewer_are_not_made_up_for_by_draws():
    shapes = ((5, 1), (5, 3), (4, 3), (2, 9))
    kinds = [over_graphs(table(*shape), ["sampling", "layer"]).interval[0] for shape in shapes]
    assert kinds == ["t over networks"] * 2 + ["range over graphs"] * 2
    own = table(5, 3)
    (row,) = over_graphs(own, ["sampling", "layer"]).itertuples()
    means = own.groupby("seed").purity.mean()
    expected = stats.t.interval(0.95, 4, means.mean(), stats.sem(means))
    np.testing.assert_allclose([row.purity_low, row.purity_high], expected)


def test_draws_of_one_network_have_an_interval_of_their_own():
    own = table(1, 5)
    (row,) = over_graphs(own, ["sampling", "layer"], level=0.9).itertuples()
    assert row.interval == "t over draws of one network"
    expected = stats.t.interval(0.9, 4, own.purity.mean(), stats.sem(own.purity))
    np.testing.assert_allclose([row.purity_low, row.purity_high], expected)


@pytest.mark.parametrize(("n_networks", "n_draws"), [(1, 4), (2, 1), (4, 5)])
def test_the_range_is_told_where_there_are_few(n_networks, n_draws):
    own = table(n_networks, n_draws)
    (row,) = over_graphs(own, ["sampling", "layer"]).itertuples()
    assert row.interval == "range over graphs"
    assert (row.purity_low, row.purity_high) == (own.purity.min(), own.purity.max())


def test_one_graph_keeps_its_values():
    own = table(1, 1)
    (row,) = over_graphs(own, ["sampling", "layer"]).itertuples()
    assert row.interval == "none"
    assert (row.purity, row.purity_p) == (own.purity[0], own.purity_p[0])
    assert np.isnan([row.purity_low, row.purity_high]).all()


def test_values_that_are_not_finite_are_left_out():
    own = table(2, 2)
    own["purity"] = [1.0, -np.inf, np.nan, 3.0]
    own["purity_p"] = [0.9, 0.8, 0.7, 0.6]
    (row,) = over_graphs(own, ["sampling", "layer"]).itertuples()
    assert (row.purity, row.purity_low, row.purity_high, row.purity_p) == (2, 1, 3, 1)
    own["purity"] = [1.0, np.nan, np.nan, np.nan]
    (row,) = over_graphs(own, ["sampling", "layer"]).itertuples()
    assert row.purity == 1
    assert np.isnan([row.purity_low, row.purity_high]).all()


def test_p_values_and_nulls_are_of_the_graphs_that_have_the_measure():
    own = table(1, 2)
    own["purity"], own["purity_p"], own["purity_null_mean"] = [np.nan, 0.3], [np.nan, 0.4], [0.1, 0.2]
    (row,) = over_graphs(own, ["sampling", "layer"]).itertuples()
    assert (row.purity, row.purity_p, row.purity_null_mean) == (0.3, 0.4, 0.2)
    # A null that names no measure is of that before it.
    names = {"purity": "value", "purity_p": "p", "purity_null_low": "null_low", "purity_null_mean": "null_mean"}
    (row,) = over_graphs(own.rename(columns=names).assign(other=1.0), ["sampling", "layer"]).itertuples()
    assert (row.value, row.p, row.null_mean, row.null_low) == (0.3, 0.4, 0.2, own.purity_null_low[1])
    assert row.other == 1


def test_a_mean_over_the_graphs_that_have_a_measure_says_how_many_they_are():
    """Two classes that merge in one draw of five, in all of them, and in none."""
    levels = [-np.inf, -np.inf, 7.0, -np.inf, np.nan, 1.0, 2.0, 3.0, 4.0, 5.0, *[-np.inf] * 5]
    own = pd.DataFrame({"seed": 0, "draw": [*range(5)] * 3, "pair": np.repeat(["a", "b", "c"], 5), "level": levels})
    found = over_graphs(own, ["pair"], conditional={"level": "merge_share"}).set_index("pair")
    assert found[["n_networks", "n_graphs", "interval", "merge_share"]].values.tolist() == [
        [1, 1, "none", 0.2],
        [1, 5, "t over draws of one network", 1],
        [0, 0, "none", 0],
    ]
    np.testing.assert_equal(found.level.tolist(), [7, 3, np.nan])
    assert found.level_low.isna().tolist() == [True, False, True]
    assert found.loc["b"].to_dict() | {"merge_share": 1} == {
        **over_graphs(own[own.pair == "b"], ["pair"]).iloc[0].drop("pair").to_dict(),
        "merge_share": 1,
    }


def test_the_interval_covers_the_mean_over_networks_as_often_as_it_says():
    """Effects of networks are larger than those of draws; draws taken for networks would cover far less often."""
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        effects = np.repeat(rng.normal(size=6), 4)
        rows = {"seed": np.repeat(range(6), 4), "draw": np.tile(range(4), 6), "layer": 1}
        (row,) = over_graphs(pd.DataFrame({**rows, "x": effects + 0.2 * rng.normal(size=24)}), ["layer"]).itertuples()
        covered += row.x_low <= 0 <= row.x_high
    assert stats.binomtest(covered, 400, 0.95).pvalue > 0.01


def test_a_graph_of_what_is_not_drawn_is_paired_with_every_draw():
    graphs = [
        {"sampling": name, "draw": draw, "layer": layer}
        for draw in range(3)
        for name in ("full", "random", "top_l2", "central")
        for layer in (16, 8)
        if draw == 0 or name in ("random", "central")
    ]
    found = list(pairs_of_draws(graphs))
    names = [tuple(graph.values()) for graph in graphs]
    # Brute force: every two graphs whose draws are one, where 0 is any draw of what is not drawn.
    fixed = ("full", "top_l2")
    expected = {
        (max(a[1], b[1]), frozenset((a, b)))
        for a, b in combinations(names, 2)
        if a[1] == b[1] or a[0] in fixed or b[0] in fixed
    }
    assert {(draw, frozenset((names[a], names[b]))) for draw, a, b in found} == expected
    assert len(found) == len(expected)
    # The order of samplings is the same in every draw.
    order = [[(names[a][::2], names[b][::2]) for draw, a, b in found if draw == wanted] for wanted in range(3)]
    assert set(order[1]) < set(order[0])
    assert order[1] == order[2] == [pair for pair in order[0] if pair in order[1]]


def test_a_table_without_rows_keeps_its_columns():
    own = table(1, 1)
    found = over_graphs(own[:0], ["sampling", "layer"])
    assert found.columns.tolist() == over_graphs(own, ["sampling", "layer"]).columns.tolist()
    assert len(found) == 0


def test_a_graph_that_is_there_twice_is_refused():
    with pytest.raises(InputError, match="twice"):
        over_graphs(pd.concat([table(1, 1), table(1, 1)]), ["sampling", "layer"])
