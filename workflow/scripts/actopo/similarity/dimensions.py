"""Distances by homology dimension, and their sum."""


def with_sum(distances, name="sum"):
    """
    Distances by homology dimension, and their sum.

    Parameters
    ----------
    distances : dict of str to ndarray
        Distances by dimension, such as `h0` and `h1`; all have the same shape.
    name : str, default "sum"
        Key of the sum.

    Returns
    -------
    dict
        The same, and the sum if there are several.
    """
    return {**distances, name: sum(distances.values())} if len(distances) > 1 else dict(distances)
