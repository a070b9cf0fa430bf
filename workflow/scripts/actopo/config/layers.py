"""
Layers of a network, from its config, before anything runs.

Snakemake needs them to plan its jobs, in an environment that may lack PyTorch. Those of `resnet18_cifar` follow from
a formula. Other networks are built in a separate process (`actopo.networks.print_layers`), whose output is cached.
"""

import hashlib
import json
from contextlib import suppress
from functools import lru_cache, partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from actopo.answers import run_module
from actopo.config.choosing import choose_layers
from actopo.config.data import count_classes, part_sizes
from actopo.config.values import image_shape
from actopo.digests import code_digest, import_digest, keep_text, network_digest
from actopo.errors import InputError, shown
from actopo.networks.choices import CONVOLUTION_TAPS, NETWORK_KEYS, OWN_ARCHITECTURE, is_weight_file

LISTING = "actopo.networks.print_layers"
OUTPUTS = "actopo.networks.print_outputs"
PREPROCESSING = "actopo.networks.print_preprocessing"
NETWORK_CHECK = "actopo.networks.check_network"
CLUSTERER_CHECK = "actopo.mapper.check_clusterer"


def network_keys(model):
    """Keys of a model's config that determine its structure."""
    network = {key: model[key] for key in NETWORK_KEYS if model.get(key) not in (None, {})}
    if "module" in network:
        network.pop("architecture", None)
    if network.get("architecture") != OWN_ARCHITECTURE:
        network = {key: network[key] for key in network if key not in ("width", "shortcut")}
    return network


def layers_of(network, image_shape, cache=None, weights=None, layout=None, n_classes=None):
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
        Name of weights in torchvision or timm, which is checked.
    layout : dict, optional
        What the config says of layouts, `models.NAME.layout`.
    n_classes : int, optional
        Number of classes of the network, by default 10. Weights by name have classes of their own.

    Returns
    -------
    list of dict
        The attributes of an `actopo.networks.layers.Layer`: ``name``, ``type``, ``shape`` (rows, columns, channels),
        ``taps`` and others of each.

    Raises
    ------
    InputError
        If the network cannot be built, does not take such images, or has no such weights.
    """
    if network.get("architecture") == OWN_ARCHITECTURE:
        return _resnet18_cifar(network["width"], image_shape)
    return _ask(LISTING, [network, list(image_shape), weights, n_classes, *_said(layout)], cache)


def outputs_of(network, image_shape, cache=None, weights=None, layout=None, n_classes=None):
    """
    Outputs of a network's modules, in the order in which they are computed.

    Parameters
    ----------
    network, image_shape, cache, weights, layout, n_classes
        As in `layers_of`.

    Returns
    -------
    list of dict
        The attributes of an `actopo.networks.outputs.Output` of each. Where PyTorch is not installed, there are none of
        `resnet18_cifar`.

    Raises
    ------
    InputError
        If the network cannot be built, or does not take such images.
    """
    if network.get("architecture") == OWN_ARCHITECTURE and find_spec("torch") is None:
        return []
    return _ask(OUTPUTS, [network, list(image_shape), weights, n_classes, *_said(layout)], cache)


def _said(layout):
    """What a question says of layouts: nothing, where the config does not."""
    return [layout] if layout else []


def _ask(listing, asked, cache, state=""):
    """
    Answer of another process, which imports PyTorch, about the network that `asked` begins with.

    With the same `state`, such as that of a file of weights, it is asked once.
    """
    network, question = asked[0], json.dumps(asked, sort_keys=True)
    release = " ".join(_release(package) for package in ("torchvision", "timm"))
    what = f"{question} {network_digest(network)} {release} {code_digest(listing)}{state}"
    key = hashlib.sha256(what.encode()).hexdigest()[:16]
    answer = cache / f"{key}.json" if cache is not None else None
    if answer is not None and (found := _cached(answer)) is not None:
        return found
    done = run_module(listing, question)
    if done.returncode or not done.stdout:
        raise InputError(_what_went_wrong(network, done))
    found = json.loads(done.stdout)
    if answer is not None:
        keep_text(answer, json.dumps({"found": found, "sha256": _digest(found)}))
    return found


def _release(package):
    """Version of a package that networks come from, empty if it is not installed."""
    try:
        return version(package)
    # A name may be none at all.
    except (PackageNotFoundError, ValueError):
        return ""


def _what_went_wrong(network, done):
    """Why another process has not answered, whatever the network's code printed after the error."""
    lines = done.stderr.strip().splitlines()
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if errors:
        return errors[-1]
    if lines and "No module named 'torch" in lines[-1]:
        return "its layers are found by building it; install torch and torchvision where Snakemake runs"
    if lines and done.returncode > 0:
        return lines[-1]
    how = f"exit code {done.returncode}" if done.returncode >= 0 else f"signal {-done.returncode}"
    name = next(filter(None, (network.get(key) for key in ("module", "architecture", "path"))))
    task = "looks for it" if "path" in network else "lists its layers"
    said = f" It printed: {' '.join(lines)[-300:]}" if lines else ""
    return f"{name} ended the process that {task}, with {how}; take calls such as os._exit out of it.{said}"


