"""Numbers of images are known before they are read, and are those of the images that are read."""

import numpy as np
import pytest
from actopo.config.data import data_problems, number_problems, part_sizes
from actopo.images.datasets import load_images

from unit.config.examples import IMAGES, PAPER, changed, small
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


def said_of(data, **sections):
    """Messages about the images, with keys of other sections below their names."""
    config = small(changed("data", IMAGES | data))
    for name, keys in sections.items():
        config[name] |= keys
    return list(data_problems(config, part_sizes(config["data"])))


RANDOM = {"samplings": {"random": PAPER["mapper"]["samplings"]["random"]}}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"size": 32, "resize": 32}, None),
        ({"size": 32, "resize": 31}, "resize: 31 is less than data.size 32, so there is too little to cut out"),
        ({"size": 32, "resize": False}, None),
        ({"channels": 1}, None),
        (
            {"channels": 1, "normalisation": "cifar10"},
            "normalisation: cifar10 is of colour images, and data.channels is 1; choose measured, or give the lists "
            "mean and std",
        ),
        ({"channels": 1, "normalisation": {"mean": [0.5], "std": [1]}}, None),
        (
            {"normalisation": {"mean": [0.5, 1], "std": [1, 1, 1]}},
            "normalisation.mean: [0.5, 1] needs one number for each of data.channels 3",
        ),
        ({"root": None}, "root: cifar10 needs the folder or .zip where the images are, or are to be kept"),
        ({"root": None, "dataset": "digits"}, None),
        ({"classes": ["cat", "unicorn", "dgo"]}, "classes: cifar10 has no class 'unicorn'; there are airplane, autom"),
    ],
)
def test_keys_of_the_images(data, said):
    found = said_of(data)
    assert [line[: len(f"data.{said}")] for line in found[:1]] == ([] if said is None else [f"data.{said}"])


def test_without_test_images_nothing_looks_at_them():
    new = {"part": "test", "shifts": [0], "graphs": {}}
    digits = {"dataset": "digits", "test_share": 0}
    found = said_of(digits, homology={"part": "test"}, mapper={"part": "train", "new_images": new})
    assert found[:2] == [
        f"{path}: data.test_share is 0, so there are no test images; set {path} to train"
        for path in ("homology.part", "mapper.new_images.part")
    ]
    assert not said_of(
        digits, homology={"part": "train"}, mapper={"part": "train", "new_images": new | {"part": "train"}}
    )
    # Data that come in parts have them, whatever the share.
    assert not said_of({"test_share": 0}, homology={"part": "test"}, mapper={"new_images": new})


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"classes": ["cat", "bird"]}, "figures.classes: there is no class 'bird'; there are cat, dog"),
        ({"classes": ["dog", "cat"]}, None),
        # Colours are others.
        ({"classes": ["cat", "bird"], "graph_colours": "lens"}, None),
        ({"purity_class": "bird"}, "figures.purity_class: there is no class 'bird'; there are cat, dog"),
    ],
)
def test_classes_that_figures_name(figures, said):
    assert said_of({"classes": ["cat", "dog"]}, figures=figures) == ([] if said is None else [said])


@pytest.mark.parametrize(
    ("lens", "weights", "said"),
    [
        ({"logit": 1}, None, None),
        ({"logit": 2}, None, "mapper.lens: there is no output 2; a network of these images has 0 to 1"),
        # Networks with weights may have other outputs.
        ({"logit": 2}, "net.pth", None),
        ({"logit": "bird"}, "net.pth", "mapper.lens: there is no class 'bird'; there are cat, dog"),
    ],
)
def test_classes_that_a_lens_names(lens, weights, said):
    models = {"resnet18_b": PAPER["models"]["resnet18_b"] | {"weights": weights}}
    found = said_of({"classes": ["cat", "dog"]}, mapper={"lens": lens}, models=models)
    assert found == ([] if said is None else [said])


@pytest.mark.parametrize(
    ("n_images", "homology", "said"),
    [
        (
            {"train": 0, "test": 9},
            {},
            "data.test_share: the train part has no image; give a class 2 images or more, or",
        ),
        ({"train": 9, "test": 0}, {}, "data.test_share: the test part has no image; give a class 2 images or more, or"),
        ({"train": 9, "test": 6}, {}, None),
        (
            {"train": 9, "test": 5},
            {},
            "homology.batches: 2 batches of 3 images are more than the 5 of part test; lower one of the two",
        ),
        ({"train": 5, "test": 1}, {"part": "train", "batch_size": 2}, None),
        (
            {"train": 1, "test": 9},
            {},
            "models.resnet18_a: training needs 2 images for its batch norms, and there is 1; add images",
        ),
        ({"train": 2, "test": 9}, {}, None),
    ],
)
def test_numbers_of_images(n_images, homology, said):
    config = small(changed("mapper", PAPER["mapper"] | RANDOM | {"min_samples": 1}))
    config["mapper"]["stability"] = PAPER["mapper"]["stability"] | {"samples": 0}
    config["homology"] |= homology
    found = list(number_problems(config, n_images))
    assert [line[: len(said or "")] for line in found] == ([] if said is None else [said])
    if said and said.startswith("models"):
        for model in config["models"].values():
            model["weights"] = "net.pth"
        assert not list(number_problems(config, n_images))


@pytest.mark.parametrize(
    ("n_images", "mapper", "said"),
    [
        (5, {}, None),
        (
            4,
            {},
            "mapper.min_samples: random has 4 points of 4 images of part train, and with fewer than 5 all points are "
            "noise; lower it, take more points_per_image, or add images",
        ),
        (4, {"clusterer": {"path": "sklearn.cluster.KMeans"}}, None),
        (2, {"samplings": {"random": {"method": "random", "points_per_image": 3, "tap": "relu"}}}, None),
        # Of all positions there are more; `actopo.config.read_layers` knows how many.
        (1, {"samplings": {"full": {"method": "full", "cap": 5, "tap": "relu"}}}, None),
        (
            1,
            {"samplings": {"full": {"method": "full", "cap": 4, "tap": "relu"}}},
            "mapper.samplings.full.cap: it leaves 4 points, and with fewer than 5 (mapper.min_samples) all are noise; "
            "raise it",
        ),
        (10, {"share": 0.2}, None),
        (
            10,
            {"share": 0.14},
            "mapper.stability.share: a part of random has one point, of one of the 10 images of part train, and has no "
            "graph; raise it",
        ),
        (10, {"share": 0.14, "samples": 0}, None),
        (10, {"share": 0.14, "graphs": []}, None),
        (
            10,
            {"share": 0.01, "samplings": {"random": {"method": "random", "points_per_image": 2, "tap": "relu"}}},
            None,
        ),
    ],
)
def test_points_of_graphs(n_images, mapper, said):
    stability = {key: value for key, value in mapper.items() if key in ("share", "samples", "graphs")}
    own = {key: value for key, value in mapper.items() if key not in stability}
    config = small(changed("mapper", PAPER["mapper"] | RANDOM | own))
    config["mapper"]["stability"] = PAPER["mapper"]["stability"] | stability
    found = list(number_problems(config, {"train": n_images, "test": 6}))
    assert [line for line in found if line.startswith("mapper")] == ([] if said is None else [said])
