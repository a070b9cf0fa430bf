"""
Draw docs/images, the pictures of README.md, from the files of a run; `make pictures` runs what they need.

What README.md says of the graph in numbers is printed.

    python docs/draw_pictures.py results/cifar10_cpu
"""

import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow/scripts"))

from actopo.figures import layer_matrix, mapper_graphs  # noqa: E402 - the path comes first
from actopo.figures.style import figure_bytes  # noqa: E402
from actopo.files import load_arrays, load_json, save_bytes  # noqa: E402
from actopo.mapper.intermediate import load_incidence  # noqa: E402
from actopo.similarity.layer_distances import layer_statistics  # noqa: E402

MODEL = "resnet18_a"
SAMPLING, LAYER = "random", 16
GRAPH = f"mapper/{MODEL}/seed0/{SAMPLING}/layer{LAYER}.json"
MEMBERS = GRAPH.removesuffix("json") + "npz"
FEW_CLASSES = 3
MATRIX = f"similarity/{MODEL}/layers.npz"
DPI = 220


def pictures(results):
    """
    Pictures by name.

    Parameters
    ----------
    results : Path
        Folder of a run.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
    """
    (meta,) = results.glob("data/*/meta.json")
    graph, class_names = load_json(results / GRAPH), load_json(meta)["class_names"]
    file = load_arrays(results / MATRIX)
    mean, _, _ = layer_statistics(file["h1"])
    return {
        "mapper_graph": mapper_graphs.plot([[graph]], [""], [LAYER], class_names),
        "layer_matrix": layer_matrix.plot(mean, file["layers"].tolist(), title="mean over batches, H1"),
    }


def describe_graph(results):
    """Shares of the images, which have a point each, in nodes of few classes and in nodes of all."""
    file, nodes = load_arrays(results / MEMBERS), load_json(results / GRAPH)["nodes"]
    members = load_incidence(file)
    n_classes = np.array([len(node["composition"]) for node in nodes])
    few, every = (
        (members[:, chosen].sum(axis=1) > 0).mean()
        for chosen in (n_classes <= FEW_CLASSES, n_classes == len(set(file["label"].tolist())))
    )
    return f"images in nodes of {FEW_CLASSES} classes or fewer: {few:.1%}; in nodes of all classes: {every:.1%}"


if __name__ == "__main__":
    for name, figure in pictures(Path(sys.argv[1])).items():
        save_bytes(ROOT / f"docs/images/{name}.png", figure_bytes(figure, "png", DPI))
    print(describe_graph(Path(sys.argv[1])))
