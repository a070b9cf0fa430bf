"""Tables of purity hold what the functions return, graph by graph and class by class."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.graphs.purity import (
    class_purity,
    coverage,
    majority_share,
    node_entropy,
    node_purity,
    permutation_null,
    weighted_mean,
)
from actopo.graphs.purity_tables import LabelledGraph, purity_tables
from scipy import sparse

CLASSES = ["cat", "deer", "dog"]


def labelled(seed, n_points=60, n_nodes=7, **facts):
    rng = np.random.default_rng(seed)
    incidence = sparse.csr_array((rng.random((n_points, n_nodes)) < 0.15).astype(np.int8))
    images = np.arange(n_points) // 2
    facts = {"n_points": n_points, "n_components": 2 + seed, "n_cycles": 5 - seed, **facts}
    return LabelledGraph(incidence, rng.integers(0, 3, n_points // 2)[images], images, 11 + seed, facts)


def graphs():
    return [
        ({"sampling": "random", "layer": 16}, labelled(0, eps=1.5)),
        ({"sampling": "full", "layer": 4}, labelled(1)),
    ]


@pytest.mark.parametrize(("rule", "shown"), [("knee", 0.3), ("stable", np.nan), ("median", np.nan)])
def test_share_of_a_knee_that_is_not_eps_is_not_shown(rule, shown):
    graph = labelled(0, eps=1.5, eps_choice={"rule": rule, "knee_share": 0.3, "knee_rank": 18})
    by_graph, _ = purity_tables([({"layer": 1}, graph)], CLASSES, n_permutations=5)
    np.testing.assert_equal(by_graph.knee_share.item(), shown)


def test_images_without_labels_have_sizes_and_no_purity():
    key, graph = graphs()[0]
    graph = graph._replace(labels=np.zeros_like(graph.labels))
    by_graph, by_class = purity_tables([(key, graph)], ["unlabelled"])
    labelled_table, _ = purity_tables(graphs()[:1], CLASSES)
    empty = [name for name in by_graph if by_graph[name].isna().all()]
    assert {"node_purity", "node_purity_p", "majority_share", "entropy", "class_purity"} <= set(empty)
    kept = [name for name in by_graph if name not in empty]
    assert {"n_nodes", "n_points", "coverage", "eps"} <= set(kept)
    pd.testing.assert_frame_equal(by_graph[kept], labelled_table[kept])
    assert by_class["class"].tolist() == ["unlabelled"]
    assert by_class.purity.isna().all()


def test_two_classes_have_all_permutations():
    key, graph = graphs()[0]
    graph = graph._replace(labels=np.minimum(graph.labels, 1))
    (row,) = purity_tables([(key, graph)], CLASSES[:2], n_permutations=39)[0].to_dict("records")
    null = permutation_null(graph.incidence, graph.labels, 2, 39, groups=graph.images)["majority_share"]
    assert [row[f"majority_share_{name}"] for name in ("null_low", "null_high", "p")] == [
        null[name] for name in ("low", "high", "p")
    ]
    assert null["low"] < null["high"]


@pytest.mark.parametrize("uncovered", ["drop", "zero"])
def test_rows_are_what_the_functions_return(uncovered):
    by_graph, by_class = purity_tables(iter(graphs()), CLASSES, uncovered, n_permutations=20, seed=4)
    assert by_graph[["sampling", "layer"]].values.tolist() == [["random", 16], ["full", 4]]
    for (key, graph), row in zip(graphs(), by_graph.to_dict("records"), strict=True):
        incidence, labels = graph.incidence, graph.labels
        alpha, sizes = node_purity(incidence, labels), incidence.sum(axis=0)
        gamma = class_purity(incidence, labels, 3, uncovered)
        null = permutation_null(incidence, labels, 3, 20, 4, graph.images, uncovered)
        entropy = node_entropy(incidence, labels, 3, normalised=True)
        expected = {**key, "eps": graph.facts.get("eps", np.nan), "n_nodes": 7, "n_edges": graph.n_edges}
        expected["knee_share"] = graph.facts.get("eps_choice", {"knee_share": np.nan})["knee_share"]
        expected |= {name: graph.facts[name] for name in ("n_points", "n_components", "n_cycles")}
        expected |= {
            "node_purity": np.mean(alpha),
            "node_purity_by_size": weighted_mean(alpha, sizes),
            "majority_share": weighted_mean(majority_share(incidence, labels), sizes),
            "entropy": weighted_mean(entropy, sizes),
            "class_purity": np.mean(gamma),
            "coverage": np.count_nonzero(incidence.sum(axis=1)) / 60,
        }
        for name in ("node_purity", "majority_share"):
            expected |= {f"{name}_null_{part}": null[name][part] for part in ("mean", "low", "high")}
            expected[f"{name}_p"] = null[name]["p"]
        assert row == pytest.approx(expected, nan_ok=True, rel=1e-14)
        own = by_class[(by_class.sampling == key["sampling"]) & (by_class.layer == key["layer"])]
        assert own["class"].tolist() == CLASSES
        np.testing.assert_array_equal(own.purity, gamma)
        np.testing.assert_array_equal(own.coverage, coverage(incidence, labels, 3))
        for part in ("mean", "low", "high"):
            np.testing.assert_array_equal(own[f"purity_null_{part}"], null["class_purity"][part])
        np.testing.assert_array_equal(own.purity_p, null["class_purity"]["p"])
    assert len(by_class) == 6


def test_same_seed_same_tables():
    first, again, other = (purity_tables(graphs(), CLASSES, n_permutations=9, seed=seed) for seed in (1, 1, 2))
    for a, b in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(a, b, check_exact=True)
    assert not first[0].equals(other[0])


def test_a_graph_without_a_node():
    graph = labelled(0, n_nodes=0)
    by_graph, by_class = purity_tables([({"layer": 4}, graph)], CLASSES, n_permutations=5)
    (row,) = by_graph.to_dict("records")
    assert (row["n_nodes"], row["coverage"]) == (0, 0)
    assert np.isnan([row["node_purity"], row["majority_share"], row["entropy"], row["class_purity"]]).all()
    assert by_class.purity.isna().all()
    # Points in no node count as 0 where that is the policy.
    zero, _ = purity_tables([({"layer": 4}, graph)], CLASSES, "zero", n_permutations=5)
    assert zero.class_purity.tolist() == [0]


def test_bad_policy():
    with pytest.raises(InputError, match="skip"):
        purity_tables(graphs(), CLASSES, "skip", n_permutations=5)
