"""A small graph of four images, and a page of it."""

from itertools import product

import numpy as np
import pandas as pd
from actopo.explorer.distances import (
    CALIBRATION_COLUMNS,
    CURVE_COLUMNS,
    DETECTION_COLUMNS,
    RHO,
    batch_document,
    columns_of,
    diagram_document,
    epoch_document,
    matrix_documents,
    pair_document,
    rho_document,
)
from actopo.explorer.documents import image_document, main_document
from actopo.explorer.graphs import graph_document
from actopo.explorer.page import build_page, fit
from actopo.explorer.thumbnails import image_sheets
from scipy.sparse import csr_array

IMAGES = np.array([0, 0, 1, 2, 3])
LABELS = np.array([0, 0, 1, 1])
# Points by nodes; the third point is in no node.
INCIDENCE = csr_array(np.array([[1, 0], [1, 1], [0, 0], [0, 1], [0, 1]], dtype=bool))
POSITIONS = np.array([3, 1, 0, 2, 0])
# Of 2 x 2 positions, each a quarter of the image.
BOXES = {"bn 1": [[left, top, 0.5, 0.5] for top in (0, 0.5) for left in (0, 0.5)]}
# Names of labels of a user's, some of which are those of measures, or of what every object of JavaScript has.
MEASURES = ("weight", "confidence", "misclassified", "purity", "lens", "coverage", "toString", "__proto__")
COLUMNS = ("breed", "class", "constructor")


def graph(names):
    nodes = [
        {"id": 0, "size": 2, "composition": {names[0]: 2}, "purity": 1.0},
        {
            "id": 1,
            "size": 3,
            "composition": {names[0]: 1, names[1]: 2} if len(names) > 1 else {names[0]: 3},
            "purity": 0.5,
        },
    ]
    nodes = [{**node, "lens_min": 0.5, "lens_max": 2.0, "lens_mean": 1.0 + node["id"]} for node in nodes]
    nodes = [{**node, "lens2_min": -2.0, "lens2_max": 3.0, "lens2_mean": 0.5 - node["id"]} for node in nodes]
    links = [{"source": 0, "target": 1, "shared": 1, "jaccard": 0.25}]
    return {"graph": {"n_points": 5}, "nodes": nodes, "links": links}


def document(names=("cat", "dog"), number=0, **kwargs):
    """One graph, whose number adds to those of a user's labels; that of noisy images is known by these alone."""
    extra = {} if "sigma" in GRAPHS[number] else {"confidence": [0.25, None], "misclassified": [0.25, 0.5]}
    extra |= {f"label:{name}": [number + place + 5.0, number + place + 7.0] for place, name in enumerate(MEASURES)}
    positions = (np.array([3, 1, 0, 2]), POSITIONS)
    made = graph_document(graph(names), INCIDENCE, IMAGES, names, *positions, **{"extra": extra, **kwargs})
    breeds = {"classes": ["x", names[0]], "colours": ["#000000", "#ffffff"], "counts": [[0, 1], [0, 2, 1, 1]]}
    return {**made, "columns": {f"label:{name}": breeds for name in COLUMNS}}


# What each graph of the page is of, if it differs from the first, which is of layer 1 and was made with an eps of 1.
GRAPHS = [{}, {"layer": 2, "layer_name": "layer 2"}, {"seed": 1}, {"draw": 1}, {"sigma": 0.5}, {"sampling": "full"}]
GRAPHS += [{"model": "other"}, {"eps": 0.5, "is_chosen": False}, {"eps": 2.0, "is_chosen": False}]
GRAPHS += [{"epoch": 2}]


LENSES = ["l2 norm", "principal component 1"]
MATRIX = np.array([[[0, 1, 2], [1, 0, 4], [2, 4, 0]], [[0.5, 1, 2], [1, 0.25, np.nan], [2, 4, 0.5]]])
DIAGRAM = np.array([[0, 1.5], [0.25, 0.75]])


def rho_table():
    """Correlations of three layers, and rows of other statistics."""
    rows = [
        {**RHO, "metric": "sw_h1", "layer": layer, "n_pairs": 1, "value": 0.5, "p_value": 0.1}
        for layer in ("mean", 1, 2, 3)
    ]
    return pd.DataFrame([*rows, {**rows[0], "statistic": "ding"}, {**rows[0], "correlation": "spearman"}])


def epoch_table():
    """Two layers and their mean at three epochs, in two metrics, and tests and accuracies."""
    rows = [
        {"epoch": epoch, "metric": metric, "statistic": statistic, "layer": layer, "value": epoch + layer, "low": epoch}
        for epoch, layer, metric in product((0, 2, 8), (1, 2, 3), ("sw_h0", "sw_h1"))
        for statistic in ("distance", "relative")
    ]
    rows += [
        {**row, "layer": "mean", "value": 9.0} for row in rows if row["layer"] == 1 and row["statistic"] == "relative"
    ]
    rows += [{"epoch": 8, "metric": "sw_h1", "statistic": "rho", "layer": "mean", "value": 0.75, "null_high": 0.5}]
    rows += [{"epoch": epoch, "statistic": "test_accuracy", "layer": "mean", "value": 0.25} for epoch in (2, 8)]
    return pd.DataFrame(rows)


