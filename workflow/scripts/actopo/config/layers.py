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
from actopo.keys import FIRST_OUTPUT
from actopo.networks.choices import NETWORK_KEYS, OWN_ARCHITECTURE, TAPS, is_weight_file

LISTING = "actopo.networks.print_layers"
OUTPUTS = "actopo.networks.print_outputs"
PACKAGES = Path(__file__).parents[2]


def network_keys(model):
    """Keys of a model's config that determine its structure, with the digest of the user's file if there is one."""
    network = {key: model[key] for key in NETWORK_KEYS if model.get(key) not in (None, {})}
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
    return _ask(LISTING, [network, list(image_shape), weights], cache)


def outputs_of(network, image_shape, cache=None):
    """
    Outputs of a network's modules, in the order in which they are computed.

    Parameters
    ----------
    network, image_shape, cache
        As in `layers_of`.

    Returns
    -------
    list of dict
        ``name``, ``shape`` (rows, columns, channels; None if it has no such shape) and ``problem`` (what the module
        returns instead) of each; see `actopo.networks.outputs`.

    Raises
    ------
    InputError
        If the network cannot be built, or does not take such images.
    """
    if network.get("architecture") == OWN_ARCHITECTURE:
        return []
    return _ask(OUTPUTS, [network, list(image_shape)], cache)


def _ask(listing, asked, cache):
    """Answer of another process, which imports PyTorch, about the network that `asked` begins with."""
    network, question = asked[0], json.dumps(asked, sort_keys=True)
    try:
        release = version("torchvision")
    except PackageNotFoundError:
        release = ""
    what = f"{question} {source_digest(network)} {release} {code_digest(listing)}"
    key = hashlib.sha256(what.encode()).hexdigest()[:16]
    answer = cache / f"{key}.json" if cache is not None else None
    if answer is not None and answer.is_file():
        return json.loads(answer.read_text(encoding="utf-8"))
    # Other processes do not have the folder of scripts on their path.
    path = os.pathsep.join([str(PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])])
    command, environment = [sys.executable, "-m", listing, question], {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        if "No module named 'torch" in lines[-1]:
            lines = ["they are found by building it; install torch and torchvision where Snakemake runs"]
        raise InputError(lines[-1].removeprefix("error: "))
    found = json.loads(done.stdout.splitlines()[-1])
    if answer is not None:
        answer.parent.mkdir(parents=True, exist_ok=True)
        # Other Snakemake processes may be reading the file.
        temporary = answer.with_suffix(f".{os.getpid()}.part")
        temporary.write_text(json.dumps(found), encoding="utf-8")
        temporary.replace(answer)
    return found


def model_layers(config, name, cache=None):
    """Layers of a model of a config, as `layers_of` returns them."""
    model = config["models"][name]
    weights = model.get("weights")
    named = weights if weights is not None and not is_weight_file(weights) else None
    return layers_of(network_keys(model), image_shape(config, name), cache, named)


def module_outputs(config, name, cache=None):
    """Outputs of the modules of a model of a config, as `outputs_of` returns them."""
    return outputs_of(network_keys(config["models"][name]), image_shape(config, name), cache)


def describe_layer(layer, layers, outputs):
    """
    Name, shape and taps of a layer by its number.

    Parameters
    ----------
    layer : int
        As `choose_layers` returns it.
    layers : sequence of dict
        As `layers_of` returns them.
    outputs : callable
        Returns what `outputs_of` returns; called for outputs of modules alone.

    Returns
    -------
    dict
        As the entries of `layers`. The output of a module is the same at every tap.
    """
    if layer < FIRST_OUTPUT:
        return layers[layer]
    return {**outputs()[layer - FIRST_OUTPUT], "taps": list(TAPS)}


def choose_layers(wanted, layers, outputs=list):
    """
    Numbers of the layers that a config names.

    Parameters
    ----------
    wanted : "all", or sequence of int and str
        Index, name, pattern such as "layer4.*", or "last", of convolutions; or the name or number of a module's output.
    layers : sequence of dict
        As `layers_of` returns them.
    outputs : callable, optional
        Returns what `outputs_of` returns; called for names that are no convolution's. By default there are none.

    Returns
    -------
    list of int
        Numbers in the order of `wanted`, each once; those of outputs are `actopo.keys.FIRST_OUTPUT` and more.

    Raises
    ------
    InputError
        If there is no such layer, in which case the message lists the nearest names, or a module returns no tensor.
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
        chosen += found or [_output(item, names, outputs)]
    return list(dict.fromkeys(chosen))


def _output(item, names, outputs):
    """Number of the output that an item names."""
    if isinstance(item, int) and item < FIRST_OUTPUT:
        raise InputError(f"layers [{item}] do not exist: the network has layers 0 to {len(names) - 1}")
    there = outputs()
    known = [output["name"] for output in there]
    number = item - FIRST_OUTPUT if isinstance(item, int) else known.index(item) if item in known else len(known)
    if number < len(known):
        if problem := there[number]["problem"]:
            raise InputError(f"module {known[number]!r} {problem}; name another module, or a convolution")
        return FIRST_OUTPUT + number
    if isinstance(item, int):
        last = FIRST_OUTPUT + len(known) - 1
        raise InputError(f"layers [{item}] do not exist: outputs of modules have numbers up to {last}")
    near = get_close_matches(item, [*names, *known], n=3, cutoff=0.3) or [names[0], names[-1]]
    raise InputError(
        f"no layer matches {item!r}; the nearest names are {', '.join(near)}, and "
        "workflow/scripts/list_layers.py lists all"
    )


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
