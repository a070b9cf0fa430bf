"""The figures by epoch of training."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.figures import epoch_purity, epochs
from actopo.similarity.epochs import accuracy_rows, epoch_rows, epoch_table, specificity_rows
from actopo.similarity.specificity import blocks
from actopo.similarity.specificity_table import specificity_table

from unit.similarity.examples import random_distances

LAYERS = [0, 4, 9]
EPOCHS = [0, 1, 4]


def table(between_networks=2.0, between_batches=0.1, has_tests=True):
    distances = np.random.default_rng(0).uniform(1, 2, (3, 3, 3))
    distances[-1] = 0
    between = np.full((2, 3, 3), [[[between_networks]], [[between_batches]]])
    rows = epoch_rows(distances, EPOCHS, LAYERS, *between, "sw_h1")
    for epoch in EPOCHS if has_tests else ():
        tests = specificity_table({"sw_h1": blocks(random_distances(3, 3), 3, 3)}, LAYERS, [2, 2, 2], n_permutations=10)
        rows += specificity_rows(tests, epoch)
    for epoch in EPOCHS[1:]:
        rows += accuracy_rows([0.5, 0.7, 0.9], epoch, "test_accuracy")
    return epoch_table(rows), distances


def test_distances_tests_and_accuracy_by_epoch():
    rows, distances = table()
    left, middle, right = epochs.plot(rows, LAYERS, 1).axes
    for index, line in enumerate(left.lines[: len(LAYERS)]):
        np.testing.assert_allclose(line.get_ydata(), distances[..., index].mean(axis=1) / 2)
    assert [line.get_ydata()[0] for line in left.lines[3:]] == pytest.approx([1, 0.05])
    assert [text.get_text() for text in left.get_xticklabels()] == ["0", "1", "4"]
    assert len(middle.lines) == 3
    # A quantile at similarity.level, whatever that is.
    assert [text.get_text() for text in middle.get_legend().texts][1] == "permuted layers: upper limit"
    # There is no accuracy before training.
    np.testing.assert_allclose(right.lines[0].get_ydata(), [np.nan, 0.7, 0.7])


def test_layers_that_are_outputs_have_their_names():
    [legend, *_] = [axes.get_legend() for axes in epochs.plot(table()[0], LAYERS, 1, {9: "head_$"}).axes]
    assert [text.get_text() for text in legend.texts][:3] == ["layer 0", "layer 4", r"head_\$"]


def test_one_network_has_the_distance_between_batches_for_a_unit():
    left, right = epochs.plot(table(np.nan, 0.5, has_tests=False)[0], LAYERS, 1).axes
    assert left.get_ylabel().endswith("/ between batches")
    assert right.get_title() == "accuracy"
    alone = epochs.plot(table(np.nan, np.nan, has_tests=False)[0], LAYERS, 1).axes[0]
    assert alone.get_ylabel() == "distance to the last epoch\n(filtration units)"
    assert len(alone.lines) == len(LAYERS)
    with pytest.raises(InputError, match="no distances of dimension 0"):
        epochs.plot(table()[0], LAYERS, 0)


def test_purity_of_every_sampling_and_layer():
    rows = [
        {"sampling": sampling, "layer": layer, "epoch": epoch, "node_purity": (layer + epoch) / 30}
        | {"node_purity_null_mean": 0.1}
        for sampling in ("full", "random_$")
        for layer in (4, 16)
        for epoch in EPOCHS
    ]
    figure = epoch_purity.plot(pd.DataFrame(rows), [16, 4])
    first, second = figure.axes
    np.testing.assert_allclose(first.lines[0].get_ydata(), [16 / 30, 17 / 30, 20 / 30])
    np.testing.assert_allclose(second.lines[3].get_ydata(), 0.1)
    [legend] = figure.legends
    assert [text.get_text() for text in legend.texts] == ["layer 16", "layer 4", "labels permuted, mean"]


def test_many_layers_have_a_short_legend():
    handles = epochs.depth_handles(range(17))
    assert [handle.get_label() for handle in handles] == ["layer 0", "layer 8", "layer 16"]
