"""Networks that share a job are those trained alone, whatever interrupts it and however many jobs there are."""

import copy
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress

import pytest
from tiny import TINY, Workflow

SEEDS = 3


def weights(workflow, run):
    return {path.name: path.read_bytes() for path in workflow.folder.glob(f"results/{run}/models/*_a/*.safetensors")}


def config_of(workflow, run, seeds=SEEDS, epochs=3, **changes):
    config = copy.deepcopy(TINY)
    config["run"] = run
    model = config["models"]["resnet18_a"]
    model |= {"seeds": seeds, **changes}
    model["training"]["epochs"] = epochs
    return workflow.config(config, f"{run}.yaml")


def arguments(run, cores=1, seeds=SEEDS):
    targets = [f"results/{run}/models/resnet18_a/seed{seed}.safetensors" for seed in range(seeds)]
    return ("--cores", str(cores), "--set-threads", "train_model=1", "--", *targets)


def train(workflow, config, run, **kwargs):
    done = workflow.run(*arguments(run, **kwargs), configfiles=[config])
    assert done.returncode == 0, done.stdout + done.stderr
    return (done.stdout + done.stderr).count("rule train_model:")


def epochs_logged(workflow):
    """Number of epochs that the jobs of the killed run say they have finished."""
    return sum(
        path.read_text().count(": loss ") for path in (workflow.folder / "results/killed/logs/train_model").iterdir()
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A folder where every network was trained by its own job, and the weights."""
    workflow = Workflow(tmp_path_factory.mktemp("seeds"))
    assert train(workflow, config_of(workflow, "alone"), "alone", cores=2) == SEEDS
    return workflow, weights(workflow, "alone")


def test_networks_of_a_job_killed_midway(alone):
    workflow, expected = alone
    config = config_of(workflow, "killed", seeds_per_job=SEEDS)
    command = workflow.command(*arguments("killed"), configfiles=[config])
    process = subprocess.Popen(
        command, cwd=workflow.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    models = workflow.folder / "results/killed/models/resnet18_a"
    try:
        # One network is trained, and of another there is an epoch, which is written at the end alone.
        while not (list(models.glob("*/metrics.json")) and epochs_logged(workflow) > 3):
            assert process.poll() is None, "training ended before it could be killed"
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=120)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    [trained] = {path.parent for path in models.glob("*/metrics.json")}
    [begun] = {path.parent for path in models.glob("*/checkpoint.safetensors")}
    made = (trained / "weights.safetensors").stat()
    assert workflow.run("--unlock", configfiles=[config]).returncode == 0
    assert train(workflow, config, "killed") == SEEDS
    assert weights(workflow, "killed") == expected
    kept = (models / f"{trained.stem}.safetensors").stat()
    assert kept.st_ino == made.st_ino
    logs = [path.read_text() for path in (workflow.folder / "results/killed/logs/train_model").iterdir()]
    [resumed] = [log for log in logs if "going on from the checkpoint" in log]
    assert f"{begun.name}/checkpoint" in resumed
    # The folder takes no space beside the network.
    assert (trained / "weights.safetensors").stat().st_ino == kept.st_ino


def test_jobs_side_by_side_and_seeds_that_are_added(alone):
    workflow, expected = alone
    few = config_of(workflow, "few", seeds=SEEDS - 1, seeds_per_job=SEEDS)
    assert train(workflow, few, "few", cores=2, seeds=SEEDS - 1) == SEEDS - 1
    before = weights(workflow, "few")
    more = config_of(workflow, "few", seeds_per_job=SEEDS)
    assert train(workflow, more, "few") == 1
    assert weights(workflow, "few") == expected
    assert before.items() <= expected.items()
    assert not workflow.planned(*arguments("few"), configfiles=[config_of(workflow, "few", seeds_per_job=1)])
    # Another recipe: networks of the old one are not taken for it.
    other = config_of(workflow, "few", epochs=2, seeds_per_job=SEEDS)
    assert train(workflow, other, "few") == SEEDS
    assert not weights(workflow, "few").items() & expected.items()


def test_what_trains_a_network_again_and_what_does_not(alone):
    workflow, _ = alone
    config = config_of(workflow, "again")
    assert train(workflow, config, "again", seeds=1) == 1
    trained = weights(workflow, "again")
    images = workflow.folder / "results/again/data/digits/train/images.npy"
    [log] = (workflow.folder / "results/again/logs/train_model").iterdir()
    content = images.read_bytes()

    # A damaged file is named before anything runs, so that Snakemake removes nothing that was made of it.
    images.write_bytes(content[:-1] + b"x")
    refused = workflow.run(*arguments("again", seeds=1), configfiles=[config])
    assert refused.returncode != 0
    assert f"{images.relative_to(workflow.folder)} is damaged" in refused.stderr
    assert "rule train_model:" not in refused.stdout + refused.stderr
    assert weights(workflow, "again") == trained
    # It is made again alone, as the message says, and then there is nothing to do.
    images.unlink()
    done = workflow.run("--", str(images.relative_to(workflow.folder)), configfiles=[config])
    assert done.returncode == 0, done.stderr
    assert images.read_bytes() == content
    assert not workflow.planned(*arguments("again", seeds=1), configfiles=[config])

    # Its job finds the network where images are made again with what depends on them, and trains where it is forced.
    for forced, is_found in (("prepare_images", True), ("train_model", False)):
        done = workflow.run("--forcerun", forced, *arguments("again", seeds=1), configfiles=[config])
        assert done.returncode == 0, done.stderr
        assert weights(workflow, "again") == trained
        assert ("seed 0 is trained already" in log.read_text()) == is_found
        assert log.read_text().count(": loss ") == (0 if is_found else 3)


def test_a_network_whose_snakemake_was_killed_is_taken(alone):
    """Snakemake then forces the job, of whose end it has no record, as it does where that is asked for."""
    workflow, _ = alone
    config = config_of(workflow, "left", seeds=1, epochs=40)
    network = workflow.folder / "results/left/models/resnet18_a/seed0.safetensors"
    log = workflow.folder / "results/left/logs/train_model/resnet18_a.seed0.log"
    process = subprocess.Popen(
        workflow.command(*arguments("left", seeds=1), configfiles=[config]),
        cwd=workflow.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not (log.exists() and ": loss " in log.read_text()):
            assert process.poll() is None, "training ended before Snakemake could be killed"
            time.sleep(0.005)
        process.kill()
        process.wait()
        # The training goes on to its end.
        until = time.monotonic() + 120
        with suppress(ProcessLookupError):
            while time.monotonic() < until:
                os.killpg(process.pid, 0)
                time.sleep(0.1)
        assert log.read_text().count(": loss ") == 40
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    trained = network.read_bytes()
    assert workflow.run("--unlock", configfiles=[config]).returncode == 0
    for forced, is_found in (((), True), (("--forcerun", network.relative_to(workflow.folder)), False)):
        done = workflow.run(*map(str, forced), *arguments("left", seeds=1), configfiles=[config])
        assert done.returncode == 0, done.stderr
        assert (done.stdout + done.stderr).count("rule train_model:") == 1
        assert network.read_bytes() == trained
        assert ("seed 0 is trained already" in log.read_text()) == is_found


def test_networks_of_another_recipe_are_told(alone):
    """Nothing records what a job made after its Snakemake was killed, so that Snakemake sees no change."""
    workflow, _ = alone
    assert train(workflow, config_of(workflow, "orphan", seeds=1), "orphan", seeds=1) == 1
    shutil.rmtree(workflow.folder / ".snakemake/metadata")
    other = config_of(workflow, "orphan", epochs=2)
    done = workflow.run(*arguments("orphan"), configfiles=[other])
    assert done.returncode == 0, done.stderr
    network = workflow.folder / "results/orphan/models/resnet18_a/seed0.safetensors"
    assert done.stderr.count(f"remove them first:\nrm {network}\n") == 2
    network.unlink()
    done = workflow.run(*arguments("orphan"), configfiles=[other])
    assert (done.stdout + done.stderr).count("rule train_model:") == 1
    assert "remove them first" not in done.stderr
