"""What a GPU computes against what the CPU computes from the same input: one function for each path to a GPU."""

import gc
import os
import shutil
import sysconfig
import warnings
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from actopo.networks import training
from actopo.networks.cuda_graph import waits_among
from actopo.networks.inputs import to_input
from actopo.networks.recipe import Recipe
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.networks.training import train
from actopo.points.activations import activation_shapes, network_outputs, sample_activations
from actopo.points.receptive_field import receptive_fields
from actopo.points.sampling import Stream
from gpu_examples import example_cloud, example_diagrams

HAS_NUMBA = find_spec("numba") is not None
CAN_SEGMENT = all(map(find_spec, ("torchvision", "cv2")))
# What PyTorch compiles networks with on a GPU; the C files of Triton include Python's header.
HAS_COMPILER = find_spec("triton") is not None and shutil.which(os.environ.get("CC", "gcc")) is not None
HAS_COMPILER &= Path(sysconfig.get_path("include"), "Python.h").exists()
LAYERS = (0, 8, 16)
METHODS = ("random", "central", "top_weight", "full", "given", "top_l2")
# Copies to the GPU before the first batch of an epoch: its random numbers, and the sizes of its batches.
COPIES = 7


class Differs(Exception):
    """What differs, and by how much."""


@dataclass(frozen=True)
class Sizes:
    """
    Sizes of the checks and measurements.

    Attributes
    ----------
    width, batch : int
        Channels of the network's first stage, and images of a batch.
    images : int
        Images on which networks are trained in checks.
    points, dimension, n_knee : int
        Points of the clouds that are clustered, their dimension, and points of the cloud whose knee is looked for.
    diagrams : tuple of int
        Numbers of diagrams.
    epochs : int
        Epochs of which the speed of training is the median.
    """

    width: int = 64
    batch: int = 1024
    images: int = 8192
    points: int = 100_000
    dimension: int = 512
    n_knee: int = 800_000
    diagrams: tuple = (1700, 17_000)
    epochs: int = 3


TINY = Sizes(4, 16, 32, 1500, 24, 3000, (20, 40), 1)


def require(holds, what):
    """Raise `Differs` unless something holds."""
    if not holds:
        raise Differs(what)


def require_same(what, state, expected):
    """Raise `Differs` unless a network has the bits of another."""
    other = [name for name, tensor in state.items() if not torch.equal(tensor, expected[name])]
    require(not other, f"{what}, {len(other)} tensors of the weights differ, first of all {other[:1]}")


