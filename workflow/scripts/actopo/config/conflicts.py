"""
Conflicts between keys of a configuration that are valid on their own.

Each section of the configuration has a function that yields messages; each message begins with the path of a key.
"""

import copy
from functools import partial
from pathlib import Path

from actopo.config.data import STUDIES, count_images, data_problems, part_sizes
from actopo.config.labels import label_problems
from actopo.config.layers import (
    check_clusterer,
    check_network,
    choose_layers,
    describe_layer,
    model_layers,
    module_outputs,
    number_layers,
)
from actopo.config.lens import lens_problems
from actopo.config.new_images import new_image_problems
from actopo.config.paths import path_problems
from actopo.config.values import drawn_networks, image_shape, sampling_order, seed_list
from actopo.errors import InputError, shown
from actopo.images.class_folders import open_source
from actopo.mapper.choices import DBSCAN_NAME
from actopo.networks.choices import OWN_ARCHITECTURE, is_weight_file
from actopo.networks.recipe import Recipe
from actopo.points.choices import CENTRAL_SHARE, DEEPLAB_WEIGHTS, MASKS, SAMPLINGS, central_positions
from actopo.similarity.metrics.choices import METRICS

# Places of the peak and of the milestones in the recipes of config.yaml, as shares of the epochs.
PEAK, MILESTONES = 5 / 24, (150 / 350, 250 / 350)

# The distances between this many points take 3 GB.
MAX_RIPS_POINTS = 20_000


def find_conflicts(config, cache=None):
    """
    Messages about keys that do not fit each other.

    Parameters
    ----------
    config : dict
        Configuration that is valid under the schema.
    cache : Path, optional
        As in `actopo.config.layers.layers_of`.

    Returns
    -------
    list of str
    """
    # Layers are looked up only if all networks can be built.
    if problems := network_conflicts(config):
        return problems
    found, layers, config = {}, {}, copy.deepcopy(config)
    try:
        problems, sizes = [], part_sizes(config["data"])
    except InputError as error:
        problems, sizes = [str(error)], None
    problems += [*data_problems(config, sizes), *label_problems(config, sizes), *_training(config)]
    problems += [*_layers(config, cache, found, layers), *_networks(config, cache)]
    if len(layers) == len(STUDIES) and not (unnamed := number_layers(config, cache)):
        problems += _homology(config, found["homology"], layers["homology"])
        problems += _similarity(config, found["homology"], layers["homology"])
        problems += [*_mapper(config["mapper"], config["models"], layers["mapper"]), *_masks(config)]
        problems += new_image_problems(config, layers["mapper"])
        problems += lens_problems(config["mapper"], found["mapper"], count_images(config, sizes))
        problems += _figures(config, layers["homology"])
    elif len(layers) == len(STUDIES):
        problems += unnamed
    # Other processes are asked last.
    return problems or list(_misfits(config, cache, sizes))


def _n_seeds(config):
    return len(seed_list(config["models"][config["homology"]["model"]]["seeds"]))


def network_conflicts(config, cache=None):
    """Those of the messages that are about paths and networks, whatever their layers; `cache` is not used."""
    return list(path_problems(config)) or [*_models(config), *_studied(config)]


def _models(config):
    """Messages about networks, which are checked before their layers are looked up."""
    for name, model in config["models"].items():
        path, architecture, weights = f"models.{name}", model.get("architecture"), model.get("weights")
        own = model.get("module") is None and architecture == OWN_ARCHITECTURE
        if model.get("module") is None and architecture is None:
            yield f"{path}: give an architecture (resnet18_cifar, or torchvision's name), or module: file.py:function"
        if (module := model.get("module")) is not None:
            file = Path(module.rpartition(":")[0]).expanduser()
            if not file.is_file():
                yield f"{path}.module: there is no file {file} in {Path.cwd()}, where Snakemake runs"
        if own:
            missing = [key for key in ("width", "shortcut") if model.get(key) is None]
            if missing:
                yield f"{path}: missing {', '.join(missing)}"
        if weights is None:
            if model.get("training") is None:
                yield f"{path}: give training, or weights that are trained already"
            continue
        if own and not is_weight_file(weights):
            yield f"{path}.weights: resnet18_cifar has no weights by name; give a file, or null to train"
        if model.get("module") is not None and not is_weight_file(weights):
            yield f"{path}.weights: there is no file {weights}, and only torchvision's networks have weights by name"
        elif is_weight_file(weights) and not Path(weights).expanduser().is_file():
            yield f"{path}.weights: there is no file {weights}; give one, a name of torchvision's, or null to train"
        if len(seed_list(model["seeds"])) > 1:
            yield f"{path}.seeds: weights are one network; set seeds to 1, or weights to null to train"


