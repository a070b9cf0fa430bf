"""Network and images of the jobs that run a network over the images of a study, and batches of the images."""

import numpy as np
import torch

from actopo.errors import InputError
from actopo.files import load_array, load_json
from actopo.job import choose_device, log_device
from actopo.keys import batch_number
from actopo.networks.batch_norm import fit_batch_norm
from actopo.networks.build import build
from actopo.networks.weights import load_tensors, load_weights
from actopo.points.activations import activation_shapes
from actopo.points.noise import gaussian_noise


def batches(n_images, batch_size, n_batches, seed):
    """
    Disjoint random batches: consecutive pieces of one seeded permutation of all images.

    Batch ``i`` does not depend on `n_batches`.

    Parameters
    ----------
    n_images : int
        Number of images to choose from.
    batch_size : int
        Number of images in a batch.
    n_batches : int
        Number of batches to return.
    seed : int
        Seed of the permutation.

    Returns
    -------
    ndarray of int64, shape (n_batches, batch_size)
        Image indices.

    Raises
    ------
    InputError
        If there are too few images, or a number is not positive.
    """
    for key, value in (("homology.batches", n_batches), ("homology.batch_size", batch_size)):
        if value < 1:
            raise InputError(f"{key} is {value}; it must be 1 or more.")
    if n_batches * batch_size > n_images:
        most = n_images // batch_size
        remedy = f"set homology.batches to at most {most}, or make homology.batch_size smaller"
        if most == 0:
            remedy = f"set homology.batch_size to at most {n_images // n_batches}"
        raise InputError(
            f"homology.batches: {n_batches} batches of homology.batch_size {batch_size} need "
            f"{n_batches * batch_size} images, but there are {n_images} and batches are disjoint: {remedy}."
        )
    order = np.random.default_rng(seed).permutation(n_images).astype(np.int64, copy=False)
    return order[: n_batches * batch_size].reshape(n_batches, batch_size)


def some_of(images, n_images, seed):
    """At most `n_images` images, or rows of any array or memory map, drawn without replacement, in their order."""
    drawn = np.random.default_rng(seed).choice(len(images), min(n_images, len(images)), replace=False)
    return images[np.sort(drawn)]


def study_of(job, params):
    """
    Network and images of a job.

    Parameters
    ----------
    job : object
        Job with the inputs `weights`, `images` and `meta`, the wildcards `seed` and `subset`, `threads` and
        `resources.device`. Without weights, the seed makes the network.
    params : types.SimpleNamespace
        `network`, `batch_norm`, `layers` (with the `layout` that a config says, if any), `tap`, `batches` and `noise`,
        as `actopo.job.settings` returns them. With `batch_norm` (arguments of `some_of`), a network without weights has
        the statistics of its batch norms from some of the job's input `train_images`.

    Returns
    -------
    arguments : dict
        Arguments of the functions of `actopo.points.activations`.
    index : ndarray of shape (N,)
        Indices of the study's images among those of the file.
    """
    device = choose_device(job.resources.device)
    torch.set_num_threads(job.threads)
    log_device(device, job.threads)
    meta = load_json(job.input.meta)
    network = {**params.network, "n_channels": meta["image_shape"][-1]}
    state, facts = load_tensors(job.input.weights) if job.input.weights else (None, {})
    # Weights that were not trained here may be for classes other than those of the images.
    network |= {"pretrained": "n_classes" in facts, "n_classes": int(facts.get("n_classes", len(meta["class_names"])))}
    model = build(**network, seed=int(job.wildcards.seed))
    if state is not None:
        model = load_weights(model, state)
    elif params.batch_norm:
        train_images = load_array(job.input.train_images, mapped=True)
        fit_batch_norm(model, some_of(train_images, **params.batch_norm), meta["mean"], meta["std"], device)
    images, batch = load_array(job.input.images, mapped=True), batch_number(job.wildcards.subset)
    index = np.arange(len(images))
    if batch is not None:
        index = batches(len(images), n_batches=batch + 1, **params.batches)[batch]
        images = images[index]

    perturb = None
    if params.noise:
        noise = {"image_shape": images.shape[1:], "std": meta["std"], **params.noise}

        def perturb(places):
            return gaussian_noise(index[places], **noise)

    arguments = {
        "model": model,
        "images": images,
        "mean": meta["mean"],
        "std": meta["std"],
        "layers": params.layers["layers"],
        "tap": params.tap,
        "device": device,
        "perturb": perturb,
        "given": params.layers.get("layout"),
    }
    return arguments, index


def study_shapes(study):
    """Shape (n, m, c) of each layer's activation for one image, by layer; `study` is what `study_of` returns."""
    image_shape = study["images"].shape[1:]
    return activation_shapes(study["model"], study["layers"], image_shape, study["tap"], study["given"])
