"""Choices for comparing layers: methods for distances, kinds of clouds, and orders of removing components."""

# Methods that compute sliced-Wasserstein distances; see `actopo.similarity.wasserstein`.
METHODS = ("exact", "grid", "auto")

# Kinds of clouds on which specificity is measured, and their names in figures; the trained networks come first.
CLOUDS = {
    "trained": "trained",
    "scaled": "equal scale",
    "untrained": "untrained",
    "gaussian": "Gaussian clouds",
}
CONTROLS = tuple(name for name in CLOUDS if name != "trained")

# Principal components that are removed first; see `actopo.similarity.sensitivity`.
COMPONENTS = ("smallest", "largest", "random")

# Quantiles over random orders of removing components that tables and figures give beside the median.
ORDER_QUANTILES = (0.1, 0.9)
