"""Data of the figures' tests, every figure drawn from such data, and what to read from a figure."""

from functools import cache
from itertools import combinations, product

import numpy as np
import pandas as pd
from actopo.figures import (
    all_eps,
    branching,
    controls,
    eps_choice,
    graph_comparisons,
    graph_flow,
    layer_distances,
    mapper_graphs,
    metrics,
    nested_circles,
    noise,
    power,
    purity,
    sensitivity,
    specificity,
    stability,
    style,
    training,
    vietoris_rips,
)
from actopo.figures import diagrams as gallery
from actopo.graphs import eps_profile
from actopo.graphs.branching import merge_levels
from actopo.graphs.distances import flow_table
from actopo.homology.diagrams import diagrams
from actopo.mapper.all_eps import AllEps
from actopo.mapper.covers import IntervalCover
from actopo.mapper.eps import choose_eps
from actopo.similarity.control_differences import control_table
from actopo.similarity.detection import detection_table
from actopo.similarity.sensitivity import curve_table, deletion_index
from actopo.similarity.specificity_table import specificity_table

FOUR_LAYERS = [0, 3, 8, 16]


# Names of classes as people may have them; "a\x01b" is one that they hardly have.
ODD_NAMES = [
    "$x",
    "$a$_b^c",
    "\\alpha$",
    "%",
    "<script>alert(1)</script>",
    "a -- b",
    "n" * 60,
    "_x",
    "中文",
    "👨‍👩‍👧",
    "שלום",
]


TEN_CLASSES = [f"class {index}" for index in range(10)]


def matrices(n=4, seed=0):
    first, second = np.random.default_rng(seed).uniform(1, 9, (2, n, n))
    return first + first.T, 3 * second


def make_graph(sizes, links, lens=None, compositions=None):
    nodes = [
        {
            "id": f"n{index}",
            "size": int(size),
            "composition": {TEN_CLASSES[index % 10]: int(size)} if compositions is None else compositions[index],
            "lens_mean": float(index if lens is None else lens[index]),
        }
        for index, size in enumerate(sizes)
    ]
    links = [{"source": f"n{a}", "target": f"n{b}", "shared": 1 + a} for a, b in links]
    return {"graph": {"eps": 1.25}, "nodes": nodes, "links": links}


def branched(n_branches=10, length=4, trunk=8):
    """Mixed trunk with pure branches at its end, in which branch b is the nodes of class b."""
    links = [(index, index + 1) for index in range(trunk - 1)]
    lens = list(range(trunk))
    compositions = [{label: 9 for label in TEN_CLASSES} for _ in range(trunk)]
    for branch in range(n_branches):
        for step in range(length):
            links.append((trunk - 1 if step == 0 else len(lens) - 1, len(lens)))
            lens.append(trunk + step)
            compositions.append({TEN_CLASSES[branch]: 20})
    return make_graph([sum(each.values()) for each in compositions], links, lens, compositions)


EMPTY = make_graph([], [])


CURVES = [{"seed": seed, "loss": [2.0, 1.0 + seed, 0.5], "test_accuracy": 0.8 + seed / 100} for seed in range(3)]


def plain_purity_table(layers=(16, 4, 8)):
    values = np.linspace(0.9, 0.2, len(layers))
    return {
        name: {"layers": layers, "node_purity": values, "class_purity": values / 2, "coverage": values / 3}
        for name in ("random", "full")
    }


NETWORK_FIGURES = {
    "layer_distances": lambda: layer_distances.plot(*matrices(), FOUR_LAYERS, "H1"),
    "specificity": lambda: specificity.plot(*matrices(), FOUR_LAYERS, 8, (0, 1), [0.9, 0.8, 0.7, 0.6], 0.75),
    "mapper_graphs": lambda: mapper_graphs.plot([[branched(), EMPTY]], ["random"], [16, 4], TEN_CLASSES),
    "plain purity": lambda: purity.plot(plain_purity_table()),
    "training": lambda: training.plot(CURVES, "small"),
}


LAYERS = [0, 8, 16]


