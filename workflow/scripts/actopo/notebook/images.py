"""
Images as a notebook has them, as batches that a network takes, with labels and as pictures.

8-bit images become the network's input here; tensors of floats are taken as they are.
"""

from dataclasses import dataclass

import numpy as np
import torch

from actopo.errors import InputError
from actopo.networks.inputs import images_per_pass, to_input

BATCH = 500
# Name of the class of images without labels.
UNLABELLED = "image"


@dataclass(frozen=True, eq=False, repr=False)
class Images:
    """
    Images for a network, and what is known of them.

    Attributes
    ----------
    batches : list of float32 tensor of shape (b, c, h, w)
        Input of the network.
    pictures : uint8 ndarray of shape (N, h, w, c)
        The images as they are shown, with c of 1 or 3.
    labels : int64 ndarray of shape (N,)
        Class of each image, an index into `class_names`.
    class_names : list of str
    """

    batches: list
    pictures: np.ndarray
    labels: np.ndarray
    class_names: list

    def __len__(self):
        """Number of images."""
        return len(self.labels)

    def __repr__(self):
        return f"{len(self)} images, classes {', '.join(self.class_names)}"


def read_images(images, labels=None, class_names=None, mean=None, std=None):
    """
    Images in one of several forms.

    Parameters
    ----------
    images : uint8 ndarray or tensor of shape (N, h, w, c) or (N, h, w); float tensor of shape (N, c, h, w); or iterable
        8-bit images, which are divided by 255 and normalised; or the input of the network, as it takes it; or batches
        of either, each alone or as a pair of images and labels, such as a DataLoader.
    labels : sequence of int or str of length N, optional
        Class of each image; by default those of the batches.
    class_names : sequence of str, optional
        Names of the classes 0, 1, ...; by default their numbers. Without names, numbers of classes that reach that of
        the images are names themselves, of the classes that images have.
    mean, std : sequence of c floats, optional
        Normalisation in units of the full scale. Of floats it is undone where images are shown.

    Returns
    -------
    Images

    Raises
    ------
    InputError
        If there is no image, images have another form or differ in size, or labels or the normalisation do not fit
        them.
    """
    whole = isinstance(images, np.ndarray | torch.Tensor)
    pieces, own = [], []
    for piece in [images] if whole else images:
        piece, given = _split(piece) if not whole else (piece, None)
        pieces.append(piece)
        own.append(given)
    if not sum(map(len, pieces)):
        raise InputError("there are no images; give an array, a tensor, or batches such as those of a DataLoader")
    if labels is None and any(given is not None for given in own):
        if (without := next((place for place, given in enumerate(own) if given is None), None)) is not None:
            raise InputError(f"batch {without} has no labels and others have some; give labels to all or to none")
        if not all(np.ndim(_array(given)) for given in own):
            raise InputError(
                "items are single images with their labels; give batches of them, as a DataLoader makes them"
            )
        # An empty batch may have labels of another type.
        labels = np.concatenate([_array(given) for piece, given in zip(pieces, own, strict=True) if len(piece)])
    read = [part for piece in pieces if len(piece) for part in _read(piece, mean, std)]
    shapes = {tuple(batch.shape[1:]) for batch, _ in read}
    if len(shapes) > 1:
        raise InputError(f"images have shapes {', '.join(map(str, sorted(shapes)))}; make them equal in size")
    codes, names = _classes(labels, class_names, sum(len(batch) for batch, _ in read))
    return Images([batch for batch, _ in read], _pictures(read, mean, std), codes, names)


def _split(piece):
    """Images and labels of one batch; labels are None where it has none."""
    if isinstance(piece, tuple | list) and len(piece) in (1, 2):
        return piece[0], (piece[1] if len(piece) == 2 else None)
    if isinstance(piece, np.ndarray | torch.Tensor):
        return piece, None
    raise InputError(
        f"a batch is {type(piece).__name__}; give tensors or arrays of images, alone or in pairs with their labels"
    )


def _array(values):
    """Labels as an array, from wherever they are."""
    return values.detach().cpu().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)


