"""Values that are in order alone and contradict each other."""

import re
import shutil

import pytest
from actopo.config.conflicts import find_conflicts
from actopo.config.data import data_problems, part_sizes
from actopo.config.validate import validate
from actopo.errors import InputError

from unit.config.examples import IMAGES, PAPER, SCHEMA, changed, class_folders, messages, small

pytestmark = pytest.mark.usefixtures("forked_questions")

FOREGROUND = PAPER["mapper"]["foreground"] | {"masks": "deeplab"}
TRAINING = {"epochs": 2, "batch_size": 8, "learning_rate": 0.1, "schedule": "triangular", "peak_epoch": 1}


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("homology.points_per_image", 17, ["homology.points_per_image", "17", "4 x 4", "layer 13"]),
        ("mapper.samplings.random.points_per_image", 17, ["mapper.samplings.random.points_per_image", "layer 16"]),
        (
            "mapper.samplings.central_1.points_per_image",
            5,
            ["mapper.samplings.central_1.points_per_image: 5 ", "4 central ones of 4 x 4 positions of layer 16 ("],
        ),
        (
            "mapper.samplings.central_1.method",
            "random",
            ["mapper.samplings.central_1.share: has no meaning for method"],
        ),
        ("models.extra", {"weights": "DEFAULT", "seeds": 1}, ["models.extra: give an architecture"]),
        ("models.extra", {"architecture": "alexnet", "seeds": 1}, ["models.extra: give training, or weights"]),
        ("models.extra", {"architecture": "alexnet", "weights": "DEFAULT", "seeds": 2}, ["models.extra.seeds"]),
        (
            "models.resnet18_b.module",
            "net.py:build",
            ["models.resnet18_b.module: there is no file net.py in ", "where"],
        ),
        ("figures.purity_class", "der", ["figures.purity_class: there is no class 'der'; did you mean 'deer'"]),
        ("mapper.foreground", FOREGROUND | {"weights": "x.pth"}, ["mapper.foreground.weights", "there is no x.pth"]),
        ("mapper.foreground", FOREGROUND | {"weights": "DEFAULT"}, ["mapper.foreground.weights", "DeepLabV3_ResNet50"]),
        ("models.resnet18_b.weights", "x.pth", ["models.resnet18_b.weights: there is no file x.pth"]),
        (
            "models.extra",
            {"architecture": "resnet18_cifar", "width": 2, "seeds": 1, "training": TRAINING},
            ["models.extra: missing shortcut (A or B)"],
        ),
        ("models.resnet18_b.weights", "DEFAULT", ["models.resnet18_b.weights", "give a file"]),
        (
            "mapper.networks",
            {"alexnet": {"layer": "last"}},
            ["mapper.networks.alexnet", "'alexnet' is not under models"],
        ),
        ("mapper.networks", {"resnet18_b": {"layer": "conv9"}}, ["mapper.networks.resnet18_b.layer: no layer matches"]),
        ("mapper.networks", {"resnet18_b": {"layer": "blocks.*"}}, ["resnet18_b.layer: 'blocks.*' matches several"]),
        (
            "mapper.networks",
            {"resnet18_b": {"layer": 16, "tap": "conv"}},
            ["mapper.networks.resnet18_b.tap: resnet18_b is mapper.model, whose layers have the taps"],
        ),
        ("mapper.layers", ["blocks.9.*"], ["mapper.layers", "'blocks.9.*'", "nearest names are blocks."]),
        ("mapper.layers", [16, 17], ["mapper.layers", "[17]", "layers 0 to 16"]),
        (
            "similarity.sensitivity.layers",
            [0, 17],
            ["similarity.sensitivity.layers", "[17]"],
        ),
        ("similarity.sensitivity.layers", [9], ["figures.sensitivity_layers: none is among similarity.sensitivity"]),
        ("figures.sensitivity_layers", [0, 17], ["figures.sensitivity_layers: [17]", "homology.layers"]),
        (
            "homology.batch_size",
            512,
            ["mean_cca, svcca, pwcca", "layer 13 (blocks.6.conv1) has 512 channels to 512 points"],
        ),
        (
            "mapper.seeds",
            [7, 100],
            ["models.resnet18_b.seeds; add them there, or list some of those: [0]"],
        ),
        ("mapper.noise.samplings", [], ["mapper.noise.samplings: none is listed; list some of", "sigmas to []"]),
        (
            "mapper.stability.graphs",
            {"randm": [16]},
            ["graphs.randm: it is not in the mapper study; did you mean 'random'? Or set it to []"],
        ),
        (
            "mapper.samplings.full.cap",
            3,
            ["mapper.samplings.full.cap: it leaves 3 points, and with fewer than 5 (mapper.min_samples) all are noise"],
        ),
        (
            "models.resnet18_a.training.translate",
            32,
            ["translate: a shift of 32 leaves nothing of images"],
        ),
        ("homology.batches", 100, ["homology.batches", "100 batches of 1000", "10000 of part test"]),
        ("mapper.lens", "densty", ["mapper.lens: there is no lens 'densty'; did you mean 'density'?"]),
        ("mapper.lens", {"logit": "der"}, ["mapper.lens: there is no class 'der'; did you mean 'deer'?"]),
        ("mapper.lens", ["l2", {"probability": "der"}], ["mapper.lens: there is no class 'der'"]),
        ("mapper.lens", {"logit": 10}, ["mapper.lens: there is no output 10; a network of these images has 0 to 9"]),
        ("mapper.lens", "net.py:lens", ["mapper.lens: there is no file net.py in ", "where Snakemake runs"]),
        ("mapper.lens", ["l2", "l2"], ["mapper.lens: both lenses are the same"]),
        ("mapper.lens", {"logit": "cat", "density": 3}, ["mapper.lens: a mapping names one lens", "list of two"]),
        ("mapper.lens", "logit", ["mapper.lens: logit needs the name of a class", "{logit: deer}"]),
        (
            "mapper.lens",
            {"principal_component": 129},
            ["mapper.lens: layer 4 (blocks.1.conv2) has 64 channels", "up to that"],
        ),
        (
            "mapper",
            {
                **PAPER["mapper"],
                "layers": [16],
                "lens": {"principal_component": 65},
                "networks": {"resnet18_a": {"layer": 4}},
            },
            ["mapper.lens: layer 4 (blocks.1.conv2) has 64 channels", "up to that, of network resnet18_a"],
        ),
        ("mapper.lens", {"density": 50_000}, ["more points than the 50000 of sampling foreground_1; write a smaller"]),
        ("mapper.lens", {"eccentricity": 1e300}, ["mapper.lens: eccentricity takes an exponent from 1 to 1000"]),
        ("mapper.lens", {"density": 0}, ["mapper.lens: density takes a whole number of neighbours, from 1, not 0"]),
        ("mapper.noise.samplings", ["ful"], ["mapper.noise.samplings", "['ful']"]),
        ("mapper.stability.graphs", {"random": [3]}, ["mapper.stability.graphs.random", "[3]"]),
        ("mapper.confidence.parts", {"randm": 2}, ["mapper.confidence.parts.randm", "mapper.samplings"]),
        (
            "mapper.confidence.jaccard",
            [0.4, 0.3, 0.4000001],
            ["mapper.confidence.jaccard: tables and figures show several numbers as 0.4;"],
        ),
        (
            "mapper.noise.sigmas",
            [0.1, 0.1000001],
            ["mapper.noise.sigmas: tables and figures show several numbers as 0.1;"],
        ),
        ("mapper.all_eps.quantiles", [1, 0], ["mapper.all_eps.quantiles: no eps is between 1 and 0"]),
        ("mapper.all_eps.quantiles", [0.5, 0.5], ["mapper.all_eps.quantiles: no eps is between 0.5 and 0.5"]),
        ("mapper.foreground.masks", "deeplab", ["mapper.foreground.weights"]),
        ("mapper.foreground.masks", "./masks", ["mapper.foreground.masks: masks of a folder", "cifar10 has none"]),
        ("mapper.samplings.full.points_per_image", 2, ["mapper.samplings.full.points_per_image", "full"]),
        ("mapper.samplings", {"random": None, "full": None}, ["mapper.samplings", "at least one"]),
        ("mapper.model", "resnet", ["mapper.model", "resnet18_a, resnet18_b"]),
        ("mapper.seeds", 2, ["mapper.seeds: [1]", "models.resnet18_b.seeds"]),
        ("models.resnet18_a.training.peak_epoch", 30, ["peak_epoch", "24 epochs"]),
        ("models.resnet18_a.training.keep", [3, 25], ["models.resnet18_a.training.keep: 25", "the last of 24 epochs"]),
        ("figures.row", 17, ["figures.row", "homology.layers"]),
        ("figures.pair", [0, 100], ["figures.pair", "position 100"]),
        ("data.root", None, ["data.root", "cifar10"]),
        ("data.resize", 31, ["data.resize", "31 is less than data.size 32"]),
        ("data.classes", ["cat", "dogs"], ["data.classes", "'dogs'", "did you mean 'dog'"]),
        ("data.classes", ["cat", "unicorn"], ["data.classes", "'unicorn'", "airplane, automobile"]),
        (
            "data.normalisation",
            {"mean": [0.5] * 3, "std": [1]},
            ["data.normalisation.std", "[1]", "data.channels 3"],
        ),
        ("data", IMAGES | {"channels": 1, "normalisation": "imagenet"}, ["data.normalisation", "measured"]),
        ("data", IMAGES | {"dataset": "digits", "classes": ["1", "ten"]}, ["data.classes", "'ten'", "0, 1, 2"]),
        ("data", IMAGES | {"dataset": "fashion_mnist", "classes": ["Bag", "Boot"]}, ["data.classes", "'Boot'"]),
        ("data", IMAGES | {"dataset": "digits", "test_share": 0}, ["homology.part", "train"]),
        ("models.resnet18_b.training.epochs", 150, ["resnet18_b.training.milestones", "150 epochs"]),
        ("models.resnet18_a.training.optimizer", "adamw", ["resnet18_a.training.learning_rate: 1.0", "adamw", "0.001"]),
        (
            "models.own",
            {
                "architecture": "resnet18_cifar",
                "width": 4,
                "shortcut": "A",
                "seeds": 1,
                "training": {"epochs": 6, "batch_size": 8, "learning_rate": 0.001, "schedule": "triangular"}
                | {"optimizer": "adamw"},
            },
            ["models.own.training.weight_decay: 0.0005", "sgd", "0.05"],
        ),
        ("mapper.samplings.full.method", "top_l2", ["mapper.samplings.full.cap", "another name"]),
    ],
)
def test_a_contradiction_is_named(path, value, words):
    lines = messages(changed(path, value))
    assert len(lines) == 1
    assert all(word in lines[0] for word in words), lines[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def height(points): ...", None),
        ("from heights import height", None),
        ("import heights as height", None),
        ("height = lambda points: 0", None),
        ("if True:\n    class height: ...", None),
        ("from heights import *", None),
        ("globals()['hei' + 'ght'] = max", None),
        ("def width(points): ...\nx = 1", "has no function 'height'; it has width"),
        ("", "has no function 'height'; it has none"),
        ("def height(points:", "cannot be read as Python ("),
        ("\0", "cannot be read as Python ("),
        ("def height(points, /, norm, label, scale=1, *others, reference, side=2, **more): ...", None),
        ("import functools\n@functools.cache\ndef height(points, scale): ...", None),
        ("def height(points, scale): ...\ndef height(points): ...", None),
    ],
)
def test_the_function_of_a_lens_is_looked_for_in_its_text(tmp_path, text, said):
    (tmp_path / "lens.py").write_text(text)
    config = changed("mapper.lens", f"{tmp_path}/lens.py:height")
    if said is None:
        validate(config, SCHEMA)
    else:
        assert f"mapper.lens: {tmp_path}/lens.py {said}" in messages(config)[0]


