"""Noise of images: its moments, its units, and that an image's own depends on nothing but its index and the seed."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.points.noise import gaussian_noise

SHAPE = (6, 5, 3)


def test_noise_of_an_image_depends_on_its_index_and_the_seed_alone():
    whole = gaussian_noise(range(8), SHAPE, 0.5, seed=3)
    assert (whole.shape, whole.dtype) == ((8, *SHAPE), np.float32)
    np.testing.assert_array_equal(gaussian_noise([6, 2, 2], SHAPE, 0.5, seed=3), whole[[6, 2, 2]])
    assert len({image.tobytes() for image in whole}) == 8
    assert not (gaussian_noise(range(8), SHAPE, 0.5, seed=4) == whole).any()
    assert gaussian_noise([], SHAPE, 0.5).shape == (0, *SHAPE)


def test_moments_and_independence():
    noise = gaussian_noise(range(400), SHAPE, 2.0).astype(np.float64).reshape(400, -1)
    n = noise.size
    # Four standard errors of the mean and of the variance.
    assert abs(noise.mean()) < 4 * 2 / np.sqrt(n)
    assert abs(noise.var() / 4 - 1) < 4 * np.sqrt(2 / n)
    correlations = np.corrcoef(noise.T)[np.triu_indices(90, 1)]
    assert abs(correlations.mean()) < 4 / np.sqrt(400 * len(correlations))
    assert np.abs(noise).max() > 2 * 4  # never clipped


def test_units():
    normalised = gaussian_noise(range(3), SHAPE, 1.0, seed=1)
    np.testing.assert_array_equal(gaussian_noise(range(3), SHAPE, 0.25, seed=1), normalised / 4)
    std = [0.5, 0.25, 2.0]
    pixels = gaussian_noise(range(3), SHAPE, 0.25, "pixel", std, seed=1)
    np.testing.assert_array_equal(pixels, normalised * np.array([0.5, 1, 0.125], np.float32))
    assert not gaussian_noise(range(3), SHAPE, 0).any()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"units": "pixels"}, "units are 'pixels'; write one of normalised, pixel"),
        ({"sigma": -0.1}, "sigma is -0.1"),
        ({"sigma": np.nan}, "sigma is nan"),
        ({"sigma": np.inf}, "sigma is inf"),
        ({"units": "pixel"}, "needs the std"),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(InputError, match=words):
        gaussian_noise(**{"images": [0], "image_shape": SHAPE, "sigma": 1.0} | arguments)
