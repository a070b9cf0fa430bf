"""Checks of the networks of a configuration, and of what trains them or holds their weights."""

from pathlib import Path

from actopo.config.data import count_classes
from actopo.config.layers import check_network
from actopo.config.values import (
    compared_networks,
    drawn_networks,
    image_shape,
    is_trained_here,
    seed_list,
    studied_models,
)
from actopo.errors import InputError, shown
from actopo.networks.choices import OWN_ARCHITECTURE, is_weight_file
from actopo.networks.recipe import Recipe
from actopo.points.choices import STUDIES

# Places of the peak and of the milestones in the recipes of config.yaml, as shares of the epochs.
PEAK, MILESTONES = 5 / 24, (150 / 350, 250 / 350)

# A step of AdamW moves each weight by about the learning rate, whatever the gradient: more makes noise of weights.
LARGEST_OF_ADAMW = 0.1


def model_problems(config):
    """Messages about networks, which are checked before their layers are looked up."""
    for name, model in config["models"].items():
        path, architecture, weights = f"models.{name}", model.get("architecture"), model.get("weights")
        own = model.get("module") is None and architecture == OWN_ARCHITECTURE
        if model.get("module") is None and architecture is None:
            names = "resnet18_cifar, torchvision's name or timm:NAME"
            yield f"{path}: give an architecture ({names}), or module: file.py:function"
        if (module := model.get("module")) is not None:
            file = Path(module.rpartition(":")[0]).expanduser()
            if not file.is_file():
                yield f"{path}.module: there is no file {file} in {Path.cwd()}, where Snakemake runs"
        if own:
            missing = [key for key in ("width", "shortcut") if model.get(key) is None]
            if missing:
                known = {"width": "width (64 in the paper)", "shortcut": "shortcut (A or B)"}
                yield f"{path}: missing {', '.join(map(known.get, missing))}"
        if weights is None:
            if model.get("training") is None:
                yield f"{path}: give training, or weights that are trained already"
            continue
        if own and not is_weight_file(weights):
            yield f"{path}.weights: resnet18_cifar has no weights by name; give a file, or null to train"
        if model.get("module") is not None and not is_weight_file(weights):
            yield (
                f"{path}.weights: there is no file {weights}, and only torchvision's and timm's networks have weights "
                "by name"
            )
        elif is_weight_file(weights) and not Path(weights).expanduser().is_file():
            yield (
                f"{path}.weights: there is no file {weights}; give one, a name of torchvision's or timm's, or null to "
                "train"
            )
        if len(seed_list(model["seeds"])) > 1:
            yield f"{path}.seeds: weights are one network; set seeds to 1, or weights to null to train"


def studied_problems(config):
    """Messages about studies of networks that are not there."""
    studies = {f"{study}.model": config[study]["model"] for study in STUDIES}
    studies |= {f"mapper.networks.{name}": name for name in drawn_networks(config["mapper"])}
    studies |= {f"comparison.networks[{i}].model": item["model"] for i, item in enumerate(compared_networks(config))}
    for path, name in studies.items():
        if name not in config["models"]:
            known = [*list(config["models"])[:10], *(["..."] if len(config["models"]) > 10 else [])]
            yield f"{path}: {shown(name)} is not under models; choose one of {', '.join(known)}"


def training_problems(config):
    """Messages about the recipes of networks that are trained."""
    for name, model in config["models"].items():
        training, path = model.get("training"), f"models.{name}.training"
        if training is None or not is_trained_here(model):
            continue
        epochs, peak = training["epochs"], training.get("peak_epoch", Recipe.peak_epoch)
        if training["schedule"] == "triangular" and not 0 <= peak <= epochs:
            fitting = f"{PEAK * epochs:.2g}"
            yield f"{path}.peak_epoch: {peak} lies beyond the last of {epochs} epochs; set it to {fitting}, for example"
        if training["schedule"] == "step" and not any(epoch < epochs for epoch in training.get("milestones", [])):
            fitting = sorted({max(1, round(share * epochs)) for share in MILESTONES} & set(range(1, epochs)))
            remedy = f"set them too, such as to {fitting}; or" if fitting else "give more epochs, or"
            yield (
                f"{path}.milestones: schedule step needs one before the last of {epochs} epochs; {remedy} set schedule "
                "to triangular, and peak_epoch"
            )
        if training.get("optimizer") == "adamw":
            yield from _adamw_problems(path, training)
        if training.get("cuda_graph") and training.get("compile"):
            yield (
                f"{path}.cuda_graph: a step that is compiled is not captured, since the compiler may choose kernels at "
                "any batch; set cuda_graph to false, or compile"
            )
        if beyond := [epoch for epoch in training.get("keep", []) if epoch > epochs]:
            yield f"{path}.keep: {beyond[0]} lies beyond the last of {epochs} epochs; choose epochs from 0 to {epochs}"
        size, cutout = image_shape(config, name)[0], training.get("cutout", Recipe.cutout)
        if cutout > size:
            yield f"{path}.cutout: {cutout} is larger than images of {size} pixels"
        if (shift := training.get("translate", Recipe.translate)) >= size:
            yield f"{path}.translate: a shift of {shift} leaves nothing of images of {size} pixels; write less"


def _adamw_problems(path, training):
    """Messages about keys of SGD that were left to AdamW."""
    if training["learning_rate"] > LARGEST_OF_ADAMW:
        yield (
            f"{path}.learning_rate: {training['learning_rate']} is a rate of sgd, and too large for adamw; set it "
            f"to {LARGEST_OF_ADAMW} or less, such as 0.001"
        )
    if "weight_decay" not in training:
        yield f"{path}.weight_decay: {Recipe.weight_decay} is that of sgd; give adamw one of its own, such as 0.05"


def misfits(config, cache, sizes):
    """
    Messages about networks that do not tell the classes apart, and weights of other networks; other processes know.

    `sizes` are the numbers of images, as `actopo.config.data.part_sizes` returns them.
    """
    n_classes = count_classes(config["data"], sizes)
    for name in studied_models(config):
        try:
            check_network(config, name, n_classes, cache)
        except InputError as error:
            yield f"models.{name}: {error}"
