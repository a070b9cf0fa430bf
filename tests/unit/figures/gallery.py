"""
Every figure at the ends of what runs have: few and many classes and layers, long and odd names, empty graphs.

`make_gallery(folder)` writes them as PNG, so that each can be looked at; from the folder of the repository:
`PYTHONPATH=workflow/scripts:tests python -m unit.figures.gallery FOLDER [PART OF A NAME]`.

The full product of classes, names, layers and graphs would be a thousand figures. Each figure is drawn as large as a
run may make it, as small, and once or twice between, and what a figure does not depend on is not varied: class counts
and names only where classes are shown.
"""

import sys
from itertools import combinations, pairwise, product
from pathlib import Path

import numpy as np
import pandas as pd
from actopo.figures import (
    all_eps,
    branching,
    calibration,
    controls,
    epoch_purity,
    epochs,
    eps_choice,
    foreground,
    graph_comparisons,
    graph_flow,
    layer_distances,
    layer_matrix,
    mapper_graphs,
    metrics,
    nested_circles,
    network_pair,
    node_colours,
    noise,
    power,
    purity,
    sensitivity,
    specificity,
    stability,
    style,
    texts,
    training,
    variance_budget,
    vietoris_rips,
)
from actopo.figures import diagrams as diagram_figure
from actopo.graphs import eps_profile
from actopo.graphs.branching import merge_levels
from actopo.mapper.all_eps import AllEps
from actopo.mapper.covers import IntervalCover

from unit.figures import examples

SAMPLINGS = ["foreground_1", "foreground_5", "background_1", "background_5", "matched_1", "central_1", "random"]


def names_of(n, kind="short"):
    """Names of `n` classes: short, long as those of ImageNet, or odd."""
    if kind == "short":
        return [f"class {index}" for index in range(n)]
    if kind == "odd":
        return [*examples.ODD_NAMES, "a\tb", "a\x01b"][:n]
    breed = "of long-haired hunting dogs, Canis familiaris"
    return [f"n0{2085620 + 97 * index} breed {index} {breed}" for index in range(n)]


def graph_of(names, n_nodes, seed=0, singles=0):
    """Tree with some cycles whose nodes hold one to three classes, small ones besides large ones, and single nodes."""
    rng = np.random.default_rng(seed)
    nodes = []
    for index in range(n_nodes + singles):
        size = int(np.ceil(3000 * rng.random() ** 4)) + 1
        held = rng.choice(len(names), min(len(names), int(rng.integers(1, 4))), replace=False)
        share = rng.multinomial(size, rng.dirichlet(np.ones(len(held))))
        composition = {names[place]: int(count) for place, count in zip(held, share, strict=True) if count}
        nodes.append({"id": index, "size": size, "composition": composition, "lens_mean": float(index + rng.random())})
    links = [(int(rng.integers(max(0, index - 6), index)), index) for index in range(1, n_nodes)]
    links += [(index, index + 5) for index in range(0, n_nodes - 5, 7)]
    links = [{"source": a, "target": b, "shared": int(rng.integers(1, 200))} for a, b in sorted(set(links))]
    return {"graph": {"eps": 1.25}, "nodes": nodes, "links": links}


def levels_of(n, seed=0):
    """Merge levels of `n` classes that leave a trunk one after the other, and of one in a component of its own."""
    rng, last = np.random.default_rng(seed), n - 1
    edges = [*pairwise(range(last)), *((index, last + index) for index in range(last))]
    lens = np.concatenate([np.arange(last), np.arange(last) + rng.uniform(0.5, 5, last), [n / 2]])
    order = rng.permutation(n)
    trunk = np.triu(np.ones((last, n), dtype=bool))
    trunk[:, -1] = False
    return merge_levels(edges, lens, np.concatenate([trunk, np.eye(n, dtype=bool)])[:, order])


