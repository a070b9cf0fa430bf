"""Images that are shifted by some pixels, without a copy of all of them in memory."""

import numpy as np

from actopo.errors import InputError


class ShiftedImages:
    """
    Images of which each is shifted down and to the right.

    Rows and columns that a shift leaves empty have one colour.

    Parameters
    ----------
    images : uint8 array of shape (N, h, w, c)
        Images, possibly a memory map.
    shift : int
        Number of pixels; negative for up and to the left.
    fill : sequence of c numbers
        Colour, from 0 to 1, such as the mean of the normalisation.

    Raises
    ------
    InputError
        If nothing would be left of an image.
    """

    def __init__(self, images, shift, fill):
        self.images, self.shift, self.shape = images, shift, images.shape
        if abs(shift) >= min(self.shape[1:3]):
            raise InputError(
                f"a shift by {shift} pixels leaves nothing of images of {self.shape[1]} x {self.shape[2]}; "
                f"write at most {min(self.shape[1:3]) - 1}"
            )
        self.fill = np.round(255 * np.asarray(fill, dtype=np.float64)).astype(np.uint8)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, part):
        """Shifted images of a slice: uint8 ndarray of shape (b, h, w, c)."""
        images, s = np.asarray(self.images[part]), self.shift
        moved = np.empty_like(images)
        moved[:] = self.fill
        (into_rows, rows), (into_columns, columns) = (_overlap(size, s) for size in self.shape[1:3])
        moved[:, into_rows, into_columns] = images[:, rows, columns]
        return moved


def _overlap(size, shift):
    """Slices of the pixels that are written and of those that are read."""
    first, last = max(shift, 0), size + min(shift, 0)
    return slice(first, last), slice(first - shift, last - shift)
