"""Every bad configuration stops with the key's path and what to write instead."""

import copy
import json
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from actopo.catalogue import choose_layers, layers_of
from actopo.checks import check
from actopo.config import image_listing, sampling_order, seed_list
from actopo.contradictions import CLASS_NAMES
from actopo.data import load_images
from actopo.errors import InputError
from torchvision.datasets import FashionMNIST

ROOT = Path(__file__).parents[2]
SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())
PAPER = yaml.safe_load((ROOT / "config/config.yaml").read_text())
IMAGES = PAPER["data"]


def merge(base, overlay):
    """As Snakemake lays one config file over another."""
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value
    return base


def changed(path, value):
    config = copy.deepcopy(PAPER)
    *parents, last = path.split(".")
    part = config
    for key in parents:
        part = part[key]
    part[last] = value
    return config


def messages(config):
    with pytest.raises(InputError) as caught:
        check(config, SCHEMA)
    return str(caught.value).splitlines()[1:]


def test_the_papers_run_is_in_order():
    check(PAPER, SCHEMA)


@pytest.mark.parametrize("name", ["demo", "cifar10_cpu", "as_released"])
def test_overlays_are_in_order(name, tmp_path):
    config = merge(copy.deepcopy(PAPER), yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()))
    if config["data"]["dataset"] == "image_folder":
        config["data"]["root"] = str(tmp_path)
    check(config, SCHEMA)


