"""Tables of chosen positions against loops over images and positions."""

import numpy as np
import pytest
from actopo.points import positions
from actopo.points.positions import chosen_positions, coinciding_positions, foreground_in_fields
from actopo.points.sampling import Stream

SHAPE = (40, 3, 4)


def draw(method, seed, **settings):
    """Image, row and column of each point."""
    stream = Stream(method, (*SHAPE, 2), np.arange(40) % 3, seed=seed, **settings)
    places = stream.provenance(stream.take(np.zeros(SHAPE, np.float32)))
    return places["image"], places["row"], places["col"]


def draws():
    weights = np.random.default_rng(0).uniform(size=SHAPE)
    has = np.arange(40) % 5 > 0
    return {
        "one": draw("random", 1),
        "three": draw("random", 2, points_per_image=3),
        "some": draw("top_weight", 3, weights=weights, has_foreground=has, policy="drop", points_per_image=2),
        "thinned": draw("full", 4, cap=30, replace=True),
    }


def sets(places):
    """Set of positions of each image that has any."""
    found = {}
    for image, row, col in zip(*places, strict=True):
        found.setdefault(int(image), set()).add((int(row), int(col)))
    return found


def test_only_samplings_on_one_grid_are_compared():
    """The input of a layer with a stride has more positions."""
    chosen = {name: np.ones((5, size), bool) for name, size in (("a", 4), ("input", 16), ("b", 4))}
    table = coinciding_positions(chosen, np.ones(5, bool))
    assert table[["sampling_a", "sampling_b"]].to_numpy().tolist() == [["a", "b"]]


def test_coinciding_positions_by_loops():
    given, counts = draws(), np.arange(40) % 7 > 0
    chosen = {name: chosen_positions(SHAPE, *places) for name, places in given.items()}
    table = coinciding_positions(chosen, counts)
    assert len(table) == 6
    for row in table.itertuples():
        a, b = sets(given[row.sampling_a]), sets(given[row.sampling_b])
        images = [i for i in range(40) if i in a and i in b and counts[i]]
        possible = sum(min(len(a[i]), len(b[i])) for i in images)
        assert row.images == len(images)
        assert row.coinciding == pytest.approx(sum(len(a[i] & b[i]) for i in images) / possible)
        # Every image of one sampling with every image of the other.
        pairs = sum(len(a[i] & b[j]) for i in images for j in images)
        assert row.expected == pytest.approx(pairs / len(images) / possible)


def test_the_same_and_independent_choices():
    one = chosen_positions(SHAPE, *draw("random", 1))
    assert coinciding_positions({"a": one, "b": one}, np.ones(40, bool)).coinciding.tolist() == [1]
    # Two random positions of 12 coincide once in 12; of the 6 central ones once in 6.
    shape, chosen = (6000, 3, 4, 1), {}
    for seed, (name, method) in enumerate([("a", "random"), ("b", "random"), ("c", "central"), ("d", "central")]):
        stream = Stream(method, shape, np.zeros(6000, int), seed=seed)
        places = stream.provenance(stream.take(np.zeros(shape[:3], np.float32)))
        chosen[name] = chosen_positions(shape[:3], *(places[key] for key in ("image", "row", "col")))
    table = coinciding_positions(chosen, np.ones(6000, bool)).set_index(["sampling_a", "sampling_b"])
    for pair, share in ((("a", "b"), 1 / 12), (("a", "c"), 1 / 12), (("c", "d"), 1 / 6)):
        # Four standard errors.
        assert table.coinciding[pair] == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / 6000))
        assert table.expected[pair] == pytest.approx(share, abs=0.01)


def test_samplings_without_a_common_image():
    images = np.array([0, 1]), np.array([2])
    chosen = {str(i): chosen_positions(SHAPE, image, 0 * image, 0 * image) for i, image in enumerate(images)}
    row = coinciding_positions(chosen, np.ones(40, bool)).iloc[0]
    assert row.images == 0
    assert np.isnan([row.coinciding, row.expected]).all()


def test_foreground_in_fields_by_loops(monkeypatch):
    monkeypatch.setattr(positions, "BLOCK_BYTES", 1000)
    rng = np.random.default_rng(1)
    given, masks, field = draws(), rng.random((40, 4, 5)) < 0.4, rng.uniform(size=(3, 4, 4, 5))
    masks[::7] = False
    chosen = {name: chosen_positions(SHAPE, *places) for name, places in given.items()}
    table = foreground_in_fields(chosen, masks, field)
    assert table.sampling.tolist() == list(given)
    for row in table.itertuples():
        own = {image: places for image, places in sets(given[row.sampling]).items() if masks[image].any()}
        points = [(image, *place) for image, places in own.items() for place in places]
        assert (row.images, row.points) == (len(own), len(points))
        assert row.central == pytest.approx(np.mean([(r, c) in {(1, 1), (1, 2)} or c in (1, 2) for _, r, c in points]))
        for kind, power in (("coverage", 1), ("energy_share", 2)):
            r = field**power

            def share(image, row, col, r=r):
                return r[row, col][masks[image]].sum() / r[row, col].sum()

            everywhere = [share(image, *place) for image, *_ in points for place in np.ndindex(3, 4)]
            assert getattr(row, kind) == pytest.approx(np.mean([share(*point) for point in points]))
            assert getattr(row, f"{kind}_all_positions") == pytest.approx(np.mean(everywhere))


def test_no_foreground_at_all():
    chosen = {"one": chosen_positions(SHAPE, *draw("random", 1))}
    row = foreground_in_fields(chosen, np.zeros((40, 4, 5), bool), np.ones((3, 4, 4, 5))).iloc[0]
    assert (row.images, row.points) == (0, 0)
    assert np.isnan([row.central, row.coverage, row.energy_share_all_positions]).all()
