"""What is refused of two networks that are compared, and the values just allowed."""

import pytest
from actopo.config.validate import validate

from unit.config.examples import PAPER, SCHEMA, changed, messages

A, B = {"model": "resnet18_a"}, {"model": "resnet18_b"}


def config_of(first, second, sampling=None, homology=(), mapper=()):
    config = changed("comparison", {"networks": [A | first, B | second], "sampling": sampling})
    config["homology"] |= dict(homology)
    config["mapper"] |= dict(mapper)
    # What the specificity for seeds refuses is not looked at.
    config["models"]["resnet18_a"]["seeds"] = 1
    return config


def check(config, said):
    if said is None:
        validate(config, SCHEMA)
    else:
        assert messages(config) == [f"  {said}"]


def test_the_same_network_twice():
    config = config_of({}, {})
    config["comparison"]["networks"] = [B, B]
    check(
        config,
        "comparison.networks: both are resnet18_b; name two of models, or see the specificity for seeds of one",
    )


@pytest.mark.parametrize(
    ("first", "second", "sampling", "is_refused"),
    [
        ({"graph_layers": [16]}, {"graph_layers": [16]}, "random", False),
        ({"graph_layers": [16]}, {"graph_layers": [16]}, None, True),
        ({"graph_layers": [16]}, {"graph_layers": []}, "random", True),
        ({}, {"graph_layers": [16]}, "random", True),
        ({"graph_layers": []}, {}, "random", False),
        ({}, {}, "random", False),
    ],
)
def test_graphs_of_both_networks_or_none(first, second, sampling, is_refused):
    said = "comparison: graphs need a sampling and graph_layers of both networks; give all of them, or none"
    check(config_of(first, second, sampling), said if is_refused else None)


@pytest.mark.parametrize(("kept", "is_refused"), [([], False), (["mapper"], False), (["homology"], True)])
def test_measures_that_count_rounding_errors(kept, is_refused):
    """Of networks that are compared, as of seeds of one."""
    config = config_of({}, {})
    config["similarity"]["rivals"]["metrics"] = ["pwcca"]
    config["activations"] = {"keep": kept, "precision": "half"}
    said = "similarity.rivals.metrics: pwcca count the rounding errors of half precision as directions of a cloud; set"
    remedy = "activations.precision to single, leave homology out of activations.keep, or remove them"
    check(config, f"{said} {remedy}" if is_refused else None)
    if is_refused:
        config["comparison"] = None
        check(config, None)


def test_a_sampling_that_is_null_is_not_there():
    samplings = PAPER["mapper"]["samplings"] | {"random": None}
    stability = PAPER["mapper"]["stability"] | {"graphs": []}
    config = config_of({}, {}, "random", mapper={"samplings": samplings, "stability": stability})
    known = "foreground_1, foreground_5, background_1, background_5, matched_1, central_1, full"
    check(config, f"comparison.sampling: there is no sampling 'random'; write one of {known}, or null")


@pytest.mark.parametrize(
    ("batch_size", "said"),
    [(4, None), (3, "comparison: unbiased_cka needs 4 images; raise homology.batch_size")],
)
def test_images_that_a_measure_needs(batch_size, said):
    config = config_of({}, {}, homology={"batch_size": batch_size})
    config["similarity"]["rivals"] = PAPER["similarity"]["rivals"] | {"metrics": ["linear_cka", "unbiased_cka"]}
    check(config, said)


def test_whole_clouds_are_not_compared():
    config = config_of({}, {}, homology={"batch_size": 10, "sampling": "full"})
    check(config, "comparison: homology.sampling full has too many points; take a fixed number")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ({"layers": [4, 0]}, {"layers": [16]}, None),
        (
            {"layers": [4, 2, 3]},
            {},
            "comparison.networks[0].layers: resnet18_a is homology.model, and layers [2, 3] are not among "
            "homology.layers [0, 4, 8]; list some of those, or add them there",
        ),
        (
            {"layers": [4], "graph_layers": [16]},
            {"graph_layers": [3]},
            "comparison.networks[1].graph_layers: resnet18_b is mapper.model, and layers [3] are not among "
            "mapper.layers [16, 15, 14, 12, 8, 4]; list some of those, or add them there",
        ),
        ({"layers": [4], "tap": "conv"}, {}, None),
        (
            {"layers": [4], "tap": "bn"},
            {},
            "comparison.networks[0].tap: resnet18_a is homology.model, whose layers are read at conv; remove it",
        ),
        ({"layers": [4]}, {"tap": "bn"}, None),
        (
            {"layers": [4], "graph_layers": [16]},
            {"graph_layers": [16], "tap": "bn"},
            "comparison.networks[1].tap: resnet18_b is mapper.model, whose layers are read at relu; remove it",
        ),
        ({"layers": [4], "graph_layers": [16]}, {"graph_layers": [16], "tap": "relu"}, None),
        (
            {"layers": [4]},
            {"tap": "residual", "layers": [16, 1]},
            "comparison.networks[1].tap: layer 1 (blocks.0.conv1) has no tap residual: no sum takes what it returns, "
            "in its shape, before another map; set tap to output",
        ),
    ],
)
def test_layers_and_taps_that_are_compared(first, second, said):
    config = config_of(first, second, "random", homology={"layers": [0, 4, 8]})
    config["figures"] |= {"row": 8, "sensitivity_layers": "all"}
    check(config, said)


def test_a_network_that_is_drawn_has_one_tap():
    mapper = {"networks": {"resnet18_a": {"layer": 16, "tap": "bn"}, "resnet18_b": {"layer": 16}}}
    # Of a network whose graphs are not compared, the taps are two.
    check(config_of({}, {}, "random", mapper=mapper), None)
    graphs = {"graph_layers": [16]}
    check(
        config_of(graphs, graphs, "random", mapper=mapper),
        "comparison.networks[0].tap: it is another than that of mapper.networks.resnet18_a; give both the same",
    )
    mapper["networks"]["resnet18_a"] = {"layer": 16}
    check(config_of(graphs, graphs, "random", mapper=mapper), None)


@pytest.mark.parametrize(
    ("lens", "said"),
    [
        (64, None),
        (
            65,
            "mapper.lens: layer 4 (blocks.1.conv2) has 64 channels; write a principal_component up to that, of "
            "network resnet18_a",
        ),
    ],
)
def test_a_lens_of_graphs_that_are_compared(lens, said):
    mapper = {"layers": [16], "lens": {"principal_component": lens}}
    check(config_of({"graph_layers": [4]}, {"graph_layers": [16]}, "random", mapper=mapper), said)
    # Diagrams have no lens.
    check(config_of({"layers": [4]}, {}, mapper=mapper), None)


def test_positions_of_layers_that_are_compared():
    """Layers that no study reads, in which the homology study's sampling, or that of the graphs, does not fit."""
    homology = {"sampling": "random", "points_per_image": 17, "layers": [0, 4, 8], "tap": "conv"}
    config = config_of({"layers": [0]}, {"layers": [8, 15]}, homology=homology)
    config["figures"] |= {"row": 8, "sensitivity_layers": "all"}
    check(
        config,
        "homology.points_per_image: 17 is more than the 4 x 4 positions of layer 15 (blocks.7.conv1), of network "
        "resnet18_b",
    )
    config["comparison"]["networks"][1]["layers"] = [8]
    check(config, None)
