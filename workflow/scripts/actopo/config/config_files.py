"""Configurations from files, for programs that look at one without Snakemake."""

import os
from pathlib import Path

import yaml

from actopo.config.conflicts import network_conflicts
from actopo.config.pretrained import fill_pretrained
from actopo.config.validate import validate
from actopo.errors import InputError


def load_config(root, files):
    """
    Checked configuration of some files, with numbers in the place of what published weights say.

    Parameters
    ----------
    root : Path
        Folder of the workflow, whose `config/config.yaml` has the defaults.
    files : sequence of str or Path
        As of Snakemake's `--configfile`.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        If a file cannot be read, or the configuration is wrong, but for what depends on the layers of networks.
    """
    config = merged([root / "config" / "config.yaml", *files])
    schema = root / "workflow" / "schemas" / "config.schema.yaml"
    validate(config, yaml.load(schema.read_text(encoding="utf-8"), yaml.CSafeLoader), conflicts=network_conflicts)
    if problems := fill_pretrained(config):
        raise InputError("; ".join(problems))
    return config


def merged(files):
    """One configuration of several files, later ones over earlier ones."""
    config = {}
    for file in files:
        config = overlay(config, read_config(file))
    return config


def overlay(below, above):
    """Put the values of a mapping into another, key by key, as Snakemake lays one file over another."""
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(below.get(key), dict)
        below[key] = overlay(below[key], value) if both else value
    return below


def read_config(file):
    """Keys of one config file."""
    try:
        config = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}; give the path of a configuration file") from error
    # Dates and whole numbers that Python does not take are plain ValueErrors, as is a text that is no UTF-8.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{file} is no YAML that can be read: {' '.join(str(error).split())}") from error
    if config is not None and not isinstance(config, dict):
        raise InputError(f"{file} has no keys; write some at its top, such as data: or models:")
    return config or {}


def seen_from(folder, files):
    """Paths of files, for a process that goes from here to a folder, which may be a link to a place elsewhere."""
    return list(files) if folder == "." else [os.path.abspath(file) for file in files]
