"""A run that is killed in the middle of any of its rules goes on to the same bytes when it is started again."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from faults.test_damaged_files import jobs  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow

# What is ended, and how: the job or all of Snakemake, with no time to tidy up; Snakemake and its jobs by Ctrl-C; and
# Snakemake as a cluster ends it.
WAYS = {
    "job killed": (False, signal.SIGKILL),
    "all killed": (True, signal.SIGKILL),
    "interrupted": (True, signal.SIGINT),
    "terminated": (True, signal.SIGTERM),
}
# Contents of these are times.
TIMED = ("logs", "benchmarks")


def contents(folder):
    """Bytes of the results by path, but for files in which times stand."""
    results = folder / "results" / "tiny"
    return {
        str(path.relative_to(results)): path.read_bytes()
        for path in results.rglob("*")
        if path.is_file() and path.relative_to(results).parts[0] not in TIMED and not is_timed(path)
    }


def is_timed(path):
    """
    Whether a file holds times, as metrics of a training, or nothing, as locks; and their check sums.

    Training folders hold links to networks. In a copy of the run they are copies, which go at the end of its next run.
    """
    if "explorer.html" in path.name:
        return True
    return "models" in path.parts and (
        ".json" in path.name or ".locks" in path.parts or path.parent.name.endswith(".training")
    )


def script_of(script, folder):
    """Number of the process that runs a script in a folder, None as long as there is none."""
    for place in Path("/proc").iterdir():
        if not place.name.isdigit():
            continue
        try:
            words = (place / "cmdline").read_bytes().split(b"\0")
            if any(word.endswith(f".{script}".encode()) for word in words) and os.path.samefile(place / "cwd", folder):
                return int(place.name)
        except OSError:
            continue
    return None


def end_in_the_middle(workflow, script, targets, way, delay):
    """Run a rule, known by its script, once more, end it some time after it has begun, and return what was said."""
    whole, number = WAYS[way]
    command = workflow.command("--force", "--", *targets)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command,
        cwd=workflow.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    while process.poll() is None and (found := script_of(script, workflow.folder)) is None:
        time.sleep(0.02)
    time.sleep(delay)
    try:
        if whole:
            os.killpg(process.pid, number)
        elif process.poll() is None:
            os.kill(found, number)
    except ProcessLookupError:
        # It was faster.
        pass
    said, _ = process.communicate(timeout=600)
    return said


def test_every_rule_goes_on_after_a_kill(spoilable, jobs, tally):  # noqa: F811
    """One case for each rule and one way of ending it; ways take turns, and moments are drawn."""
    expected, problems, rng = contents(spoilable.folder), {}, np.random.default_rng(0)
    for i, (rule, job) in enumerate(jobs.items()):
        way = list(WAYS)[i % len(WAYS)]
        if rule == "train_model":
            # A network that is there would be taken, and no training killed.
            for folder in (spoilable.folder / "results/tiny/models").glob("*/*.training"):
                shutil.rmtree(folder)
        targets = [file for files in job["output"].values() for file in ([files] if isinstance(files, str) else files)]
        said = end_in_the_middle(spoilable, job["script"], targets[:1], way, rng.uniform(0, 4))
        unlocked = spoilable.run("--unlock")
        again = spoilable.run("--", *targets)
        found = contents(spoilable.folder)
        different = [name for name in expected | found if expected.get(name) != found.get(name)]
        if unlocked.returncode or again.returncode:
            problem = f"it does not run again: {(again.stdout + again.stderr)[-1500:]}"
        elif "error in " in said and "Traceback" in said:
            problem = f"a traceback: {said[-1500:]}"
        else:
            problem = f"other results: {', '.join(different)}" if different else ""
        problems[f"{rule}, {way}"] = problem
    assert len(problems) > 40
    tally(problems)
