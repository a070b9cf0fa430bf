"""
Images per second of sampling and of dumping activations, against a bare forward pass of the same network.

Sampling takes points of all 17 layers of a ResNet-18 with random weights during the pass and writes them to an
archive in a temporary folder, as in the workflow's jobs; dumping writes whole layers there, one file each. The bare
pass has the same precision, memory format and batches. The three alternate. Every number of images is measured in a
separate process: private memory, the peak of the resident size less the pages of mapped files, must not grow with it;
the system can reclaim pages of files.

    python benchmarks/activations.py --width 64 --images 500 --threads 1
"""

import argparse
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from actopo.arithmetic import exact_arithmetic
from actopo.networks.inputs import to_input
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.points.activations import activation_shapes, dump_activations, sample_activations
from actopo.points.sampling import Stream
from actopo.points.spool import PointSpool

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
LAYERS = range(17)
PAGE = 4096 / 2**20


class Watch(threading.Thread):
    """Peaks, in MiB, of this process's resident and private memory while it runs."""

    def __init__(self):
        super().__init__(daemon=True)
        self.resident = self.private = 0.0

    def run(self):
        """Sample memory every few milliseconds, until the process ends."""
        while True:
            resident, shared = (int(pages) * PAGE for pages in Path("/proc/self/statm").read_text().split()[1:3])
            self.resident, self.private = max(self.resident, resident), max(self.private, resident - shared)
            time.sleep(0.005)


def forward(model, images, options):
    """Bare forward pass over all images."""
    with torch.inference_mode(), exact_arithmetic():
        for start in range(0, len(images), options.batch):
            model(to_input(np.array(images[start : start + options.batch]), MEAN, STD, options.device))
        if options.device == "cuda":
            torch.cuda.synchronize()


def sample(method, model, images, options, folder):
    """Write one point per image for every layer."""
    labels, shapes = np.arange(len(images)) % 10, activation_shapes(model, LAYERS, images.shape[1:])
    streams = {layer: Stream(method, (len(images), *shape), labels, seed=layer) for layer, shape in shapes.items()}
    with PointSpool(folder / "points.npz") as spool:
        study = (model, images, MEAN, STD, LAYERS, options.tap)
        sample_activations(*study, streams, spool.append, options.batch, options.device)
        spool.save(streams, np.arange(len(images)))


def dump(model, images, options, folder):
    """Write one .npy per layer."""
    with ExitStack() as stack:
        files = {}
        for layer, shape in activation_shapes(model, LAYERS, images.shape[1:]).items():
            files[layer] = stack.enter_context(open(folder / f"{layer}.npy", "wb"))
            header = {"descr": "<f4", "fortran_order": False, "shape": (len(images), *shape)}
            np.lib.format.write_array_header_1_0(files[layer], header)

        def write(layer, batch, _):
            files[layer].write(batch)

        dump_activations(model, images, MEAN, STD, LAYERS, options.tap, write, options.batch, options.device)


def measure(options, n_images):
    """Median seconds of each step over `n_images` images, MiB written, and peaks of memory."""
    torch.set_num_threads(options.threads)
    watch = Watch()
    watch.start()
    model = resnet18_cifar(options.width, seed=0).to(options.device, memory_format=torch.channels_last).eval()
    seconds = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        folder = Path(folder)
        np.save(folder / "images.npy", np.random.default_rng(0).integers(0, 256, (n_images, 32, 32, 3), dtype=np.uint8))
        images = np.load(folder / "images.npy", mmap_mode="r")
        forward(model, images[: options.batch], options)
        for _ in range(options.repeats):
            steps = {"forward": lambda: forward(model, images, options)}
            steps |= {
                f"sample {method}": lambda method=method: sample(method, model, images, options, folder)
                for method in options.methods
            }
            steps["dump"] = lambda: dump(model, images, options, folder)
            for name, step in steps.items():
                start = time.perf_counter()
                step()
                seconds.setdefault(name, []).append(time.perf_counter() - start)
        written = sum(file.stat().st_size for file in folder.iterdir()) / 2**20
    return {name: np.median(values) for name, values in seconds.items()}, written, watch.resident, watch.private


def main():
    """Read the command line, measure N and 4 N images and print one row per step."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--width", type=int, default=64, help="channels of the network's first stage")
    parser.add_argument("--images", type=int, default=500, help="images N, at least two batches; 4 N are measured too")
    parser.add_argument("--batch", type=int, default=250, help="images per forward pass")
    parser.add_argument("--tap", default="conv", choices=["conv", "bn", "relu"], help="what is read of a layer")
    parser.add_argument(
        "--methods", nargs="+", default=["random", "top_l2"], choices=["random", "top_l2"], help="how points are chosen"
    )
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"], help="device of the network")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads of PyTorch")
    parser.add_argument("--folder", help="where the temporary folder is made, on the disk to be measured")
    parser.add_argument("--repeats", type=int, default=3, help="turns of which the median is taken")
    options = parser.parse_args()

    print(
        f"width {options.width}, float32, batches of {options.batch}, tap {options.tap}, {options.device}, "
        f"{options.threads} thread(s)"
    )
    for n_images in (options.images, 4 * options.images):
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            seconds, written, resident, private = pool.submit(measure, options, n_images).result()
        print(f"\n{n_images} images, {written:.0f} MiB written; peak {resident:.0f} MiB, private {private:.0f} MiB")
        print(f"{'':<18}{'images/s':>10}{'overhead':>10}")
        bare = seconds["forward"]
        print(f"{'forward':<18}{n_images / bare:>10.0f}")
        for name, taken in list(seconds.items())[1:]:
            print(f"{name:<18}{n_images / taken:>10.0f}{taken / bare - 1:>10.0%}")


if __name__ == "__main__":
    main()
