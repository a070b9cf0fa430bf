"""Odd surroundings give the same bytes, or one sentence that says what to change."""

import json
import os
import shutil
import stat
import subprocess

import pytest
from tiny import ROOT, TINY, Workflow

from faults.conftest import SCRIPTS
from faults.examples import problem_of

SOURCE = {"dataset": "digits", "size": 16, "channels": 3, "test_share": 0.1, "seed": 0}
OUTPUTS = ("train_images", "train_labels", "train_files", "test_images", "test_labels", "test_files", "meta")


def prepare(forked, folder, **surroundings):
    """Run the job that prepares the digits, with a log, in a folder."""
    job = {
        "rule": "prepare_images",
        "input": {},
        "output": {name: f"out/{name}" for name in OUTPUTS},
        "params": {"source": json.dumps(SOURCE), "root": None, "limits": "{}"},
        "wildcards": {},
        "resources": {},
        "threads": 1,
        "log": ["log"],
    }
    return forked(folder, script=str(SCRIPTS / "prepare_images.py"), job=job, **surroundings)


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}


@pytest.fixture(scope="module")
def expected(forked, tmp_path_factory):
    folder = tmp_path_factory.mktemp("usual")
    done = prepare(forked, folder)
    assert done.returncode == 0, done.stderr
    return contents(folder)


SURROUNDINGS = {
    "no home": {"environment": {"HOME": ""}},
    "a home that is not there": {"environment": {"HOME": "/nowhere/at/all"}},
    "a home that cannot be made": {"environment": {"HOME": "/proc/home", "XDG_CACHE_HOME": "/proc/cache"}},
    "no folder for temporary files": {"environment": {"TMPDIR": "/nowhere/at/all"}},
    "a closed standard input": {"stdin": None},
    "few open files": {"limits": {"RLIMIT_NOFILE": 32}},
    "no core dumps": {"limits": {"RLIMIT_CORE": 0}},
    "a private umask": {"umask": 0o077},
    "an open umask": {"umask": 0},
    "another user": {"user": 65534},
    "another time zone": {"environment": {"TZ": "Pacific/Apia"}},
    "another locale": {"environment": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}},
}


@pytest.mark.parametrize("case", SURROUNDINGS)
def test_a_job_gives_the_same_bytes(forked, expected, tmp_path, case):
    if case == "another user" and os.geteuid():
        pytest.skip("only root can become another user")
    if case == "another user" and not all(path.stat().st_mode & stat.S_IXOTH for path in (ROOT, *ROOT.parents)):
        pytest.skip("another user cannot read the folder in which these tests lie")
    for parent in [tmp_path, *tmp_path.parents][:3]:
        parent.chmod(0o777 if parent == tmp_path else 0o755)
    done = prepare(forked, tmp_path, **SURROUNDINGS[case])
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path) == expected
    umask = SURROUNDINGS[case].get("umask", 0o022)
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()} == {0o666 & ~umask}


@pytest.mark.parametrize(
    "name", ["two words", "Größe", "日本語", "it's", 'a "quote"', "-dash", "a;b&c", "$HOME", "{x}", "new\nline"]
)
def test_a_job_works_in_a_folder_of_any_name(forked, expected, tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    done = prepare(forked, folder)
    assert done.returncode == 0, done.stderr
    assert contents(folder) == expected


def test_too_few_open_files_are_told(forked, tmp_path):
    done = prepare(forked, tmp_path, limits={"RLIMIT_NOFILE": 4})
    assert not problem_of(done, "error in prepare_images: a limit on open files is reached (ulimit -n)")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "import resource, numpy as np\nresource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))\nnp.ones(2**31)\n",
            "there is too little memory (Unable to allocate 16.0 GiB",
        ),
        # As systems do where memory runs out.
        (
            "import signal\nfrom concurrent.futures import ProcessPoolExecutor\n"
            "with ProcessPoolExecutor(1) as pool:\n    pool.submit(signal.raise_signal, signal.SIGKILL).result()\n",
            "one of its worker processes was killed",
        ),
    ],
)
def test_too_little_memory_is_told(forked, tmp_path, code, words):
    logged = (
        "from types import SimpleNamespace\nfrom actopo.job import start_logging\n"
        "start_logging(SimpleNamespace(rule='any_rule', log=[]))\n"
    )
    done = forked(tmp_path, code=logged + code)
    assert not problem_of(done, f"error in any_rule: {words}")


def test_a_log_that_cannot_be_written_is_told(forked, tmp_path):
    (tmp_path / "log").mkdir()
    done = prepare(forked, tmp_path)
    assert done.returncode == 1
    (tmp_path / "log").rmdir()


