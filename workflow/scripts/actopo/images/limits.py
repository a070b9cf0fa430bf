"""
Limits of image files, which are kept before a file is read or decoded.

A file of less than a megabyte can hold an image that no memory holds, and so can a narrow one once it is scaled.
"""

import io
import warnings
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """
    What the largest image file may have.

    Attributes
    ----------
    bytes : int
        Bytes of the file, unpacked if it lies in an archive.
    side : int
        Pixels of the longer side.
    pixels : int
        Pixels of the image, as it is stored and as it is scaled before the centre is cut out.
    """

    bytes: int = 200_000_000
    side: int = 50_000
    pixels: int = 100_000_000

    def excess(self, width, height, shorter=None):
        """
        Which limit an image exceeds, None if it exceeds none.

        Parameters
        ----------
        width, height : int
            Size of the image as stored.
        shorter : int, optional
            Length of its shorter side after scaling; by default it is not scaled.
        """
        if max(width, height) > self.side:
            return f"a side of more than data.limits.side {self.side}"
        if width * height > self.pixels:
            return f"more than data.limits.pixels {self.pixels}"
        if shorter is not None and max(width, height) * shorter**2 > self.pixels * min(width, height):
            return f"scaled to {shorter} pixels more than data.limits.pixels {self.pixels}"
        return None


def stored_size(data):
    """
    Width and height of the image in the bytes of a file, from its head; None if that is no image.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    tuple of int or None
    """
    # It comes with torchvision, and other images than those in files do not need it.
    from PIL import Image

    with warnings.catch_warnings():
        # Pillow has a limit of its own, which is not ours; nothing is decoded here.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        usual, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            with Image.open(io.BytesIO(data)) as image:
                return image.size
        # What the readers of the formats raise of damaged heads.
        except (OSError, ValueError, SyntaxError, EOFError, ArithmeticError, LookupError, TypeError):
            return None
        finally:
            Image.MAX_IMAGE_PIXELS = usual
