"""
Print the tables of docs/results.md from the tables of a run, with intervals or ranges.

    python docs/describe_results.py results/cifar10_cpu
"""

import argparse
import json
from pathlib import Path

import pandas as pd

METRIC = "sw_h1"
TESTS = (
    ("mean rho, Pearson, with m = l", {"statistic": "rho", "correlation": "pearson", "own_layer": "with"}),
    ("among layers of equal width", {"statistic": "rho_same_width", "correlation": "pearson", "own_layer": "with"}),
    ("Ding's criterion", {"statistic": "ding"}),
    ("layer retrieval", {"statistic": "retrieval"}),
)
GRAPH_NUMBERS = ("majority_share", "node_purity", "class_purity", "n_nodes", "n_components", "n_cycles", "coverage")


def chosen(table, **values):
    """Rows of a table that have some values."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table


def number(value, low=None, high=None, digits=3):
    """A number with its interval, or a dash."""
    if value is None or pd.isna(value):
        return "-"
    if low is None or pd.isna(low):
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def bounds(row):
    """Interval of a row of a table of tests, or the range over networks where there is none."""
    return (row.low, row.high) if pd.notna(row.low) else (row["min"], row["max"])


def print_table(title, header, rows):
    """Print a Markdown table."""
    print(f"\n{title}\n\n| {' | '.join(header)} |\n|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def print_specificity(folder, model):
    """Tests of specificity for networks and controls, and their nulls."""
    rows, header = [], ["clouds", *(name for name, _ in TESTS)]
    for path in sorted(folder.glob(f"{model}*/specificity.csv")):
        table = chosen(pd.read_csv(path), metric=METRIC, models="all", layer="mean")
        found = [chosen(table, **test).iloc[0] for _, test in TESTS]
        name = path.parent.name.removeprefix(model).replace(".", " ").strip() or "trained"
        rows.append([name, *(number(row.value, *bounds(row)) for row in found)])
        if name == "trained":
            for kind in ("null", "width_null"):
                nulls = [(row[f"{kind}_mean"], row[f"{kind}_high"]) for row in found]
                cells = (f"{number(mean)}, {number(high)}" for mean, high in nulls)
                rows.append([f"{kind} of the trained: mean, 95 %", *cells])
    print_table(f"Specificity, {METRIC}, all pairs of networks", header, rows)


def print_controls(folder, model):
    """Specificity of the trained networks less that of their controls, paired."""
    table = chosen(pd.read_csv(folder / model / "controls.csv"), metric=METRIC, models="all", layer="mean")
    rows = []
    for control in table.control.unique():
        found = [chosen(table, control=control, **test).iloc[0] for _, test in TESTS]
        rows.append([control, *(number(row.difference, *bounds(row)) for row in found)])
    print_table("Trained minus control, paired", ["control", *(name for name, _ in TESTS)], rows)


def print_sensitivity(folder, model):
    """Share of components whose removal is detected, over the networks that take their turn as reference."""
    table = pd.read_csv(folder / model / "sensitivity.csv")
    table = table[table.metric.isin([METRIC, "sw_h0"]) & table.threshold.isin(["mean", "floor_mean"])]
    rows = []
    for (metric, components, threshold), own in table.groupby(["metric", "components", "threshold"], sort=False):
        cells = []
        for _, row in own.iterrows():
            span = (row.low, row.high) if pd.notna(row.low) else (row.lowest_fraction, row.highest_fraction)
            first = "<= " if row.networks_censored and pd.notna(row.mean_fraction) else ""
            cells.append(
                f"{first}{number(row.mean_fraction, *span, digits=2)}, {row.networks_crossed:g} of {row.networks:g}"
            )
        rows.append([metric, components, threshold, *cells])
    layers = [f"layer {layer}" for layer in table.layer.unique()]
    print_table("Sensitivity: share removed at the first detection", ["distance", "removed", "against", *layers], rows)


def print_metrics(folder, model):
    """All measures of similarity."""
    table = pd.read_csv(folder / model / "metrics.csv")
    smallest = [name for name in table if name.startswith("smallest_layer")]
    header = [
        "measure",
        "clouds",
        "invariant to",
        "points",
        "rho, Pearson",
        "equal width",
        "Ding",
        "retrieval",
        "smallest",
    ]
    rows = [
        [row.measure, row.clouds, str(row.invariant_to), row.points]
        + [number(row.rho_pearson, row.rho_pearson_low, row.rho_pearson_high)]
        + [number(row[name]) for name in ("rho_pearson_same_width", "ding", "retrieval")]
        + [" / ".join(number(row[name], digits=2) for name in smallest)]
        for _, row in table.iterrows()
    ]
    print_table("All measures, the first network against the others", header, rows)


def print_calibration(folder, model):
    """Distances against those of surrogates."""
    rows = []
    for path in sorted((folder / model).glob("calibration.*.csv")):
        for (dimension, scale), own in pd.read_csv(path).groupby(["dimension", "scale"]):
            same = own[own.layer_a == own.layer_b]
            ratios = number(own[own.layer_a != own.layer_b].ratio.median()), number(same.ratio.median(), digits=1)
            found = f"{(same.q_value <= 0.05).sum()} of {len(same)}"
            rows.append([path.name.split(".")[1], dimension, scale, *ratios, found, number(own.p_value.min())])
    header = ["surrogates", "dimension", "scale", "other layers", "own layer", "own layers with q <= 0.05", "lowest p"]
    print_table("Observed over surrogate distance, medians", header, rows)


def print_budget(folder, model):
    """Terms of the variance budget between layers, and how much of a distance the debiased one keeps."""
    table = pd.read_csv(folder / model / "variance_budget.csv")
    rows = []
    for (dimension, term), own in table[table.layer_a != table.layer_b].groupby(["dimension", "term"], sort=False):
        rows.append([dimension, term, *(number(own.share.quantile(q), digits=2) for q in (0.5, 0.25, 0.75))])
    header = ["dimension", "term", "median share", "first quartile", "third quartile"]
    print_table("Variance budget over pairs of layers", header, rows)


def print_power(folder, model):
    """How the specificity, the floor and the detection depend on points, directions and networks."""
    table = pd.read_csv(folder / model / "power.csv")
    table = table[(table.layer == "mean") & (table.metric == METRIC) & (table.correlation != "spearman")]
    columns = ["varied", "points", "directions", "networks", "statistic"]
    rows = [[*map(str, row[columns]), number(row.value, row.low, row.high)] for _, row in table.iterrows()]
    print_table(f"Power, {METRIC}", [*columns, "value"], rows)


def print_graphs(folder):
    """Numbers of the mapper graphs, over networks and draws."""
    table = pd.read_csv(folder / "purity.csv", dtype={"sampling": str})
    for name in GRAPH_NUMBERS:
        rows = []
        for (sampling, sigma), own in table.groupby(["sampling", "sigma"], sort=False):
            own = own.set_index("layer")
            layers = {layer: own.loc[layer] for layer in own.index}
            cells = [
                number(
                    layers[n][name], layers[n][f"{name}_low"], layers[n][f"{name}_high"], 1 if name[:2] == "n_" else 3
                )
                if n in layers
                else ""
                for n in table.layer.unique()
            ]
            rows.append([f"{sampling}, sigma {sigma:g}" if sigma else sampling, *cells])
            if f"{name}_null_high" in table and not sigma:
                highest = [number(layers[n][f"{name}_null_high"]) if n in layers else "" for n in table.layer.unique()]
                rows.append([f"null of {sampling}, 97.5 %", *highest])
        kinds = ", ".join(sorted(set(table.interval)))
        title = f"{name}: {kinds} over {table.n_networks.max()} networks and {table.n_graphs.max()} graphs"
        print_table(title, ["sampling", *(f"layer {layer}" for layer in table.layer.unique())], rows)


# The tables of similarity, and what prints them.
PARTS = {
    print_specificity: "specificity.csv",
    print_controls: "controls.csv",
    print_sensitivity: "sensitivity.csv",
    print_metrics: "metrics.csv",
    print_calibration: "calibration.*.csv",
    print_budget: "variance_budget.csv",
    print_power: "power.csv",
}


def main():
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of the run")
    run = parser.parse_args().run
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    # Of imported weights and of images without labels there is none.
    accuracy = pd.Series(summary["homology"]["test_accuracy"]["by_seed"].values(), dtype=float)
    told = f"test accuracy {number(accuracy.mean())}, sd {number(accuracy.std())}"
    print(f"{len(accuracy)} networks, {told}")
    model = summary["homology"]["model"]
    folder = run / "similarity"
    # What a run does not ask for, and what one network does not give, has no table.
    for print_part, tables in PARTS.items():
        if any((folder / model).glob(tables)):
            print_part(folder, model)
    print_graphs(run / "mapper" / summary["mapper"]["model"])


if __name__ == "__main__":
    main()
