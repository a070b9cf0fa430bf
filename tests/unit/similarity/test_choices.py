"""Controls, and scale crossed with the others."""

from itertools import combinations

from actopo.similarity.choices import CLOUDS, CONTROLS, crossed


def test_scale_is_crossed_with_the_others():
    assert crossed([]) == []
    assert crossed(["gaussian", "untrained"]) == ["untrained", "gaussian"]
    assert crossed(["scaled"]) == ["scaled"]
    assert crossed(["gaussian", "scaled"]) == ["scaled", "gaussian", "gaussian.scaled"]
    assert crossed(CONTROLS) == [name for name in CLOUDS if name != "trained"]


def test_every_cross_has_a_label_of_its_own():
    wanted = {"scaled", *CONTROLS, *(f"{name}.scaled" for name in CONTROLS if name != "scaled")}
    assert set(CLOUDS) == {"trained"} | wanted
    assert all(CLOUDS[a] != CLOUDS[b] for a, b in combinations(CLOUDS, 2))
