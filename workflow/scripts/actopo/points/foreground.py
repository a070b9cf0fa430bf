"""
Foreground masks: which pixels of an image show its object.

Small images are segmented by GrabCut [1]_, which starts from a rectangle around the object: everything outside is
background, and colour models of inside and outside are fitted in turn with a minimum cut. With a rectangle of
almost the whole image, as in Purvine et al. 2023 for CIFAR-10, only the last row and column are known background, and
an image whose border looks like its inside has no foreground in the result. For larger images a network trained
for semantic segmentation, DeepLabV3 [2]_, marks every class but background.

References
----------
.. [1] Rother, Kolmogorov and Blake (2004), "GrabCut: interactive foreground extraction using iterated graph cuts".
.. [2] Chen, Papandreou, Schroff and Adam (2017), "Rethinking Atrous Convolution for Semantic Image Segmentation".
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import cv2
import numpy as np
import torch
from torch.nn import functional
from torchvision.models import get_model, get_weight

from actopo.errors import InputError
from actopo.networks.choices import is_weight_file
from actopo.networks.inputs import to_input
from actopo.networks.weights import download_state, load_weights, read_state

DEEPLAB = ("deeplabv3_resnet50", "deeplabv3_resnet101", "deeplabv3_mobilenet_v3_large")
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def grabcut_masks(images, n_threads=1, rectangle=None, iterations=5, seed=0):
    """
    Foreground by GrabCut: the pixels that it labels as definite or probable foreground.

    Parameters
    ----------
    images : uint8 ndarray or memmap of shape (N, H, W, C)
        The original images, not normalised; C is 3, or 1 for grey images.
    n_threads : int, default 1
        Number of images at a time. The masks do not depend on it.
    rectangle : (x, y, width, height), optional
        Rectangle outside of which all is background; by default `(0, 0, W - 1, H - 1)`, all but the last row and
        column.
    iterations : int, default 5
    seed : int, default 0
        Seed of the initial colour models (k-means++). A mask depends on the seed, the image and the image's index.

    Returns
    -------
    bool ndarray of shape (N, H, W)
        An image of one colour has no foreground.

    Raises
    ------
    InputError
        If the images are not 8-bit images, or the rectangle leaves no pixel inside or none outside.
    """
    images = _three_channels(images)
    n_images, height, width, _ = images.shape
    x, y, w, h = rectangle = whole_rectangle(height, width) if rectangle is None else tuple(map(int, rectangle))
    if not (x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= width and y + h <= height and w * h < width * height):
        raise InputError(
            f"the rectangle (x, y, width, height) is {rectangle}, the images have {width} x {height} pixels (width x "
            "height); write one within them that leaves pixels both inside and outside"
        )
    seeds = np.random.default_rng(seed).integers(1 << 31, size=n_images)

    def cut(index):
        # The generator is the thread's own: setting it here affects neither other threads nor the caller.
        cv2.setRNGSeed(int(seeds[index]))
        mask = np.zeros((height, width), np.uint8)
        models = np.zeros((2, 1, 65))
        image = np.ascontiguousarray(images[index])
        cv2.grabCut(image, mask, rectangle, models[0], models[1], iterations, cv2.GC_INIT_WITH_RECT)
        return (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)

    masks = np.empty((n_images, height, width), bool)
    with _single_threaded_cv2(), ThreadPoolExecutor(n_threads) as pool:
        for index, mask in enumerate(pool.map(cut, range(n_images))):
            masks[index] = mask
    return masks


def deeplab_masks(images, weights, architecture="deeplabv3_resnet50", device="cpu", batch_size=8, resize=520):
    """
    Foreground by DeepLabV3: the pixels at which a class other than the first, background, has the highest score.

    Parameters
    ----------
    images : uint8 ndarray or memmap of shape (N, H, W, C)
        The original images; C is 3, or 1 for grey images.
    weights : str or Path
        Name of torchvision weights, such as "DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1", which torchvision
        downloads once, or a local file of a state dict, `.safetensors` or `.pth`.
    architecture : {"deeplabv3_resnet50", "deeplabv3_resnet101", "deeplabv3_mobilenet_v3_large"}
        Architecture of a local file; the name of torchvision weights includes it.
    device : str or torch.device
    batch_size : int, default 8
        Images per forward pass.
    resize : int or None, default 520
        Length in pixels to which the shorter side is scaled for the network, as in torchvision for these
        weights; scores are scaled back. None for no scaling.

    Returns
    -------
    bool ndarray of shape (N, H, W)

    Raises
    ------
    InputError
        If the images are not 8-bit images, or the weights are unknown, cannot be obtained, or do not fit.
    """
    images = _three_channels(images)
    model = _deeplab(weights, architecture).to(device).eval()
    size = images.shape[1:3]
    network_size = None if resize is None else [resize * side // min(size) for side in size]
    masks = np.empty(images.shape[:3], bool)
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
        for start in range(0, len(images), batch_size):
            x = to_input(np.array(images[start : start + batch_size]), IMAGENET_MEAN, IMAGENET_STD, device)
            if resize is not None:
                x = functional.interpolate(x, network_size, mode="bilinear", antialias=True)
            scores = model(x)["out"]
            if resize is not None:
                scores = functional.interpolate(scores, size, mode="bilinear", antialias=True)
            masks[start : start + batch_size] = (scores.argmax(dim=1) != 0).cpu().numpy()
    return masks


def foreground_share(masks, rectangle=None):
    """
    Shares of foreground in masks.

    Parameters
    ----------
    masks : bool ndarray of shape (N, H, W)
    rectangle : (x, y, width, height), optional
        Where foreground can be, for GrabCut inside its rectangle; by default in the whole image.

    Returns
    -------
    dict of str to float
        `no_foreground` and `no_background`, the shares of images that are all background and all foreground;
        `foreground_pixels`, the mean share of foreground pixels; `touches_all_borders`, the share of images whose
        foreground touches all four borders of the rectangle. An object rarely does: many such images are a sign that
        the background was marked in its place.
    """
    share = masks.mean(axis=(1, 2))
    x, y, width, height = rectangle or (0, 0, *masks.shape[:0:-1])
    inside = masks[:, y : y + height, x : x + width]
    borders = [inside[:, 0], inside[:, -1], inside[:, :, 0], inside[:, :, -1]]
    return {
        "no_foreground": float((share == 0).mean()),
        "no_background": float((share == 1).mean()),
        "foreground_pixels": float(share.mean()),
        "touches_all_borders": float(np.all([border.any(axis=1) for border in borders], axis=0).mean()),
    }


def whole_rectangle(height, width):
    """Rectangle (x, y, width, height) of GrabCut by default: all but the last row and column."""
    return 0, 0, width - 1, height - 1


def _three_channels(images):
    if images.ndim != 4 or 0 in images.shape or images.shape[3] not in (1, 3) or images.dtype != np.uint8:
        raise InputError(
            f"images are {images.dtype} of shape {images.shape}; give 8-bit images (N, H, W, C) with 1 or 3 channels"
        )
    return np.broadcast_to(images, (*images.shape[:3], 3))


@contextmanager
def _single_threaded_cv2():
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _deeplab(weights, architecture):
    if is_weight_file(weights):
        _check_architecture(architecture)
        state = read_state(weights)
    else:
        weights = _named_weights(str(weights))
        architecture = type(weights).__name__.removesuffix("_Weights").lower()
        _check_architecture(architecture)
        state = download_state(weights)
    # A second classifier is used in training only.
    state = {name: tensor for name, tensor in state.items() if not name.startswith("aux_classifier.")}
    bias = state.get("classifier.4.bias")
    n_classes = 21 if bias is None else len(bias)
    model = get_model(architecture, weights=None, weights_backbone=None, num_classes=n_classes, aux_loss=False)
    return load_weights(model, state)


def _check_architecture(architecture):
    if architecture not in DEEPLAB:
        raise InputError(f"{architecture!r} is no segmentation network known here; choose one of {', '.join(DEEPLAB)}")


def _named_weights(name):
    try:
        return get_weight(name)
    except (KeyError, ValueError):
        raise InputError(
            f"torchvision has no weights {name!r}; write DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1, for "
            "example, or the path of a .safetensors or .pth file"
        ) from None
