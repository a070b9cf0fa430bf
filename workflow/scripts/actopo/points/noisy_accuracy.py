"""Accuracy of a network on images with noise."""

import numpy as np
import torch

from actopo.networks.inputs import images_per_pass, to_input
from actopo.points.noise import gaussian_noise

LARGEST_BATCH = 500


def noisy_accuracy(model, images, labels, mean, std, sigma, units="normalised", seed=0, device="cpu", progress=None):
    """
    Share of images with noise whose largest logit is that of their label.

    Parameters
    ----------
    model : torch.nn.Module
        On any device; it is moved.
    images : uint8 ndarray of shape (N, h, w, c)
    labels : ndarray of shape (N,), int
    mean, std : sequence of c floats
        By which images are normalised.
    sigma, units, seed
        As in `actopo.points.noise.gaussian_noise`; the noise of an image goes by its place among the images.
    device : str
    progress : callable, optional
        Called with the number of images of every batch.

    Returns
    -------
    float
        nan if there is no image.
    """
    model.eval().to(device)
    right, step = 0, images_per_pass(LARGEST_BATCH, images.shape[1:])
    with torch.inference_mode():
        for start in range(0, len(images), step):
            places = np.arange(start, min(start + step, len(images)))
            batch = to_input(images[places], mean, std, device)
            if sigma:
                noise = gaussian_noise(places, images.shape[1:], sigma, units, std, seed)
                batch = batch + torch.from_numpy(noise).to(device).permute(0, 3, 1, 2)
            right += int((model(batch).argmax(dim=1).cpu().numpy() == labels[places]).sum())
            if progress:
                progress(len(places))
    return right / len(images) if len(images) else float("nan")
