"""How the images were prepared on which published weights were trained."""

from actopo.errors import InputError
from actopo.networks.choices import TIMM, is_weight_file
from actopo.networks.timm_networks import timm_preprocessing
from actopo.networks.weights import named_weights


def preprocessing(network, weights):
    """
    Size and normalisation of the images of published weights.

    Parameters
    ----------
    network : dict
        Arguments of `actopo.networks.build.build`.
    weights : str
        Name of weights of torchvision or timm, or a file of weights of a network of timm.

    Returns
    -------
    dict
        `size`, the side of the images in pixels; `resize`, pixels of the shorter side before the centre is cut out;
        `mean` and `std` of the channels, for pixels in [0, 1].

    Raises
    ------
    InputError
        If nothing is known of the weights.
    """
    architecture, is_file = network.get("architecture") or "", is_weight_file(weights)
    if architecture.startswith(TIMM):
        return timm_preprocessing(architecture, None if is_file else weights)
    if is_file:
        raise InputError(
            f"the file {weights} does not say how its images were prepared; write numbers in the place of pretrained"
        )
    known = named_weights(architecture, weights).transforms()
    return {
        "size": known.crop_size[0],
        "resize": known.resize_size[0],
        "mean": list(known.mean),
        "std": list(known.std),
    }
