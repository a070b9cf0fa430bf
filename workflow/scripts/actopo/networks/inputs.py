"""
Networks and their input, in one format of memory.

The input is normalised images with channels first, of which one forward pass takes a limited number.
"""

import torch
from torch import nn
from torch.nn.utils.parametrize import ParametrizationList

PIXELS_PER_PASS = 1 << 22
# What may hold the kernels of convolutions.
KERNELS = (nn.modules.conv._ConvNd, ParametrizationList)


def images_per_pass(most, image_shape):
    """Number of images in one forward pass: `most`, or fewer if images (h, w, c) are large, to limit memory."""
    return max(1, min(most, PIXELS_PER_PASS // (image_shape[0] * image_shape[1])))


def place(network, device="cpu", memory_format=torch.channels_last):
    """
    Move a network to a device, and its tensors of four axes into a format of memory, in place.

    PyTorch moves all tensors or none. There is no such format for five axes, as of three-dimensional kernels, and two
    values of a last axis may be read as complex numbers, which must lie side by side: these stay as they are.

    Parameters
    ----------
    network : torch.nn.Module
    device : str or torch.device
    memory_format : torch.memory_format
    """
    own = [
        (module, tensor)
        for module in network.modules()
        for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False))
    ]
    staying = {id(tensor) for module, tensor in own if _stays(module, tensor)}
    if not staying:
        network.to(device, memory_format=memory_format)
        return
    for _, tensor in own:
        if tensor.ndim == 4 and id(tensor) not in staying:
            tensor.data = tensor.data.contiguous(memory_format=memory_format)
    network.to(device)


def _stays(module, tensor):
    return tensor.ndim == 5 or (tensor.ndim == 4 and tensor.shape[-1] == 2 and not isinstance(module, KERNELS))


def to_input(images, mean, std, device="cpu"):
    """
    Normalised network input of 8-bit images.

    Parameters
    ----------
    images : uint8 ndarray or tensor of shape (N, h, w, c)
    mean, std : sequence of c floats
        Mean and standard deviation of the training images, in units of the full scale (0 to 1).
    device : str or torch.device

    Returns
    -------
    float32 tensor of shape (N, c, h, w), in channels-last memory
    """
    images = torch.as_tensor(images).to(device)
    mean = torch.as_tensor(mean, dtype=torch.float32, device=device)
    std = torch.as_tensor(std, dtype=torch.float32, device=device)
    return ((images.float() / 255 - mean) / std).permute(0, 3, 1, 2)
