"""
Images per second of training: ours and the obvious PyTorch loop with the same network, images and batches.

The obvious loop is a DataLoader, with and without loader processes, that applies torchvision's transforms to each image
(crop, flip, to tensor, normalise, cutout), and a network in contiguous memory, in float32 and in the precision of ours.
Another one keeps its images on the device as floats, and does less: it flips and crops all images of a batch alike, and
cuts nothing out. Every method is a separate process, so that peak memory, which does not include loaders, is its own;
they alternate, with a given number of batches in each turn.

    python benchmarks/training.py --width 64 --batch 128 --steps 4 --threads 1
    python benchmarks/training.py --width 64 --batch 1024 --images 50000 --device cuda
"""

import argparse
import os
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, Subset
from torch.utils.flop_counter import FlopCounterMode
from torchvision import transforms

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from actopo.networks.recipe import Recipe
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.networks.training import DTYPES, choose_precision, train

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
# Training images of CIFAR-10, and the paper's numbers of epochs and networks.
IMAGES, EPOCHS, SEEDS = 50_000, 24, 100


class Images(Dataset):
    """Images that are transformed one by one."""

    def __init__(self, images, labels):
        self.images, self.labels = images, labels
        self.transform = transforms.Compose(
            [
                transforms.ToPILImage(),
                transforms.RandomCrop(32, padding=2),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, STD),
                # A square of 8 x 8.
                transforms.RandomErasing(p=1, scale=(1 / 16, 1 / 16), ratio=(1, 1)),
            ]
        )

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.transform(self.images[index]), self.labels[index]


class Ours:
    """`actopo.networks.training.train`, one epoch per turn."""

    def __init__(self, options, images, labels, compile=False, cuda_graph=False):
        self.options, self.images, self.labels = options, images, labels
        self.compile, self.cuda_graph = compile, cuda_graph
        self.model = resnet18_cifar(options.width, seed=0)

    def turn(self, n_images):
        """Train on the first `n_images` images; return seconds."""
        recipe = Recipe(1, self.options.batch, 0.01, peak_epoch=0.2, compile=self.compile)
        given = (self.images[:n_images], self.labels[:n_images], MEAN, STD, recipe, 0, self.options.device)
        return train(self.model, *given, cuda_graph=self.cuda_graph)["seconds"]


class Obvious:
    """The loop of a tutorial, in a precision; `n_workers` is None for images that stay on the device."""

    def __init__(self, options, images, labels, n_workers=0, precision="fp32"):
        self.options, self.n_workers = options, n_workers
        self.dtype, self.mixed = DTYPES[precision], precision != "fp32"
        self.images = Images(images, labels)
        if n_workers is None:
            mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (MEAN, STD))
            self.on_device = ((torch.as_tensor(images).permute(0, 3, 1, 2) / 255 - mean) / std).to(options.device)
            self.labels = torch.as_tensor(labels, device=options.device)
        self.loaders = {}
        self.model = resnet18_cifar(options.width, seed=0).to(options.device)
        self.optimiser = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
        self.scaler = torch.amp.GradScaler(options.device, enabled=precision == "fp16")
        self.loss = nn.CrossEntropyLoss()

    def loader(self, n_images):
        """Batches of the first `n_images` images; processes of a loader stay from turn to turn."""
        if self.n_workers is None:
            return self.batches(n_images)
        if n_images not in self.loaders:
            self.loaders[n_images] = DataLoader(
                Subset(self.images, range(n_images)),
                batch_size=self.options.batch,
                shuffle=True,
                num_workers=self.n_workers,
                persistent_workers=self.n_workers > 0,
                pin_memory=self.options.device == "cuda",
            )
        return self.loaders[n_images]

    def batches(self, n_images):
        """Batches of images on the device."""
        for chosen in torch.randperm(n_images, device=self.options.device).split(self.options.batch):
            batch = nn.functional.pad(self.on_device[chosen], (2, 2, 2, 2))
            top, left = torch.randint(0, 5, (2,)).tolist()
            batch = batch[:, :, top : top + 32, left : left + 32]
            yield batch.flip(3) if torch.rand(()) < 0.5 else batch, self.labels[chosen]

    def turn(self, n_images):
        """Train on the first `n_images` images; return seconds."""
        device = self.options.device
        self.model.train()
        start = time.perf_counter()
        for images, labels in self.loader(n_images):
            images, labels = images.to(device, non_blocking=True), labels.to(device, non_blocking=True)
            with torch.autocast(device, dtype=self.dtype) if self.mixed else nullcontext():
                loss = self.loss(self.model(images), labels)
            self.optimiser.zero_grad()
            self.scaler.scale(loss).backward()
            self.scaler.step(self.optimiser)
            self.scaler.update()
        loss.item()
        return time.perf_counter() - start


contender = None


