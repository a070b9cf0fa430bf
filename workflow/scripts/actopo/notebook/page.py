"""The explorer's page of an analysis: its graphs, images, distances and purity."""

import numpy as np
import pandas as pd

from actopo.explorer.distances import (
    CURVE_COLUMNS,
    DETECTION_COLUMNS,
    RHO_COLUMNS,
    diagram_document,
    epoch_document,
    matrix_documents,
)
from actopo.explorer.documents import image_document, main_document
from actopo.explorer.graphs import graph_document
from actopo.explorer.page import build_page, fit
from actopo.explorer.run import versions
from actopo.explorer.tables import table_document
from actopo.explorer.thumbnails import image_sheets
from actopo.graphs.purity_tables import LabelledGraph, purity_tables
from actopo.graphs.replicates import over_graphs

LENSES = ["l2 norm"]
# A notebook has one network and one draw.
ALONE = {"seed": 0, "draw": 0}


def purity_of(analysis):
    """
    Purity of the graphs of an analysis.

    Parameters
    ----------
    analysis : actopo.analyse.Analysis

    Returns
    -------
    by_graph, by_class : DataFrame
        As `actopo.graphs.purity_tables.purity_tables` returns them, with the columns `layer`, its name, and `sampling`.
    """
    graphs = []
    for name, graph in analysis.graphs.items():
        cloud, nerve = analysis.clouds[name], graph.nerve
        labelled = LabelledGraph(nerve.incidence, cloud.label, cloud.image, len(nerve.edges), graph.data["graph"])
        graphs.append(({"layer": name, "sampling": analysis.settings["sampling"]}, labelled))
    return purity_tables(graphs, analysis.images.class_names, seed=analysis.settings["seed"])


def explorer_page(analysis, title):
    """
    Text of the page.

    Parameters
    ----------
    analysis : actopo.analyse.Analysis
    title : str

    Returns
    -------
    str
    """
    images, settings = analysis.images, analysis.settings
    rank = np.random.default_rng(settings["seed"]).permutation(len(images))
    documents, wanted = [], set()
    for name, graph in analysis.graphs.items():
        own = graph_document(graph.data, graph.nerve.incidence, analysis.clouds[name].image, images.class_names, rank)
        wanted.update(image for pairs in own["shown"] for image in pairs[::2])
        documents.append({**own, "columns": {}})
    texts, n_whole, _ = fit(documents)
    sheets = image_sheets(images.pictures, images.labels, wanted, rank, len(images.class_names))
    pictures = sheets.pop("sheets")
    layers = [(number, name) for name, number in analysis.layers.items()]
    parts = {
        "main": main_document(
            images.class_names,
            [_told(analysis, *layer) for layer in layers],
            LENSES,
            layers,
            sheets,
            {},
            len(texts),
            n_whole,
            len(wanted),
        ),
        "images": image_document(images.labels, [None] * len(images)),
        **_distance_documents(analysis, layers),
        "purity": _purity_document(analysis),
        "run": {
            "config": settings,
            "versions": versions(),
            "accuracy": [],
            "times": [],
            "data": {"dataset": title, "images": len(images), "image_shape": list(images.pictures.shape[1:])},
        },
    }
    return build_page(f"actopo: {title}", parts, texts, pictures)


def _told(analysis, number, name):
    """What a graph is of."""
    own = {"model": "network", **ALONE, "sampling": analysis.settings["sampling"], "sigma": 0, "layer": number}
    eps = analysis.graphs[name].data["graph"]["eps"]
    return {**own, "layer_name": name, "tap": analysis.settings["tap"], "epoch": None, "eps": eps, "is_chosen": True}


def _purity_document(analysis):
    """Tables of purity in the columns of a run, with numbers of layers."""
    tables = []
    for table, keys in zip(purity_of(analysis), ([], ["class"]), strict=True):
        numbered = table.assign(layer=table["layer"].map(analysis.layers), sigma=0, **ALONE)
        tables.append(over_graphs(numbered, ["sampling", "sigma", "layer", *keys]))
    return dict(zip(("graphs", "classes"), map(table_document, tables), strict=True))


def _distance_documents(analysis, layers):
    """Matrices and diagrams; what needs other networks or batches is empty."""
    arrays = {f"sw_h{dimension}": np.array(matrix)[None] for dimension, matrix in analysis.distances.items()}
    labels = {f"sw_h{dimension}": matrix.label for dimension, matrix in analysis.distances.items()}
    found = {
        f"h{dimension}": [own[dimension] for own in analysis.diagrams.values()] for dimension in analysis.distances
    }
    main = {
        "layers": [list(layer) for layer in layers],
        "sizes": [list(cloud.points.shape) for cloud in analysis.clouds.values()],
        "clouds": {"trained": "the network's own"},
        "matrices": matrix_documents("trained", [0], arrays, labels),
        "batches": {},
        "dimensions": list(found),
        "diagrams": [["trained", 0]],
        "surrogates": {},
        "rho": _empty(["clouds", *RHO_COLUMNS]),
        "curves": [_empty(CURVE_COLUMNS)],
        "detection": _empty(DETECTION_COLUMNS),
        "epochs": epoch_document(None),
        "pair": None,
    }
    return {"distances": main, "diagrams-0": diagram_document(found)}


def _empty(columns):
    return table_document(pd.DataFrame(columns=columns))
