"""Numbers of a summary in sentences, and sentences where numbers are missing."""

import pytest
from actopo.captions import ALL_PAIRS, COMPONENTS, HEADLINE, NAMES, PAPER, captions, shown
from docutils.core import publish_parts

ROW = {"n_pairs": 9, "low": 0.8, "high": 0.95, "min": 0.7, "max": 0.97, "null_high": 0.31, "p_value": 0.001}
RHO = {"rho_mean": 0.9123, "rho_layer_9": 0.888, "tests": {HEADLINE: {**ROW, "value": 0.9123}}}
LESS = {HEADLINE: {"trained": 0.9123, "difference": -0.0512, "low": -0.07, "high": -0.03}}
GRAPH = {"n_nodes": 31.0, "n_components": 2.0, "n_cycles": 0.0, "node_purity": 0.605, "coverage": 0.5, "eps": 8.1234}
FIRST = {"mean": {"first": "<= 0.25"}, "floor_mean": {"first": "never"}}


@pytest.fixture
def summary():
    accuracy = {"by_seed": {"0": 0.9, "1": 0.92}, "mean": 0.91, "min": 0.9, "max": 0.92}
    homology = {
        "model": "net_a",
        "batches": 2,
        "test_accuracy": accuracy,
        "layer_distances": {"h1": {"max_cv": 0.2281, "at_layers": [9, 12], "median_cv": 0.05}},
        "specificity": {"trained": {"h1": RHO}, "gaussian": {"h1": {**RHO, "trained_minus_control": LESS}}},
        "sensitivity": {"sw_h1": {"0": {"smallest": FIRST}, "8": {"smallest": FIRST, "random": FIRST}}},
        "metrics": {"sw_h1": {"measure": "sw_h1", "clouds": "own", "rho_pearson": 0.5, "retrieval": None, "ding": 1.0}},
    }
    mapper = {
        "model": "net_b",
        "test_accuracy": {"by_seed": {"0": None}},
        "graphs": {"a|*_`b": {"16": GRAPH}},
        "noisy_graphs": {"random": {"sigma 0.5": {"16": GRAPH}}},
        "foreground": {"n_images": 50, "no_foreground": 0.25, "foreground_pixels": 0.125},
    }
    # Convolutions have names too, but are known by their numbers.
    names = {"net_a": {"9": "conv9"}, "net_b": {"16": "conv16"}}
    return {"homology": homology, "mapper": mapper, "layer_names": names}


def as_text(rst):
    """Text of the page that docutils makes; a system message would be in it."""
    parts = publish_parts(rst, writer="html", settings_overrides={"report_level": 1, "halt_level": 1})
    return parts["body"]


@pytest.mark.parametrize(("trained", "on_layers", "told"), [(0.9123, 0.861, True), (0.9123, 0.9123, False)])
def test_differences_on_fewer_layers_say_so(summary, trained, on_layers, told):
    """A control may leave out layers whose points are all equal."""
    less = {HEADLINE: {**LESS[HEADLINE], "trained": on_layers}}
    summary["homology"]["specificity"]["gaussian"] = {"h1": {**RHO, "trained_minus_control": less}}
    found = captions(summary)["controls"]
    assert ("−0.03), on the layers of this control, where trained networks have 0.861." in found) == told
    assert ("on the layers" in found) == told


def test_controls_are_those_of_the_figure(summary):
    """It draws all ordered pairs if every kind of clouds has them, and the first network against the others if not."""
    kinds = summary["homology"]["specificity"]
    over_all = {**RHO, "tests": RHO["tests"] | {ALL_PAIRS: {**ROW, "value": 0.7}}}
    less = LESS | {ALL_PAIRS: {"trained": 0.7, "difference": 0.05, "low": None, "high": None, "min": 0.01, "max": 0.09}}
    kinds["trained"] = {"h1": over_all}
    found = captions(summary)["controls"]
    assert (
        "the mean ρ of H1 with the first network as the reference is: trained 0.912; Gaussian 0.912, trained" in found
    )
    kinds["gaussian"] = {"h1": {**over_all, "trained_minus_control": less}}
    found = captions(summary)["controls"]
    assert "the mean ρ of H1 over all ordered pairs of networks is: trained 0.7; Gaussian 0.7, trained minus" in found
    assert "minus control 0.05 (over pairs 0.01 to 0.09)." in found


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ({"n_graphs": 3, "n_networks": 3}, "graphs (3 networks), of which"),
        ({"n_graphs": 5, "n_networks": 1}, "graphs (one network, and draws of the positions), of which"),
        ({"n_graphs": 6, "n_networks": 3}, "graphs (3 networks, and draws of the positions), of which"),
    ],
)
def test_means_over_graphs_name_what_they_are_over(summary, numbers, told):
    summary["mapper"]["graphs"] = {"random": {"16": GRAPH | numbers}}
    assert told in captions(summary)["mapper_graphs"]


def test_differences_from_a_rho_that_is_undefined(summary):
    controls = summary["homology"]["specificity"]
    controls["trained"] = {"h1": {**RHO, "tests": {HEADLINE: {**ROW, "value": None}}}}
    controls["scaled"] = controls["gaussian"]
    assert "trained, equal scale 0.912, trained minus control" in captions(summary)["controls"]


