"""
Weights: state dicts in files of safetensors or PyTorch, and published ones of torchvision and timm.

Nothing in a file is executed. Names that differ in wrapped networks and in older versions of torchvision are replaced.
Only what reads or writes a file imports safetensors.
"""

import re
from collections import OrderedDict
from itertools import product
from pathlib import Path

import torch

from actopo.errors import InputError
from actopo.files import reading, replacing
from actopo.networks.build import build
from actopo.networks.choices import TIMM, is_weight_file
from actopo.networks.timm_networks import download_timm, timm_weights


def load_weights(model, state):
    """
    Put the tensors of `state` into `model`.

    Counters of batches, which older files lack, are set to 0.

    Raises
    ------
    InputError
        If names or shapes differ; the message lists the first few of each kind.
    """
    expected = model.state_dict()
    counters = {name for name in set(expected) - set(state) if name.endswith("num_batches_tracked")}
    state = {**state, **{name: torch.zeros_like(expected[name]) for name in counters}}
    # Files of safetensors may keep one name of weights that several modules share.
    same = {}
    for name, tensor in expected.items():
        if tensor.numel():
            same.setdefault((tensor.data_ptr(), tensor.shape, tensor.stride()), []).append(name)
    for names in same.values():
        if given := [state[name] for name in names if name in state]:
            state = dict.fromkeys(names, given[0]) | state
    missing = sorted(set(expected) - set(state))
    unknown = sorted(set(state) - set(expected))
    shapes = [
        f"{name} is {tuple(state[name].shape)}, not {tuple(expected[name].shape)}"
        for name in sorted(set(state) & set(expected))
        if state[name].shape != expected[name].shape
    ]
    parts = [("missing", missing), ("not in the network", unknown), ("of another shape", shapes)]
    problems = [
        f"{len(names)} {what}: {', '.join(names[:3])}{' ...' if len(names) > 3 else ''}"
        for what, names in parts
        if names
    ]
    if problems:
        raise InputError("the weights do not fit the network; " + "; ".join(problems))
    # Modules interpret a state by the versions in it. Its names and shapes are the network's, so its versions are too.
    complete = OrderedDict(state)
    complete._metadata = getattr(expected, "_metadata", None)
    model.load_state_dict(complete)
    return model


# Keys under which training scripts keep a state dict, and prefixes that wrappers of networks add to its names.
WRAPPINGS = ("state_dict", "model_state_dict", "model", "net")
PREFIXES = ("module.", "model.", "net.", "_orig_mod.")
NO_CLASSES = "the weights have no classes; for the network without its head add arguments: {num_classes: 0}"
# Prefixes of auxiliary classifiers, which are used in training only.
AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")


def load_pretrained(network, weights, n_classes, n_channels, seed=0):
    """
    Build a network with published or own weights.

    Parameters
    ----------
    network : dict
        Arguments of `build`.
    weights : str
        A file of a state dict, of safetensors or PyTorch, or the name of weights in torchvision or timm, such as
        "IMAGENET1K_V1" or "DEFAULT", which are downloaded once.
    n_classes : int
        Number of classes, used if the weights do not determine it.
    n_channels : int
    seed : int, default 0
        Of what is not in the weights.

    Returns
    -------
    torch.nn.Module
        Network with the weights, and with their number of classes.

    Raises
    ------
    InputError
        If the weights cannot be obtained, or do not fit.
    """
    named = None if is_weight_file(weights) else named_weights(network.get("architecture"), weights)
    state = read_state(weights) if named is None else download_state(named)
    settings = {**network, "n_channels": n_channels, "pretrained": True}
    state = _renamed(state, set(build(**settings, n_classes=n_classes, seed=0).state_dict()))
    n_classes = _count_classes(settings, state, n_classes)
    model = build(**settings, n_classes=n_classes, seed=seed)
    own = set(model.state_dict())
    state = {name: tensor for name, tensor in state.items() if name in own or not name.startswith(AUXILIARY)}
    return load_weights(model, state)


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
        raise InputError(f"the weights {path} do not exist; give a local file or a name of torchvision's or timm's")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return _plain_tensors(path, load_file(path))
        state = torch.load(path, map_location="cpu", weights_only=True)
    except InputError:
        raise
    # The unpickler raises many kinds of errors on files that hold no pickled tensors.
    except Exception as error:
        reason = _refused_pickle(str(error)) or " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"the weights {path} cannot be read as a state dict ({reason}); save one with safetensors, or with "
            "torch.save(model.state_dict(), ...)"
        ) from None
    # Training scripts may nest the state dict under a key.
    for key in WRAPPINGS:
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in state.values()):
        raise InputError(f"the weights {path} are no state dict; save one with torch.save(model.state_dict(), ...)")
    return _plain_tensors(path, state)


def _refused_pickle(text):
    """What PyTorch refused to unpickle, without its advice to switch the protection off; None for other errors."""
    if "weights_only" not in text and "Weights only" not in text:
        return None
    found = re.search(r"GLOBAL ([\w.]+)|Unsupported (?:class|operand) ([\w.]+)", text)
    what = next(filter(None, found.groups())) if found else "something else than tensors"
    return f"it holds {what}, which is not unpickled, since it could run anything"


