"""
Labelled images as arrays: digits [3]_, CIFAR-10 [1]_, Fashion-MNIST [2]_, or a folder or .zip of class folders.

Every image becomes ``size x size``: the shorter side is resized to `size`, or as `resize` says, with the
aspect ratio kept (area averaging if it shrinks, bicubic if it grows), and the centre is cut out. Images are
read in the order of the sorted class and file names, so a folder and its archive give the same arrays. A subset
is chosen before the split.

References
----------
.. [1] Krizhevsky (2009), "Learning Multiple Layers of Features from Tiny Images" (CIFAR-10).
.. [2] Xiao, Rasul and Vollgraf (2017), "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
       Learning Algorithms".
.. [3] Alpaydin and Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI Machine Learning
       Repository.
"""

import difflib
import hashlib
import logging
import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from actopo.errors import InputError
from actopo.images.choices import DATASETS, NORMALISATIONS, PARTS, count_test_images
from actopo.images.downloads import load_downloaded
from actopo.images.image_folder import fit_all, read_image_folder
from actopo.images.limits import Limits
from actopo.images.part_digest import part_digest

BLOCK = 512
log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ImageSet:
    """
    One part of a data set.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, h, w, c)
        C-contiguous; RGB where ``c`` is 3.
    labels : ndarray of int64, shape (N,)
        Indices into the class names.
    files : tuple of str or None
        Name of each image inside the folder or archive; None if images are not files.
    """

    images: np.ndarray
    labels: np.ndarray
    files: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Dataset:
    """
    Training and test images.

    Attributes
    ----------
    train, test : ImageSet
    class_names : tuple of str
    mean, std : ndarray of float64, shape (c,)
        Normalisation per channel, of the training part or as given, in units in which a pixel lies in [0, 1].
    provenance : dict
        ``source``, ``sha256`` of each part's images and labels (and of the archive, if there is one),
        ``versions`` of the libraries that affect pixel values, and ``normalisation`` as requested.
    """

    train: ImageSet
    test: ImageSet
    class_names: tuple[str, ...]
    mean: np.ndarray
    std: np.ndarray
    provenance: dict


def load_images(
    dataset,
    root=None,
    size=32,
    channels=3,
    test_share=0.2,
    seed=0,
    resize=None,
    normalisation="measured",
    classes=None,
    images_per_class=None,
    n_workers=1,
    limits=None,
    labelled=True,
):
    """
    Load a data set as uint8 arrays with a training and a test part.

    Parameters
    ----------
    dataset : {"digits", "cifar10", "fashion_mnist", "image_folder"}
        ``digits`` is part of scikit-learn. ``cifar10`` and ``fashion_mnist`` are downloaded if neither `root`
        nor the operating system has them.
    root : path-like, optional
        ``image_folder``: a folder or .zip of class folders, or of ``train/`` and ``test/`` with class folders
        in each; one folder around everything is allowed. ``cifar10``, ``fashion_mnist``: the folder to keep
        them in.
    size : int, default 32
        Height and width in pixels.
    channels : {1, 3}, default 3
        Grey or RGB.
    test_share : float, default 0.2
        Share of each class that goes to the test part, if the data set has no parts of its own. A class
        of two or more images has at least one in each part; a single image is for training. With 0 the test
        part is empty.
    seed : int, default 0
        Seed of that split, and of the draw for `images_per_class`.
    resize : int, None or False, default None
        Length of the shorter side in pixels before the centre is cut out: None for `size`, False for no scaling.
    normalisation : {"measured", "imagenet", "cifar10"} or dict, default "measured"
        Mean and standard deviation: those of the training part, those of a published data set, or the lists ``mean``
        and ``std`` with one number per channel.
    classes : list of str, optional
        Names of the classes to keep, in any order; by default all.
    images_per_class : int, optional
        Largest number of images of each class. They are drawn at random, from each part if the data set has parts,
        else from all images. A draw of fewer images is contained in a draw of more.
    n_workers : int, default 1
        Number of threads that decode images; no effect on the result.
    limits : dict, optional
        What the largest file of ``image_folder`` may have, see `actopo.images.limits.Limits`.
    labelled : bool, default True
        Whether the folders of ``image_folder`` are classes; otherwise all images are of one, `UNLABELLED`.

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        If a setting is impossible, or the images are missing, broken or laid out in another way.
    """
    _check_settings(dataset, size, channels, test_share, resize, classes, images_per_class)
    given = _given_normalisation(normalisation, channels)
    choose = partial(_choose, classes=classes, images_per_class=images_per_class, seed=seed)
    if dataset == "digits":
        parts, class_names, provenance = _load_digits(size, channels, resize, choose)
    elif root is None:
        raise InputError(
            f"data.root is not set, but data.dataset '{dataset}' needs it: give the folder or .zip of images "
            "for image_folder, the folder to keep the download in for cifar10 and fashion_mnist."
        )
    elif dataset == "image_folder":
        parts, class_names, provenance = _load_image_folder(
            Path(root).expanduser(), size, channels, resize, choose, n_workers, Limits(**(limits or {})), labelled
        )
    else:
        parts, names, origin = load_downloaded(dataset, Path(root).expanduser())
        parts, class_names = _fit_parts(parts, names, size, channels, resize, choose)
        provenance = {"source": origin, "versions": {"opencv": cv2.__version__}}
    has_test = len(parts) > 1 or test_share > 0
    if len(parts) == 1:
        parts = _split(parts[0], test_share, seed)
    train, test = parts
    for name, part in zip(PARTS, parts, strict=True):
        if not len(part.labels) and (name == "train" or has_test):
            raise InputError(
                f"the {name} part has no image; give every class at least 2 images, or a {name}/ folder of its own."
            )
    mean, std = given or measured_normalisation(train.images)
    sha256 = {name: part_digest(part.images, part.labels) for name, part in zip(PARTS, parts, strict=True)}
    sha256 |= provenance.pop("sha256", {})
    provenance = {**provenance, "sha256": sha256, "normalisation": normalisation}
    return Dataset(train, test, tuple(class_names), mean, std, provenance)


