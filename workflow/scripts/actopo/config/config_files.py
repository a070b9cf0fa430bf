"""Configurations from files, for programs that look at one without Snakemake."""

import json
import os
import sys
from pathlib import Path

import yaml

from actopo.config.conflicts import network_conflicts
from actopo.config.pretrained import fill_pretrained
from actopo.config.validate import validate
from actopo.errors import InputError, shown


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
    config = over_defaults(root, files)
    schema = root / "workflow" / "schemas" / "config.schema.yaml"
    validate(config, yaml.load(schema.read_text(encoding="utf-8"), yaml.CSafeLoader), conflicts=network_conflicts)
    if problems := fill_pretrained(config):
        raise InputError("; ".join(problems))
    return config


def over_defaults(root, files):
    """What `merged` returns of some files, over the defaults of the workflow in a folder; no key may stand twice."""
    given = merged(files)
    for file in files:
        if repeated := repeated_keys(Path(file).read_text(encoding="utf-8")):
            raise InputError(f"{file}: {'; '.join(repeated)}")
    return overlay(read_config(root / "config" / "config.yaml"), given)


def repeated_options():
    """Messages about options of this process's command line, Snakemake's, of which the last one alone would count."""
    given = [argument for argument in sys.argv if argument.partition("=")[0] in ("--configfile", "--configfiles")]
    if len(given) > 1:
        yield (
            f"{given[0]} is given {len(given)} times, and Snakemake takes the last alone: write it once, with all "
            "files behind it, --configfile one.yaml two.yaml"
        )


def merged(files):
    """One configuration of several files, later ones over earlier ones."""
    config = {}
    for file in files:
        overlay(config, read_config(file))
    return config


def overlay(below, above):
    """Put the values of a mapping into another, key by key, as Snakemake does: over nothing, no keys are nothing."""
    for key, value in above.items():
        below = below if isinstance(below, dict) else {}
        below[key] = overlay(below.get(key, {}), value) if isinstance(value, dict) else value
    return below


def read_config(file):
    """Keys of one config file."""
    try:
        config = _parse(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}; give the path of a configuration file") from error
    # Dates and whole numbers that Python does not take are plain ValueErrors, as is a text that is no UTF-8.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{file} is no YAML that can be read: {' '.join(str(error).split())}") from error
    if config is not None and not isinstance(config, dict):
        raise InputError(f"{file} has no keys; write some at its top, such as data: or models:")
    return config or {}


def _parse(text):
    """What a text holds as JSON, if it is that, or as YAML, as Snakemake reads it."""
    try:
        return json.loads(text)
    except ValueError:
        return yaml.safe_load(text)


def repeated_keys(text):
    """
    Keys that stand twice in one mapping of a YAML text, of which the last alone would count.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        A sentence about each; none where the text is no YAML.
    """
    try:
        waiting = [yaml.compose(text, yaml.CSafeLoader)]
    except (yaml.YAMLError, RecursionError):
        return []
    told, known = [], set()
    while waiting:
        node = waiting.pop()
        # What an alias repeats is looked at once.
        if id(node) in known or not isinstance(node, yaml.CollectionNode):
            continue
        known.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
            continue
        lines = {}
        for key, value in node.value:
            waiting.append(value)
            line, name = key.start_mark.line + 1, (key.tag, str(key.value))
            # Merged keys, and conditions of YTE, may be repeated.
            if name in lines and not name[1].startswith(("<<", "?")):
                again = f"line {line} has the key {shown(name[1])} of line {lines[name]} again"
                told.append(f"{again}; write it once, with all below it")
            lines[name] = line
    return told


def seen_from(folder, files):
    """Paths of files, for a process that goes from here to a folder, which may be a link to a place elsewhere."""
    return list(files) if folder == "." else [os.path.abspath(file) for file in files]