@pytest.mark.parametrize("arguments", ["points, depth, norm", "points, *, depth", "points, norm, depth, side=1"])
def test_a_lens_needs_no_other_arguments_than_it_is_given(tmp_path, arguments):
    (tmp_path / "lens.py").write_text(f"def height({arguments}): ...")
    [line] = messages(changed("mapper.lens", f"{tmp_path}/lens.py:height"))
    assert (
        f"mapper.lens: {tmp_path}/lens.py:height needs an argument 'depth'; after the points, a lens can have norm"
        in line
    )


def test_two_lenses_have_as_many_intervals_as_memory_holds():
    config = changed("mapper.lens", ["l2", {"logit": "cat"}])
    config["mapper"]["intervals"] = 1000
    validate(config, SCHEMA)
    config["mapper"]["intervals"] = config["mapper"]["stability"]["intervals"][-1] = 1001
    said = "1001 intervals of each of two lenses are 1002001 rectangles; write 1000 or fewer"
    lines = [f"  mapper.intervals: {said}", f"  mapper.stability.intervals: {said}"]
    assert messages(config) == lines
    config["mapper"]["stability"]["graphs"] = []
    assert messages(config) == lines[:1]
    validate(changed("mapper.intervals", 1001), SCHEMA)


def test_a_cuda_graph_or_the_compiler():
    config = changed("models.resnet18_b.training.cuda_graph", True)
    validate(config, SCHEMA)
    config["models"]["resnet18_b"]["training"]["compile"] = True
    [line] = messages(config)
    assert line.strip().startswith("models.resnet18_b.training.cuda_graph: a step that is compiled is not captured")
    assert line.endswith("set cuda_graph to false, or compile")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"graphs": {"randm": [16]}}, "mapper.new_images.graphs.randm: it is not in the mapper study"),
        ({"graphs": {"random": [16, 3]}}, "mapper.new_images.graphs.random: layers [3] are not in the mapper study"),
        ({"graphs": {"foreground_1": [16]}}, "mapper.new_images.graphs.foreground_1: it goes by masks"),
        ({"shifts": [0, 0]}, "mapper.new_images.shifts: [0, 0] has an entry twice"),
        ({"part": "test", "graphs": {"foreground_1": [16]}}, "and part test has none"),
        ({"shifts": [0, 40, -32, 31]}, "mapper.new_images.shifts: [40, -32] leave nothing of images of 32 pixels"),
        ({"shifts": [31, -31]}, None),
        ({"part": "train", "graphs": {"foreground_1": [16]}}, None),
    ],
)
def test_new_images(changes, words):
    config = changed("mapper.new_images", {"part": "test", "shifts": [0, -2], "graphs": {"random": [16]}} | changes)
    if words is None:
        validate(config, SCHEMA)
    else:
        [line] = messages(config)
        assert words in line