def agreement_of(samplings, layers):
    rng = np.random.default_rng(2)
    rows = [
        (*a, *b, rng.choice([rng.uniform(-1, 1), np.nan], p=[0.9, 0.1]), rng.choice([0.01, 0.5]), rng.integers(3, 11))
        for a, b in combinations(product(samplings, layers), 2)
    ]
    return pd.DataFrame(rows, columns=[*branching.AGREEMENT_COLUMNS, "n_classes"])


def flows_of(names, n_nodes, top=40):
    rng = np.random.default_rng(3)
    mass = rng.exponential(size=top)
    flows = rng.integers(0, n_nodes + 1, top), rng.integers(0, n_nodes + 1, top), np.sort(mass)[::-1] / mass.sum()
    return flows, tuple(graph_of(names, n_nodes, seed) for seed in (1, 2))


def graph_distances(samplings, layers, seeds=1):
    rng = np.random.default_rng(3)
    table = pd.DataFrame(
        [(name, *pair) for name in samplings for pair in pairwise(layers)], columns=graph_flow.COLUMNS[:3]
    )
    table["distance"], table["p"] = rng.uniform(0.2, 0.9, len(table)), rng.choice([0.01, 0.5], len(table))
    table["chance_low"], table["chance_high"] = table.distance + 0.01, table.distance + 0.05
    return table


def purity_of(samplings, layers):
    table, rng = {}, np.random.default_rng(1)
    for name in samplings:
        values = {key: rng.uniform(0.1, 0.9, len(layers)) for key in ("node_purity", "class_purity", "coverage")}
        values |= {key: rng.uniform(0.4, 0.9, len(layers)) for key in ("majority_share", "entropy")}
        for key in purity.NULLS:
            values |= {f"{key}_low": np.full(len(layers), 0.26), f"{key}_high": np.full(len(layers), 0.28)}
            values |= {f"{key}_p": rng.choice([0.01, 0.3], len(layers))}
        table[name] = {"layers": layers, **values}
    return table


