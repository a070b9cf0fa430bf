"""Values at the ends of what the homology study and its measures of similarity take."""

import pytest
from actopo.config.validate import validate

from unit.config.examples import PAPER, SCHEMA, changed, messages

RIVALS = PAPER["similarity"]["rivals"]


def config_of(homology, **sections):
    """The paper's config with keys of `homology`, and of other sections below their names."""
    config = changed("homology", PAPER["homology"] | homology)
    for name, keys in sections.items():
        config[name] |= keys
    return config


def whole_clouds(homology):
    """Clouds of all positions of the last three layers, which have 16 each, and no measure that pairs rows."""
    last = {"sampling": "full", "layers": [14, 15, 16], "batches": 1}
    config = config_of(last | homology, similarity={"rivals": RIVALS | {"metrics": []}})
    config["figures"] |= {"row": 16, "sensitivity_layers": "all"}
    return config


def test_whole_clouds_have_as_many_points_as_memory_holds():
    validate(whole_clouds({"batch_size": 1250}), SCHEMA)
    [line] = messages(whole_clouds({"batch_size": 1251}))
    assert line == (
        "  homology.sampling: full has 20016 points in layer 14 (blocks.6.conv2), and Vietoris-Rips complexes of more "
        "than 20000 do not fit; lower homology.batch_size or list later homology.layers"
    )


def test_drawn_clouds_have_as_many_points_as_memory_holds():
    drawn = {"sampling": "random", "batches": 1}
    validate(config_of(drawn | {"batch_size": 4000, "points_per_image": 5}), SCHEMA)
    assert messages(config_of(drawn | {"batch_size": 6667, "points_per_image": 3})) == [
        "  homology.points_per_image: a cloud has 20001 points, and Vietoris-Rips complexes of more than 20000 do not "
        "fit; lower it or homology.batch_size"
    ]


def test_whole_clouds_take_no_number_of_points():
    assert messages(whole_clouds({"batch_size": 10, "points_per_image": 2})) == [
        "  homology.points_per_image: has no meaning for sampling full, which takes every position; leave it 1"
    ]


def test_whole_clouds_pair_no_rows():
    config = whole_clouds({"batch_size": 10})
    config["similarity"]["rivals"] = RIVALS | {"metrics": ["linear_cka", "svcca"]}
    assert messages(config) == [
        "  similarity.rivals.metrics: layers have different numbers of positions, so sampling full pairs no rows; "
        "write []"
    ]
    # One network is compared with no other.
    config["models"]["resnet18_a"]["seeds"] = 1
    validate(config, SCHEMA)


@pytest.mark.parametrize(("seeds", "layers", "is_refused"), [(2, 2, True), (2, 3, False), (1, 2, False)])
def test_layers_that_a_correlation_needs(seeds, layers, is_refused):
    config = config_of({"layers": [16, 9, 0][:layers]})
    config["models"]["resnet18_a"]["seeds"] = seeds
    config["figures"] |= {"row": 16, "sensitivity_layers": "all", "pair": [0, 1]}
    if is_refused:
        [line] = messages(config)
        assert line.startswith("  homology.layers: specificity correlates distances between layers; list 3 or more")
    else:
        validate(config, SCHEMA)


@pytest.mark.parametrize(
    ("homology", "rivals", "said"),
    [
        ({"batch_size": 4}, {"metrics": ["unbiased_cka"]}, None),
        (
            {"batch_size": 3},
            {"metrics": ["linear_cka", "unbiased_cka"]},
            "unbiased_cka needs 4 points or more; raise homology.batch_size or remove it",
        ),
        # Means over positions are fewer points than those of the layers.
        (
            {"batch_size": 3, "sampling": "random", "points_per_image": 2},
            {"metrics": ["unbiased_cka"]},
            "unbiased_cka needs 4 points or more in a pooled cloud; raise homology.batch_size, leave pooled out of "
            "similarity.rivals.clouds, or remove it",
        ),
        ({"batch_size": 3, "sampling": "random", "points_per_image": 2}, {"clouds": ["own"]}, None),
        ({"batch_size": 513}, {"metrics": ["svcca"]}, None),
        (
            {"batch_size": 512},
            {"metrics": ["linear_cka", "svcca"]},
            "svcca need more points than channels, and layer 13 (blocks.6.conv1) has 512 channels to 512 points; raise "
            "homology.batch_size or remove them",
        ),
        ({"batch_size": 512}, {"metrics": ["linear_cka"]}, None),
    ],
)
def test_points_that_a_measure_needs(homology, rivals, said):
    config = config_of(homology, similarity={"rivals": RIVALS | {"metrics": ["unbiased_cka"]} | rivals})
    if said is None:
        validate(config, SCHEMA)
    else:
        assert messages(config) == [f"  similarity.rivals.metrics: {said}"]
        # One network is compared with no other.
        config["models"]["resnet18_a"]["seeds"] = 1
        validate(config, SCHEMA)


def test_what_is_kept_in_single_precision_is_not_rounded():
    validate(changed("activations", {"keep": ["homology"], "precision": "single"}), SCHEMA)


def test_layers_of_the_sensitivity_are_read():
    config = changed("similarity.sensitivity.layers", [0, 17, 18])
    config["homology"]["layers"] = [0, 4, 8]
    config["figures"] |= {"row": 8, "sensitivity_layers": "all"}
    assert messages(config) == [
        "  similarity.sensitivity.layers: [17, 18] are not among homology.layers [0, 4, 8]; list some of those, or all"
    ]
    config["similarity"]["sensitivity"]["layers"] = [8, 0, 4]
    validate(config, SCHEMA)