def _plain_tensors(path, state):
    """The state dict, if its names are texts and its tensors are dense, real and have values."""
    checks = {
        "names that are no texts": lambda name, _: not isinstance(name, str),
        "tensors without values (meta)": lambda _, tensor: tensor.is_meta,
        "sparse tensors": lambda _, tensor: tensor.layout is not torch.strided,
        "quantised tensors": lambda _, tensor: tensor.is_quantized,
        "complex tensors": lambda _, tensor: tensor.is_complex(),
    }
    for what, is_wrong in checks.items():
        wrong = [repr(name) for name, tensor in state.items() if is_wrong(name, tensor)]
        if wrong:
            raise InputError(
                f"the weights {path} have {what}: {', '.join(wrong[:3])}{' ...' if len(wrong) > 3 else ''}; save a "
                "state dict of dense real tensors with torch.save(model.state_dict(), ...)"
            )
    return dict(state)


def download_state(weights):
    """
    Download the state dict of torchvision's or timm's `weights`, as `named_weights` returns them, once.

    Raises
    ------
    InputError
        If that fails; the message has the address.
    """
    if isinstance(weights, str):
        return download_timm(weights)
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
            # What a training keeps beside the network, such as weights of its loss, may have no prefix.
            wrappers = ("".join(both) for both in product(PREFIXES, ("", *PREFIXES)))
            inner = (_within(state, prefix) for prefix in wrappers)
            state = next((tensors for tensors in inner if own <= set(tensors)), state)
            break
        state = _within(state, prefix)
    # DenseNet's files have older names of modules.
    older = {name: re.sub(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)", r"\1\2", name) for name in state}
    return {older[name] if older[name] in own else name: tensor for name, tensor in state.items()}


def _within(state, prefix):
    """The tensors whose names begin with a prefix, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


def named_weights(architecture, name):
    """
    Weights of torchvision, or those of timm, by their name, such as "IMAGENET1K_V1" or "DEFAULT".

    Returns
    -------
    torchvision.models.WeightsEnum or str
        A str for weights of timm: the network and their tag.

    Raises
    ------
    InputError
        If the architecture has no such weights; the message lists those that it has.
    """
    if str(architecture).startswith(TIMM):
        return timm_weights(architecture, name)
    import torchvision

    try:
        known = torchvision.models.get_model_weights(architecture or "")
    except ValueError:
        raise InputError(
            f"there is no file of weights {name!r}; only torchvision's and timm's networks have weights by name"
        ) from None
    try:
        return known[name]
    except KeyError:
        names = ", ".join(["DEFAULT", *(item.name for item in known)])
        raise InputError(
            f"torchvision has no weights {name!r} for {architecture}; choose one of {names}, or give the path of a file"
        ) from None


def _count_classes(settings, state, default):
    """Number of classes of the weights, of axes whose length grows with the number of classes."""
    try:
        # The meta device computes nothing.
        with torch.device("meta"):
            few, more = (build(**settings, n_classes=n, seed=0).state_dict() for n in (2, 3))
    except InputError:
        # A network may need the values of tensors while it is built.
        few, more = (build(**settings, n_classes=n, seed=0).state_dict() for n in (2, 3))
    by_class = [name for name in few if few[name].shape != more[name].shape and not name.startswith(AUXILIARY)]
    is_timm = str(settings.get("architecture")).startswith(TIMM)
    if is_timm and by_class and not set(by_class) & set(state) and set(few) - set(by_class) <= set(state):
        raise InputError(NO_CLASSES)
    found = {
        2 + (length - small) / (large - small)
        for name in by_class
        if name in state and state[name].ndim == few[name].ndim
        for length, small, large in zip(state[name].shape, few[name].shape, more[name].shape, strict=True)
        if small != large
    }
    # What is of no number of classes is told when the weights are put into the network.
    n_classes = found.pop() if len(found) == 1 else default
    return int(n_classes) if n_classes >= 1 and n_classes == int(n_classes) else default


def damaged_weights(model):
    """Names in the state of a network whose values are not finite; masks, as of attention, hold minus infinity."""
    learned = {name for name, _ in model.named_parameters(remove_duplicate=False)}
    return [
        name
        for name, tensor in model.state_dict().items()
        if not (tensor.isfinite() | ((tensor == -torch.inf) & (name not in learned))).all()
    ]


def save_tensors(path, tensors, **metadata):
    """Write a dict of tensors, with `metadata` as texts."""
    from safetensors.torch import save

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # The format cannot share tensors: each name of a shared tensor gets a copy.
    seen = set()
    for name, tensor in tensors.items():
        if tensor.untyped_storage().data_ptr() in seen:
            tensors[name] = tensor.clone()
        seen.add(tensor.untyped_storage().data_ptr())
    with replacing(path) as temporary:
        temporary.write_bytes(save(tensors, metadata))


def load_tensors(path):
    """Read a dict of tensors and the texts that were written with them; a damaged file is refused."""
    from safetensors import SafetensorError, safe_open

    with reading(path, SafetensorError), safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118 - not a dict