def _read(piece, mean, std):
    """Batches of network input, each with its pictures, None where they are yet to be made."""
    # Views in another order, as of channels, are no tensors, and arrays that cannot be written are no safe ones.
    piece = (
        torch.as_tensor(np.require(piece, requirements="CW") if isinstance(piece, np.ndarray) else piece).detach().cpu()
    )
    if piece.dtype == torch.uint8:
        piece = _channels_last(piece)
        n_channels = piece.shape[-1]
        _check_normalisation(mean, std, n_channels)
        mean = [0.0] * n_channels if mean is None else mean
        std = [1.0] * n_channels if std is None else std
        step = images_per_pass(BATCH, piece.shape[1:])
        for part in piece.split(step):
            yield to_input(part, mean, std), part.numpy()
        return
    if not piece.is_floating_point() or piece.dim() != 4 or piece.shape[1] not in (1, 3):
        raise InputError(
            f"images are {str(piece.dtype).removeprefix('torch.')} of shape {tuple(piece.shape)}; give 8-bit images "
            "(N, h, w, c), or the network's input as floats (N, c, h, w), with 1 or 3 channels"
        )
    _check_normalisation(mean, std, piece.shape[1])
    for part in piece.float().split(images_per_pass(BATCH, piece.shape[2:])):
        yield part, None


def _channels_last(images):
    """8-bit images of shape (N, h, w, c)."""
    if images.dim() == 3 and images.shape[2] not in (1, 3):
        return images[..., None]
    if images.dim() == 4 and images.shape[3] in (1, 3):
        return images
    if images.dim() == 4 and images.shape[1] in (1, 3):
        return images.permute(0, 2, 3, 1).contiguous()
    single = " (of single images, make one array, as numpy.stack does)" if images.dim() == 3 else ""
    raise InputError(
        f"8-bit images have shape {tuple(images.shape)}; give (N, h, w, c) with c of 1 or 3, or (N, h, w){single}"
    )


def _check_normalisation(mean, std, n_channels):
    """Raise InputError unless means and standard deviations are one for each channel."""
    for name, values in (("mean", mean), ("std", std)):
        if values is None:
            continue
        if np.shape(values) != (n_channels,):
            raise InputError(f"{name} is {values}; give a list of one number for each channel, {n_channels}")
        if not np.isfinite(values).all() or (name == "std" and min(values) <= 0):
            raise InputError(f"{name} is {values}; give {'numbers above 0' if name == 'std' else 'finite numbers'}")


def _pictures(read, mean, std):
    """8-bit images; floats without a known normalisation are scaled from their smallest to their largest value."""
    if all(picture is not None for _, picture in read):
        return np.concatenate([picture for _, picture in read])
    values = torch.cat([batch for batch, _ in read]).permute(0, 2, 3, 1)
    if mean is None and std is None:
        low, high = values.min(), values.max()
        values = (values - low) / (high - low).clamp(min=1e-12)
    else:
        n_channels = values.shape[-1]
        values = values * torch.tensor([1.0] * n_channels if std is None else std)
        values = values + torch.tensor([0.0] * n_channels if mean is None else mean)
    return (255 * values.clamp(0, 1)).round().to(torch.uint8).numpy()


def _classes(labels, class_names, n_images):
    """Classes as numbers, and their names."""
    names = None if class_names is None else [str(name) for name in class_names]
    if names and (twice := next((name for name in names if names.count(name) > 1), None)) is not None:
        raise InputError(f"class_names has {twice!r} twice; name each class differently")
    if labels is None:
        if names and len(names) > 1:
            raise InputError(f"there are {len(names)} class_names and no labels; give labels, or one name at most")
        return np.zeros(n_images, dtype=np.int64), names or [UNLABELLED]
    labels = _array(labels)
    if labels.shape != (n_images,):
        raise InputError(f"labels have shape {labels.shape}; give one for each of {n_images} images")
    if labels.dtype.kind in "iub" and names is None and labels.min() >= 0 and labels.max() >= n_images:
        # Such numbers are names, and most of those below are of no image.
        found, codes = np.unique(labels, return_inverse=True)
        return codes.astype(np.int64), [str(number) for number in found]
    if labels.dtype.kind in "iub":
        n_classes = int(labels.max()) + 1
        names = [str(code) for code in range(n_classes)] if names is None else names
        if labels.min() < 0 or n_classes > len(names):
            raise InputError(
                f"labels run from {labels.min()} to {labels.max()} and there are {len(names)} names of classes; number "
                "classes from 0, and name each"
            )
        return labels.astype(np.int64), names
    without = [place for place, label in enumerate(labels.tolist()) if label is None or label != label]
    if without:
        raise InputError(
            f"image {without[0]} has no label ({labels[without[0]]}); give it one, or leave such images out"
        )
    found = np.unique(labels) if class_names is None else np.asarray(class_names)
    place = {name: code for code, name in enumerate(found.tolist())}
    unknown = sorted({str(name) for name in labels.tolist() if name not in place})
    if unknown:
        raise InputError(f"class {unknown[0]!r} of the labels is not among class_names {', '.join(map(str, found))}")
    return np.array([place[name] for name in labels.tolist()]), [str(name) for name in found]