def _studied(config):
    """Messages about studies of networks that are not there."""
    studies = {f"{study}.model": config[study]["model"] for study in STUDIES}
    studies |= {f"mapper.networks.{name}": name for name in drawn_networks(config["mapper"])}
    for path, name in studies.items():
        if name not in config["models"]:
            yield f"{path}: {name!r} is not under models; choose one of {', '.join(config['models'])}"


def _training(config):
    """Messages about the recipes of networks that are trained."""
    for name, model in config["models"].items():
        training, path = model.get("training"), f"models.{name}.training"
        if training is None or model.get("weights") is not None:
            continue
        epochs, peak = training["epochs"], training.get("peak_epoch", Recipe.peak_epoch)
        if training["schedule"] == "triangular" and not 0 <= peak <= epochs:
            fitting = f"{PEAK * epochs:.2g}"
            yield f"{path}.peak_epoch: {peak} lies beyond the last of {epochs} epochs; set it too, such as to {fitting}"
        if training["schedule"] == "step" and not any(epoch < epochs for epoch in training.get("milestones", [])):
            fitting = sorted({max(1, round(share * epochs)) for share in MILESTONES} & set(range(1, epochs)))
            remedy = f"set them too, such as to {fitting}; or" if fitting else "give more epochs, or"
            yield (
                f"{path}.milestones: schedule step needs one before the last of {epochs} epochs; {remedy} set schedule "
                "to triangular, and peak_epoch"
            )
        size, cutout = image_shape(config, name)[0], training.get("cutout", Recipe.cutout)
        if cutout > size:
            yield f"{path}.cutout: {cutout} is larger than data.size {size}"


def _networks(config, cache):
    """Messages about networks that are drawn side by side and belong to no study."""
    studied, mapper = {config[study]["model"] for study in STUDIES}, config["mapper"]
    for name, choice in drawn_networks(mapper).items():
        path = f"mapper.networks.{name}"
        try:
            known = model_layers(config, name, cache)
        except InputError as error:
            if name not in studied:
                yield f"models.{name}: {error}"
            continue
        outputs = partial(module_outputs, config, name, cache)
        try:
            [layer] = choose_layers([choice["layer"]], known, outputs)
        except InputError as error:
            yield f"{path}.layer: {error}"
            continue
        except ValueError:
            yield f"{path}.layer: {choice['layer']!r} matches several layers; name one"
            continue
        described = describe_layer(layer, known, outputs)
        for key, sampling in sampling_order(mapper["samplings"]).items():
            tap = choice.get("tap") or sampling["tap"]
            if name == mapper["model"] and tap != sampling["tap"]:
                yield f"{path}.tap: {name} is mapper.model, whose layers have the taps of mapper.samplings; remove it"
            elif tap not in described["taps"]:
                yield f"{path}.tap: no rectifier follows layer {described['name']}, which has conv only; set it to conv"
            else:
                problem = _unfit_layer(f"mapper.samplings.{key}", {**sampling, "tap": tap}, layer, described)
                if problem is None:
                    continue
                yield f"{problem}, of network {name}"
            # A message about the first such sampling is enough.
            break


def _misfits(config, cache, sizes):
    """Messages about networks, weights and a clusterer that their own libraries refuse."""
    n_classes = None if sizes is None else len(config["data"]["classes"] or sizes["train"])
    for name in dict.fromkeys([*(config[study]["model"] for study in STUDIES), *drawn_networks(config["mapper"])]):
        try:
            check_network(config, name, n_classes, cache)
        except InputError as error:
            yield f"models.{name}: {error}"
    try:
        check_clusterer(config["mapper"]["clusterer"], cache)
    except InputError as error:
        yield f"mapper.clusterer: {error}"


def _layers(config, cache, found, chosen):
    """
    Messages about the layers that a study reads.

    Sets `chosen` to the numbers of the layers that each study reads, and `found` to their descriptions by number.
    """
    for study in STUDIES:
        name, samplings = config[study]["model"], {"homology": config["homology"]}
        if study == "mapper":
            own = sampling_order(config["mapper"]["samplings"])
            samplings = {f"mapper.samplings.{key}": item for key, item in own.items()}
        try:
            known = model_layers(config, name, cache)
        except InputError as error:
            yield f"models.{name}: {error}"
            continue
        try:
            outputs = partial(module_outputs, config, name, cache)
            chosen[study] = choose_layers(config[study]["layers"], known, outputs)
            found[study] = {layer: describe_layer(layer, known, outputs) for layer in chosen[study]}
        except InputError as error:
            yield f"{study}.layers: {error}"
            continue
        for path, sampling in samplings.items():
            problems = (_unfit_layer(path, sampling, layer, found[study][layer]) for layer in chosen[study])
            # A message about the first such layer is enough.
            yield from [problem for problem in problems if problem][:1]