def eps_tables(names, n_points=400):
    rng = np.random.default_rng(6)
    labels, length = rng.integers(0, len(names), n_points), rng.uniform(0, 10, n_points)
    angles = 2 * np.pi / len(names) * labels
    points = length[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points += rng.normal(scale=0.1, size=points.shape)
    every = AllEps(points, np.linalg.norm(points, axis=1), IntervalCover(6), min_samples=min(5, n_points // 4))
    table = eps_profile.profile(every, np.geomspace(0.1, 20, 25), labels)
    return table.assign(in_plateau=table.eps.between(0.6, 3)), *eps_profile.persistent_segments(every, labels, names)


def eps_curves(samplings, layers, n_points):
    rng, rules = np.random.default_rng(5), ["knee", "median", "stable", "fixed"]
    curves = []
    for index, (sampling, layer) in enumerate(product(samplings, layers)):
        values = rng.exponential(size=n_points)
        curve = {"sampling": sampling, "layer": layer, "distances": values, "eps": float(np.median(values))}
        curves.append(curve | {"rule": rules[index % len(rules)], "noise_share": 0.0123})
    return curves


def foreground_arrays(names, layers, height=12, width=12, positions=5):
    rng, k = np.random.default_rng(0), len(names)
    images = rng.integers(256, size=(k, height, width, 3), dtype=np.uint8)
    masks = np.zeros((k, height, width), dtype=bool)
    masks[:, 2:7, 3:9] = True
    weights = {layer: rng.uniform(1, 5, (k, 8, 8)) for layer in layers}
    chosen = {layer: rng.integers(0, 8, (k, positions, 2)) for layer in layers}
    return images, masks, weights, chosen, names


def calibration_tables(layers, kinds=("gaussian", "class_gaussian")):
    rng = np.random.default_rng(0)
    pairs = [(a, b, scale) for a in layers for b in layers if a <= b for scale in ("own", "equal")]
    table = pd.DataFrame(pairs, columns=["layer_a", "layer_b", "scale"])
    return {
        kind: table.assign(ratio=rng.uniform(0.3, 9, len(table)), q_value=rng.random(len(table)) / 5, draws=99)
        for kind in kinds
    }


def budget_of(layers):
    terms = dict.fromkeys(variance_budget.COLOURS, 1.0) | {"seed_and_images": -0.5, "total": 4.5}
    rows = [(a, b, term, value) for a in layers for b in layers if a <= b for term, value in terms.items()]
    return pd.DataFrame(rows, columns=["layer_a", "layer_b", "term", "value"]).assign(low=np.nan, high=np.nan)


def stability_of(n_eps=2, overlaps=(0.2, 0.3, 0.5), n=12):
    rng = np.random.default_rng(4)

    def invariants(size):
        counts = {key: rng.integers(1, 4, size) for key in ("n_nodes", "n_components")}
        return counts | {"n_cycles": np.zeros(size, dtype=int), "node_purity": rng.random(size)}

    eps = 0.5 * 2.0 ** np.arange(n_eps)
    grid = pd.DataFrame(product([10, 20, 40], overlaps, eps), columns=stability.PARAMETERS)
    groups = ["fixed", "anew"]
    return grid.assign(**invariants(len(grid))), pd.DataFrame({"eps_choice": groups * n, **invariants(2 * n)})


def diagrams_of(n_layers, points):
    rng = np.random.default_rng(1)
    found = []
    for scale in np.geomspace(0.002, 90, n_layers):
        birth = scale * rng.uniform(0.6, 1.4, points // 3)
        h1 = np.column_stack([birth, birth * rng.uniform(1, 1.3, len(birth))])
        found.append({0: np.column_stack([np.zeros(points), scale * rng.uniform(0, 2, points)]), 1: h1})
    return found


def pictures_of(names, sigmas, shape=(8, 8, 3)):
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(len(names), *shape), dtype=np.uint8)
    return images, {sigma: images / 255 + sigma * rng.normal(size=images.shape) for sigma in sigmas}, names


def training_curves(n, epochs, tested=True):
    rng = np.random.default_rng(0)
    return [
        {
            "seed": seed,
            "loss": list(2.3 * 0.9 ** np.arange(epochs) * rng.uniform(0.9, 1.1)),
            "test_accuracy": 0.8 + 0.1 * rng.random() if tested else None,
        }
        for seed in range(n)
    ]


def epoch_table(layers, n_epochs, networks=True):
    rng, kept = np.random.default_rng(0), np.unique(np.geomspace(1, 100, n_epochs).round().astype(int)).tolist()
    rows = [
        {"epoch": epoch, "metric": "sw_h1", "statistic": statistic, "layer": str(layer), "value": rng.uniform(0, 3)}
        for epoch, layer, statistic in product(kept, [*layers, "mean"], ("distance", "relative"))
    ]
    tests = [("sw_h1", "rho"), ("sw_h1", "retrieval")] * networks + [("", "train_accuracy"), ("", "test_accuracy")]
    rows += [
        {"epoch": epoch, "metric": metric, "statistic": statistic, "layer": "mean", "value": rng.uniform(-0.2, 1)}
        for epoch, (metric, statistic) in product(kept, tests)
    ]
    table = pd.DataFrame(rows)
    table["low"], table["high"] = table.value - 0.1, table.value + 0.1
    ends = {"min": np.nan, "max": np.nan, "between_batches": 0.1, "between_networks": 2.0 if networks else np.nan}
    return table.assign(null_high=np.where(table.statistic == "rho", 0.3, np.nan), **ends)


def epoch_purities(samplings, layers, n_epochs):
    rng, kept = np.random.default_rng(0), np.unique(np.geomspace(1, 100, n_epochs).round().astype(int)).tolist()
    table = pd.DataFrame(product(samplings, layers, kept), columns=["sampling", "layer", "epoch"])
    table["node_purity"], table["node_purity_null_mean"] = rng.uniform(0.2, 0.8, len(table)), 0.2
    return table.assign(node_purity_low=table.node_purity - 0.1, node_purity_high=table.node_purity + 0.1)


def pair_table(measures, first, second):
    rng = np.random.default_rng(0)
    rows = [(measure, a, f"{a}", b, name) for measure in measures for a in first for b, name in second.items()]
    table = pd.DataFrame(rows, columns=network_pair.COLUMNS[:-2])
    chance = np.where(table.measure.str.startswith("sw"), np.nan, 1)
    return table.assign(distance=rng.uniform(0, 2, len(table)), chance=chance)


def mapper_grid(rows, columns, names, n_nodes, singles=4):
    """Graphs of different sizes, one of them empty and one of a single node."""
    grid = [
        [graph_of(names, max(2, n_nodes // (1 + i + j)), 10 * i + j, singles) for j in range(len(columns))]
        for i in range(len(rows))
    ]
    if len(columns) > 2:
        grid[0][1], grid[0][2] = examples.EMPTY, graph_of(names, 1)
    return mapper_graphs.plot(grid, rows, columns, names)


def one_graph(graph, names, columns=(16,)):
    return mapper_graphs.plot([[graph]], ["random"], list(columns), names)


SIX = [0, 3, 8, 12, 14, 16]
# Outputs of modules have names.
OUTPUTS = {10_001: "features.denseblock4.denselayer16", 10_002: "layer3.1", 10_003: "inception5b"}
MODULES = [4, *OUTPUTS, 12, 16]
BLOCKS = {10_000 + n: f"vit.encoder.layers.encoder_layer_{n}.mlp" for n in range(24)}


def _of_classes(n, kind, layers, samplings, layer_names=None):
    """Figures that show classes."""
    names = names_of(n, kind)
    pair = [f"{samplings[-1]}, {texts.layer_title(layer, layer_names)}" for layer in (layers * 2)[:2]]
    columns = [(layer_names or {}).get(layer, layer) for layer in layers]
    # More graphs take long to draw; `test_branching` has 36.
    agreement = agreement_of(samplings[:3], layers) if len(samplings) * len(layers) > 1 else None
    levels = {layer: levels_of(n, seed) for seed, layer in enumerate(layers)}
    pairs = graph_distances(samplings, layers if len(layers) > 1 else [4, 8])
    flowing = flows_of(names, 14)
    shown = names[: min(n, 4)]
    return {
        "all_eps": lambda: all_eps.plot(*eps_tables(names), 0.4, {"rule": "stable", "knee": 0.2}),
        "branching": lambda: branching.plot(levels, names, agreement, layer_names=layer_names, sampling=samplings[0]),
        "foreground": lambda: foreground.plot(*foreground_arrays(shown, layers[:3]), "a note", layer_names),
        "graph_flow": lambda: graph_flow.plot(
            pairs, *flowing, pair, names, "distance of memberships", layer_names=layer_names
        ),
        "mapper_graphs": lambda: mapper_grid(samplings, columns, names, 40),
        "noise": lambda: noise.plot(*pictures_of(shown, (0.1, 0.5))),
        "purity": lambda: purity.plot(purity_of(samplings, layers), names[0], n, layer_names=layer_names),
    }


def _of_layers(layers, names=None):
    """Figures that show layers."""
    rng = np.random.default_rng(0)
    n = len(layers)
    first, second = rng.uniform(0.001, 2, (2, n, n))
    cv = rng.uniform(0, 1.414, (n, n))
    rho = rng.uniform(-0.97, 1, n)
    curves = examples.curves_of(layers=dict.fromkeys(layers, 64))
    return {
        "calibration": lambda: calibration.plot(calibration_tables(layers), layers, "H1", layer_names=names),
        "diagrams": lambda: diagram_figure.plot(diagrams_of(n, 60), layers, names),
        "eps_choice": lambda: eps_choice.plot(eps_curves(SAMPLINGS[-2:], layers, 50), names),
        "epochs": lambda: epochs.plot(epoch_table(layers, 2 * n, n > 1), layers, 1, names),
        "epoch_purity": lambda: epoch_purity.plot(epoch_purities(SAMPLINGS[:n], layers, 2 * n), layers, names),
        "layer_matrix": lambda: layer_matrix.plot(first, [(names or {}).get(n, n) for n in layers], title="accuracy"),
        "layer_distances": lambda: layer_distances.plot(first, cv, layers, "H1", 3, names),
        "sensitivity": lambda: sensitivity.plot(curves, examples.detection_of(curves), order=layers, layer_names=names),
        "specificity": lambda: specificity.plot(first, second, layers, layers[n // 2], (0, 1), rho, layer_names=names),
        "variance_budget": lambda: variance_budget.plot(budget_of(layers), layers, "H1", names),
    }


def _of_metrics(names, n_layers, layer_names=None):
    def draw_metrics():
        distances, tests, curves, *_ = examples.comparison(names)
        # A measure that does not change until most is removed.
        curves.loc[(curves.metric == names[-1]) & (curves.fraction < 0.4), "distance"] *= 1e-12
        detection = examples.detection_of(curves)
        return metrics.plot(distances, tests, curves, detection, range(5), layer_names=layer_names)

    def draw_controls():
        shown = list(controls.CLOUDS) if len(names) > 1 else ["trained"]
        places = {kind: place for place, kind in enumerate(controls.CLOUDS)}
        kinds = {kind: examples.specificity_of((kind,), n_layers, places[kind]) for kind in shown}
        return controls.plot(kinds, layer_names=layer_names)

    return {"metrics": draw_metrics, "controls": draw_controls}


ONE_NODE = graph_of(names_of(2), 1)
# With as many panels as layers, which are slow to draw.
LARGE = ("diagrams", "sensitivity", "eps_choice")
FIGURES = {
    **{f"{name}, 2 classes, 1 layer": draw for name, draw in _of_classes(2, "short", [16], ["random"]).items()},
    **{f"{name}, 10 odd names": draw for name, draw in _of_classes(10, "odd", SIX[:2], SAMPLINGS[-2:]).items()},
    **{
        f"{name}, 25 long names, 6 layers": draw
        for name, draw in _of_classes(25, "long", MODULES, SAMPLINGS, OUTPUTS).items()
    },
    **{
        f"{name}, 100 classes": draw
        for name, draw in _of_classes(100, "long", [16], ["random"]).items()
        if name not in ("foreground", "noise")
    },
    **{f"{name}, 1 layer": draw for name, draw in _of_layers([8]).items()},
    **{f"{name}, 6 layers": draw for name, draw in _of_layers(SIX).items()},
    **{f"{name}, one": draw for name, draw in _of_metrics(("sw_h1",), 5).items()},
    **{f"{name}, many": draw for name, draw in _of_metrics(examples.ALL_METRICS[:8], 5).items()},
    **{f"{name}, outputs of modules": draw for name, draw in _of_layers(MODULES, OUTPUTS).items()},
    **{f"{name}, 24 blocks": draw for name, draw in _of_layers(list(BLOCKS), BLOCKS).items() if name not in LARGE},
    **{
        f"{name}, blocks": draw
        for name, draw in _of_metrics(examples.ALL_METRICS[:8], 5, dict(enumerate(BLOCKS.values()))).items()
    },
    **{
        f"{name}, 17 layers": draw
        for name, draw in _of_classes(3, "short", list(range(17)), ["random"]).items()
        if name in ("mapper_graphs", "graph_flow", "purity")
    },
    "all_eps, 12 points": lambda: all_eps.plot(*eps_tables(names_of(2), 12), 0.4, {"rule": "knee"}),
    "diagrams, empty": lambda: diagram_figure.plot([{0: [], 1: []}], [16]),
    "diagrams, the last without H1": lambda: diagram_figure.plot(
        [*diagrams_of(2, 60), {0: [[0, 1]], 1: []}], [0, 8, 16]
    ),
    "diagrams, 3 points": lambda: diagram_figure.plot(diagrams_of(2, 3), [8, 16]),
    "eps_choice, 1 point": lambda: eps_choice.plot(eps_curves(["random"], [16], 1)),
    "eps_choice, 12345 points": lambda: eps_choice.plot(eps_curves(["full"], SIX, 12_345)),
    "graph_comparisons, 2 samplings": lambda: graph_comparisons.plot(examples.comparisons(("random", "full"))),
    "graph_comparisons, 7 samplings": lambda: graph_comparisons.plot(examples.comparisons(SAMPLINGS)),
    "graph_comparisons, outputs of modules": lambda: graph_comparisons.plot(
        examples.comparisons(SAMPLINGS[-2:]).replace({"layer": {8: 10_001}}), [16, 10_001], OUTPUTS
    ),
    "graph_flow, single nodes": lambda: graph_flow.plot(
        graph_distances(["random"], [4, 8]), ([0], [0], [1.0]), (ONE_NODE, ONE_NODE), ("4", "8"), names_of(2)
    ),
    "mapper_graphs, empty": lambda: one_graph(examples.EMPTY, names_of(2)),
    "mapper_graphs, single node": lambda: one_graph(ONE_NODE, names_of(2)),
    "mapper_graphs, 400 nodes": lambda: one_graph(graph_of(names_of(10), 400, singles=60), names_of(10)),
    "mapper_graphs, 60 single nodes": lambda: one_graph(graph_of(names_of(10), 1, singles=60), names_of(10)),
    "mapper_graphs, by lens": lambda: one_graph(
        node_colours.by_lens(graph_of(names_of(10), 40)), list(node_colours.LENS_RANGES)
    ),
    "network_pair, one": lambda: network_pair.plot(pair_table(["sw_h1"], [0], {3: "3"}), ["a", "b"]),
    "network_pair, many": lambda: network_pair.plot(
        pair_table([*examples.ALL_METRICS[:4], "graphs"], range(17), OUTPUTS),
        ["resnet18_cifar_of_width_64", "timm:" * 8],
    ),
    "nested_circles": lambda: nested_circles.plot(*nested_circles.nested_circles()),
    "power": lambda: power.plot(examples.power_of()),
    "specificity, undefined": lambda: specificity.plot(*np.zeros((2, 6, 6)), SIX, 8, (0, 1), [np.nan] * 6),
    "stability, 1 cell": lambda: stability.plot(*stability_of(1, (0.3,), 1), None, "eps_choice", "relative ε"),
    "stability, 4 eps": lambda: stability.plot(*stability_of(4), (20, 0.3, 1.0), "eps_choice", "relative ε"),
    "training, 1 epoch": lambda: training.plot(training_curves(1, 1, tested=False), "small"),
    "training, 100 seeds": lambda: training.plot(training_curves(100, 20), "a_name_" * 20),
    "variance_budget, 17 layers": lambda: variance_budget.plot(budget_of(range(17)), range(17), "H0"),
    "vietoris_rips": lambda: vietoris_rips.plot(*examples.circle()),
}


def make_gallery(folder, part=""):
    """
    Write the figures whose names contain `part` as PNG.

    Parameters
    ----------
    folder : str or Path
        Where to; it is made if need be.
    part : str, default ''
        Part of the names.

    Returns
    -------
    list of Path
        The files.
    """
    folder, paths = Path(folder), []
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in FIGURES.items():
        if part in name:
            paths.append(folder / (name.replace(" ", "_").replace(",", "") + ".png"))
            paths[-1].write_bytes(style.figure_bytes(draw(), "png", dpi=150))
    return paths


if __name__ == "__main__":
    print(*make_gallery(*sys.argv[1:]), sep="\n")