def measured_normalisation(images):
    """
    Mean and standard deviation of each channel, from exact integer sums.

    Parameters
    ----------
    images : ndarray of uint8, shape (N, h, w, c)
        Training images.

    Returns
    -------
    mean, std : ndarray of float64, shape (c,)
        Mean and population standard deviation of pixel values divided by 255.

    Raises
    ------
    InputError
        If there are no pixels, or a channel is constant and so cannot be normalised.
    """
    if images.size == 0:
        raise InputError("There are no training images to take a mean from; look at data.root and data.test_share.")
    counts = np.zeros((images.shape[-1], 256), np.int64)
    for start in range(0, len(images), BLOCK):
        for channel, count in enumerate(counts):
            count += np.bincount(images[start : start + BLOCK, ..., channel].ravel(), minlength=256)
    values = np.arange(256)
    n = images.size // images.shape[-1]
    mean, std = [], []
    for channel, count in enumerate(counts):
        # Python integers, since n * sum(x^2) exceeds 2^63 for ImageNet.
        first, second = int(count @ values), int(count @ values**2)
        variance = n * second - first**2
        if variance == 0:
            raise InputError(
                f"Channel {channel} of the training images is {first // n} in every pixel and cannot be "
                "normalised; look at the images in data.root and data.dataset."
            )
        mean.append(first / (255 * n))
        std.append(math.sqrt(variance) / (255 * n))
    return np.array(mean), np.array(std)


