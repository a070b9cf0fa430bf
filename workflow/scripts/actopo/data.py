"""
Labelled images as arrays: digits, CIFAR-10, Fashion-MNIST, or a folder or .zip of class folders.

Every image becomes ``size x size``: the shorter side is resized to `size` with the aspect ratio kept (area
averaging when it shrinks, bicubic when it grows) and the centre is cut out. Images are read in the order of
the sorted class and file names, so a folder and its archive give the same arrays. This module and
`image_folder` read paths, because images are files.

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
import math
import socket
import tarfile
import tempfile
import zlib
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import cv2
import numpy as np

from actopo.errors import InputError
from actopo.image_folder import fit_square, read_image_folder

DATASETS = ("digits", "cifar10", "fashion_mnist", "image_folder")
PARTS = ("train", "test")
BLOCK = 512
TIMEOUT = 60


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
        Name of each image inside the folder or archive; None where images are not files.
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
        Per channel of the training part, in units where a pixel lies in [0, 1].
    provenance : dict
        ``source``, ``sha256`` of each part's images and labels (and of the archive, where there is one), and
        ``versions`` of the libraries that decide pixel values.
    """

    train: ImageSet
    test: ImageSet
    class_names: tuple[str, ...]
    mean: np.ndarray
    std: np.ndarray
    provenance: dict


def load_images(dataset, root=None, size=32, channels=3, test_share=0.2, seed=0, n_workers=1):
    """
    Load a data set as uint8 arrays with a training and a test part.

    Parameters
    ----------
    dataset : {"digits", "cifar10", "fashion_mnist", "image_folder"}
        ``digits`` is part of scikit-learn. ``cifar10`` and ``fashion_mnist`` are downloaded where `root`
        does not hold them yet.
    root : path-like, optional
        ``image_folder``: a folder or .zip of class folders, or of ``train/`` and ``test/`` with class folders
        in each; one folder around everything is allowed. ``cifar10``, ``fashion_mnist``: the folder to keep
        them in.
    size : int, default 32
        Height and width in pixels.
    channels : {1, 3}, default 3
        Grey or RGB.
    test_share : float, default 0.2
        Share of each class that goes to the test part, where the data set brings no parts of its own. A class
        of two or more images has at least one in each part; a single image is for training.
    seed : int, default 0
        Of that split.
    n_workers : int, default 1
        Decoding threads; no effect on the result.

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        If a setting is impossible, or the images are missing, broken or laid out in another way.
    """
    _check_settings(dataset, size, channels, test_share)
    if dataset == "digits":
        parts, class_names, provenance = _load_digits(size, channels, test_share, seed)
    elif root is None:
        raise InputError(
            f"data.root is not set, but data.dataset '{dataset}' needs it: give the folder or .zip of images "
            "for image_folder, the folder to keep the download in for cifar10 and fashion_mnist."
        )
    elif dataset == "image_folder":
        parts, class_names, provenance = _load_image_folder(
            Path(root).expanduser(), size, channels, test_share, seed, n_workers
        )
    else:
        parts, class_names, provenance = _load_torchvision(dataset, Path(root).expanduser(), size, channels)
    train, test = parts
    for name, part in zip(PARTS, parts, strict=True):
        if not len(part.labels):
            raise InputError(
                f"the {name} part has no image; give every class at least 2 images, or a {name}/ folder of its own."
            )
    mean, std = normalisation(train.images)
    sha256 = {name: _digest(part) for name, part in zip(PARTS, parts, strict=True)}
    sha256 |= provenance.pop("sha256", {})
    provenance = {**provenance, "sha256": sha256}
    return Dataset(train, test, tuple(class_names), mean, std, provenance)


