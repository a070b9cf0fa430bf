"""Every bad configuration stops with the key's path and what to write instead."""

import copy
import re
from datetime import date
from zipfile import ZipFile

import pytest
import yaml
from actopo.config.validate import validate
from actopo.errors import InputError

from unit.config.examples import PAPER, ROOT, SCHEMA, changed, messages

pytestmark = pytest.mark.usefixtures("forked_questions")


def bad_lines(path, value):
    """Messages about a value, none if it is in order."""
    try:
        validate(changed(path, value), SCHEMA)
    except InputError as error:
        return str(error).splitlines()[1:]
    return []


def merge(base, overlay):
    """As Snakemake lays one config file over another."""
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = value
    return base


def test_the_papers_run_is_in_order():
    validate(PAPER, SCHEMA)


def test_no_graph_of_the_stability_study_is_in_order():
    validate(changed("mapper.stability.graphs", []), SCHEMA)


@pytest.mark.parametrize("config", [None, [], "run"])
def test_a_config_without_keys_is_refused(config):
    [line] = messages(config)
    assert line.endswith("is not a mapping")


@pytest.mark.parametrize(
    "path", ["homology.batches", "mapper.eps", "data", "models.resnet18_a.module", "mapper.layers"]
)
def test_messages_name_no_value_or_type_of_python(path):
    text = "\n".join(line for value in (None, True, {"x": 1}, [], "x y", -1) for line in bad_lines(path, value))
    assert text
    assert not re.search(r"None|True|False|\b(int|str|dict|list of|array|object|boolean|string)\b|\^|\\", text), text


