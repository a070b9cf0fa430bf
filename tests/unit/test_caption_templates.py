"""Captions of figures, as Snakemake renders them: what they include, and what they tell of runs that lack something."""

import ast
import inspect
import json
import re
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pytest
import snakemake.report
import yaml
from actopo.captions import NAMES
from actopo.config.values import as_json
from actopo.points.choices import SAMPLINGS
from docutils.core import publish_parts
from jinja2 import Environment
from snakemake.utils import update_config

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "workflow/report"
DEFAULTS = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
# One graph and one network of each study, of images without classes and published weights; and several of all.
FEWEST = {
    "data": {"labelled": False},
    "models": {"resnet18_a": {"seeds": [3]}, "resnet18_b": {"weights": "file.pt"}},
    "homology": {"batches": 1},
    "similarity": {
        "controls": ["untrained"],
        "rivals": {"metrics": []},
        "sensitivity": {"components": ["smallest"]},
        "surrogates": {"kinds": ["gaussian", "class_gaussian"]},
    },
    "mapper": {"samplings": {name: None for name in DEFAULTS["mapper"]["samplings"] if name != "random"}},
}
FEWEST["mapper"] |= {"layers": [16], "noise": {"sigmas": [0.5], "samplings": ["random"]}}
MOST = {
    "homology": {"sampling": "random"},
    "mapper": {"seeds": [0, 5], "draws": 2, "confidence": {"parts": {"random": 20}}},
    "models": {name: {"training": {"keep": [0, 2]}} for name in ("resnet18_a", "resnet18_b")},
}
# What differs from the defaults: the ends of what captions tell of.
CONFIGS = [
    {},
    FEWEST,
    MOST,
    {"data": {"labelled": False}},
    {"mapper": {"foreground": {"masks": "deeplab"}, "lens": ["l2", {"component": 1}], "clusterer": {"path": "a.B"}}},
    {"comparison": {"networks": [], "sampling": "full"}, "figures": {"graph_colours": "lens"}},
]


def _environment():
    """Captions are rendered with the settings that Snakemake has in its code."""
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(snakemake.report))) if isinstance(node, ast.Call)]
    [call] = [call for call in calls if ast.unparse(call.func) == "Environment"]
    return Environment(**{keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords})


ENVIRONMENT = _environment()


def rendered(name, changes=None, folder="results/x"):
    """A caption as Snakemake renders it, of a run whose config differs from the defaults in these keys."""
    config = deepcopy(DEFAULTS) | {"comparison": {"networks": [], "sampling": None}}
    update_config(config, deepcopy(changes or {}))
    output, wildcards = SimpleNamespace(png=f"{folder}/figures/a.png"), SimpleNamespace(model="resnet18_a")
    # Other names than numbers stand for layers that only the rules know.
    params = SimpleNamespace(order=as_json(sampling="random", layers=config["mapper"]["layers"], names=[]))
    job = SimpleNamespace(config=config, output=output, wildcards=wildcards, params=params)
    return ENVIRONMENT.from_string((REPORT / f"{name}.rst").read_text(encoding="utf-8")).render(snakemake=job)


def as_text(rst):
    """Text of the page that docutils makes; a system message would be in it."""
    parts = publish_parts(rst, writer="html", settings_overrides={"report_level": 1, "halt_level": 1})
    return parts["body"]


@pytest.mark.parametrize("lens", [["l2", {"component": 1}], "l2"])
@pytest.mark.parametrize("eps", ["knee", 2.5])
def test_captions_of_two_lenses_and_of_a_fixed_eps(lens, eps):
    config = {"mapper": {"lens": lens, "eps": eps}}
    found = {name: rendered(name, config) for name in ("mapper_graphs", "all_eps", "stability")}
    are_two = isinstance(lens, list)
    assert ("two lenses, of which the first grows" in found["mapper_graphs"]) == are_two
    assert ("the points of each pair of intervals," in found["mapper_graphs"]) == are_two
    assert ("pair of their intervals" in found["all_eps"]) == are_two
    assert ("chosen anew for each part" in found["stability"]) == (eps == "knee")


@pytest.mark.parametrize(
    ("colours", "labelled", "words"),
    [
        ("classes", True, "(Fig. 8 of the paper). Each node is a pie chart of the classes of its points. Areas"),
        ("classes", False, "Each node has the colour of its mean lens"),
        ("lens", True, "Each node has the colour of its mean lens"),
        ("breed", True, "Each node is a pie chart of the column of ``mapper.labels.breed``."),
    ],
)
def test_the_caption_of_graphs_says_what_colours_are(colours, labelled, words):
    config = {"figures": {"graph_colours": colours}, "data": {"labelled": labelled}}
    found = rendered("mapper_graphs", config)
    assert words in " ".join(found.split())
    assert "cover it, DBSCAN clusters" in found
    clusterer = {"mapper": {"clusterer": {"path": "sklearn.cluster.HDBSCAN"}}}
    assert "cover it, ``sklearn.cluster.HDBSCAN`` clusters" in rendered("mapper_graphs", {**config, **clusterer})