def unlabelled(folder):
    """A config of images without labels, in a folder of their own, and of networks with weights."""
    (folder / "images").mkdir()
    for i in range(50):
        (folder / f"images/{i}.png").touch()
    config = small(changed("data", {**IMAGES, "dataset": "image_folder", "root": str(folder / "images")}))
    config["data"]["labelled"] = False
    (folder / "net.pth").touch()
    for model in config["models"].values():
        model |= {"architecture": "alexnet", "weights": str(folder / "net.pth"), "seeds": 1}
    return config


def test_images_without_labels(tmp_path):
    """What needs labels is refused, each with the key to change."""
    config = unlabelled(tmp_path)
    assert not list(data_problems(config, part_sizes(config["data"])))
    assert sum(part_sizes(config["data"])["train"].values()) == 40
    config["models"]["resnet18_b"]["weights"] = None
    config["data"]["classes"] = ["cat", "dog"]
    config["figures"]["purity_class"] = "cat"
    found = " ".join(data_problems(config, part_sizes(config["data"])))
    for words in (
        "data.labelled: without labels nothing is trained; give models.resnet18_b.weights",
        "data.labelled: images without labels have no data.classes",
        "data.labelled: images without labels have no figures.purity_class",
    ):
        assert words in found
    assert "resnet18_a.weights" not in found
    assert "figures.purity_class: there is no class" not in found
    digits = changed("data.labelled", False)
    assert "data.labelled: the images of cifar10 have labels" in " ".join(data_problems(digits, None))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("figures.graph_colours", "bred", "figures.graph_colours: there is no 'bred'; write one of classes, lens"),
        ("figures.classes", ["cat", "dgo"], "figures.classes: there is no class 'dgo'; did you mean 'dog'?"),
        ("figures.classes", ["cat", "dog"], None),
        ("figures.graph_colours", "lens", None),
        ("mapper.branching", None, None),
    ],
)
def test_colours_of_graphs(path, value, words):
    if words is None:
        validate(changed(path, value), SCHEMA)
    else:
        [line] = messages(changed(path, value))
        assert words in line


