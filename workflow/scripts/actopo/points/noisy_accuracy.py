"""Accuracy of a network on images with noise."""

from actopo.points.activations import network_outputs
from actopo.points.noise import gaussian_noise


def noisy_accuracy(model, images, labels, mean, std, sigma, units="normalised", seed=0, device="cpu", progress=None):
    """
    Share of images with noise whose largest logit is that of their label, in the arithmetic of the points.

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

    Raises
    ------
    InputError
        As `actopo.points.activations.network_outputs`.
    """
    if not len(images):
        return float("nan")

    def noise_of(places):
        return gaussian_noise(places, images.shape[1:], sigma, units, std, seed)

    perturb = noise_of if sigma else None
    logits = network_outputs(model, images, mean, std, device=device, progress=progress, perturb=perturb)
    return float((logits.argmax(axis=1) == labels).mean())
