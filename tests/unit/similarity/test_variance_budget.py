"""The budget adds up exactly, and its terms are the variance components of known designs."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.similarity.choices import BUDGET
from actopo.similarity.variance_budget import budget_table, crossed_interval
from actopo.similarity.wasserstein import pairwise_distances

SEED, IMAGES, BOTH = 2.0, 1.0, 0.5


def crossed(rng, shifts, n_batches=6, n_networks=7, size=400, deviations=(SEED, IMAGES, BOTH)):
    """Squared Euclidean distances of vectors with effects of network, images and both: each component is exact."""
    n_layers = len(shifts)
    of_seed, of_images, of_both = deviations
    network = of_seed * rng.normal(size=(n_networks, n_layers, size))
    images = of_images * rng.normal(size=(n_batches, n_layers, size))
    mean = np.asarray(shifts)[:, None] * np.ones(size)
    first = mean + network[0] + images + of_both * rng.normal(size=images.shape)
    second = mean + network + images[0] + of_both * rng.normal(size=network.shape)
    # The first network on the first batch is in both.
    second[0] = first[0]
    return ((first[:, :, None, None] - second) ** 2).mean(axis=-1)


def units_of(*units, n=13):
    """The same units for each of the clouds of `crossed`."""
    return np.tile(units, (n, 1))


def values(table, layer_a, layer_b):
    return table[(table.layer_a == layer_a) & (table.layer_b == layer_b)].set_index("term").value


@pytest.fixture(scope="module")
def whole():
    rng = np.random.default_rng(0)
    names = {"trained": [0, 3, 3], "scaled": [0, 1, 1], "gaussian.scaled": [0, 0.5, 0.5]}
    distances = {name: crossed(rng, shifts) for name, shifts in names.items()}
    return distances, budget_table(distances, [2, 5, 9], units=units_of(1.0, 3.0, 3.0), position=0)


def test_terms_add_up_to_the_total(whole):
    distances, table = whole
    sums = table[table.term != "total"].groupby(["layer_a", "layer_b"]).value.sum()
    total = table[table.term == "total"].set_index(["layer_a", "layer_b"]).value
    np.testing.assert_allclose(sums, total, rtol=1e-12)
    assert list(table.term[:8]) == [*BUDGET, "total"]
    expected = distances["trained"][1:, 0, 1:, 1].mean() + distances["trained"][1:, 1, 1:, 0].mean()
    assert total[2, 5] == pytest.approx(expected / 2)


def test_terms_are_the_components_of_the_design(whole):
    _, table = whole
    found = values(table, 2, 5)
    expected = {
        "seed": 2 * SEED**2,
        "images": 2 * IMAGES**2,
        "seed_and_images": 2 * BOTH**2,
        "position": 0,
        # The squared distance of the means is 9; at equal scale 1 and 0.25, times the mean of units 1 and 3.
        "scale": 9 - 2,
        "second_moments": 0.5,
        "remainder": 2 - 0.5,
    }
    for term, value in expected.items():
        assert found[term] == pytest.approx(value, abs=0.6), term


def test_a_layer_with_itself_has_noise_alone(whole):
    _, table = whole
    same = values(table, 5, 5)
    assert (same[["scale", "second_moments", "remainder"]].abs() < 1e-12).all()
    assert same["total"] == pytest.approx(2 * (SEED**2 + IMAGES**2 + BOTH**2), rel=0.1)
    # Layers 5 and 9 have the same mean.
    between = values(table, 5, 9)[["scale", "second_moments", "remainder"]].sum()
    assert between == pytest.approx(0, abs=0.4)


def test_clouds_that_are_missing_are_not_split_off():
    rng = np.random.default_rng(1)
    trained, gaussian = crossed(rng, [0, 3]), crossed(rng, [0, 2])
    alone = budget_table({"trained": trained}, [0, 1])
    assert set(alone.term) == {"seed", "images", "seed_and_images", "position", "remainder", "total"}
    assert values(alone, 0, 1)["remainder"] == pytest.approx(9, abs=0.6)
    assert np.isnan(values(alone, 0, 1)["position"])
    moments = values(budget_table({"trained": trained, "gaussian": gaussian}, [0, 1]), 0, 1)
    assert moments["second_moments"] == pytest.approx(4, abs=0.6)
    assert "scale" not in moments


def test_nothing_is_split_off_for_a_layer_without_a_scale():
    """Its points are all equal in one network, here; other pairs of layers are as they would be without it."""
    rng = np.random.default_rng(3)
    distances = {name: crossed(rng, [0, 1, 3]) for name in ("trained", "scaled", "gaussian.scaled")}
    whole = budget_table(distances, [0, 1, 2], units=units_of(1.0, 2.0, 1.0), position=0)
    for name in ("scaled", "gaussian.scaled"):
        distances[name][:, 1, 2] = distances[name][:, :, 2, 1] = np.nan
    table = budget_table(distances, [0, 1, 2], units=units_of(1.0, np.nan, 1.0), position=0)
    for pair in ((0, 1), (1, 1), (1, 2)):
        found = values(table, *pair)
        assert found[["scale", "second_moments"]].isna().all()
        assert found.drop("total").sum() == pytest.approx(found["total"], rel=1e-12)
    np.testing.assert_array_equal(values(table, 0, 2), values(whole, 0, 2))
    # Nor where a single cell of a pair has no value.
    gaussian = distances["trained"].copy()
    gaussian[1, 1, 2] = gaussian[1, :, 2, 1] = np.nan
    for pair in ((0, 1), (0, 2)):
        found = values(
            budget_table({"trained": distances["trained"], "gaussian": gaussian}, [0, 1, 2], position=0), *pair
        )
        assert found.drop("total").sum() == pytest.approx(found["total"], rel=1e-12)
        assert np.isnan(found["second_moments"]) == (1 in pair)


def test_layers_that_differ_by_scale_alone():
    """Persistence diagrams: everything between the layers is scale."""
    rng = np.random.default_rng(2)
    births = rng.uniform(size=(9, 5))
    own = [np.column_stack([b, b + rng.exponential(size=5)]) for b in births]
    rows, columns = [d for d in own[:4] for _ in "ab"], [d for d in (own[0], *own[4:]) for _ in "ab"]
    scales = np.array([1, 2.0])
    scaled = pairwise_distances(rows, columns).reshape(4, 2, 6, 2)
    plain = pairwise_distances(
        [d * scales[i % 2] for i, d in enumerate(rows)], [d * scales[i % 2] for i, d in enumerate(columns)]
    ).reshape(4, 2, 6, 2)
    found = values(budget_table({"trained": plain, "scaled": scaled}, [0, 1], units=np.tile(scales, (10, 1))), 0, 1)
    assert found["remainder"] == pytest.approx(0, abs=1e-12)
    assert found["scale"] > 0


def test_identical_clouds_give_0():
    table = budget_table({"trained": np.zeros((5, 2, 5, 2))}, [0, 1])
    assert (table[table.term != "position"].value == 0).all()
    assert table.share.isna().all()


def test_intervals_cover():
    rng, hits = np.random.default_rng(3), np.zeros(3)
    for _ in range(400):
        rows, columns = rng.normal(size=(9, 1)), rng.normal(size=(1, 6))
        cells = [rows + columns + rng.normal(size=(9, 6)), rows + 0 * columns, 0 * rows + columns]
        low, high = crossed_interval(np.stack(cells, axis=-1))
        hits += (low <= 0) & (high >= 0)
    assert ((hits / 400 > 0.92) & (hits / 400 <= 1)).all()
    # Exactly Student's where one axis counts alone.
    assert (np.abs(hits[1:] / 400 - 0.95) < 0.035).all()


def test_intervals_are_given_the_first_network_and_batch():
    """The mean of `seed` is known for a first network and batch; over other ones it has a spread of its own."""
    rng, size, n, hits = np.random.default_rng(5), 10, 10, {"given": [], "over all": []}
    for repeat in range(300):
        if repeat % 20 == 0:
            network, images, both = (sd * rng.normal(size=(2, size)) for sd in (SEED, IMAGES, BOTH))
        networks, batches = SEED * rng.normal(size=(n, 2, size)), IMAGES * rng.normal(size=(n, 2, size))
        networks[0], batches[0] = network, images
        first = network + batches + BOTH * rng.normal(size=batches.shape)
        second = networks + images + BOTH * rng.normal(size=networks.shape)
        first[0] = second[0] = network + images + both
        table = budget_table({"trained": ((first[:, :, None, None] - second) ** 2).mean(axis=-1)}, [0, 1])
        (row,) = table[(table.term == "seed") & (table.layer_a != table.layer_b)].itertuples()
        own = ((network - images) ** 2 - (images + both) ** 2).mean(axis=1) + SEED**2 + BOTH**2
        for name, value in {"given": own.sum() / 2, "over all": 2 * SEED**2}.items():
            hits[name].append(row.low <= value <= row.high)
    assert 0.93 <= np.mean(hits["given"]) <= 1
    assert np.mean(hits["over all"]) < 0.9


@pytest.mark.parametrize(("n", "least", "most"), [(5, 0.78, 0.99), (10, 0.5, 0.95)])
@pytest.mark.parametrize("deviations", [(0.3, 0.3, 1), (1, 0.3, 0.3), (0.3, 1, 0.3)])
def test_intervals_cover_less_over_all_networks_and_batches(n, least, most, deviations):
    rng, size, covered = np.random.default_rng(n), 10, []
    seed, images, both = 2 * np.square(deviations)
    truth = {"seed": seed, "images": images, "seed_and_images": both, "remainder": 1, "total": 1 + seed + images + both}
    for _ in range(300):
        of_networks, of_batches, of_both, of_first = (
            deviation * rng.normal(size=(n, 2, size)) for deviation in (*deviations, deviations[2])
        )
        of_both[0] = of_first[0]
        first = of_networks[0] + of_batches + of_first + [[0], [1]]
        second = of_networks + of_batches[0] + of_both + [[0], [1]]
        table = budget_table({"trained": ((first[:, :, None, None] - second) ** 2).mean(axis=-1)}, [0, 1])
        rows = table[table.layer_a != table.layer_b].set_index("term").loc[list(truth)]
        covered.append((rows.low <= list(truth.values())) & (rows.high >= list(truth.values())))
    covered = np.mean(covered, axis=0)
    assert ((covered > least) & (covered < most)).all()


@pytest.mark.parametrize("n", [5, 10])
def test_intervals_contain_the_error_of_the_unit(n):
    """Networks differ in scale by 30 %. With a unit taken as exact, the remainder is covered in 0.6 to 0.7."""
    rng, terms, covered = np.random.default_rng(n), ["scale", "remainder", "seed", "images", "total"], []
    shapes = np.abs(rng.normal(size=(2, 20))) + 0.5

    def draw(n, first):
        """A crossed design of clouds, each a scale and a shape; those of the first network vary little by batch."""
        scales = first[0] * np.exp(0.02 * rng.normal(size=(n, 2)))
        networks = [1, 2] * np.exp(0.3 * rng.normal(size=(n, 2)))
        rows = first[1] + 0.05 * rng.normal(size=(n, 2, 20))
        columns = shapes + 0.1 * rng.normal(size=(n, 2, 20))
        scales[0], networks[0], rows[0], columns[0] = first[0], first[0], *first[1:], *first[1:]
        between = {"scaled": (rows, columns), "trained": (rows * scales[..., None], columns * networks[..., None])}
        distances = {name: np.abs(a[:, :, None, None] - b).sum(axis=-1) for name, (a, b) in between.items()}
        return distances, np.concatenate([scales, networks])

    def between_layers(distances, units):
        table = budget_table(distances, [0, 1], units=units)
        return table[table.layer_a != table.layer_b].set_index("term").loc[terms]

    for _ in range(10):
        first = [1, 2] * np.exp(0.3 * rng.normal(size=2)), shapes + 0.1 * rng.normal(size=(2, 20))
        distances, units = draw(300, first)
        # Over many networks and batches, with the weights that these have in a unit of few.
        unit = ((n - 1) * units[1:300].mean(axis=0) + units[300] + (n - 1) * units[301:].mean(axis=0)) / (2 * n - 1)
        truth = between_layers(distances, np.tile(unit, (600, 1))).value
        for _ in range(30):
            found = between_layers(*draw(n, first))
            covered.append((found.low <= truth) & (found.high >= truth))
    covered = np.mean(covered, axis=0)
    print(dict(zip(terms, covered.round(3), strict=True)))
    assert ((covered > 0.85) & (covered < 0.995)).all()


def test_no_interval_of_few_networks_or_batches(whole):
    rng = np.random.default_rng(4)
    few_batches = budget_table({"trained": crossed(rng, [0, 3], n_batches=4)}, [0, 1])
    assert few_batches[few_batches.layer_a != few_batches.layer_b].low.isna().all()
    _, table = whole
    assert table[table.layer_a != table.layer_b].low.notna().all()
    assert np.isnan(crossed_interval(rng.normal(size=(1, 9)))[0])
    cells = np.broadcast_to(rng.normal(size=(1, 9)), (3, 9))
    low, high = crossed_interval(cells)
    assert low < cells.mean() < high


def test_bad_input():
    with pytest.raises(InputError, match="1 batches and 3 networks"):
        budget_table({"trained": np.zeros((1, 2, 3, 2))}, [0, 1])
    with pytest.raises(InputError, match="no unit"):
        budget_table({"trained": np.zeros((2, 2, 3, 2)), "scaled": np.zeros((2, 2, 3, 2))}, [0, 1])
