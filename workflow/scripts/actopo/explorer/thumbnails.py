"""
Small images of the members of nodes: which are shown, and one sheet of them for each class.

All images of a run stand in one random order. A node shows those of its members that come first in it, which are a
random choice from its members; since nodes and graphs share the order, the same images come first in many of them, and
few images stand for many nodes (bottom-k sampling [1]_).

References
----------
.. [1] Cohen and Kaplan (2007), "Summarizing Data Using Bottom-k Sketches", Proceedings of PODC.
"""

import base64
import io

import numpy as np
from PIL import Image

# Thumbnails of a node and of a page, their longest side in pixels, and the quality of the JPEG.
PER_NODE = 12
MOST = 10_000
SIDE = 64
QUALITY = 85


def choose_members(members, rank, n=PER_NODE):
    """
    Members of a node that are shown.

    Parameters
    ----------
    members : int ndarray of shape (k,)
        Images.
    rank : int ndarray of shape (n_images,)
        Place of each image in the common random order.
    n : int

    Returns
    -------
    int ndarray
        Places in `members` of the `n` that come first in the order, first ones first; all if there are fewer.
    """
    ranks = rank[members]
    first = np.argpartition(ranks, n)[:n] if len(ranks) > n else np.arange(len(ranks))
    return first[np.argsort(ranks[first])]


def image_sheets(images, labels, wanted, rank, n_classes, most=MOST, side=SIDE):
    """
    One JPEG sheet for each class.

    Parameters
    ----------
    images : uint8 ndarray of shape (n_images, H, W, C)
        C is 3, or 1 for grey images. A memory map will do.
    labels : int ndarray of shape (n_images,)
    wanted : set of int
        Images that a node shows.
    rank : int ndarray of shape (n_images,)
        Common random order: if more than `most` images are wanted, the first of them are taken.
    n_classes : int
    most : int
    side : int
        Longest side of a thumbnail in pixels; larger images are scaled down to it.

    Returns
    -------
    dict
        `width` and `height` of a thumbnail in pixels; `images`, for each class the images on its sheet, row by row;
        `columns`, of each sheet; `sheets`, each a data URI, or an empty text for a class without images.
    """
    taken = np.array(sorted(wanted), dtype=np.int64)
    taken = np.sort(taken[np.argsort(rank[taken])[:most]])
    scale = min(1, side / max(images.shape[1:3]))
    height, width = (max(1, round(length * scale)) for length in images.shape[1:3])
    sheets = {"width": width, "height": height, "images": [], "columns": [], "sheets": []}
    for label in range(n_classes):
        own = taken[labels[taken] == label]
        columns = max(1, int(np.ceil(np.sqrt(len(own)))))
        sheets["images"].append(own.tolist())
        sheets["columns"].append(columns)
        sheets["sheets"].append(_sheet(images, own, columns, (width, height)) if len(own) else "")
    return sheets


def _sheet(images, own, columns, size):
    """Data URI of the images of one class."""
    width, height = size
    sheet = Image.new("RGB", (columns * width, -(-len(own) // columns) * height))
    for place, image in enumerate(own):
        pixels = np.asarray(images[image])
        tile = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).convert("RGB")
        if tile.size != size:
            tile = tile.resize(size, Image.Resampling.BOX if tile.width > width else Image.Resampling.BICUBIC)
        row, column = divmod(place, columns)
        sheet.paste(tile, (column * width, row * height))
    file = io.BytesIO()
    # Without subsampled colours, so that neighbours do not run into each other.
    sheet.save(file, "JPEG", quality=QUALITY, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def field_boxes(field, share=0.5):
    """
    Box of what each position of a layer sees of an image.

    Parameters
    ----------
    field : ndarray of shape (n, m, h, w)
        Effective receptive fields (`actopo.points.receptive_field`), on h x w blocks of the image.
    share : float
        The box holds all blocks whose weight is at least this share of the position's largest.

    Returns
    -------
    list of list of float
        For each position, row by row, left, top, width and height of its box as shares of the image's sides.
    """
    boxes = []
    height, width = field.shape[2:]
    for own in field.reshape(-1, height, width):
        inside = own >= share * own.max()
        rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
        left, top = columns[0] / width, rows[0] / height
        sides = ((columns[-1] + 1) / width - left, (rows[-1] + 1) / height - top)
        boxes.append([round(float(value), 4) for value in (left, top, *sides)])
    return boxes
