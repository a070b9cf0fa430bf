"""
Layers of a network by its config, known before anything runs.

Snakemake plans with them, in an environment that need not hold PyTorch: those of `resnet18_cifar` are known by
formula. Other networks are built by a process of its own, whose answer is kept.
"""

import fnmatch
import hashlib
import json
import os
import subprocess
import sys
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from actopo.code import code_digest
from actopo.errors import InputError

# What decides a network's structure.
NETWORK_KEYS = ("architecture", "module", "arguments", "width", "shortcut")
SCRIPT = Path(__file__).parents[1] / "list_layers.py"


def network_keys(model):
    """Keys of a model's config that decide its structure, with the digest of the user's file where there is one."""
    network = {key: model[key] for key in NETWORK_KEYS if model.get(key) is not None}
    if "module" in network:
        network.pop("architecture", None)
    if network.get("architecture") != "resnet18_cifar":
        network = {key: network[key] for key in network if key not in ("width", "shortcut")}
    return network


def source_digest(network):
    """Digest of the file that a network is built by; empty for a named network."""
    path = Path(network.get("module", "").rpartition(":")[0]).expanduser()
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if "module" in network and path.is_file() else ""


def layers_of(network, image_shape, cache=None):
    """
    Layers of a network, in forward order.

    Parameters
    ----------
    network : dict
        As `network_keys` has it.
    image_shape : (h, w, c)
    cache : Path, optional
        Folder in which answers are kept.

    Returns
    -------
    list of dict
        ``name``, ``shape`` (rows, columns, channels) and ``taps`` of each.

    Raises
    ------
    InputError
        If the network cannot be built, or takes no such images.
    """
    if network.get("architecture") == "resnet18_cifar":
        return _resnet18_cifar(network["width"], image_shape)
    question = json.dumps([network, list(image_shape)], sort_keys=True)
    try:
        release = version("torchvision")
    except PackageNotFoundError:
        release = ""
    what = f"{question} {source_digest(network)} {release} {code_digest('list_layers')}"
    key = hashlib.sha256(what.encode()).hexdigest()[:16]
    answer = cache / f"{key}.json" if cache is not None else None
    if answer is not None and answer.is_file():
        return json.loads(answer.read_text(encoding="utf-8"))
    command = [sys.executable, str(SCRIPT), "--network", question]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        if "No module named 'torch" in lines[-1]:
            lines = ["they are found by building it; install torch and torchvision where Snakemake runs"]
        raise InputError(lines[-1].removeprefix("error: "))
    layers = json.loads(done.stdout.splitlines()[-1])
    if answer is not None:
        answer.parent.mkdir(parents=True, exist_ok=True)
        # Other Snakemake processes may look for it just now.
        temporary = answer.with_suffix(f".{os.getpid()}.part")
        temporary.write_text(json.dumps(layers), encoding="utf-8")
        temporary.replace(answer)
    return layers


def choose_layers(wanted, layers):
    """
    Indices of the layers that a config names.

    Parameters
    ----------
    wanted : "all", or sequence of int and str
        Index, name, pattern such as "layer4.*", or "last".
    layers : sequence of dict
        As `layers_of` has them.

    Returns
    -------
    list of int
        In the order of `wanted`, each once.

    Raises
    ------
    InputError
        If there is no such layer; lists the nearest names.
    """
    names = [layer["name"] for layer in layers]
    chosen = []
    for item in [wanted] if isinstance(wanted, str) else wanted:
        if isinstance(item, int):
            found = [item] if 0 <= item < len(names) else []
        elif item in ("all", "last"):
            found = list(range(len(names)))[-1 if item == "last" else 0 :]
        else:
            found = [i for i, name in enumerate(names) if name == item or fnmatch.fnmatchcase(name, item)]
        if not found:
            if isinstance(item, int):
                raise InputError(f"layers [{item}] do not exist: the network has layers 0 to {len(names) - 1}")
            near = get_close_matches(item, names, n=3, cutoff=0.3) or [names[0], names[-1]]
            raise InputError(
                f"no layer matches {item!r}; the nearest names are {', '.join(near)}, and "
                "workflow/scripts/list_layers.py lists all"
            )
        chosen += found
    return list(dict.fromkeys(chosen))


def _resnet18_cifar(width, image_shape):
    """Every stage but the first halves the sides and doubles the channels."""
    names = ["conv", *(f"blocks.{block}.conv{conv}" for block in range(8) for conv in (1, 2))]
    rows, columns, _ = image_shape
    layers = []
    for i, name in enumerate(names):
        if i in (5, 9, 13):
            rows, columns, width = (rows + 1) // 2, (columns + 1) // 2, 2 * width
        layers.append({"name": name, "shape": [rows, columns, width], "taps": ["conv", "bn", "relu"]})
    return layers
