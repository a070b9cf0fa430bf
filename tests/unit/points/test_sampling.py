"""Streams of batches against plain loops: which positions become points, and how evenly they are drawn."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.points import norms, sampling
from actopo.points.choices import POLICIES, central_positions
from actopo.points.sampling import Stream

from unit.points.examples import BATCHES, draw, largest_first, quotas


def tied_weights(activations):
    """Few different weights, some images without any, so that the seed decides; image 3 is among those."""
    weights = np.random.default_rng(2).integers(3, size=activations.shape[:3]).astype(float)
    weights[3::8] = 0
    return weights


DRAWS = {
    "random": ("random", {"points_per_image": 3}),
    "random_inside": ("random", {"points_per_image": 3, "exclude_border": True}),
    "central": ("central", {"points_per_image": 3}),
    "top_l2": ("top_l2", {"points_per_image": 3}),
    "top_weight": ("top_weight", {"points_per_image": 3}),
    "full": ("full", {}),
    "stratified": ("full", {"cap": 101}),
    "replaced": ("full", {"cap": 101, "replace": True}),
}


def drawn(name, activations, labels, batches=BATCHES, **more):
    method, settings = DRAWS[name]
    if method == "top_weight":
        more["weights"] = tied_weights(activations)
    return draw(method, activations, labels, batches, **settings, **more)


def assert_same(first, second):
    for field in vars(first):
        assert getattr(first, field).tobytes() == getattr(second, field).tobytes(), field


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(sampling, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(norms, "BLOCK_BYTES", 1000)


@pytest.fixture
def layer():
    rng = np.random.default_rng(1)
    return rng.normal(size=(40, 3, 5, 7)).astype(np.float32), rng.integers(4, size=40)


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_provenance_reproduces_points(layer, name, dtype):
    activations, labels = layer[0].astype(dtype), layer[1]
    cloud = drawn(name, activations, labels)
    np.testing.assert_array_equal(activations[cloud.image, cloud.row, cloud.col], cloud.points)
    np.testing.assert_array_equal(labels[cloud.image], cloud.label)
    norm = np.linalg.norm(cloud.points.astype(np.float64), axis=1)
    np.testing.assert_allclose(cloud.norm, norm, rtol=np.finfo(np.float32).eps)
    assert cloud.norm.dtype == np.float32


@pytest.mark.parametrize("name", DRAWS)
def test_same_seed_same_bytes_whatever_the_blocks(layer, name, monkeypatch):
    first = drawn(name, *layer)
    monkeypatch.setattr(sampling, "BLOCK_BYTES", 1 << 20)
    monkeypatch.setattr(norms, "BLOCK_BYTES", 1 << 20)
    assert_same(first, drawn(name, *layer))


@pytest.mark.parametrize("batches", [(40,), (1,), (39, 1), (2, 17)])
@pytest.mark.parametrize("name", DRAWS)
def test_same_points_whatever_the_batches(layer, name, batches):
    layer[0][:, 0] = 0  # norms that tie, so that the seed decides
    assert_same(drawn(name, *layer), drawn(name, *layer, batches))


@pytest.mark.parametrize("name", ["random", "random_inside", "central", "top_weight", "stratified", "replaced"])
def test_another_seed_another_draw(layer, name):
    assert drawn(name, *layer, seed=1).points.tobytes() != drawn(name, *layer, seed=2).points.tobytes()


@pytest.mark.parametrize("name", DRAWS)
def test_memmap_gives_the_same_points(layer, name, tmp_path):
    np.save(tmp_path / "layer.npy", layer[0])
    mapped = np.load(tmp_path / "layer.npy", mmap_mode="r")
    assert_same(drawn(name, mapped, layer[1]), drawn(name, *layer))


def test_a_stream_ends_with_its_images(layer):
    stream = Stream("random", (4, 3, 5, 7), layer[1][:4])
    stream.take(np.zeros((3, 3, 5), np.float32))
    with pytest.raises(ValueError, match="made for 4 images, but was given 5"):
        stream.take(np.zeros((2, 3, 5), np.float32))


@pytest.mark.parametrize("p", [1, 2, 15])
def test_top_l2_by_brute_force(layer, p):
    activations, labels = layer
    cloud = draw("top_l2", activations, labels, points_per_image=p)
    best = largest_first(np.linalg.norm(activations.astype(np.float64), axis=3), p)
    np.testing.assert_array_equal((cloud.row * 5 + cloud.col).reshape(40, p), best)
    np.testing.assert_array_equal(cloud.image, np.arange(40).repeat(p))


def test_top_l2_draws_evenly_among_ties_only():
    activations = np.zeros((6000, 2, 2, 3), np.float32)
    activations[:, 0, 1] = activations[:, 1, 0] = activations[:, 1, 1] = [0, 2, 0]
    cloud = draw("top_l2", activations, np.zeros(6000, int))
    counts = np.bincount(cloud.row * 2 + cloud.col, minlength=4)
    assert counts[0] == 0
    assert np.sum((counts[1:] - 2000) ** 2 / 2000) < 18.4  # chi-squared, 2 degrees of freedom, p = 1e-4


@pytest.mark.parametrize(("exclude_border", "p", "limit"), [(False, 1, 34.9), (False, 2, 34.9), (True, 1, 23.5)])
def test_random_is_uniform_over_positions(exclude_border, p, limit):
    activations = np.zeros((9000, 3, 4, 1), np.float32)
    cloud = draw("random", activations, np.zeros(9000, int), points_per_image=p, seed=3, exclude_border=exclude_border)
    counts = np.zeros((3, 4))
    np.add.at(counts, (cloud.row, cloud.col), 1)
    allowed = counts[1:, 1:] if exclude_border else counts
    assert counts.sum() == allowed.sum() == 9000 * p
    expected = 9000 * p / allowed.size
    assert np.sum((allowed - expected) ** 2 / expected) < limit  # chi-squared, p < 4e-4


@pytest.mark.parametrize("p", [2, 7, 15])
def test_random_positions_of_an_image_are_distinct(layer, p):
    cloud = draw("random", *layer, points_per_image=p)
    positions = (cloud.row * 5 + cloud.col).reshape(40, p)
    assert (np.diff(positions, axis=1) > 0).all()


def test_random_draws_every_pair_of_positions_equally_often():
    activations = np.zeros((12000, 2, 2, 1), np.float32)
    cloud = draw("random", activations, np.zeros(12000, int), points_per_image=2)
    position = (cloud.row * 2 + cloud.col).reshape(-1, 2)
    counts = np.bincount(position[:, 0] * 4 + position[:, 1], minlength=16)
    counts = counts[counts > 0]
    assert len(counts) == 6
    assert np.sum((counts - 2000) ** 2 / 2000) < 25.7  # chi-squared, 5 degrees of freedom, p = 1e-4


@pytest.mark.parametrize(("share", "p"), [(0.25, 1), (0.25, 3), (0.5, 2)])
def test_central_is_uniform_over_central_positions(share, p):
    activations, central = np.zeros((9000, 4, 5, 1), np.float32), central_positions(4, 5, share)
    cloud = draw("central", activations, np.zeros(9000, int), points_per_image=p, seed=4, share=share)
    position = (cloud.row * 5 + cloud.col).reshape(-1, p)
    assert (np.diff(position, axis=1) > 0).all()
    counts = np.bincount(position.ravel(), minlength=20)
    assert counts[central].sum() == 9000 * p
    expected = 9000 * p / len(central)
    # chi-squared, 5 and 11 degrees of freedom, p = 1e-4
    assert np.sum((counts[central] - expected) ** 2 / expected) < {6: 25.7, 12: 37.4}[len(central)]


@pytest.mark.parametrize("cap", [None, 600, 10**9])
def test_full_is_every_position(layer, cap):
    cloud = draw("full", *layer, cap=cap)
    np.testing.assert_array_equal(cloud.points, layer[0].reshape(600, 7))
    positions = [(image, row, col) for image in range(40) for row in range(3) for col in range(5)]
    np.testing.assert_array_equal(np.stack([cloud.image, cloud.row, cloud.col], axis=1), positions)


@pytest.mark.parametrize("cap", [1, 3, 100, 599])
def test_stratified_counts_are_proportional_and_distinct(layer, cap):
    cloud = draw("full", *layer, cap=cap, seed=5)
    flat = (cloud.image * 3 + cloud.row) * 5 + cloud.col
    assert len(flat) == cap
    assert (np.diff(flat) > 0).all()
    share = np.bincount(layer[1]) * cap / 40
    counts = np.bincount(cloud.label, minlength=4)
    assert (np.abs(counts - share) < 1).all()
    assert dict(enumerate(counts.tolist())) == quotas(layer[1], cap)


def test_largest_remainders():
    activations, labels = np.zeros((10, 1, 10, 1), np.float32), np.repeat([3, 5, 9], [5, 3, 2])
    # Shares of 7 are 3.5, 2.1 and 1.4: the one point left over goes to the first class.
    assert quotas(labels, 7) == {3: 4, 5: 2, 9: 1}
    counts = np.bincount(draw("full", activations, labels, cap=7).label)
    np.testing.assert_array_equal(counts[[3, 5, 9]], [4, 2, 1])


def test_with_replacement_repeats_points():
    activations = np.arange(50, dtype=np.float32).reshape(5, 5, 2, 1)
    cloud = draw("full", activations, np.arange(5), cap=49, replace=True)
    assert len(cloud.points) == 49
    assert (np.diff(cloud.points[:, 0]) >= 0).all()
    assert len(np.unique(cloud.points)) < 45


@pytest.mark.parametrize("method", ["random", "top_l2"])
def test_too_many_points_per_image(layer, method):
    with pytest.raises(InputError, match=r"points_per_image is 16.*3 x 5"):
        draw(method, *layer, points_per_image=16)


def test_too_few_central_positions(layer):
    with pytest.raises(
        InputError, match=r"points_per_image is 6.*3 x 5.*5 of them within the central share 0.2; .*1 to 5"
    ):
        draw("central", *layer, points_per_image=6, share=0.2)


def test_no_positions_inside_the_border():
    with pytest.raises(InputError, match=r"points_per_image is 1.*1 x 4.*exclude_border"):
        Stream("random", (2, 1, 4, 3), [0, 1], exclude_border=True)


def test_large_finite_activations_are_accepted():
    cloud = draw("top_l2", np.full((1, 1, 1, 2), 2e38, np.float32), [0])
    np.testing.assert_allclose(cloud.norm, [2e38 * 2**0.5], rtol=1e-7)


def test_bad_cap(layer):
    with pytest.raises(InputError, match="cap is 0"):
        draw("full", *layer, cap=0)


@pytest.mark.parametrize("p", [1, 5, 15])
def test_top_weight_by_brute_force(layer, p):
    weights = np.random.default_rng(6).uniform(size=(40, 3, 5)) * np.logspace(-200, 200, 40)[:, None, None]
    cloud = draw("top_weight", *layer, weights=weights, points_per_image=p)
    best = largest_first(weights, p)
    np.testing.assert_array_equal((cloud.row * 5 + cloud.col).reshape(40, p), best)
    np.testing.assert_array_equal(cloud.image, np.arange(40).repeat(p))


@pytest.mark.parametrize("noise", [0, 1e-13])
def test_top_weight_takes_the_largest_first_and_draws_evenly_among_ties(noise):
    # Symmetric positions whose weights differ by rounding only are ties too.
    weights = np.tile([[3.0, 2.0], [2.0, 2.0]], (6000, 1, 1)) / 7 * (1 + noise * np.arange(4).reshape(2, 2))
    cloud = draw(
        "top_weight", np.zeros((6000, 2, 2, 1), np.float32), np.zeros(6000, int), weights=weights, points_per_image=2
    )
    position = (cloud.row * 2 + cloud.col).reshape(-1, 2)
    assert not position[:, 0].any()
    counts = np.bincount(position[:, 1], minlength=4)
    assert counts[0] == 0
    assert np.sum((counts[1:] - 2000) ** 2 / 2000) < 18.4  # chi-squared, 2 degrees of freedom, p = 1e-4


def test_as_released_the_draw_is_among_all_that_reach_the_last_weight():
    # The largest weight is drawn like the three that reach the third largest; those below never are.
    weights = np.tile([[3.0, 2.0, 1.0], [2.0, 2.0, 0.0]], (6000, 1, 1))
    activations, labels = np.zeros((6000, 2, 3, 1), np.float32), np.zeros(6000, int)
    cloud = draw("top_weight", activations, labels, weights=weights, points_per_image=3, ties="all")
    position = (cloud.row * 3 + cloud.col).reshape(-1, 3)
    assert (np.diff(np.sort(position, axis=1), axis=1) > 0).all()
    counts = np.bincount(position.ravel(), minlength=6)
    assert not counts[[2, 5]].any()
    left_out = 6000 - counts[[0, 1, 3, 4]]
    assert np.sum((left_out - 1500) ** 2 / 1500) < 21.2  # chi-squared, 3 degrees of freedom, p = 1e-4


@pytest.mark.parametrize("p", [1, 4])
def test_choices_for_ties_agree_on_one_point_and_without_ties(layer, p):
    weights = tied_weights(layer[0]) if p == 1 else np.random.default_rng(6).uniform(size=(40, 3, 5))
    last, among_all = (
        draw("top_weight", *layer, weights=weights, points_per_image=p, ties=ties) for ties in ("last", "all")
    )
    np.testing.assert_array_equal(*(np.sort(cloud.flat.reshape(40, p), axis=1) for cloud in (last, among_all)))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("p", [1, 3])
def test_permuted_positions_are_those_of_another_image_with_foreground(layer, policy, p):
    weights = tied_weights(layer[0])
    has = weights.any(axis=(1, 2))
    settings = {"weights": weights, "policy": policy, "points_per_image": p, "seed": 5}
    own = draw("top_weight", *layer, **settings)
    other, again, third = (draw("top_weight", *layer, **settings, permutation=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(own.image, other.image)
    before, after = ((cloud.row * 5 + cloud.col).reshape(-1, p) for cloud in (own, other))
    with_foreground = has[own.image[::p]]
    np.testing.assert_array_equal(before[~with_foreground], after[~with_foreground])
    before, after = before[with_foreground].tolist(), after[with_foreground].tolist()
    # Every image has the positions of some image, and each image gives its own once.
    assert sorted(before) == sorted(after)
    assert before != after
    assert_same(other, again)
    assert (other.flat != third.flat).any()


def test_no_image_keeps_its_own_positions():
    """Of images with a different position each."""
    weights, n = np.eye(12).reshape(12, 3, 4), 12
    activations, labels = np.zeros((n, 3, 4, 1), np.float32), np.zeros(n, int)
    for seed in range(20):
        cloud = draw("top_weight", activations, labels, weights=weights, permutation=seed)
        position = cloud.row * 4 + cloud.col
        assert sorted(position) == list(range(n))
        assert (position != np.arange(n)).all()


def test_positions_of_a_single_image_are_not_permuted(layer):
    weights = np.zeros((40, 3, 5))
    weights[7] = 1
    with pytest.raises(InputError, match="1 of 40 images have foreground"):
        draw("top_weight", *layer, weights=weights, permutation=0)


@pytest.mark.parametrize("policy", ["random", "keep"])
def test_images_without_foreground_get_random_positions(policy):
    activations, labels = np.zeros((9000, 2, 3, 1), np.float32), np.zeros(9000, int)
    cloud = draw("top_weight", activations, labels, weights=np.zeros((9000, 2, 3)), points_per_image=2, policy=policy)
    position = (cloud.row * 3 + cloud.col).reshape(-1, 2)
    assert (position[:, 0] != position[:, 1]).all()
    counts = np.bincount(position.ravel(), minlength=6)
    assert np.sum((counts - 3000) ** 2 / 3000) < 25.7  # chi-squared, 5 degrees of freedom, p = 1e-4


@pytest.mark.parametrize("given", [True, False])
def test_policies_agree_on_images_with_foreground(layer, given):
    weights = tied_weights(layer[0])
    has = weights.any(axis=(1, 2))
    assert 0 < has.sum() < 40
    clouds = {
        policy: draw(
            "top_weight",
            *layer,
            weights=weights,
            points_per_image=3,
            has_foreground=has if given else None,
            policy=policy,
        )
        for policy in POLICIES
    }
    np.testing.assert_array_equal(clouds["drop"].image, np.flatnonzero(has).repeat(3))
    np.testing.assert_array_equal(clouds["random"].points, clouds["keep"].points)
    for field in vars(clouds["keep"]):
        kept = getattr(clouds["keep"], field)[has.repeat(3)]
        np.testing.assert_array_equal(kept, getattr(clouds["drop"], field))


def test_an_image_rejected_in_spite_of_its_weights_is_random_or_kept():
    activations, labels = np.zeros((2000, 2, 2, 1), np.float32), np.zeros(2000, int)
    weights = np.tile([[1.0, 2.0], [3.0, 4.0]], (2000, 1, 1))
    none = np.zeros(2000, bool)
    kept = draw("top_weight", activations, labels, weights=weights, has_foreground=none, policy="keep")
    assert (kept.row * 2 + kept.col == 3).all()
    drawn = draw("top_weight", activations, labels, weights=weights, has_foreground=none, policy="random")
    counts = np.bincount(drawn.row * 2 + drawn.col, minlength=4)
    assert np.sum((counts - 500) ** 2 / 500) < 21.2  # chi-squared, 3 degrees of freedom, p = 1e-4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"points_per_image": 16}, r"points_per_image is 16.*3 x 5"),
        ({"weights": np.ones((40, 5, 3))}, r"\(40, 5, 3\).*\(40, 3, 5\)"),
        ({"weights": np.full((40, 3, 5), -1.0)}, "weight of image 0 is negative"),
        ({"weights": np.full((40, 3, 5), np.nan)}, "weight of image 0 .*not finite"),
        ({"policy": "skip"}, "'skip'.*random, drop, keep"),
        ({"ties": "first"}, "'first'.*last, all"),
        ({"has_foreground": [True]}, r"\(1,\).*40 images"),
        ({"has_foreground": np.ones(40)}, "float64"),
        ({"weights": np.zeros((40, 3, 5)), "policy": "drop"}, "no image has a foreground"),
    ],
)
def test_bad_weights(layer, arguments, message):
    with pytest.raises(InputError, match=message):
        draw("top_weight", *layer, **{"weights": np.ones((40, 3, 5)), **arguments})


def test_given_points_are_those_that_another_stream_took(layer):
    activations, labels = layer
    first = drawn("top_l2", activations, labels)
    other = np.random.default_rng(3).normal(size=activations.shape).astype(np.float32)
    again = draw("given", other, labels, BATCHES, place=first.image, row=first.row, col=first.col)
    for name in ("image", "row", "col", "label"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))
    np.testing.assert_array_equal(again.points, other[first.image, first.row, first.col])


@pytest.mark.parametrize(
    ("place", "row", "col", "message"),
    [([1, 0], [0, 0], [0, 0], "order of the images"), ([0], [3], [0], "row 3, but"), ([0], [0], [7], "column 7, but")],
)
def test_given_points_outside_the_layer(place, row, col, message):
    with pytest.raises(InputError, match=message):
        Stream("given", (4, 3, 7, 2), np.zeros(4, int), place=place, row=row, col=col)


@pytest.mark.parametrize("name", ["random", "central", "stratified", "replaced"])
def test_more_positions_than_32_bits_count(name):
    n_images, side, block = 30_000, 300, 10_000
    shape, labels = (n_images, side, side, 1), np.arange(n_images) % 3
    method, settings = DRAWS[name]
    stream, norm, flat = Stream(method, shape, labels, **settings), np.broadcast_to(np.float32(1), shape[:3]), []
    for start in range(0, n_images, block):
        here = stream.take(norm[start : start + block])
        assert 0 <= here.min() <= here.max() < block * side**2
        flat.append(start * side**2 + here)
    flat = np.concatenate(flat)
    assert flat.max() >= 2**31
    places = stream.provenance(flat)
    for image, row, col, label, number in zip(*places.values(), flat.tolist(), strict=True):
        assert (int(image) * side + int(row)) * side + int(col) == number
        assert label == labels[image]
    given = Stream("given", shape, labels, place=places["image"], row=places["row"], col=places["col"])
    np.testing.assert_array_equal(given.take(norm), flat)


def test_an_unknown_method_is_refused():
    with pytest.raises(
        InputError, match="method is 'foreground'; write one of top_l2, random, central, top_weight, full, given"
    ):
        Stream("foreground", (2, 3, 3, 1), [0, 1])


def test_a_negative_zero_is_no_large_weight():
    weights = np.array([[[-0.0, 0.5, 0.0]]])
    stream = Stream("top_weight", (1, 1, 3, 2), [0], weights=weights)
    assert stream.take(np.zeros((1, 1, 3), np.float32)).tolist() == [1]
