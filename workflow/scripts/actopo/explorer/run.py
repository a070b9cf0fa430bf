"""What the explorer says of a run itself: versions, accuracy of networks, and time and memory of jobs."""

import platform
from importlib import metadata

PACKAGES = ("numpy", "scipy", "pandas", "matplotlib", "mpld3", "pillow", "snakemake", "torch", "giotto-tda", "numba")


def versions(packages=PACKAGES):
    """Versions of Python and of packages, of those that are installed where this runs."""
    found = {"Python": platform.python_version()}
    for name in packages:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def accuracy_table(networks):
    """
    Accuracy of networks.

    Parameters
    ----------
    networks : sequence of (str, dict)
        Name of the model, and what was noted when a network of it was trained or its weights were taken.

    Returns
    -------
    list of dict
        `model`, `seed`, `test_accuracy`, `train_accuracy`, `epochs`, `precision`, `device` and `seconds`; None where
        it is not known.
    """
    names = ("seed", "test_accuracy", "train_accuracy", "precision", "device", "seconds")
    return [
        {"model": model, **{name: noted.get(name) for name in names}, "epochs": len(noted.get("loss") or []) or None}
        for model, noted in networks
    ]


def times_of_jobs(jobs):
    """
    Time and memory by rule.

    Parameters
    ----------
    jobs : dict of str to list of dict
        Measurements of the jobs of each rule, as `actopo.benchmarks.read_benchmarks` returns them.

    Returns
    -------
    list of dict
        `rule`, `jobs`, `seconds` of all together, `longest` of one and `max_rss` of one in MB, None where it was not
        measured; the longest rules first.
    """
    rows = [
        {
            "rule": rule,
            "jobs": len(own),
            "seconds": sum(job["seconds"] for job in own),
            "longest": max(job["seconds"] for job in own),
            "max_rss": max(job["mb"] for job in own) or None,
        }
        for rule, own in jobs.items()
    ]
    return sorted(rows, key=lambda row: (-row["seconds"], row["rule"]))
