"""
Networks of timm [1]_ by name, such as ``timm:convnext_atto``, or ``timm:convnext_atto.d2_in1k`` with a tag of weights.

timm is needed for these alone, and imported when one is asked for.

References
----------
.. [1] Wightman (2019), PyTorch Image Models, https://github.com/huggingface/pytorch-image-models
"""

import difflib

from actopo.errors import InputError
from actopo.networks.choices import TIMM


def load_timm():
    """The package timm; an `InputError` with what to install if it is not there."""
    try:
        import timm
    except ImportError as error:
        raise InputError(
            f"networks whose name begins with {TIMM} are those of timm, which cannot be imported here ({error}); "
            'install it with pip install timm, or as the extra: pip install ".[timm]"'
        ) from None
    return timm


def timm_builder(architecture, n_classes, n_channels):
    """
    Function that makes a network of timm, without weights, and its arguments.

    Parameters
    ----------
    architecture : str
        `timm:` and a name of timm's.
    n_classes, n_channels : int

    Returns
    -------
    make : callable
    arguments : dict

    Raises
    ------
    InputError
        If timm is not installed or has no such network; the message lists the nearest names.
    """
    timm, name = load_timm(), _known_name(architecture)
    return timm.create_model, {
        "model_name": name,
        "pretrained": False,
        "num_classes": n_classes,
        "in_chans": n_channels,
    }


def timm_weights(architecture, weights):
    """
    Name of a network of timm with the tag of its weights.

    Parameters
    ----------
    architecture : str
        As in `timm_builder`.
    weights : str
        "DEFAULT", for the tag in the name or else timm's first, or a tag, such as "d2_in1k".

    Returns
    -------
    str
        Such as ``convnext_atto.d2_in1k``.

    Raises
    ------
    InputError
        If there are no such weights; the message lists the tags that there are.
    """
    timm, name = load_timm(), _known_name(architecture)
    base, _, tag = name.partition(".")
    known = [full.partition(".")[2] for full in timm.list_models(f"{base}.*", pretrained=True)]
    wanted = (tag or timm.models.get_pretrained_cfg(base).tag) if weights == "DEFAULT" else weights
    if wanted not in known:
        there = f"choose one of DEFAULT, {', '.join(known)}" if known else "it has none"
        raise InputError(f"timm has no weights {weights!r} for {TIMM}{name}; {there}, or give the path of a file")
    return f"{base}.{wanted}"


def download_timm(name):
    """
    State dict of weights of timm, downloaded once.

    Parameters
    ----------
    name : str
        As `timm_weights` returns it.

    Returns
    -------
    dict of str to torch.Tensor

    Raises
    ------
    InputError
        If that fails; the message says which file to bring.
    """
    timm = load_timm()
    try:
        # timm reads safetensors, or pickles of tensors alone.
        return timm.create_model(name, pretrained=True).state_dict()
    # What the client of the hub raises where there is no network is of many kinds.
    except Exception as error:
        place = timm.models.get_pretrained_cfg(name).hf_hub_id or name
        raise InputError(
            f"the weights {name} of timm could not be downloaded ({type(error).__name__}: "
            f"{' '.join(str(error).split())[:200]}); download model.safetensors of {place} from the Hugging Face Hub "
            "elsewhere and give the path of the file"
        ) from None


def timm_preprocessing(architecture, weights):
    """
    How the images of weights of timm are prepared, as `actopo.networks.preprocessing.preprocessing` returns it.

    Parameters
    ----------
    architecture : str
        As in `timm_builder`.
    weights : str or None
        As in `timm_weights`; None for a file, which is taken to be of the tag in the name, or of timm's first.

    Raises
    ------
    InputError
        If timm squashes or pads the images to a square.
    """
    name = _known_name(architecture) if weights is None else timm_weights(architecture, weights)
    known = load_timm().models.get_pretrained_cfg(name)
    if known.crop_mode != "center":
        raise InputError(
            f"images for the weights {name} of timm are prepared by its crop_mode {known.crop_mode!r}, which is not "
            "offered: here the shorter side is scaled and the centre cut out; write numbers in the place of "
            "pretrained, or take weights whose crop_mode is 'center'"
        )
    size = known.input_size[1]
    return {
        "size": size,
        "resize": int(size / known.crop_pct),
        "mean": list(known.mean),
        "std": list(known.std),
    }


def _known_name(architecture):
    """Name of a network in timm; an `InputError` if there is none."""
    timm, name = load_timm(), architecture.removeprefix(TIMM)
    if not timm.is_model(name):
        near = difflib.get_close_matches(name.partition(".")[0], timm.list_models(), n=3)
        hint = f"did you mean {', '.join(near)}?" if near else "timm.list_models() lists those that there are"
        raise InputError(f"timm has no network {name!r}; {hint}")
    return name
