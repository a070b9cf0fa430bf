import platform

import numpy as np
from actopo.explorer.run import accuracy_table, times_of_jobs, versions


def test_versions_are_those_that_are_installed():
    assert versions(["numpy", "no-such-package"]) == {"Python": platform.python_version(), "numpy": np.__version__}


def test_what_is_not_known_of_a_network_is_none():
    [row] = accuracy_table([("a", {"seed": 3, "test_accuracy": 0.5, "loss": [2.0, 1.0]})])
    assert (row["model"], row["seed"], row["test_accuracy"], row["epochs"]) == ("a", 3, 0.5, 2)
    assert row["train_accuracy"] is None


def test_times_of_jobs_are_added_by_rule():
    jobs = {"a": [{"seconds": 1.0, "mb": 10.0}, {"seconds": 3.0, "mb": 30.0}], "b": [{"seconds": 9.0, "mb": 0.0}]}
    assert times_of_jobs(jobs) == [
        {"rule": "b", "jobs": 1, "seconds": 9, "longest": 9, "max_rss": None},
        {"rule": "a", "jobs": 2, "seconds": 4, "longest": 3, "max_rss": 30},
    ]
    assert times_of_jobs({}) == []
