"""Numbers of images are known before they are read, and are those of the images that are read."""

import numpy as np
import pytest
from actopo.config.data import part_sizes
from actopo.images.datasets import load_images

from unit.config.examples import IMAGES
from unit.images.examples import make_tree, make_zip


def read_sizes(data):
    """Numbers of images of the classes of both parts, after they are read."""
    known = load_images(**data)
    counts = (np.bincount(getattr(known, part).labels, minlength=len(known.class_names)) for part in ("train", "test"))
    return {
        part: dict(zip(known.class_names, count.tolist(), strict=True))
        for part, count in zip(("train", "test"), counts, strict=True)
    }


@pytest.mark.parametrize("test_share", [0, 0.001, 0.3, 0.5, 0.99])
@pytest.mark.parametrize("images_per_class", [None, 1, 2, 7])
def test_of_digits(test_share, images_per_class):
    data = IMAGES | {"dataset": "digits", "root": None, "size": 8, "channels": 1}
    data |= {"test_share": test_share, "images_per_class": images_per_class}
    sizes = part_sizes(data)
    if images_per_class == 1 and test_share:
        assert sum(sizes["test"].values()) == 0
    else:
        assert sizes == read_sizes(data)


@pytest.mark.parametrize("parts", [(), ("train", "test")])
@pytest.mark.parametrize("packed", [False, True])
def test_of_folders(tmp_path, parts, packed):
    root = tmp_path / "images"
    for part in parts or ("",):
        make_tree(root / part, n=3 if part == "test" else 5)
    if packed:
        root = make_zip(tmp_path / "images.zip", root)
    data = IMAGES | {"dataset": "image_folder", "root": str(root), "size": 8, "images_per_class": 4}
    sizes = part_sizes(data)
    assert sizes == read_sizes(data)
    assert sizes["test"]["cat"] == (3 if parts else 1)


@pytest.mark.parametrize("dataset", ["cifar10", "fashion_mnist"])
def test_of_downloads(dataset):
    sizes = part_sizes(IMAGES | {"dataset": dataset})
    assert [sum(part.values()) for part in sizes.values()] == [50_000 if dataset == "cifar10" else 60_000, 10_000]
    assert {len(part) for part in sizes.values()} == {10}


def test_of_a_folder_that_is_not_there(tmp_path):
    assert part_sizes(IMAGES | {"dataset": "image_folder", "root": str(tmp_path / "nowhere")}) is None