STABILITY, CONFIDENCE = (PAPER["mapper"][key] for key in ("stability", "confidence"))


@pytest.mark.parametrize(
    ("n_images", "changes", "words"),
    [
        (4, {}, "mapper.min_samples: random has 4 points of 4 images of part train, and with fewer than 5 all points"),
        (4, {"min_samples": 4}, None),
        (10, {}, None),
        (
            10,
            {"stability": STABILITY | {"share": 0.1}},
            "mapper.stability.share: a part of random has one point, of one of",
        ),
        (10, {"stability": STABILITY | {"share": 0.1, "samples": 0}}, None),
        (
            10,
            {"confidence": CONFIDENCE | {"parts": {"random": 3}, "share": 0.1}},
            "mapper.confidence.share: a part of random has one point",
        ),
    ],
)
def test_very_few_images(tmp_path, n_images, changes, words):
    data = class_folders(tmp_path, train_a=n_images // 2, train_b=n_images // 2, test_a=4, test_b=4)
    config = small(changed("data", data))
    config["mapper"] |= changes
    config["mapper"]["samplings"] = {"random": config["mapper"]["samplings"]["random"]}
    found = list(data_problems(config, part_sizes(config["data"])))
    assert [words in line for line in found] == ([] if words is None else [True])


PAIR = [{"model": "resnet18_a"}, {"model": "resnet18_b"}]


@pytest.mark.parametrize(
    ("networks", "sampling", "words"),
    [
        (PAIR, None, None),
        ([{"model": "resnet18_a", "layers": [0, "last"]}, {"model": "resnet18_b", "tap": "bn"}], None, None),
        ([PAIR[0], {"model": "resnet"}], None, "comparison.networks[1].model: 'resnet' is not under models"),
        ([PAIR[0], PAIR[0]], None, "comparison.networks: both are resnet18_a"),
        (PAIR, "randm", "comparison.sampling: there is no sampling 'randm'; write one of"),
        (
            [PAIR[0], {**PAIR[1], "graph_layers": [16]}],
            "random",
            "comparison: graphs need a sampling and",
        ),
        ([{**PAIR[0], "layers": [99]}, PAIR[1]], None, "comparison.networks[0]: layers [99] do not exist"),
        (
            [{**PAIR[0], "tap": "relu"}, PAIR[1]],
            None,
            "networks[0].tap: resnet18_a is homology.model",
        ),
        (
            [{**PAIR[0], "graph_layers": [16]}, {**PAIR[1], "graph_layers": [3, 16]}],
            "random",
            "comparison.networks[1].graph_layers: resnet18_b is mapper.model, and layers [3] are not among",
        ),
    ],
)
def test_two_networks_compared(networks, sampling, words):
    config = changed("comparison", {"networks": networks, "sampling": sampling})
    if words is None:
        validate(config, SCHEMA)
    else:
        [line] = messages(config)
        assert words in line


@pytest.mark.parametrize("study", ["homology", "mapper"])
def test_layers_of_a_compared_network_have_enough_positions(study):
    """As those of the studies: 16 has 4 x 4, which its job would say after the training."""
    key = "layers" if study == "homology" else "graph_layers"
    networks = [PAIR[0] | {"layers": [0]}, PAIR[1] | {"layers": [0]}]
    other = {"homology": 1, "mapper": 0}[study]
    networks = [pair | {"graph_layers": [4]} for pair in networks]
    networks[other][key] = [16]
    config = changed("comparison", {"networks": networks, "sampling": "random"})
    config["homology"] |= {"sampling": "random", "layers": [0]}
    config["mapper"] |= {"layers": [4]}
    config["mapper"]["stability"] |= {"graphs": []}
    own = config["homology"] if study == "homology" else config["mapper"]["samplings"]["random"]
    own["points_per_image"] = 17
    place = "homology" if study == "homology" else "mapper.samplings.random"
    name = PAIR[other]["model"]
    words = (
        f"{place}.points_per_image: 17 is more than the 4 x 4 positions of layer 16 (blocks.7.conv2), of network {name}"
    )
    assert any(words in line for line in messages(config)), messages(config)


@pytest.mark.parametrize(("place", "tap", "is_told"), [(1, "relu", False), (0, "relu", False), (0, "bn", True)])
def test_the_tap_of_a_compared_network_that_is_drawn(place, tap, is_told):
    """Of mapper.model, the second, that of the sampling counts, and of another network its own."""
    networks = [{**pair, "graph_layers": [16]} for pair in PAIR]
    networks[place]["tap"] = tap
    config = changed("comparison", {"networks": networks, "sampling": "random"})
    config["homology"]["model"] = PAIR[1 - place]["model"]
    config["mapper"]["networks"] = {PAIR[place]["model"]: {"layer": 16, **({"tap": "relu"} if place == 0 else {})}}
    if is_told:
        [line] = messages(config)
        assert "networks[0].tap: it is another than that of mapper.networks.resnet18_a; give both the same" in line
    else:
        validate(config, SCHEMA)


def test_parts_need_a_sampling_that_is_drawn():
    """A number of 0 takes back what a file below has."""
    config = changed("mapper.confidence.parts", {"foreground_5": 3})
    validate(config, SCHEMA)
    config["mapper"]["samplings"]["foreground_5"] = None
    [line] = messages(config)
    assert "mapper.confidence.parts.foreground_5: it is null in mapper.samplings" in line
    config["mapper"]["confidence"]["parts"]["foreground_5"] = 0
    validate(config, SCHEMA)


def test_new_images_need_our_dbscan():
    config = changed("mapper.new_images", {"part": "test", "shifts": [0], "graphs": {}})
    config["mapper"] |= {"clusterer": {"path": "sklearn.cluster.KMeans"}}
    config["mapper"]["stability"]["graphs"] = []
    assert "mapper.new_images: nodes take points within DBSCAN's eps" in " ".join(messages(config))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "mapper.labels.breed.file: there is no file "),
        ("image,bred\n", "mapper.labels.breed.column: {} has no column 'breed'; did you mean 'bred'?"),
        (
            "image;breed\n0;x\n",
            "mapper.labels.breed.column: {} has no column 'breed'; its columns are separated by ';'",
        ),
        ("image\tbreed\n", "mapper.labels.breed.column: {} has no column 'breed'; its columns are separated by '\\t'"),
        ("image,x\n", "mapper.labels.breed.column: {} has no column 'breed'; it has image, x"),
        ("", "mapper.labels.breed.column: {} has no column 'breed'; it has none"),
        ("name, breed\n", "mapper.labels.breed.file: {} does not say which images its rows are of"),
        ("\ufefffile,breed\n", None),
    ],
)
def test_tables_of_labels(tmp_path, text, words):
    file = tmp_path / "labels.csv"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    config = changed("mapper.labels", {"breed": {"file": str(file), "column": "breed"}, "other": None})
    if words is None:
        validate(config, SCHEMA)
    else:
        [line] = messages(config)
        assert words.format(file) in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,breed\ncat/0.png,x\n", None),
        ("file,breed\n cat/0.png ,x\n", None),
        ("file,breed\n dog/0.png,x\n", None),
        ("file,breed\n dog/1.png,x\n", "names no image of part train: its first file is ' dog/1.png', and there"),
        ("image,breed\n0,x\n39,y\n", None),
        ("file,breed\n", "gives no image a value of 'breed'; look at its rows"),
        ("image,breed\n0,\n1, \n", "gives no image a value of 'breed'; look at its rows"),
        ("file,breed\ncat/0.png,x\ncat/1.png,x\ncat/0.png,y\n", "gives image 'cat/0.png' the labels 'x' and 'y'; give"),
        ("image,breed\n3,x\n3,y\n", "gives image '3' the labels 'x' and 'y'; give it one"),
        ("image,breed\n3,1\n3,\n4,2,,\n", None),
        ("image,breed\n3,1\n3,1.0\n", "gives image '3' the labels '1' and '1.0'; give it one"),
        ("image,breed\n3,1\n3.0,2\n", "gives image '3' the labels '1' and '2'; give it one"),
        ("image,breed\n3,1\n4,1,5\n", "is no table of labels (line 3 has 3 values, and there are 2 columns; a value"),
        (
            "file,breed\ntrain/cat/0.png,x\n",
            "names no image of part train: its first file is 'train/cat/0.png', and there",
        ),
        ("image,breed\n40,x\n", "names image '40', and the images have the numbers 0 to 39"),
        (
            "image,breed\ncat/0.png,x\n",
            "names image 'cat/0.png', and the images have the numbers 0 to 39; their files belong in a column file",
        ),
        ("image,breed\n-1,x\n", "names image '-1'"),
        ("image,breed\n,x\n", "names image ''"),
    ],
)
def test_tables_of_labels_name_images(tmp_path, text, words):
    config = small(changed("data", class_folders(tmp_path / "images", cat=25, dog=25) | {"classes": None}))
    (tmp_path / "images/ dog").mkdir()
    (tmp_path / "images/dog/1.png").rename(tmp_path / "images/ dog/0.png")
    (tmp_path / "labels.csv").write_text(text)
    config["mapper"]["labels"] = {"breed": {"file": str(tmp_path / "labels.csv"), "column": "breed"}}
    if words is None:
        validate(config, SCHEMA)
    else:
        [line] = messages(config)
        assert f"mapper.labels.breed.file: {tmp_path}/labels.csv {words}" in line


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("file,age\ncat/0.png,2.5\ndog/1.png,\ncat/2.png,'-3e2\n", None),
        # Of an image that is not there: the table may be one of several parts.
        ("file,age\ncat/0.png,2\ntrain/cat/0.png,old\n", None),
        ("image,age\n0,1\n", None),
        ("file,age\ncat/0.png,2\ncat/1.png,old\n", "'old'"),
        ("image,age\n0,1\n1,nan\n", "'nan'"),
        ("image,age\n0,1\n1,inf\n", "'inf'"),
    ],
)
def test_labels_that_are_to_be_numbers(tmp_path, text, value):
    config = small(changed("data", class_folders(tmp_path / "images", cat=25, dog=25)))
    file = tmp_path / "labels.csv"
    file.write_text(text)
    for kind in ("classes", "numbers"):
        config["mapper"]["labels"] = {"age": {"file": str(file), "column": "age", "kind": kind}}
        if value is None or kind == "classes":
            validate(config, SCHEMA)
        else:
            [line] = messages(config)
            assert f"mapper.labels.age.kind: {file} has {value} in column 'age', which is no finite number" in line


