"""Choices for images: data sets, their parts and published normalisations."""

from dataclasses import dataclass

PARTS = ("train", "test")


@dataclass(frozen=True)
class Dataset:
    """
    A data set by its name in the config.

    Attributes
    ----------
    needs_root : bool
        Whether `data.root` must name the folder of the images or of their download.
    n_images : dict of str to int
        Number of images of each part, if it is known before they are loaded.
    class_names : tuple of str or None
        Names of the classes; None for class folders, which have their own.
    has_parts : bool
        Whether the data come in a training and a test part.
    is_downloaded : bool
        Whether the data come from the internet, unless `data.root` has them.
    """

    needs_root: bool = True
    n_images: dict | None = None
    class_names: tuple[str, ...] | None = None
    has_parts: bool = True
    is_downloaded: bool = False


DATASETS = {
    "digits": Dataset(needs_root=False, has_parts=False, class_names=tuple("0123456789")),
    "cifar10": Dataset(
        is_downloaded=True,
        n_images={"train": 50_000, "test": 10_000},
        class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    ),
    "fashion_mnist": Dataset(
        is_downloaded=True,
        n_images={"train": 60_000, "test": 10_000},
        class_names=(
            *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
            *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
        ),
    ),
    "image_folder": Dataset(),
}

# Mean and standard deviation per channel; `measured` takes them from the training images. Those of ImageNet (Deng et
# al. 2009, "ImageNet: A Large-Scale Hierarchical Image Database") are the ones torchvision's weights were trained with.
NORMALISATIONS = {
    "imagenet": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
    "cifar10": {"mean": [0.4914, 0.4822, 0.4465], "std": [0.2023, 0.1994, 0.2010]},
}
