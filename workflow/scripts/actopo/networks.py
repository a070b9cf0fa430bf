"""
Networks by name: our own, any classification network of torchvision, or a function in a file of the user's.

References
----------
.. [1] torchvision, https://docs.pytorch.org/vision/stable/models.html
"""

import difflib
import importlib.util
import inspect
import re
import sys
from pathlib import Path

import torch
import torchvision
from safetensors.torch import load_file

from actopo.errors import InputError
from actopo.models import load_weights, resnet18_cifar

SUFFIXES = (".safetensors", ".pth", ".pt")
# Keys under which training scripts keep a state dict, and what wrappers of networks put before its names.
WRAPPINGS = ("state_dict", "model_state_dict", "model", "net")
PREFIXES = ("module.", "model.", "net.", "_orig_mod.")
# Classifiers beside the last one, which serve training alone.
AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")


def build(
    architecture=None, module=None, arguments=None, n_classes=10, n_channels=3, seed=None, pretrained=False, **settings
):
    """
    Build a network.

    Parameters
    ----------
    architecture : str, optional
        "resnet18_cifar", or a classification network of torchvision by its name there.
    module : str, optional
        Instead of `architecture`, "path/to/file.py:function". The function is called with those of `n_classes`,
        `n_channels` and `seed` that it takes, and with `arguments`.
    arguments : dict, optional
        More arguments of the network.
    n_classes : int, default 10
    n_channels : int, default 3
        Channels of the images.
    seed : int, optional
        Of the initial weights; the global random state is left as it was.
    pretrained : bool, default False
        The weights are going to be replaced by published ones: GoogLeNet and Inception v3 then shift their input as
        these want it, as in torchvision.
    **settings
        `width` and `shortcut` of `resnet18_cifar`.

    Returns
    -------
    torch.nn.Module
        Maps float images (b, n_channels, h, w) to logits (b, n_classes).

    Raises
    ------
    InputError
        If there is no such network, or it does not take the arguments.
    """
    arguments = dict(arguments or {})
    if module is not None:
        make, arguments = _own(module), {**settings, **arguments}
        known = inspect.signature(make).parameters
        given = {"n_classes": n_classes, "n_channels": n_channels, "seed": seed}
        anything = any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values())
        arguments = {name: value for name, value in given.items() if name in known or anything} | arguments
    elif architecture == "resnet18_cifar":
        unknown = sorted(set(arguments) - {"width", "shortcut"}) or sorted(set(arguments) & set(settings))
        if unknown:
            raise InputError(
                f"resnet18_cifar takes width and shortcut, beside arguments and not in them; drop {unknown[0]!r}"
            )
        return resnet18_cifar(**settings, **arguments, n_classes=n_classes, n_channels=n_channels, seed=seed)
    else:
        make, arguments = _torchvision(architecture, n_classes, n_channels, pretrained, arguments)
    with torch.random.fork_rng(devices=[]):
        if seed is not None:
            torch.manual_seed(seed)
        try:
            network = make(**arguments)
        except Exception as error:
            raise InputError(f"{module or architecture} could not be built: {type(error).__name__}: {error}") from error
    if not isinstance(network, torch.nn.Module):
        raise InputError(f"{module} returned a {type(network).__name__}; return a torch.nn.Module")
    return network


def count_outputs(network, image_shape):
    """
    Number of classes that a network tells apart.

    Parameters
    ----------
    network : torch.nn.Module
    image_shape : (h, w, c)

    Returns
    -------
    int

    Raises
    ------
    InputError
        If what it gives for an image is no vector of logits.
    """
    height, width, channels = image_shape
    with torch.inference_mode():
        logits = network.eval()(torch.zeros(2, channels, height, width))
    if not isinstance(logits, torch.Tensor) or logits.ndim != 2 or len(logits) != 2:
        raise InputError("the network does not map images (b, c, h, w) to one tensor of logits (b, classes)")
    return logits.shape[1]


def load_pretrained(network, weights, n_classes, n_channels):
    """
    Build a network with published or own weights.

    Parameters
    ----------
    network : dict
        Arguments of `build`.
    weights : str
        A file of a state dict, of safetensors or PyTorch, or the name of weights in torchvision, such as
        "IMAGENET1K_V1" or "DEFAULT", which are downloaded once.
    n_classes : int
        Of a network whose weights do not show it.
    n_channels : int

    Returns
    -------
    torch.nn.Module
        With as many classes as the weights are for.

    Raises
    ------
    InputError
        If the weights cannot be had, or do not fit.
    """
    named = None if is_file(weights) else _named(network.get("architecture"), weights)
    state = read_state(weights) if named is None else download_state(named)
    settings = {**network, "n_channels": n_channels, "pretrained": True}
    state = _renamed(state, set(build(**settings, n_classes=n_classes, seed=0).state_dict()))
    n_classes = _count_classes(settings, state, n_classes)
    model = build(**settings, n_classes=n_classes, seed=0)
    own = set(model.state_dict())
    state = {name: tensor for name, tensor in state.items() if name in own or not name.startswith(AUXILIARY)}
    return load_weights(model, state)