def test_the_caption_of_two_networks_says_what_is_compared():
    networks = [{"model": "a"}, {"model": "b", "graph_layers": [16]}]
    config = {"homology": {"sampling": "top_l2"}, "comparison": {"sampling": "full", "networks": networks}}
    found = rendered("network_pair", config)
    for words in (
        "``homology.sampling: top_l2``",
        "over all positions. Mapper graphs are those of the sampling ``full``. PWCCA is not symmetric",
        "in the other order. A dot marks",
    ):
        assert words in found
    fewer = {"comparison": {"sampling": None}, "similarity": {"rivals": {"metrics": ["linear_cka"]}}}
    assert "over all positions. A dot marks" in rendered("network_pair", fewer)
    for without in ({"model": "b"}, {"model": "b", "graph_layers": []}):
        config["comparison"]["networks"] = [{"model": "a"}, without]
        assert "Mapper graphs" not in rendered("network_pair", config)


def test_the_caption_of_controls_names_those_of_the_run():
    found = rendered("controls", {"similarity": {"controls": ["scaled", "gaussian"]}})
    told = "Gaussian clouds of the same covariance (Gaussian); clouds divided by the mean distance between their points"
    assert f"and of controls: {told} (equal scale). Lines are" in found
    assert "untrained" not in found


@pytest.mark.parametrize("masks", ["grabcut", "deeplab"])
def test_the_caption_of_foregrounds_warns_of_grabcut_alone(masks):
    found = rendered("foreground", {"mapper": {"foreground": {"masks": masks}}})
    assert ("says how many. GrabCut finds none" in found) == (masks == "grabcut")


@pytest.mark.parametrize(
    ("name", "changes", "told", "untold"),
    [
        ("sensitivity", {}, ["random components the median", "over 10 orders", "Thin lines", "quantile 0.95"], []),
        (
            "sensitivity",
            FEWEST,
            ["network there is no baseline. With a", "there is no floor."],
            ["andom", "lines", "Ring"],
        ),
        ("sensitivity", {"similarity": {"sensitivity": {"orders": 1}}}, ["Above the baseline"], ["orders", "random"]),
        ("calibration", {}, ["covariance of each layer (or of each class in it), and all"], []),
        ("calibration", FEWEST, ["covariance of each layer, and all"], []),
        (
            "calibration",
            {"similarity": {"surrogates": {"kinds": ["class_gaussian"]}}},
            ["covariance of each class in each layer, and all"],
            [],
        ),
        ("metrics", {}, ["network's own, those at", "(A), or means over"], []),
        (
            "metrics",
            {"similarity": {"rivals": {"clouds": ["own"]}}},
            ["at positions of each"],
            ["dot", "(A)", "means over"],
        ),
        ("metrics", {"similarity": {"rivals": {"clouds": ["pooled"]}}}, ["network's own, or means over"], ["(A)"]),
        ("metrics", FEWEST, ["at positions of each"], ["dot", "(A)", "means over"]),
        (
            "graph_comparisons",
            {},
            ["those of noisy images and of another sampling:", "beside the accuracy", "heat map"],
            ["draw", "network:", "several"],
        ),
        (
            "graph_comparisons",
            MOST,
            [
                "noisy images, of another sampling, of another draw of the positions and of another network:",
                "With several",
            ],
            [],
        ),
        ("graph_comparisons", FEWEST, ["those of noisy images: the", "An empty marker"], ["accuracy", "heat map"]),
        (
            "graph_comparisons",
            {"mapper": {"comparisons": ["samplings"], "seeds": 3, "draws": 2}},
            ["those of another sampling:", "heat map"],
            ["noise", "Noise", "draw of", "empty", "beside"],
        ),
        ("graph_flow", {}, ["colour of the class"], ["several", "one colour"]),
        ("graph_flow", MOST, ["With several networks or draws"], []),
        ("graph_flow", FEWEST, ["all nodes have one colour"], ["of the class"]),
        ("branching", {}, ["The matrix below them", "the highest l2 norm"], []),
        ("branching", {"mapper": {"lens": ["l2", {"pca": 1}]}}, ["the highest first lens"], []),
        ("branching", FEWEST, [], ["matrix", "Cells"]),
        ("branching", {"mapper": FEWEST["mapper"] | {"layers": [16, 8]}}, ["The matrix below them"], []),
        ("explorer", {}, ["purity of every class, and the run's accuracy, times"], []),
        ("explorer", FEWEST, ["behind them, and the run's times"], []),
        ("layer_distances", {}, ["their mean over 10 disjoint batches of 1000 images, and their coefficient"], []),
        ("layer_distances", FEWEST, ["of one network, on 1000 images (Fig. 5"], ["mean", "root"]),
        ("mapper_graphs", {}, ["within a row."], ["faint"]),
        ("mapper_graphs", {"mapper": {"draws": 3}}, ["few graphs of other draws of the positions;"], []),
        ("mapper_graphs", MOST, ["other draws of the positions or of other networks or of parts of the images;"], []),
        ("purity", {}, ["the entropy of the classes"], ["several"]),
        ("purity", {"mapper": {"seeds": 2}}, ["With several networks or draws"], []),
        (
            "epochs",
            {},
            ["of other networks (dashed, at 1), with the distance", "the quantile at 0.95; and"],
            ["Epoch 0"],
        ),
        ("epochs", MOST, ["Epoch 0 is the network before training"], []),
        ("epochs", FEWEST, ["after the last epoch; and the accuracy."], ["networks", "unit"]),
        ("epoch_purity", MOST, ["Epoch 0 is"], []),
        (
            "variance_budget",
            {},
            ["at equal scale, what Gaussian", "covariances have, and a remainder. Parts"],
            ["positions"],
        ),
        ("variance_budget", MOST, ["which contains positions that are drawn,"], []),
        ("variance_budget", {"similarity": {"controls": ["scaled"]}}, ["scale, and a remainder. A part"], ["Gaussian"]),
        ("variance_budget", FEWEST, ["between the layers. A part"], ["Gaussian", "scale"]),
        ("stability", FEWEST, ["(nodes, components, cycles)"], []),
        ("all_eps", FEWEST, ["cycles, coverage, and"], ["purity"]),
        ("power", FEWEST, ["(dotted: as far as these), not shown of a single batch"], []),
        ("specificity", {"figures": {"row": 10003}}, ["The row of one layer of both"], ["10003"]),
        ("specificity", {}, ["The row of layer 9 of both"], []),
        ("workflow", {}, ["show how the classes branch apart", "2023). Run: **paper**, images: **cifar10**."], []),
        ("workflow", FEWEST, ["lens show its branches and cycles. The"], ["classes", "purity"]),
        ("network_pair", {"similarity": {"rivals": {"metrics": []}}}, ["top_l2``. A dot"], ["other measures"]),
    ],
)
def test_captions_tell_of_what_is_drawn(name, changes, told, untold):
    found = " ".join(rendered(name, changes).partition(".. include::")[0].split())
    assert [words for words in told if words not in found] == []
    assert [words for words in untold if words in found] == []


