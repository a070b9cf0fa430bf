"""Workflow folders that the tests share."""

import shutil

import pytest
from tiny import Workflow


@pytest.fixture(scope="session")
def workflow(tmp_path_factory):
    """A workflow folder with nothing computed."""
    return Workflow(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A workflow folder whose tiny run is complete."""
    workflow = Workflow(tmp_path_factory.mktemp("finished"))
    done = workflow.run("--set-threads", "train_model=1", "sample_points=1", "build_mapper=1")
    assert done.returncode == 0, done.stdout + done.stderr
    return workflow


@pytest.fixture
def spoilable(finished, tmp_path):
    """A copy of the finished run, for tests that change results."""
    workflow = Workflow(tmp_path / "copy")
    for name in ("results", ".snakemake"):
        shutil.copytree(finished.folder / name, workflow.folder / name, copy_function=shutil.copy2)
    return workflow
