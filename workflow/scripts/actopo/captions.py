"""
What this run found and what the paper saw, in a few sentences for each figure of the report.

Numbers are those of `summary.json`; the findings of Purvine et al. (AAAI 2023) are those of its text. Texts are
reStructuredText, which the captions of the report include.
"""

import re
from math import isclose, isnan

from actopo.figures.choices import TESTED_CLOUDS
from actopo.keys import FIRST_OUTPUT
from actopo.similarity.choices import CLOUDS
from actopo.similarity.metrics.choices import LABELS

# What the paper saw, by figure; the others are not in it.
PAPER = {
    "layer_distances": "for H1, all coefficients of variation are below 0.17",
    "specificity": "ρ is 0.907 at layer 9 and 0.910 on average over layers, for H1 and 100 networks",
    "sensitivity": "many of the smallest components can go before the distance shows it",
    "mapper_graphs": "graphs of deep layers are a mixed trunk that ends in branches of few classes",
    "purity": "the graphs of foreground activations are purer than those of random ones",
}
# The mean over layers of rho, with its own layer: with the first network as the reference, and over all pairs.
HEADLINE, ALL_PAIRS = (f"rho, pearson, with own layer, {models} reference" for models in ("fixed", "all"))
COMPONENTS = ("smallest", "largest", "random")
NAMES = ("training", "layer_distances", "specificity", "controls", "sensitivity", "metrics")
NAMES += ("mapper_graphs", "noisy_graphs", "purity", "eps_choice", "foreground")


def captions(summary, dimension=1, sensitivity_layers=None):
    """
    Texts for the captions of a run's figures.

    Parameters
    ----------
    summary : dict
        What `summary.json` holds: `homology` and `mapper`, as `actopo.summary` returns them, and `layer_names`, of
        each model.
    dimension : int, default 1
        Homology dimension of the figures.
    sensitivity_layers : sequence of int, optional
        Layers whose sensitivity is drawn; by default all.

    Returns
    -------
    dict of str to str
        For each of `NAMES` the numbers of the run and what the paper saw; empty where there are neither.
    """
    homology, mapper, key = summary["homology"], summary["mapper"], f"h{dimension}"
    own, mapped = (_output_names(summary, study) for study in (homology, mapper))
    found = {
        "training": _accuracy(homology, mapper),
        "layer_distances": _variation(homology, key, own),
        "specificity": _specificity(homology, key),
        "controls": _controls(homology, key),
        "sensitivity": _sensitivity(homology, key, sensitivity_layers, own),
        "metrics": _metrics(homology),
        "mapper_graphs": _graphs(mapper["graphs"], ("n_nodes", "n_components", "n_cycles"), mapped),
        "noisy_graphs": _noisy(mapper["noisy_graphs"], mapped),
        "purity": _graphs(mapper["graphs"], ("node_purity", "node_purity_null_high", "coverage"), mapped, False),
        "eps_choice": _graphs(mapper["graphs"], ("eps", "coverage"), mapped),
        "foreground": _foreground(mapper.get("foreground")),
    }
    return {name: _joined(found[name], PAPER.get(name)) for name in NAMES}


def _output_names(summary, study):
    """Names of the layers of a study that are outputs of modules, by their numbers as text; others are numbers."""
    names = summary.get("layer_names", {}).get(study["model"], {})
    return {layer: name for layer, name in names.items() if int(layer) >= FIRST_OUTPUT}


def _joined(found, paper):
    parts = [f"**In this run** {found}"] if found else []
    return "\n\n".join([*parts, *([f"**In the paper** {paper}."] if paper else [])])


def shown(value):
    """A number with three significant digits; a dash for none and for NaN."""
    if _is_missing(value):
        return "–"
    return (f"{value:.3g}" if value % 1 else f"{value:.0f}").replace("-", "−")


def _is_missing(value):
    return value is None or isnan(value)


def _interval(row):
    """Interval of a number, or its range over pairs, in brackets; empty where there is neither."""
    for low, high, word in (("low", "high", "interval "), ("min", "max", "over pairs ")):
        if not _is_missing(row.get(low)):
            return f" ({word}{shown(row[low])} to {shown(row[high])})"
    return ""


def _accuracy(homology, mapper):
    """Accuracy of each model; of one that both studies use, of the networks of that which uses more."""
    largest = {}
    for study in sorted((homology, mapper), key=lambda study: -len(study["test_accuracy"]["by_seed"])):
        largest.setdefault(study["model"], study["test_accuracy"])
    parts = []
    for model in dict.fromkeys((homology["model"], mapper["model"])):
        accuracy = largest[model]
        if not _is_missing(accuracy.get("mean")):
            n = len(accuracy["by_seed"])
            spread = f" ({shown(accuracy['min'])} to {shown(accuracy['max'])})" if n > 1 else ""
            networks = f"{n} networks" if n > 1 else "one network"
            parts.append(f"the test accuracy of ``{model}`` is {shown(accuracy['mean'])}{spread}, of {networks}")
    return f"{'; '.join(parts)}." if parts else ""


def _variation(homology, key, names):
    own = homology["layer_distances"].get(key)
    if own is None or own["max_cv"] is None:
        return ""
    first, second = (_escaped(names.get(str(layer), layer)) for layer in own["at_layers"])
    return (
        f"the largest coefficient of variation of {key.upper()} is {shown(own['max_cv'])}, between layers {first} and "
        f"{second}; the median is {shown(own['median_cv'])}, over {homology['batches']} batches."
    )


