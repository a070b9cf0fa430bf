"""Snakemake, called by programs that look at a run."""

import os
import re
import subprocess
import sys
from pathlib import Path

from actopo.errors import InputError

SNAKEFILE = Path(__file__).parents[4] / "Snakefile"
# What Snakemake says before anything else, also where it fails.
GREETINGS = ("Using workflow specific profile", "Assuming unrestricted shared filesystem")


def call_snakemake(arguments, what):
    """
    Let Snakemake do something with a run of the folder in which this process is.

    Parameters
    ----------
    arguments : sequence of str
        Options of the command line, in which `--configfile` and the like come last.
    what : str
        What it does, as a verb with its object.

    Returns
    -------
    str
        What it prints.

    Raises
    ------
    InputError
        If it fails, with what it says.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE), *arguments]
    # Python's own encoding, whatever the locale and the environment say of texts that are printed.
    utf8 = {"env": os.environ | {"PYTHONIOENCODING": "utf-8"}, "encoding": "utf-8", "errors": "backslashreplace"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, **utf8)
    printed = f"{done.stdout}\n{done.stderr}"
    if done.returncode:
        lines = [line for line in printed.splitlines() if line.strip() and not line.startswith(GREETINGS)]
        raise InputError("\n".join([f"Snakemake cannot {what}:", *lines]))
    return printed


def planned_files(printed):
    """
    Files of the jobs that a dry run prints.

    Parameters
    ----------
    printed : str

    Returns
    -------
    list of tuple of str and list of str
        Rule of each job, and its outputs, logs and benchmark.
    """
    found = []
    for block in re.split(r"^(?:local)?(?:rule|checkpoint) ", printed, flags=re.MULTILINE)[1:]:
        rule, _, lines = block.partition(":\n")
        kinds = re.findall(r"^    (?:output|log|benchmark): (.+)$", lines, re.MULTILINE)
        found.append((rule, [file for kind in kinds for file in kind.split(", ")]))
    return found
