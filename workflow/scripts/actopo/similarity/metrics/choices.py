"""Choices for measures of similarity: those beside the sliced-Wasserstein distance, their labels and requirements."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """
    A distance between point clouds.

    Attributes
    ----------
    label : str
        Name in figures and messages.
    symmetric : bool
    invariant_to : tuple of str
        Maps of either cloud, among `INVARIANCES`, that leave the distance as it is.
    paired : bool
        Whether row i of one cloud is compared with row i of the other.
    needs_rank : bool
        Whether it needs more points than channels.
    min_points : int
    options : tuple of str
        Settings of the metric, among `subsets`, `subset_size` and `seed`.
    """

    label: str
    symmetric: bool = True
    invariant_to: tuple[str, ...] = ("translation", "rotation", "scale")
    paired: bool = True
    needs_rank: bool = False
    min_points: int = 3
    options: tuple[str, ...] = ()


# In the order of their columns in figures. A linear map is any invertible one.
INVARIANCES = ("translation", "rotation", "scale", "linear map")

METRICS = {
    "linear_cka": Metric("linear CKA"),
    "unbiased_cka": Metric("unbiased CKA", min_points=4),
    "mean_cca": Metric("mean CCA", invariant_to=INVARIANCES, needs_rank=True),
    "svcca": Metric("SVCCA", needs_rank=True),
    # Its second cloud may undergo any linear map; the weights are those of the axes of the first.
    "pwcca": Metric("PWCCA", symmetric=False, invariant_to=("translation", "scale"), needs_rank=True),
    "procrustes": Metric("Procrustes"),
    "rtd": Metric("RTD", options=("subsets", "subset_size", "seed")),
    "rtd_lite": Metric("RTD-Lite"),
}

_RIGID = {"invariant_to": ("translation", "rotation"), "paired": False}

# The sliced-Wasserstein distance by homology dimension, the sum over dimensions, the distance of the clouds divided by
# their mean distances between points, and the absolute difference of these means.
UNPAIRED = {
    "sw_h0": Metric("SW, H0", **_RIGID),
    "sw_h1": Metric("SW, H1", **_RIGID),
    "sw_sum": Metric("SW, H0 + H1", **_RIGID),
    "sw_h0_scaled": Metric("scaled SW, H0", paired=False),
    "sw_h1_scaled": Metric("scaled SW, H1", paired=False),
    "scale": Metric("scale", **_RIGID),
}

# Which activations are compared, and how rows are paired. Other clouds than `own` have a suffix to the model's name in
# paths, and to the name of a metric in tables.
PAIRINGS = {
    "own": "same image, position of each network's own",
    "matched": "same image, positions of the first network",
    "pooled": "same image, mean over positions",
}

LABELS = {name: metric.label for name, metric in (UNPAIRED | METRICS).items()}


def suffix(clouds):
    """What the name of a metric ends in, on some clouds of `PAIRINGS`."""
    return "" if clouds == "own" else f"_{clouds}"


def metric_and_clouds(name):
    """Metric and clouds of a row of the tables, such as `rtd_lite` and `pooled` of `rtd_lite_pooled`."""
    clouds = next((clouds for clouds in PAIRINGS if clouds != "own" and name.endswith(suffix(clouds))), "own")
    return name.removesuffix(suffix(clouds)), clouds


def traits(name):
    """
    What the row of a metric is invariant to, and how it pairs points.

    Parameters
    ----------
    name : str
        As for `metric_and_clouds`.

    Returns
    -------
    dict of str to str
        `measure`, `clouds`, `invariant_to` and `points`.
    """
    measure, clouds = metric_and_clouds(name)
    metric = (UNPAIRED | METRICS)[measure]
    return {
        "measure": measure,
        "clouds": clouds,
        "invariant_to": ", ".join(metric.invariant_to),
        "points": PAIRINGS[clouds] if metric.paired else "unpaired",
    }
