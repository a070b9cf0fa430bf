"""Choices for images: data sets, their parts and published normalisations."""

from dataclasses import dataclass

PARTS = ("train", "test")
# The one class of images without labels.
UNLABELLED = "unlabelled"


@dataclass(frozen=True)
class Dataset:
    """
    A data set by its name in the config.

    Attributes
    ----------
    needs_root : bool
        Whether `data.root` must name the folder of the images or of their download.
    class_names : tuple of str or None
        Names of the classes; None for class folders, which have their own.
    class_sizes : tuple of tuple of int or None
        Number of images of each class, in each part in which the data come; None for class folders.
    has_parts : bool
        Whether the data come in a training and a test part.
    is_downloaded : bool
        Whether the data come from the internet, unless `data.root` has them.
    """

    needs_root: bool = True
    class_names: tuple[str, ...] | None = None
    class_sizes: tuple[tuple[int, ...], ...] | None = None
    has_parts: bool = True
    is_downloaded: bool = False


DATASETS = {
    "digits": Dataset(
        needs_root=False,
        has_parts=False,
        class_names=tuple("0123456789"),
        class_sizes=((178, 182, 177, 183, 181, 182, 181, 179, 174, 180),),
    ),
    "cifar10": Dataset(
        class_sizes=((5000,) * 10, (1000,) * 10),
        class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        is_downloaded=True,
    ),
    "fashion_mnist": Dataset(
        class_sizes=((6000,) * 10, (1000,) * 10),
        is_downloaded=True,
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


def count_test_images(n_images, test_share):
    """
    Number of images of a class that a split puts aside for the test part.

    Parameters
    ----------
    n_images : int
        Images of the class.
    test_share : float
        Share that goes to the test part; 0 for none.

    Returns
    -------
    int
        At least 1, and at most all but 1, of two or more images; 0 of a single one.
    """
    return min(max(round(test_share * n_images), 1), n_images - 1) if test_share else 0