def _cached(answer):
    """Answer in a file, None if there is none or it is damaged."""
    try:
        content = json.loads(answer.read_text(encoding="utf-8"))
        return content["found"] if content["sha256"] == _digest(content["found"]) else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _digest(found):
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def model_layers(config, name, cache=None):
    """Layers of a model of a config, as `layers_of` returns them."""
    return layers_of(*_asked(config, name, cache))


def module_outputs(config, name, cache=None):
    """Outputs of the modules of a model of a config, as `outputs_of` returns them."""
    return outputs_of(*_asked(config, name, cache))


def _asked(config, name, cache):
    """Arguments of `layers_of` and `outputs_of`."""
    model = config["models"][name]
    weights = model.get("weights")
    named = weights if weights is not None and not is_weight_file(weights) else None
    shape, data = image_shape(config, name), config["data"]
    # Other checks tell what is wrong with the images, or with the file.
    n_classes = None
    with suppress(InputError, OSError):
        n_classes = count_classes(data, _known_sizes(json.dumps(data)))
    with suppress(InputError, OSError):
        if weights is not None and named is None:
            n_classes = check_network(config, name, n_classes, cache) or n_classes
    return network_keys(model), shape, cache, named, model.get("layout"), n_classes


@lru_cache
def _known_sizes(data):
    """Numbers of images of a section of a config, as text, since a folder of many images takes a while."""
    return part_sizes(json.loads(data))


def ask_preprocessing(config, name, cache=None):
    """Size and normalisation of the images of a model's weights, see `actopo.networks.preprocessing`."""
    model = config["models"][name]
    return _ask(PREPROCESSING, [network_keys(model), model["weights"]], cache)


def check_network(config, name, n_classes, cache=None):
    """
    Check that a model of a config tells the classes of the images apart, and that a file of weights fits it.

    Where PyTorch is not installed, `resnet18_cifar` is left to the job that reads its weights.

    Parameters
    ----------
    config : dict
    name : str
        Key of `models`.
    n_classes : int or None
        Classes of the images, if they are known.
    cache : Path, optional
        As in `layers_of`.

    Returns
    -------
    int or None
        Classes of the network, None where it is not checked.

    Raises
    ------
    InputError
        If it does not.
    """
    network, weights = network_keys(config["models"][name]), config["models"][name].get("weights")
    asked, state = [network, list(image_shape(config, name)), None, n_classes], ""
    if weights is not None and is_weight_file(weights):
        file = Path(weights).expanduser()
        asked[2], state = str(file), f" {file.stat().st_size} {file.stat().st_mtime_ns}"
        is_doubtful = network.get("architecture") != OWN_ARCHITECTURE or find_spec("torch") is not None
    else:
        # Networks by name have the classes of the images, and weights by name are of their network.
        is_doubtful = weights is None and ("module" in network or "arguments" in network)
    return _ask(NETWORK_CHECK, asked, cache, state) if is_doubtful else None


