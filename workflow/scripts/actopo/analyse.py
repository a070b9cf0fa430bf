"""
One call from a network in memory to clouds, diagrams, distances, mapper graphs and an explorer page.

The module can be called itself, so that ``from actopo import analyse`` and then ``analyse(model, images)`` work, while
the package's `__init__` imports nothing: `actopo.digests` follows imports by the names of modules.
"""

import html
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from inspect import signature
from numbers import Integral
from pathlib import Path
from types import ModuleType

import torch

from actopo.config.choosing import choose_layers, describe_layer, shape_at, tap_problem
from actopo.errors import InputError
from actopo.files import replacing
from actopo.homology.diagrams import diagrams
from actopo.keys import FIRST_OUTPUT
from actopo.mapper.clusterers import describe_clusterer, make_clusterer
from actopo.mapper.covers import IntervalCover
from actopo.mapper.graph import mapper_graph
from actopo.mapper.node_link import node_link
from actopo.networks.choices import TAPS
from actopo.networks.heads import described_outputs
from actopo.networks.layers import find_layers
from actopo.networks.repeats import is_compiled
from actopo.notebook.clouds import evaluating, keeping_threads, sample_clouds
from actopo.notebook.images import Images, read_images
from actopo.notebook.page import explorer_page, purity_of
from actopo.notebook.shown import Graph, LayerMatrix
from actopo.points.study import some_of
from actopo.similarity.wasserstein import pairwise_distances

# Ways of sampling that need nothing but activations.
SAMPLINGS_HERE = ("random", "central", "top_l2", "full")
# What says which layer is meant.
LAYER_KEYS = ("name", "type", "tokens", "key")
# What may be said of layouts.
LAYOUT_KEYS = ("channels", "grid", "prefix_tokens")
# Whole numbers that nothing else checks, and the least that they may be.
LEAST = {"points_per_image": 1, "diagram_points": 2, "directions": 1, "seed": 0}


@dataclass(frozen=True, eq=False, repr=False)
class Analysis:
    """
    What `analyse` found, by the names of layers; it shows itself in a notebook.

    Attributes
    ----------
    layers : dict of str to int
        Number of each layer, as the workflow counts.
    clouds : dict of str to actopo.notebook.clouds.Cloud
        `points`, and their `norm`, `image`, `row`, `col` and `label`.
    diagrams : dict of str to dict of int to ndarray of shape (k, 2)
        Births and deaths of each dimension.
    distances : dict of int to actopo.notebook.shown.LayerMatrix
        Sliced-Wasserstein distances between the diagrams of each dimension.
    graphs : dict of str to actopo.notebook.shown.Graph
    images : actopo.notebook.images.Images
    settings : dict
        What `analyse` was asked for.
    """

    layers: dict
    clouds: dict
    diagrams: dict
    distances: dict
    graphs: dict
    images: Images
    settings: dict

    def purity(self):
        """Purity of each graph, with a null from permuted labels: DataFrame with a row for each layer."""
        return purity_of(self)[0]

    def explorer(self, title="notebook"):
        """The explorer, one page of HTML that needs no network: str."""
        return explorer_page(self, title)

    def save_explorer(self, path, title="notebook"):
        """Write the page of `explorer` to a file, and return its path; an error if that is a folder."""
        if Path(path).is_dir():
            raise InputError(f"{path} is a folder; give the name of a file")
        with replacing(path, summed=False) as temporary:
            temporary.write_text(self.explorer(title), encoding="utf-8")
        return Path(path)

    def __repr__(self):
        return f"analysis of {self.images!r}; layers {', '.join(self.layers)}"

    def _repr_html_(self):
        graphs = "".join(graph._repr_html_() for graph in self.graphs.values())
        matrices = "".join(matrix._repr_html_() for matrix in self.distances.values())
        sizes = ", ".join(
            f"{html.escape(name)} ({len(cloud.points)} points of {cloud.points.shape[1]} channels)"
            for name, cloud in self.clouds.items()
        )
        return f"<p>{len(self.images)} images; layers {sizes}</p><div>{matrices}</div><div>{graphs}</div>"


