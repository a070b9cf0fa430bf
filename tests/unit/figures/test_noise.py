"""The figure of noise shows images and their noisy copies."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import noise

from unit.figures.examples import pictures


@pytest.mark.parametrize(("units", "word"), [("normalised", "units of the normalised"), ("pixel", "pixel values")])
@pytest.mark.parametrize("channels", [1, 3])
def test_noise_is_clipped_on_display_only(channels, units, word):
    images, noisy, names = pictures()
    images, noisy = images[..., :channels], {sigma: values[..., :channels] for sigma, values in noisy.items()}
    before = {sigma: values.copy() for sigma, values in noisy.items()}
    figure = noise.plot(images, noisy, names, units)
    grid = np.array(figure.axes).reshape(2, 3)
    assert [axes.get_title() for axes in grid[0]] == ["clean", r"$\sigma$ = 0.1", r"$\sigma$ = 1"]
    assert [axes.get_ylabel() for axes in grid[:, 0]] == names
    assert word in figure.texts[0].get_text()
    for i, row in enumerate(grid):
        for axes, values in zip(row, (images / 255, noisy[0.1], noisy[1.0]), strict=True):
            expected = np.broadcast_to(np.clip(values[i], 0, 1), (8, 6, 3))
            np.testing.assert_array_equal(axes.images[0].get_array(), expected)
    assert all(np.array_equal(noisy[sigma], before[sigma]) for sigma in before)
    assert noisy[1.0].max() > 1


def test_noise_refuses_what_does_not_fit():
    images, noisy, names = pictures()
    for arguments, message in [
        ((images, noisy, []), "empty"),
        ((images, {}, names), "empty"),
        ((images, noisy, names, "dB"), "'dB'"),
        ((images / 255, noisy, names), "8-bit"),
        ((images, noisy, names[:1]), "1 names"),
        ((images, {0.1: noisy[0.1][:1]}, names), r"noise 0.1 have shape \(1, 8, 6, 3\)"),
        ((images, {0.1: noisy[0.1] * np.nan}, names), "not finite"),
    ]:
        with pytest.raises(InputError, match=message):
            noise.plot(*arguments)
