"""Checks of the two networks of a configuration that are compared layer by layer."""

from functools import partial

from actopo.config.choosing import called, choose_layers, describe_layer, shape_at, tap_problem
from actopo.config.layers import model_layers, module_outputs
from actopo.config.lens import few_channels
from actopo.config.read_layers import unfit_layer
from actopo.config.values import compared_networks, drawn_networks, sampling_order
from actopo.errors import InputError, shown
from actopo.points.choices import SAMPLINGS, STUDIES
from actopo.similarity.metrics.choices import METRICS


def comparison_problems(config, layers, cache=None):
    """
    Messages about the networks that are compared.

    `layers` has the numbers of the layers that each study reads, and `cache` is as in `actopo.config.layers.layers_of`.
    """
    networks = compared_networks(config)
    if not networks:
        return
    names, sampling = [item["model"] for item in networks], config["comparison"]["sampling"]
    if names[0] == names[1]:
        yield f"comparison.networks: both are {names[0]}; name two of models, or see the specificity for seeds of one"
        return
    known, has_graphs = (
        sampling_order(config["mapper"]["samplings"]),
        [bool(item.get("graph_layers")) for item in networks],
    )
    if sampling is not None and sampling not in known:
        yield f"comparison.sampling: there is no sampling {shown(sampling)}; write one of {', '.join(known)}, or null"
        return
    if any(has_graphs) and not (all(has_graphs) and sampling):
        yield "comparison: graphs need a sampling and graph_layers of both networks; give all of them, or none"
        return
    n_points = config["homology"]["batch_size"]
    for metric in config["similarity"]["rivals"]["metrics"]:
        if n_points < METRICS[metric].min_points:
            yield f"comparison: {metric} needs {METRICS[metric].min_points} images; raise homology.batch_size"
    if SAMPLINGS[config["homology"]["sampling"]].positions == "all":
        yield f"comparison: homology.sampling {config['homology']['sampling']} has too many points; take a fixed number"
    for place, item in enumerate(networks):
        yield from _network_problems(config, f"comparison.networks[{place}]", item, layers, cache)


def _network_problems(config, path, item, layers, cache):
    """Messages about the layers and the tap of one of the networks."""
    name, drawn = item["model"], drawn_networks(config["mapper"])
    sampling = config["mapper"]["samplings"].get(config["comparison"]["sampling"]) or {}
    try:
        there, outputs = model_layers(config, name, cache), partial(module_outputs, config, name, cache)
        chosen = {
            "homology": choose_layers(item.get("layers", "all"), there, outputs),
            "mapper": choose_layers(item.get("graph_layers", []), there, outputs),
        }
    except InputError as error:
        yield f"{path}: {error}"
        return
    taps = {"homology": config["homology"]["tap"], "mapper": sampling.get("tap")}
    samplings = {
        "homology": ("homology", config["homology"]),
        "mapper": (f"mapper.samplings.{config['comparison']['sampling']}", sampling),
    }
    for study in STUDIES:
        if name != config[study]["model"]:
            continue
        missing = [layer for layer in chosen[study] if layer not in layers[study]]
        key = "layers" if study == "homology" else "graph_layers"
        if missing:
            yield (
                f"{path}.{key}: {name} is {study}.model, and layers {shown(missing)} are not among {study}.layers "
                f"{shown(layers[study])}; list some of those, or add them there"
            )
        if chosen[study] and item.get("tap") not in (None, taps[study]):
            yield f"{path}.tap: {name} is {study}.model, whose layers are read at {taps[study]}; remove it"
    # Of mapper.model, the tap of the sampling counts.
    is_drawn = chosen["mapper"] and name in drawn and name != config["mapper"]["model"]
    if is_drawn and item.get("tap") != drawn[name].get("tap"):
        yield f"{path}.tap: it is another than that of mapper.networks.{name}; give both the same"
    for study, own in chosen.items():
        for layer in own:
            described = describe_layer(layer, there, outputs)
            tap = item.get("tap") or taps[study]
            if problem := tap_problem(described, tap):
                yield f"{path}.tap: {called(layer, described)} {problem}"
                return
            key, drawn_by = samplings[study]
            if problem := unfit_layer(key, {**drawn_by, "tap": tap}, layer, described):
                yield f"{problem}, of network {name}"
                return
            if study == "mapper" and (problem := few_channels(config["mapper"], shape_at(described, tap)[2])):
                yield f"mapper.lens: {called(layer, described)} {problem}, of network {name}"
                return
