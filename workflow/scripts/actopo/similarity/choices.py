"""Choices for comparing layers: kinds of clouds, and orders of removing components."""

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
