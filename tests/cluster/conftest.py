"""The cluster and the workflow folders that the tests share."""

import copy
import shutil

import pytest
from slurm import Slurm, obstacle
from tiny import TINY, Workflow

# The least that goes through every kind of job of the two studies: one sampling, one layer of graphs.
SMALL = copy.deepcopy(TINY)
SMALL["mapper"]["samplings"] = dict.fromkeys(
    ["full", "foreground_1", "foreground_5", "background_1", "background_5", "matched_1", "central_1"]
)
SMALL["mapper"] |= {"noise": {"sigmas": []}, "stability": {"graphs": []}}


@pytest.fixture(scope="session")
def slurm():
    """A running cluster of one node."""
    if reason := obstacle():
        pytest.skip(reason)
    with Slurm() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def with_images(slurm, tmp_path_factory):
    """A workflow folder in which the images are prepared, to be copied."""
    workflow = Workflow(tmp_path_factory.mktemp("images"))
    workflow.config(SMALL)
    done = workflow.run("--", "results/tiny/data/digits/meta.json")
    assert done.returncode == 0, done.stdout + done.stderr
    return workflow.folder


@pytest.fixture
def new_workflow(with_images, tmp_path):
    """Function that makes a workflow folder in which nothing but the images is there, and a config of its own."""

    def make(name, config=SMALL):
        folder = tmp_path / name
        shutil.copytree(with_images, folder, copy_function=shutil.copy2, symlinks=True)
        workflow = Workflow.__new__(Workflow)
        workflow.folder = folder
        workflow.config(config)
        return workflow

    return make
