"""The word `pretrained` becomes numbers, or a message."""

import copy

import pytest
from actopo.config import pretrained
from actopo.errors import InputError

from unit.config.examples import PAPER

KNOWN = {
    "a": {"size": 224, "resize": 256, "mean": [0.5] * 3, "std": [0.5] * 3},
    "b": {"size": 299, "resize": 342, "mean": [0.5] * 3, "std": [0.5] * 3},
    "c": {"size": 224, "resize": 224, "mean": [0.4] * 3, "std": [0.2] * 3},
}


@pytest.fixture
def asked(monkeypatch):
    found = []

    def ask(config, name, cache=None):
        found.append(name)
        if name not in KNOWN:
            raise InputError("a file does not say")
        return KNOWN[name]

    monkeypatch.setattr(pretrained, "ask_preprocessing", ask)
    return found


def config_of(homology, mapper, **models):
    config = copy.deepcopy(PAPER)
    config["models"] = {
        name: {"architecture": "alexnet", "weights": "DEFAULT", "seeds": 1, **model} for name, model in models.items()
    }
    config["homology"]["model"], config["mapper"]["model"] = homology, mapper
    return config


def test_numbers_take_the_place_of_the_word(asked):
    config = config_of("a", "b", a={"input": "pretrained"}, b={"input": "pretrained"}, c={"input": {"size": 8}})
    config["data"]["normalisation"] = "pretrained"
    assert pretrained.fill_pretrained(config) == []
    assert config["models"]["a"]["input"] == {"size": 224, "resize": 256}
    assert config["models"]["b"]["input"] == {"size": 299, "resize": 342}
    assert config["models"]["c"]["input"] == {"size": 8}
    assert config["data"]["normalisation"] == {"mean": [0.5] * 3, "std": [0.5] * 3}
    assert asked == ["a", "b"]
    assert pretrained.fill_pretrained(copy.deepcopy(PAPER)) == []


def test_what_no_weights_say(asked):
    config = config_of("a", "c", a={}, c={})
    config["data"]["normalisation"] = "pretrained"
    [problem] = pretrained.fill_pretrained(config)
    assert problem.startswith("data.normalisation: the weights of the models differ in it, {a: {mean: [0.5, 0.5, 0.5]")
    # Networks that are only compared are given the same images.
    config = config_of("a", "a", a={}, c={})
    config["data"]["normalisation"] = "pretrained"
    config["comparison"] = {"networks": [{"model": "a"}, {"model": "c"}]}
    assert pretrained.fill_pretrained(config) == [problem]
    config = config_of("a", "a", a={"weights": None}, d={"input": "pretrained"})
    config["data"]["normalisation"] = "pretrained"
    assert pretrained.fill_pretrained(config) == [
        "models.d.input: a file does not say",
        "data.normalisation: a is trained here, so that no weights say it; write numbers",
    ]
    assert config["data"]["normalisation"] == "pretrained"
