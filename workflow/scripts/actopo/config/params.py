"""
What a rule's params hold of the configuration: the keys that a result depends on, and no others.

A key that is not used beside the others is left out, one that is not given has its default, and of several ways to say
the same thing there is one. So Snakemake runs nothing again for a change that cannot change a result.
"""

from dataclasses import asdict

from actopo.digests import import_digest, network_digest, source_digest
from actopo.images.choices import DATASETS, NORMALISATIONS
from actopo.images.listing import parts_and_classes
from actopo.mapper.choices import DBSCAN_NAME, EPS_RULES, FUNCTION
from actopo.networks.recipe import Recipe
from actopo.points.choices import CENTRAL_SHARE

# Settings of samplings that a config need not give.
SAMPLING_DEFAULTS = {
    "points_per_image": 1,
    "cap": None,
    "replace": False,
    "exclude_border": False,
    "share": CENTRAL_SHARE,
}


def image_keys(data):
    """
    Keys of `data` that the images depend on, besides what lies in `data.root`.

    Parameters
    ----------
    data : dict
        The section of the configuration, with the `size` and `resize` of a model.

    Returns
    -------
    dict
        Arguments of `actopo.images.datasets.load_images` but for `root` and `limits`. The split's share is left out
        where the data have parts, and its seed where nothing is drawn either; names of classes are sorted, and left out
        if they are all there are; a published normalisation is given by its numbers.
    """
    known = DATASETS[data["dataset"]]
    # A limit refuses images, and changes none.
    kept = {key: value for key, value in data.items() if key not in ("root", "limits")}
    has_parts, class_names = known.has_parts, known.class_names
    if data["dataset"] == "image_folder":
        has_parts, class_names = parts_and_classes(data["root"], data["labelled"])
    if kept.pop("labelled") is False:
        kept["labelled"] = False
    if has_parts:
        del kept["test_share"]
    if kept["images_per_class"] is None and (has_parts or kept["test_share"] == 0):
        del kept["seed"]
    if kept["resize"] == kept["size"]:
        kept["resize"] = None
    if kept["classes"] is not None:
        kept["classes"] = None if set(kept["classes"]) == set(class_names or ()) else sorted(kept["classes"])
    if isinstance(kept["normalisation"], str):
        kept["normalisation"] = NORMALISATIONS.get(kept["normalisation"], kept["normalisation"])
    return kept


def structure_keys(network):
    """
    What decides a network's structure, wherever the user's file is.

    Parameters
    ----------
    network : dict
        As `actopo.config.layers.network_keys` returns it.

    Returns
    -------
    dict
        The same, with the name of the function and a digest of its code in the place of the file's path.
    """
    if "module" not in network:
        return network
    return {**network, "module": network["module"].rpartition(":")[2], "source": network_digest(network)}


def lens_keys(lenses):
    """
    What decides the values of lenses, wherever the user's file is.

    Parameters
    ----------
    lenses : list of (name, argument)
        As `actopo.mapper.choices.lens_list` returns them.

    Returns
    -------
    list of (name, argument)
        The same, with the name of a function and a digest of its code in the place of the file's path.
    """

    def content(of):
        file, _, function = of.rpartition(":")
        return [function, source_digest(file)]

    return [(name, content(of) if name == FUNCTION else of) for name, of in lenses]


def recipe_keys(training):
    """
    Keys of a recipe that the training depends on.

    Parameters
    ----------
    training : dict
        The section `training` of a model.

    Returns
    -------
    dict
        Arguments of `actopo.networks.recipe.Recipe`: all, but for those of the other schedule, the momentum where the
        optimizer has none, and the colour that shifts leave where there are none. Milestones are sorted, without those
        after the last epoch.
    """
    # What is kept on the way, and how a GPU is given its work, changes no training.
    others = ("keep", "keep_seeds", "cuda_graph")
    recipe = asdict(Recipe(**{key: value for key, value in training.items() if key not in others}))
    if recipe["schedule"] == "step":
        unused = ["peak_epoch"]
        recipe["milestones"] = sorted(epoch for epoch in recipe["milestones"] if epoch < recipe["epochs"])
    else:
        unused = ["milestones", "decay"]
    unused += ["momentum"] if recipe["optimizer"] == "adamw" else []
    unused += ["translate_fill"] if recipe["translate"] == 0 else []
    return {key: value for key, value in recipe.items() if key not in unused}


def sampling_keys(sampling):
    """
    Settings that draw the positions of a sampling, but for the one that samplings by masks share, `without`.

    Parameters
    ----------
    sampling : dict
        One of `mapper.samplings`.

    Returns
    -------
    dict
        `method` and `tap`, and the settings that differ from their defaults. How a cloud is thinned is left out where
        there is no `cap`.
    """
    kept = {key: value for key, value in sampling.items() if key != "without"}
    if kept.get("cap") is None:
        kept.pop("replace", None)
    return {key: value for key, value in kept.items() if SAMPLING_DEFAULTS.get(key, ...) != value}


def is_random(sampling):
    """Whether a sampling draws anything, be it between equal norms or weights."""
    return sampling["method"] != "full" or sampling.get("cap") is not None


def clusterer_keys(mapper):
    """
    Keys of `mapper` that the clusters of an interval depend on.

    Parameters
    ----------
    mapper : dict
        The section of the configuration.

    Returns
    -------
    dict
        Arguments of `actopo.mapper.clusterers.describe_clusterer`. Clusterers other than DBSCAN have parameters of
        their own, and `code` if they are no library's; an `eps` that is a number has no sensitivity, and only the rule
        `stable` tries values.
    """
    chosen = mapper["clusterer"]
    if chosen != DBSCAN_NAME:
        defaults = {"params": {}, "min_points": 1}
        chosen = {key: value for key, value in chosen.items() if defaults.get(key, ...) != value}
        if code := import_digest(chosen["path"]):
            chosen["code"] = code
        return {"clusterer": chosen, "eps": None, "min_samples": None}
    kept = {key: mapper[key] for key in ("eps", "min_samples", "clusterer")}
    if mapper["eps"] in EPS_RULES:
        kept["knee_sensitivity"] = mapper["knee_sensitivity"]
    if mapper["eps"] == "stable":
        kept["stable"] = {key: mapper["all_eps"][key] for key in ("values", "quantiles")}
    return kept
