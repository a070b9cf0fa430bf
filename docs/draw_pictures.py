"""
Draw docs/images, the pictures of README.md, from the files of a run; `make pictures` runs what they need.

    python docs/draw_pictures.py results/cifar10_cpu
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow/scripts"))

from actopo.figures import layer_matrix, mapper_graphs  # noqa: E402 - the path comes first
from actopo.figures.style import figure_bytes  # noqa: E402
from actopo.files import load_arrays, load_json, save_bytes  # noqa: E402
from actopo.similarity.layer_distances import layer_statistics  # noqa: E402

MODEL = "resnet18_a"
SAMPLING, LAYER = "random", 16
GRAPH = f"mapper/{MODEL}/seed0/{SAMPLING}/layer{LAYER}.json"
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


if __name__ == "__main__":
    for name, figure in pictures(Path(sys.argv[1])).items():
        save_bytes(ROOT / f"docs/images/{name}.png", figure_bytes(figure, "png", DPI))
