"""Every bad configuration stops with the key's path and what to write instead."""

import copy
import re
from zipfile import ZipFile

import pytest
import yaml
from actopo.config.validate import validate
from actopo.errors import InputError

from unit.config.examples import PAPER, ROOT, SCHEMA, changed, messages

pytestmark = pytest.mark.usefixtures("forked_questions")


def bad_lines(path, value):
    """Messages about a value, none if it is in order."""
    try:
        validate(changed(path, value), SCHEMA)
    except InputError as error:
        return str(error).splitlines()[1:]
    return []


def merge(base, overlay):
    """As Snakemake lays one config file over another."""
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value
    return base


def test_the_papers_run_is_in_order():
    validate(PAPER, SCHEMA)


def test_no_graph_of_the_stability_study_is_in_order():
    validate(changed("mapper.stability.graphs", []), SCHEMA)


@pytest.mark.parametrize("config", [None, [], "run"])
def test_a_config_without_keys_is_refused(config):
    [line] = messages(config)
    assert line.endswith("is not a mapping")


@pytest.mark.parametrize(
    "path", ["homology.batches", "mapper.eps", "data", "models.resnet18_a.module", "mapper.layers"]
)
def test_messages_name_no_value_or_type_of_python(path):
    text = "\n".join(line for value in (None, True, {"x": 1}, [], "x y", -1) for line in bad_lines(path, value))
    assert text
    assert not re.search(r"None|True|False|\b(int|str|dict|list of|array|object|boolean|string)\b|\^|\\", text), text


