"""Choices for point clouds: methods of sampling, the weights and masks that some of them use, and units of noise."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sampling:
    """
    A method of sampling.

    Attributes
    ----------
    settings : tuple of str
        Keys of a sampling in the config that the method takes, beside `method` and `tap`.
    by_mask : bool
        Whether it uses foreground masks, and so needs receptive fields; only the mapper study has these.
    positions : {"fixed", "all"}
        Whether every image gives `points_per_image` points, or all of its positions.
    is_drawn : bool
        Whether chance has a part in it that `mapper.draws` repeats. The norms alone decide of `top_l2` but for ties,
        and `full` takes every position as long as its cap allows.
    """

    settings: tuple[str, ...]
    by_mask: bool = False
    positions: str = "fixed"
    is_drawn: bool = True


# In the order of the rows of figures and tables.
SAMPLINGS = {
    "foreground": Sampling(settings=("points_per_image",), by_mask=True),
    "background": Sampling(settings=("points_per_image",), by_mask=True),
    "random": Sampling(settings=("points_per_image", "exclude_border")),
    "full": Sampling(settings=("cap", "replace"), positions="all", is_drawn=False),
    "top_l2": Sampling(settings=("points_per_image",), is_drawn=False),
}

# Weights of a position by the mask inside its receptive field; see `actopo.points.receptive_field.position_weights`.
WEIGHTS = ("energy", "coverage", "count")

# Treatments of an image whose mask is empty; see `actopo.points.sampling`.
POLICIES = ("random", "drop", "keep")

# Positions among which a draw decides, where several have the smallest weight that is taken; see
# `actopo.points.sampling`.
TIES = ("last", "all")

# Methods that make foreground masks; see `actopo.points.foreground`.
MASKS = ("grabcut", "deeplab")

# Weights of torchvision for `deeplab`; others are files.
DEEPLAB_WEIGHTS = tuple(
    f"DeepLabV3_{backbone}_Weights.COCO_WITH_VOC_LABELS_V1"
    for backbone in ("ResNet50", "ResNet101", "MobileNet_V3_Large")
)

# Units of the standard deviation of noise, and how a figure explains them; see `actopo.points.noise`.
NOISE_UNITS = {"normalised": "standard deviations of each channel", "pixel": "pixel values from 0 to 1"}
