"""The workflow through profiles/slurm, on a real cluster of one node."""

import signal
import subprocess
import sys
import time
from contextlib import contextmanager

RESULTS = "results/tiny"
TARGETS = [f"{RESULTS}/figures/{name}.png" for name in ("specificity", "mapper_graphs", "diagrams")]
TARGETS += [f"{RESULTS}/similarity/resnet18_a/specificity.csv"]
# The line of the profile that a cluster without accounts needs, and short waits.
QUICK = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2"]
QUICK += ["--seconds-between-status-checks", "2", "--latency-wait", "10"]
# Jobs on a network ask for a GPU, and compute on the CPU: the GPUs here are none.
GPUS = [f"{rule}:gpu=1" for rule in ("train_model", "sample_points")]
# On a machine that has much else to do.
PATIENCE = 420


@contextmanager
def started(workflow, slurm, *arguments, resources=(*GPUS,)):
    """Start Snakemake with the profile; it is interrupted at the end, if it still runs."""
    command = [sys.executable, "-m", "snakemake", "--configfile", "tiny.yaml", "--workflow-profile", "profiles/slurm"]
    process = subprocess.Popen(
        [*command, *QUICK, "--set-resources", *resources, *arguments],
        cwd=workflow.folder,
        env=slurm.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            interrupt(process)


def run(workflow, slurm, *arguments, **kwargs):
    """Run Snakemake with the profile to its end: exit status and what it prints."""
    with started(workflow, slurm, *arguments, **kwargs) as process:
        printed = process.communicate(timeout=PATIENCE)[0]
    return process.returncode, printed


def wait_for(ready, process):
    """Wait until something holds while Snakemake runs."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.2)


def interrupt(process):
    """Press Ctrl-C, and wait until Snakemake has cancelled its jobs."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=60)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def contents(workflow):
    """Bytes of all results but logs and timings."""
    folder = workflow.folder / RESULTS
    kinds = ("models/**/*.safetensors", "points/**/*", "diagrams/**/*", "similarity/**/*", "mapper/**/*", "figures/*")
    files = [path for kind in kinds for path in folder.glob(kind) if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_run_that_is_cancelled_and_finished_is_that_of_one_machine(new_workflow, slurm):
    """Byte by byte; what was finished when the run was cancelled is not computed again."""
    workflow = new_workflow("cluster")
    arguments = ("--max-threads", "1", "--", *TARGETS)
    weights = workflow.folder / RESULTS / "models/resnet18_a/seed0.safetensors"
    with started(workflow, slurm, *arguments) as process:
        wait_for(weights.exists, process)
        print(interrupt(process))
    assert process.returncode != 0
    print(slurm.run("squeue").stdout)
    status, printed = run(workflow, slurm, *arguments)
    print(printed)
    print(slurm.jobs())
    assert status == 0, printed
    local = new_workflow("local")
    alone = local.run(*arguments)
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert contents(workflow) == contents(local)
