"""Names of classes against the data sets themselves."""

from actopo.images.choices import DATASETS
from actopo.images.datasets import load_images
from torchvision.datasets import FashionMNIST


def test_known_class_names_are_those_of_the_data():
    assert load_images("digits", size=8).class_names == DATASETS["digits"].class_names
    assert tuple(FashionMNIST.classes) == DATASETS["fashion_mnist"].class_names
