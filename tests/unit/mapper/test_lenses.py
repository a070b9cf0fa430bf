"""Lenses against their definitions written out, and what is said of those that do not fit."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.mapper import lenses
from actopo.mapper.choices import lens_label, lens_list, needs_network
from actopo.mapper.lenses import density, eccentricity, lens_values, principal_component
from scipy.spatial.distance import cdist
from scipy.special import softmax
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors


def cloud(seed=0, n=700, c=6, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, c)) @ rng.normal(size=(c, c)) + 5).astype(dtype)


def columns(points):
    n = len(points)
    image = np.arange(n) // 2
    norm = np.linalg.norm(points, axis=1).astype(np.float32)
    return {"norm": norm, "image": image, "row": image % 3, "col": image % 2, "label": image % 4}


@pytest.mark.parametrize("component", [1, 3, 6])
def test_principal_component_is_scikit_learns(component):
    points, others = cloud(), cloud(1, 50)
    pca = PCA(6).fit(points.astype(np.float64))
    axis = pca.components_[component - 1]
    sign = np.sign(axis[np.argmax(np.abs(axis))])
    for own in (points, others):
        expected = sign * pca.transform(own.astype(np.float64))[:, component - 1]
        np.testing.assert_allclose(principal_component(own, component, points), expected, atol=1e-5)
    np.testing.assert_array_equal(
        principal_component(points, component), principal_component(points, component, points)
    )
    with pytest.raises(InputError, match="no principal component 7 of 6 channels; write 1 to 6"):
        principal_component(points, 7)


@pytest.mark.parametrize("exponent", [1, 2, 3.5, 60])
def test_eccentricity_is_the_power_mean_of_distances(exponent):
    points, others = cloud(), cloud(1, 50)
    for own in (points, others):
        expected = np.mean(cdist(own, points) ** exponent, axis=1) ** (1 / exponent)
        np.testing.assert_allclose(eccentricity(own, exponent, points), expected, rtol=1e-6)
    # Of a large exponent it is the distance to the farthest point, whatever the unit.
    far = eccentricity(points * np.float32(1e6), 5000)
    np.testing.assert_allclose(far, 1e6 * cdist(points, points).max(axis=1), rtol=5e-3)


@pytest.mark.parametrize("k", [1, 5, 699])
def test_density_is_the_distance_to_a_measure(k):
    points, others = cloud(), cloud(1, 50)
    nearest = NearestNeighbors(n_neighbors=k).fit(points.astype(np.float64))
    # Without arguments, scikit-learn leaves out the point itself.
    expected = -np.sqrt(np.mean(nearest.kneighbors()[0] ** 2, axis=1))
    np.testing.assert_allclose(density(points, k), expected, rtol=1e-6)
    expected = -np.sqrt(np.mean(nearest.kneighbors(others.astype(np.float64))[0] ** 2, axis=1))
    np.testing.assert_allclose(density(others, k, points), expected, rtol=1e-6)
    with pytest.raises(InputError, match="density of 700 neighbours needs more points than the 700"):
        density(points, 700)


@pytest.mark.parametrize("largest", [20_000, 300])
def test_points_of_the_cloud_have_their_values_beside_it(largest, monkeypatch):
    """Bit for bit, also where the cloud is a sample; without `own` a point would be its own nearest neighbour."""
    monkeypatch.setattr(lenses, "REFERENCE_POINTS", largest)
    points = cloud()
    chosen = lens_list(["density", "eccentricity"])
    expected = lens_values(chosen, points, columns(points))
    copy, own = points.copy(), np.arange(700)
    found = lens_values(chosen, copy, columns(copy), reference=points, own=own)
    np.testing.assert_array_equal(found, expected)
    assert (lens_values(chosen, copy, columns(copy), reference=points)[:, 0] > expected[:, 0]).mean() > 0.4
    part = np.array([5, 699, 2])
    np.testing.assert_allclose(density(points[part], 20, points, part), expected[part, 0], rtol=1e-6)
    with pytest.raises(InputError, match="needs more points"):
        density(points[part], min(largest, 700), points, part)


def test_equal_points_are_dense_and_finite():
    points = np.r_[np.ones((30, 3)), cloud(n=40, c=3)]
    values = density(points, 5)
    assert np.isfinite(values).all()
    np.testing.assert_allclose(values[:30], 0, atol=1e-6)
    assert values[30:].max() < -1e-3


def test_a_large_cloud_is_compared_with_a_sample(monkeypatch):
    points = cloud(n=2000)
    whole = {k: density(points, k) for k in (40, 20)}, eccentricity(points, 1)
    monkeypatch.setattr(lenses, "REFERENCE_POINTS", 1000)
    sampled = density(points, 20)
    # Twenty neighbours among half of the points are about forty among all.
    assert np.corrcoef(sampled, whole[0][40])[0, 1] > 0.98
    assert np.abs(sampled - whole[0][40]).mean() < np.abs(sampled - whole[0][20]).mean()
    np.testing.assert_allclose(eccentricity(points, 1), whole[1], rtol=0.05)
    chosen = np.sort(np.random.default_rng(0).choice(2000, 1000, replace=False))
    distances = cdist(points, points[chosen])
    distances[chosen, np.arange(1000)] = np.inf
    expected = -np.sqrt(np.mean(np.sort(distances, axis=1)[:, :20] ** 2, axis=1))
    np.testing.assert_allclose(sampled, expected, rtol=1e-5)


def test_outputs_of_the_network():
    points, names = cloud(), ["cat", "deer", "7"]
    known, logits = columns(points), np.random.default_rng(0).normal(size=(700, 3)).astype(np.float32)
    found = lens_values(lens_list({"logit": "deer"}), points, known, logits, names)
    np.testing.assert_array_equal(found, logits[:, 1].astype(np.float64))
    # A number is an output, a text a class.
    found = lens_values(lens_list([{"probability": 0}, {"probability": "7"}]), points, known, logits, names)
    np.testing.assert_allclose(found, softmax(logits.astype(np.float64), axis=1)[:, [0, 2]])
    for of, words in ((3, "no output 3; the network has outputs 0 to 2"), ("dog", "no class 'dog'; choose one of cat")):
        with pytest.raises(InputError, match=words):
            lens_values(lens_list({"logit": of}), points, known, logits, names)
    with pytest.raises(InputError, match="3 outputs and the images have 2 classes; write the number of the output"):
        lens_values(lens_list({"logit": "cat"}), points, known, logits, names[:2])


def test_l2_is_the_stored_norm():
    points = cloud()
    found = lens_values(lens_list(["l2", "principal_component"]), points, columns(points))
    np.testing.assert_array_equal(found[:, 0], columns(points)["norm"])
    np.testing.assert_array_equal(found[:, 1], principal_component(points))


def test_a_users_function_is_given_what_it_takes(tmp_path):
    file = tmp_path / "lenses.py"
    file.write_text(
        "import numpy as np\n"
        "def first(points):\n    return points[:, 0]\n"
        "def by_place(x, row, label, reference):\n    return row + 10 * label + 100 * (len(reference) == 9)\n"
        "def short(points):\n    return points[1:, 0]\n"
        "def wide(points):\n    return points\n"
        "def nan(points):\n    return np.where(np.arange(len(points)) == 4, np.nan, 1.0)\n"
        "def text(points):\n    return ['x'] * len(points)\n"
        "def broken(points):\n    return points[:, 99]\n"
        "def masked(points):\n    return np.ma.masked_less(points[:, 0], 0)\n"
        "def complex(points):\n    return points[:, 0] + 1j\n"
        "def gradient(points):\n    import torch\n    return torch.ones(len(points), requires_grad=True)\n"
        "def changing(points, norm, reference):\n    for own in (points, norm, reference):\n        own *= 2\n"
        "    return points[:, 0]\n"
    )
    points = cloud()
    known = columns(points)

    def values(name, **kwargs):
        return lens_values(lens_list(f"{file}:{name}"), points, known, **kwargs)

    np.testing.assert_array_equal(values("first"), points[:, 0])
    np.testing.assert_array_equal(values("by_place", reference=points[:9]), known["row"] + 10 * known["label"] + 100)
    for name, words in {
        "short": r"short returned values of shape \(699,\) for 700 points",
        "wide": r"wide returned values of shape \(700, 6\) for 700 points",
        "nan": "nan is not finite at 1 of 700 points, first at point 4",
        "text": "text returned no numbers",
        "broken": "broken failed: IndexError: index 99",
        "masked": "masked returned no numbers .masked or complex",
        "complex": "complex returned no numbers .masked or complex",
        "gradient": "gradient returned no numbers",
        "absent": "lenses.py has no function 'absent'",
    }.items():
        with pytest.raises(InputError, match=words):
            values(name)
    # What a function changes is its own.
    others = ["l2", {"principal_component": 1}, "eccentricity"]
    for other in others:
        both = lens_values(lens_list([f"{file}:changing", other]), points, known, reference=points)
        np.testing.assert_array_equal(both[:, 1], lens_values(lens_list(other), cloud(), columns(cloud())))
    np.testing.assert_array_equal(points, cloud())
    file.write_text("import absent_package\n")
    with pytest.raises(InputError, match="cannot be imported: ModuleNotFoundError"):
        values("first")
    with pytest.raises(InputError, match="no file for lens"):
        lens_values(lens_list("absent.py:first"), points, known)


@pytest.mark.parametrize(
    ("lens", "expected", "labels"),
    [
        ("l2", [("l2", None)], ["l2 norm"]),
        ("density", [("density", 20)], ["density (of 20 neighbours)"]),
        (["l2", {"logit": "deer"}], [("l2", None), ("logit", "deer")], ["l2 norm", "logit of deer"]),
        ([{"probability": 3}], [("probability", 3)], ["probability of 3"]),
        ({"eccentricity": 1.5}, [("eccentricity", 1.5)], ["eccentricity (exponent 1.5)"]),
        ("a/b.py:f", [("function", "a/b.py:f")], ["f"]),
    ],
)
def test_lists_of_lenses(lens, expected, labels):
    found = lens_list(lens)
    assert found == expected
    assert [lens_label(*item) for item in found] == labels
    assert needs_network(found) == ("logit" in str(lens) or "probability" in str(lens))


@pytest.mark.parametrize(
    ("lens", "words"),
    [
        ([], "0 lenses are given"),
        ("L2", "no lens 'L2'"),
        ({"logit": ""}, "logit takes the name of a class"),
        ({"logit": -1}, "logit takes the name of a class"),
        ({"logit": True}, "logit takes the name of a class"),
        ({"eccentricity": 0.5}, "eccentricity takes an exponent from 1 to 1000, not 0.5"),
        ({"principal_component": 1.5}, "principal_component takes a whole number from 1, not 1.5"),
        ({"l2": 2}, "l2 takes no argument"),
        ({}, "a mapping names one lens"),
    ],
)
def test_wrong_lenses(lens, words):
    with pytest.raises(InputError, match=words):
        lens_list(lens)
