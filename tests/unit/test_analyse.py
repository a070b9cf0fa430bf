"""One call from a network in memory to everything, and what it shows of itself."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from actopo import analyse
from actopo.digests import files_behind
from actopo.errors import InputError
from actopo.homology.diagrams import diagrams
from actopo.keys import FIRST_OUTPUT
from actopo.similarity.wasserstein import pairwise_distances

from unit.notebook.examples import N, labels, network, pictures

ROOT = Path(__file__).parents[2]
HOSTILE = "<script>alert(1)</script>"


def run(**settings):
    torch.set_num_threads(1)
    given = {"labels": labels(), "class_names": ["cat", HOSTILE], "intervals": 5, "points_per_image": 3, **settings}
    return analyse(network(), pictures(), **given)


@pytest.fixture(scope="module")
def found():
    return run()


def test_everything_has_the_names_of_layers(found):
    assert found.layers == {"first": 0, "second": 1}
    for part in (found.clouds, found.diagrams, found.graphs):
        assert list(part) == ["first", "second"]
    assert found.clouds["second"].points.shape == (3 * N, 8)


def test_distances_are_those_of_the_diagrams_of_the_clouds(found):
    fingerprints = diagrams([cloud.points for cloud in found.clouds.values()])
    for dimension, matrix in found.distances.items():
        expected = pairwise_distances([diagram[dimension] for diagram in fingerprints], n_directions=50)
        np.testing.assert_array_equal(np.asarray(matrix), expected)
        assert matrix.layers == ["first", "second"]
        assert np.asarray(matrix, dtype=np.float32).dtype == np.float32


def test_graphs_hold_the_points_of_their_clouds(found):
    for name, graph in found.graphs.items():
        assert graph.nerve.n_points == len(found.clouds[name].points)
        own = graph.networkx()
        assert own.number_of_nodes() == graph.nerve.n_nodes > 1
        assert own.graph["layer"] == name
        assert own.graph["eps"] > 0
        assert set().union(*(own.nodes[node]["composition"] for node in own)) <= {"cat", HOSTILE}
    table = found.purity()
    assert table["layer"].tolist() == ["first", "second"]
    assert table["node_purity"].between(0.5, 1).all()


@pytest.mark.parametrize(
    ("layers", "names"), [([1], ["second"]), (["second", "first"], ["first", "second"]), (["last"], ["second"])]
)
def test_layers_by_number_name_or_pattern_are_in_the_order_of_the_network(layers, names):
    assert list(run(layers=layers, dimensions=[1]).layers) == names


def test_other_modules_and_taps():
    """In the order in which they are named."""
    found = run(layers=["pool", "relu", "first"], dimensions=[0])
    assert list(found.layers) == ["pool", "relu", "first"]
    assert found.layers["first"] == 0
    assert found.layers["relu"] >= FIRST_OUTPUT
    assert run(layers=["second"], tap="input", dimensions=[0]).clouds["second"].points.shape == (3 * N, 4)
    activations = np.maximum(found.clouds["first"].points, 0)
    assert found.clouds["relu"].points.shape == activations.shape
    assert (found.clouds["relu"].points >= 0).all()


def test_a_transformer_is_read_by_its_blocks():
    sys.path.insert(0, str(ROOT / "docs/examples"))
    try:
        from tiny_vit import build
    finally:
        sys.path.pop(0)
    grey = pictures()[..., :1]
    found = analyse(build(n_classes=2, n_channels=1), grey, layers=[{"type": "Block"}], tap="residual", intervals=5)
    assert list(found.layers) == [f"blocks.{i}" for i in range(4)]
    assert found.clouds["blocks.3"].points.shape == (N, 32)


def test_what_shapes_leave_open_is_said():
    """Eight channels of 8 x 8 positions, in a network that takes no other images."""
    torch.manual_seed(0)
    parts = torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(512, 2)
    model = torch.nn.Sequential(*parts)
    images = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), dtype=np.uint8)
    settings = {"layers": ["1"], "sampling": "full", "dimensions": [0]}
    with pytest.raises(InputError, match=r"layout: \{channels: first\}"):
        analyse(model, images, **settings)
    found = analyse(model, images, layout={"channels": "first"}, **settings)
    with torch.inference_mode():
        expected = parts[1](parts[0](torch.as_tensor(images).permute(0, 3, 1, 2) / 255))
    points = found.clouds["1"].points.reshape(12, 8, 8, 8)
    np.testing.assert_allclose(points, expected.permute(0, 2, 3, 1), rtol=1e-5, atol=1e-6)
    with pytest.raises(InputError, match="give a dict of channels, grid, prefix_tokens"):
        analyse(model, images, layout={"channel": "first"}, **settings)


def test_the_same_seed_gives_the_same_and_another_does_not(found):
    again, other = run(), run(seed=1)
    np.testing.assert_array_equal(again.clouds["first"].points, found.clouds["first"].points)
    assert again.graphs["first"].data == found.graphs["first"].data
    assert not np.array_equal(other.clouds["first"].points, found.clouds["first"].points)


def test_diagrams_have_fewer_points_if_asked_and_graphs_do_not():
    few = run(diagram_points=20)
    assert len(few.diagrams["first"][0]) == 19
    assert few.graphs["first"].nerve.n_points == 3 * N


def test_matrices_and_graphs_show_themselves(found):
    shown = [found.distances[1], found.graphs["first"], found]
    for item in shown:
        text = item._repr_html_()
        assert re.search(r'<img alt="[^"<>]+" src="data:image/png;base64,[A-Za-z0-9+/=]{1000,}">', text)
        assert "<script" not in text
    assert found._repr_html_().count("<img") == 4
    assert repr(found.graphs["first"]).startswith("mapper graph of layer first: ")
    assert repr(found.distances[1]) == "sliced-Wasserstein distance, H1 between 2 layers"
    assert repr(found) == f"analysis of 60 images, classes cat, {HOSTILE}; layers first, second"


def test_settings_may_be_those_of_numpy_and_torch(found, tmp_path):
    mean = [0.5, 0.25, 0.5]
    given = {"mean": np.array(mean), "std": torch.ones(3), "dimensions": (item for item in np.array([0, 1, 1]))}
    again = run(**given, seed=np.int64(0), points_per_image=np.int64(3), eps=np.float32(0.5))
    expected = run(mean=mean, std=[1.0, 1.0, 1.0], eps=0.5)
    for dimension, matrix in expected.distances.items():
        np.testing.assert_array_equal(np.asarray(again.distances[dimension]), np.asarray(matrix))
    assert again.settings == expected.settings | {"dimensions": [0, 1]}
    again.save_explorer(tmp_path / "page.html")


def test_the_explorer_takes_no_place_of_a_folder(found, tmp_path):
    (tmp_path / "thesis").mkdir()
    for folder in (tmp_path, "."):
        with pytest.raises(InputError, match="is a folder; give the name of a file"):
            found.save_explorer(folder)
    assert (tmp_path / "thesis").is_dir()


def test_graphs_of_many_classes_name_some():
    many = run(labels=np.arange(N) % 30, class_names=[f"class {number}" for number in range(1000)])
    told = [text.get_text() for legend in many.graphs["first"].plot().legends for text in legend.get_texts()]
    assert "980 others" in told
    assert sum(text.startswith("class ") for text in told) == 20


def test_the_explorer_has_everything(found, open_page, tmp_path):
    path = found.save_explorer(tmp_path / "page.html", "mine")
    page = open_page(path)
    assert page.locator("#title").inner_text() == "actopo: mine"
    assert page.locator("#panel-a .node").count() == found.graphs["first"].nerve.n_nodes
    assert HOSTILE in page.locator("#legend").inner_text()
    for view in ("Distances", "Purity", "Run"):
        page.get_by_role("button", name=view, exact=True).or_(page.get_by_role("tab", name=view, exact=True)).click()
        assert page.locator("svg:visible").count() > 0 or view == "Run"
        assert "undefined" not in page.locator("body").inner_text()


def test_layers_that_there_are_not_are_refused():
    with pytest.raises(InputError, match=r"layers \[2\] do not exist: the network has layers 0 to 1"):
        run(layers=[2])
    with pytest.raises(InputError, match="layer second has conv only: no rectifier follows it"):
        run(tap="relu")
    with pytest.raises(InputError, match="two of the layers are called second"):
        run(layers=[1, FIRST_OUTPUT + 4])
    with pytest.raises(InputError, match="no layer is named"):
        run(layers=[])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"sampling": "given"}, "there is no sampling 'given'; write one of random, central, top_l2, full"),
        ({"eps": "stable"}, "eps is 'stable'; give a number, or 'knee'"),
        ({"dimensions": ()}, r"dimensions is \[\]; give a sequence"),
        ({"dimensions": 1}, "dimensions is 1; give a sequence"),
        ({"dimensions": "01"}, "dimensions is '01'; give a sequence of whole numbers"),
        ({"dimensions": (-1,)}, r"dimensions is \[-1\]; give a sequence of whole numbers"),
        ({"diagram_points": 1}, "diagram_points is 1; give a whole number, 2 at least"),
        ({"seed": -1}, "seed is -1; give a whole number, 0 at least"),
        ({"seed": 1.5}, r"seed is 1\.5; give a whole number, 0 at least"),
        ({"directions": 1.5}, r"directions is 1\.5; give a whole number, 1 at least"),
        ({"points_per_image": 0.5}, r"points_per_image is 0\.5; give a whole number, 1 at least"),
        ({"n_jobs": 0}, "n_jobs is 0; give a whole number above 0, or -1"),
        ({"tap": "ouput"}, "there is no tap 'ouput'; write one of conv, bn, relu, output, input, residual"),
        ({"layers": None}, "layers has None; give numbers, names or types of layers"),
        ({"layers": [0, 3.5]}, r"layers has 3\.5; give numbers"),
        (
            {"layers": [{"typ": "Conv2d"}]},
            "layers has {'typ': 'Conv2d'}; give it a name or a type, and no keys but name,",
        ),
        ({"layers": [{}]}, "layers has {}; give it a name or a type"),
        ({"points_per_image": 10_000}, "layer first: points_per_image is 10000, but this layer has"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, words):
    with pytest.raises(InputError, match=words):
        run(**settings)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"weight": torch.zeros(2)}, "model is dict; give a network"),
        (len, "model is builtin_function_or_method; give a network"),
        ("scripted", "model comes from torch.jit"),
        (torch.nn.Sequential(torch.compile(torch.nn.Conv2d(3, 2, 1))), "a part of model comes from torch.compile"),
    ],
)
def test_what_is_no_network_is_refused(model, words):
    # Scripting warns that it will go, which where tests are collected would be an error of the whole file.
    model = torch.jit.script(torch.nn.Conv2d(3, 2, 1)) if isinstance(model, str) else model
    with pytest.raises(InputError, match=words):
        analyse(model, pictures())


def test_a_compiled_network_is_read_as_it_was():
    model = network()
    found, compiled = (analyse(each, pictures(), dimensions=[0]) for each in (model, torch.compile(model)))
    assert list(compiled.layers) == list(found.layers)
    np.testing.assert_array_equal(compiled.clouds["first"].points, found.clouds["first"].points)


def test_threads_are_left_as_they_were():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        run(dimensions=[0])
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_numbers_of_layers_may_be_those_of_numpy():
    found = [list(run(layers=layers, dimensions=[0]).layers) for layers in (np.array([1, 0]), np.int64(1), "second")]
    assert found == [["first", "second"], ["second"], ["second"]]


def test_a_layer_with_one_point_is_named():
    with pytest.raises(InputError, match="layer first has 1 points; give more images, or points_per_image"):
        analyse(network(), pictures()[:1])


def test_a_layer_whose_points_are_all_equal_is_named():
    model = network()
    with torch.no_grad():
        model.second.weight.zero_()
    with pytest.raises(InputError, match="layer second: eps cannot be read from the points"):
        analyse(model, pictures(), layers=["second"], dimensions=[0])


def test_the_module_is_the_function():
    """And an import of it can be followed, since the package imports nothing itself."""
    from actopo.analyse import analyse as function

    assert analyse.analyse is function
    assert callable(analyse)
    assert "model : torch.nn.Module" in type(analyse).__call__.__doc__
    assert any(path.name == "wasserstein.py" for path in files_behind("actopo.analyse"))
