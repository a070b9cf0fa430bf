"""Texts that can be no path are told before anything looks for a file."""

import os

import pytest
from actopo.config.validate import validate

from unit.config.examples import IMAGES, SCHEMA, changed, messages


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("data.root", "{}/x.zip"),
        ("models.resnet18_b.weights", "{}/x.pth"),
        ("models.resnet18_b.module", "{}/x.py:build"),
        ("mapper.lens", "{}/x.py:lens"),
        ("mapper.lens", ["l2", "{}/x.py:lens"]),
        ("mapper.labels", {"breed": {"file": "{}/x.csv", "column": "x"}}),
        ("mapper.foreground.masks", "{}/masks"),
        ("mapper.foreground.weights", "{}/x.pth"),
    ],
)
@pytest.mark.parametrize(
    ("part", "words"),
    [("~nosuchuser", "there is no user whose home '~nosuchuser' could be"), ("a" * 300, "File name too long")],
)
def test_no_path(path, value, part, words):
    def filled(value):
        if isinstance(value, dict):
            return {key: filled(item) for key, item in value.items()}
        return [filled(item) for item in value] if isinstance(value, list) else value.format(part)

    [line] = messages(changed(path, filled(value)))
    assert line.strip().startswith(path)
    assert words in line
    assert len(line) < 250


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_a_folder_that_may_not_be_looked_into(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    [line] = messages(changed("data", IMAGES | {"dataset": "image_folder", "root": f"{tmp_path}/closed/images"}))
    assert "Permission denied" in line


def test_an_empty_root_is_refused():
    [line] = messages(changed("data.root", ""))
    assert line == "  data.root: '' is empty; write a text"
    validate(changed("data.root", "~/images"), SCHEMA)