def test_a_word_among_numbers_is_asked_about(tmp_path):
    """A column of numbers would be one of hundreds of classes; words with a number among them are classes."""
    config = small(changed("data", class_folders(tmp_path / "images", cat=25, dog=25)))
    file = tmp_path / "labels.csv"
    config["mapper"]["labels"] = {"age": {"file": str(file), "column": "age"}}
    file.write_text("image,age\n0,1\n1,NA\n2,3\n")
    [line] = messages(config)
    assert f"mapper.labels.age.kind: {file} has 'NA' in column 'age', most of whose labels are numbers" in line
    assert "leave it empty, or write kind: classes" in line
    # As the job reads them: digits of other alphabets and in groups are words, and so is an apostrophe of one's own.
    for word in ("1_000", "\uff11", "'5"):
        file.write_text(f"image,age\n0,1\n1,{word}\n2,3\n", encoding="utf-8")
        [line] = messages(config)
        assert "most of whose labels are numbers" in line
    # An image counts once for a label.
    repeated = "image,age\n0,1\n0,1\n0,1\n1,NA\n"
    for text in ("image,age\n0,1\n1,\n2,3\n", "image,age\n0,1\n1,old\n", repeated, "image,age\n0,1\n1,'-5\n2,3\n"):
        file.write_text(text)
        validate(config, SCHEMA)


