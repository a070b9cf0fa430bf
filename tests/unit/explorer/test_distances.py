import base64

import numpy as np
import pandas as pd
from actopo.explorer.distances import (
    batch_document,
    columns_of,
    diagram_document,
    epoch_document,
    matrix_documents,
    pair_document,
    rho_document,
)
from actopo.similarity.specificity_table import specificity_table

from unit.explorer.examples import MATRIX, epoch_table, pair_tables, rho_table


def test_matrices_are_rows_one_after_another():
    documents = matrix_documents(
        "trained", np.array([3, 5]), {"cka": MATRIX, "cka_chance": MATRIX + 1, "x": MATRIX}, {"cka": "CKA"}
    )
    assert [(own["metric"], own["label"], own["seeds"]) for own in documents] == [
        ("cka", "CKA", [3, 5]),
        ("x", "x", [3, 5]),
    ]
    assert documents[0]["values"][0] == [0, 1, 2, 1, 0, 4, 2, 4, 0]
    assert documents[0]["values"][1][5] is None
    assert documents[0]["chance"][0] == [1, 2, 3, 2, 1, 5, 3, 5, 1]
    assert documents[1]["chance"] is None


def test_a_single_batch_has_no_variation():
    assert batch_document(1, MATRIX[0], np.full((3, 3), np.nan))["variation"] is None
    assert batch_document(2, MATRIX[0], MATRIX[1])["variation"][4] == 0.25


def test_diagrams_come_back_as_float32():
    diagram = np.random.default_rng(0).random((7, 2))
    texts = diagram_document({"h1": [diagram, diagram[:0]]})["h1"]
    found = np.frombuffer(base64.b64decode(texts[0]), dtype="<f4").reshape(-1, 2)
    np.testing.assert_array_equal(found, diagram.astype(np.float32))
    assert texts[1] == ""


def test_rho_is_that_of_the_paper():
    document = rho_document([("trained", rho_table()), ("gaussian", rho_table())])
    rows = pd.DataFrame(document["rows"], columns=document["columns"])
    assert rows[["clouds", "layer"]].to_numpy().tolist() == [
        [clouds, layer] for clouds in ("trained", "gaussian") for layer in ("mean", "1", "2", "3")
    ]
    # Columns that the table does not have are empty.
    assert rows.low.isna().all()
    # Rows of all references, and those without the layer itself, are others.
    for column, other in (("models", "all"), ("own_layer", "without")):
        both = pd.concat([rho_table(), rho_table().assign(**{column: other})])
        assert rho_document([("trained", both), ("gaussian", rho_table())]) == document


def test_rho_is_found_in_a_table_of_results():
    distances = np.random.default_rng(0).random((3, 3, 4, 4))
    table = specificity_table({"cka": distances}, [1, 2, 3, 4], [2] * 4, n_permutations=5)
    document = rho_document([("trained", table)])
    rows = pd.DataFrame(document["rows"], columns=document["columns"])
    assert rows.layer.tolist() == ["mean", "1", "2", "3", "4"]
    # Of the first network and each of the others.
    assert rows.n_pairs.tolist() == [2] * 5


def test_columns_that_are_not_there_are_empty():
    assert columns_of(pd.DataFrame({"a": [1.5]}), ["a", "b"]) == {"columns": ["a", "b"], "rows": [[1.5, None]]}


def test_epochs_have_what_is_known():
    document = epoch_document(epoch_table())
    rows = pd.DataFrame(document["rows"], columns=document["columns"])
    assert set(rows.statistic) == {"distance", "relative", "rho", "test_accuracy"}
    assert set(rows.layer) == {"1", "2", "3", "mean"}
    assert rows[rows.statistic == "test_accuracy"].metric.tolist() == ["", ""]
    unknown = pd.concat([epoch_table(), epoch_table().assign(value=np.nan)])
    assert epoch_document(unknown) == document
    # Statistics that are not drawn.
    other = pd.concat([epoch_table(), epoch_table().assign(statistic="ding")])
    assert epoch_document(other) == document
    assert epoch_document(None)["rows"] == []


def test_two_networks_have_a_matrix_for_each_measure():
    document = pair_document(["a", "b"], pair_tables(("x", "y")), {"sw_h1": "SW"})
    assert document["names"] == ["a", "b"]
    assert [(own["metric"], own["label"]) for own in document["measures"]] == [
        ("sw_h1", "SW"),
        ("linear_cka", "linear_cka"),
        ("graphs", "graphs"),
    ]
    first, second, graphs = document["measures"]
    assert first["layers"] == [[[1, "x"], [2, "x"]], [[4, "4 y"], [5, "5 y"], [6, "6 y"]]]
    assert first["values"] == [4, 5, 6, 8, 10, 12]
    assert (first["chance"], second["chance"]) == (None, [0.5] * 6)
    assert (graphs["layers"], graphs["values"]) == ([[[1, "x"]], [[6, "4 y"]]], [0.75])
    assert pair_document([], [], {}) is None


def test_pairs_without_a_distance_by_chance_leave_those_of_others():
    table, _ = pair_tables(("x", "y"))
    table.loc[(table.measure == "linear_cka") & (table.layer_b == 5), "chance"] = np.nan
    _, measure = pair_document(["a", "b"], [table], {})["measures"]
    assert measure["chance"] == [0.5, None, 0.5] * 2


def test_layers_of_two_networks_whose_names_are_numbers_have_their_own_beside_them():
    table, _ = pair_tables(("0", "y"))
    measure, _ = pair_document(["a", "b"], [table], {})["measures"]
    assert measure["layers"][0] == [[1, "0 (layer 1)"], [2, "0 (layer 2)"]]
