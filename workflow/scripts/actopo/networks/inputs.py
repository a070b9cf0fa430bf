"""Input of networks: normalised images with channels first, and the number of images in one forward pass."""

import torch

PIXELS_PER_PASS = 1 << 22


def images_per_pass(most, image_shape):
    """Number of images in one forward pass: `most`, or fewer if images (h, w, c) are large, to limit memory."""
    return max(1, min(most, PIXELS_PER_PASS // (image_shape[0] * image_shape[1])))


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
