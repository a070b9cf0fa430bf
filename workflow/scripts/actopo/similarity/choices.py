"""Choices for comparing layers: kinds of clouds, and orders of removing components."""

# Kinds of clouds on which specificity is measured, and their names in figures; the trained networks come first. A name
# with a dot is two controls at once.
CLOUDS = {
    "trained": "trained",
    "scaled": "trained, equal scale",
    "untrained": "untrained",
    "untrained.scaled": "untrained, equal scale",
    "gaussian": "Gaussian",
    "gaussian.scaled": "Gaussian, equal scale",
}
CONTROLS = ("scaled", "untrained", "gaussian")

# Statistics of the batch norms of untrained networks: those of images, or the initial ones.
BATCH_NORMS = ("fitted", "initial")

# Kinds of surrogates, and what they keep of a cloud; see `actopo.homology.surrogates`.
SURROGATES = {
    "gaussian": "mean and covariance",
    "class_gaussian": "mean and covariance of each class",
}

# Terms of the variance budget, and their names in figures; see `actopo.similarity.variance_budget`.
BUDGET = {
    "seed": "seed",
    "images": "images",
    "seed_and_images": "seed × images",
    "position": "position",
    "scale": "scale",
    "second_moments": "second moments",
    "remainder": "remainder",
}

# Principal components that are removed first; see `actopo.similarity.sensitivity`.
COMPONENTS = ("smallest", "largest", "random")

# Quantiles over random orders of removing components that tables and figures give beside the median.
ORDER_QUANTILES = (0.1, 0.9)


def crossed(controls):
    """
    Names of the controls that a list of `CONTROLS` asks for: each of them, and `scaled` together with each other one.

    Parameters
    ----------
    controls : collection of str

    Returns
    -------
    list of str
        In the order of `CLOUDS`.
    """
    return [name for name in CLOUDS if set(name.split(".")) <= set(controls)]
