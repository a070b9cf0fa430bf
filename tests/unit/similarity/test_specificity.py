"""Specificity against SciPy's correlations, its nulls, and its table."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.similarity.intervals import network_interval, pair_range
from actopo.similarity.permutations import draw_permutations
from actopo.similarity.specificity import (
    blocks,
    defined_layers,
    ding_criterion,
    layer_retrieval,
    specificity,
)
from actopo.similarity.specificity_table import permutation_null, specificity_table
from scipy import stats

from unit.similarity.examples import between, random_distances, within_binomial

WIDTHS = [2, 2, 2, 2, 4, 4, 4, 4]


CORRELATIONS = pytest.mark.parametrize("correlation", ["pearson", "spearman"])


WITH_OR_WITHOUT_SELF = pytest.mark.parametrize("include_self", [True, False])


REFERENCES = pytest.mark.parametrize("references", ["fixed", "all"])


def random_blocks(n_models, n_layers, seed=2, decimals=8, references="all"):
    D = blocks(random_distances(n_models, n_layers, seed, decimals), n_models, n_layers)
    return D[:1] if references == "fixed" else D


def similar_models(n_models, n_layers, noise=0.1, seed=0):
    """Models whose layers lie near the same places."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n_layers, 3)) + noise * rng.normal(size=(n_models, n_layers, 3))
    points = points.reshape(-1, 3)
    return blocks(np.linalg.norm(points[:, None] - points[None], axis=2), n_models, n_layers)


def test_blocks():
    matrix = random_distances(3, 4)
    D = blocks(matrix, 3, 4)
    assert D.shape == (3, 3, 4, 4)
    assert D[2, 1, 3, 0] == matrix[2 * 4 + 3, 1 * 4 + 0]
    with pytest.raises(InputError, match=r"\(12, 12\).*4 models of 4 layers need \(16, 16\)"):
        blocks(matrix, 4, 4)


@CORRELATIONS
@WITH_OR_WITHOUT_SELF
@REFERENCES
@pytest.mark.parametrize("decimals", [8, 0])
@pytest.mark.parametrize("widths", [None, [1, 3, 3, 1, 3, 1, 3, 1]])
@pytest.mark.filterwarnings("ignore:An input array is constant")
def test_specificity_against_scipy(correlation, include_self, references, decimals, widths):
    D = random_blocks(4, 8, decimals=decimals, references=references)
    oracle = {"pearson": stats.pearsonr, "spearman": stats.spearmanr}[correlation]
    expected = np.full(D.shape[:3], np.nan)
    for a, b, layer in np.ndindex(expected.shape):
        if a != b:
            chosen = [m for m in range(8) if include_self or m != layer]
            if widths is not None:
                chosen = [m for m in chosen if widths[m] == widths[layer]]
            expected[a, b, layer] = oracle(D[a, a, layer, chosen], D[a, b, layer, chosen]).statistic
    rho = specificity(D, correlation, include_self, widths)
    np.testing.assert_allclose(rho, expected, rtol=1e-12, atol=1e-14)


@CORRELATIONS
def test_models_that_differ_by_an_affine_map_of_distances_have_rho_one(correlation):
    block = random_distances(1, 5)
    for foreign, rho in ((2 * block + 1, 1), (9 - block, -1)):
        D = np.array([[block, foreign], [foreign, block]])
        np.testing.assert_allclose(between(specificity(D, correlation)), np.full((2, 5), rho))
        assert np.isnan(specificity(D, correlation)[[0, 1], [0, 1]]).all()


def test_spearman_sees_order_alone():
    block = random_distances(1, 6)
    D = np.array([[block, np.exp(3 * block)]])
    np.testing.assert_allclose(specificity(D, "spearman")[0, 1], np.ones(6))
    assert (specificity(D)[0, 1] < 0.95).all()


def test_leaving_out_self_leaves_out_exactly_the_diagonal():
    block = random_distances(1, 5)
    foreign = block + np.diag([100.0, -100, 50, -50, 25])
    D = np.array([[block, foreign]])
    np.testing.assert_allclose(specificity(D, include_self=False)[0, 1], np.ones(5))
    assert (specificity(D)[0, 1] < 0.999).all()


@pytest.mark.parametrize("constant", [1.0, 0.1, 1e-3])
def test_constant_rows_have_no_correlation(constant):
    D = np.array([[random_distances(1, 7), np.full((7, 7), constant)]])
    assert np.isnan(specificity(D)).all()
    assert np.isnan(permutation_null(D, n_permutations=3)).all()