def _check_settings(dataset, size, channels, test_share, resize, classes, images_per_class):
    if dataset not in DATASETS:
        near = difflib.get_close_matches(str(dataset).lower().replace("-", "_"), DATASETS, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise InputError(f"data.dataset '{dataset}' is unknown; choose one of {', '.join(DATASETS)}.{hint}")
    if not _is_whole(size) or size < 1:
        raise InputError(f"data.size is {size!r}; give the height and width in pixels as one whole number, 1 or more.")
    if channels not in (1, 3):
        raise InputError(f"data.channels is {channels!r}; choose 1 (grey) or 3 (RGB).")
    if not 0 <= test_share < 1:
        raise InputError(f"data.test_share is {test_share}; it must be 0 or more and less than 1, for example 0.2.")
    if resize is not None and resize is not False and (not _is_whole(resize) or resize < size):
        raise InputError(
            f"data.resize is {resize!r}, and the centre square of data.size {size} is cut out of it: give {size} or "
            "more, null for data.size, or false for no scaling."
        )
    if classes is not None and (isinstance(classes, str) or not len(set(classes)) == len(classes) >= 2):
        raise InputError(f"data.classes is {classes!r}; list two or more different class names, or null for all.")
    if images_per_class is not None and (not _is_whole(images_per_class) or images_per_class < 1):
        raise InputError(f"data.images_per_class is {images_per_class!r}; give 1 or more, or null for all.")


def _is_whole(value):
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _given_normalisation(normalisation, channels):
    """Mean and standard deviation that do not come from the images, None if they are to be measured."""
    if normalisation == "measured":
        return None
    known = isinstance(normalisation, str) and normalisation in NORMALISATIONS
    numbers = NORMALISATIONS[normalisation] if known else normalisation
    if not isinstance(numbers, dict) or numbers.keys() != {"mean", "std"}:
        raise InputError(
            f"data.normalisation is {normalisation!r}; choose measured, {', '.join(NORMALISATIONS)}, or give the "
            "lists mean and std."
        )
    if known and channels != 3:
        raise InputError(
            f"data.normalisation {normalisation} is of colour images, but data.channels is {channels}: choose "
            "measured, or give the lists mean and std."
        )
    mean, std = (np.array(numbers[key], np.float64) for key in ("mean", "std"))
    if not mean.shape == std.shape == (channels,) or not np.isfinite([mean, std]).all() or (std <= 0).any():
        raise InputError(
            f"data.normalisation is {normalisation}; with data.channels {channels} each list takes {channels} finite "
            "numbers, and those of std are more than 0."
        )
    return mean, std


def _choose(class_names, labels, classes, images_per_class, seed):
    """Names of the kept classes; for each part the indices of the kept images, ascending, and their new labels."""
    if unknown := [name for name in classes or () if name not in class_names]:
        near = sorted({match for name in unknown for match in difflib.get_close_matches(name, class_names, n=3)})
        hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(class_names)}."
        raise InputError(f"data.classes: no class is named {', '.join(unknown)}; {hint}")
    kept = [label for label, name in enumerate(class_names) if classes is None or name in classes]
    indices, renumbered, short = [], [], []
    for number, part in enumerate(labels, start=1):
        # A generator other than that of the split, so that the two draws are independent.
        rng = np.random.default_rng([seed, number])
        chosen = []
        for label in kept:
            members = np.flatnonzero(part == label)
            if images_per_class is not None:
                if len(members) < images_per_class:
                    where = f" in {PARTS[number - 1]}" if len(labels) > 1 else ""
                    short.append(f"{class_names[label]} ({len(members)}{where})")
                members = rng.permutation(members)[:images_per_class]
            chosen.append(members)
        indices.append(np.sort(np.concatenate(chosen)))
        renumbered.append(np.searchsorted(kept, part[indices[-1]]).astype(np.int64))
    if short:
        log.warning("classes with fewer images than data.images_per_class %d: %s", images_per_class, ", ".join(short))
    return [class_names[label] for label in kept], indices, renumbered


def _load_digits(size, channels, resize, choose):
    import sklearn
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[..., None]
    names = [str(name) for name in digits.target_names]
    parts, names = _fit_parts([(images, digits.target)], names, size, channels, resize, choose)
    versions = {"scikit-learn": sklearn.__version__, "opencv": cv2.__version__}
    return parts, names, {"source": "sklearn.datasets.load_digits", "versions": versions}


def _load_image_folder(root, size, channels, resize, choose, n_workers, limits, labelled):
    images, labels, files, n_train, class_names = read_image_folder(
        root, size, channels, choose, resize, n_workers, limits, labelled
    )
    pieces = [slice(None)] if n_train is None else [slice(None, n_train), slice(n_train, None)]
    parts = [ImageSet(images[piece], labels[piece], tuple(files[piece])) for piece in pieces]
    provenance = {"source": "image_folder", "versions": {"opencv": cv2.__version__}}
    if root.is_file():
        with root.open("rb") as stream:
            provenance["sha256"] = {"archive": hashlib.file_digest(stream, "sha256").hexdigest()}
    return parts, class_names, provenance


def _fit_parts(parts, class_names, size, channels, resize, choose):
    """Chosen images of each part's arrays, converted to the wanted size and number of channels."""
    class_names, indices, labels = choose(class_names, [labels for _, labels in parts])
    images = [fit_all(images[index], size, channels, resize) for (images, _), index in zip(parts, indices, strict=True)]
    return [ImageSet(*part) for part in zip(images, labels, strict=True)], class_names


def _split(part, test_share, seed):
    """Training and test part of a seeded split with the same share of every class, both in the order of `part`."""
    rng = np.random.default_rng(seed)
    is_test = np.zeros(len(part.labels), bool)
    for label in np.unique(part.labels) if test_share else ():
        members = rng.permutation(np.flatnonzero(part.labels == label))
        is_test[members[: count_test_images(len(members), test_share)]] = True
    indices = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    return [
        ImageSet(part.images[index], part.labels[index], part.files and tuple(part.files[i] for i in index))
        for index in indices
    ]
