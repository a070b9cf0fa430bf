"""Values at the ends of what figures can show."""

import pytest
from actopo.config.validate import validate

from unit.config.examples import PAPER, SCHEMA, changed, messages


def config_of(**figures):
    return changed("figures", PAPER["figures"] | figures)


def test_the_dimension_is_one_of_the_study():
    config = config_of(dimension=1)
    config["homology"]["dimensions"] = [0]
    assert messages(config) == ["  figures.dimension: 1 is not among homology.dimensions [0]; write one of those"]
    config["figures"]["dimension"] = 0
    validate(config, SCHEMA)


def test_the_pair_is_among_the_seeds():
    config = config_of(pair=[2, 1])
    config["models"]["resnet18_a"]["seeds"] = [5, 7, 9]
    validate(config, SCHEMA)
    config["models"]["resnet18_a"]["seeds"] = [5, 7]
    assert messages(config) == ["  figures.pair: [2, 1] asks for position 2; the 2 seeds have 0 to 1"]
    # One network has no pair.
    config["models"]["resnet18_a"]["seeds"] = [7]
    validate(config, SCHEMA)


@pytest.mark.parametrize(("seeds", "is_refused"), [(2, True), (1, False)])
def test_the_row_is_a_layer_of_the_study_where_networks_are_compared(seeds, is_refused):
    config = config_of(row=9, sensitivity_layers="all")
    config["homology"]["layers"], config["models"]["resnet18_a"]["seeds"] = [0, 4, 8], seeds
    if is_refused:
        assert messages(config) == [
            "  figures.row: layer 9 is not among homology.layers [0, 4, 8]; write one of those",
        ]
    else:
        validate(config, SCHEMA)


def test_layers_of_the_sensitivity_that_are_drawn_are_measured():
    config = config_of(sensitivity_layers=[0, 9, 16], row=8)
    config["homology"]["layers"] = [0, 4, 8]
    assert messages(config) == [
        "  figures.sensitivity_layers: [9, 16] are not among homology.layers [0, 4, 8]; list some of those, or all"
    ]
    config["figures"]["sensitivity_layers"] = [0, 8]
    validate(config, SCHEMA)
    config["similarity"]["sensitivity"]["layers"] = [4]
    assert messages(config) == [
        "  figures.sensitivity_layers: none is among similarity.sensitivity.layers; list some of those, or all"
    ]
    config["similarity"]["sensitivity"]["layers"] = [4, 8]
    validate(config, SCHEMA)
    config["figures"]["sensitivity_layers"] = "all"
    validate(config, SCHEMA)


def test_colours_by_labels(tmp_path):
    file = tmp_path / "labels.csv"
    file.write_text("image,breed\n0,pug\n")
    config = config_of(graph_colours="breed")
    config["mapper"]["labels"] = {"breed": {"file": str(file), "column": "breed"}, "other": None}
    validate(config, SCHEMA)
    # One that is null is none of this run.
    config["figures"]["graph_colours"] = "other"
    assert messages(config) == [
        "  figures.graph_colours: there is no 'other'; write one of classes, lens, breed, or add it to mapper.labels"
    ]
