"""What is found again is what was there: by construction on small graphs, and on clouds of known shape."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.graphs.confidence import THRESHOLDS, Reference, confidence_table, parts
from actopo.graphs.features import image_graph, mean_lens
from actopo.mapper.covers import IntervalCover
from actopo.mapper.dbscan import DBSCAN
from actopo.mapper.graph import mapper_graph
from scipy import sparse

N_IMAGES = 1200


def chain(n_nodes, closed, images=None, shift=0.0):
    """Nodes along a line or a circle of images, each with the next in common; image i lies at i / n."""
    images = np.arange(N_IMAGES) if images is None else images
    place = images / N_IMAGES
    centres = (np.arange(n_nodes) + 0.5 + shift) / n_nodes
    apart = np.abs(place[:, None] - centres)
    apart = np.minimum(apart, 1 - apart) if closed else apart
    incidence = sparse.csr_array((apart <= 0.65 / n_nodes).astype(np.int8))
    edges = [(node, (node + 1) % n_nodes) for node in range(n_nodes if closed else n_nodes - 1)]
    edges = [(min(edge), max(edge)) for edge in edges]
    return image_graph(incidence, images, edges, np.arange(n_nodes, dtype=float))


def test_a_graph_is_found_in_itself():
    graph = chain(12, closed=True)
    found = Reference(graph).find_in(graph)
    assert (found.nodes == 1).all()
    assert len(found.branches) == 0
    assert found.cycles.tolist() == [[1, 1, 1]]


@pytest.mark.parametrize("n_nodes", [8, 12, 17, 25])
@pytest.mark.parametrize("shift", [0.0, 0.3, 0.5])
def test_a_circle_is_carried_to_another_cover_of_it(n_nodes, shift):
    reference = Reference(chain(12, closed=True))
    assert len(reference.cycles) == 1
    assert reference.find_in(chain(n_nodes, closed=True, shift=shift)).cycles.tolist() == [[1, 1, 1]]
    rng = np.random.default_rng(0)
    half = np.sort(rng.choice(N_IMAGES, N_IMAGES // 2, replace=False))
    assert reference.find_in(chain(n_nodes, closed=True, images=half, shift=shift)).cycles.tolist() == [[1, 1, 1]]


def test_a_circle_is_not_carried_to_a_line_nor_to_what_is_cut():
    reference = Reference(chain(12, closed=True))
    assert reference.find_in(chain(12, closed=False)).cycles.tolist() == [[0, 0, 0]]
    cut = chain(12, closed=True)
    cut = image_graph(cut.members, cut.images, cut.edges[1:], cut.lens)
    assert reference.find_in(cut).cycles.tolist() == [[0, 0, 0]]
    # One node with everything: the walk stays where it is.
    single = image_graph(np.ones((N_IMAGES, 1), dtype=np.int8), np.arange(N_IMAGES), [], [0.0])
    assert reference.find_in(single).cycles.tolist() == [[0, 0, 0]]


def test_a_circle_of_other_images_is_not_found():
    """A cycle elsewhere in the other graph does not count."""
    reference, images = Reference(chain(12, closed=True)), np.arange(N_IMAGES)
    both = np.zeros((2 * N_IMAGES, 24), dtype=np.int8)
    line, circle = chain(12, closed=False), chain(12, closed=True)
    both[:N_IMAGES, :12], both[N_IMAGES:, 12:] = line.members.toarray(), circle.members.toarray()
    edges = np.concatenate([line.edges, circle.edges + 12])
    other = image_graph(both, np.r_[images, images + N_IMAGES], edges, np.arange(24.0))
    assert Reference(other).find_in(other).cycles.tolist() == [[1, 1, 1]]
    assert reference.find_in(other).cycles.tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("overlap", [0.2, 0.3, 0.4])
def test_intervals_that_are_shifted_by_half_a_step_have_the_index_of_the_formula(overlap):
    step = (1 - overlap) * 1000
    starts = np.arange(5) * step
    points = np.arange(6000) - 1000
    first, second = (
        ((points[:, None] >= starts + shift) & (points[:, None] < starts + shift + 1000)).astype(np.int8)
        for shift in (0, step / 2)
    )
    graphs = [image_graph(inside, points, [], np.arange(5.0)) for inside in (first, second)]
    index = Reference(graphs[0]).find_in(graphs[1]).nodes
    np.testing.assert_allclose(index[1:], (1 + overlap) / (3 - overlap), atol=2e-3)


@pytest.mark.parametrize("seed", range(5))
def test_jaccard_indices_are_those_of_sets(seed):
    rng = np.random.default_rng(seed)
    graphs = []
    for n_nodes in (6, 9):
        images = rng.choice(50, 40, replace=False)
        incidence = (rng.random((40, n_nodes)) < 0.2).astype(np.int8)
        graphs.append(image_graph(incidence, images, [(0, 1), (1, 2)], rng.random(n_nodes)))
    shared = set(graphs[0].images) & set(graphs[1].images)
    sets = [[set(graph.images[column]) & shared for column in graph.members.toarray().T] for graph in graphs]
    expected = [max(len(a & b) / len(a | b) for b in sets[1]) if a else np.nan for a in sets[0]]
    np.testing.assert_allclose(Reference(graphs[0]).find_in(graphs[1]).nodes, expected)


def test_the_table_counts_by_source_and_threshold():
    graph = chain(12, closed=True)
    reference = Reference(graph, thresholds=(0.5, 0.3))
    others = [graph, chain(12, closed=True, shift=0.5), chain(12, closed=False)]
    found = [reference.find_in(other) for other in others]
    chance = [reference.find_in(other, seed=3) for other in others]
    table = confidence_table(reference, found, chance, ["draws", "draws", "seeds"])
    assert table.kind.tolist() == ["node"] * 12 + ["cycle"]
    (cycle,) = table[table.kind == "cycle"].to_dict("records")
    assert sorted(map(int, cycle["nodes"].split())) == list(range(12))
    assert (cycle["share_draws"], cycle["share_seeds"], cycle["n_draws"], cycle["n_graphs"]) == (1, 0, 2, 3)
    assert cycle["share"] == pytest.approx(2 / 3)
    assert (cycle["id"], cycle["n_images"], cycle["lens"]) == (0, N_IMAGES, 11)
    assert table.id.tolist() == [*range(12), 0]
    assert table.n_images[:12].tolist() == graph.members.sum(axis=0).tolist()
    assert table.lens[:12].tolist() == list(range(12))
    node = table.iloc[4]
    index = [each.nodes[4] for each in found]
    assert node.jaccard == pytest.approx(np.mean(index))
    assert (node.share, node["share_at_0.3"]) == (np.mean(np.array(index) >= 0.5), np.mean(np.array(index) >= 0.3))
    assert node.chance == 0
    with pytest.raises(InputError, match="other graphs"):
        confidence_table(reference, [], [], [])


def test_images_that_are_not_shared_say_nothing():
    graph = chain(12, closed=False)
    half = np.arange(N_IMAGES // 2)
    found = Reference(graph).find_in(chain(12, closed=False, images=half))
    assert np.isnan(found.nodes).tolist() == [not column.any() for column in graph.members.toarray()[half].T]
    with pytest.raises(InputError, match="no image in common"):
        Reference(graph).find_in(chain(12, closed=False, images=half + N_IMAGES))


def test_a_graph_without_nodes_has_no_row_and_no_other_is_found_in_it():
    graph = chain(12, closed=True)
    empty = image_graph(sparse.csr_array((N_IMAGES, 0), dtype=np.int8), np.arange(N_IMAGES), [], [])
    tables = []
    for own, other in ((graph, empty), (empty, graph), (empty, empty)):
        reference = Reference(own)
        found = [reference.find_in(other)] * 2
        tables.append(confidence_table(reference, found, found, ["draws", "parts"]))
    assert (tables[0].share == 0).all()
    for table in tables[1:]:
        assert table.columns.tolist() == tables[0].columns.tolist()
        assert len(table.kind) == 0


def build(points, lens, eps, n_intervals, min_samples):
    graph = mapper_graph(points, lens, IntervalCover(n_intervals, 0.3), DBSCAN(eps, min_samples))
    return image_graph(graph.incidence, np.arange(len(points)), graph.edges, mean_lens(graph.incidence, lens))


def confidence_of(base, lens, noise, eps, n_intervals, min_samples, seed, share=0.01):
    """Points with noise that every draw has anew, and halves of the images of the first draw."""
    rng = np.random.default_rng(seed)
    clouds = [base + noise * rng.normal(size=base.shape) for _ in range(13)]
    graphs = [build(cloud, lens(cloud), eps, n_intervals, min_samples) for cloud in clouds]
    reference, cover, images = Reference(graphs[0], share), IntervalCover(n_intervals, 0.3), np.arange(len(base))
    # In the plane, half of the points have the same density at an eps that is larger by the root of 2.
    clusterer = DBSCAN(eps * np.sqrt(2), min_samples), 1
    halves = parts(clouds[0], lens(clouds[0]), images, cover, lambda part, part_lens: clusterer, 8, 0.5, seed)
    others = [*graphs[1:], *halves]
    found = [reference.find_in(other) for other in others]
    chance = [reference.find_in(other, seed=place) for place, other in enumerate(others)]
    table = confidence_table(reference, found, chance, ["draws"] * 12 + ["parts"] * 8)
    return clouds[0], reference, table


def winding(cycle, graph, points):
    """How often a cycle of nodes goes around the origin."""
    members = graph.members.toarray()
    x, y = np.array([points[members[:, node]].mean(axis=0) for node in cycle]).T
    turned = np.diff(np.arctan2([*y, y[0]], [*x, x[0]]))
    return round(((turned + np.pi) % (2 * np.pi) - np.pi).sum() / (2 * np.pi))


@pytest.mark.parametrize(("noise", "eps"), [(0.15, 0.06), (0.25, 0.055)])
def test_calibration_on_circles(noise, eps):
    """The cycle around the circle is certain, those of the noise are not; thick noise makes more of these."""
    true, spurious = [], []
    for seed in range(6):
        angle = np.random.default_rng(100 + seed).uniform(0, 2 * np.pi, 5000)
        base = np.column_stack([np.cos(angle), np.sin(angle)])
        points, reference, table = confidence_of(base, lambda cloud: cloud[:, 1], noise, eps, 20, 4, seed)
        shares = table.loc[table.kind == "cycle", [f"share_at_{level}" for level in THRESHOLDS]].to_numpy()
        for cycle, values in zip(reference.cycles, shares, strict=True):
            (true if winding(cycle, reference.graph, points) else spurious).append(values)
    true, spurious = np.array(true), np.array(spurious)
    assert len(true) == 6
    assert len(spurious) >= (1 if noise < 0.2 else 3)
    assert spurious.max() < 0.2
    # At the thresholds 0.4, 0.3 and 0.5. Where noise is thick, few nodes on the circle share much of their images with
    # those of another graph; the shares stay above what is spurious.
    assert (true.min(axis=0) > (0.9 if noise < 0.2 else [0.5, 0.85, 0.2])).all()
    assert true.mean(axis=0)[1] > 0.95


@pytest.mark.parametrize(("least", "n_true", "n_spurious"), [(0.01, 18, 0), (0.004, 15, 6)])
def test_calibration_on_trees(least, n_true, n_spurious):
    """The three branches of each tree are certain, tips that the noise makes are not. A low limit has such tips."""
    true, spurious = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        arm, radius = rng.integers(0, 3, 1500), rng.uniform(0, 1, 1500)
        angle = np.array([0.3, 2.4, 4.5])[arm]
        base = np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None]
        lens = {"base": base, "lens": lambda cloud: np.linalg.norm(cloud, axis=1)}
        settings = {"noise": 0.1, "eps": 0.065, "n_intervals": 16, "min_samples": 5, "seed": seed, "share": least}
        _, reference, table = confidence_of(**lens, **settings)
        tips = [(arm == k) & (radius > 0.5) for k in range(3)]
        for branch, value in zip(reference.branches, table.share[table.kind == "branch"], strict=True):
            # Of a true branch, the outer half of an arm; what a tip cuts off below it is neither.
            held = max((branch.images & tip).sum() / tip.sum() for tip in tips)
            (true if held > 0.5 else spurious).append(value)
    assert len(true) >= n_true
    assert len(spurious) >= n_spurious
    assert min(true) > 0.9
    assert max(spurious, default=0) < 0.2
