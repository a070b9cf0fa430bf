"""Every bad configuration stops with the key's path and what to write instead."""

import copy

import pytest
import yaml
from actopo.config.validate import validate

from unit.config.examples import PAPER, ROOT, SCHEMA, changed, messages


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


@pytest.mark.parametrize("names", ["demo", "cifar10_cpu", "as_released", "demo as_released", "cifar10_cpu as_released"])
def test_overlays_are_in_order(names, tmp_path):
    config = copy.deepcopy(PAPER)
    for name in names.split():
        merge(config, yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()))
    if config["data"]["dataset"] == "image_folder":
        config["data"]["root"] = str(tmp_path)
    validate(config, SCHEMA)


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
        ("models.resnet18_b.module", "net.py", ["models.resnet18_b.module", "must match"]),
        ("data.dataset", "cifar100", ["data.dataset", "'cifar100'", "cifar10", "did you mean"]),
        ("homology.tap", "Relu", ["homology.tap", "conv, bn, relu"]),
        ("homology.sampling", "top_l1", ["homology.sampling", "did you mean 'top_l2'"]),
        ("homology.points_per_image", 0, ["homology.points_per_image", "1 or more"]),
        ("mapper.layers", [16, 16], ["mapper.layers", "twice"]),
        ("similarity.rivals.metrics", ["cka"], ["similarity.rivals.metrics.0", "linear_cka"]),
        ("mapper.clusterer", "hdbscan", ["mapper.clusterer", "dbscan or mapping"]),
        ("similarity.controls", ["shuffled"], ["similarity.controls.0", "scaled, untrained, gaussian"]),
        ("similarity.untrained.batch_norm", "fited", ["similarity.untrained.batch_norm", "did you mean 'fitted'"]),
        ("similarity.untrained.images", 1, ["similarity.untrained.images", "2 or more"]),
        ("mapper.foreground.ties", "first", ["mapper.foreground.ties", "last, all"]),
        ("mapper.overlap", 1, ["mapper.overlap", "less than 1"]),
        ("mapper.eps", -1, ["mapper.eps", "more than 0"]),
        ("mapper.eps", "nee", ["mapper.eps", "knee or number"]),
        ("mapper.samplings.random.methd", "x", ["mapper.samplings.random.methd", "'method'"]),
        ("models.resnet18_a.seeds", 0, ["models.resnet18_a.seeds", "1 or more"]),
        ("data.resize", True, ["data.resize", "integer or null or false"]),
        ("data.classes", ["cat"], ["data.classes", "2 or more"]),
        ("data.classes", ["cat", "cat"], ["data.classes", "twice"]),
        ("data.images_per_class", 0, ["data.images_per_class", "1 or more"]),
        ("data.normalisation", "imagnet", ["data.normalisation", "measured or imagenet"]),
        ("data.normalisation", {"mean": [0.5] * 3, "std": [0, 1, 1]}, ["data.normalisation", "more than 0"]),
        ("data.test_share", -0.1, ["data.test_share", "0 or more"]),
        ("models.resnet18_a.seeds_per_job", 0, ["models.resnet18_a.seeds_per_job", "1 or more"]),
        ("models.resnet18_a.training.compile", "yes", ["models.resnet18_a.training.compile", "boolean"]),
        ("similarity.power.points", [1], ["similarity.power.points.0", "2 or more"]),
        ("run", "a b", ["run", "'a b'"]),
        ("run", "..", ["run", "'..'"]),
        ("homology.batches", 10.0, ["homology.batches", "10.0", "integer"]),
        ("models.resnet18_a.seeds", 10.0, ["models.resnet18_a.seeds", "10.0"]),
        ("mapper.samplings", {1: {"method": "random", "tap": "relu"}}, ["mapper.samplings.1", "quotes"]),
        ("data", None, ["data", "mapping"]),
    ],
)
def test_a_bad_value_is_named(path, value, words):
    lines = messages(changed(path, value))
    assert len(lines) == 1
    assert all(word in lines[0] for word in words), lines[0]


def test_a_missing_key_is_named():
    config = copy.deepcopy(PAPER)
    del config["mapper"]["eps"]
    assert messages(config) == ["  mapper: missing eps"]


def test_all_mistakes_are_told_at_once():
    config = changed("mapper.overlap", 2)
    config["homology"]["tap"] = "x"
    config["extra"] = 1
    assert len(messages(config)) == 3