CHANNELS = {0: 16, 8: 32, 16: 64}


def curves_of(names=("sw_h1",), layers=CHANNELS):
    """Curves that are the removed fraction, times 2 for random and 3 for the largest components."""
    index = deletion_index(layers)
    return curve_table(index, dict.fromkeys(names, index.fraction * index.components.map(FACTORS)))


FACTORS = {"smallest": 1, "random": 2, "largest": 3}


def detection_of(curves, baseline=(0.3, 0.5, 0.7)):
    levels = {metric: dict.fromkeys(curves.layer.unique(), baseline) for metric in curves.metric.unique()}
    return detection_table(curves, levels, quantile=0.75)


# Tables of so many metrics are computed, and those of more are copies of these.
MOST_COMPUTED = 3


@cache
def specificity_of(names, n_layers=5, shift=0.0):
    if len(names) > MOST_COMPUTED:
        few = specificity_of(names[:MOST_COMPUTED], n_layers, shift)
        copies = [
            few[few.metric == names[place % MOST_COMPUTED]].assign(metric=name) for place, name in enumerate(names)
        ]
        return pd.concat(copies, ignore_index=True)
    rng = np.random.default_rng(len(names))
    shape = np.abs(np.subtract.outer(np.arange(n_layers), np.arange(n_layers))) + shift
    blocks = {name: shape + rng.uniform(0, 1, (5, 5, n_layers, n_layers)) for name in names}
    draws = {"n_permutations": 20}
    return specificity_table(blocks, range(n_layers), [16] * 3 + [32] * (n_layers - 3), **draws)


def kinds(*names):
    return {name: specificity_of((name,), shift=place) for place, name in enumerate(names)}


def power_of(metrics=("sw_h0", "sw_h1"), layers=("mean", "8")):
    rng = np.random.default_rng(6)
    numbers = {"points": [125, 250, 1000], "directions": [10, 50, 400], "networks": [2, 5, 10]}
    statistics = [("rho", "pearson"), ("rho", "spearman"), ("floor", np.nan), ("detection", np.nan)]
    rows = [
        {**{name: values[-1] for name, values in numbers.items()}, "varied": varied, varied: number}
        | {"metric": metric, "statistic": statistic, "correlation": correlation, "layer": layer}
        for varied, values in numbers.items()
        for number, metric, (statistic, correlation), layer in product(values, metrics, statistics, layers)
    ]
    value = rng.uniform(0.3, 0.9, len(rows))
    return pd.DataFrame(rows).assign(value=value, low=value - 0.1, high=value + 0.05, n_draws=3)


def differences_of(name):
    rng = np.random.default_rng(0)
    first, second = np.abs(np.subtract.outer(np.arange(5), np.arange(5))) + rng.uniform(0, 1, (2, 5, 5, 5, 5))
    return control_table({name: first}, {name: {name: second}}, range(5), [16] * 3 + [32] * 2)


def comparison(names, layers=range(5)):
    rng = np.random.default_rng(0)
    curves = curves_of(names)
    distances = {name: rng.uniform(1, 2, (len(layers), len(layers))) for name in names}
    return [distances, specificity_of(tuple(names)), curves, detection_of(curves), list(layers)]


def clouds_diagrams(n=3, points=20):
    rng = np.random.default_rng(1)
    return [
        {0: np.column_stack([np.zeros(points), scale * rng.uniform(1, 2, points)]), 1: [[scale, 2 * scale]]}
        for scale in 10.0 ** np.arange(n)
    ]


@cache
def circle():
    points = vietoris_rips.noisy_circle()
    return points, diagrams([points])[0]


ALL_METRICS = tuple(metrics.LABELS)


