"""What the jobs that run a network over the images of a study have in common."""

import json

import numpy as np
import torch

from actopo.data import batches
from actopo.io import load_json
from actopo.job import choose_device
from actopo.models import load_weights
from actopo.networks import build
from actopo.noise import gaussian_noise
from actopo.weights import load_tensors


def study_of(job):
    """
    Network and images of a job.

    Parameters
    ----------
    job : snakemake.script.Snakemake
        With the inputs `weights`, `images` and `meta`, the wildcards `seed` and `subset`, and the params `network`,
        `layers`, `tap`, `batches` and `noise`.

    Returns
    -------
    arguments : dict
        For the functions of `actopo.activations`.
    index : ndarray of shape (N,)
        Places of the study's images among those of the file.
    """
    device = choose_device(job.resources.device)
    torch.set_num_threads(job.threads)
    meta = load_json(job.input.meta)
    network = {**json.loads(job.params.network), "n_channels": meta["image_shape"][-1]}
    state, facts = load_tensors(job.input.weights) if job.input.weights else (None, {})
    # Weights that were not trained here may be for other classes than the images'.
    network |= {"pretrained": "n_classes" in facts, "n_classes": int(facts.get("n_classes", len(meta["class_names"])))}
    model = build(**network, seed=int(job.wildcards.seed))
    if state is not None:
        model = load_weights(model, state)
    images, subset = np.load(job.input.images, mmap_mode="r"), job.wildcards.subset
    index = np.arange(len(images))
    if subset != "all":
        batch = int(subset.removeprefix("batch"))
        index = batches(len(images), n_batches=batch + 1, **json.loads(job.params.batches))[batch]
        images = images[index]

    perturb = None
    if job.params.noise:
        noise = {"image_shape": images.shape[1:], "std": meta["std"], **json.loads(job.params.noise)}

        def perturb(places):
            return gaussian_noise(index[places], **noise)

    arguments = {
        "model": model,
        "images": images,
        "mean": meta["mean"],
        "std": meta["std"],
        "layers": json.loads(job.params.layers)["layers"],
        "tap": job.params.tap,
        "device": device,
        "perturb": perturb,
    }
    return arguments, index
