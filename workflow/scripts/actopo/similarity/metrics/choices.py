"""Choices for measures of similarity: those beside the sliced-Wasserstein distance, their labels and requirements."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """
    A distance between paired point clouds.

    Attributes
    ----------
    label : str
        Name in figures and messages.
    symmetric : bool
    needs_rank : bool
        Whether it needs more points than channels.
    min_points : int
    options : tuple of str
        Settings of the metric, among `subsets`, `subset_size` and `seed`.
    """

    label: str
    symmetric: bool = True
    needs_rank: bool = False
    min_points: int = 3
    options: tuple[str, ...] = ()


METRICS = {
    "linear_cka": Metric("linear CKA"),
    "unbiased_cka": Metric("unbiased CKA", min_points=4),
    "mean_cca": Metric("mean CCA", needs_rank=True),
    "svcca": Metric("SVCCA", needs_rank=True),
    "pwcca": Metric("PWCCA", symmetric=False, needs_rank=True),
    "procrustes": Metric("Procrustes"),
    "rtd": Metric("RTD", options=("subsets", "subset_size", "seed")),
    "rtd_lite": Metric("RTD-Lite"),
}

# The sliced-Wasserstein distance by homology dimension, and the sum over dimensions.
SLICED_WASSERSTEIN = {"sw_h0": "SW, H0", "sw_h1": "SW, H1", "sw_sum": "SW, H0 + H1"}

LABELS = SLICED_WASSERSTEIN | {name: metric.label for name, metric in METRICS.items()}
