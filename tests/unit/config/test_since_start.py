"""A job reads the configuration that its run began with."""

import os

import pytest
from actopo.config.since_start import check_since_start
from actopo.errors import InputError

CONFIG = {"run": "a", "data": {"size": 8}}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setattr(os, "environ", {})


def test_a_job_of_an_edited_configuration_is_refused():
    check_since_start(CONFIG, is_main=True)
    check_since_start({"data": {"size": 8}, "run": "a"}, is_main=False)
    with pytest.raises(InputError, match="'a' was edited after this job was submitted"):
        check_since_start({"run": "a", "data": {"size": 9}}, is_main=False)


def test_modules_have_a_note_each():
    """Of runs with different names, or of one name below different prefixes."""
    modules = [CONFIG, {"run": "b"}, {"run": "a", "data": {"size": 16}}]
    for is_main in (True, False):
        for config in modules:
            check_since_start(config, is_main)


def test_without_a_note_nothing_is_compared():
    check_since_start(CONFIG, is_main=False)