def _unfit_layer(path, sampling, layer, described):
    """Message about a sampling that needs more positions or another tap than the layer has; None if it fits."""
    rows, columns, _ = described["shape"]
    border = sampling.get("exclude_border", False)
    rows, columns = rows - border, columns - border
    wanted, positions = sampling.get("points_per_image", 1), f"{rows} x {columns} positions"
    available = rows * columns
    share = sampling.get("share", CENTRAL_SHARE)
    # They are listed only where the share alone does not tell that there are enough.
    if "central" in (sampling.get("method"), sampling.get("sampling")) and wanted > share * available:
        available = len(central_positions(rows, columns, share))
        positions = f"{available} central ones of {positions}"
    if wanted > available:
        return f"{path}.points_per_image: {wanted} is more than layer {layer}'s {positions}"
    if sampling["tap"] not in described["taps"]:
        named = f"{layer} ({described['name']})"
        return f"{path}.tap: no rectifier follows layer {named}, which has conv only; set tap to conv"
    return None


def _homology(config, found, layers):
    homology, sampling = config["homology"], config["homology"]["sampling"]
    if SAMPLINGS[sampling].positions == "all":
        for layer in layers:
            rows, columns, _ = found[layer]["shape"]
            n_points = homology["batch_size"] * rows * columns
            if n_points > MAX_RIPS_POINTS:
                yield (
                    f"homology.sampling: {sampling} has {n_points} points in layer {layer}, and Vietoris-Rips "
                    f"complexes of more than {MAX_RIPS_POINTS} do not fit; lower homology.batch_size or list later "
                    "homology.layers"
                )
                break
        if homology["points_per_image"] != 1:
            what = f"has no meaning for sampling {sampling}, which takes every position; leave it 1"
            yield f"homology.points_per_image: {what}"
    if _n_seeds(config) > 1 and len(layers) < 3:
        yield "homology.layers: specificity correlates distances between layers; list 3 or more, or train one seed"


def _similarity(config, found, layers):
    similarity, homology = config["similarity"], config["homology"]
    wanted = similarity["sensitivity"]["layers"]
    if wanted != "all" and not set(wanted) <= set(layers):
        missing = [layer for layer in wanted if layer not in layers]
        yield (
            f"similarity.sensitivity.layers: {shown(missing)} are not among homology.layers {shown(layers)}; list some "
            "of those, or all"
        )
    metrics, path = similarity["rivals"]["metrics"], "similarity.rivals.metrics"
    if _n_seeds(config) == 1 or not metrics:
        return
    if SAMPLINGS[homology["sampling"]].positions == "all":
        full = homology["sampling"]
        yield f"{path}: layers have different numbers of positions, so sampling {full} pairs no rows; write []"
        return
    n_points = homology["batch_size"] * homology["points_per_image"]
    for metric in metrics:
        if n_points < METRICS[metric].min_points:
            needed = METRICS[metric].min_points
            yield f"{path}: {metric} needs {needed} points or more; raise homology.batch_size or remove it"
    wide = [layer for layer in layers if found[layer]["shape"][2] >= n_points]
    ranked = [metric for metric in metrics if METRICS[metric].needs_rank]
    if ranked and wide:
        n_channels = found[wide[0]]["shape"][2]
        yield (
            f"{path}: {', '.join(ranked)} need more points than channels, and layer {wide[0]} has {n_channels} "
            f"channels to {n_points} points; raise homology.batch_size or remove them"
        )


