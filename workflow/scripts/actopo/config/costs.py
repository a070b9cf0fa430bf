"""What a layer costs before anything runs: points of its clouds, and their size on disk."""

from actopo.config.choosing import shape_at, tap_problem
from actopo.config.values import sampling_order
from actopo.points.choices import SAMPLINGS

# Bytes of a number of a point, and of the image, row, column, label and norm of a point.
NUMBER, PROVENANCE = 4, 28


def study_clouds(config, study):
    """
    Samplings of a study that give clouds of one size, together.

    Parameters
    ----------
    config : dict
    study : {"homology", "mapper"}

    Returns
    -------
    list of (dict, list of str)
        A sampling, and the names of all that give as many points at the same tap.
    """
    if study == "homology":
        homology = config["homology"]
        return [({**homology, "method": homology["sampling"]}, [homology["sampling"]])]
    groups = {}
    for name, sampling in sampling_order(config["mapper"]["samplings"]).items():
        size = (_points_per_image(sampling), sampling.get("cap"), sampling["tap"] == "input")
        groups.setdefault(size, (sampling, []))[1].append(name)
    return list(groups.values())


def cloud_cost(described, sampling, n_images):
    """
    Size of the cloud of a layer, of one network and one batch or draw.

    Parameters
    ----------
    described : dict
        Layer, as `actopo.config.choosing.describe_layer` returns it.
    sampling : dict
        As in `study_clouds`.
    n_images : int

    Returns
    -------
    (int, int) or None
        Points, and bytes on disk without headers; None if the layer has no such tap, or too few positions.
    """
    if tap_problem(described, sampling["tap"]):
        return None
    rows, columns, channels = shape_at(described, sampling["tap"])
    wanted = _points_per_image(sampling) or rows * columns
    if wanted > rows * columns:
        return None
    n_points = min(n_images * wanted, sampling.get("cap") or n_images * wanted)
    return n_points, n_points * (NUMBER * channels + PROVENANCE)


def activation_bytes(described, tap, n_images, precision="single"):
    """Bytes of all activations of a layer and their norms on disk; None as in `cloud_cost`."""
    if tap_problem(described, tap):
        return None
    rows, columns, channels = shape_at(described, tap)
    return n_images * rows * columns * (channels * (NUMBER // 2 if precision == "half" else NUMBER) + NUMBER)


def readable(n_bytes):
    """Bytes as text, such as `1.3 MB`."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if n_bytes >= size:
            return f"{n_bytes / size:.1f} {unit}"
    return f"{n_bytes / 1000:.1f} kB"


def _points_per_image(sampling):
    """Points of each image; None for all of its positions."""
    return None if SAMPLINGS[sampling["method"]].positions == "all" else sampling.get("points_per_image", 1)