@pytest.mark.parametrize("config", [{}, {"data": 1, "run": "x"}, {"data": {"dataset": "x"}}])
def test_the_report_of_another_workflow_says_what_is_in_it(config):
    """Its config may be any."""
    text = (REPORT / "workflow.rst").read_text(encoding="utf-8")
    found = ENVIRONMENT.from_string(text).render(snakemake=SimpleNamespace(config=config))
    assert found.endswith("(AAAI 2023).")


def test_captions_know_which_samplings_are_drawn():
    """They name those that are not, as `mapper.draws` does not repeat them."""
    fixed = [name for name, sampling in SAMPLINGS.items() if not sampling.is_drawn]
    for name in ("graph_comparisons", "graph_flow", "mapper_graphs", "purity"):
        assert json.dumps(fixed) in (REPORT / f"{name}.rst").read_text(encoding="utf-8")


@pytest.mark.parametrize("changes", CONFIGS, ids=str)
@pytest.mark.parametrize("name", sorted(path.stem for path in REPORT.glob("*.rst")))
def test_every_caption_is_text_and_holds_what_it_includes(name, changes, tmp_path):
    """What is glued to a paragraph, such as a directive after a block whose line break is trimmed, is shown as text."""
    (tmp_path / "captions").mkdir()
    for figure in NAMES:
        (tmp_path / f"captions/{figure}.rst").write_text("**In this run** numbers.\n")
    source = (REPORT / f"{name}.rst").read_text(encoding="utf-8")
    found = rendered(name, changes, tmp_path)
    body = as_text(found)
    assert body.count("<strong>In this run</strong> numbers.") == source.count(".. include::") <= 1
    for wrong in ("include::", "{{", "{%", "None", "()"):
        assert wrong not in body, wrong
    words = re.sub(r"``.*?``", "X", found.partition(".. include::")[0]).strip()
    assert re.findall(r".{0,20}[.;:,)][A-Za-z(].{0,20}", words) == []
    assert re.findall(r".{0,20}\S(?: [.,;:)]|  ).{0,20}", re.sub(r"\n+", " ", words)) == []
    assert re.findall(r"^ .*", words, re.MULTILINE) == []


def test_snakemake_trims_the_line_breaks_of_blocks():
    """The captions are written for this; where it is no longer so, look at them in a report."""
    assert (ENVIRONMENT.trim_blocks, ENVIRONMENT.lstrip_blocks) == (True, True)
