"""Purity by labels of images against sums written out, theorems, and purity by the classes themselves."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.graphs.image_labels import ImageLabels
from actopo.graphs.label_purity import explained_null, explained_variance, label_table
from actopo.graphs.purity import permutation_null
from actopo.graphs.purity_tables import LabelledGraph
from scipy import sparse


def example(seed=0, n=120, n_nodes=7):
    """Points of 40 images in nodes that overlap, some points in none."""
    rng = np.random.default_rng(seed)
    member = rng.random((n, n_nodes)) < 0.25
    return sparse.csr_array(member), rng.integers(0, 40, n), member, rng


def brute_force(member, values):
    pairs = [(k, values[x]) for x, k in zip(*np.nonzero(member), strict=True)]
    overall = np.mean([y for _, y in pairs])
    means = {k: np.mean([y for node, y in pairs if node == k]) for k, _ in pairs}
    within = sum((y - means[k]) ** 2 for k, y in pairs)
    return 1 - within / sum((y - overall) ** 2 for _, y in pairs)


@pytest.mark.parametrize("seed", range(4))
def test_explained_variance_is_that_of_memberships(seed):
    incidence, _, member, rng = example(seed)
    values = rng.normal(size=120) * 1e3 + 1e6
    assert explained_variance(incidence, values) == pytest.approx(brute_force(member, values), rel=1e-9)


def test_extremes():
    incidence = sparse.csr_array(np.eye(3, dtype=bool)[[0, 0, 1, 1, 2]])
    assert explained_variance(incidence, [4, 4, 7, 7, -1]) == 1
    assert explained_variance(incidence[:4], [1, 3, 3, 1]) == 0
    assert np.isnan(explained_variance(incidence, [0.1] * 5))
    assert np.isnan(explained_variance(sparse.csr_array((5, 3), dtype=bool), np.arange(5.0)))


def test_null_of_numbers():
    incidence, images, member, rng = example()
    by_image = rng.normal(size=40)
    found = explained_null(incidence, by_image[images], images, 199, seed=3)
    assert found["observed"] == pytest.approx(brute_force(member, by_image[images]))
    # The same by hand, with the same order of draws.
    present, place = np.unique(images, return_inverse=True)
    draw = np.random.default_rng(3)
    drawn = [brute_force(member, draw.permutation(by_image[present])[place]) for _ in range(199)]
    assert found["mean"] == pytest.approx(np.mean(drawn))
    np.testing.assert_allclose([found["low"], found["high"]], np.quantile(drawn, [0.025, 0.975]))
    assert found["p"] == (1 + np.sum(np.array(drawn) >= found["observed"] - 1e-12)) / 200
    # Numbers that are those of the nodes are beyond all permutations.
    node = np.where(member.any(axis=1), member.argmax(axis=1), 0).astype(float)
    assert explained_null(incidence, node, np.arange(120), 99)["p"] == 0.01
    with pytest.raises(InputError, match="at least one permutation"):
        explained_null(incidence, node, images, 0)


def test_p_values_of_independent_numbers_are_uniform():
    incidence, _, _, rng = example(n=60)
    p = [explained_null(incidence, rng.normal(size=60), np.arange(60), 19, seed)["p"] for seed in range(300)]
    assert np.mean(np.array(p) <= 0.1) == pytest.approx(0.1, abs=0.05)
    assert np.mean(p) == pytest.approx(0.525, abs=0.05)


def graph_of(incidence, images, labels):
    return LabelledGraph(incidence, labels, images, 0, {})


def test_labels_that_are_the_classes_have_their_purity():
    incidence, images, _, rng = example()
    by_image = rng.integers(0, 3, 40)
    labels = ImageLabels(by_image, ["a", "b", "c"], 2)
    table = label_table([({"layer": 4}, graph_of(incidence, images, by_image[images]))], labels, "drop", 19, 5)
    null = permutation_null(incidence, by_image[images], 3, 19, 5, images)
    graph = graph_of(incidence, images, by_image[images])
    assert label_table([({}, graph)], labels).equals(label_table([({}, graph)], labels, "drop", 199, 0))
    rows = table.set_index(["measure", "class"])
    for measure in ("node_purity", "majority_share"):
        assert rows.value[measure, "all"] == null[measure]["observed"]
        assert rows.p[measure, "all"] == null[measure]["p"]
    for k, name in enumerate("abc"):
        assert rows.value["class_purity", name] == null["class_purity"]["observed"][k]
        assert rows.null_high["class_purity", name] == null["class_purity"]["high"][k]
    assert set(table.layer) == {4}
    assert set(table.unknown_rows) == {2}
    assert set(table.unlabelled_points) == {0}


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_points_without_a_label_are_left_out(kind):
    incidence, images, member, rng = example()
    values = rng.integers(0, 3, 40) if kind == "classes" else rng.normal(size=40)
    labelled = rng.random(40) < 0.6
    names = ["a", "b", "c"] if kind == "classes" else None
    some = ImageLabels(np.where(labelled, values, -1 if names else np.nan), names, 0)
    whole = graph_of(incidence, images, images)
    table = label_table([({"layer": 4}, whole)], some, "drop", 19)
    # As if the other points were not there.
    kept = labelled[images]
    rest = graph_of(incidence[kept], images[kept], images[kept])
    expected = label_table([({"layer": 4}, rest)], some, "drop", 19)
    assert table.drop(columns="unlabelled_points").equals(expected.drop(columns="unlabelled_points"))
    assert set(table.kind) == {kind}
    assert set(table.unlabelled_images) == {40 - labelled.sum()}
    np.testing.assert_allclose(table.unlabelled_points, 1 - kept.mean())
    np.testing.assert_allclose(table.coverage, member[kept].any(axis=1).mean())
    none = ImageLabels(np.full(40, -1), ["a"], 0)
    with pytest.raises(InputError, match="no point of the graph of layer 4 has a label"):
        label_table([({"layer": 4}, whole)], none)