def pair_tables(names):
    """Two layers of one network and three of another, by two measures, and one graph of each."""
    pairs = list(product((1, 2), (4, 5, 6)))
    rows = [
        {
            "measure": measure,
            "layer_a": a,
            "name_a": names[0],
            "layer_b": b,
            "name_b": f"{b} {names[1]}",
            "distance": a * b,
        }
        for measure, (a, b) in product(("sw_h1", "linear_cka"), pairs)
    ]
    table = pd.DataFrame(rows)
    table["chance"] = np.where(table.measure == "linear_cka", 0.5, np.nan)
    return table, table[:1].assign(measure="graphs", distance=0.75, layer_b=6)


def distances(names=("cat", "dog", "cow")):
    """Documents of distances between three layers of two networks."""
    curve = [
        ("sw_h1", 1, "random", fraction, order + 4 * fraction, True) for order in (0, 1, 2) for fraction in (0, 0.5)
    ]
    pairs = [("h1", "own", 1, other, 2.0, 1.0, 2.0, 3.0, 0.25, 0.5, 0.07, 3) for other in (1, 2, 3)]
    main = {
        "layers": [[layer + 1, name] for layer, name in enumerate(names)],
        "alpha": 0.1,
        "sizes": [[100, 4], [100, 8], [100, 16]],
        "clouds": {"trained": names[0]},
        "matrices": matrix_documents(
            "trained", [0, 7], {"sw_h1": MATRIX, "sw_h1_chance": MATRIX + 1}, {"sw_h1": names[1]}
        ),
        "batches": {"sw_h1": batch_document(2, MATRIX[0], MATRIX[1])},
        "dimensions": ["h1"],
        "diagrams": [["trained", 0]],
        "surrogates": {
            "gaussian": {"label": names[0], "table": columns_of(frame(pairs, CALIBRATION_COLUMNS), CALIBRATION_COLUMNS)}
        },
        "rho": rho_document([("trained", rho_table())]),
        "curves": [columns_of(frame(curve, CURVE_COLUMNS), CURVE_COLUMNS)],
        "detection": columns_of(frame([("sw_h1", 1, "random", "mean", 1.5)], DETECTION_COLUMNS), DETECTION_COLUMNS),
        "epochs": epoch_document(epoch_table()),
        "pair": pair_document([names[0], names[1]], pair_tables(names), {"sw_h1": names[1], "graphs": "graphs"}),
    }
    return {"distances": main, "diagrams-0": diagram_document({"h1": [DIAGRAM, DIAGRAM * 2, DIAGRAM[:0]]})}


def frame(rows, columns):
    return pd.DataFrame(rows, columns=columns)


def page(names=("cat", "dog"), run="made up"):
    """Text of a page with a graph for each of `GRAPHS`."""
    told = {"model": names[0], "seed": 0, "sampling": "random", "draw": 0, "sigma": 0, "tap": "bn"}
    told |= {"layer": 1, "layer_name": "layer 1", "epoch": 8, "eps": 1.0, "is_chosen": True}
    graphs = [{**told, **other} for other in GRAPHS]
    texts, n_whole, _ = fit([document(names, number) for number in range(len(graphs))])
    pixels = np.arange(4 * 8 * 8 * 3, dtype=np.uint8).reshape(4, 8, 8, 3)
    labels = LABELS.clip(max=len(names) - 1)
    sheets = image_sheets(pixels, labels, {0, 2, 3}, np.arange(4), 2)
    pictures = sheets.pop("sheets")
    rows = [["random", 0, 1, "none", 0.75, 0.8]]
    purity = {"columns": ["sampling", "sigma", "layer", "interval", "node_purity", "coverage"], "rows": rows}
    by_class = {"columns": [*purity["columns"][:4], "class", "purity"], "rows": [[*rows[0][:4], names[-1], 0.5]]}
    layers = [(1, "layer 1"), (2, "layer 2")]
    main = main_document(names, graphs, LENSES, layers, sheets, BOXES, len(texts), n_whole, 3)
    of_run = {"config": {"run": run}, "versions": {}, "accuracy": [], "times": [], "data": {}}
    documents = {"main": main, "purity": {"graphs": purity, "classes": by_class}, "run": of_run}
    documents["images"] = image_document(labels, [f"{names[0]}/{image}.png" for image in range(4)])
    documents |= distances([*names, *names, names[0]][-3:])
    return build_page(f"actopo: {run}", documents, texts, pictures)
