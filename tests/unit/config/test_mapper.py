"""What is refused of the mapper study, its new images, its lens and its masks, and the values just allowed."""

import pytest
from actopo.config.mapper import mask_problems
from actopo.config.validate import validate
from actopo.errors import InputError
from actopo.points.choices import DEEPLAB_WEIGHTS

from unit.config.examples import PAPER, SCHEMA, changed, messages

SAMPLINGS, STABILITY = (PAPER["mapper"][key] for key in ("samplings", "stability"))
OTHER = {"path": "sklearn.cluster.HDBSCAN"}


def config_of(**mapper):
    return changed("mapper", PAPER["mapper"] | mapper)


def check(config, said):
    if said is None:
        validate(config, SCHEMA)
    else:
        assert messages(config) == [f"  mapper.{said}"]


@pytest.mark.parametrize(
    ("noise", "said"),
    [
        (
            {"layers": [16, 3]},
            "noise.layers: [3] are not among mapper.layers [16, 15, 14, 12, 8, 4]; list some of those, or set "
            "mapper.noise.sigmas to []",
        ),
        (
            {"samplings": ["gone"]},
            "noise.samplings: all of them are null in mapper.samplings; list some of ['random', 'full'], or set "
            "mapper.noise.sigmas to []",
        ),
        (
            {"samplings": []},
            "noise.samplings: none is listed; list some of ['random', 'full'], or set mapper.noise.sigmas to []",
        ),
        ({"samplings": ["gone", "full"]}, None),
        # Without noise nothing of it is looked at.
        ({"sigmas": [], "samplings": ["x"], "layers": [3]}, None),
    ],
)
def test_noise(noise, said):
    samplings = {"gone": None, "full": SAMPLINGS["full"], "random": SAMPLINGS["random"]}
    check(config_of(samplings=samplings, noise=PAPER["mapper"]["noise"] | {"samplings": ["full"]} | noise), said)


@pytest.mark.parametrize(
    ("graphs", "said"),
    [
        (
            {"x": [16]},
            "stability.graphs.x: it is not in the mapper study; it has the samplings ['random', 'full']. Or set it to "
            "[]",
        ),
        (
            {"random": [16, 3]},
            "stability.graphs.random: layers [3] are not in the mapper study, which has layers [16, 15, 14, 12, 8, 4]; "
            "list some of those, or set it to []",
        ),
        ({"x": [], "random": [16]}, None),
    ],
)
def test_graphs_of_the_stability(graphs, said):
    samplings = {"full": SAMPLINGS["full"], "random": SAMPLINGS["random"]}
    noise = PAPER["mapper"]["noise"] | {"samplings": ["full"]}
    check(config_of(samplings=samplings, noise=noise, stability=STABILITY | {"graphs": graphs}), said)


@pytest.mark.parametrize(
    ("n_parts", "said"),
    [
        ({"gone": 2}, "confidence.parts.gone: it is null in mapper.samplings; write 0, or add the sampling"),
        ({"x": 2}, "confidence.parts.x: it is not among mapper.samplings; write 0, or add the sampling"),
        ({"gone": 0, "x": 0, "random": 2}, None),
    ],
)
def test_parts_of_the_confidence(n_parts, said):
    confidence = PAPER["mapper"]["confidence"] | {"parts": n_parts}
    check(config_of(samplings=SAMPLINGS | {"gone": None}, confidence=confidence), said)


def test_another_clusterer_has_no_eps():
    said = "stability.graphs: it varies DBSCAN's eps, and mapper.clusterer is another; set random, full to []"
    graphs = {"random": [16], "central_1": [], "full": [8]}
    check(config_of(clusterer=OTHER, stability=STABILITY | {"graphs": graphs}), said)


def test_settings_that_a_method_does_not_have_are_told_in_order():
    own = {"method": "central", "points_per_image": 1, "tap": "relu", "without": "keep", "cap": 9, "share": 0.5}
    for_it = "has no meaning for method central; remove it, or give your sampling another name and set own: null"
    assert messages(config_of(samplings=SAMPLINGS | {"own": own})) == [
        f"  mapper.samplings.own.{key}: {for_it}" for key in ("cap", "without")
    ]


@pytest.mark.parametrize(("last", "is_refused"), [(0.100001, False), (0.1000001, True)])
def test_numbers_that_are_shown_alike(last, is_refused):
    noise = PAPER["mapper"]["noise"] | {"sigmas": [0.5, 0.1, last]}
    said = "noise.sigmas: tables and figures show several numbers as 0.1; keep one of them"
    check(config_of(noise=noise), said if is_refused else None)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (
            {"graphs": {"x": [16]}},
            "graphs.x: it is not in the mapper study, which has samplings ['foreground_1', 'random', 'full']; list "
            "some of those",
        ),
        (
            {"graphs": {"random": [16, 3, 2]}},
            "graphs.random: layers [3, 2] are not in the mapper study, which has layers [16, 15, 14, 12, 8, 4]; "
            "list some of those",
        ),
        (
            {"graphs": {"foreground_1": [16]}},
            "graphs.foreground_1: it goes by masks, and part test has none; name another sampling, or set "
            "mapper.new_images.part to train",
        ),
        (
            {"shifts": [32, -33, 31]},
            "shifts: [32, -33] leave nothing of images of 32 pixels; write less than 32",
        ),
    ],
)
def test_new_images(new, said):
    samplings = {name: SAMPLINGS[name] for name in ("foreground_1", "random", "full")}
    new = {"part": "test", "shifts": [0], "graphs": {"random": [16]}} | new
    check(config_of(samplings=samplings, new_images=new), f"new_images.{said}")


