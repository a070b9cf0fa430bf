"""Tables of placements by hand, on a graph of four nodes."""

import numpy as np
import pandas as pd
import pytest
from actopo.mapper.placement_tables import placement_summary, placement_table
from scipy import sparse

NAMES = ["cat", "7"]


PREDICTED = np.array([0, 1, 1, 1, 0])


def placements(predicted):
    # Nodes: three cats; one cat and one 7; two 7; two cats and two 7.
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1])
    node = np.array([0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3])
    incidence = sparse.csr_array((np.ones(11, dtype=bool), (np.arange(11), node)), shape=(11, 4))
    placed = sparse.csr_array(
        np.array([[1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 1, 1, 0], [1, 0, 0, 0]], dtype=bool)
    )
    columns = {"image": np.arange(5), "row": np.arange(5), "col": np.zeros(5, int), "label": np.array([0, 0, 1, 1, 1])}
    return placement_table(placed, columns, predicted, incidence, labels, NAMES)


@pytest.fixture
def table():
    return placements(PREDICTED)


def test_points(table):
    assert table.nodes.tolist() == ["0 1", "2", "", "1 2", "0"]
    assert table.label.tolist() == ["cat", "cat", "7", "7", "7"]
    assert table.predicted.tolist() == ["cat", "7", "7", "7", "cat"]
    assert table.majority.tolist() == ["cat", "7", "", "7", "cat"]
    np.testing.assert_allclose(table.label_share, [0.75, 0, np.nan, 0.75, 0])
    np.testing.assert_allclose(table.predicted_share, [0.75, 1, np.nan, 0.75, 1])


def test_summary(table):
    found = placement_summary(table).set_index("group")
    assert found.n_points.to_dict() == {"all": 5, "right": 3, "wrong": 2}
    np.testing.assert_allclose(found.placed, [0.8, 2 / 3, 1])
    np.testing.assert_allclose(found.majority_is_label, [0.5, 1, 0])
    np.testing.assert_allclose(found.majority_is_predicted, [1, 1, 1])
    np.testing.assert_allclose(found.label_share, [0.375, 0.75, 0])
    assert "kept" not in found
    own = sparse.csr_array(np.array([[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1], [1, 0, 0, 0]], dtype=bool))
    kept = placement_summary(table, own).set_index("group").kept
    # The second point was in no node, so that it has none to keep.
    np.testing.assert_allclose(kept, [0.5, 1 / 3, 1])


def test_outputs_that_are_no_classes_are_right_about_nothing(table):
    """Whatever does not depend on predictions is as with them."""
    unknown = placements(None)
    assert unknown.predicted.tolist() == [""] * 5
    assert unknown.predicted_share.isna().all()
    pd.testing.assert_frame_equal(
        unknown.drop(columns=["predicted", "predicted_share"]), table.drop(columns=["predicted", "predicted_share"])
    )
    found, known = (placement_summary(own).set_index("group") for own in (unknown, table))
    assert found.loc[["right", "wrong"]].isna().all(axis=None)
    assert found.loc["all", ["majority_is_predicted", "predicted_share"]].isna().all()
    same = ["n_points", "placed", "majority_is_label", "label_share"]
    assert found.loc["all", same].tolist() == known.loc["all", same].tolist()
    # A file has an empty field, and whole numbers of points.
    assert [row.split(",")[1] for row in placement_summary(unknown).to_csv(index=False).split()] == [
        "n_points",
        "5",
        "",
        "",
    ]


def test_images_without_labels_have_no_shares_of_classes():
    """A single class stands for all of them."""
    zeros = np.zeros(3, dtype=int)
    incidence = sparse.csr_array(np.ones((3, 1), dtype=bool))
    columns = dict.fromkeys(("image", "row", "col", "label"), zeros)
    table = placement_table(incidence, columns, None, incidence, zeros, ["unlabelled"])
    assert table.nodes.tolist() == ["0"] * 3
    assert table.majority.tolist() == [""] * 3
    assert table[["label_share", "predicted_share"]].isna().all(axis=None)
    found = placement_summary(table, incidence).set_index("group").loc["all"]
    assert found[["n_points", "placed", "kept"]].tolist() == [3, 1, 1]
    assert found.drop(["n_points", "placed", "kept"]).isna().all()


def test_no_new_points(table):
    found = placement_summary(table[:0])
    assert found.n_points.tolist() == [0, 0, 0]
    assert found.placed.isna().all()