HOMOLOGY_FIGURES = {
    "sensitivity": lambda: sensitivity.plot(curves_of(), detection_of(curves_of())),
    "sensitivity of 17 layers": lambda: sensitivity.plot(curves_of(layers=dict.fromkeys(range(17), 512))),
    "metrics": lambda: metrics.plot(*comparison(ALL_METRICS)),
    "3 metrics": lambda: metrics.plot(*comparison(ALL_METRICS[:3]), labels={"sw_h1": "a name of some length"}),
    "controls": lambda: controls.plot(kinds(*controls.CLOUDS)),
    "power": lambda: power.plot(power_of()),
    "controls with differences": lambda: controls.plot(kinds("trained", "scaled"), differences_of("scaled")),
    "undefined specificity": lambda: specificity.plot(*np.zeros((2, 4, 4)), FOUR_LAYERS, 8, (0, 1), [np.nan] * 4),
    "vietoris_rips": lambda: vietoris_rips.plot(*circle()),
    "diagrams": lambda: gallery.plot(clouds_diagrams(), LAYERS),
    "17 diagrams": lambda: gallery.plot(clouds_diagrams(1) * 17, range(17)),
}


def line_of(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return line


def texts_of(legend):
    return [text.get_text() for text in legend.get_texts()]


CLASSES = ["cat", "dog", "ship", "frog"]


SAMPLINGS = ["random", "full", "foreground top-1", "foreground top-5", "background top-1", "background top-5"]


def pictures():
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(2, 8, 6, 3), dtype=np.uint8)
    noisy = {sigma: images / 255 + sigma * rng.normal(size=images.shape) for sigma in (1.0, 0.1)}
    return images, noisy, ["cat", "dog"]


def purity_table(samplings=SAMPLINGS, layers=(16, 4, 8), optional=True):
    table, rng = {}, np.random.default_rng(1)
    for name in samplings:
        values = {key: rng.uniform(0.3, 0.9, len(layers)) for key in ("node_purity", "class_purity", "coverage")}
        if optional:
            values |= {key: rng.uniform(0.4, 0.9, len(layers)) for key in ("majority_share", "entropy")}
            values |= {"node_purity_low": np.full(len(layers), 0.26), "node_purity_high": np.full(len(layers), 0.28)}
        table[name] = {"layers": layers, **values}
    return table


def class_levels():
    """Cats and dogs part at 3, ships leave them at 1, frogs are alone."""
    edges = [(0, 1), (1, 2), (1, 3), (0, 4)]
    placed = np.eye(4, dtype=bool)[[2, 0, 0, 1, 2, 3]]
    return merge_levels(edges, [1.0, 3.0, 6.0, 5.0, 4.0, 2.0], placed)


def agreement_table(samplings=("random", "full"), layers=(16, 4)):
    graphs, rng = list(product(samplings, layers)), np.random.default_rng(2)
    rows = [(*a, *b, rng.uniform(-1, 1), rng.choice([0.01, 0.5])) for a, b in combinations(graphs, 2)]
    return pd.DataFrame(rows, columns=branching.AGREEMENT_COLUMNS)


def distances():
    rng = np.random.default_rng(3)
    rows = [(s, a, b, d, d + 0.1, d + 0.2) for s in SAMPLINGS[:2] for a, b in ((4, 8), (8, 16)) for d in rng.random(1)]
    return pd.DataFrame(rows, columns=graph_flow.COLUMNS)


def described(compositions, lens):
    return {"nodes": [{"composition": c, "lens_mean": x} for c, x in zip(compositions, lens, strict=True)], "links": []}


def flowing(classes=CLASSES):
    """Two nodes to two nodes, the last row and column for points in none."""
    cat, dog, ship = classes[:3]
    matrix = np.array([[0.3, 0.05, 0], [0, 0.4, 0.05], [0.2, 0, 0]])
    first = described([{cat: 5, dog: 3}, {dog: 9}], [2.0, 1.0])
    second = described([{ship: 4}, {cat: 1, dog: 3}], [1.0, 2.0])
    return flow_table(matrix, 4), (first, second)


def stability_tables():
    rng = np.random.default_rng(4)

    def invariants(n):
        counts = {key: rng.integers(1, 60, n) for key in ("n_nodes", "n_components", "n_cycles")}
        return {**counts, "node_purity": rng.random(n)}

    grid = pd.DataFrame(product([10, 20, 40], [0.2, 0.3], [1.5, 3.0]), columns=stability.PARAMETERS)
    return grid.assign(**invariants(12)), pd.DataFrame({"layer": [4, 16] * 6, **invariants(12)})


