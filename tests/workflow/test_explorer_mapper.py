"""Every control of the explorer's mapper view in a real browser, on a made-up page that has all of them."""

import csv
import io

import pytest
from explorer_page import downloaded, pick, table_of

from tests.unit.explorer.examples import BOXES, GRAPHS
from tests.unit.explorer.examples import page as made_up_page


@pytest.fixture
def page(open_page, tmp_path):
    (tmp_path / "page.html").write_text(made_up_page())
    return open_page(tmp_path / "page.html")


def node(page, number, panel="a"):
    return page.locator(f"#panel-{panel} .node[data-node='{number}']")


def graph_shown(page, panel="a"):
    """Number of the graph in a panel, which its first node tells."""
    node(page, 0, panel).dispatch_event("click")
    return round(10 * float(table_of(page.locator(".card"))["confidence"]))


@pytest.mark.parametrize("facet", ["layer", "seed", "draw", "sigma", "sampling", "model", "epoch"])
def test_every_graph_can_be_chosen(page, facet):
    assert graph_shown(page) == 0
    [(number, value)] = [(n, own[facet]) for n, own in enumerate(GRAPHS) if facet in own]
    page.locator(f"#panel-a [data-facet={facet}]").select_option(str(value))
    assert page.locator(".selected").count() == 0
    assert graph_shown(page) == number
    # The others stay what they were, since there is such a graph.
    page.locator("[data-key=two]").check()
    page.locator(f"#panel-b [data-facet={facet}]").select_option(str(value))
    assert graph_shown(page, "b") == number


def test_a_slider_goes_through_every_eps(page):
    slider, told = page.locator("#panel-a [data-facet=eps]"), page.locator("#panel-a output")
    assert (slider.get_attribute("max"), told.inner_text()) == ("2", "1 (chosen)")
    slider.focus()
    for key, text, number in (("ArrowLeft", "0.5", 7), ("End", "2", 8), ("ArrowLeft", "1 (chosen)", 0)):
        slider.press(key)
        assert told.inner_text() == text
        assert slider.get_attribute("aria-valuetext") == text
        assert graph_shown(page) == number
    slider.press("Home")
    assert "0.5" in page.url
    assert [row["eps"] for row in csv.DictReader(io.StringIO(downloaded(page, "#mapper-csv")))] == ["0.5", "0.5"]
    # The other panel has a slider of its own, and another layer none.
    page.locator("[data-key=two]").check()
    page.locator("#panel-b [data-facet=layer]").select_option("1")
    page.locator("#panel-b [data-facet=eps]").press("End")
    assert page.locator("output").all_inner_texts() == ["0.5", "2"]
    page.locator("#panel-a [data-facet=layer]").select_option("2")
    assert not slider.is_visible()
    assert graph_shown(page) == 1


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("purity", ["1", "0.5"]),
        ("lens", ["1", "2"]),
        ("coverage", ["0.4", "0.6"]),
        ("confidence", ["0", "–"]),
        ("misclassified", ["0.25", "0.5"]),
        ("weight", ["5", "7"]),
    ],
)
def test_nodes_have_the_colour_and_size_of_each_measure(page, name, values):
    pick(page, "colour", name)
    fills = [node(page, k).locator("circle").first.get_attribute("fill") for k in (0, 1)]
    assert fills[0] != fills[1]
    assert (fills[1] == "var(--missing)") == (values[1] == "–")
    label = page.locator("#legend span").first.inner_text()
    assert page.locator(f"[data-key=colour] option[value={name}]").inner_text() == label
    pick(page, "size", name)
    radii = [float(node(page, k).locator(".edge").get_attribute("r")) for k in (0, 1)]
    if values[1] != "–":
        assert (radii[0] > radii[1]) == (float(values[0]) > float(values[1]))
    for k, value in enumerate(values):
        node(page, k).dispatch_event("click")
        row = "mean l2 norm" if name == "lens" else label
        assert table_of(page.locator(".card"))[row] == value
        assert f"{label} {value}" in node(page, k).get_attribute("aria-label") or name == "purity"


def test_nodes_are_pies_of_a_users_labels(page):
    pick(page, "colour", "breed")
    assert page.locator("#legend").inner_text().split() == ["x", "cat"]
    assert [node(page, k).locator("path").count() for k in (0, 1)] == [0, 2]
    node(page, 1).dispatch_event("click")
    bars = page.locator(".card [role=list]").nth(1)
    assert bars.locator(".name").all_inner_texts() == ["x", "cat"]
    assert bars.locator(".count").all_inner_texts() == ["2", "1"]


def test_a_searched_class_is_not_faded(page):
    page.locator("[data-key=search]").fill("DOG")
    assert [node(page, k).get_attribute("class") for k in (0, 1)] == ["node faded", "node"]
    page.locator("[data-key=search]").fill("")
    assert page.locator(".faded").count() == 0


def test_thumbnails_have_the_box_of_their_position(page):
    node(page, 1).dispatch_event("click")
    # Images 2, 3 and 0 at positions 2, 0 and 1.
    assert [item.get_attribute("data-image") for item in page.locator(".thumbnail").all()] == ["2", "3", "0"]
    for item, position in zip(page.locator(".thumbnail").all(), (2, 0, 1), strict=True):
        box, field = item.bounding_box(), item.locator(".field").bounding_box()
        left, top, width, height = BOXES["bn 1"][position]
        expected = [left * box["width"], top * box["height"], width * box["width"], height * box["height"]]
        found = [field["x"] - box["x"], field["y"] - box["y"], field["width"], field["height"]]
        assert found == pytest.approx(expected, abs=2.5)


def test_from_nodes_to_the_files_of_their_images(page):
    node(page, 0).dispatch_event("click")
    node(page, 1).dispatch_event("click", {"shiftKey": True})
    summaries = page.locator(".card .files summary")
    assert summaries.all_inner_texts() == ["1 image files", "3 image files"]
    summaries.nth(1).click()
    assert page.locator(".card .files").nth(1).locator("li").all_inner_texts() == [f"cat/{n}.png" for n in (0, 2, 3)]
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "#images-csv"))))
    assert [(row["node"], row["image"], row["class"], row["file"]) for row in rows] == [
        ("0", "0", "cat", "cat/0.png"),
        ("1", "0", "cat", "cat/0.png"),
        ("1", "2", "dog", "cat/2.png"),
        ("1", "3", "dog", "cat/3.png"),
    ]


def test_several_nodes_are_lit_up_in_the_other_graph(page):
    page.locator("[data-key=two]").check()
    page.locator("#panel-b [data-facet=layer]").select_option("2")
    node(page, 0).click()
    node(page, 1).click(modifiers=["Shift"])
    assert page.locator("#panel-a .node.selected").count() == 2
    assert page.locator("#together").inner_text() == "2 nodes, 3 different images"
    assert page.locator("#panel-b .node.lit").count() == 2
    node(page, 1).click(modifiers=["Control"])
    # The image of the first node is in both nodes of the other graph.
    assert page.locator("#other").inner_text() == "In the other graph 1 of these 1 images are in 2 nodes."
    page.keyboard.press("Escape")
    assert page.locator(".selected, .lit").count() == 0
