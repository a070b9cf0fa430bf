"""
Foreground masks by a network trained for semantic segmentation, DeepLabV3 [1]_: every class but background.

References
----------
.. [1] Chen, Papandreou, Schroff and Adam (2017), "Rethinking Atrous Convolution for Semantic Image Segmentation".
"""

import numpy as np
import torch
from torch.nn import functional
from torchvision.models import get_model, get_weight

from actopo.arithmetic import exact_arithmetic
from actopo.errors import InputError
from actopo.networks.choices import is_weight_file
from actopo.networks.inputs import to_input
from actopo.networks.weights import download_state, load_weights, read_state
from actopo.points.foreground import three_channels

# Architectures, each with a tensor that those before it have not.
DEEPLAB = {
    "deeplabv3_resnet50": "backbone.layer3.5.conv1.weight",
    "deeplabv3_resnet101": "backbone.layer3.22.conv1.weight",
    "deeplabv3_mobilenet_v3_large": "backbone.0.0.weight",
}
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def deeplab_masks(images, weights, architecture=None, device="cpu", batch_size=8, resize=520):
    """
    Foreground by DeepLabV3: the pixels at which a class other than the first, background, has the highest score.

    Parameters
    ----------
    images : uint8 ndarray or memmap of shape (N, H, W, C)
        The original images; C is 3, or 1 for grey images.
    weights : str or Path
        Name of torchvision weights, such as "DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1", which torchvision
        downloads once, or a local file of a state dict, `.safetensors` or `.pth`.
    architecture : {"deeplabv3_resnet50", "deeplabv3_resnet101", "deeplabv3_mobilenet_v3_large"}, optional
        Architecture of a local file; by default the one whose tensors it has. The name of torchvision weights includes
        it.
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
    images = three_channels(images)
    model = _deeplab(weights, architecture).to(device).eval()
    size = images.shape[1:3]
    network_size = None if resize is None else [resize * side // min(size) for side in size]
    masks = np.empty(images.shape[:3], bool)
    with torch.inference_mode(), exact_arithmetic():
        for start in range(0, len(images), batch_size):
            x = to_input(np.array(images[start : start + batch_size]), IMAGENET_MEAN, IMAGENET_STD, device)
            if resize is not None:
                x = functional.interpolate(x, network_size, mode="bilinear", antialias=True)
            scores = model(x)["out"]
            if resize is not None:
                scores = functional.interpolate(scores, size, mode="bilinear", antialias=True)
            masks[start : start + batch_size] = (scores.argmax(dim=1) != 0).cpu().numpy()
    return masks


def _deeplab(weights, architecture):
    if is_weight_file(weights):
        state = read_state(weights)
        architecture = architecture or _architecture_of(state, weights)
        _check_architecture(architecture)
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


def _architecture_of(state, file):
    found = [architecture for architecture, tensor in DEEPLAB.items() if tensor in state]
    if not found:
        raise InputError(f"{file} has the weights of none of {', '.join(DEEPLAB)}; give a state dict of one of them")
    return found[-1]


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
