"""Choices for point clouds: activations on disk, methods of sampling, their weights and masks, and units of noise."""

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Sampling:
    """
    A method of sampling.

    Attributes
    ----------
    stream : int
        Number that the seeds of its draws contain, so that no two methods draw the same random numbers. A new method
        takes a new number; a number that changes changes the points.
    settings : tuple of str
        Keys of a sampling in the config that the method takes, beside `method` and `tap`.
    by_mask : bool
        Whether it uses foreground masks, and so needs receptive fields; only the mapper study has these.
    controls : str or None
        For the control of another method by masks: that method, whose positions it gives to other images.
    positions : {"fixed", "all"}
        Whether every image gives `points_per_image` points, or all of its positions.
    is_drawn : bool
        Whether chance has a part in it that `mapper.draws` repeats. The norms alone decide of `top_l2` but for ties,
        and `full` takes every position as long as its cap allows.
    """

    stream: int
    settings: tuple[str, ...]
    by_mask: bool = False
    controls: str | None = None
    positions: str = "fixed"
    is_drawn: bool = True


# Studies whose activations can stay on disk, and the types of numbers in which they do; see `actopo.points.dumps`.
STUDIES = ("homology", "mapper")
DUMP_TYPES = {"single": "float32", "half": "float16"}

# In the order of the rows of figures and tables.
SAMPLINGS = {
    "foreground": Sampling(stream=0, settings=("points_per_image", "without"), by_mask=True),
    "background": Sampling(stream=1, settings=("points_per_image", "without"), by_mask=True),
    "position_matched": Sampling(
        stream=5, settings=("points_per_image", "without"), by_mask=True, controls="foreground"
    ),
    "central": Sampling(stream=6, settings=("points_per_image", "share")),
    "random": Sampling(stream=2, settings=("points_per_image", "exclude_border")),
    "full": Sampling(stream=3, settings=("cap", "replace"), positions="all", is_drawn=False),
    "top_l2": Sampling(stream=4, settings=("points_per_image",), is_drawn=False),
}

# Weights of a position by the mask inside its receptive field; see `actopo.points.position_weights.position_weights`.
WEIGHTS = ("energy", "energy_share", "coverage", "count")

# Treatments of an image whose mask is empty; see `actopo.points.sampling`.
POLICIES = ("random", "drop", "keep")

# Positions among which a draw decides, where several have the smallest weight that is taken; see
# `actopo.points.sampling`.
TIES = ("last", "all")

# Methods that make foreground masks, see `actopo.points.foreground` and `actopo.points.segmentation`; others are
# folders of masks that a user made.
MASKS = ("grabcut", "deeplab")

# Weights of torchvision for `deeplab`; others are files.
DEEPLAB_WEIGHTS = tuple(
    f"DeepLabV3_{backbone}_Weights.COCO_WITH_VOC_LABELS_V1"
    for backbone in ("ResNet50", "ResNet101", "MobileNet_V3_Large")
)

# Units of the standard deviation of noise, and how a figure explains them; see `actopo.points.noise`.
NOISE_UNITS = {"normalised": "standard deviations of each channel", "pixel": "pixel values from 0 to 1"}

# Share of the positions that count as central, where a config does not say.
CENTRAL_SHARE = 0.25


def central_positions(rows, columns, share=CENTRAL_SHARE):
    """
    Positions of a grid that are nearest to its centre.

    Parameters
    ----------
    rows, columns : int
    share : float, default 0.25
        Share of all positions, rounded up to a whole number of them. Positions at the distance of the last one are
        central too: of a 4 x 4 grid the 4 in the middle, of a 2 x 2 grid all.

    Returns
    -------
    list of int
        Indices into the rows * columns positions, ascending.
    """
    # Squares of twice the distance are whole numbers, so that ties are exact.
    distances = [
        (2 * row - rows + 1) ** 2 + (2 * column - columns + 1) ** 2 for row in range(rows) for column in range(columns)
    ]
    # The product of a share and a whole number may exceed a whole number by rounding.
    number = max(1, ceil(share * len(distances) - 1e-9))
    limit = sorted(distances)[number - 1]
    return [position for position, distance in enumerate(distances) if distance <= limit]
