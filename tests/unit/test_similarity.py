import numpy as np
import pytest
from actopo.errors import InputError
from actopo.similarity import layer_retrieval, layer_statistics, mean_specificity, specificity
from scipy import stats


def random_distances(n_models, n_layers, seed=2, decimals=8):
    points = np.random.default_rng(seed).normal(size=(n_models * n_layers, 3))
    return np.linalg.norm(points[:, None] - points[None], axis=2).round(decimals)


def test_layer_statistics():
    matrices = np.array([[[0, 1, 4], [1, 0, 2], [4, 2, 0]], [[0, 3, 4], [3, 0, 4], [4, 4, 0]]])
    mean, sd, cv = layer_statistics(matrices)
    nan, root = np.nan, np.sqrt(2)
    np.testing.assert_array_equal(mean, [[0, 2, 4], [2, 0, 3], [4, 3, 0]])
    np.testing.assert_allclose(sd, [[0, root, 0], [root, 0, root], [0, root, 0]], atol=1e-15)
    np.testing.assert_allclose(cv, [[nan, root / 2, 0], [root / 2, nan, root / 3], [0, root / 3, nan]])


def test_layer_statistics_against_scipy():
    matrices = np.array([random_distances(1, 6, seed) for seed in range(10)])
    off = ~np.eye(6, dtype=bool)
    np.testing.assert_allclose(layer_statistics(matrices)[2][off], stats.variation(matrices, ddof=1)[off])


def test_layer_statistics_without_a_spread():
    mean, sd, cv = layer_statistics([[[0, 1], [1, 0]]])
    assert mean[0, 1] == 1
    assert np.isnan(sd).all()
    assert np.isnan(cv).all()
    assert np.isnan(layer_statistics(np.zeros((3, 2, 2)))[2]).all()


@pytest.mark.parametrize("correlation", ["pearson", "spearman"])
@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize("reference", [0, 2, None])
@pytest.mark.parametrize("decimals", [8, 0])
@pytest.mark.filterwarnings("ignore:An input array is constant")
def test_specificity_against_scipy(correlation, include_self, reference, decimals):
    n_models, n_layers = 4, 7
    distances = random_distances(n_models, n_layers, decimals=decimals)
    rho = specificity(distances, n_models, n_layers, reference, correlation, include_self)
    oracle = {"pearson": stats.pearsonr, "spearman": stats.spearmanr}[correlation]
    expected = []
    for a in range(n_models) if reference is None else [reference]:
        for b in range(n_models):
            for layer in range(n_layers) if a != b else ():
                row = distances[a * n_layers + layer]
                own, foreign = (np.array(row[x * n_layers : (x + 1) * n_layers]) for x in (a, b))
                if not include_self:
                    own, foreign = np.delete(own, layer), np.delete(foreign, layer)
                expected.append(oracle(own, foreign).statistic)
    np.testing.assert_allclose(rho, np.reshape(expected, (-1, n_layers)), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("correlation", ["pearson", "spearman"])
def test_models_that_differ_by_an_affine_map_of_distances_have_rho_one(correlation):
    block = random_distances(1, 5)
    distances = np.block([[block, 2 * block + 1], [2 * block + 1, 3 * block]])
    np.testing.assert_allclose(specificity(distances, 2, 5, None, correlation), np.ones((2, 5)))
    reversed_order = np.block([[block, 9 - block], [9 - block, block]])
    np.testing.assert_allclose(specificity(reversed_order, 2, 5, None, correlation), -np.ones((2, 5)))


def test_leaving_out_self_leaves_out_exactly_the_diagonal():
    block = random_distances(1, 5)
    foreign = block + np.diag([100.0, -100, 50, -50, 25])
    distances = np.block([[block, foreign], [foreign, block]])
    np.testing.assert_allclose(specificity(distances, 2, 5, include_self=False), np.ones((1, 5)))
    assert (specificity(distances, 2, 5) < 0.999).all()


@pytest.mark.parametrize("constant", [1.0, 0.1, 1e-3])
def test_constant_rows_have_no_correlation(constant):
    block = random_distances(1, 7)
    foreign = np.full((7, 7), constant)
    distances = np.block([[block, foreign], [foreign, block]])
    assert np.isnan(specificity(distances, 2, 7)).all()


def test_mean_specificity():
    per_layer, overall = mean_specificity([[1, 0.5, 0], [0, 0.5, 0.25]])
    np.testing.assert_array_equal(per_layer, [0.5, 0.5, 0.125])
    assert overall == 0.375


def test_layer_retrieval():
    # Three layers of two models on a line. From A: layer 0 finds 0, layer 1 finds 1, layer 2 finds 1.
    # From B: layer 0 is as near to A's layers 0 and 1, layer 1 finds 1, layer 2 finds 2.
    positions = np.array([0, 2, 4, 1, 3, 8])
    distances = np.abs(positions[:, None] - positions[None])
    distances[[1, 4], [4, 1]] = 0  # nearer than the tie at 1
    np.testing.assert_allclose(layer_retrieval(distances, 2, 3), [(1 + 0.5) / 2, 1, (0 + 1) / 2])


def test_layer_retrieval_counts_ordered_pairs_of_different_models():
    separate = np.abs(np.tile(np.arange(4), 3)[:, None] - np.tile(np.arange(4), 3)[None]).astype(float)
    np.testing.assert_array_equal(layer_retrieval(separate, 3, 4), np.ones(4))
    # Zero within a model, so counting A = B would lift this above 0.
    shifted = np.add.outer(np.tile(np.arange(4), 3), -np.tile((np.arange(4) + 1) % 4, 3)) != 0
    for a in range(3):
        shifted[a * 4 : a * 4 + 4, a * 4 : a * 4 + 4] = ~np.eye(4, dtype=bool)
    np.testing.assert_array_equal(layer_retrieval(shifted, 3, 4), np.zeros(4))


@pytest.mark.parametrize("function", [specificity, layer_retrieval])
def test_bad_distances(function):
    with pytest.raises(InputError, match="single model"):
        function(random_distances(1, 5), 1, 5)
    with pytest.raises(InputError, match=r"\(10, 10\).*3 models of 5 layers"):
        function(random_distances(2, 5), 3, 5)
    with pytest.raises(InputError, match="finite"):
        function(np.full((4, 4), np.nan), 2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"correlation": "kendall"}, "kendall"),
        ({"reference": 2}, "reference is 2"),
        ({"include_self": False}, "2 layer"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        specificity(random_distances(2, 2), 2, 2, **arguments)


@pytest.mark.parametrize("matrices", [np.zeros((3, 3)), np.zeros((2, 3, 4)), np.zeros((0, 3, 3))])
def test_bad_matrices(matrices):
    with pytest.raises(InputError, match="shape"):
        layer_statistics(matrices)