def is_file(weights):
    """Whether weights are those of a file, and not a name of torchvision's."""
    return Path(weights).suffix in SUFFIXES or Path(weights).expanduser().is_file()


def read_state(path):
    """
    Read a state dict from a file, without running anything in it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict of str to torch.Tensor

    Raises
    ------
    InputError
        If the file is missing, or holds no state dict.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise InputError(f"the weights {path} do not exist; give a local file or a name of torchvision's")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    # The unpickler fails in many ways on what is no pickle of tensors.
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"the weights {path} cannot be read as a state dict ({reason}); save one with safetensors, or with "
            "torch.save(model.state_dict(), ...)"
        ) from None
    # Training scripts wrap it.
    for key in WRAPPINGS:
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in state.values()):
        raise InputError(f"the weights {path} are no state dict; save one with torch.save(model.state_dict(), ...)")
    return dict(state)


def download_state(weights):
    """
    Download the state dict of torchvision's `weights`, once.

    Raises
    ------
    InputError
        If that fails, with the address.
    """
    try:
        return weights.get_state_dict(progress=False, check_hash=True, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"the weights {weights} could not be downloaded ({error}); download {weights.url} elsewhere and give the "
            "path of the file"
        ) from None


def _renamed(state, own):
    """The state dict under the names `own` of a network, as far as a wrapper or an older torchvision changed them."""
    while not own & set(state):
        prefix = next((prefix for prefix in PREFIXES if all(name.startswith(prefix) for name in state)), None)
        if prefix is None or not state:
            break
        state = {name.removeprefix(prefix): tensor for name, tensor in state.items()}
    # DenseNet's files are older than its modules' names.
    older = {name: re.sub(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)", r"\1\2", name) for name in state}
    return {older[name] if older[name] in own else name: tensor for name, tensor in state.items()}


def _own(module):
    path, _, name = module.rpartition(":")
    file = Path(path).expanduser()
    if not path or not file.is_file():
        raise InputError(f"there is no file for module {module!r}; write path/to/file.py:function")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    loaded = importlib.util.module_from_spec(spec)
    # As for a script: the file finds its neighbours, and dataclasses find the file. What has its name stays in place.
    sys.modules.setdefault(file.stem, loaded)
    if str(file.resolve().parent) not in sys.path:
        sys.path.append(str(file.resolve().parent))
    try:
        spec.loader.exec_module(loaded)
    except Exception as error:
        raise InputError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    make = getattr(loaded, name, None)
    if not callable(make):
        known = [key for key, value in vars(loaded).items() if callable(value) and not key.startswith("_")]
        near = difflib.get_close_matches(name, known, n=1) or known[:5]
        raise InputError(f"{path} has no function {name!r}; it has {', '.join(near)}")
    return make


def _torchvision(architecture, n_classes, n_channels, pretrained, arguments):
    known = torchvision.models.list_models(module=torchvision.models)
    if architecture not in known:
        near = difflib.get_close_matches(str(architecture), [*known, "resnet18_cifar"], n=3) or known[:3]
        raise InputError(
            f"unknown architecture {architecture!r}; did you mean {', '.join(near)}? Known are resnet18_cifar and "
            "torchvision's classification networks; for your own give module: path/to/file.py:function"
        )
    if n_channels != 3:
        raise InputError(f"{architecture} takes images of 3 channels, not {n_channels}; set data.channels to 3")
    defaults = {"num_classes": n_classes}
    if architecture in ("googlenet", "inception_v3"):
        defaults |= {"aux_logits": False, "transform_input": pretrained, "init_weights": not pretrained}
    return torchvision.models.get_model_builder(architecture), {**defaults, **arguments}


def _named(architecture, name):
    try:
        known = torchvision.models.get_model_weights(architecture or "")
    except ValueError:
        raise InputError(
            f"there is no file of weights {name!r}; only torchvision's networks have weights by name"
        ) from None
    try:
        return known[name]
    except KeyError:
        names = ", ".join(["DEFAULT", *(item.name for item in known)])
        raise InputError(
            f"torchvision has no weights {name!r} for {architecture}; choose one of {names}, or give the path of a file"
        ) from None


def _count_classes(settings, state, default):
    """Classes that weights are for: the length of what changes with the number of classes."""
    try:
        # On the meta device nothing is computed.
        with torch.device("meta"):
            few, more = (build(**settings, n_classes=n).state_dict() for n in (2, 3))
    except InputError:
        # A network may want numbers while it is built.
        few, more = (build(**settings, n_classes=n).state_dict() for n in (2, 3))
    lengths = {
        len(state[name])
        for name in few
        if few[name].shape != more[name].shape and name in state and state[name].ndim and not name.startswith(AUXILIARY)
    }
    return lengths.pop() if len(lengths) == 1 else default