@pytest.mark.parametrize(
    "names", ["demo", "cifar10_cpu", "cifar10_vit", "as_released", "demo as_released", "cifar10_cpu as_released"]
)
def test_overlays_are_in_order(names, tmp_path):
    config = copy.deepcopy(PAPER)
    for name in names.split():
        merge(config, yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()))
    if config["data"]["dataset"] == "image_folder":
        config["data"]["root"] = str(tmp_path / "images.zip")
        with ZipFile(config["data"]["root"], "w") as archive:
            for i in range(10_002):
                archive.writestr(f"{'train' if i < 2 else 'test'}/{'cat' if i % 2 else 'dog'}/{i}.png", b"")
    validate(config, SCHEMA, tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("homolgy", {}, ["homolgy: unknown key", "'homology'"]),
        ("mapper.overlapp", 0.3, ["mapper.overlapp: unknown key", "'overlap'"]),
        ("models.resnet18_a.training.epoch", 3, ["models.resnet18_a.training.epoch", "'epochs'"]),
        ("homology.batches", "ten", ["homology.batches", "'ten' is not a whole number"]),
        ("homology.batches", 2.5, ["homology.batches: 2.5 is not a whole number"]),
        ("models.resnet18_a.training.weight_decay", "5e-4", ["weight_decay", "text", "0.0005"]),
        ("models.resnet18_a.width", "8", ["models.resnet18_a.width", "write 8 "]),
        ("models.resnet18_a.training.learning_rate", float("nan"), ["learning_rate", ".nan"]),
        ("mapper.eps", float("inf"), ["mapper.eps", ".inf"]),
        ("mapper.eps", "1e-3", ["mapper.eps", "write 0.001"]),
        (
            "models.resnet18_b.module",
            "net.py",
            ["models.resnet18_b.module: 'net.py' is not allowed; write path/to/file.py:function"],
        ),
        (
            "homology.dimensions",
            ["1", 0],
            ["homology.dimensions.0: '1' is not one of 0, 1; it arrived as text"],
        ),
        ("device", "gpu", ["device: 'gpu' is not one of auto, cpu, cuda (did you mean 'cuda'?)"]),
        ("data.dataset", "cifar100", ["data.dataset", "'cifar100'", "cifar10", "did you mean"]),
        ("homology.tap", "Relu", ["homology.tap", "conv, bn, relu"]),
        ("homology.sampling", "top_l1", ["homology.sampling", "did you mean 'top_l2'"]),
        ("homology.points_per_image", 0, ["homology.points_per_image", "1 or more"]),
        ("mapper.layers", [16, 16], ["mapper.layers", "twice"]),
        ("similarity.rivals.metrics", ["cka"], ["similarity.rivals.metrics.0", "linear_cka"]),
        (
            "mapper.clusterer",
            "hdbscan",
            ["mapper.clusterer: 'hdbscan' is not allowed; write dbscan or a mapping with path"],
        ),
        ("similarity.controls", ["shuffled"], ["similarity.controls.0", "scaled, untrained, gaussian"]),
        ("similarity.untrained.batch_norm", "fited", ["similarity.untrained.batch_norm", "did you mean 'fitted'"]),
        ("similarity.untrained.images", 1, ["similarity.untrained.images", "2 or more"]),
        (
            "mapper.foreground.masks",
            "grabcutt",
            ["mapper.foreground.masks: 'grabcutt'", "with a slash, such as ./masks"],
        ),
        ("mapper.foreground.weight", "energy_shares", ["mapper.foreground.weight", "did you mean 'energy_share'"]),
        ("mapper.samplings.central_1.share", 0, ["mapper.samplings.central_1.share: 0 must be more than 0"]),
        ("mapper.foreground.ties", "first", ["mapper.foreground.ties", "last, all"]),
        ("mapper.overlap", 1, ["mapper.overlap", "less than 1"]),
        ("mapper.eps", -1, ["mapper.eps: -1 must be 1e-12 or more"]),
        ("mapper.eps", "nee", ["mapper.eps", "write knee, stable or a number"]),
        ("mapper.samplings.random.methd", "x", ["mapper.samplings.random.methd", "'method'"]),
        ("models.resnet18_a.seeds", 0, ["models.resnet18_a.seeds: 0 must be 1 or more"]),
        ("data.resize", True, ["data.resize: true is not allowed; write a whole number, null or false"]),
        ("data.classes", ["cat"], ["data.classes", "2 or more"]),
        ("data.classes", ["cat", "cat"], ["data.classes", "twice"]),
        ("mapper.lens", 3, ["mapper.lens: 3 is not allowed; write a text, a mapping or a list"]),
        ("mapper.lens", ["l2", "density", "l2"], ["mapper.lens", "takes 2 entries at most"]),
        ("data.images_per_class", 0, ["data.images_per_class", "1 or more"]),
        (
            "data.normalisation",
            "imagnet",
            ["data.normalisation", "measured, pretrained, imagenet, cifar10 or a mapping with mean and std"],
        ),
        (
            "data.normalisation",
            {"mean": [0.5] * 3, "std": [0, 1, 1]},
            ["data.normalisation.std.0: 0 must be 0.001 or more"],
        ),
        ("data.test_share", -0.1, ["data.test_share", "0 or more"]),
        ("models.resnet18_a.seeds_per_job", 0, ["models.resnet18_a.seeds_per_job", "1 or more"]),
        ("models.resnet18_a.training.compile", "yes", ["models.resnet18_a.training.compile", "true or false"]),
        ("run", "a b", ["run: 'a b' is not allowed; write letters, digits"]),
        ("run", None, ["run: null is not a text"]),
        (
            "mapper.stability.graphs.random",
            None,
            ["mapper.stability.graphs.random: null is not a list; write [] for none"],
        ),
        ("mapper.layers", None, ["mapper.layers: null is not"]),
        ("run", 5, ["run: 5 is not a text; put it in quotes"]),
        ("figures.purity_class", 2, ["figures.purity_class: 2 is not a text or null; put it in quotes"]),
        ("models", {"a b": PAPER["models"]["resnet18_a"]}, ["models: 'a b' is not allowed; write a name of letters"]),
        ("similarity.power.points", [1], ["similarity.power.points.0", "2 or more"]),
        ("run", "..", ["run", "'..'"]),
        ("homology.batches", 10.0, ["homology.batches: 10.0 is not a whole number; write 10"]),
        ("models.resnet18_a.seeds", 10.0, ["models.resnet18_a.seeds", "10.0"]),
        ("mapper.samplings", {1: {"method": "random", "tap": "relu"}}, ["mapper.samplings.1", "quotes"]),
        ("mapper.samplings", {None: {"method": "random"}}, ["mapper.samplings.null", "as null; put it in quotes"]),
        ("mapper", {"overlap": 0, 3: None}, ["mapper.3: YAML reads this name as a number", "a decimal point"]),
        ("mapper.stability.graphs", [16], ["mapper.stability.graphs: [16] must be empty"]),
        ("data", None, ["data: null is not a mapping"]),
    ],
)
def test_a_bad_value_is_named(path, value, words):
    lines = messages(changed(path, value))
    assert len(lines) == 1
    assert all(word in lines[0] for word in words), lines[0]


def test_a_text_beyond_all_numbers_gets_no_advice():
    assert messages(changed("mapper.overlap", "1e309")) == ["  mapper.overlap: '1e309' is not a number"]


def test_a_missing_key_is_named():
    config = copy.deepcopy(PAPER)
    del config["mapper"]["eps"]
    assert messages(config) == ["  mapper: missing eps"]


def test_all_mistakes_are_told_at_once():
    config = changed("mapper.overlap", 2)
    config["homology"]["tap"] = "x"
    config["extra"] = 1
    assert len(messages(config)) == 3