def all_eps_tables():
    """Profile, segments and branches of three lines that meet."""
    rng = np.random.default_rng(6)
    labels, length = rng.integers(0, 3, 900), rng.uniform(0, 10, 900)
    angles = 2 * np.pi / 3 * labels
    points = length[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1) + rng.normal(scale=0.1, size=(900, 2))
    every = AllEps(points, np.linalg.norm(points, axis=1), IntervalCover(8))
    table = eps_profile.profile(every, np.geomspace(0.1, 20, 25), labels)
    return table.assign(in_plateau=table.eps.between(0.6, 3)), *eps_profile.persistent_segments(every, labels, CLASSES)


def eps_curves():
    rng, curves = np.random.default_rng(5), []
    for sampling, layer in product(["random", "full"], [16, 8, 4]):
        values = rng.exponential(size=700)
        eps, details = choose_eps(values)
        curves.append({"sampling": sampling, "layer": layer, "distances": values, "eps": eps, "noise_share": 0.0123})
        curves[-1]["rule"] = details["rule"]
    return curves


EIGHT_SAMPLINGS = ["foreground_1", "foreground_5", "background_1", "background_5", "matched_1", "central_1"]
EIGHT_SAMPLINGS += ["random", "full"]


def comparisons(samplings=("random", "full")):
    """Graphs of noisy images, of every two samplings, and of two networks."""
    rows = [("noise", name, name, 16, sigma) for name in samplings for sigma in (1.0, 0.1)]
    rows += [("samplings", *pair, layer, 0.0) for pair in combinations(samplings, 2) for layer in (16, 8)]
    rows += [("networks", name, name, layer, 0.0) for name in samplings for layer in (16, 8)]
    table = pd.DataFrame(rows, columns=["kind", "sampling_a", "sampling_b", "layer", "sigma"])
    rng = np.random.default_rng(0)
    for name in ("distance", "branches_kept", "cycles_kept", "chance_low", "chance_high", "p"):
        table[name] = rng.uniform(0.1, 0.9, len(table))
    table["distance_low"], table["distance_high"] = table.distance - 0.05, table.distance + 0.1
    is_noise = table.kind == "noise"
    table["test_accuracy"] = np.where(is_noise, np.where(table.sigma == 1, 0.3, 0.8), np.nan)
    table["clean_accuracy"] = np.where(is_noise, 0.9, np.nan)
    return table


MAPPER_FIGURES = {
    "nested_circles": lambda: nested_circles.plot(*nested_circles.nested_circles()),
    "noise": lambda: noise.plot(*pictures()),
    "purity": lambda: purity.plot(purity_table(), "cat", 4),
    "branching": lambda: branching.plot({4: class_levels(), 16: class_levels()}, CLASSES, agreement_table()),
    "graph_flow": lambda: graph_flow.plot(distances(), *flowing(), ("layer 8", "layer 16"), CLASSES),
    "stability": lambda: stability.plot(*stability_tables(), used=(20, 0.3, 1.5)),
    "eps_choice": lambda: eps_choice.plot(eps_curves()),
    "all_eps": lambda: all_eps.plot(*all_eps_tables(), 0.4, {"rule": "stable", "knee": 0.2}),
    "comparisons": lambda: graph_comparisons.plot(comparisons()),
    "comparisons of 8 samplings": lambda: graph_comparisons.plot(comparisons(EIGHT_SAMPLINGS)),
}


FIGURES = NETWORK_FIGURES | HOMOLOGY_FIGURES | MAPPER_FIGURES


@cache
def drawn(name):
    figure = FIGURES[name]()
    # Labels and titles have no place until somebody asks for it.
    with style.context():
        figure.get_tightbbox()
    return figure


def collections(axes, kind):
    return [collection for collection in axes.collections if isinstance(collection, kind)]