def test_same_width_takes_three_entries():
    rho = specificity(random_blocks(2, 6), widths=[1, 1, 2, 2, 2, 3])
    np.testing.assert_array_equal(np.isnan(rho[0, 1]), [True, True, False, False, False, True])
    assert np.isnan(specificity(random_blocks(2, 6), include_self=False, widths=[1, 1, 2, 2, 2, 3])).all()


def test_ding_criterion():
    own = np.array([[0.0, 1, 2, 3], [1, 0, 5, 5], [2, 5, 0, 7], [3, 5, 7, 0]])
    foreign = np.full((4, 4), 9.0)
    np.fill_diagonal(foreign, [2, 1, 0, 8])  # 3 > 2 and not 2 > 2; 5, 5 > 1; all > 0; none > 8
    np.testing.assert_allclose(ding_criterion([[own, foreign]])[0, 1], [1 / 3, 2 / 3, 1, 0])
    assert np.isnan(ding_criterion([[own, foreign]])[0, 0]).all()


def test_ding_criterion_of_models_that_are_alike():
    np.testing.assert_array_equal(between(ding_criterion(similar_models(3, 6, noise=0))), np.ones((6, 6)))


def test_layer_retrieval():
    # From A: layer 0 finds 0, layer 1 finds 1, layer 2 finds 1. From B: layer 0 is as near to A's layers 0 and 1.
    positions = np.array([0, 2, 4, 1, 3, 8])
    distances = np.abs(positions[:, None] - positions[None]).astype(float)
    distances[[1, 4], [4, 1]] = 0  # nearer than the tie at 1
    retrieval = layer_retrieval(blocks(distances, 2, 3))
    np.testing.assert_array_equal(between(retrieval), [[1, 1, 0], [0.5, 1, 1]])
    # Within a model every layer finds itself, which says nothing.
    assert np.isnan(retrieval[[0, 1], [0, 1]]).all()


@REFERENCES
def test_the_unit_of_distances_does_not_matter(references):
    D = random_blocks(4, 8, references=references)
    for function in (specificity, ding_criterion, layer_retrieval):
        np.testing.assert_allclose(function(1024 * D), function(D), rtol=1e-12)
    np.testing.assert_allclose(permutation_null(1024 * D, n_permutations=9), permutation_null(D, n_permutations=9))


@CORRELATIONS
@WITH_OR_WITHOUT_SELF
@REFERENCES
@pytest.mark.parametrize("same_width", [False, True])
@pytest.mark.parametrize("decimals", [8, 0])
@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_null_is_the_specificity_of_permuted_models(correlation, include_self, references, same_width, decimals):
    """Layers of all models in other places; a single reference stays, and those of the others go by its order."""
    n_models, widths = 4, WIDTHS if same_width else None
    D = random_blocks(n_models, 8, decimals=decimals, references=references)
    null = permutation_null(D, correlation, include_self, widths, same_width, n_permutations=5, seed=3)
    orders = draw_permutations(np.zeros(8) if widths is None else widths, (5, n_models), np.random.default_rng(3))
    for order, drawn in zip(orders, null, strict=True):
        if len(D) == 1:
            order = order[:, np.argsort(order[0])]
        permuted = np.empty_like(D)
        for a, b in np.ndindex(D.shape[:2]):
            permuted[a, b] = D[a, b][np.ix_(order[a], order[b])]
        rho = specificity(permuted, correlation, include_self, widths)
        np.testing.assert_allclose(drawn, np.nanmean(between(rho), axis=0), rtol=1e-10, atol=1e-12)


def test_null_does_not_depend_on_threads_and_on_what_is_standardised_at_once(monkeypatch):
    D = random_blocks(5, 8, decimals=0)
    null = permutation_null(D, "spearman", include_self=False, n_permutations=20)
    np.testing.assert_array_equal(permutation_null(D, "spearman", False, n_permutations=20, n_threads=2), null)
    monkeypatch.setattr("actopo.similarity.specificity_table.ENTRIES_AT_ONCE", 1)
    np.testing.assert_array_equal(permutation_null(D, "spearman", False, n_permutations=20), null)


@REFERENCES
@pytest.mark.parametrize("restricted", [False, True])
def test_p_values_are_uniform_where_labels_mean_nothing(references, restricted):
    """Random models, whose distances depend on widths where the null knows of widths."""
    widths, p_values = np.array([1, 1, 1, 2, 2, 2]), []
    offset = restricted * 5.0 * np.not_equal.outer(widths, widths)
    for seed in range(200):
        D = random_blocks(5, 6, seed, references=references) + offset
        null = permutation_null(D, widths=widths if restricted else None, n_permutations=39, seed=seed).mean(axis=1)
        value = between(specificity(D)).mean()
        p_values.append((1 + (null >= value).sum()) / 40)
    for level in (0.1, 0.25, 0.5, 0.75):
        assert within_binomial((np.array(p_values) <= level).sum(), 200, level)