def _mapper(mapper, models, layers):
    known = seed_list(models[mapper["model"]]["seeds"])
    if missing := [seed for seed in seed_list(mapper["seeds"]) if seed not in known]:
        yield f"mapper.seeds: {missing} are not among models.{mapper['model']}.seeds; add them there"
    samplings = sampling_order(mapper["samplings"])
    if not samplings:
        yield "mapper.samplings: all are null; keep at least one"
    elif mapper["noise"]["sigmas"]:
        yield from _noise(mapper, samplings, layers)
    yield from _stability(mapper, layers)
    if mapper["eps"] == "stable" and mapper["clusterer"] == DBSCAN_NAME and mapper["all_eps"] is None:
        yield "mapper.eps: stable looks among the values of mapper.all_eps, which is null; give its keys, or take knee"
    low, high = (mapper["all_eps"] or {"quantiles": (0, 1)})["quantiles"]
    if not low < high:
        yield f"mapper.all_eps.quantiles: no eps is between {low} and {high}; write the smaller one first: [0.25, 1]"
    for name, n_parts in mapper["confidence"]["parts"].items():
        if n_parts and name not in samplings:
            what = "null in" if name in mapper["samplings"] else "not among"
            yield f"mapper.confidence.parts.{name}: it is {what} mapper.samplings; write 0, or add the sampling"
    for name, sampling in samplings.items():
        method = sampling["method"]
        for key in sorted(set(sampling) - {"method", "tap", *SAMPLINGS[method].settings}):
            yield (
                f"mapper.samplings.{name}.{key}: has no meaning for method {method}; remove it, or give your sampling "
                f"another name and set {name}: null"
            )


def _masks(config):
    """Messages about what finds the foreground."""
    masks, weights = (config["mapper"]["foreground"][key] for key in ("masks", "weights"))
    if masks == "deeplab" and weights not in DEEPLAB_WEIGHTS and not Path(weights or "").expanduser().is_file():
        yield (
            f"mapper.foreground.weights: deeplab needs a file, or a name of torchvision's weights "
            f"({', '.join(DEEPLAB_WEIGHTS)}){f'; there is no {weights}' if weights else ''}"
        )
    if masks in MASKS:
        return
    path, dataset = "mapper.foreground.masks", config["data"]["dataset"]
    if dataset != "image_folder":
        yield f"{path}: masks of a folder are found by the names of images, and {dataset} has none; set it to grabcut"
    elif not Path(masks).expanduser().is_dir():
        yield f"{path}: there is no folder {masks} in {Path.cwd()}, where Snakemake runs; or write grabcut or deeplab"
    else:
        try:
            with open_source(Path(masks).expanduser(), path):
                pass
        except InputError as error:
            yield str(error)


def _noise(mapper, samplings, layers):
    for key, known in (("samplings", list(mapper["samplings"])), ("layers", layers)):
        unknown = [item for item in mapper["noise"][key] if item not in known]
        if unknown:
            yield (
                f"mapper.noise.{key}: {shown(unknown)} are not among mapper.{key} {shown(known)}; list some of those, "
                "or set mapper.noise.sigmas to []"
            )
    wanted = set(mapper["noise"]["samplings"])
    if wanted <= set(mapper["samplings"]) and not wanted & set(samplings):
        yield "mapper.noise.samplings: all of them are null in mapper.samplings; or set mapper.noise.sigmas to []"


def _stability(mapper, layers):
    graphs = {name: wanted for name, wanted in dict(mapper["stability"]["graphs"]).items() if wanted}
    for name, wanted in graphs.items():
        missing = [layer for layer in wanted if layer not in layers]
        if name not in mapper["samplings"] or missing:
            what = f"layers {shown(missing)} are" if name in mapper["samplings"] else "it is"
            of = f", which has layers {shown(layers)}; list some of those, or" if name in mapper["samplings"] else ";"
            yield f"mapper.stability.graphs.{name}: {what} not in the mapper study{of} set it to []"
    if mapper["clusterer"] != DBSCAN_NAME and graphs:
        names = ", ".join(graphs)
        yield f"mapper.stability.graphs: it varies DBSCAN's eps, and mapper.clusterer is another; set {names} to []"


def _figures(config, layers):
    figures, n_seeds = config["figures"], _n_seeds(config)
    last, dimensions = max(figures["pair"]), config["homology"]["dimensions"]
    drawn, measured = figures["sensitivity_layers"], config["similarity"]["sensitivity"]["layers"]
    if drawn != "all" and (missing := [layer for layer in drawn if layer not in layers]):
        yield (
            f"figures.sensitivity_layers: {shown(missing)} are not among homology.layers {shown(layers)}; list some of "
            "those, or all"
        )
    elif "all" not in (drawn, measured) and not set(drawn) & set(measured):
        yield "figures.sensitivity_layers: none is among similarity.sensitivity.layers; list some of those, or all"
    if 1 < n_seeds <= last:
        yield f"figures.pair: {figures['pair']} asks for position {last}; the {n_seeds} seeds have 0 to {n_seeds - 1}"
    if n_seeds > 1 and figures["row"] not in layers:
        yield f"figures.row: layer {figures['row']} is not among homology.layers {shown(layers)}; write one of those"
    if figures["dimension"] not in dimensions:
        yield f"figures.dimension: {figures['dimension']} is not among homology.dimensions {dimensions}"
