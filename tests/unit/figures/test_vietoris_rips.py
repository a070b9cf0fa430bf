"""The complexes that are drawn have the Betti numbers that the diagrams say."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.figures import vietoris_rips
from actopo.homology.diagrams import diagrams
from matplotlib.collections import LineCollection, PolyCollection

from unit.figures.examples import circle, texts_of

OCTAHEDRON = np.concatenate([np.eye(3), -np.eye(3)])


POLYGON = np.exp(2j * np.pi * np.arange(12) / 12).view(float).reshape(-1, 2)


SQUARES = np.array([(x + 10 * k, y) for k in range(3) for x in (0, 1) for y in (0, 1)], float)


@pytest.mark.parametrize(
    ("points", "scale", "betti"),
    [
        (POLYGON, 0.5, (12, 0)),
        (POLYGON, 0.6, (1, 1)),
        # A triangle of vertices four steps apart fills the polygon; the step of three leaves it open.
        (POLYGON, 1.5, (1, 1)),
        (POLYGON, 1.75, (1, 0)),
        (SQUARES, 1.0, (3, 3)),
        (SQUARES, 1.5, (3, 0)),
        # The sphere: three pairs of opposite vertices are not joined, and no loop is left.
        (OCTAHEDRON, 1.5, (1, 0)),
        (np.zeros((5, 2)), 0.1, (1, 0)),
    ],
)
def test_betti_numbers_of_known_complexes(points, scale, betti):
    assert vietoris_rips.betti_numbers(points, scale) == betti


@pytest.mark.parametrize("dimension", [2, 4])
def test_betti_numbers_are_the_bars_alive(dimension):
    points = np.random.default_rng(dimension).uniform(size=(22, dimension))
    states = diagrams([points])[0]
    lengths = np.unique(np.linalg.norm(points[:, None] - points, axis=2))
    scales = (lengths[1:] + lengths[:-1])[10:180:7] / 2
    numbers = [vietoris_rips.betti_numbers(points, scale) for scale in scales]
    assert numbers == [vietoris_rips.bars_alive(states, scale) for scale in scales]
    assert max(loops for _, loops in numbers) >= 2


def test_a_bar_is_alive_from_birth_until_before_death():
    states = {0: np.array([[0.0, 1.0]]), 1: np.array([[2.0, 3.0]])}
    assert [vietoris_rips.bars_alive(states, scale) for scale in (0.9, 1, 2, 3)] == [(2, 0), (1, 0), (1, 1), (1, 0)]


def test_complex_is_drawn_as_it_is():
    points, states = circle()
    figure = vietoris_rips.plot(points, states, scales=(0.75, 0.4))
    *complexes, diagram = figure.axes
    for axes, scale in zip(complexes, (0.4, 0.75), strict=True):
        near = np.linalg.norm(points[:, None] - points, axis=2) <= scale
        np.fill_diagonal(near, False)
        (edges,) = [each for each in axes.collections if isinstance(each, LineCollection)]
        (triangles,) = [each for each in axes.collections if isinstance(each, PolyCollection)]
        assert len(edges.get_segments()) == near.sum() / 2
        assert len(triangles.get_paths()) == np.trace(np.linalg.matrix_power(near.astype(int), 3)) / 6
        np.testing.assert_array_equal(axes.lines[0].get_xydata(), points)
        b0, b1 = vietoris_rips.betti_numbers(points, scale)
        title = f"scale {scale}: $b_0$ = {b0}, $b_1$ = {b1}\nbars alive: {b0} in H0, {b1} in H1"
        assert axes.get_title() == title
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("$x$", "$y$")
    assert (diagram.get_xlabel(), diagram.get_ylabel()) == ("birth", "death")
    assert texts_of(diagram.get_legend()) == ["H0", "H1", "scale 0.4", "scale 0.75"]
    drawn = {len(line.get_xdata()) for line in diagram.lines if line.get_linestyle() == "None"}
    assert drawn >= {len(states[0]), len(states[1])}
    assert [text.get_text() for text in diagram.get_yticklabels()][-1] == "∞"


def test_the_cloud_is_a_function_of_its_seed():
    assert vietoris_rips.noisy_circle(9, 0.1, 3).tobytes() == vietoris_rips.noisy_circle(9, 0.1, 3).tobytes()
    assert vietoris_rips.noisy_circle(9, 0.1, 3).shape == (9, 2)
    np.testing.assert_allclose(np.linalg.norm(vietoris_rips.noisy_circle(50, 0), axis=1), 1)


def test_diagrams_of_another_cloud_are_refused():
    points, states = circle()
    with pytest.raises(InputError, match=r"\(6, 0\), but the diagrams have \(5, 0\)"):
        vietoris_rips.plot(points, states | {0: states[0][:-1]})
    with pytest.raises(InputError, match=r"\(1, 1\), but the diagrams have \(1, 0\)"):
        vietoris_rips.plot(points, states | {1: []})
    with pytest.raises(InputError, match=r"\(24, 3\)"):
        vietoris_rips.plot(np.zeros((24, 3)), states)
    with pytest.raises(InputError, match=r"dimensions \[0\]"):
        vietoris_rips.plot(points, {0: states[0]})
    with pytest.raises(InputError, match="two positive"):
        vietoris_rips.plot(points, states, scales=(0.3, 0))