TRAINING = {"epochs": 2, "batch_size": 8, "learning_rate": 0.1, "schedule": "triangular", "peak_epoch": 1}


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("homolgy", {}, ["homolgy: unknown key", "'homology'"]),
        ("mapper.overlapp", 0.3, ["mapper.overlapp: unknown key", "'overlap'"]),
        ("models.resnet18_a.training.epoch", 3, ["models.resnet18_a.training.epoch", "'epochs'"]),
        ("homology.batches", "ten", ["homology.batches", "'ten'", "integer"]),
        ("homology.batches", 2.5, ["homology.batches", "2.5", "integer"]),
        ("models.resnet18_a.training.weight_decay", "5e-4", ["weight_decay", "text", "0.0005"]),
        ("models.resnet18_a.width", "8", ["models.resnet18_a.width", "write 8 "]),
        ("models.resnet18_a.training.learning_rate", float("nan"), ["learning_rate", "nan"]),
        ("mapper.eps", float("inf"), ["mapper.eps", "inf"]),
        ("mapper.eps", "1e-3", ["mapper.eps", "write 0.001"]),
        ("homology.points_per_image", 17, ["homology.points_per_image", "17", "4 x 4", "layer 13"]),
        ("mapper.samplings.random.points_per_image", 17, ["mapper.samplings.random.points_per_image", "layer 16"]),
        ("models.extra", {"weights": "DEFAULT", "seeds": 1}, ["models.extra: give an architecture"]),
        ("models.extra", {"architecture": "alexnet", "seeds": 1}, ["models.extra: give training, or weights"]),
        ("models.extra", {"architecture": "alexnet", "weights": "DEFAULT", "seeds": 2}, ["models.extra.seeds"]),
        ("models.resnet18_b.weights", "x.pth", ["models.resnet18_b.weights: there is no file x.pth"]),
        (
            "models.extra",
            {"architecture": "resnet18_cifar", "width": 2, "seeds": 1, "training": TRAINING},
            ["models.extra: missing shortcut"],
        ),
        ("models.resnet18_b.weights", "DEFAULT", ["models.resnet18_b.weights", "give a file"]),
        ("models.resnet18_b.module", "net.py", ["models.resnet18_b.module", "must match"]),
        ("mapper.networks", ["alexnet"], ["mapper.networks.0", "'alexnet' is not under models"]),
        ("mapper.layers", ["blocks.9.*"], ["mapper.layers", "'blocks.9.*'", "nearest names are blocks."]),
        ("data.dataset", "cifar100", ["data.dataset", "'cifar100'", "cifar10", "did you mean"]),
        ("homology.tap", "Relu", ["homology.tap", "conv, bn, relu"]),
        ("homology.sampling", "top_l1", ["homology.sampling", "did you mean 'top_l2'"]),
        ("homology.points_per_image", 0, ["homology.points_per_image", "1 or more"]),
        ("mapper.layers", [16, 17], ["mapper.layers", "[17]", "layers 0 to 16"]),
        ("mapper.layers", [16, 16], ["mapper.layers", "twice"]),
        ("similarity.sensitivity.layers", [0, 17], ["similarity.sensitivity.layers", "[17]"]),
        ("similarity.rivals.metrics", ["cka"], ["similarity.rivals.metrics.0", "linear_cka"]),
        ("homology.batch_size", 512, ["mean_cca, svcca, pwcca", "layer 13 has 512 channels to 512 points"]),
        ("homology.batches", 100, ["homology.batches", "100 batches of 1000", "10000 of part test"]),
        ("mapper.noise.samplings", ["ful"], ["mapper.noise.samplings", "['ful']"]),
        ("mapper.stability.graphs", {"random": [3]}, ["mapper.stability.graphs.random", "[3]"]),
        ("mapper.clusterer", "hdbscan", ["mapper.clusterer", "dbscan or mapping"]),
        ("mapper.foreground.masks", "deeplab", ["mapper.foreground.weights"]),
        ("similarity.controls", ["shuffled"], ["similarity.controls.0", "scaled, untrained, gaussian"]),
        ("mapper.overlap", 1, ["mapper.overlap", "less than 1"]),
        ("mapper.eps", -1, ["mapper.eps", "more than 0"]),
        ("mapper.eps", "nee", ["mapper.eps", "knee or number"]),
        ("mapper.samplings.full.points_per_image", 2, ["mapper.samplings.full.points_per_image", "full"]),
        ("mapper.samplings.random.methd", "x", ["mapper.samplings.random.methd", "'method'"]),
        ("mapper.samplings", {"random": None, "full": None}, ["mapper.samplings", "at least one"]),
        ("mapper.model", "resnet", ["mapper.model", "resnet18_a, resnet18_b"]),
        ("mapper.seed", 3, ["mapper.seed", "models.resnet18_b.seeds"]),
        ("models.resnet18_a.seeds", 0, ["models.resnet18_a.seeds", "1 or more"]),
        ("models.resnet18_a.training.peak_epoch", 30, ["peak_epoch", "24 epochs"]),
        ("figures.row", 17, ["figures.row", "homology.layers"]),
        ("figures.pair", [0, 100], ["figures.pair", "position 100"]),
        ("data.root", None, ["data.root", "cifar10"]),
        ("data.resize", True, ["data.resize", "integer or null or false"]),
        ("data.resize", 31, ["data.resize", "31 is less than data.size 32"]),
        ("data.classes", ["cat"], ["data.classes", "2 or more"]),
        ("data.classes", ["cat", "cat"], ["data.classes", "twice"]),
        ("data.classes", ["cat", "dogs"], ["data.classes", "'dogs'", "did you mean 'dog'"]),
        ("data.classes", ["cat", "unicorn"], ["data.classes", "'unicorn'", "airplane, automobile"]),
        ("data.images_per_class", 0, ["data.images_per_class", "1 or more"]),
        ("data.normalisation", "imagnet", ["data.normalisation", "measured or imagenet"]),
        ("data.normalisation", {"mean": [0.5] * 3, "std": [0, 1, 1]}, ["data.normalisation", "more than 0"]),
        (
            "data.normalisation",
            {"mean": [0.5] * 3, "std": [1]},
            ["data.normalisation.std", "[1]", "data.channels 3"],
        ),
        ("data", IMAGES | {"channels": 1, "normalisation": "imagenet"}, ["data.normalisation", "measured"]),
        ("data", IMAGES | {"dataset": "digits", "classes": ["1", "ten"]}, ["data.classes", "'ten'", "0, 1, 2"]),
        ("data", IMAGES | {"dataset": "fashion_mnist", "classes": ["Bag", "Boot"]}, ["data.classes", "'Boot'"]),
        ("data", IMAGES | {"dataset": "digits", "test_share": 0}, ["homology.part", "train"]),
        ("data.test_share", -0.1, ["data.test_share", "0 or more"]),
        ("models.resnet18_a.seeds_per_job", 0, ["models.resnet18_a.seeds_per_job", "1 or more"]),
        ("models.resnet18_a.training.compile", "yes", ["models.resnet18_a.training.compile", "boolean"]),
        ("run", "a b", ["run", "'a b'"]),
        ("run", "..", ["run", "'..'"]),
        ("homology.batches", 10.0, ["homology.batches", "10.0", "integer"]),
        ("models.resnet18_a.seeds", 10.0, ["models.resnet18_a.seeds", "10.0"]),
        ("models.resnet18_b.training.epochs", 150, ["resnet18_b.training.milestones", "150 epochs"]),
        ("mapper.samplings", {1: {"method": "random", "tap": "relu"}}, ["mapper.samplings.1", "quotes"]),
        ("mapper.samplings.full.method", "top_l2", ["mapper.samplings.full.cap", "another name"]),
        ("data", None, ["data", "mapping"]),
    ],
)
def test_a_bad_value_is_named(path, value, words):
    lines = messages(changed(path, value))
    assert len(lines) == 1
    assert all(word in lines[0] for word in words), lines[0]


