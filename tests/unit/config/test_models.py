"""Values at the ends of what a training takes, and what is said of networks and weights that are not there."""

import pytest
from actopo.config.models import studied_problems, training_problems
from actopo.config.validate import validate

from unit.config.examples import PAPER, SCHEMA, changed, messages

A, B = (f"models.resnet18_{letter}.training" for letter in "ab")
PAPER_A, PAPER_B = (PAPER["models"][f"resnet18_{letter}"]["training"] for letter in "ab")


@pytest.mark.parametrize(
    ("path", "changes", "said"),
    [
        (A, {"peak_epoch": 24}, None),
        (A, {"peak_epoch": 0}, None),
        (
            A,
            {"epochs": 12, "peak_epoch": 13},
            "peak_epoch: 13 lies beyond the last of 12 epochs; set it to 2.5, for example",
        ),
        # The peak of another schedule.
        (B, {"peak_epoch": 351}, None),
        (B, {"milestones": [349, 350]}, None),
        (
            B,
            {"milestones": [350]},
            "milestones: schedule step needs one before the last of 350 epochs; set them too, such as to [150, 250]; "
            "or set schedule to triangular, and peak_epoch",
        ),
        (
            B,
            {"epochs": 2, "milestones": [2]},
            "milestones: schedule step needs one before the last of 2 epochs; set them too, such as to [1]; or set "
            "schedule to triangular, and peak_epoch",
        ),
        (
            B,
            {"epochs": 1},
            "milestones: schedule step needs one before the last of 1 epochs; give more epochs, or set schedule to "
            "triangular, and peak_epoch",
        ),
        (A, {"milestones": []}, None),
        (A, {"keep": [0, 24]}, None),
        (A, {"keep": [25]}, "keep: 25 lies beyond the last of 24 epochs; choose epochs from 0 to 24"),
        (A, {"cutout": 32}, None),
        (A, {"cutout": 33}, "cutout: 33 is larger than images of 32 pixels"),
        (A, {"translate": 31}, None),
        (A, {"translate": 32}, "translate: a shift of 32 leaves nothing of images of 32 pixels; write less"),
        (A, {"optimizer": "adamw", "learning_rate": 0.1}, None),
        (
            A,
            {"optimizer": "adamw", "learning_rate": 0.11},
            "learning_rate: 0.11 is a rate of sgd, and too large for adamw; set it to 0.1 or less, such as 0.001",
        ),
        (A, {"compile": True}, None),
    ],
)
def test_a_training(path, changes, said):
    config = changed(path, (PAPER_A if path == A else PAPER_B) | changes)
    assert list(training_problems(config)) == ([] if said is None else [f"{path}.{said}"])


def test_a_training_that_is_not_done_is_not_looked_at():
    config = changed(f"{A}.cutout", 33)
    config["models"]["resnet18_a"]["weights"] = "net.pth"
    assert not list(training_problems(config))
    config["models"]["resnet18_a"] |= {"weights": None, "training": None}
    assert not list(training_problems(config))


def test_a_shift_leaves_something_of_the_images_that_a_network_is_given():
    config = changed(f"{A}.translate", 32)
    config["models"]["resnet18_a"]["input"] = {"size": 33}
    assert not list(training_problems(config))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (
            {"module": "{}/net.py:build", "weights": "DEFAULT"},
            "weights: there is no file DEFAULT, and only torchvision's and timm's networks have weights by name",
        ),
        (
            {"module": "{}/net.py:build", "weights": "{}/lost.pth"},
            "weights: there is no file {}/lost.pth; give one, a name of torchvision's or timm's, or null to train",
        ),
        # What the architecture needs is not asked of a module.
        ({"module": "{}/net.py:build", "weights": "{}/net.pth", "architecture": "resnet18_cifar"}, None),
        ({"architecture": "alexnet", "weights": "{}/net.pth", "seeds": [7]}, None),
        (
            {"architecture": "alexnet", "weights": "{}/net.pth", "seeds": [7, 8]},
            "seeds: weights are one network; set seeds to 1, or weights to null to train",
        ),
    ],
)
def test_weights(tmp_path, model, words):
    for name in ("net.py", "net.pth"):
        (tmp_path / name).touch()
    texts = {key: value.format(tmp_path) if isinstance(value, str) else value for key, value in model.items()}
    config = changed("models.extra", {"seeds": 1} | texts)
    if words is None:
        validate(config, SCHEMA)
    else:
        assert messages(config) == [f"  models.extra.{words.format(tmp_path)}"]


@pytest.mark.parametrize(("n_models", "end"), [(10, "m9"), (11, "m9, ..."), (12, "m9, ...")])
def test_ten_names_of_models_are_listed(n_models, end):
    config = changed("models", {f"m{i}": {} for i in range(n_models)})
    config["homology"]["model"] = config["mapper"]["model"] = "m0"
    assert not list(studied_problems(config))
    config["mapper"]["model"] = "x"
    names = ", ".join(f"m{i}" for i in range(9))
    assert list(studied_problems(config)) == [f"mapper.model: 'x' is not under models; choose one of {names}, {end}"]
