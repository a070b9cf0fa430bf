"""Names that figures, their captions and the explorer give to choices, and the class that they begin with."""

from actopo.errors import InputError

# Clouds on which a measure of similarity is tested; see `actopo.similarity.metrics.choices.PAIRINGS`.
TESTED_CLOUDS = {"own": "own positions", "matched": "positions of A", "pooled": "means over positions"}

# The class that the paper draws.
PAPER_CLASS = "deer"


def choose_class(name, class_names):
    """
    Class whose purity is drawn: `name`, by default the paper's class if it is present, else the first.

    Parameters
    ----------
    name : str or None
    class_names : sequence of str

    Returns
    -------
    str

    Raises
    ------
    InputError
        If there is no class of that name.
    """
    if name is None:
        return PAPER_CLASS if PAPER_CLASS in class_names else class_names[0]
    if name not in class_names:
        raise InputError(f"figures.purity_class: there is no class {name!r}; choose one of {', '.join(class_names)}")
    return name