def test_new_images_have_the_size_that_the_network_is_given():
    config = config_of(new_images={"part": "test", "shifts": [33], "graphs": {"random": [16]}})
    config["models"]["resnet18_b"]["input"] = {"size": 34}
    validate(config, SCHEMA)


@pytest.mark.parametrize(
    ("weights", "end"),
    [
        (None, ")"),
        ("{}/lost.pth", "); there is no {}/lost.pth"),
        ("{}", "); there is no {}"),
        (DEEPLAB_WEIGHTS[0], None),
        (DEEPLAB_WEIGHTS[2], None),
        ("{}/net.pth", None),
    ],
)
def test_weights_of_what_makes_masks(tmp_path, weights, end):
    (tmp_path / "net.pth").touch()
    weights = weights and weights.format(tmp_path)
    config = config_of(foreground=PAPER["mapper"]["foreground"] | {"masks": "deeplab", "weights": weights})
    names = ", ".join(DEEPLAB_WEIGHTS)
    said = f"mapper.foreground.weights: deeplab needs a file, or a name of torchvision's weights ({names}"
    assert list(mask_problems(config)) == ([] if end is None else [said + end.format(tmp_path)])
    # Other masks need none.
    config["mapper"]["foreground"]["masks"] = "grabcut"
    assert not list(mask_problems(config))


@pytest.mark.parametrize(
    ("sampling", "tap", "said"),
    [
        ({"points_per_image": 16}, "relu", None),
        (
            {"points_per_image": 17},
            "relu",
            "points_per_image: 17 is more than the 4 x 4 positions of layer 16 (blocks.7.conv2)",
        ),
        ({"points_per_image": 9, "exclude_border": True}, "relu", None),
        (
            {"points_per_image": 10, "exclude_border": True},
            "relu",
            "points_per_image: 10 is more than the 3 x 3 positions of layer 16 (blocks.7.conv2)",
        ),
        ({"points_per_image": 4, "method": "central"}, "relu", None),
        ({"points_per_image": 5, "method": "central", "share": 0.32}, "relu", None),
        (
            {"points_per_image": 13, "method": "central", "share": 0.75},
            "relu",
            "points_per_image: 13 is more than the 12 central ones of 4 x 4 positions of layer 16 (blocks.7.conv2)",
        ),
        ({"points_per_image": 12, "method": "central", "share": 0.75}, "relu", None),
        (
            {},
            "residual",
            "tap: layer 15 (blocks.7.conv1) has no tap residual: no sum takes what it returns, in its shape, before "
            "another map; set tap to output",
        ),
    ],
)
def test_positions_and_taps_of_a_layer(sampling, tap, said):
    own = {"method": "random", "points_per_image": 1, "tap": tap} | sampling
    check(config_of(samplings=SAMPLINGS | {"own": own}), said and f"samplings.own.{said}")


@pytest.mark.parametrize(
    ("choice", "lens", "said"),
    [
        ({"layer": 4}, {"principal_component": 64}, None),
        (
            {"layer": 4},
            {"principal_component": 65},
            "lens: layer 4 (blocks.1.conv2) has 64 channels; write a principal_component up to that, of network "
            "resnet18_a",
        ),
        ({"layer": 4}, ["l2", {"principal_component": 64}], None),
    ],
)
def test_channels_of_a_network_side_by_side(choice, lens, said):
    check(config_of(layers=[16], networks={"resnet18_a": choice}, lens=lens, intervals=10), said)


@pytest.mark.parametrize(("component", "is_refused"), [(64, False), (65, True)])
def test_channels_of_the_layers(component, is_refused):
    said = "lens: layer 4 (blocks.1.conv2) has 64 channels; write a principal_component up to that"
    check(config_of(lens=["l2", {"principal_component": component}], intervals=10), said if is_refused else None)


def test_graphs_without_other_values_of_eps():
    check(config_of(eps="knee", all_eps=None), None)
    check(config_of(eps=2.5, all_eps=None), None)


def test_paths_of_masks_are_looked_up(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "masks").mkdir()
    (tmp_path / "net.pth").touch()
    config = config_of(foreground=PAPER["mapper"]["foreground"] | {"masks": "deeplab", "weights": "~/net.pth"})
    assert not list(mask_problems(config))
    config["data"]["dataset"], config["mapper"]["foreground"]["masks"] = "image_folder", "~/masks"
    assert not list(mask_problems(config))


def test_networks_and_clusterers_that_other_processes_refuse(monkeypatch):
    """All of them, once nothing else is wrong."""

    def refuse(*_):
        raise InputError("does not fit")

    monkeypatch.setattr("actopo.config.models.check_network", refuse)
    monkeypatch.setattr("actopo.config.conflicts.check_clusterer", refuse)
    said = [
        *(f"models.{name}: does not fit" for name in ("resnet18_a", "resnet18_b")),
        "mapper.clusterer: does not fit",
    ]
    assert messages(PAPER) == [f"  {line}" for line in said]
    check(
        config_of(overlap=0.3, layers=[17]),
        "layers: layers [17] do not exist: the network has layers 0 to 16, which workflow/scripts/list_layers.py lists",
    )
