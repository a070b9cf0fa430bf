"""Checks of the mapper study of a configuration; its lens, labels and new images have modules of their own."""

from collections import Counter
from difflib import get_close_matches
from pathlib import Path

from actopo.config.values import sampling_order, seed_list
from actopo.errors import InputError, shown
from actopo.images.class_folders import open_source
from actopo.mapper.choices import DBSCAN_NAME
from actopo.points.choices import DEEPLAB_WEIGHTS, MASKS, SAMPLINGS


def mapper_problems(mapper, models, layers):
    """Messages about seeds, samplings and graphs of the study, which reads the layers with these numbers."""
    known = seed_list(models[mapper["model"]]["seeds"])
    if missing := [seed for seed in seed_list(mapper["seeds"]) if seed not in known]:
        what = f"add them there, or list some of those: {shown(known)}"
        yield f"mapper.seeds: {shown(missing)} are not among models.{mapper['model']}.seeds; {what}"
    samplings = sampling_order(mapper["samplings"])
    if not samplings:
        yield "mapper.samplings: all are null; keep at least one"
    elif mapper["noise"]["sigmas"]:
        yield from _noise(mapper, samplings, layers)
    yield from _stability(mapper, samplings, layers)
    if mapper["eps"] == "stable" and mapper["clusterer"] == DBSCAN_NAME and mapper["all_eps"] is None:
        yield "mapper.eps: stable looks among the values of mapper.all_eps, which is null; give its keys, or take knee"
    low, high = (mapper["all_eps"] or {"quantiles": (0, 1)})["quantiles"]
    if not low < high:
        yield f"mapper.all_eps.quantiles: no eps is between {low} and {high}; write the smaller one first: [0.25, 1]"
    for keys in (("confidence", "jaccard"), ("noise", "sigmas")):
        shown_as = Counter(f"{number:g}" for number in mapper[keys[0]][keys[1]])
        if alike := [name for name, count in shown_as.items() if count > 1]:
            yield f"mapper.{'.'.join(keys)}: tables and figures show several numbers as {alike[0]}; keep one of them"
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
        what = "all of them are null in mapper.samplings" if wanted else "none is listed"
        yield f"mapper.noise.samplings: {what}; list some of {shown(list(samplings))}, or set mapper.noise.sigmas to []"


def _stability(mapper, samplings, layers):
    graphs = {name: wanted for name, wanted in dict(mapper["stability"]["graphs"]).items() if wanted}
    for name, wanted in graphs.items():
        missing = [layer for layer in wanted if layer not in layers]
        if name not in mapper["samplings"]:
            near = get_close_matches(name, samplings, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has the samplings {shown(list(samplings))}."
            yield f"mapper.stability.graphs.{name}: it is not in the mapper study; {hint} Or set it to []"
        elif missing:
            of = f"in the mapper study, which has layers {shown(layers)}; list some of those, or set it to []"
            yield f"mapper.stability.graphs.{name}: layers {shown(missing)} are not {of}"
    if mapper["clusterer"] != DBSCAN_NAME and graphs:
        names = ", ".join(graphs)
        yield f"mapper.stability.graphs: it varies DBSCAN's eps, and mapper.clusterer is another; set {names} to []"


def mask_problems(config):
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
