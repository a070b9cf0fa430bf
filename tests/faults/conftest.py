"""Surroundings of the cases, and the count of those that were held and lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The finished tiny run is that of the tests of the workflow.
sys.path.insert(0, str(ROOT / "tests" / "workflow"))

from workflow.conftest import finished, spoilable, tiny_run, workflow  # noqa: E402, F401 - fixtures; the path is first

SCRIPTS = ROOT / "workflow" / "scripts"


class Forks:
    """Runs cases in children of a process that has imported everything."""

    def __init__(self, folder):
        self.folder, self.count = folder, 0
        environment = {**os.environ, "PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("zygote.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def __call__(
        self, folder, *, environment=None, limits=None, umask=0o022, user=None, stdin="/dev/null", seconds=300, **case
    ):
        """
        Run a case: `script` and `job`, `module` and `arguments`, or `code`.

        Parameters
        ----------
        folder : Path
            Folder in which it runs.
        environment : dict, optional
            Variables that are set.
        limits : dict, optional
            Limits by their names in the module `resource`.
        umask, user : int
            The user is another one than root, if root runs the tests.
        stdin : str or None
            None for a standard input that is closed.
        seconds : int
            Time after which the child is ended.

        Returns
        -------
        subprocess.CompletedProcess
        """
        self.count += 1
        outputs = [self.folder / f"{self.count}.{name}" for name in ("out", "err")]
        for path in outputs:
            path.touch(mode=0o666)
        case |= {
            "folder": str(folder),
            "environment": environment or {},
            "limits": limits or {},
            "umask": umask,
            "user": user,
            "stdin": stdin,
            "stdout": str(outputs[0]),
            "stderr": str(outputs[1]),
            "seconds": seconds,
        }
        self.process.stdin.write(json.dumps(case) + "\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        return subprocess.CompletedProcess(case, code, *(path.read_text(errors="replace") for path in outputs))

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()


@pytest.fixture(scope="session")
def forked(tmp_path_factory):
    forks = Forks(tmp_path_factory.mktemp("forks"))
    yield forks
    forks.close()


@pytest.fixture
def tally(record_property):
    """
    Function that counts the cases of a test that has several, and fails if any is lost.

    It takes what went wrong, by the names of the cases, with an empty text where all is well.
    """

    def count(problems):
        lost = {name: problem for name, problem in problems.items() if problem}
        record_property("cases", len(problems))
        record_property("lost", len(lost))
        assert not lost, "\n".join(f"{name}: {problem}" for name, problem in lost.items())

    return count


def is_case(report):
    return "tests/faults/" in report.nodeid or report.nodeid.startswith("faults/")


def pytest_terminal_summary(terminalreporter):
    """Say how many cases there were, and how many of them were lost."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    lost = 0
    for kind in (*counts, "error"):
        for report in terminalreporter.stats.get(kind, []):
            if not is_case(report) or (report.when != "call" and kind == "passed"):
                continue
            properties = dict(report.user_properties)
            counts["failed" if kind == "error" else kind] += properties.get("cases", 1)
            lost += properties.get("lost", int(kind in ("failed", "error")))
    total = counts["passed"] + counts["failed"]
    if total:
        skipped = f"; {counts['skipped']} were skipped, see above" if counts["skipped"] else ""
        terminalreporter.write_line(f"faults: {total} cases, {lost} lost{skipped}")