def test_every_caption_is_valid_and_says_what_was_found(summary):
    found = captions(summary)
    assert tuple(found) == NAMES
    assert {name: bool(as_text(text)) for name, text in found.items()} == dict.fromkeys(NAMES, True)
    assert "ρ of H1 is 0.912 on average over layers (interval 0.8 to 0.95) and 0.888 at layer 9" in found["specificity"]
    assert "of 10 networks; its upper limit for permuted layers is 0.31 (p = 0.001)" in found["specificity"]
    assert "Gaussian 0.912, trained minus control −0.0512 (interval −0.07 to −0.03)" in found["controls"]
    assert "of H1 is 0.228, between layers 9 and 12; the median is 0.05, over 2 batches" in found["layer_distances"]
    assert "of ``net_a`` is 0.91 (0.9 to 0.92), of 2 networks" in found["training"]
    assert "net_b" not in found["training"]
    assert "25 % of 50 images have no foreground, and 12.5 % of all pixels" in found["foreground"]
    for name, finding in PAPER.items():
        assert found[name].endswith(f"**In the paper** {finding}.")


def test_cells_of_tables_are_no_markup(summary):
    body = as_text(captions(summary)["mapper_graphs"])
    assert "<td>a|*_`b</td>" in body
    assert [f"<td>{n}</td>" in body for n in (16, 31, 2, 0)] == [True] * 4


def test_outputs_of_modules_have_their_names(summary):
    homology, mapper = summary["homology"], summary["mapper"]
    homology["layer_distances"]["h1"]["at_layers"] = [9, 10003]
    homology["sensitivity"]["sw_h1"] = {"10003": {"smallest": FIRST}}
    mapper["graphs"], mapper["noisy_graphs"]["random"]["sigma 0.5"] = {"random": {"20007": GRAPH}}, {"20007": GRAPH}
    summary["layer_names"] = {"net_a": {"9": "conv9", "10003": "a_block.3*"}, "net_b": {"20007": "norm (class)"}}
    found = captions(summary)
    assert "between layers 9 and a_block.3*;" in as_text(found["layer_distances"])
    assert "<td>a_block.3*</td>" in as_text(found["sensitivity"])
    assert ["<td>norm (class)</td>" in as_text(found[name]) for name in NAMES[-5:-1]] == [True] * 4
    assert not any("10003" in text or "20007" in text for text in found.values())


def test_only_layers_that_are_drawn_have_a_sensitivity(summary):
    assert as_text(captions(summary, sensitivity_layers=[8])["sensitivity"]).count("<tr>") == 2
    assert as_text(captions(summary)["sensitivity"]).count("&lt;= 0.25") == 3
    assert captions(summary, dimension=0)["sensitivity"].startswith("**In the paper**")


def test_components_that_are_not_removed_have_no_column(summary):
    assert [f">{name}</th>" in as_text(captions(summary)["sensitivity"]) for name in COMPONENTS] == [True, False, True]


def test_what_is_not_there_is_left_out(summary):
    summary["homology"] |= {"specificity": {"why_not": "one seed"}, "layer_distances": {"h1": {"max_cv": None}}}
    del summary["homology"]["metrics"], summary["homology"]["sensitivity"]
    summary["mapper"] |= {"graphs": {}, "noisy_graphs": {}, "foreground": None}
    found = captions(summary)
    assert [name for name, text in found.items() if "In this run" in text] == ["training"]
    assert found["controls"] == found["metrics"] == ""


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (float("nan"), "–"), (12.0, "12"), (-3, "−3"), (0.12345, "0.123"), (1e-5, "1e−05")]
)
def test_numbers_have_three_digits(value, text):
    assert shown(value) == text


def test_means_over_graphs_say_so(summary):
    """Figures of graphs show the first network and draw alone; that of purity has all."""
    told = "as means over up to 6 graphs (2 networks, and draws of the positions)"
    assert "means over" not in "".join(captions(summary).values())
    row = GRAPH | {"n_graphs": 6, "n_networks": 2}
    summary["mapper"]["graphs"] = {"full": {"16": GRAPH | {"n_graphs": 2, "n_networks": 2}}, "random": {"16": row}}
    summary["mapper"]["noisy_graphs"] = {"random": {"sigma 0.5": {"16": row}}}
    found = captions(summary)
    for name in ("mapper_graphs", "noisy_graphs", "eps_choice"):
        assert f"{told}, of which the figure shows those of the first network and draw" in found[name]
        assert as_text(found[name])
    assert f"{told}, by sampling" in found["purity"]


def test_graphs_of_images_without_classes_have_no_purity(summary):
    """A measure that some graphs lack has a dash there, and one that all lack has no column."""
    without = GRAPH | {"node_purity": float("nan")}
    summary["mapper"]["noisy_graphs"] = {"random": {"sigma 0.5": {"16": without}, "sigma 1": {"16": GRAPH}}}
    some = as_text(captions(summary)["noisy_graphs"])
    assert (">node-wise purity</th>" in some, "<td>–</td>" in some, "nan" in some) == (True, True, False)
    summary["mapper"]["noisy_graphs"]["random"].pop("sigma 1")
    none = as_text(captions(summary)["noisy_graphs"])
    assert (">nodes</th>" in none, "purity" in none, "–" in none) == (True, False, False)


@pytest.mark.parametrize("larger", ["homology", "mapper"])
def test_a_model_of_both_studies_has_one_accuracy(summary, larger):
    """That of the study with more of its networks."""
    for name, seeds in (("homology", "012"), ("mapper", "01")):
        seeds = seeds if larger == "homology" else seeds[:1] if name == "homology" else "012"
        accuracy = {"by_seed": dict.fromkeys(seeds, 0.9), "mean": 0.9, "min": 0.8, "max": 1.0}
        summary[name] |= {"model": "net_a", "test_accuracy": accuracy}
    assert (
        captions(summary)["training"]
        == "**In this run** the test accuracy of ``net_a`` is 0.9 (0.8 to 1), of 3 networks."
    )