def test_images_in_order():
    for images in (
        {"dataset": "digits", "channels": 1, "normalisation": {"mean": [0.5], "std": [0.3]}, "classes": ["0", "9"]},
        {"dataset": "fashion_mnist", "classes": ["T-shirt/top", "Ankle boot"], "resize": 32},
        {"classes": ["cat", "dog"], "normalisation": "imagenet", "resize": False, "test_share": 0},
    ):
        check(changed("data", IMAGES | images), SCHEMA)


def test_no_test_part_for_either_study():
    config = changed("data", IMAGES | {"dataset": "digits", "test_share": 0})
    config["mapper"]["part"] = "test"
    assert [line.split(":")[0].strip() for line in messages(config)] == ["homology.part", "mapper.part"]
    config["homology"]["part"] = config["mapper"]["part"] = "train"
    check(config, SCHEMA)


def test_known_class_names_are_those_of_the_data():
    assert load_images("digits", size=8).class_names == CLASS_NAMES["digits"]
    assert tuple(FashionMNIST.classes) == CLASS_NAMES["fashion_mnist"]


def test_two_layers_are_too_few_to_correlate():
    config = changed("homology.layers", [9, 16])
    config["similarity"]["sensitivity"]["layers"] = "all"
    [line] = messages(config)
    assert all(word in line for word in ("homology.layers", "3 or more"))


def test_a_single_seed_is_not_refused_for_what_compares_seeds():
    config = changed("models.resnet18_a.seeds", 1)
    config["homology"] |= {"batch_size": 400, "layers": [0, 8, 16]}
    check(config, SCHEMA)


def test_full_clouds_that_no_memory_holds_are_refused():
    config = changed("homology.sampling", "full")
    config["similarity"]["rivals"]["metrics"] = []
    [line] = messages(config)
    assert "1024000 points in layer 0" in line


def test_a_missing_key_is_named():
    config = copy.deepcopy(PAPER)
    del config["mapper"]["eps"]
    assert messages(config) == ["  mapper: missing eps"]


def test_all_mistakes_are_told_at_once():
    config = changed("mapper.overlap", 2)
    config["homology"]["tap"] = "x"
    config["extra"] = 1
    assert len(messages(config)) == 3


def test_a_folder_that_is_not_there(tmp_path):
    config = changed("data", {**PAPER["data"], "dataset": "image_folder", "root": str(tmp_path / "nowhere")})
    assert "data.root" in messages(config)[0]
    assert "nowhere does not exist" in messages(config)[0]


def test_lists():
    assert seed_list(3) == [0, 1, 2]
    assert seed_list([4, 2]) == [4, 2]
    layers = layers_of({"architecture": "resnet18_cifar", "width": 4, "shortcut": "A"}, (32, 32, 3))
    assert choose_layers("all", layers) == list(range(17))
    assert choose_layers([8, 0], layers) == [8, 0]
    assert choose_layers(["last", "blocks.0.*", 16, "conv"], layers) == [16, 1, 2, 0]
    with pytest.raises(InputError, match=r"no layer matches 'block.0.conv1'; the nearest names are blocks.0.conv1"):
        choose_layers(["block.0.conv1"], layers)


def test_samplings_have_one_order():
    full, random, top = ({"method": method} for method in ("full", "random", "top_l2"))
    one = sampling_order({"a": full, "t": top, "r": random, "b": random, "gone": None})
    other = sampling_order({"b": random, "gone": None, "r": random, "t": top, "a": full})
    assert list(one) == list(other) == ["b", "r", "a", "t"]


def test_image_listing_sees_contents_not_times(tmp_path):
    folder = tmp_path / "images"
    (folder / "a").mkdir(parents=True)
    (folder / "a/1.png").write_bytes(b"one")
    before = image_listing("image_folder", folder)
    (folder / "a/1.png").touch()
    assert image_listing("image_folder", folder) == before
    (folder / "a/2.png").write_bytes(b"two")
    assert image_listing("image_folder", folder) != before
    assert image_listing("digits", None) == ""

    digests = []
    for content in ("one", "one", "two"):
        with ZipFile(tmp_path / "images.zip", "w") as archive:
            archive.writestr("a/1.png", content)
        digests.append(image_listing("image_folder", tmp_path / "images.zip"))
    assert digests[0] == digests[1] != digests[2]
    (tmp_path / "images.zip").write_bytes(b"no zip")
    assert image_listing("image_folder", tmp_path / "images.zip") == ""


def test_every_key_is_described():
    def walk(schema, path):
        for key, part in schema.get("properties", {}).items():
            assert part.get("description"), f"{path}{key} has no description"
            walk(part, f"{path}{key}.")
        if isinstance(schema.get("additionalProperties"), dict):
            walk(schema["additionalProperties"], f"{path}*.")

    walk(SCHEMA, "")
    assert json.dumps(SCHEMA)