def normalisation(images):
    """
    Mean and standard deviation of each channel, from exact integer sums.

    Parameters
    ----------
    images : ndarray of uint8, shape (N, h, w, c)
        Training images.

    Returns
    -------
    mean, std : ndarray of float64, shape (c,)
        Of pixel values divided by 255; the population standard deviation.

    Raises
    ------
    InputError
        If there are no pixels or a channel is constant: it cannot be normalised.
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
        # Python integers: n * sum(x^2) passes 2^63 at ImageNet's size.
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


def batches(n_images, batch_size, n_batches, seed):
    """
    Disjoint random batches: consecutive pieces of one seeded permutation of all images.

    Batch ``i`` does not depend on `n_batches`.

    Parameters
    ----------
    n_images : int
        Images to choose from.
    batch_size : int
        Images in a batch.
    n_batches : int
        Batches to return.
    seed : int
        Of the permutation.

    Returns
    -------
    ndarray of int64, shape (n_batches, batch_size)
        Image indices.

    Raises
    ------
    InputError
        If there are too few images, or a number is not positive.
    """
    for key, value in (("homology.batches", n_batches), ("homology.batch_size", batch_size)):
        if value < 1:
            raise InputError(f"{key} is {value}; it must be 1 or more.")
    if n_batches * batch_size > n_images:
        most = n_images // batch_size
        remedy = f"set homology.batches to at most {most}, or make homology.batch_size smaller"
        if most == 0:
            remedy = f"set homology.batch_size to at most {n_images // n_batches}"
        raise InputError(
            f"homology.batches: {n_batches} batches of homology.batch_size {batch_size} need "
            f"{n_batches * batch_size} images, but there are {n_images} and batches are disjoint: {remedy}."
        )
    order = np.random.default_rng(seed).permutation(n_images).astype(np.int64, copy=False)
    return order[: n_batches * batch_size].reshape(n_batches, batch_size)


def _check_settings(dataset, size, channels, test_share):
    if dataset not in DATASETS:
        near = difflib.get_close_matches(str(dataset).lower().replace("-", "_"), DATASETS, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise InputError(f"data.dataset '{dataset}' is unknown; choose one of {', '.join(DATASETS)}.{hint}")
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 1:
        raise InputError(f"data.size is {size!r}; give the height and width in pixels as one whole number, 1 or more.")
    if channels not in (1, 3):
        raise InputError(f"data.channels is {channels!r}; choose 1 (grey) or 3 (RGB).")
    if not 0 < test_share < 1:
        raise InputError(f"data.test_share is {test_share}; it must lie strictly between 0 and 1, for example 0.2.")


def _load_digits(size, channels, test_share, seed):
    import sklearn
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)[..., None]
    images, labels = _convert(images, size, channels), digits.target.astype(np.int64)
    parts = [ImageSet(images[index], labels[index]) for index in _split(labels, test_share, seed)]
    versions = {"scikit-learn": sklearn.__version__, "opencv": cv2.__version__}
    names = [str(name) for name in digits.target_names]
    return parts, names, {"source": "sklearn.datasets.load_digits", "versions": versions}


def _load_image_folder(root, size, channels, test_share, seed, n_workers):
    images, labels, files, n_train, class_names = read_image_folder(root, size, channels, n_workers)
    if n_train is None:
        indices = _split(labels, test_share, seed)
        parts = [ImageSet(images[index], labels[index], tuple(files[i] for i in index)) for index in indices]
    else:
        pieces = slice(None, n_train), slice(n_train, None)
        parts = [ImageSet(images[piece], labels[piece], tuple(files[piece])) for piece in pieces]
    provenance = {"source": root.name, "versions": {"opencv": cv2.__version__}}
    if root.is_file():
        with root.open("rb") as stream:
            provenance["sha256"] = {"archive": hashlib.file_digest(stream, "sha256").hexdigest()}
    return parts, class_names, provenance


def _load_torchvision(dataset, root, size, channels):
    # torch takes seconds to import, and neither digits nor image folders need it.
    from torchvision import datasets

    source = {"cifar10": datasets.CIFAR10, "fashion_mnist": datasets.FashionMNIST}[dataset]
    loaded = _load_cached(source, root) or _download(source, root, dataset)
    parts = []
    for part in loaded:
        images = np.asarray(part.data)
        images = images[..., None] if images.ndim == 3 else images
        parts.append(ImageSet(_convert(images, size, channels), np.asarray(part.targets, np.int64)))
    provenance = {
        "source": f"torchvision.datasets.{source.__name__}",
        "versions": {"opencv": cv2.__version__},
    }
    return parts, loaded[0].classes, provenance


def _load_cached(source, root):
    try:
        return [source(root, train=train) for train in (True, False)]
    # Missing, with another checksum, or an extraction that was cut off.
    except (RuntimeError, ValueError, AssertionError, LookupError, OSError):
        return None


def _download(source, root, dataset):
    """Download, or extract an archive that lies in `root`; a file appears in `root` only when it is whole."""
    from torchvision.datasets.utils import check_integrity

    if dataset == "cifar10":
        raw, archives, origin = Path(), [(source.filename, source.tgz_md5)], source.url
    else:
        raw, archives, origin = Path(source.__name__, "raw"), source.resources, ", ".join(source.mirrors)
    damaged = []
    timeout = socket.getdefaulttimeout()
    # Without one a silent server holds the job for ever, and torchvision has no argument for it.
    socket.setdefaulttimeout(TIMEOUT)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=root) as staging:
            staging = Path(staging)
            (staging / raw).mkdir(parents=True, exist_ok=True)
            for name, md5 in archives:
                found = [path for path in (root / raw / name, root / name) if path.is_file()]
                whole = [path for path in found if check_integrity(path, md5)]
                if whole:
                    (staging / raw / name).symlink_to(whole[0].resolve())
                elif found:
                    damaged.append(name)
            source(staging, download=True)
            loaded = [source(staging, train=train) for train in (True, False)]
            for path in sorted(staging.rglob("*")):
                if path.is_file() and not path.is_symlink():
                    target = root / path.relative_to(staging)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    path.replace(target)
        return loaded
    except (RuntimeError, OSError, EOFError, HTTPException, tarfile.TarError, zlib.error) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        wanted = ", ".join(f"{name} (md5 {md5})" for name, md5 in archives)
        also = f" {', '.join(damaged)} in data.root has another md5 and was not used." if damaged else ""
        raise InputError(
            f"data.dataset '{dataset}' is not in data.root '{root}', and fetching it from {origin} failed: "
            f"{reason}.{also} Put {wanted} into data.root by hand, or use data.dataset: image_folder."
        ) from error
    finally:
        socket.setdefaulttimeout(timeout)


def _convert(images, size, channels):
    """Bring an array of uint8 images (N, h, w, c) to the wanted size and number of channels."""
    converted = np.empty((len(images), size, size, channels), np.uint8)
    for target, image in zip(converted, images, strict=True):
        if channels == 1 and image.shape[-1] == 3:
            image = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
        # A single channel broadcasts to three equal ones.
        target[:] = fit_square(image, size).reshape(size, size, -1)
    return converted


def _split(labels, test_share, seed):
    """Indices of a seeded split with the same share of every class, both in ascending order."""
    rng = np.random.default_rng(seed)
    is_test = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        n_test = min(max(round(test_share * len(members)), 1), len(members) - 1)
        is_test[members[:n_test]] = True
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def _digest(part):
    digest = hashlib.sha256()
    for array in (part.images, part.labels):
        digest.update(str(array.shape).encode())
        digest.update(array)
    return digest.hexdigest()
