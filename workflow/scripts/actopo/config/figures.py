"""Checks of the choices for figures in a configuration."""

from actopo.config.homology import count_seeds
from actopo.errors import shown


def figure_problems(config, layers):
    """Messages about what figures show of the homology study, which reads the layers with these numbers."""
    figures, n_seeds = config["figures"], count_seeds(config)
    last, dimensions = max(figures["pair"]), config["homology"]["dimensions"]
    sensitivity = config["similarity"]["sensitivity"]
    # Without it nothing of it is drawn.
    drawn, measured = (figures["sensitivity_layers"], sensitivity["layers"]) if sensitivity else ("all", "all")
    if drawn != "all" and (missing := [layer for layer in drawn if layer not in layers]):
        yield (
            f"figures.sensitivity_layers: {shown(missing)} are not among homology.layers {shown(layers)}; list some of "
            "those, or all"
        )
    elif "all" not in (drawn, measured) and not set(drawn) & set(measured):
        yield "figures.sensitivity_layers: none is among similarity.sensitivity.layers; list some of those, or all"
    colours, labels = figures["graph_colours"], config["mapper"]["labels"]
    if colours not in ("classes", "lens") and labels.get(colours) is None:
        known = ", ".join(["classes", "lens", *(name for name in labels if labels[name] is not None)])
        yield f"figures.graph_colours: there is no {shown(colours)}; write one of {known}, or add it to mapper.labels"
    if 1 < n_seeds <= last:
        yield f"figures.pair: {figures['pair']} asks for position {last}; the {n_seeds} seeds have 0 to {n_seeds - 1}"
    if n_seeds > 1 and figures["row"] not in layers:
        yield f"figures.row: layer {figures['row']} is not among homology.layers {shown(layers)}; write one of those"
    if figures["dimension"] not in dimensions:
        known = f"homology.dimensions {dimensions}"
        yield f"figures.dimension: {figures['dimension']} is not among {known}; write one of those"