def test_a_folder_that_is_a_file_is_told(forked, tmp_path):
    (tmp_path / "out").write_text("in the way")
    done = prepare(forked, tmp_path)
    assert not problem_of(done, "error in prepare_images: ", "out/train_images cannot be written")


# Snakemake itself, each time from nothing to one trained network.
TARGET = "results/tiny/models/resnet18_a/seed0.safetensors"


def run(workflow, *arguments, environment=None, before="", folder=None, **options):
    """Run Snakemake as a shell does, after a command such as `ulimit`."""
    command = workflow.command("--snakefile", str(workflow.folder / "Snakefile"), *arguments)
    usual = {**os.environ, "OMP_NUM_THREADS": "1"}
    shell = ["bash", "-c", f'{before or "true"}; exec "$@"', "bash", *command]
    environment = {key: value for key, value in {**usual, **(environment or {})}.items() if value is not None}
    return subprocess.run(
        shell,
        cwd=folder or workflow.folder,
        env=environment,
        capture_output=True,
        timeout=1200,
        check=False,
        text=True,
        errors="replace",
        **options,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    workflow = Workflow(tmp_path_factory.mktemp("usual") / "tiny")
    done = run(workflow, "--", TARGET)
    assert done.returncode == 0, done.stderr
    return (workflow.folder / TARGET).read_bytes()


WHOLE = {
    "two words": {},
    "Größe 日本": {},
    "no home": {"environment": {"HOME": None}},
    "a home that is not there": {"environment": {"HOME": "/tmp/actopo-no-home"}},
    "a home that cannot be made": {
        "environment": {"HOME": "/proc/home", "XDG_CACHE_HOME": "/tmp/actopo-no-home/cache"}
    },
    "no TMPDIR": {"environment": {"TMPDIR": "/nowhere/at/all"}},
    "C locale": {"environment": {"LC_ALL": "C", "LANG": "C"}},
    "umask": {"before": "umask 077"},
    "closed input": {"before": "exec 0<&-"},
    "64 open files": {"before": "ulimit -n 64"},
    "an address space of 8 GB": {"before": "ulimit -v 8000000"},
}


@pytest.mark.slow
@pytest.mark.parametrize("case", WHOLE)
def test_a_run_gives_the_same_bytes(trained, tmp_path, case):
    workflow = Workflow(tmp_path / case)
    done = run(workflow, "--", TARGET, **WHOLE[case])
    assert done.returncode == 0, done.stdout + done.stderr
    assert (workflow.folder / TARGET).read_bytes() == trained
    shutil.rmtree("/tmp/actopo-no-home", ignore_errors=True)


@pytest.mark.slow
def test_a_run_in_another_folder_gives_the_same_bytes(trained, tmp_path):
    workflow, elsewhere = Workflow(tmp_path / "workflow"), tmp_path / "else where"
    elsewhere.mkdir()
    workflow.config(TINY, str(elsewhere / "tiny.yaml"))
    done = run(workflow, "--directory", str(elsewhere), "--", TARGET, folder=elsewhere)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (elsewhere / TARGET).read_bytes() == trained
    assert not (workflow.folder / "results").exists()


@pytest.mark.slow
def test_a_run_of_a_repository_that_is_read_only(trained, tmp_path):
    workflow, elsewhere = Workflow(tmp_path / "workflow"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    workflow.config(TINY, str(elsewhere / "tiny.yaml"))
    mount = ["mount", "-o", "bind,ro", str(workflow.folder), str(workflow.folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can make a folder read-only for itself")
    try:
        done = run(workflow, "--directory", str(elsewhere), "--", TARGET, folder=elsewhere)
    finally:
        subprocess.run(["umount", str(workflow.folder)], check=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (elsewhere / TARGET).read_bytes() == trained


REFUSED = {
    "NUMBA_NUM_THREADS": ({"environment": {"NUMBA_NUM_THREADS": "0"}}, "variable NUMBA_NUM_THREADS is '0'; unset it"),
    "OMP_NUM_THREADS": ({"environment": {"OMP_NUM_THREADS": "0"}}, "variable OMP_NUM_THREADS is '0'; unset it"),
    "ulimit -v": ({"before": "ulimit -v 3000000"}, "too few for PyTorch's libraries to be loaded; raise that to 4 GiB"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_surroundings_in_which_nothing_can_work_are_told_before_anything_runs(workflow, case):
    surroundings, words = REFUSED[case]
    done = run(workflow, "--dry-run", "--", TARGET, **surroundings)
    assert not problem_of(done, words)