def test_distances_that_are_equal_up_to_rounding_are_ties():
    D = np.ones((2, 2, 3, 3))
    D[0, 1, 0] = [0, 1e-16, 1]
    D[0, 0, 1], D[0, 1, 1, 1] = [1 + 1e-15, 0, 2], 1
    assert layer_retrieval(D)[0, 1, 0] == 1 / 2
    assert ding_criterion(D)[0, 1, 1] == 1 / 2
    np.testing.assert_array_equal(layer_retrieval(1e-30 * D), layer_retrieval(D))


@REFERENCES
def test_p_values_of_a_layer_are_uniform_where_labels_mean_nothing(references):
    """Of one layer and many models, where the distance of the same two layers stands in both directions of a pair."""
    p_values = []
    for seed in range(200):
        D = random_blocks(30, 4, seed, references=references)
        null = permutation_null(D, n_permutations=39, seed=seed)[:, 1]
        p_values.append((1 + (null >= between(specificity(D))[..., 1].mean()).sum()) / 40)
    for level in (0.1, 0.25, 0.5, 0.75):
        assert within_binomial((np.array(p_values) <= level).sum(), 200, level)


def test_null_of_distances_that_depend_on_width_alone():
    scale = np.log2(WIDTHS)
    block = np.add.outer(scale, 3 * scale)
    D = np.array([[block, 2 * block + 1, block]])
    np.testing.assert_allclose(permutation_null(D, widths=WIDTHS, n_permutations=20), np.ones((20, 8)))
    assert permutation_null(D, n_permutations=20).mean() < 0.5


@pytest.fixture(scope="module")
def table():
    D = similar_models(5, 8)
    arguments = {"n_permutations": 99, "level": 0.9, "seed": 1}
    return specificity_table({"sw_h0": D, "other": D[:1]}, range(3, 11), WIDTHS, **arguments)


def select(table, metric="sw_h0", models="all", statistic="rho", correlation="pearson", own_layer="with"):
    names = {"metric": metric, "models": models, "statistic": statistic}
    names |= {"correlation": correlation, "own_layer": own_layer}
    return table[(table[list(names)] == pd.Series(names)).all(axis=1)].set_index("layer")


def test_table_holds_every_variant_once(table):
    kinds = ["metric", "models", "statistic", "correlation", "own_layer"]
    variants = table.groupby(kinds, sort=False).layer.agg(list)
    assert all(layers == ["mean", *map(str, range(3, 11))] for layers in variants)
    assert len(variants) == 3 * (2 * 2 * 2 + 2)
    assert {key[:2] for key in variants.index} == {("sw_h0", "fixed"), ("sw_h0", "all"), ("other", "fixed")}
    pairs = table.groupby(["metric", "models"]).n_pairs.unique().map(list).to_dict()
    assert pairs == {("sw_h0", "fixed"): [4], ("sw_h0", "all"): [20], ("other", "fixed"): [4]}
    assert (table.n_models == 5).all()


def test_table_holds_what_the_functions_return(table):
    D = similar_models(5, 8)
    rows = select(table, correlation="spearman", own_layer="without")
    rho = specificity(D, "spearman", include_self=False)
    np.testing.assert_allclose(rows.value["3":], between(rho).mean(axis=0))
    np.testing.assert_allclose(rows.sd["3":], between(rho).std(axis=0, ddof=1))
    assert rows.value["mean"] == pytest.approx(between(rho).mean())
    assert rows.sd["mean"] == pytest.approx(between(rho).mean(axis=1).std(ddof=1))
    low, high = network_interval(rho, 0.9)
    np.testing.assert_array_equal(rows.low["3":], low)
    np.testing.assert_array_equal(rows.high["3":], high)
    np.testing.assert_array_equal(rows[["min", "max"]].T.loc[:, "3":], pair_range(rho))
    for prefix, widths in (("", None), ("width_", WIDTHS)):
        null = permutation_null(D, "spearman", False, widths, n_permutations=99, seed=1)
        assert rows[f"{prefix}null_mean"]["mean"] == pytest.approx(null.mean())
        assert rows[f"{prefix}null_high"]["mean"] == pytest.approx(np.quantile(null.mean(axis=1), 0.9))
        np.testing.assert_allclose(rows[f"{prefix}null_high"]["3":], np.quantile(null, 0.9, axis=0))
    same = select(table, models="fixed", statistic="rho_same_width")
    assert same.value["mean"] == pytest.approx(between(specificity(D[:1], widths=WIDTHS)).mean())
    null = permutation_null(D[:1], widths=WIDTHS, same_width=True, n_permutations=99, seed=1)
    assert same.width_null_mean["5"] == pytest.approx(null[:, 2].mean())
    assert same.null_mean.isna().all()
    for statistic, function in (("ding", ding_criterion), ("retrieval", layer_retrieval)):
        rows = select(table, statistic=statistic, correlation="", own_layer="")
        np.testing.assert_allclose(rows.value["3":], between(function(D)).mean(axis=0))
        assert rows[[name for name in rows if "null" in name or "p_value" in name]].isna().all(axis=None)


