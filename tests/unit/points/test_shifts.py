"""Shifted images against a loop over pixels."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.points.shifts import ShiftedImages


@pytest.mark.parametrize("shift", [0, 1, 3, -2, 4, -4])
@pytest.mark.parametrize("size", [(5, 5), (7, 5)])
def test_every_pixel_moves(shift, size):
    images = np.random.default_rng(0).integers(0, 256, (6, *size, 3), dtype=np.uint8)
    shifted = ShiftedImages(images, shift, [0, 0.5, 1])
    expected = np.empty_like(images)
    for row in range(size[0]):
        for column in range(size[1]):
            inside = 0 <= row - shift < size[0] and 0 <= column - shift < size[1]
            expected[:, row, column] = images[:, row - shift, column - shift] if inside else [0, 128, 255]
    assert len(shifted) == 6
    assert shifted.shape == images.shape
    np.testing.assert_array_equal(shifted[2:5], expected[2:5])
    assert shifted[0:9].dtype == np.uint8


def test_a_shift_beyond_the_image():
    with pytest.raises(InputError, match="a shift by 5 pixels leaves nothing of images of 7 x 5; write at most 4"):
        ShiftedImages(np.zeros((1, 7, 5, 1), np.uint8), 5, [0])
