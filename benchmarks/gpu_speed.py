"""How fast a GPU trains, reads activations, clusters points and compares diagrams: one function for each."""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from actopo.networks.recipe import Recipe
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.networks.training import choose_precision, train
from actopo.points.activations import activation_shapes, dump_activations, sample_activations
from actopo.points.dumps import writing_dump
from actopo.points.sampling import Stream
from gpu_checks import HAS_NUMBA
from gpu_examples import example_cloud, example_diagrams

# The paper's networks.
IMAGES, EPOCHS, NETWORKS = 50_000, 24, 100


class Speed:
    """
    Measurements of one device.

    Parameters
    ----------
    images, labels : ndarray
        Training images (N, h, w, c) of 8 bits, and their labels.
    normalisation : (list, list)
        Mean and standard deviation.
    device : str
    sizes : gpu_checks.Sizes
    peak : float
        Operations of half precision a second that the device has, for the floor.
    """

    def __init__(self, images, labels, normalisation, device, sizes, peak):
        self.images, self.labels, self.normalisation = images, labels, normalisation
        self.device, self.sizes, self.peak = device, sizes, peak
        self.n_classes = max(int(labels.max()) + 1, 2)

    def all(self):
        """Names of the measurements, in their order, and functions that return what was measured."""
        names = ["training", "obvious_training", "small_batches", "small_batches_in_a_graph", "dumping", "sampling"]
        names += ["clusters", "knee", "distances"] if HAS_NUMBA else []
        return {name: getattr(self, name) for name in names}

    def _model(self):
        return resnet18_cifar(self.sizes.width, "A", self.n_classes, self.images.shape[3], seed=0)

    def training(self):
        """Our loop: images a second, seconds for a network of the paper, and its floor by arithmetic."""
        recipe = Recipe(epochs=self.sizes.epochs, batch_size=self.sizes.batch, learning_rate=0.05, peak_epoch=1)
        return self._trained(recipe) | {"floor": EPOCHS * IMAGES * flops_per_image(self.sizes.width) / self.peak}

    def small_batches(self, cuda_graph=False):
        """Our loop at an eighth of the batch, 128, which is bound by the launches of kernels."""
        recipe = Recipe(
            epochs=self.sizes.epochs, batch_size=max(2, self.sizes.batch // 8), learning_rate=0.05, peak_epoch=0.5
        )
        return self._trained(recipe, cuda_graph=cuda_graph)

    def small_batches_in_a_graph(self):
        """The same in a CUDA graph, which on a CPU has no effect."""
        return self.small_batches(cuda_graph=True)

    def _trained(self, recipe, **options):
        forget_peak(self.device)
        given = (self._model(), self.images, self.labels, *self.normalisation, recipe, 0, self.device)
        metrics = train(*given, **options)
        rate = metrics["images_per_second"]
        return {
            "precision": metrics["precision"],
            "images/s": rate,
            "seconds a network": EPOCHS * IMAGES / rate,
            "hours for all": NETWORKS * EPOCHS * IMAGES / rate / 3600,
            "peak MiB": peak_memory(self.device),
        }

    def obvious_training(self):
        """The obvious loop with the images on the device, in the same precision, without any augmentation."""
        device, dtype = self.device, choose_precision("auto", self.device)
        half = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(dtype)
        mean, std = (torch.tensor(values, device=device).view(1, -1, 1, 1) for values in self.normalisation)
        images = torch.as_tensor(self.images, device=device).permute(0, 3, 1, 2)
        labels = torch.as_tensor(self.labels, device=device)
        model, kind = self._model().to(device), torch.device(device).type
        optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
        scaler, loss_of = torch.amp.GradScaler(kind, enabled=dtype == "fp16"), torch.nn.CrossEntropyLoss()
        forget_peak(device)
        seconds = []
        model.train()
        for _ in range(self.sizes.epochs):
            begin = time.perf_counter()
            for chosen in torch.randperm(len(images), device=device).split(self.sizes.batch):
                batch = (images[chosen].float() / 255 - mean) / std
                with torch.autocast(kind, dtype=half, enabled=half is not None):
                    loss = loss_of(model(batch), labels[chosen])
                optimiser.zero_grad()
                scaler.scale(loss).backward()
                scaler.step(optimiser)
                scaler.update()
            loss.item()
            seconds.append(time.perf_counter() - begin)
        rate = len(images) / float(np.median(seconds))
        return {"precision": dtype, "images/s": rate, "seconds a network": EPOCHS * IMAGES / rate} | {
            "peak MiB": peak_memory(device)
        }

    def dumping(self):
        """Whole activations of all layers of a thousand images, on disk."""
        images = self.images[: min(1000, len(self.images))]
        model, layers = self._model(), range(17)
        shapes = activation_shapes(model, layers, images.shape[1:])
        with tempfile.TemporaryDirectory() as folder:
            begin = time.perf_counter()
            with writing_dump(Path(folder, "dump"), shapes, np.arange(len(images))) as write:
                dump_activations(model, images, *self.normalisation, layers, "conv", write, device=self.device)
            seconds = time.perf_counter() - begin
        n_bytes = 4 * len(images) * sum(int(np.prod(shape)) for shape in shapes.values())
        return {"images/s": len(images) / seconds, "GB/s": n_bytes / seconds / 1e9}

    def sampling(self):
        """Points of all layers of a thousand images by their norms."""
        images = self.images[: min(1000, len(self.images))]
        model, layers = self._model(), range(17)
        shapes = activation_shapes(model, layers, images.shape[1:])
        labels, seconds = self.labels[: len(images)], []
        # The first time also loads kernels.
        for _ in range(2):
            streams = {layer: Stream("top_l2", (len(images), *shape), labels) for layer, shape in shapes.items()}
            begin = time.perf_counter()
            study = (model, images, *self.normalisation, layers, "conv", streams)
            sample_activations(*study, lambda layer, *arrays: None, device=self.device)
            seconds.append(time.perf_counter() - begin)
        return {"seconds": seconds[-1], "images/s": len(images) / seconds[-1]}

    def clusters(self):
        """Labels of DBSCAN."""
        from actopo.mapper.dbscan import dbscan

        cloud, eps = example_cloud(self.sizes.points, self.sizes.dimension)
        begin = time.perf_counter()
        labels = dbscan(cloud, eps, device=self.device)
        return {"points": len(cloud), "seconds": time.perf_counter() - begin, "clusters": int(labels.max()) + 1}

    def knee(self):
        """The radius of DBSCAN of a large cloud."""
        from actopo.mapper.eps import nearest_neighbour_curve

        cloud, _ = example_cloud(self.sizes.n_knee, self.sizes.dimension)
        forget_peak(self.device)
        begin = time.perf_counter()
        curve = nearest_neighbour_curve(cloud, min(10_000, len(cloud) // 2), device=self.device)
        seconds = time.perf_counter() - begin
        return {
            "points": len(cloud),
            "seconds": seconds,
            "largest": float(curve[0]),
            "peak MiB": peak_memory(self.device),
        }

    def distances(self):
        """Sliced-Wasserstein distances of all pairs, by the grid with its bound."""
        from actopo.similarity.wasserstein import pairwise_distances

        found = {}
        for n in self.sizes.diagrams:
            diagrams = example_diagrams(n)
            begin = time.perf_counter()
            _, bound = pairwise_distances(diagrams, method="grid", device=self.device, return_bound=True)
            seconds = time.perf_counter() - begin
            found[str(n)] = {
                "seconds": seconds,
                "pairs/s": n * (n - 1) / 2 / seconds,
                "largest bound": float(bound.max()),
            }
        return found


def flops_per_image(width):
    """Floating-point operations of one image's forward and backward pass."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        resnet18_cifar(width, seed=0)(torch.zeros(2, 3, 32, 32)).sum().backward()
    return counter.get_total_flops() / 2


def forget_peak(device):
    """Begin a new count of the largest use of memory."""
    if torch.device(device).type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def peak_memory(device):
    """MiB of the device's memory that tensors took at most; None on a CPU."""
    return round(torch.cuda.max_memory_allocated() / 2**20) if torch.device(device).type == "cuda" else None
