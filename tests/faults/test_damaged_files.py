"""A damaged file of the run is named by the job that reads it, with what makes it again, and never read."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from actopo.checksums import DamagedFile, rule_of, sum_file
from actopo.files import load_array, load_json, load_table, save_array, save_arrays, save_json, save_table
from actopo.homology.diagram_files import load_diagrams, save_diagrams
from actopo.mapper.intermediate import load_choice, load_intervals, load_lens, save_choice, save_intervals
from actopo.networks.checkpoints import Checkpoint
from actopo.networks.weights import load_tensors, save_tensors
from actopo.points.clouds import load_clouds, load_columns

from faults.conftest import SCRIPTS
from faults.examples import DAMAGES, damage, problem_of, remedy, written_example

POINTS = {
    f"layer03.{name}": np.arange(12.0).reshape(shape)
    for name, shape in {"points": (6, 2), "image": 12, "row": 12, "label": 12, "norm": 12}.items()
}
TABLE = pd.DataFrame({"layer": [0, 9], "class": ["cat", "=1+1"], "purity": [0.12745, 0.5]})
# How a stage writes and reads each kind of file.
KINDS = {
    "images.npy": (
        lambda path: save_array(path, np.arange(600, dtype=np.uint8).reshape(2, 10, 10, 3)),
        lambda path: load_array(path, mapped=True),
    ),
    "labels.npy": (lambda path: save_array(path, np.arange(40)), load_array),
    "lens.npy": (lambda path: save_array(path, np.arange(40.0)), lambda path: load_lens(path, None)),
    "files.csv": (lambda path: save_table(path, TABLE), load_table),
    "purity.csv": (lambda path: save_table(path, TABLE), lambda path: load_table(path).purity.mean()),
    "meta.json": (lambda path: save_json(path, {"mean": [0.49, 0.48], "class_names": ["cat", "dog"]}), load_json),
    "layer16.json": (lambda path: save_json(path, {"nodes": [{"id": 1}], "links": []}, compact=True), load_json),
    "seed0.safetensors": (lambda path: save_tensors(path, {"w": torch.arange(9.0)}), load_tensors),
    "points.npz": (lambda path: save_arrays(path, **POINTS), lambda path: load_clouds(path, [3])),
    "columns.npz": (lambda path: save_arrays(path, **POINTS), lambda path: load_columns(path, 3, "image", "norm")),
    "diagrams.npz": (
        lambda path: save_diagrams(path, [0], [{0: np.eye(2), 1: np.ones((3, 2))}]),
        lambda path: load_diagrams(path, [0], 1),
    ),
    "layer16.eps.npz": (lambda path: save_choice(path, {"eps": 0.5}, {"kth": np.arange(5.0)}), load_choice),
    "layer16.part0.npz": (
        lambda path: save_intervals(path, [(0, np.arange(4), np.zeros(4, int))]),
        lambda path: list(load_intervals(path)),
    ),
}


@pytest.fixture(params=KINDS)
def written(request, tmp_path):
    """A file of each kind, and its reader."""
    return written_example(KINDS, request.param, tmp_path)


@pytest.mark.parametrize("kind", DAMAGES)
def test_every_reader_refuses_every_damage(written, kind):
    path, read = written
    damage(path, kind)
    with pytest.raises(DamagedFile) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path} is ")
    assert f"rule make_it makes it: {remedy(path)}" in str(caught.value)


@pytest.mark.parametrize("kind", ["cut", "emptied"])
def test_files_of_earlier_versions_are_checked_as_far_as_their_formats_go(written, kind):
    path, read = written
    sum_file(path).unlink()
    if (kind, path.suffix) == ("cut", ".csv"):
        pytest.skip("nothing in a table without a check sum says where it ends")
    read(path)
    damage(path, kind)
    with pytest.raises(DamagedFile, match=r"is (damaged|empty)"):
        read(path)


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_checkpoint_is_not_gone_on_from(tmp_path, kind, caplog):
    checkpoint = Checkpoint(tmp_path / "checkpoint.safetensors", "run")
    checkpoint.save({"w": torch.arange(50.0)})
    damage(checkpoint.path, kind)
    assert checkpoint.load() is None
    assert kind == "missing" or f"{checkpoint.path} is damaged; starting anew" in caplog.text


@pytest.fixture(scope="module")
def jobs(finished):
    """One job of each rule of the finished tiny run."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, str(Path(__file__).with_name("planned_jobs.py")), "--configfile", "tiny.yaml"]
    done = subprocess.run(
        [*command, "--cores", "2"],
        cwd=finished.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {job["rule"]: job for job in json.loads(done.stdout)}


def inputs(job):
    """The first file of each input of a job, if it is a file of the run."""
    for files in job["input"].values():
        file = files if isinstance(files, str) else next(iter(files), "")
        if file.startswith("results/"):
            yield file


def elsewhere(job, folder):
    """The job with its outputs in another folder."""

    def moved(files):
        return str(folder / Path(files).name) if isinstance(files, str) else [moved(file) for file in files]

    return {**job, "output": {name: moved(files) for name, files in job["output"].items()}, "log": []}


def test_each_rule_names_whichever_of_its_inputs_is_damaged(finished, jobs, forked, tally, tmp_path):
    """One case for each input of each rule; damages take turns."""
    problems = {}
    for rule, job in jobs.items():
        for file in inputs(job):
            path, kept = finished.folder / file, tmp_path / "kept"
            kind = DAMAGES[len(problems) % len(DAMAGES)]
            shutil.copy2(path, kept)
            damage(path, kind)
            script = str(SCRIPTS / job["script"])
            done = forked(finished.folder, script=script, job=elsewhere(job, tmp_path / "out"))
            maker = f"rule {rule_of(path)} makes it"
            problems[f"{rule}: {file} {kind}"] = problem_of(done, f"error in {rule}: {file} is ", maker, remedy(path))
            shutil.move(kept, path)
    assert len(problems) > 80
    tally(problems)


def test_every_file_that_a_job_reads_has_a_check_sum(finished, jobs, tally):
    files = {file for job in jobs.values() for file in inputs(job)}
    tally(
        {
            "no check sum": ", ".join(file for file in files if not sum_file(finished.folder / file).exists()),
            "rules": ", ".join(file for file in files if rule_of(finished.folder / file) not in jobs),
        }
    )