@keeping_threads()
def analyse(
    model,
    images,
    layers="all",
    labels=None,
    class_names=None,
    *,
    mean=None,
    std=None,
    tap="output",
    sampling="random",
    points_per_image=1,
    dimensions=(0, 1),
    diagram_points=1000,
    directions=50,
    intervals=20,
    overlap=0.3,
    eps="knee",
    min_samples=5,
    seed=0,
    n_jobs=1,
    layout=None,
    progress=None,
):
    """
    Topology of the activations of a network, as the workflow computes it, of images in memory.

    Parameters
    ----------
    model : torch.nn.Module
        Network on any device and in any precision, which images are given, too; its modes (training or evaluation) are
        left as they were.
    images : uint8 ndarray or tensor of shape (N, h, w, c) or (N, h, w); float tensor of shape (N, c, h, w); or iterable
        8-bit images, the network's input, or batches of either with or without labels, such as a DataLoader. All are
        kept in memory.
    layers : "all", or sequence of int, str and dict
        Numbers, names, patterns such as "layer4.*", "last", or types such as ``{"type": "Block"}``, as in the
        workflow's configuration: of the convolutions, the blocks of a transformer, and any other module.
    labels : sequence of int or str of length N, optional
        Class of each image; by default those of the batches, or one class for all.
    class_names : sequence of str, optional
    mean, std : sequence of c floats, optional
        Normalisation of 8-bit images in units of the full scale, without which they are divided by 255 alone. Of floats
        it is undone where images are shown.
    tap : {"output", "conv", "input", "residual", "bn", "relu"}
        Where a layer is read: what it returns (`conv` of a convolution) or what enters it, the stream after the
        addition of a block, or what enters or leaves the rectifier that follows a convolution.
    sampling : {"random", "central", "top_l2", "full"}
        Which positions become points, see `actopo.points.sampling.Stream`.
    points_per_image : int
        Of all samplings but `full`, which takes every position.
    dimensions : sequence of int
        Homology dimensions.
    diagram_points : int
        Points of each cloud in its diagram, at most; they are drawn at random, and the graph has all.
    directions : int
        Directions of the sliced-Wasserstein distance.
    intervals : int
        Intervals of the cover of the l2 norm.
    overlap : float
        Share of an interval that it has in common with the next.
    eps : float or "knee"
        Radius of DBSCAN, or the rule of `actopo.mapper.eps.choose_eps`.
    min_samples : int
        As in `actopo.mapper.dbscan.dbscan`.
    seed : int
        Of all draws.
    n_jobs : int
        Diagrams computed at the same time, -1 for one on each core.
    layout : dict, optional
        What shapes leave open where a message asks for it, as `models.NAME.layout` in the workflow's configuration:
        `channels` ("first" or "last"), `grid` (rows and columns of the patches), `prefix_tokens`.
    progress : callable, optional
        Wraps the sequences of batches and of layers and yields them, as tqdm does.

    Returns
    -------
    Analysis

    Raises
    ------
    InputError
        If images, labels or layers are not as described, or a layer has too few or only equal points; the message
        names the layer.
    """
    settings = {
        name: _as_python(value)
        for name, value in locals().items()
        if name not in ("model", "images", "layers", "labels", "class_names", "progress")
    }
    _check_settings(settings)
    settings["dimensions"] = list(dict.fromkeys(settings["dimensions"]))
    mean, std, dimensions, eps = (settings[name] for name in ("mean", "std", "dimensions", "eps"))
    model = _uncompiled(model)
    read = read_images(images, labels, class_names, mean, std)
    described = _chosen(model, read.pictures.shape[1:], layers, tap, layout)
    called = {number: layer["name"] for number, layer in described.items()}
    names = list(called.values())
    method = {"method": sampling, **({} if sampling == "full" else {"points_per_image": points_per_image})}
    shapes = {number: shape_at(layer, tap) for number, layer in described.items()}
    sampled = sample_clouds(model, read, shapes, tap, method, seed, progress, called, layout)
    clouds = {name: sampled[number] for number, name in called.items()}
    if few := next((name for name, cloud in clouds.items() if len(cloud.points) < 2), None):
        raise InputError(f"layer {few} has {len(clouds[few].points)} points; give more images, or points_per_image")
    fingerprints = diagrams(
        [some_of(cloud.points, diagram_points, seed) for cloud in clouds.values()], dimensions, n_jobs
    )
    distances = {
        dimension: LayerMatrix(
            pairwise_distances([diagram[dimension] for diagram in fingerprints], n_directions=directions),
            names,
            f"sliced-Wasserstein distance, H{dimension}",
        )
        for dimension in dimensions
    }
    cover = IntervalCover(intervals, overlap)
    graphs = {
        name: _graph(name, clouds[name], cover, eps, min_samples, read.class_names)
        for name in (names if progress is None else progress(names))
    }
    return Analysis(
        dict(zip(names, described, strict=True)),
        clouds,
        dict(zip(names, fingerprints, strict=True)),
        distances,
        graphs,
        read,
        settings,
    )