def check_clusterer(clusterer, cache=None):
    """
    Check that there is a clusterer other than ours; where scikit-learn is not installed, this is left to the jobs.

    Raises
    ------
    InputError
        If there is not, or it does not take the parameters.
    """
    if isinstance(clusterer, dict) and find_spec("sklearn") is not None and find_spec("numba") is not None:
        path = clusterer["path"]
        # Of a library its version, and of files of the user's what they hold.
        state = [import_digest(path), *(_release(name) for name in ("scikit-learn", path.partition(".")[0]))]
        _ask(CLUSTERER_CHECK, [clusterer], cache, " " + " ".join(state))


def number_layers(config, cache=None):
    """
    Put numbers in the place of names, in the lists of layers that belong to a study.

    `homology.layers`, `mapper.layers` and `mapper.networks` are left as they are; `choose_layers` reads them.

    Parameters
    ----------
    config : dict
        Changed in place.
    cache : Path, optional
        As in `layers_of`.

    Returns
    -------
    list of str
        Messages about names that no layer has; the lists in which they stand are left as they are.
    """
    problems = []
    for path, study, place, key in _lists_of_layers(config):
        wanted = place[key] if isinstance(place[key], list) else [place[key]]
        if wanted == ["all"] or not any(isinstance(item, str | dict) for item in wanted):
            continue
        name = config[study]["model"]
        try:
            found = choose_layers(
                wanted, model_layers(config, name, cache), partial(module_outputs, config, name, cache)
            )
        except InputError as error:
            problems.append(f"{path}: {error}")
            continue
        if isinstance(place[key], list):
            place[key] = found
        elif len(found) == 1:
            place[key] = found[0]
        else:
            problems.append(f"{path}: {shown(place[key])} matches {len(found)} layers; name one")
    return problems


def _lists_of_layers(config):
    """Path, study, mapping and key of each place in which layers of a study are named."""
    similarity, mapper, figures = (config[key] for key in ("similarity", "mapper", "figures"))
    if similarity["sensitivity"]:
        yield "similarity.sensitivity.layers", "homology", similarity["sensitivity"], "layers"
    yield "figures.sensitivity_layers", "homology", figures, "sensitivity_layers"
    yield "figures.row", "homology", figures, "row"
    yield "mapper.noise.layers", "mapper", mapper["noise"], "layers"
    for path, part in (("mapper.stability", mapper["stability"]), ("mapper.new_images", mapper["new_images"] or {})):
        graphs = part.get("graphs") or {}
        for name in graphs:
            yield f"{path}.graphs.{name}", "mapper", graphs, name


def _resnet18_cifar(width, image_shape):
    """Every stage but the first halves the sides and doubles the channels, and every other layer ends a block."""
    names = ["conv", *(f"blocks.{block}.conv{conv}" for block in range(8) for conv in (1, 2))]
    (rows, columns, _), before = image_shape, list(image_shape)
    layers = []
    for i, name in enumerate(names):
        if i in (5, 9, 13):
            rows, columns, width = (rows + 1) // 2, (columns + 1) // 2, 2 * width
        shape = [rows, columns, width]
        layers.append(
            {
                "name": name,
                "shape": shape,
                "taps": list(CONVOLUTION_TAPS),
                "type": "Conv2d",
                "shapes": {"patches": shape},
                "inputs": {"patches": before},
                "has_residual": i > 0 and i % 2 == 0,
                "is_pooled": False,
                "is_convolution": True,
                "problem": "",
            }
        )
        before = shape
    return layers