def test_images_in_order():
    for images in (
        {"dataset": "digits", "channels": 1, "normalisation": {"mean": [0.5], "std": [0.3]}, "classes": ["0", "9"]},
        {"dataset": "fashion_mnist", "classes": ["T-shirt/top", "Ankle boot"], "resize": 32},
        {"classes": ["cat", "dog"], "normalisation": "imagenet", "resize": False, "test_share": 0},
    ):
        validate(small(changed("data", IMAGES | images)), SCHEMA)


def test_a_folder_of_masks(tmp_path):
    config = small(changed("data", class_folders(tmp_path / "images", cat=20, dog=20)))
    (tmp_path / "masks").mkdir()
    config["mapper"]["foreground"]["masks"] = f"{tmp_path}/masks"
    validate(config, SCHEMA)
    config["mapper"]["foreground"]["masks"] = f"{tmp_path}/mask"
    [line] = messages(config)
    assert f"mapper.foreground.masks: there is no folder {tmp_path}/mask in " in line
    (tmp_path / "masks/cat").symlink_to(tmp_path)
    config["mapper"]["foreground"]["masks"] = f"{tmp_path}/masks"
    [line] = messages(config)
    assert f"mapper.foreground.masks '{tmp_path}/masks': cat/masks is a link to a folder around it" in line


def test_a_run_without_sensitivity():
    """Nothing is drawn of it, whatever figures.sensitivity_layers says."""
    config = changed("similarity.sensitivity", None)
    validate(config, SCHEMA)
    config["figures"]["sensitivity_layers"] = [17]
    validate(config, SCHEMA)


def test_no_test_part_for_either_study():
    config = changed("data", IMAGES | {"dataset": "digits", "test_share": 0})
    config["homology"]["batches"] = 1
    config["mapper"]["part"] = "test"
    assert [line.split(":")[0].strip() for line in messages(config)] == ["homology.part", "mapper.part"]
    config["homology"]["part"] = config["mapper"]["part"] = "train"
    validate(config, SCHEMA)


def test_no_test_part_of_a_folder_without_parts(tmp_path):
    config = small(changed("data", class_folders(tmp_path, cat=25, dog=25) | {"test_share": 0}))
    [line] = messages(config)
    assert "homology.part: data.test_share is 0, so there are no test images; set homology.part to train" in line
    config["homology"]["part"] = "train"
    validate(config, SCHEMA)
    # A folder may have parts of its own.
    for part in ("train", "test"):
        (tmp_path / "parts" / part).mkdir(parents=True)
    for name in ("cat", "dog"):
        shutil.copytree(tmp_path / name, tmp_path / "parts/train" / name)
        shutil.copytree(tmp_path / name, tmp_path / "parts/test" / name)
    config["data"]["root"], config["homology"]["part"] = str(tmp_path / "parts"), "test"
    validate(config, SCHEMA)


def test_two_layers_are_too_few_to_correlate():
    config = changed("homology.layers", [9, 16])
    config["figures"]["sensitivity_layers"] = "all"
    [line] = messages(config)
    assert all(word in line for word in ("homology.layers", "3 or more"))


