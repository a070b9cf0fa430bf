"""
Layers of a network, from its config, before anything runs.

Snakemake needs them to plan its jobs, in an environment that may lack PyTorch. Those of `resnet18_cifar` follow from
a formula. Other networks are built in a separate process (`actopo.networks.print_layers`), whose output is cached.
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

from actopo.config.values import image_shape
from actopo.digests import code_digest, source_digest
from actopo.errors import InputError
from actopo.networks.choices import NETWORK_KEYS, OWN_ARCHITECTURE, TAPS, is_weight_file

LISTING = "actopo.networks.print_layers"
PACKAGES = Path(__file__).parents[2]


def network_keys(model):
    """Keys of a model's config that determine its structure, with the digest of the user's file if there is one."""
    network = {key: model[key] for key in NETWORK_KEYS if model.get(key) is not None}
    if "module" in network:
        network.pop("architecture", None)
    if network.get("architecture") != OWN_ARCHITECTURE:
        network = {key: network[key] for key in network if key not in ("width", "shortcut")}
    return network


def layers_of(network, image_shape, cache=None, weights=None):
    """
    Layers of a network, in forward order.

    Parameters
    ----------
    network : dict
        As `network_keys` returns it.
    image_shape : (h, w, c)
    cache : Path, optional
        Folder in which results are cached.
    weights : str, optional
        Name of weights in torchvision, which is checked.

    Returns
    -------
    list of dict
        ``name``, ``shape`` (rows, columns, channels) and ``taps`` of each.

    Raises
    ------
    InputError
        If the network cannot be built, does not take such images, or has no such weights.
    """
    if network.get("architecture") == OWN_ARCHITECTURE:
        return _resnet18_cifar(network["width"], image_shape)
    question = json.dumps([network, list(image_shape), weights], sort_keys=True)
    try:
        release = version("torchvision")
    except PackageNotFoundError:
        release = ""
    what = f"{question} {source_digest(network)} {release} {code_digest(LISTING)}"
    key = hashlib.sha256(what.encode()).hexdigest()[:16]
    answer = cache / f"{key}.json" if cache is not None else None
    if answer is not None and answer.is_file():
        return json.loads(answer.read_text(encoding="utf-8"))
    # Other processes do not have the folder of scripts on their path.
    path = os.pathsep.join([str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])])
    command, environment = [sys.executable, "-m", LISTING, question], {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        if "No module named 'torch" in lines[-1]:
            lines = ["they are found by building it; install torch and torchvision where Snakemake runs"]
        raise InputError(lines[-1].removeprefix("error: "))
    layers = json.loads(done.stdout.splitlines()[-1])
    if answer is not None:
        answer.parent.mkdir(parents=True, exist_ok=True)
        # Other Snakemake processes may be reading the file.
        temporary = answer.with_suffix(f".{os.getpid()}.part")
        temporary.write_text(json.dumps(layers), encoding="utf-8")
        temporary.replace(answer)
    return layers


def model_layers(config, name, cache=None):
    """Layers of a model of a config, as `layers_of` returns them."""
    model = config["models"][name]
    weights = model.get("weights")
    named = weights if weights is not None and not is_weight_file(weights) else None
    return layers_of(network_keys(model), image_shape(config, name), cache, named)


def choose_layers(wanted, layers):
    """
    Indices of the layers that a config names.

    Parameters
    ----------
    wanted : "all", or sequence of int and str
        Index, name, pattern such as "layer4.*", or "last".
    layers : sequence of dict
        As `layers_of` returns them.

    Returns
    -------
    list of int
        Indices in the order of `wanted`, each once.

    Raises
    ------
    InputError
        If there is no such layer; the message lists the nearest names.
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
        layers.append({"name": name, "shape": [rows, columns, width], "taps": list(TAPS)})
    return layers
