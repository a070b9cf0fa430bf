"""Surroundings in which no job can work are told in sentences."""

import resource

import pytest
from actopo.environment import ADDRESSES, THREADS, environment_problems


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.mark.parametrize("name", THREADS)
@pytest.mark.parametrize("value", ["0", "-1", "x", "2.5", "4,0", " "])
def test_numbers_of_threads_that_are_none(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    [problem] = environment_problems()
    assert problem.startswith(f"the environment variable {name} is {value!r}; unset it")


@pytest.mark.parametrize("value", ["1", "16", "4,2", " 3 ", ""])
def test_numbers_of_threads(monkeypatch, value):
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert not list(environment_problems())


@pytest.mark.parametrize(("limit", "is_told"), [(ADDRESSES, False), (ADDRESSES - 1, True), (3 * 10**9, True)])
def test_limits_of_addresses(monkeypatch, limit, is_told):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, resource.RLIM_INFINITY))
    assert [("ulimit -v" in problem) for problem in environment_problems()] == [True] * is_told


def test_a_limit_of_addresses_is_told_in_gibibytes(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (3 * 2**30 + 2**29, resource.RLIM_INFINITY))
    assert list(environment_problems()) == [
        "processes may use 3.5 GiB of addresses here, too few for PyTorch's libraries to be loaded; raise that to "
        "4 GiB or more (ulimit -v unlimited)"
    ]