def prepare(kind, options, arguments):
    """Make this process's method and warm it up on one batch."""
    global contender
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (options.images, 32, 32, 3), dtype=np.uint8)
    contender = kind(options, images, rng.integers(0, 10, options.images), **arguments)
    contender.turn(options.batch)


def turn(n_images):
    """Seconds of a turn of this process's method."""
    return contender.turn(n_images)


def peaks():
    """Peak MiB of this process, resident and on the GPU."""
    on_gpu = torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_available() else 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, on_gpu


def flops_per_image(width):
    """Floating-point operations of one image's forward and backward pass."""
    model = resnet18_cifar(width, seed=0)
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(2, 3, 32, 32)).sum().backward()
    return counter.get_total_flops() / 2


def contenders(options):
    """Kind and arguments of each method, by name."""
    precision = choose_precision("auto", options.device)
    table = {f"ours, {precision}": (Ours, {})}
    if options.compile:
        table[f"ours, {precision}, compiled"] = (Ours, {"compile": True})
    if options.graph:
        table[f"ours, {precision}, in a CUDA graph"] = (Ours, {"cuda_graph": True})
    for n_workers in options.workers:
        table[f"obvious, fp32, {n_workers} workers"] = (Obvious, {"n_workers": n_workers})
        if precision != "fp32":
            table[f"obvious, {precision}, {n_workers} workers"] = (
                Obvious,
                {"n_workers": n_workers, "precision": precision},
            )
    table[f"obvious, {precision}, on the device"] = (Obvious, {"n_workers": None, "precision": precision})
    return table


def main():
    """Read the command line, let the methods alternate and print one row each."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--width", type=int, default=64, help="channels of the network's first stage")
    parser.add_argument("--batch", type=int, default=128, help="images per batch")
    parser.add_argument("--steps", type=int, default=4, help="batches of a turn")
    parser.add_argument("--images", type=int, help="images in memory, all of which are a turn (instead of --steps)")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="device of all")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads of each process")
    cores = len(os.sched_getaffinity(0))
    parser.add_argument(
        "--workers", type=int, nargs="+", default=[0, cores], help="loader processes of the obvious loop: one a core"
    )
    parser.add_argument("--compile", action="store_true", help="also ours with torch.compile, a minute or two more")
    parser.add_argument("--graph", action="store_true", help="also ours with each batch in a CUDA graph, on a GPU")
    parser.add_argument("--repeats", type=int, default=3, help="turns of which the median is taken")
    parser.add_argument("--peak", type=float, default=790, help="TFLOP/s of the GPU, for the floor")
    options = parser.parse_args()
    options.images = options.images or options.batch * options.steps

    table, seconds, memory = contenders(options), {}, {}
    pools = {name: ProcessPoolExecutor(1, get_context("spawn")) for name in table}
    for name, (kind, arguments) in table.items():
        pools[name].submit(prepare, kind, options, arguments).result()
    for _ in range(options.repeats):
        for name, pool in pools.items():
            seconds.setdefault(name, []).append(pool.submit(turn, options.images).result())
    for name, pool in pools.items():
        memory[name] = pool.submit(peaks).result()
        pool.shutdown()

    rates = {name: options.images / np.median(values) for name, values in seconds.items()}
    precision = choose_precision("auto", options.device)
    fastest = {
        kind: max(rate for name, rate in rates.items() if name.startswith(f"obvious, {kind}"))
        for kind in ("fp32", precision)
    }
    print(
        f"width {options.width}, batches of {options.batch}, {options.images} images a turn, {options.device}, "
        f"{options.threads} thread(s); ratios to the fastest obvious loop in fp32, and in {precision}"
    )
    print(f"{'':<28}{'images/s':>10}{'ratio':>8}{precision:>8}{'peak MiB':>10}{'GPU MiB':>9}{'s a seed':>10}")
    for name, rate in rates.items():
        resident, on_gpu = memory[name]
        print(
            f"{name:<28}{rate:>10.1f}{rate / fastest['fp32']:>8.2f}{rate / fastest[precision]:>8.2f}{resident:>10.0f}"
            f"{on_gpu:>9.0f}"
            f"{EPOCHS * IMAGES / rate:>10.0f}"
        )
    work = flops_per_image(options.width)
    print(f"a seed: {EPOCHS} epochs of {IMAGES} images, {work / 1e9:.2f} GFLOP an image", end="")
    if options.device == "cuda":
        ours = EPOCHS * IMAGES / rates[next(iter(rates))]
        floor = EPOCHS * IMAGES * work / (options.peak * 1e12)
        print(
            f"; at {options.peak:.0f} TFLOP/s {floor:.1f} s, of which ours takes {ours / floor:.1f} times as long"
            f"\n{SEEDS} seeds: {SEEDS * ours / 3600:.2f} h",
            end="",
        )
    print()


if __name__ == "__main__":
    main()