def test_a_single_seed_is_not_refused_for_what_compares_seeds():
    config = changed("models.resnet18_a.seeds", 1)
    config["homology"] |= {"batch_size": 400, "layers": [0, 8, 16]}
    validate(config, SCHEMA)


def test_the_homology_study_draws_central_positions():
    config = changed("homology.sampling", "central")
    validate(config, SCHEMA)
    config["homology"]["points_per_image"] = 5
    [line] = messages(config)
    assert line.strip() == (
        "homology.points_per_image: 5 is more than the 4 central ones of 4 x 4 positions of layer 13 (blocks.6.conv1)"
    )


def test_clouds_that_no_memory_holds_are_refused():
    config = changed("homology.sampling", "full")
    config["similarity"]["rivals"]["metrics"] = []
    [line] = messages(config)
    assert "1024000 points in layer 0" in line
    config = changed("homology.sampling", "random")
    config["homology"] |= {"points_per_image": 16, "batch_size": 1250, "batches": 7}
    validate(config, SCHEMA)
    config["homology"]["batch_size"] = 1251
    [line] = messages(config)
    assert line.strip().startswith("homology.points_per_image: a cloud has 20016 points")


def test_a_density_needs_more_points_than_a_cap_leaves():
    config = changed("mapper.lens", {"density": 4999})
    config["mapper"]["samplings"]["full"]["cap"] = 5000
    validate(config, SCHEMA)
    config["mapper"]["lens"]["density"] = 5000
    [line] = messages(config)
    assert "more points than the 5000 of sampling full; write a smaller number" in line


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        (
            {"min_samples": 161},
            "mapper.min_samples: full has 160 points of 10 images in its smallest layer, and with fewer",
        ),
        ({"lens": {"density": 159}}, None),
        ({"lens": {"density": 160}}, "density of 160 neighbours needs more points than the 160 of sampling full"),
    ],
)
def test_the_smallest_whole_cloud(tmp_path, changes, words):
    """Layer 16 has 4 x 4 positions."""
    config = small(changed("data", class_folders(tmp_path, train_a=5, train_b=5, test_a=4, test_b=4)))
    config["mapper"] |= changes
    config["mapper"]["samplings"] = {"full": {**config["mapper"]["samplings"]["full"], "cap": None}}
    config["mapper"]["stability"] |= {"graphs": []}
    found = [line for line in find_conflicts(config) if line.startswith(("mapper.min_samples", "mapper.lens"))]
    assert [words in line for line in found] == ([] if words is None else [True])


@pytest.mark.parametrize(
    ("cap", "layers", "is_refused"), [(9, [16, 15], True), (10, [16, 15], False), (9, [16], False)]
)
def test_graphs_of_two_layers_have_images_in_common(tmp_path, cap, layers, is_refused):
    """9 of 10 images twice are 8 on average, and 10 are enough."""
    config = small(changed("data", class_folders(tmp_path, train_a=5, train_b=5, test_a=4, test_b=4)))
    config["mapper"] |= {"samplings": {"full": {**config["mapper"]["samplings"]["full"], "cap": cap}}, "layers": layers}
    found = [line for line in find_conflicts(config) if line.startswith("mapper.samplings.full.cap")]
    assert [line.endswith("common to be compared; write 10 or more") for line in found] == [True] * is_refused


def test_long_values_are_cut():
    for path, value in (
        ("mapper.seeds", 1000),
        ("homology.model", "n" * 3000),
        ("data.root", "/".join(["x" * 90] * 30)),
        ("models.resnet18_b.weights", "w" * 3000 + ".pth"),
    ):
        config = changed(path, value)
        if path == "homology.model":
            config["models"] |= {f"{name}{'m' * 1000}": config["models"]["resnet18_b"] for name in range(50)}
        lines = messages(config)
        assert lines
        assert all(len(line) < 3000 if path == "homology.model" else len(line) < 600 for line in lines)


@pytest.mark.parametrize("value", [1.7e308, 1.0e30])
def test_no_number_is_advised_that_is_refused(value):
    first, *others = messages(changed("data.size", value))
    assert first.endswith("is not a whole number")
    assert len(others) == 1


def test_pooled_clouds_have_one_point_an_image():
    config = changed("homology.points_per_image", 2)
    config["homology"] |= {"sampling": "random", "batch_size": 300}
    [line] = messages(config)
    words = (
        "layer 13 (blocks.6.conv1) has 512 channels to 300 points in a pooled cloud; raise homology.batch_size, leave"
    )
    assert f"{words} pooled" in line
    config["similarity"]["rivals"]["clouds"] = ["own", "matched"]
    validate(config, SCHEMA)


def test_rounding_of_half_precision_is_no_direction_of_a_cloud():
    config = changed("activations", {"keep": ["homology"], "precision": "half"})
    [line] = messages(config)
    assert line.strip().startswith("similarity.rivals.metrics: mean_cca, pwcca count the rounding errors")
    config["similarity"]["rivals"]["metrics"] = ["linear_cka", "svcca"]
    validate(config, SCHEMA)
    validate(changed("activations", {"keep": ["mapper"], "precision": "half"}), SCHEMA)


