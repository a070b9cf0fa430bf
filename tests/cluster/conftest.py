"""The cluster and the workflow folder that the tests share."""

import copy

import pytest
from slurm import Slurm, obstacle
from tiny import TINY, Workflow


@pytest.fixture(scope="session")
def slurm():
    """A running cluster of one node."""
    if reason := obstacle():
        pytest.skip(reason)
    with Slurm() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def small():
    """The tiny config with the least that goes through every kind of job of the two studies."""
    config = copy.deepcopy(TINY)
    config["homology"]["layers"] = [0, 8, 16]
    config["mapper"] |= {
        "samplings": dict.fromkeys(
            ["full", "foreground_1", "foreground_5", "background_1", "background_5", "matched_1", "central_1"]
        ),
        "noise": {"sigmas": []},
        "stability": {"graphs": []},
    }
    return config


@pytest.fixture
def workflow(tmp_path, small):
    """A workflow folder with nothing computed."""
    workflow = Workflow(tmp_path / "workflow")
    workflow.config(small)
    return workflow