@pytest.mark.parametrize(
    "names", ["demo", "cifar10_cpu", "cifar10_vit", "as_released", "demo as_released", "cifar10_cpu as_released"]
)
def test_overlays_are_in_order(names, tmp_path):
    config = copy.deepcopy(PAPER)
    for name in names.split():
        merge(config, yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()))
    if config["data"]["dataset"] == "image_folder":
        config["data"]["root"] = str(tmp_path / "images.zip")
        with ZipFile(config["data"]["root"], "w") as archive:
            for i in range(10_002):
                archive.writestr(f"{'train' if i < 2 else 'test'}/{'cat' if i % 2 else 'dog'}/{i}.png", b"")
    validate(config, SCHEMA, tmp_path)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("homolgy", {}, ["homolgy: unknown key", "'homology'"]),
        ("mapper.overlapp", 0.3, ["mapper.overlapp: unknown key", "'overlap'"]),
        ("models.resnet18_a.training.epoch", 3, ["models.resnet18_a.training.epoch", "'epochs'"]),
        ("homology.batches", "ten", ["homology.batches", "'ten' is not a whole number"]),
        ("homology.batches", 2.5, ["homology.batches: 2.5 is not a whole number"]),
        ("models.resnet18_a.training.weight_decay", "5e-4", ["weight_decay", "text", "0.0005"]),
        ("models.resnet18_a.width", "8", ["models.resnet18_a.width", "write 8 "]),
        ("models.resnet18_a.training.learning_rate", float("nan"), ["learning_rate", ".nan"]),
        ("mapper.eps", float("inf"), ["mapper.eps", ".inf"]),
        ("mapper.eps", "1e-3", ["mapper.eps", "write 0.001"]),
        (
            "models.resnet18_b.module",
            "net.py",
            ["models.resnet18_b.module: 'net.py' is not allowed; write path/to/file.py:function"],
        ),
        (
            "homology.dimensions",
            ["1", 0],
            ["homology.dimensions.0: '1' is not one of 0, 1; it arrived as text"],
        ),
        ("device", "gpu", ["device: 'gpu' is not one of auto, cpu, cuda (did you mean 'cuda'?)"]),
        ("data.dataset", "cifar100", ["data.dataset", "'cifar100'", "cifar10", "did you mean"]),
        ("homology.tap", "Relu", ["homology.tap", "conv, bn, relu"]),
        ("homology.sampling", "top_l1", ["homology.sampling", "did you mean 'top_l2'"]),
        ("homology.points_per_image", 0, ["homology.points_per_image", "1 or more"]),
        ("mapper.layers", [16, 16], ["mapper.layers", "twice"]),
        ("similarity.rivals.metrics", ["cka"], ["similarity.rivals.metrics.0", "linear_cka"]),
        (
            "mapper.clusterer",
            "hdbscan",
            ["mapper.clusterer: 'hdbscan' is not allowed; write dbscan or a mapping with path"],
        ),
        ("similarity.controls", ["shuffled"], ["similarity.controls.0", "scaled, untrained, gaussian"]),
        ("similarity.untrained.batch_norm", "fited", ["similarity.untrained.batch_norm", "did you mean 'fitted'"]),
        ("similarity.untrained.images", 1, ["similarity.untrained.images", "2 or more"]),
        (
            "mapper.foreground.masks",
            "grabcutt",
            ["mapper.foreground.masks: 'grabcutt'", "with a slash, such as ./masks"],
        ),
        ("mapper.foreground.weight", "energy_shares", ["mapper.foreground.weight", "did you mean 'energy_share'"]),
        ("mapper.samplings.central_1.share", 0, ["mapper.samplings.central_1.share: 0 must be more than 0"]),
        ("mapper.foreground.ties", "first", ["mapper.foreground.ties", "last, all"]),
        ("mapper.overlap", 1, ["mapper.overlap", "less than 1"]),
        ("mapper.eps", -1, ["mapper.eps: -1 must be 1e-12 or more"]),
        ("mapper.eps", "nee", ["mapper.eps", "write knee, stable or a number"]),
        ("mapper.samplings.random.methd", "x", ["mapper.samplings.random.methd", "'method'"]),
        ("models.resnet18_a.seeds", 0, ["models.resnet18_a.seeds: 0 must be 1 or more"]),
        ("data.resize", True, ["data.resize: true is not allowed; write a whole number, null or false"]),
        ("data.classes", ["cat"], ["data.classes", "2 or more"]),
        ("data.classes", ["cat", "cat"], ["data.classes", "twice"]),
        ("mapper.lens", 3, ["mapper.lens: 3 is not allowed; write a text, a mapping or a list"]),
        ("mapper.lens", ["l2", "density", "l2"], ["mapper.lens", "takes 2 entries at most"]),
        ("data.images_per_class", 0, ["data.images_per_class", "1 or more"]),
        (
            "data.normalisation",
            "imagnet",
            ["data.normalisation", "measured, pretrained, imagenet, cifar10 or a mapping with mean and std"],
        ),
        (
            "data.normalisation",
            {"mean": [0.5] * 3, "std": [0, 1, 1]},
            ["data.normalisation.std.0: 0 must be 0.001 or more"],
        ),
        ("data.test_share", -0.1, ["data.test_share", "0 or more"]),
        ("models.resnet18_a.seeds_per_job", 0, ["models.resnet18_a.seeds_per_job", "1 or more"]),
        ("models.resnet18_a.training.compile", "yes", ["models.resnet18_a.training.compile", "true or false"]),
        ("run", "a b", ["run: 'a b' is not allowed; write letters, digits"]),
        ("run", None, ["run: null is not a text"]),
        (
            "mapper.stability.graphs.random",
            None,
            ["mapper.stability.graphs.random: null is not a list; write [] for none"],
        ),
        ("mapper.layers", None, ["mapper.layers: null is not"]),
        ("run", 5, ["run: 5 is not a text; put it in quotes"]),
        ("figures.purity_class", 2, ["figures.purity_class: 2 is not a text or null; put it in quotes"]),
        ("models", {"a b": PAPER["models"]["resnet18_a"]}, ["models: 'a b' is not allowed; write a name of letters"]),
        ("similarity.power.points", [1], ["similarity.power.points.0", "2 or more"]),
        ("run", "..", ["run", "'..'"]),
        ("homology.batches", 10.0, ["homology.batches: 10.0 is not a whole number; write 10"]),
        ("models.resnet18_a.seeds", 10.0, ["models.resnet18_a.seeds", "10.0"]),
        ("mapper.samplings", {1: {"method": "random", "tap": "relu"}}, ["mapper.samplings.1", "quotes"]),
        ("mapper.samplings", {None: {"method": "random"}}, ["mapper.samplings.null", "as null; put it in quotes"]),
        ("mapper", {"overlap": 0, 3: None}, ["mapper.3: YAML reads this name as a number", "a decimal point"]),
        ("mapper.stability.graphs", [16], ["mapper.stability.graphs: [16] must be empty"]),
        ("data", None, ["data: null is not a mapping"]),
    ],
)
def test_a_bad_value_is_named(path, value, words):
    lines = messages(changed(path, value))
    assert len(lines) == 1
    assert all(word in lines[0] for word in words), lines[0]


def test_a_text_beyond_all_numbers_gets_no_advice():
    assert messages(changed("mapper.overlap", "1e309")) == ["  mapper.overlap: '1e309' is not a number"]


def test_a_missing_key_is_named():
    config = copy.deepcopy(PAPER)
    del config["mapper"]["eps"]
    assert messages(config) == ["  mapper: missing eps (radius of DBSCAN in units of the activations)"]


def test_all_mistakes_are_told_at_once():
    config = changed("mapper.overlap", 2)
    config["homology"]["tap"] = "x"
    config["extra"] = 1
    assert len(messages(config)) == 3


def said_of(config, schema=None, problems=()):
    """Messages about what need be no configuration of ours; none if it is in order."""
    try:
        validate(config, schema or {}, conflicts=lambda *_: list(problems))
    except InputError as error:
        return str(error).splitlines()[1:]
    return []


def lists(depth):
    return [] if depth == 1 else [lists(depth - 1)]


