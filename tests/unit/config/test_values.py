"""What keys of a config stand for."""

from actopo.config.values import (
    as_json,
    dataset_name,
    epoch_seeds,
    image_shape,
    image_size,
    kept_epochs,
    own_seed,
    own_tap,
    sampling_order,
    seed_list,
)


def test_samplings_have_one_order():
    full, random, top = ({"method": method} for method in ("full", "random", "top_l2"))
    one = sampling_order({"a": full, "t": top, "r": random, "b": random, "gone": None})
    other = sampling_order({"b": random, "gone": None, "r": random, "t": top, "a": full})
    assert list(one) == list(other) == ["b", "r", "a", "t"]


def test_seeds_are_a_number_or_a_list():
    assert seed_list(3) == [0, 1, 2]
    assert seed_list((4, 2)) == [4, 2]
    assert seed_list(0) == seed_list([]) == []


def test_kept_epochs_are_those_before_the_last():
    training = {"epochs": 4, "keep": [4, 2, 0, 1]}
    assert kept_epochs({"training": training}) == [0, 1, 2]
    assert kept_epochs({"training": {"epochs": 4}}) == kept_epochs({"training": {"epochs": 4, "keep": [4]}}) == []
    # Nothing is trained.
    assert kept_epochs({"training": training, "weights": "a.pth"}) == kept_epochs({"training": None}) == []


def test_the_first_networks_are_kept_at_epochs():
    assert epoch_seeds({"training": {"keep_seeds": 2}}, [7, 3, 5]) == [7, 3]
    assert epoch_seeds({"training": {"keep_seeds": 9}}, [7, 3]) == [7, 3]
    assert epoch_seeds({"training": {}}, list(range(100))) == [0, 1, 2, 3, 4]
    assert epoch_seeds({"weights": "file.pth"}, [0]) == [0]


def test_a_tap_of_a_comparison_is_of_the_study_in_which_layers_are_compared():
    config = {
        "homology": {"model": "a"},
        "mapper": {"model": "b", "networks": {"c": {"layer": 0}, "d": {"layer": 0, "tap": "conv"}, "e": None}},
        "comparison": {"networks": [{"model": "c", "tap": "bn"}, {"model": "a", "tap": "relu"}]},
    }
    assert own_tap(config, "homology", "c") == "bn"
    # Its diagrams are compared, and its graph is drawn as those of the other networks.
    assert own_tap(config, "mapper", "c") is None
    assert own_tap(config, "mapper", "d") == "conv"
    assert own_tap(config, "homology", "d") is own_tap(config, "mapper", "e") is None
    # The network of a study is read at its tap.
    assert own_tap(config, "homology", "a") is None
    config["comparison"]["networks"][0]["graph_layers"] = [0]
    assert own_tap(config, "mapper", "c") == "bn"
    config["comparison"] = None
    assert own_tap(config, "homology", "c") is None


def test_seeds_of_names_are_their_own_and_what_they_were():
    """Other seeds would draw all positions of compared networks anew."""
    seeds = [own_seed(seed, name) for seed, name in ((0, "a"), (1, "a"), (0, "b"))]
    assert seeds == [3480064611, 657838210, 2215627332]


def test_images_have_the_size_that_a_model_asks_for():
    models = {"plain": {}, "null": {"input": None}, "own": {"input": {"size": 64, "resize": None}}}
    models["cropped"] = {"input": {"size": 64, "resize": False}}
    config = {"data": {"size": 32, "resize": None, "channels": 1}, "models": models}
    shapes = {name: image_shape(config, name) for name in models}
    assert shapes == {"plain": (32, 32, 1), "null": (32, 32, 1), "own": (64, 64, 1), "cropped": (64, 64, 1)}
    assert image_size(config, "null") == {}
    assert image_size(config, "own") == {"size": 64}
    assert image_size(config, "cropped") == {"size": 64, "resize": False}


def test_what_is_so_anyway_makes_no_other_images():
    sizes = {
        "same": {"size": 32},
        "said": {"size": 32, "resize": 32},
        "scaled": {"resize": 40},
        "other": {"size": 64, "resize": 64},
    }
    config = {"data": {"size": 32, "resize": None}, "models": {name: {"input": size} for name, size in sizes.items()}}
    assert [image_size(config, name) for name in sizes] == [{}, {}, {"resize": 40}, {"size": 64}]
    config["data"]["resize"] = 32
    assert [image_size(config, name) for name in sizes] == [{}, {}, {"resize": 40}, {"size": 64}]
    config["data"]["resize"] = False
    said = {"size": 64, "resize": 64}
    assert [image_size(config, name) for name in sizes] == [{}, {"resize": 32}, {"resize": 40}, said]


def test_images_are_named_by_what_a_model_changes_of_them():
    sizes = {"plain": None, "said": {"size": 32}, "other": {"size": 64}, "both": {"size": 224, "resize": 256}}
    config = {"data": {"dataset": "digits", "size": 32, "resize": None}}
    config["models"] = {name: {"input": size} for name, size in sizes.items()}
    names = [dataset_name(config, name) for name in sizes]
    assert names == ["digits", "digits", "digits.size64", "digits.resize256.size224"]


def test_params_are_one_text_for_equal_values():
    """Lenses are tuples."""
    text = as_json(b=[1.0, (2.0, "x")], a={"q": (("eccentricity", 2),), "p": 0.5})
    assert text == as_json(a={"p": 0.5, "q": [["eccentricity", 2.0]]}, b=[1, [2, "x"]])
    assert text == '{"a": {"p": 0.5, "q": [["eccentricity", 2]]}, "b": [1, [2, "x"]]}'
    # What a network is built with stays as it is.
    assert as_json(model={"arguments": {"scale": 1.0}}) == '{"model": {"arguments": {"scale": 1.0}}}'
