"""The workflow through profiles/slurm, on a real cluster of one node."""

import copy
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from conftest import SMALL

RESULTS = "results/tiny"
WEIGHTS = f"{RESULTS}/models/resnet18_{{}}/seed0.safetensors"
TARGETS = [f"{RESULTS}/figures/{name}.png" for name in ("specificity", "mapper_graphs", "diagrams")]
TARGETS += [f"{RESULTS}/similarity/resnet18_a/specificity.csv"]
# The line of the profile that a cluster without accounts needs, and short waits.
QUICK = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2"]
QUICK += ["--seconds-between-status-checks", "2", "--latency-wait", "10"]
# Jobs on a network ask for a GPU, and compute on the CPU: the GPUs here are none.
GPUS = ["train_model:gpu=1", "sample_points:gpu=1"]
# More threads than cores that are free are slow, and another number of threads gives other roundings.
ONE_THREAD = ["--max-threads", "1"]
# Seconds, on a machine that has much else to do.
PATIENCE = 600


@contextmanager
def started(workflow, slurm, *arguments, resources=(*GPUS,), profile="profiles/slurm"):
    """Start Snakemake with a profile; it is interrupted at the end, if it still runs. `output` has what it prints."""
    command = [sys.executable, "-m", "snakemake", "--configfile", "tiny.yaml", "--workflow-profile", profile, *QUICK]
    command += ["--set-resources", *resources] if resources else []
    # Jobs inherit the environment of Snakemake, and what limits its threads would limit theirs.
    environment = {key: value for key, value in slurm.environment.items() if key != "OMP_NUM_THREADS"}
    output = workflow.folder / "output.txt"
    with open(output, "w") as file:
        process = subprocess.Popen(
            [*command, *arguments], cwd=workflow.folder, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
    process.output = output
    try:
        yield process
    finally:
        interrupt(process)


def interrupt(process):
    """Press Ctrl-C, and wait until Snakemake has cancelled its jobs."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def run(workflow, slurm, *arguments, **kwargs):
    """Run Snakemake with the profile to its end: exit status and what it prints."""
    with started(workflow, slurm, *arguments, **kwargs) as process:
        process.wait(timeout=PATIENCE)
    return process.returncode, process.output.read_text()


def wait_for(ready, process):
    """Wait until something holds while Snakemake runs."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert process.poll() is None, process.output.read_text()
        assert time.monotonic() < deadline, process.output.read_text()
        time.sleep(0.2)


def contents(workflow):
    """Bytes of all results but logs and timings."""
    folder = workflow.folder / RESULTS
    kinds = ("models/**/*.safetensors", "points/**/*", "diagrams/**/*", "similarity/**/*", "mapper/**/*", "figures/*")
    files = [path for kind in kinds for path in folder.glob(kind) if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def submitted(workflow, slurm, seen, n, **kwargs):
    """The first `n` jobs that Snakemake submits while the node takes none, as SLURM sees them."""
    slurm.set_node("drain")
    try:
        with started(workflow, slurm, "--", *TARGETS, **kwargs) as process:
            wait_for(lambda: len(slurm.jobs().keys() - seen) >= n, process)
            jobs = slurm.jobs()
    finally:
        slurm.set_node("resume")
    return [job for number, job in jobs.items() if number not in seen]


def test_a_network_is_one_submission_with_one_gpu_and_eight_cores(new_workflow, slurm):
    jobs = submitted(new_workflow("cluster"), slurm, slurm.jobs().keys(), 3)
    # Training, points and, of two of the three, diagrams.
    assert len(jobs) == 3
    assert {job["TresPerJob"] for job in jobs} == {"gres:gpu:1"}
    assert {job["NumCPUs"] for job in jobs} == {"8"}
    assert {job["MinMemoryNode"] for job in jobs} == {"8000M"}
    # The minutes of a training of one epoch on a CPU, of points, and of diagrams.
    assert sorted(job["TimeLimit"] for job in jobs) == ["00:44:00", "01:04:00", "01:04:00"]


def test_what_is_commented_out_in_the_profile_is_asked_for(new_workflow, slurm):
    workflow = new_workflow("cluster")
    profile = workflow.folder / "profiles/slurm/config.yaml"
    text = re.sub(r"^(\s*)# ( *[\w-]+: )", r"\1\2", profile.read_text(), flags=re.M)
    text = re.sub(r"^# ([\w-]+:)$", r"\1", text, flags=re.M).replace("a100", "k80")
    profile.write_text(re.sub(r"^.*slurm_account.*\n", "", text, flags=re.M))
    jobs = submitted(workflow, slurm, slurm.jobs().keys(), 3, resources=())
    assert {job["Partition"] for job in jobs} == {"gpu"}
    # With `device: cpu` the model of the GPU stands, and no number.
    assert {job.get("TresPerJob", "").rpartition(":")[0] for job in jobs} <= {"gres:gpu:k80"}


def test_jobs_that_are_killed_come_back_larger(new_workflow, slurm):
    """One by its time and one by its memory; the training goes on where it was."""
    config = copy.deepcopy(SMALL)
    config["models"]["resnet18_b"]["training"]["epochs"] = 100_000
    workflow, seen = new_workflow("cluster", config), slurm.jobs().keys()
    small = ["train_model:mem_mb=(400 if wildcards.model == 'resnet18_a' and attempt == 1 else 4000)"]
    small += ["train_model:runtime=(1 if attempt == 1 else 60)"]
    log = workflow.folder / RESULTS / "logs/train_model/resnet18_b.seed0.log"
    with started(workflow, slurm, *ONE_THREAD, "--", *map(WEIGHTS.format, "ab"), resources=small) as process:
        wait_for((workflow.folder / WEIGHTS.format("a")).exists, process)
        wait_for(lambda: log.exists() and "going on from the checkpoint" in log.read_text(), process)
    jobs = [job for number, job in slurm.jobs().items() if number not in seen]
    ends = sorted((job["JobState"], job["TimeLimit"], job["MinMemoryNode"]) for job in jobs)
    print(ends)
    assert ("TIMEOUT", "00:01:00", "4000M") in ends
    assert [memory for state, _, memory in ends if memory == "400M" and state != "COMPLETED"] == ["400M"]
    assert ("COMPLETED", "01:00:00", "4000M") in ends
    assert len(ends) == 4


def test_a_gpu_that_cannot_be_used_is_told(new_workflow, slurm):
    if os.path.exists("/dev/nvidia0"):
        pytest.skip("there is a GPU here")
    workflow = new_workflow("cluster", {**SMALL, "device": "auto"})
    arguments = ("--retries", "0", *ONE_THREAD, "--", WEIGHTS.format("a"))
    status, printed = run(workflow, slurm, *arguments, resources=())
    assert status != 0
    assert "error in train_model: this job was given a GPU" in printed
    assert "set device to cpu" in printed


def test_a_job_of_an_edited_configuration_ends(new_workflow, slurm):
    workflow, seen = new_workflow("cluster"), slurm.jobs().keys()
    file = workflow.folder / "tiny.yaml"
    edited = file.read_text().replace("\ndevice: cpu\n", "\ndevice: auto\n")
    assert edited != file.read_text()
    slurm.set_node("drain")
    with started(workflow, slurm, "--retries", "0", "--", WEIGHTS.format("a")) as process:
        try:
            wait_for(lambda: slurm.jobs().keys() - seen, process)
            file.write_text(edited)
        finally:
            slurm.set_node("resume")
        assert process.wait(timeout=PATIENCE) != 0
    logs = [path.read_text() for path in (workflow.folder / ".snakemake/slurm_logs").rglob("*.log")]
    assert any("run 'tiny' was edited after this job was submitted" in log for log in logs), logs
    assert not (workflow.folder / WEIGHTS.format("a")).exists()


def test_a_job_whose_end_was_not_seen_is_run_again(new_workflow, slurm):
    """Of what configuration its files are nothing says, so that a change of it would be missed."""
    workflow, seen = new_workflow("cluster"), slurm.jobs().keys()
    target = WEIGHTS.format("a")
    with started(workflow, slurm, "--slurm-init-seconds-before-status-checks", "40", "--", target) as process:
        wait_for(
            lambda: {job["JobState"] for key, job in slurm.jobs().items() if key not in seen} == {"COMPLETED"}, process
        )
        interrupt(process)
    assert (workflow.folder / target).exists()
    file = workflow.folder / "tiny.yaml"
    edited = file.read_text().replace("learning_rate: 0.1\n", "learning_rate: 0.2\n", 1)
    assert edited != file.read_text()
    file.write_text(edited)
    assert workflow.planned("--", target) == {"train_model": 1}


def test_a_run_that_is_cancelled_and_finished_is_that_of_one_machine(new_workflow, slurm):
    """Byte by byte; what was finished when the run was cancelled is not computed again."""
    workflow, seen = new_workflow("cluster"), slurm.jobs().keys()
    # Jobs read both settings as Snakemake did.
    overlay = ("--config", "figures={graph_colours: lens}", "similarity={method: exact}")
    arguments = (*ONE_THREAD, *overlay, "--", *TARGETS)
    weights = [workflow.folder / WEIGHTS.format(name) for name in "ab"]
    slurm.set_node("drain")
    with started(workflow, slurm, *arguments) as process:
        try:
            wait_for(lambda: len(slurm.jobs().keys() - seen) == 3, process)
            # However fast the others are, this one is there to be cancelled.
            held = max(slurm.jobs())
            slurm.hold(held)
        finally:
            slurm.set_node("resume")
        wait_for(lambda: any(file.exists() for file in weights), process)
        trained = {file: file.stat().st_ino for file in weights if file.exists()}
        interrupt(process)
    assert process.returncode != 0
    # scancel returns before the jobs have ended.
    assert not slurm.queue_after(30)
    states = {number: job["JobState"] for number, job in slurm.jobs().items() if number not in seen}
    print(states)
    assert states[held] == "CANCELLED"
    assert set(states.values()) <= {"CANCELLED", "COMPLETED"}
    status, printed = run(workflow, slurm, *arguments)
    assert status == 0, printed
    # The networks that were trained are still the same files.
    assert {file: file.stat().st_ino for file in trained} == trained
    assert not workflow.planned(*arguments)
    local = new_workflow("local")
    alone = local.run(*arguments)
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert contents(workflow) == contents(local)