@pytest.mark.parametrize(
    ("allowed", "refused", "said"),
    [
        (
            {"a": [0] * 49_999},
            {"a": [0] * 50_000},
            "a: a configuration has 50000 entries at most; look at what is repeated or nested in it",
        ),
        (
            {"a": {"b": {"c": lists(27)}}},
            {"a": {"b": {"c": lists(28)}}},
            "a.b.c: a configuration has 30 levels at most; look at what is repeated or nested in it",
        ),
        ({"a": "x" * 1000}, {"a": "x" * 1001}, f"a: '{'x' * 59} ... has 1001 characters; write 1000 at most"),
        (
            {"a": {"x" * 1000: 0}},
            {"a": {"x" * 1001: 0}},
            f"a: '{'x' * 59} ... has 1001 characters; write 1000 at most",
        ),
        ({"a": "\t"}, {"a": "\x07"}, "a: '\\x07' has characters that cannot be printed; remove them"),
        ({"\t": 0}, {"\x07": 0}, "(top level): '\\x07' has characters that cannot be printed; remove them"),
        (
            {"a": [2**63 - 1]},
            {"a": [2**63]},
            "a.0: 9223372036854775808 is too large; whole numbers go up to 9223372036854775807",
        ),
        (
            {"a": 1 - 2**63},
            {"a": -(2**63)},
            "a: -9223372036854775808 is too large; whole numbers go up to 9223372036854775807",
        ),
        ({"3": None}, {3: None}, "3: YAML reads this name as a number; put it in quotes, or write a decimal point "),
        ({"3": 0}, {3: 0}, "3: YAML reads this name as a number; put it in quotes"),
        ({"3.5": None}, {3.5: None}, "3.5: YAML reads this name as a number; put it in quotes"),
        ({"true": None}, {True: None}, "true: YAML reads this name as true or false; put it in quotes"),
    ],
)
def test_limits_of_every_configuration(allowed, refused, said):
    assert not said_of(allowed)
    [line] = said_of(refused)
    assert line.startswith(f"  {said}")
    assert line.endswith(said) or said.endswith(" ")


def test_a_message_has_twenty_lines():
    problems = [f"key{i}: is wrong" for i in range(21)]
    assert said_of({}, problems=problems[:20]) == [f"  {problem}" for problem in problems[:20]]
    assert said_of({}, problems=problems) == [*(f"  {problem}" for problem in problems[:20]), "  and more"]
    assert said_of({}, problems=problems[:1] * 21) == ["  key0: is wrong"]
    # Of the schema, too.
    closed = {"additionalProperties": False, "properties": {"xy": {}}}
    unknown = {f"{i:02d}": 0 for i in range(21)}
    lines = [f"  {key}: unknown key; known keys are xy" for key in unknown]
    assert said_of(dict(reversed(unknown.items())), closed) == [*lines[:20], "  and more"]
    del unknown["20"]
    assert said_of(unknown, closed) == lines[:20]


@pytest.mark.parametrize(("length", "shown"), [(219, "x" * 219), (220, "x" * 200 + " ...")])
def test_long_words_of_a_message_are_cut(length, shown):
    assert said_of({}, problems=[f"a: {'x' * length} is wrong"]) == [f"  a: {shown} is wrong"]


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("integer", 1e15, "1000000000000000.0 is not a whole number; write 1000000000000000"),
        ("integer", 1e15 + 2, "1000000000000002.0 is not a whole number"),
        ("number", "1e15", "'1e15' is not a number; it arrived as text, write 1000000000000000 ("),
        ("number", "1e16", "'1e16' is not a number; it arrived as text, write 1e+16 ("),
        ("boolean", "true", "'true' is not true or false; it arrived as text, write true ("),
        ("string", date(2026, 1, 2), "2026-01-02 is not a text; put it in quotes"),
        ("string", [1], "[1] is not a text"),
        ("string", {}, "{} is not a text"),
        ("string", None, "null is not a text"),
        (["array", "null"], 1, "1 is not a list or null"),
        (["string", "number", "null"], True, "true is not a text, a number or null"),
    ],
)
def test_what_to_write_in_the_place_of_a_value(kind, value, said):
    [line] = said_of({"a": value}, {"properties": {"a": {"type": kind}}})
    assert line.startswith(f"  a: {said}")
    assert line == f"  a: {said}" or said.endswith("(")


@pytest.mark.parametrize(("least", "said"), [(0, "null is not a list; write [] for none"), (1, "null is not a list")])
def test_an_empty_list_is_advised_where_it_is_allowed(least, said):
    assert said_of({"a": None}, {"properties": {"a": {"type": "array", "minItems": least}}}) == [f"  a: {said}"]


@pytest.mark.parametrize(
    ("entries", "is_refused"),
    [([1, 1], True), ([1, 1.0], True), ([1, "1"], False), (["x", "x"], True), ([[1], [1]], True), ([[1], [2]], False)],
)
def test_an_entry_is_there_once(entries, is_refused):
    schema = {"properties": {"a": {"uniqueItems": True}}}
    assert ("has an entry twice" in "".join(said_of({"a": entries}, schema))) == is_refused
    assert not said_of({"a": entries}, {"properties": {"a": {"uniqueItems": False}}})
