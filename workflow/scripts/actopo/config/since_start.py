"""
Whether a job reads the configuration that its run began with.

A cluster starts jobs long after they are submitted, and each reads the configuration again. Snakemake notes what they
make as made of what it read itself, so that an edit in the meantime would go by the name of the earlier configuration.
"""

import hashlib
import json
import os

from actopo.errors import InputError


def check_since_start(config, is_main):
    """
    Note the configuration for the jobs of a run, or compare what a job reads with it.

    The note is a variable of the environment, which schedulers pass on to jobs; without it nothing is compared. Modules
    of one run, with a prefix each, have a note each.

    Parameters
    ----------
    config : dict
        As it was read, with defaults.
    is_main : bool
        Whether this process runs the workflow, and not a job of it.

    Raises
    ------
    InputError
        If a job reads another configuration.
    """
    run = str(config["run"])
    variable, digest = f"ACTOPO_CONFIG_{_digest(run)}", _digest(config)
    notes = os.environ.get(variable, "").split()
    if is_main:
        os.environ[variable] = " ".join(dict.fromkeys([*notes, digest]))
    elif notes and digest not in notes:
        raise InputError(
            f"the configuration of run {run!r} was edited after this job was submitted, and Snakemake would note what "
            "the job makes as made of the earlier one: end Snakemake, and give the same command again. (Or a value of "
            "--config, such as null, does not reach jobs as it was written: put it into a file.)"
        )


def _digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]
