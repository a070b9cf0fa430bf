"""A machine without Snakemake, and with few packages: what needs none of them can be imported and computes."""

import os
import subprocess
import sys
from pathlib import Path

import actopo

PACKAGE = Path(actopo.__file__).parent
WORKFLOW = ["snakemake", "jsonschema", "gtda"]
# What PyTorch, NumPy, SciPy and scikit-learn do not bring.
BARE = [*WORKFLOW, "pandas", "matplotlib", "tqdm", "cv2", "PIL", "torchvision", "safetensors", "mpld3", "yaml"]

BLOCK = """
import sys, warnings
warnings.simplefilter("error")
# PyTorch and SciPy warn of themselves when they are imported.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import numpy as np, torch, scipy.sparse.csgraph

from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {blocked} else super().find_spec(name, path, target)

sys.meta_path[:] = [Without if finder is PathFinder else finder for finder in sys.meta_path]
torch.set_num_threads(1)
rng = np.random.default_rng(0)
images, labels = rng.integers(0, 256, (40, 16, 16, 3), dtype=np.uint8), np.arange(40) % 2
normalisation = [0.5] * 3, [0.25] * 3
"""
TRAINING = """
from actopo.networks.recipe import Recipe
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.networks.training import accuracy, train
model, saved = resnet18_cifar(2, n_classes=2, seed=0), []
recipe = Recipe(epochs=2, batch_size=20, peak_epoch=1, learning_rate=0.1)
metrics = train(model, images, labels, *normalisation, recipe, 0, save=saved.append)
assert np.isfinite(metrics["loss"]).all() and saved
assert 0 <= accuracy(model, images, labels, *normalisation) <= 1
import actopo.points.activations, actopo.points.sampling, actopo.points.study
from actopo.points.receptive_field import receptive_fields
assert receptive_fields(model, [16], "relu", (16, 16, 3))[16].shape == (2, 2, 16, 16)
"""
SAMPLING = """
from actopo.points.activations import activation_shapes, sample_activations
from actopo.points.sampling import Stream
shapes = activation_shapes(model, [16], (16, 16, 3))
streams, clouds = {16: Stream("full", (40, *shapes[16]), labels)}, []
sample_activations(model, images, *normalisation, [16], "relu", streams, lambda layer, *arrays: clouds.append(arrays))
points, flat, norms = (np.concatenate(arrays) for arrays in zip(*clouds))
"""
MAPPER = """
from actopo.mapper.clusterers import describe_clusterer, make_clusterer
from actopo.mapper.covers import make_cover
from actopo.mapper.graph import mapper_graph
described, _ = describe_clusterer(points, "dbscan", 3.0, 5)
cover = make_cover(norms, intervals=4, overlap=0.3, convention="fit")
graph = mapper_graph(points, norms, cover, make_clusterer(described)[0])
assert graph.n_points == len(points) == 160
from actopo.mapper.neighbour_search import NeighbourSearch
assert NeighbourSearch(points).distances().shape == (160,)
"""
DISTANCES = """
from actopo.similarity.wasserstein import pairwise_distances
from actopo.homology.scale import mean_distances
assert mean_distances([points], ["one"]).shape == (1,)
diagrams = [np.sort(rng.uniform(size=(20, 2)), axis=1) for _ in range(3)]
assert pairwise_distances(diagrams, method="grid").shape == (3, 3)
"""
EVERYTHING = """
import importlib
for module in {modules}:
    importlib.import_module(module)
from actopo.homology.diagrams import diagrams
try:
    diagrams([np.zeros((2, 3))])
except ModuleNotFoundError as error:
    assert error.name == "gtda", error
else:
    raise AssertionError("diagrams without giotto-tda")
"""


def run(program, **environment):
    """Run a program with the tests' path, without a file of its own."""
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent), "NUMBA_NUM_THREADS": "1"} | environment
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def modules():
    """Names of all modules of the package but those that are programs."""
    found = (path.relative_to(PACKAGE.parent).with_suffix("") for path in PACKAGE.rglob("*.py"))
    return sorted(".".join(path.parts) for path in found if not path.name.startswith(("__init__", "check_", "print_")))


def test_every_module_without_the_packages_of_the_workflow():
    """What needs one of them says so when it is called."""
    run(BLOCK.format(blocked=WORKFLOW) + EVERYTHING.format(modules=modules()))


def test_stages_with_few_packages():
    run(BLOCK.format(blocked=BARE) + TRAINING + SAMPLING + MAPPER + DISTANCES)


def test_networks_without_numba():
    run(BLOCK.format(blocked=[*BARE, "numba"]) + TRAINING + SAMPLING)


def test_stages_where_numbers_have_the_type_of_arrays():
    """As in NumPy 2, which NumPy 1.26 can emulate: a limit that is no float32 would warn."""
    points = "points = np.maximum(rng.normal(size=(160, 8)), 0).astype(np.float32)\n"
    points += "norms = np.linalg.norm(points, axis=1)\n"
    run(BLOCK.format(blocked=[]) + points + MAPPER + DISTANCES, NPY_PROMOTION_STATE="weak")
