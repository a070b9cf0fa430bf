"""Values derived from the keys of a configuration: seeds, image sizes, the order of samplings, and params of rules."""

import hashlib
import json

from actopo.points.choices import SAMPLINGS, STUDIES

# Networks of each study that are kept at epochs where `training.keep_seeds` is not given: so many have an interval.
KEPT_SEEDS = 5


def seed_list(seeds):
    """Seeds of a model: a number n stands for 0 to n - 1."""
    return list(range(seeds)) if isinstance(seeds, int) else list(seeds)


def is_trained_here(model):
    """Whether a model's networks are trained here; others have weights that are trained already."""
    return model.get("weights") is None


def kept_epochs(model):
    """Epochs before the last at which a model's networks are kept, ascending; 0 is before training."""
    training = (model.get("training") or {}) if is_trained_here(model) else {}
    return sorted(epoch for epoch in training.get("keep", []) if epoch < training["epochs"])


def epoch_seeds(model, seeds):
    """Those of a study's seeds whose networks are kept at epochs of their training, the first ones."""
    return seeds[: (model.get("training") or {}).get("keep_seeds", KEPT_SEEDS)]


def image_size(config, model):
    """Keys of `data` in which a model's images differ: their size, and the size to scale to before the crop."""
    own, data = config["models"][model].get("input") or {}, {key: config["data"][key] for key in ("size", "resize")}
    used = data | {key: value for key, value in own.items() if value is not None}

    def said(keys):
        """What is said of the images, in one way: to scale to the size is what null says."""
        return keys | {"resize": None if keys["resize"] == keys["size"] else keys["resize"]}

    return {key: value for key, value in used.items() if said(used)[key] != said(data)[key]}


def dataset_name(config, model):
    """Name in paths of the images that a model is given: those of the config, or the same of another size."""
    sizes = sorted(image_size(config, model).items())
    return ".".join([config["data"]["dataset"], *(f"{key}{value}" for key, value in sizes)])


def image_shape(config, model):
    """Height, width and channels of a model's input images."""
    size = image_size(config, model).get("size", config["data"]["size"])
    return size, size, config["data"]["channels"]


def sampling_order(samplings):
    """Samplings that are not null, by method and then by name, since merging configs changes their order."""
    kept = {name: sampling for name, sampling in samplings.items() if sampling is not None}
    return dict(sorted(kept.items(), key=lambda item: (list(SAMPLINGS).index(item[1]["method"]), item[0])))


def drawn_networks(mapper):
    """Networks of the mapper study that are drawn side by side and not null, with layer and tap of each."""
    return {name: choice for name, choice in mapper["networks"].items() if choice is not None}


def compared_networks(config):
    """The two networks that are compared layer by layer, as they are given; none where nothing is compared."""
    return list((config["comparison"] or {"networks": []})["networks"])


def own_tap(config, study, model):
    """
    Tap at which a network is read in a study, in the place of that of the sampling; None where it has none of its own.

    A network that is drawn beside others, or compared, may have one. That of a comparison is of the layers which are
    compared in the study: of the mapper study only where the network's graphs are.
    """
    drawn = drawn_networks(config["mapper"]).get(model, {}) if study == "mapper" else {}
    compared = next((item for item in compared_networks(config) if item["model"] == model), {})
    is_compared = model != config[study]["model"] and (study == "homology" or bool(compared.get("graph_layers")))
    return drawn.get("tap") or (compared.get("tap") if is_compared else None)


def studied_models(config):
    """Names of the models that the studies use, each once."""
    names = [config[study]["model"] for study in STUDIES] + list(drawn_networks(config["mapper"]))
    return list(dict.fromkeys([*names, *(item["model"] for item in compared_networks(config))]))


def own_seed(seed, name):
    """Seed of draws that are another's for each name, as those of one network and not of all."""
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:4], "big")


def as_json(**values):
    """One text for several values, in which neither the order of keys nor 11.0 for 11 is a change."""

    def plain(value):
        if isinstance(value, dict):
            # A network may tell 1.0 from 1.
            return {key: item if key == "arguments" else plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return json.dumps(plain(values), sort_keys=True)
