"""Accuracy with noise is that of a loop over images, and falls to chance."""

import numpy as np
import pytest
import torch
from actopo.networks.inputs import to_input
from actopo.points import activations
from actopo.points.noise import gaussian_noise
from actopo.points.noisy_accuracy import noisy_accuracy

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


class Brightest(torch.nn.Module):
    """The class is the channel with the largest mean."""

    def forward(self, images):
        return images.mean(dim=(2, 3))


def coloured(n=240):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(100, 140, (n, 6, 6, 3), dtype=np.uint8), rng.integers(0, 3, n)
    images[np.arange(n), ..., labels] += 60
    return images, labels


@pytest.mark.parametrize("units", ["normalised", "pixel"])
@pytest.mark.parametrize("sigma", [0, 1.5])
def test_it_is_that_of_each_image(monkeypatch, sigma, units):
    images, labels = coloured()
    monkeypatch.setattr(activations, "images_per_pass", lambda *_: 7)
    found = noisy_accuracy(Brightest(), images, labels, MEAN, STD, sigma, units, seed=3)
    right = 0
    for place, image in enumerate(images):
        noise = gaussian_noise([place], image.shape, sigma, units, STD, seed=3)
        own = to_input(image[None], MEAN, STD).numpy() + noise.transpose(0, 3, 1, 2)
        right += own.mean(axis=(2, 3)).argmax() == labels[place]
    assert found == right / len(images)


def test_strong_noise_leaves_chance():
    images, labels = coloured(600)
    same = [0.5] * 3, [0.25] * 3
    clean, strong = (noisy_accuracy(Brightest(), images, labels, *same, sigma) for sigma in (0, 500))
    assert clean == 1
    assert strong == pytest.approx(1 / 3, abs=0.08)
    assert np.isnan(noisy_accuracy(Brightest(), images[:0], labels[:0], *same, 1))


def test_it_is_computed_like_the_points():
    """In full float32, of which TF32 would lose three digits, and without gradients."""
    seen = []

    class Watched(Brightest):
        def forward(self, images):
            seen.append((torch.backends.cudnn.conv.fp32_precision, torch.is_inference_mode_enabled()))
            return super().forward(images)

    images, labels = coloured(20)
    noisy_accuracy(Watched(), images, labels, MEAN, STD, 1.5)
    assert seen == [("ieee", True)]
