"""Another process of this package, and its answer: alone on the standard output, whatever a user's code prints."""

import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

from actopo.errors import InputError

PACKAGES = Path(__file__).parents[1]


def run_module(name, *arguments):
    """
    Run a module of this package in another process, where that of the caller may lack what it imports.

    As in jobs, modules in the folder in which Snakemake runs are not found.

    Returns
    -------
    subprocess.CompletedProcess
        With all that was printed, as text.
    """
    # Other processes do not have the folder of scripts on their path.
    path = os.pathsep.join([str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-m", name, *arguments],
        env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"},
        capture_output=True,
        encoding="utf-8",
        errors="backslashreplace",
        check=False,
    )


def answer(find):
    """
    Print what `find` returns of the question in the first argument as JSON, or exit with an error of one line.

    What a user's code prints, when it is imported, called or at the end, goes to the standard error.

    Parameters
    ----------
    find : callable
        Maps the question to a JSON-ready value.
    """
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as stream:
        os.dup2(2, 1)
        try:
            found = find(sys.argv[1])
        except (InputError, OSError) as error:
            sys.exit(one_line(error))
        except (Exception, SystemExit) as error:
            traceback.print_exc()
            sys.exit(one_line(f"{type(error).__name__}: {error}"))
        stream.write(json.dumps(found) + "\n")


def one_line(error):
    """An error as the line that the other process looks for."""
    return f"error: {' '.join(str(error).split())}"
