"""Whatever a configuration holds, it is in order or refused with a message: no traceback, no wait, little memory."""

import copy
import resource
import time

import numpy as np
import pytest
from actopo.config import layers
from actopo.config.validate import validate
from actopo.errors import InputError

from unit.config.examples import PAPER, SCHEMA

N_CONFIGS = 2000
LONGEST_MESSAGE = 5000


def nested(depth, kind):
    value = "x"
    for _ in range(depth):
        value = {"x": value} if kind is dict else [value]
    return value


ENDLESS = []
ENDLESS += [ENDLESS, ENDLESS]
ODD = [
    *(None, True, False, 0, -1, 1, 2, 7, 10**9, 2**31, 2**64, -(2**64), 10**400, 1 << 20_000, 0.5, -0.5, 1.0, 1e-320),
    *(5e-324, 1e300, -1e300, 1e308, float("nan"), float("inf"), -float("inf")),
    *(
        "",
        " ",
        "x",
        "all",
        "last",
        "0",
        "1e-3",
        "nan",
        "null",
        "~",
        "~nosuchuser",
        "~nosuchuser/x.py:f",
        "/proc/self/mem",
    ),
    *("a" * 5000, "a" * 300, "*", "[", "[!", "a\nb", "a\x00b", "\ud800", "$x", "=1+1", "../..", "/", "é中😀", "x.py:f"),
    *("x.pth", ".safetensors", "a" * 300 + ".pth", "./masks", "{x}", "%s", "\\", "{" * 50),
    *(
        [],
        {},
        [[]],
        [{}],
        {"x": {}},
        [None],
        ["x"],
        [1],
        [0, 0],
        [1, "1", 1.0],
        [2**64],
        [float("nan")],
        list(range(300)),
    ),
    *([0] * 60_000, [{"x": i} for i in range(5000)], {str(i): i for i in range(500)}, dict.fromkeys(range(40), 0)),
    *(
        {None: 1},
        {1: 2},
        {"a\nb": 1},
        {"b" * 5000: 1},
        {"logit": "cat"},
        {"density": 2**62},
        {"path": "x"},
        {"layer": 0},
    ),
    *(nested(40, list), nested(40, dict), nested(100_000, dict), ENDLESS, b"bytes", {1, 2}, (1, 2), np.float64(1)),
]


def places(value, path=()):
    """Path of every value in a config."""
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


PLACES = sorted(places(PAPER), key=str)


def mutated(rng):
    """The paper's config with one to three odd values, keys that are new or missing, or values of other keys."""
    config = copy.deepcopy(PAPER)
    for _ in range(rng.integers(1, 4)):
        path, place = PLACES[rng.integers(len(PLACES))], config
        try:
            for key in path[:-1]:
                place = place[key]
            odd = ODD[rng.integers(len(ODD))]
            kind = rng.integers(10)
            if not path:
                config = odd
            elif kind == 0:
                del place[path[-1]]
            elif kind == 1:
                place[odd if isinstance(odd, str | int | None) else "x"] = copy.copy(place[path[-1]])
            elif kind == 2:
                other = PAPER
                for key in PLACES[rng.integers(1, len(PLACES))]:
                    other = other[key]
                place[path[-1]] = copy.deepcopy(other)
            else:
                place[path[-1]] = odd
        # An earlier change took the place away.
        except (LookupError, TypeError, ValueError):
            continue
    return config


@pytest.fixture
def no_processes(monkeypatch):
    """Networks that would be built in another process are refused."""

    def ask(*_):
        raise InputError("the network cannot be built")

    monkeypatch.setattr(layers, "_ask", ask)


def refusal(config):
    """What is said of a config; None where it is in order."""
    try:
        validate(config, SCHEMA)
    except InputError as error:
        return str(error)
    return None


def test_every_config_is_in_order_or_refused(no_processes):
    rng = np.random.default_rng(0)
    refused, before = [], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(N_CONFIGS):
        config, start = mutated(rng), time.process_time()
        try:
            message = refusal(config)
        except Exception as error:
            raise AssertionError(f"config {number} ends in {type(error).__name__}") from error
        assert time.process_time() - start < 1, f"config {number} takes long"
        if message is not None:
            refused.append(message)
    for message in refused:
        first, *lines = message.removesuffix("\n  and more").splitlines()
        assert first == "the configuration is wrong:"
        assert all(line.startswith("  ") and len(line.split()) > 2 for line in lines), message
        assert len(message) < LONGEST_MESSAGE, message
    assert N_CONFIGS / 2 < len(refused) < N_CONFIGS
    # Kilobytes.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