def _as_python(value):
    """A setting in which arrays, tensors and their numbers are lists and numbers of Python."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {key: _as_python(part) for key, part in value.items()}
    return [_as_python(part) for part in value] if isinstance(value, Iterable) and not isinstance(value, str) else value


def _check_settings(settings):
    """Raise InputError for a setting that nothing else checks."""
    for name, known in (("sampling", SAMPLINGS_HERE), ("tap", TAPS)):
        if settings[name] not in known:
            raise InputError(f"there is no {name} {settings[name]!r}; write one of {', '.join(known)}")
    eps, dimensions, n_jobs = settings["eps"], settings["dimensions"], settings["n_jobs"]
    if isinstance(eps, str) and eps != "knee":
        raise InputError(f"eps is {eps!r}; give a number, or 'knee'")
    if (
        not isinstance(dimensions, list)
        or not dimensions
        or not all(isinstance(item, Integral) and item >= 0 for item in dimensions)
    ):
        raise InputError(f"dimensions is {dimensions!r}; give a sequence of whole numbers, such as (0, 1)")
    layout = settings["layout"]
    if layout is not None and not (isinstance(layout, dict) and set(layout) <= set(LAYOUT_KEYS)):
        raise InputError(f"layout is {layout!r}; give a dict of {', '.join(LAYOUT_KEYS)}")
    for name, least in LEAST.items():
        if not isinstance(settings[name], Integral) or settings[name] < least:
            raise InputError(f"{name} is {settings[name]!r}; give a whole number, {least} at least")
    if not isinstance(n_jobs, Integral) or n_jobs == 0:
        raise InputError(f"n_jobs is {n_jobs!r}; give a whole number above 0, or -1 for one on each core")


def _uncompiled(model):
    """The network itself, where PyTorch has compiled it; an error for what is none."""
    model = getattr(model, "_orig_mod", model)
    if not isinstance(model, torch.nn.Module):
        raise InputError(f"model is {type(model).__name__}; give a network, a torch.nn.Module")
    if isinstance(model, torch.jit.ScriptModule):
        raise InputError("model comes from torch.jit, whose modules cannot be read; give the network as it was before")
    if is_compiled(model):
        raise InputError("a part of model comes from torch.compile; give the network as it was before")
    return model


def _chosen(model, image_shape, layers, tap, layout):
    """Chosen layers by number, as `actopo.config.choosing.describe_layer` describes them; names are different."""

    @cache
    def outputs():
        return described_outputs(model, image_shape, layout)

    with evaluating(model):
        own = [layer._asdict() for layer in find_layers(model, image_shape, layout)]
        numbers = choose_layers(_plain(layers), own, outputs)
        # Convolutions and blocks in the order of the network; numbers of other modules say nothing of their place.
        numbers = sorted(numbers) if max(numbers, default=0) < FIRST_OUTPUT else numbers
        described = {number: describe_layer(number, own, outputs) for number in numbers}
    if not described:
        raise InputError("no layer is named; name one at least")
    names = [layer["name"] for layer in described.values()]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"two of the layers are called {twice}; name one of them")
    for layer in described.values():
        if problem := tap_problem(layer, tap):
            raise InputError(f"layer {layer['name']} {problem}")
    return described


def _plain(layers):
    """Layers in a list, with numbers as Python has them."""
    known = str | dict | Integral
    given = layers if isinstance(layers, Iterable) and not isinstance(layers, known) else [layers]
    if wrong := [item for item in given if not isinstance(item, known)]:
        raise InputError(f"layers has {wrong[0]!r}; give numbers, names or types of layers")
    for item in given:
        if isinstance(item, dict) and (not {"name", "type"} & set(item) or set(item) - set(LAYER_KEYS)):
            raise InputError(f"layers has {item!r}; give it a name or a type, and no keys but {', '.join(LAYER_KEYS)}")
    return [int(item) if isinstance(item, Integral) else item for item in given]


def _graph(name, cloud, cover, eps, min_samples, class_names):
    """Mapper graph of one layer."""
    try:
        described, _ = describe_clusterer(cloud.points, "dbscan", eps=eps, min_samples=min_samples)
        clusterer, min_points = make_clusterer(described)
        nerve = mapper_graph(cloud.points, cloud.norm, cover, clusterer, min_points=min_points)
    except InputError as error:
        raise InputError(f"layer {name}: {error}") from error
    data = node_link(nerve, cloud.label, cloud.norm, class_names)
    data["graph"] |= {"layer": name, **described}
    return Graph(name, nerve, data, class_names)


class _Callable(ModuleType):
    """A module that is called as the function of its name."""

    def __call__(self, *args, **kwargs):
        return analyse(*args, **kwargs)


_Callable.__call__.__doc__ = analyse.__doc__
sys.modules[__name__].__class__ = _Callable
# What notebooks show and complete.
__signature__ = signature(analyse)