class Checks:
    """
    Checks of one device.

    Parameters
    ----------
    images, labels : ndarray
        Training images (N, h, w, c) of 8 bits, and their labels.
    normalisation : (list, list)
        Mean and standard deviation.
    device : str
    sizes : Sizes
    """

    def __init__(self, images, labels, normalisation, device, sizes):
        # In any order, since images of a class may follow each other.
        chosen = np.random.default_rng(0).choice(len(images), min(sizes.images, len(images)), replace=False)
        self.images, self.labels, self.normalisation = images[chosen], labels[chosen], normalisation
        self.device, self.sizes, self.is_gpu = device, sizes, torch.device(device).type == "cuda"
        self.n_classes = int(labels.max()) + 1
        self.recipe = Recipe(epochs=3, batch_size=sizes.batch, learning_rate=0.05, peak_epoch=1)

    def all(self):
        """Names of the checks, in their order, and functions that return what was found."""
        names = ["losses", "same_seed", "fields", "outputs", "points"]
        # What the CPU computes for these needs numba.
        names += ["clusters", "neighbours", "distances"] if HAS_NUMBA else []
        names += ["masks"] if CAN_SEGMENT else []
        names += ["waits", "memory", "graph"] if self.is_gpu else []
        names += ["compiled"] if self.is_gpu and HAS_COMPILER else []
        return {name: getattr(self, name) for name in names}

    def _model(self, seed=0, width=None):
        return resnet18_cifar(width or self.sizes.width, "A", max(self.n_classes, 2), self.images.shape[3], seed=seed)

    def _train(self, recipe, device, seed=0, width=None, **keep):
        model = self._model(seed, width)
        return model, train(model, self.images, self.labels, *self.normalisation, recipe, seed, device, **keep)

    def losses(self):
        """Losses of an epoch in float32 agree within 1e-3."""
        recipe = replace(self.recipe, epochs=1, precision="fp32", learning_rate=0.01)
        width = min(16, self.sizes.width)
        [host], [device] = (self._train(recipe, place, width=width)[1]["loss"] for place in ("cpu", self.device))
        require(abs(host - device) <= 1e-3, f"the mean loss is {device:.6f}, and {host:.6f} on the CPU")
        return {"cpu": host, "device": device}

    def same_seed(self):
        """The same seed gives the same bits: again, after another seed, and from a checkpoint."""
        states = []
        first, metrics = self._train(self.recipe, self.device, save=lambda state: states.append(deepcopy(state)))
        expected = _state(first)
        self._train(replace(self.recipe, epochs=1), self.device, seed=1)
        for what, keep in (("after another seed", {}), ("from a checkpoint", {"checkpoint": states[0]})):
            model, again = self._train(self.recipe, self.device, **keep)
            require_same(what, _state(model), expected)
            require(again["loss"] == metrics["loss"], f"{what}, the losses are {again['loss']}, not {metrics['loss']}")
        return {"loss": metrics["loss"], "precision": metrics["precision"]}

    def points(self):
        """Points are at the same positions, those of top_l2 but for near ties; vectors agree to 1e-4."""
        found, images = {}, self.images[: min(256, len(self.images))]
        for method in METHODS:
            host, device = (self._points(method, images, place) for place in ("cpu", self.device))
            for layer in LAYERS:
                (points, flat, norms), (own, places, own_norms) = host[layer], device[layer]
                same = flat == places
                scale = np.abs(points).max() or 1.0
                if method != "top_l2":
                    require(same.all(), f"{method}, layer {layer}: {np.sum(~same)} points are at other positions")
                # Positions whose norms are equal but for rounding may change places.
                apart = np.abs(norms[~same] - own_norms[~same]).max(initial=0)
                require(
                    apart <= 1e-4 * norms.max(), f"top_l2, layer {layer}: norms of other positions differ by {apart}"
                )
                error = np.abs(points[same] - own[same]).max(initial=0) / scale
                require(error <= 1e-4, f"{method}, layer {layer}: vectors differ by {error:.2g} of the largest value")
                found[f"{method} {layer}"] = {"other positions": int(np.sum(~same)), "error": float(error)}
        return found

    def _points(self, method, images, device):
        model, pieces = self._model(), {layer: [] for layer in LAYERS}
        shapes, labels = activation_shapes(model, LAYERS, images.shape[1:]), self.labels[: len(images)]
        streams = {
            layer: Stream(method, (len(images), *shape), labels, **_settings(method, len(images), *shape[:2]))
            for layer, shape in shapes.items()
        }

        def write(layer, *arrays):
            pieces[layer].append(arrays)

        sample_activations(model, images, *self.normalisation, LAYERS, "conv", streams, write, device=device)
        return {layer: [np.concatenate(arrays) for arrays in zip(*own, strict=True)] for layer, own in pieces.items()}

    def fields(self):
        """Receptive fields agree to 1e-9."""
        shape, found = self.images.shape[1:], {}
        host, device = (receptive_fields(self._model(), LAYERS, "bn", shape, device=p) for p in ("cpu", self.device))
        for layer in LAYERS:
            error = float(np.abs(host[layer] - device[layer]).max() / host[layer].max())
            require(error <= 1e-9, f"layer {layer}: receptive fields differ by {error:.2g} of the largest value")
            found[str(layer)] = error
        return found

    def outputs(self):
        """Logits agree to 1e-4 of the largest."""
        images = self.images[: min(512, len(self.images))]
        host, device = (
            network_outputs(self._model(), images, *self.normalisation, device=p) for p in ("cpu", self.device)
        )
        error = float(np.abs(host - device).max() / np.abs(host).max())
        require(error <= 1e-4, f"logits differ by {error:.2g} of the largest")
        return {"error": error}

    def clusters(self):
        """Labels of DBSCAN are equal: where distances equal eps, and on a large cloud."""
        from actopo.mapper.dbscan import dbscan

        ties = np.random.default_rng(0).integers(-3, 4, (min(5000, self.sizes.points), 3)).astype(np.float32)
        cloud, eps = example_cloud(self.sizes.points, self.sizes.dimension)
        found = {}
        for name, points, radius in (("ties", ties, 1.0), ("cloud", cloud, eps)):
            host, device = (dbscan(points, radius, device=place) for place in ("cpu", self.device))
            different = int(np.sum(host != device))
            require(not different, f"{name}: {different} of {len(points)} labels of DBSCAN differ")
            found[name] = {"clusters": int(host.max()) + 1, "noise": int(np.sum(host < 0))}
        return found

    def neighbours(self):
        """Distances to nearest neighbours are equal."""
        from actopo.mapper.neighbour_search import NeighbourSearch

        cloud, _ = example_cloud(self.sizes.points, self.sizes.dimension)
        queries = np.random.default_rng(0).choice(len(cloud), min(2000, len(cloud)), replace=False)
        host, device = (NeighbourSearch(cloud, place).distances(queries) for place in ("cpu", self.device))
        different = int(np.sum(host != device))
        require(not different, f"{different} of {len(queries)} distances to nearest neighbours differ")
        return {"queries": len(queries)}

    def distances(self):
        """Sliced-Wasserstein distances and their bounds are those of the CPU's grid, and hold."""
        from actopo.similarity.wasserstein import pairwise_distances

        diagrams = example_diagrams(min(60, self.sizes.diagrams[0]))
        exact = pairwise_distances(diagrams)
        (host, host_bound), (found, bound) = (
            pairwise_distances(diagrams, method="grid", device=p, return_bound=True) for p in ("cpu", self.device)
        )
        for name, mine, theirs in (("distance", found, host), ("bound", bound, host_bound)):
            apart = np.abs(mine - theirs).max()
            require(apart <= 1e-6 * exact.max(), f"a {name} differs by {apart:.2g} from that of the CPU's grid")
        over, under = (found - exact).max(), (exact - found - bound).max()
        require(over <= 1e-6 * exact.max(), f"a distance is larger by {over:.2g} than the exact one")
        require(under <= 1e-6 * exact.max(), f"a distance is smaller by {under:.2g} than its bound allows")
        return {"bound": float((bound / np.where(exact > 0, exact, 1)).max())}

    def masks(self):
        """Masks of DeepLabV3 with random weights agree, but for one pixel in a thousand."""
        from actopo.points.foreground import three_channels
        from actopo.points.segmentation import IMAGENET_MEAN, IMAGENET_STD, deeplab_masks
        from torchvision.models.segmentation import deeplabv3_mobilenet_v3_large

        name, images = "deeplabv3_mobilenet_v3_large", np.array(three_channels(self.images[:16]))
        with torch.random.fork_rng(devices=[]), torch.no_grad(), TemporaryDirectory() as folder:
            weights = Path(folder, "weights.pth")
            torch.manual_seed(0)
            network = deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=2)
            inputs = to_input(images, IMAGENET_MEAN, IMAGENET_STD)
            for layer in network.modules():
                layer.momentum = 1.0
            network(inputs)
            # Batch norms know the images. By this bias about half of the pixels are foreground, and none nearly so: it
            # lies in the widest gap between the middle half of the margins.
            scores = network.eval()(inputs)["out"]
            margins = (scores[:, 0] - scores[:, 1]).flatten().sort().values
            margins = margins[len(margins) // 4 : -(len(margins) // 4)]
            gap = margins.diff().argmax()
            network.classifier[-1].bias[1] += margins[gap : gap + 2].mean()
            torch.save(network.state_dict(), weights)
            host, device = (deeplab_masks(images, weights, name, p, resize=None) for p in ("cpu", self.device))
        share = float((host != device).mean())
        require(share <= 1e-3, f"{share:.2%} of the pixels of masks differ")
        return {"foreground": float(host.mean()), "other pixels": share}

    def compiled(self):
        """A compiled network has about the losses of the same one, and the same bits when it is trained again."""
        recipe = replace(self.recipe, epochs=1, learning_rate=0.01)
        [plain] = self._train(recipe, self.device)[1]["loss"]
        try:
            first, metrics = self._train(replace(recipe, compile=True), self.device)
        except Exception as error:
            # The compiler is PyTorch's and the machine's, and no other path needs it.
            return {"not compiled": f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"}
        second, _ = self._train(replace(recipe, compile=True), self.device)
        [loss] = metrics["loss"]
        # In half precision other kernels round otherwise.
        require(abs(loss - plain) <= 0.01 * plain, f"the mean loss is {loss:.4f} compiled, and {plain:.4f} otherwise")
        require_same("compiled a second time", _state(second), _state(first))
        return {"loss": loss, "otherwise": plain}

    def waits(self):
        """In an epoch the host waits for the loss alone, in a CUDA graph too."""
        for cuda_graph in (False, True):
            found = self._waits(cuda_graph)
        return found

    def _waits(self, cuda_graph):
        counts = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                self._train(
                    self.recipe,
                    self.device,
                    progress=lambda _: counts.append(len(waits_among(caught))),
                    cuda_graph=cuda_graph,
                )
            finally:
                torch.cuda.set_sync_debug_mode("default")
        n_batches = len(counts) // self.recipe.epochs
        own = counts[-1] - counts[-1 - n_batches]
        # The checks of the loss, its mean, and before the first batch the copies of the epoch's random numbers.
        allowed = -(-n_batches // training.CHECK_INTERVAL) + 1 + COPIES
        require(own <= allowed, f"the host waits {own} times in an epoch, and {allowed} are meant: {_texts(caught)}")
        return {"waits": own, "batches": n_batches}

    def memory(self):
        """Five networks take no more memory than one, and CUDA graphs leave none behind."""
        recipe, found = replace(self.recipe, epochs=1), {}
        for name, cuda_graph in (("MiB", False), ("MiB with a graph", True)):
            peaks, left = [], []
            for seed in range(5):
                # The first optimiser of a process loads a part of PyTorch, and leaves a cycle that holds the network.
                gc.collect()
                torch.cuda.empty_cache()
                torch.cuda.reset_peak_memory_stats()
                self._train(recipe, self.device, seed=seed, cuda_graph=cuda_graph)
                peaks.append(torch.cuda.max_memory_allocated())
                torch.cuda.empty_cache()
                left.append(torch.cuda.memory_reserved())
            require(
                peaks[-1] <= 1.01 * peaks[0], f"after five networks the peak is {peaks[-1]} bytes, after one {peaks[0]}"
            )
            # A graph has the memory of a whole step.
            require(left[-1] - left[0] <= peaks[0] / 4, f"four networks leave {left[-1] - left[0]} bytes behind")
            found[name] = [round(peak / 2**20) for peak in peaks]
        return found

    def graph(self):
        """Training in a CUDA graph gives the same bits as without, with dropout and from a checkpoint too."""
        found = {}
        for optimizer, rate in (("sgd", 0.05), ("adamw", 1e-3)):
            # The last batch is a smaller one.
            recipe = replace(self.recipe, optimizer=optimizer, learning_rate=rate, batch_size=self.sizes.batch - 1)
            states, replays = [], []
            expected, metrics = self._trained_with_dropout(
                recipe, save=lambda state, kept=states: kept.append(deepcopy(state))
            )
            with _counted_replays(replays):
                whole, again = self._trained_with_dropout(recipe, cuda_graph=True)
                require(replays, f"{optimizer}: the step was not captured, and the log says why")
                resumed, _ = self._trained_with_dropout(recipe, checkpoint=states[0], cuda_graph=True)
            for what, state in (("in a CUDA graph", whole), ("in a CUDA graph, from a checkpoint", resumed)):
                require_same(f"{optimizer} {what}", state, expected)
            require(again["loss"] == metrics["loss"], f"{optimizer} in a CUDA graph: the losses differ")
            found[optimizer] = {"replays": len(replays), "precision": again["precision"]}
        return found

    def _trained_with_dropout(self, recipe, **keep):
        model = torch.nn.Sequential(self._model(), torch.nn.Dropout(0.2))
        metrics = train(model, self.images, self.labels, *self.normalisation, recipe, 0, self.device, **keep)
        return _state(model), metrics


@contextmanager
def _counted_replays(replays):
    """Count in a list how often CUDA graphs are replayed."""

    class Counted(torch.cuda.CUDAGraph):
        def replay(self):
            replays.append(1)
            super().replay()

    before, torch.cuda.CUDAGraph = torch.cuda.CUDAGraph, Counted
    try:
        yield
    finally:
        torch.cuda.CUDAGraph = before


def _settings(method, n_images, n, m):
    """Settings of a sampling of activations (n_images, n, m, c)."""
    rng, settings = np.random.default_rng(0), {} if method in ("full", "given") else {"seed": 0}
    if method == "top_weight":
        settings["weights"] = rng.random((n_images, n, m))
    elif method == "given":
        settings["place"] = np.arange(0, n_images, 2)
        settings["row"], settings["col"] = (rng.integers(0, side, len(settings["place"])) for side in (n, m))
    return settings


def _state(model):
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _texts(caught):
    return "; ".join(sorted({f"{w.filename}:{w.lineno}" for w in waits_among(caught)})[:6])
