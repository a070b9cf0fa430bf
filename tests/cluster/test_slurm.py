"""The workflow through profiles/slurm, on a real cluster of one node."""

import signal
import subprocess
import sys
import time

RESULTS = "results/tiny"
TARGETS = [f"{RESULTS}/figures/{name}.png" for name in ("specificity", "mapper_graphs", "diagrams")]
TARGETS += [f"{RESULTS}/similarity/resnet18_a/specificity.csv"]
# Waits that are short, for a cluster that is near; and the lines of the profile that this cluster needs.
QUICK = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "2"]
QUICK += ["--seconds-between-status-checks", "2", "--latency-wait", "10"]
# Jobs on a network ask for a GPU, and compute on the CPU: the GPUs here are none.
GPUS = [f"{rule}:gpu=1" for rule in ("train_model", "sample_points")]


def command(*arguments, resources=()):
    """Snakemake through the profile."""
    options = [sys.executable, "-m", "snakemake", "--configfile", "tiny.yaml", "--workflow-profile", "profiles/slurm"]
    return [*options, *QUICK, "--set-resources", *GPUS, *resources, *arguments]


def run(workflow, slurm, *arguments, **kwargs):
    """Run Snakemake to its end, at most five minutes."""
    return subprocess.run(
        command(*arguments, **kwargs),
        cwd=workflow.folder,
        env=slurm.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def start(workflow, slurm, *arguments, **kwargs):
    """Start Snakemake."""
    return subprocess.Popen(
        command(*arguments, **kwargs),
        cwd=workflow.folder,
        env=slurm.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(ready, process, seconds=120):
    """Wait until something holds while Snakemake runs."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.2)


def interrupt(process):
    """Press Ctrl-C, and wait until Snakemake has cancelled its jobs."""
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=60)[0]


def contents(workflow):
    """Bytes of all results but logs and timings."""
    folder = workflow.folder / RESULTS
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for kind in ("models/**/*.safetensors", "points/**/*.npz", "diagrams/*/*", "similarity/**/*.*", "mapper/**/*.*")
        for path in folder.glob(kind)
        if path.is_file()
    } | {path.name: path.read_bytes() for path in (folder / "figures").iterdir()}


def test_a_run_that_is_cancelled_and_finished_is_that_of_one_machine(workflow, slurm, tmp_path, small):
    """Byte by byte; what was finished when the run was cancelled is not computed again."""
    from tiny import Workflow

    process = start(workflow, slurm, "--max-threads", "1", "--", *TARGETS)
    weights = workflow.folder / RESULTS / "diagrams/resnet18_a/seed0.batch0.npz"
    wait_for(weights.exists, process)
    interrupt(process)
    assert process.returncode != 0
    print(slurm.run("squeue").stdout)
    done = run(workflow, slurm, "--max-threads", "1", "--", *TARGETS)
    print(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    local = Workflow(tmp_path / "local")
    local.config(small)
    alone = local.run("--max-threads", "1", "--", *TARGETS)
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert contents(workflow) == contents(local)