def test_a_folder_that_is_not_there(tmp_path):
    config = changed("data", {**PAPER["data"], "dataset": "image_folder", "root": str(tmp_path / "nowhere")})
    assert "data.root" in messages(config)[0]
    assert "nowhere does not exist" in messages(config)[0]


@pytest.mark.parametrize(
    "folders",
    [
        {"cat": 20, "dog": 20},
        {"train_cat": 3, "train_dog": 3, "test_cat": 3, "test_dog": 3},
        {"all_cat": 20, "all_dog": 20},
    ],
)
def test_classes_of_a_folder_are_known(tmp_path, folders):
    config = small(changed("data", class_folders(tmp_path, **folders)))
    config["figures"]["purity_class"] = "dog"
    validate(config, SCHEMA)
    config["figures"]["purity_class"] = "dogs"
    assert messages(config) == ["  figures.purity_class: there is no class 'dogs'; did you mean 'dog'?"]
    config["data"]["classes"], config["figures"]["purity_class"] = ["cat", "owl"], "dog"
    lines = messages(config)
    assert [line.split(":")[0].strip() for line in lines] == ["data.classes", "figures.purity_class"]
    assert "there are cat, dog" in lines[0]


def test_a_folder_that_holds_no_classes_is_told_before_anything_runs(tmp_path):
    config = changed("data", class_folders(tmp_path, cat=1))
    [line] = messages(config)
    assert "holds the single class cat" in line


def test_studies_need_no_more_images_than_there_are(tmp_path):
    config = small(changed("data", class_folders(tmp_path, cat=15, dog=15)))
    config["figures"]["purity_class"] = "dog"
    validate(config, SCHEMA)
    config["homology"]["batches"] = 3
    [line] = messages(config)
    assert line.startswith("  homology.batches: 3 batches of 3 images are more than the 6 of part test; ")
    config["homology"]["part"] = "train"
    validate(config, SCHEMA)
    config["data"]["images_per_class"] = 4
    assert "more than the 6 of part train" in messages(config)[0]
    config["data"]["images_per_class"] = 1
    assert messages(config)[0].startswith("  data.test_share: the test part has no image; ")


def test_the_class_that_is_drawn_has_images(tmp_path):
    config = small(changed("data", class_folders(tmp_path, cat=40, dog=1)))
    config["figures"]["purity_class"] = "dog"
    validate(config, SCHEMA)
    config["mapper"]["part"] = "test"
    assert messages(config) == ["  figures.purity_class: 'dog' has no image in part test; name a class that has some"]


NETWORK = """
from torch import nn
def build():
    branches = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3))
    return nn.Sequential(branches, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
"""


@pytest.fixture(scope="module")
def small_network(tmp_path_factory):
    """A file that builds a network, and a folder that keeps what is found out about it."""
    folder = tmp_path_factory.mktemp("network")
    (folder / "net.py").write_text(NETWORK)
    return f"{folder}/net.py:build", folder / "cache"


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({"layer": "0"}, None),
        ({"layer": "0", "tap": "bn"}, None),
        (
            {"layer": "2"},
            "mapper.samplings.foreground_5.points_per_image: 5 is more than the 1 x 1 positions of layer '2'",
        ),
        (
            {"layer": "last"},
            "mapper.networks.small.tap: layer 1 (0.3) has conv only: no rectifier follows it; set tap to conv",
        ),
        ({"layer": "9"}, "mapper.networks.small.layer: no layer matches '9' (a name; the number of a layer has no"),
        ({"layer": 57}, "mapper.networks.small.layer: layers [57] do not exist"),
        (
            {"layer": "1"},
            "mapper.samplings.foreground_5.points_per_image: 5 is more than the 1 x 1 positions of layer '1'",
        ),
    ],
)
def test_layers_of_networks_side_by_side(layer, words, small_network):
    module, cache = small_network
    config = changed("models.small", {"module": module, "training": TRAINING, "seeds": 1})
    config["mapper"]["networks"] = {"small": layer, "other": None}
    if words is None:
        validate(config, SCHEMA, cache)
    else:
        with pytest.raises(InputError, match=re.escape(words)):
            validate(config, SCHEMA, cache)


@pytest.mark.parametrize("model", ["homology", "networks"])
def test_names_of_torchvisions_weights_are_checked(model, tmp_path):
    config = changed("models.alexnet", {"architecture": "alexnet", "weights": "IMAGENET", "seeds": 1})
    config["models"]["alexnet"]["input"] = {"size": 64}
    if model == "networks":
        config["mapper"]["networks"] = {"alexnet": {"layer": "last"}}
    else:
        config["homology"]["model"] = "alexnet"
    [line] = messages(config)
    assert (
        "models.alexnet: torchvision has no weights 'IMAGENET' for alexnet; choose one of DEFAULT, IMAGENET1K" in line
    )


def test_a_stable_eps_needs_values_to_look_among():
    config = changed("mapper.eps", "stable")
    validate(config, SCHEMA)
    config["mapper"]["all_eps"] = None
    [line] = messages(config)
    assert "mapper.eps: stable looks among the values of mapper.all_eps, which is null" in line
    # Another clusterer does not use eps.
    config["mapper"] |= {"clusterer": {"path": "sklearn.cluster.HDBSCAN"}}
    config["mapper"]["stability"]["graphs"] = []
    validate(config, SCHEMA)
