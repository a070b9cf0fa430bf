"""A small graph of four images, and a page of it."""

import numpy as np
from actopo.explorer.documents import main_document
from actopo.explorer.graphs import graph_document
from actopo.explorer.page import build_page, fit
from actopo.explorer.thumbnails import image_sheets
from scipy.sparse import csr_array

IMAGES = np.array([0, 0, 1, 2, 3])
LABELS = np.array([0, 0, 1, 1])
# Points by nodes; the third point is in no node.
INCIDENCE = csr_array(np.array([[1, 0], [1, 1], [0, 0], [0, 1], [0, 1]], dtype=bool))
POSITIONS = np.array([3, 1, 0, 2, 0])


def graph(names):
    nodes = [
        {"id": 0, "size": 2, "composition": {names[0]: 2}, "purity": 1.0},
        {"id": 1, "size": 3, "composition": {names[0]: 1, names[1]: 2}, "purity": 0.5},
    ]
    nodes = [{**node, "lens_min": 0.5, "lens_max": 2.0, "lens_mean": 1.0 + node["id"]} for node in nodes]
    links = [{"source": 0, "target": 1, "shared": 1, "jaccard": 0.25}]
    return {"graph": {"n_points": 5}, "nodes": nodes, "links": links}


def document(names=("cat", "dog"), **kwargs):
    made = graph_document(graph(names), INCIDENCE, IMAGES, names, np.array([3, 1, 0, 2]), POSITIONS, **kwargs)
    return {**made, "columns": {}}


def page(names=("cat", "dog"), run="made up"):
    """Text of a page with two equal graphs of two layers."""
    texts, n_whole, _ = fit([document(names)] * 2)
    pixels = np.arange(4 * 8 * 8 * 3, dtype=np.uint8).reshape(4, 8, 8, 3)
    sheets = image_sheets(pixels, LABELS, {0, 2, 3}, np.arange(4), 2)
    pictures = sheets.pop("sheets")
    told = {"model": names[0], "seed": 0, "sampling": "random", "draw": 0, "sigma": 0, "tap": "bn"}
    graphs = [{**told, "layer": layer, "layer_name": f"layer {layer}"} for layer in (1, 2)]
    rows = [["random", 0, 1, "none", 0.75, 0.8]]
    purity = {"columns": ["sampling", "sigma", "layer", "interval", "node_purity", "coverage"], "rows": rows}
    by_class = {"columns": [*purity["columns"][:4], "class", "purity"], "rows": [[*rows[0][:4], names[1], 0.5]]}
    layers = [(1, "layer 1"), (2, "layer 2")]
    main = main_document(run, names, graphs, 4, "l2 norm", layers, sheets, {}, 2, n_whole, 3)
    run = {"config": {"run": run}, "versions": {}, "accuracy": [], "times": [], "data": {}}
    documents = {"main": main, "purity": {"graphs": purity, "classes": by_class}, "run": run}
    return build_page(f"actopo: {run}", documents, texts, pictures)