def test_a_lone_reference_is_the_first_of_all(table):
    columns = table.columns[6:]
    np.testing.assert_array_equal(*(select(table, metric, "fixed")[columns] for metric in ("sw_h0", "other")))


def test_p_value_of_models_that_are_alike(table):
    for models in ("fixed", "all"):
        rows = select(table, models=models)
        assert rows.p_value["mean"] == rows.width_p_value["mean"] == 1 / 100
        assert rows.null_mean["mean"] < rows.width_null_mean["mean"] < rows.value["mean"]


def test_p_value_where_permutations_change_nothing():
    """Every layer has a width of its own: rounding must not tell the null from the value."""
    arguments = {"n_permutations": 20}
    table = specificity_table({"x": random_blocks(4, 5)}, range(5), range(5), **arguments)
    assert (table.width_p_value[table.statistic == "rho"] == 1).all()
    same = table[table.statistic == "rho_same_width"]
    assert same[["value", "sd", "low", "width_p_value"]].isna().all(axis=None)
    assert (same.n_pairs == 0).all()


def test_same_seed_same_table(table):
    again = [specificity_table({"sw_h0": similar_models(5, 8)}, range(8), WIDTHS, 20, seed=seed) for seed in (0, 0, 1)]
    pd.testing.assert_frame_equal(again[0], again[1], check_exact=True)
    assert not again[0].equals(again[2])
    np.testing.assert_array_equal(again[0].value, again[2].value)


@pytest.mark.parametrize("function", [specificity, ding_criterion, layer_retrieval, permutation_null])
@pytest.mark.parametrize(
    ("D", "message"),
    [
        (random_blocks(1, 5), "single model"),
        (random_blocks(3, 5)[:2], r"\(2, 3, 5, 5\).*first model or all"),
        (random_blocks(3, 5)[..., 1:], r"\(3, 3, 5, 4\)"),
        (random_distances(2, 5), r"\(10, 10\)"),
        (random_blocks(3, 2), "2 layer"),
        (np.full((2, 2, 4, 4), np.nan), "not all finite"),
        (np.full((1, 2, 4, 4), np.inf), "not all finite"),
    ],
)
def test_bad_distances(function, D, message):
    with pytest.raises(InputError, match=message):
        function(D)


@pytest.mark.parametrize("function", [specificity, permutation_null])
@pytest.mark.parametrize(
    ("arguments", "message"), [({"correlation": "kendall"}, "kendall"), ({"widths": [1, 2]}, r"\(2,\).*5 layers")]
)
def test_bad_arguments(function, arguments, message):
    with pytest.raises(InputError, match=message):
        function(random_blocks(2, 5), **arguments)


@pytest.mark.parametrize("where", [(1, 3), (0, 0), (2, 7)])
def test_a_layer_without_distances_in_one_model_is_left_out_for_all(where, caplog):
    D, (model, layer) = random_blocks(6, 8), where
    kept = np.arange(8) != layer
    D[model, :, layer], D[:, model, :, layer] = np.nan, np.nan
    np.testing.assert_array_equal(defined_layers(D), kept)
    np.testing.assert_array_equal(defined_layers(D[:1]), kept)
    table = specificity_table({"cka": D}, range(8), WIDTHS, n_permutations=20)
    assert f"cka: layers without distances in some network are left out: {layer}" in caplog.text
    without = D[:, :, kept][..., kept]
    expected = specificity_table({"cka": without}, np.flatnonzero(kept), np.array(WIDTHS)[kept], n_permutations=20)
    pd.testing.assert_frame_equal(table[table.layer != str(layer)].reset_index(drop=True), expected)
    rows = table[table.layer == str(layer)]
    assert len(rows) == len(table) / 9
    assert rows.value.isna().all()
    assert (rows.n_pairs == 0).all()


def test_single_entries_that_are_not_finite_and_other_widths_are_errors():
    D = random_blocks(3, 4)
    D[0, 1, 2, 3] = np.nan
    with pytest.raises(InputError, match="not all finite"):
        specificity_table({"cka": D}, range(4), [1] * 4)
    with pytest.raises(InputError, match="widths have shape"):
        specificity_table({"cka": random_blocks(3, 4)}, range(4), [1] * 3)
