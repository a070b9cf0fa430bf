"""Checks of the layers that a configuration names, and of the samplings that read them."""

import math
from functools import partial

from actopo.config.choosing import (
    called,
    choose_layers,
    describe_layer,
    fewest_positions,
    grid_of,
    shape_at,
    tap_problem,
)
from actopo.config.layers import model_layers, module_outputs
from actopo.config.lens import few_channels
from actopo.config.values import drawn_networks, sampling_order
from actopo.errors import InputError
from actopo.mapper.choices import DBSCAN_NAME
from actopo.points.choices import CENTRAL_SHARE, SAMPLINGS, STUDIES, central_positions

# Images that graphs of two layers need to have in common, on average.
COMMON_IMAGES = 10


def layer_problems(config, cache, found, chosen):
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
            problems = (unfit_layer(path, sampling, layer, found[study][layer]) for layer in chosen[study])
            # A message about the first such layer is enough.
            yield from [problem for problem in problems if problem][:1]


def drawn_problems(config, cache):
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
            elif wrong := tap_problem(described, tap):
                yield f"{path}.tap: {called(layer, described)} {wrong}"
            else:
                problem = unfit_layer(f"mapper.samplings.{key}", {**sampling, "tap": tap}, layer, described)
                if problem is None and (few := few_channels(mapper, shape_at(described, tap)[2])):
                    problem = f"mapper.lens: {called(layer, described)} {few}"
                if problem is None:
                    continue
                yield f"{problem}, of network {name}"
            # A message about the first such sampling is enough.
            break


def whole_cloud_problems(mapper, found, n_images):
    """Messages about graphs of all positions that DBSCAN would leave without a node."""
    if mapper["clusterer"] != DBSCAN_NAME or not n_images:
        return
    for name, sampling in sampling_order(mapper["samplings"]).items():
        if SAMPLINGS[sampling["method"]].positions == "all":
            n_points = n_images * fewest_positions(sampling, found)
            if n_points < mapper["min_samples"]:
                yield (
                    f"mapper.min_samples: {name} has {n_points} points of {n_images} images in its smallest layer, and "
                    f"with fewer than {mapper['min_samples']} all points are noise; lower it, or add images"
                )
                return


def cut_cloud_problems(mapper, found, n_images):
    """Messages about clouds of which so few points are drawn that those of two layers share next to no image."""
    if len(found) < 2 or not n_images:
        return
    # The images of each cloud are drawn by themselves.
    fewest = math.ceil((COMMON_IMAGES * n_images) ** 0.5)
    for name, sampling in sampling_order(mapper["samplings"]).items():
        cap = sampling.get("cap")
        if cap is None or SAMPLINGS[sampling["method"]].positions != "all":
            continue
        # Too few points for a node are told elsewhere.
        if mapper["min_samples"] <= cap < min(fewest, n_images * fewest_positions(sampling, found)):
            yield (
                f"mapper.samplings.{name}.cap: graphs of {cap} points of {n_images} images have too few images in "
                f"common to be compared; write {fewest} or more"
            )


def unfit_layer(path, sampling, layer, described):
    """Message about a sampling that needs more positions or another tap than the layer has; None if it fits."""
    if wrong := tap_problem(described, sampling["tap"]):
        return f"{path}.tap: {called(layer, described)} {wrong}"
    rows, columns = grid_of(sampling, described)
    wanted, positions = sampling.get("points_per_image", 1), f"{rows} x {columns} positions"
    available = rows * columns
    share = sampling.get("share", CENTRAL_SHARE)
    # They are listed only where the share alone does not tell that there are enough.
    if "central" in (sampling.get("method"), sampling.get("sampling")) and wanted > share * available:
        available = len(central_positions(rows, columns, share))
        positions = f"{available} central ones of {positions}"
    if wanted > available:
        return f"{path}.points_per_image: {wanted} is more than the {positions} of {called(layer, described)}"
    return None