def _specificity(homology, key):
    own = homology["specificity"].get("trained", {}).get(key)
    if own is None or own["rho_mean"] is None:
        return ""
    row, at_nine = own["tests"][HEADLINE], own["rho_layer_9"]
    nine = "" if at_nine is None else f" and {shown(at_nine)} at layer 9"
    return (
        f"with the first network as A, ρ of {key.upper()} is {shown(own['rho_mean'])} on average over layers"
        f"{_interval(row)}{nine}, of {row['n_pairs'] + 1} networks; its upper limit for permuted layers is "
        f"{shown(row.get('null_high'))} (p = {shown(row.get('p_value'))})."
    )


def _controls(homology, key):
    """Those of the first panel of the figure: over all pairs of networks, if every kind of clouds has them."""
    kinds = {
        clouds: own[key] for clouds, own in homology["specificity"].items() if isinstance(own, dict) and key in own
    }
    over_all = all(ALL_PAIRS in own["tests"] for own in kinds.values())
    test, parts = ALL_PAIRS if over_all else HEADLINE, []
    for clouds, own in kinds.items():
        value = own["tests"][test]["value"]
        if value is None:
            continue
        less = own.get("trained_minus_control", {}).get(test)
        told = f", trained minus control {shown(less['difference'])}{_interval(less)}" if less else ""
        # On layers that have a scale, if others are left out of the control.
        trained = kinds["trained"]["tests"][test]["value"]
        if less and None not in (trained, less["trained"]) and not isclose(less["trained"], trained, abs_tol=1e-9):
            told += f", on the layers of this control, where trained networks have {shown(less['trained'])}"
        parts.append(f"{CLOUDS[clouds]} {shown(value)}{told}")
    pairs = "over all ordered pairs of networks" if over_all else "with the first network as the reference"
    return f"the mean ρ of {key.upper()} {pairs} is: {'; '.join(parts)}." if len(parts) > 1 else ""


def _sensitivity(homology, key, layers, names):
    found = {}
    for layer, kinds in homology.get("sensitivity", {}).get(f"sw_{key}", {}).items():
        firsts = {kind: own["mean"]["first"] for kind, own in kinds.items() if "mean" in own}
        if firsts and (layers is None or int(layer) in layers):
            found[names.get(layer, layer)] = firsts
    removed = [kind for kind in COMPONENTS if any(kind in firsts for firsts in found.values())]
    rows = [(layer, *(firsts.get(kind, "–") for kind in removed)) for layer, firsts in found.items()]
    what = "the distance first exceeds the mean of the baseline when this share of the components is removed"
    return f"{what}:\n\n{_table(('layer', *removed), rows)}" if rows else ""


def _metrics(homology):
    tests = ("rho_pearson", "retrieval", "ding")
    rows = [
        (LABELS[own["measure"]], TESTED_CLOUDS[own["clouds"]], *(shown(own[name]) for name in tests))
        for own in homology.get("metrics", {}).values()
    ]
    if not rows:
        return ""
    return f"the tests of specificity have:\n\n{_table(('measure', 'clouds', 'ρ', 'retrieval', 'Ding'), rows)}"


NUMBERS = {
    "n_nodes": "nodes",
    "n_components": "components",
    "n_cycles": "cycles",
    "node_purity": "node-wise purity",
    "node_purity_null_high": "permuted labels, upper limit",
    "coverage": "coverage",
    "eps": "eps",
}


def _over(graphs, shows_first=True):
    """How many graphs of networks and draws the means of a table are of, if they are of several."""
    n_graphs, n_networks = (max((own.get(name, 1) for own in graphs), default=1) for name in ("n_graphs", "n_networks"))
    if n_graphs == 1:
        return ""
    first = ", of which the figure shows those of the first network and draw" if shows_first else ""
    networks = "one network" if n_networks == 1 else f"{n_networks} networks"
    draws = ", and draws of the positions" if n_graphs > n_networks else ""
    return f", as means over up to {n_graphs} graphs ({networks}{draws}){first}"


def _graphs(graphs, names, layer_names, shows_first=True):
    rows = [
        ((sampling, layer_names.get(layer, layer)), own)
        for sampling, layers in graphs.items()
        for layer, own in layers.items()
    ]
    over = _over([own for _, own in rows], shows_first)
    return (
        f"graphs have{over}, by sampling and layer:\n\n{_measures(('sampling', 'layer'), rows, names)}" if rows else ""
    )


def _noisy(graphs, layer_names):
    rows = [
        ((sampling, sigma.removeprefix("sigma "), layer_names.get(layer, layer)), own)
        for sampling, sigmas in graphs.items()
        for sigma, layers in sigmas.items()
        for layer, own in layers.items()
    ]
    names = ("n_nodes", "node_purity", "coverage")
    over = _over([own for _, own in rows])
    return f"graphs of noisy images have{over}:\n\n{_measures(('sampling', 'σ', 'layer'), rows, names)}" if rows else ""


def _measures(header, rows, names):
    """A table of what is measured on graphs, without columns of measures that none of them has."""
    known = [name for name in names if not all(_is_missing(own.get(name)) for _, own in rows)]
    cells = [(*graph, *(shown(own.get(name)) for name in known)) for graph, own in rows]
    return _table((*header, *(NUMBERS[name] for name in known)), cells)


def _foreground(own):
    if own is None:
        return ""
    return (
        f"{shown(100 * own['no_foreground'])} % of {own['n_images']} images have no foreground, "
        f"and {shown(100 * own['foreground_pixels'])} % of all pixels are foreground."
    )


def _table(header, rows):
    """A table in reStructuredText, in whose cells no character is markup."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (header, *rows):
        lines += [f"   {' ' if k else '*'} - {_escaped(cell)}" for k, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


def _escaped(text):
    """A text in which no character is markup."""
    return re.sub(r"([^\w\s])", r"\\\1", str(text)).replace("_", "\\_")
