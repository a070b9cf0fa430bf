"""Checks of the homology study of a configuration, and of the comparisons of its diagrams."""

from actopo.config.choosing import called, shape_at
from actopo.config.values import compared_networks, seed_list
from actopo.errors import shown
from actopo.points.choices import SAMPLINGS
from actopo.similarity.metrics.choices import METRICS

# The distances between this many points take 3 GB.
MAX_RIPS_POINTS = 20_000
# Measures in which a direction of a cloud counts however little it varies, so that its rounding errors do.
WHITENING = ("mean_cca", "pwcca")


def count_seeds(config):
    """Number of networks of the homology study."""
    return len(seed_list(config["models"][config["homology"]["model"]]["seeds"]))


def homology_problems(config, found, layers):
    """Messages about the study's clouds; `found` has the descriptions of the layers with these numbers."""
    homology, sampling = config["homology"], config["homology"]["sampling"]
    if SAMPLINGS[sampling].positions == "all":
        for layer in layers:
            rows, columns, _ = shape_at(found[layer], homology["tap"])
            n_points = homology["batch_size"] * rows * columns
            if n_points > MAX_RIPS_POINTS:
                yield (
                    f"homology.sampling: {sampling} has {n_points} points in {called(layer, found[layer])}, and "
                    f"Vietoris-Rips complexes of more than {MAX_RIPS_POINTS} do not fit; lower homology.batch_size or "
                    "list later homology.layers"
                )
                break
        if homology["points_per_image"] != 1:
            what = f"has no meaning for sampling {sampling}, which takes every position; leave it 1"
            yield f"homology.points_per_image: {what}"
    elif (n_points := homology["batch_size"] * homology["points_per_image"]) > MAX_RIPS_POINTS:
        yield (
            f"homology.points_per_image: a cloud has {n_points} points, and Vietoris-Rips complexes of more than "
            f"{MAX_RIPS_POINTS} do not fit; lower it or homology.batch_size"
        )
    if count_seeds(config) > 1 and len(layers) < 3:
        yield "homology.layers: specificity correlates distances between layers; list 3 or more, or train one seed"


def similarity_problems(config, found, layers):
    """Messages about sensitivity and other measures of similarity; arguments as in `homology_problems`."""
    similarity, homology = config["similarity"], config["homology"]
    wanted = (similarity["sensitivity"] or {"layers": "all"})["layers"]
    if wanted != "all" and not set(wanted) <= set(layers):
        missing = [layer for layer in wanted if layer not in layers]
        yield (
            f"similarity.sensitivity.layers: {shown(missing)} are not among homology.layers {shown(layers)}; list some "
            "of those, or all"
        )
    metrics, path = similarity["rivals"]["metrics"], "similarity.rivals.metrics"
    counting = [metric for metric in metrics if metric in WHITENING]
    rounded = "homology" in config["activations"]["keep"] and config["activations"]["precision"] == "half"
    if counting and rounded and (count_seeds(config) > 1 or compared_networks(config)):
        yield (
            f"{path}: {', '.join(counting)} count the rounding errors of half precision as directions of a cloud; set "
            "activations.precision to single, leave homology out of activations.keep, or remove them"
        )
    if count_seeds(config) == 1 or not metrics:
        return
    if SAMPLINGS[homology["sampling"]].positions == "all":
        full = homology["sampling"]
        yield f"{path}: layers have different numbers of positions, so sampling {full} pairs no rows; write []"
        return
    # Means over positions have one point an image.
    pooled = "pooled" in similarity["rivals"]["clouds"] and homology["points_per_image"] > 1
    n_points = homology["batch_size"] * (1 if pooled else homology["points_per_image"])
    which = " in a pooled cloud" if pooled else ""
    remedy = f"raise homology.batch_size{', leave pooled out of similarity.rivals.clouds,' if pooled else ''} or remove"
    for metric in metrics:
        if n_points < METRICS[metric].min_points:
            needed = METRICS[metric].min_points
            yield f"{path}: {metric} needs {needed} points or more{which}; {remedy} it"
    n_channels = {layer: shape_at(found[layer], homology["tap"])[2] for layer in layers}
    wide = [layer for layer in layers if n_channels[layer] >= n_points]
    ranked = [metric for metric in metrics if METRICS[metric].needs_rank]
    if ranked and wide:
        yield (
            f"{path}: {', '.join(ranked)} need more points than channels, and {called(wide[0], found[wide[0]])} has "
            f"{n_channels[wide[0]]} channels to {n_points} points{which}; {remedy} them"
        )
