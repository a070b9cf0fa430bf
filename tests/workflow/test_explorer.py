"""The explorer's page in a real browser: every control, every number against the files of the run, and keys alone."""

import csv
import io
import json
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from actopo.mapper.intermediate import load_incidence
from explorer_page import downloaded, pick, shown, table_of
from unit.explorer.examples import page as made_up_page

HOSTILE = "<script>alert(1)</script>"


def facet(page, panel, name, value):
    page.locator(f"#panel-{panel} [data-facet={name}]").select_option(value)


def nodes(page, panel="a"):
    return page.locator(f"#panel-{panel} .node")


def node(page, number, panel="a"):
    return page.locator(f"#panel-{panel} .node[data-node='{number}']")


def graph_files(results, sampling):
    folder = results / "mapper/resnet18_b/seed0" / sampling
    return json.loads((folder / "layer16.json").read_text()), np.load(folder / "layer16.npz")


def images_of_nodes(file):
    incidence = load_incidence(file).tocsc()
    bounds = zip(incidence.indptr[:-1], incidence.indptr[1:], strict=True)
    return [set(file["image"][incidence.indices[start:end]].tolist()) for start, end in bounds]


def misclassified(results):
    """Whether the network gets each image of the test part wrong."""
    file = np.load(results / "predictions/resnet18_b/seed0/mapper.all.npz")
    wrong = np.zeros(len(file["image"]))
    wrong[file["image"]] = file["logits"].argmax(axis=1) != file["label"]
    return wrong


def test_numbers_of_nodes_are_those_of_the_files(page, results):
    for sampling, noise in (("random", "0"), ("random.noise0.5", "0.5"), ("full", "0"), ("foreground_1", "0")):
        facet(page, "a", "sampling", sampling.partition(".")[0])
        facet(page, "a", "sigma", noise)
        graph, file = graph_files(results, sampling)
        members, wrong = images_of_nodes(file), misclassified(results)
        assert nodes(page).count() == len(graph["nodes"])
        assert page.locator("#panel-a .links line").count() == len(graph["links"])
        for own in graph["nodes"]:
            node(page, own["id"]).dispatch_event("click")
            card = page.locator(f"#details .card[data-node='{own['id']}']")
            told = table_of(card)
            assert told["points"] == shown(own["size"])
            assert told["images"] == shown(len(members[own["id"]]))
            assert told["purity"] == shown(own["purity"])
            assert told["share of all points"] == shown(own["size"] / graph["graph"]["n_points"])
            if noise == "0":
                assert told["misclassified images"] == shown(float(wrong[list(members[own["id"]])].mean()))
            assert told["l2 norm"] == f"{shown(own['lens_min'])} to {shown(own['lens_max'])}"
            names, counts = (card.locator(f".bar .{part}").all_inner_texts() for part in ("name", "count"))
            assert dict(zip(names, map(int, counts), strict=True)) == own["composition"]
            images = {int(item.get_attribute("data-image")) for item in card.locator(".thumbnail").all()}
            assert len(images) == min(12, len(members[own["id"]]))
            assert images <= members[own["id"]]


def test_thumbnails_are_the_images_with_the_field_of_the_point(page, results):
    node(page, 0).dispatch_event("click")
    first = page.locator(".thumbnail").first
    image = np.load(results / "data/digits/test/images.npy")[int(first.get_attribute("data-image"))]
    box, field = first.bounding_box(), first.locator(".field").bounding_box()
    assert box["x"] <= field["x"] < field["x"] + field["width"] <= box["x"] + box["width"] + 1
    # The pixels of the sheet that the style shows.
    sheet = page.evaluate(
        """async (element) => {
          const style = getComputedStyle(element);
          const picture = new Image();
          picture.src = style.backgroundImage.slice(5, -2);
          await picture.decode();
          const scale = picture.width / parseFloat(style.backgroundSize);
          const [left, top] = style.backgroundPosition.split(" ").map((part) => -parseFloat(part) * scale);
          const canvas = new OffscreenCanvas(16, 16).getContext("2d");
          canvas.drawImage(picture, Math.round(left), Math.round(top), 16, 16, 0, 0, 16, 16);
          return [...canvas.getImageData(0, 0, 16, 16).data];
        }""",
        first.element_handle(),
    )
    seen = np.array(sheet).reshape(16, 16, 4)[..., :3]
    assert np.abs(seen - image.astype(int)).mean() < 4


def test_images_of_selected_nodes_are_lit_up_in_the_other_graph(page, results):
    page.locator("[data-key=two]").check()
    facet(page, "a", "sampling", "random")
    facet(page, "b", "sampling", "full")
    node(page, 1).dispatch_event("click")
    node(page, 0).dispatch_event("click", {"shiftKey": True})
    own, other = (images_of_nodes(graph_files(results, sampling)[1]) for sampling in ("random", "full"))
    chosen = own[0] | own[1]
    assert page.locator("#together").inner_text() == f"2 nodes, {len(chosen)} different images"
    lit = {int(item.get_attribute("data-node")) for item in page.locator("#panel-b .node.lit").all()}
    assert lit == {place for place, images in enumerate(other) if images & chosen}
    there = chosen & set().union(*other)
    assert page.locator("#other").inner_text() == (
        f"In the other graph {len(there)} of these {len(chosen)} images are in {len(lit)} nodes."
    )
    page.locator("#clear").click()
    assert page.locator(".lit, .selected").count() == 0
    # The other way round.
    node(page, 0, "b").dispatch_event("click")
    lit = {int(item.get_attribute("data-node")) for item in page.locator("#panel-a .node.lit").all()}
    assert lit == {place for place, images in enumerate(own) if images & other[0]}


def test_colours_sizes_and_search(page, results):
    graph, _ = graph_files(results, "foreground_1")
    assert node(page, 0).locator("path").count() > 1
    pick(page, "colour", "purity")
    told = page.locator("#legend span").all_inner_texts()
    assert (told[0], told[2], told[4]) == ("purity", "0", "1")
    by_purity = [node(page, own["id"]).locator("circle").first.get_attribute("fill") for own in graph["nodes"]]
    purity = [own["purity"] for own in graph["nodes"]]
    assert len(set(by_purity)) == len(set(purity))
    pick(page, "colour", "lens")
    assert shown(max(own["lens_mean"] for own in graph["nodes"])) in page.locator("#legend").inner_text()
    pick(page, "size", "equal")
    assert len({item.get_attribute("r") for item in page.locator("#panel-a .edge").all()}) == 1
    pick(page, "size", "purity")
    largest = max(graph["nodes"], key=lambda own: own["purity"])["id"]
    radii = [float(item.get_attribute("r")) for item in page.locator("#panel-a .edge").all()]
    assert radii[largest] == max(radii)
    page.locator("[data-key=search]").fill("5")
    without = {own["id"] for own in graph["nodes"] if "5" not in own["composition"]}
    faded = {int(item.get_attribute("data-node")) for item in page.locator("#panel-a .node.faded").all()}
    assert faded == without
    page.locator("[data-key=search]").fill("no such class")
    assert page.locator("#panel-a .node.faded").count() == len(graph["nodes"])
    page.locator("[data-key=search]").fill("")
    pick(page, "colour", "class")
    page.locator("[data-key=names]").check()
    assert page.locator("#panel-a .node text").count() > 0


def test_a_graph_without_the_numbers_of_the_colour_stands_beside_one_with_them(page, open_page, results):
    facet(page, "a", "sampling", "random")
    pick(page, "colour", "misclassified")
    page.locator("[data-key=two]").check()
    facet(page, "b", "sampling", "random")
    facet(page, "b", "sigma", "0.5")
    graph, _ = graph_files(results, "random.noise0.5")
    for shown_page in (page, open_page(results / "explorer.html", "#" + page.url.partition("#")[2])):
        assert shown_page.locator("[data-key=colour]").input_value() == "misclassified"
        assert nodes(shown_page, "b").count() == len(graph["nodes"])
        fills = {item.get_attribute("fill") for item in shown_page.locator("#panel-b .node circle:not([class])").all()}
        assert fills == {"var(--missing)"}
        assert f"nodes\t{len(graph['nodes'])}" in shown_page.locator("#details").inner_text()


@pytest.mark.parametrize("view", ["mapper", "distances", "purity", "run"])
def test_no_view_is_wider_than_a_narrow_window(page, view):
    page.set_viewport_size({"width": 380, "height": 800})
    page.locator(f"#to-{view}").click()
    assert page.locator(f"#view-{view}").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    # What is wider than the window scrolls inside of its own box.
    for box in page.locator("#view-run .wide").all() if view == "run" else []:
        assert box.evaluate("e => e.getBoundingClientRect().right <= innerWidth")


def test_the_lens_is_an_axis(page, results):
    graph, _ = graph_files(results, "foreground_1")
    pick(page, "layout", "lens")
    means = np.array([own["lens_mean"] for own in graph["nodes"]])
    places = np.array(
        [node(page, own["id"]).evaluate("e => e.transform.baseVal[0].matrix.e") for own in graph["nodes"]]
    )
    slope, start = np.polyfit(means, places, 1)
    np.testing.assert_allclose(places, slope * means + start, atol=0.1)
    for tick in page.locator("#panel-a .axis .tick").all():
        value = float(tick.locator("text").text_content().replace("−", "-"))
        place = tick.evaluate("e => e.transform.baseVal[0].matrix.e")
        assert abs(slope * value + start - place) < 1


def test_nodes_are_dragged_and_the_drawing_is_moved_and_zoomed(page):
    box = node(page, 0).locator(".edge").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 30, steps=4)
    page.mouse.up()
    moved = node(page, 0).locator(".edge").bounding_box()
    assert (moved["x"] - box["x"], moved["y"] - box["y"]) == pytest.approx((40, 30), abs=1)
    # A drag selects nothing, and the links come along.
    assert page.locator(".selected").count() == 0
    ends = page.locator("#panel-a .links line").first.evaluate(
        "e => [e.x1, e.y1, e.x2, e.y2].map((v) => v.baseVal.value)"
    )
    at = node(page, 0).evaluate("e => [e.transform.baseVal[0].matrix.e, e.transform.baseVal[0].matrix.f]")
    assert at in (ends[:2], ends[2:]) or page.locator("#panel-a .links line").count() > 1
    drawing = page.locator("#panel-a .drawing").bounding_box()
    page.mouse.move(drawing["x"] + 5, drawing["y"] + 5)
    page.mouse.wheel(0, -300)
    # The drawing is painted where it comes to rest.
    resting = "#panel-a .sheet:not([style*=transform]) > svg > g[transform*='scale(']"
    page.locator(resting).first.wait_for(state="attached")
    before = node(page, 0).bounding_box()
    page.mouse.down()
    page.mouse.move(drawing["x"] + 35, drawing["y"] + 5, steps=3)
    page.mouse.up()
    assert node(page, 0).bounding_box()["x"] - before["x"] == pytest.approx(30, abs=1)


def test_purity_is_that_of_the_tables(page, results):
    page.locator("#to-purity").click()
    # The class of the figure comes first.
    assert page.locator("#charts figcaption").nth(1).inner_text() == "class-wise purity of 4"
    pick(page, "class", "7")
    graphs, classes = (
        pd.read_csv(results / f"mapper/resnet18_b/{name}.csv", dtype={"class": str})
        for name in ("purity", "class_purity")
    )
    for sigma in ("0.5", "0"):
        pick(page, "sigma", sigma)
        own = graphs[graphs.sigma == float(sigma)]
        of_class = classes[(classes.sigma == float(sigma)) & (classes["class"] == "7")]
        titles = page.locator("#charts figcaption").all_inner_texts()
        assert titles[:3] == ["node-wise purity, all classes", "class-wise purity of 7", "coverage"]
        for place, (table, name) in enumerate(
            [(own, "node_purity"), (of_class, "purity"), (own, "coverage"), (own, "majority_share"), (own, "entropy")]
        ):
            chart = page.locator("#charts figure").nth(place)
            for row in table.dropna(subset=[name]).to_dict("records"):
                told = chart.locator(f"[data-series='{row['sampling']}'] .mark").get_attribute("aria-label").split("\n")
                assert told[0] == f"{row['sampling']}, layer 16: {shown(row[name])}"
                if f"{name}_null_low" in row:
                    assert (
                        told[1]
                        == f"labels permuted: {shown(row[f'{name}_null_low'])} to {shown(row[f'{name}_null_high'])}"
                    )
                    assert told[2] == f"p = {shown(row[f'{name}_p'])}"
            # Of one layer: the marks of samplings stand beside each other.
            places = chart.locator(".mark").evaluate_all(
                "(marks) => marks.map((mark) => mark.getAttribute('transform'))"
            )
            assert len(places) == len({place.partition(",")[0] for place in places}) > 0
    page.locator("#samplings input").first.uncheck()
    assert page.locator("#charts [data-series=foreground_1]").count() == 0
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "#purity-csv"))))
    assert {row["sampling"] for row in rows} == {"random", "full"}
    assert ElementTree.fromstring(downloaded(page, "#purity-svg")).tag.endswith("svg")


def test_facts_of_the_run_are_those_of_the_files(page, results):
    page.locator("#to-run").click()
    rows = [
        row.locator("td").all_inner_texts() for row in page.locator("#view-run table").nth(1).locator("tbody tr").all()
    ]
    for model, seed in (("resnet18_a", 0), ("resnet18_a", 1), ("resnet18_b", 0)):
        noted = json.loads((results / f"models/{model}/seed{seed}.json").read_text())
        assert [model, str(seed), shown(noted["test_accuracy"]), shown(noted["train_accuracy"])] in [
            row[:4] for row in rows
        ]
    jobs = {row.locator("td").nth(0).inner_text(): row.locator("td").nth(1).inner_text()
            for row in page.locator("#view-run table").nth(2).locator("tbody tr").all()}  # fmt: skip
    assert jobs["train_model"] == str(len(list((results / "benchmarks/train_model").glob("*.tsv"))))
    config = json.loads(page.locator("#view-run pre").inner_text())
    assert config["mapper"]["intervals"] == 5


def test_what_is_shown_is_kept_as_csv_and_svg(page, results):
    facet(page, "a", "sampling", "random")
    graph, _ = graph_files(results, "random")
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "#mapper-csv"))))
    assert [int(row["points"]) for row in rows] == [own["size"] for own in graph["nodes"]]
    for row, own in zip(rows, graph["nodes"], strict=True):
        assert {name: int(row[f"class {name}"]) for name in own["composition"]} == own["composition"]
        assert float(row["lens_mean"]) == pytest.approx(own["lens_mean"], rel=1e-6)
    drawing = ElementTree.fromstring(downloaded(page, "#mapper-svg"))
    assert len(drawing.findall(".//{*}line")) == len(graph["links"])


def test_a_link_brings_back_what_was_shown(page, open_page, results):
    page.locator("[data-key=two]").check()
    facet(page, "b", "sampling", "full")
    pick(page, "theme", "dark")
    pick(page, "colour", "purity")
    node(page, 1).dispatch_event("click")
    page.locator("#copy-link").click()
    # The clipboard answers later.
    page.locator("#tip:not(:empty)").wait_for(state="attached")
    fragment = "#" + page.url.partition("#")[2]
    again = open_page(results / "explorer.html", fragment)
    assert again.evaluate("document.documentElement.dataset.theme") == "dark"
    assert again.locator("#panel-b [data-facet=sampling]").input_value() == "full"
    assert again.locator("[data-key=colour]").input_value() == "purity"
    assert again.locator(".card").get_attribute("data-node") == "1"
    # What a fragment should not have changes nothing.
    wrong = open_page(results / "explorer.html", "#view=none&a=none&selected=a:99.x&colour=none&size=none&class=none")
    assert nodes(wrong).count() > 0


def test_themes_follow_the_system(page):
    background = "getComputedStyle(document.body).backgroundColor"
    page.emulate_media(color_scheme="dark")
    page.locator("html[data-theme=dark]").wait_for(state="attached")
    dark = page.evaluate(background)
    page.emulate_media(color_scheme="light")
    page.locator("html[data-theme=light]").wait_for(state="attached")
    assert page.evaluate(background) != dark
    pick(page, "theme", "dark")
    assert page.evaluate(background) == dark


def test_keys_alone(page):
    """From the top of the page to a selected node, another view and back, without a pointer."""
    focus = (
        "document.activeElement.id || document.activeElement.dataset.key || document.activeElement.dataset.facet || ''"
    )
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('node')"):
            break
        reached.append(page.evaluate(focus))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    wanted = {
        "to-mapper",
        "to-purity",
        "to-run",
        "theme",
        "layout",
        "colour",
        "size",
        "search",
        "names",
        "two",
        "several",
        "clear",
        "show-all",
    }
    assert wanted | {"mapper-svg", "mapper-csv", "copy-link", "sampling", "sigma"} <= set(reached)
    first = page.evaluate("document.activeElement.dataset.node")
    assert re.match(rf"node {first}: \d+ points", page.locator("#tip").inner_text())
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.classList.contains('node')")
    visited = {first}
    for key in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
        visited.add(page.evaluate("document.activeElement.dataset.node"))
    assert len(visited) > 1
    page.keyboard.press("Enter")
    assert page.locator(".card").count() == 1
    place = "document.activeElement.getAttribute('transform')"
    before = page.evaluate(place)
    page.keyboard.press("Shift+ArrowRight")
    assert page.evaluate(place) != before
    page.keyboard.press("+")
    page.keyboard.press("0")
    page.keyboard.press("Escape")
    assert page.locator(".card").count() == 0
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate(focus) == "to-purity":
            break
    page.keyboard.press("Enter")
    assert page.locator("#charts figure").count() >= 3
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('mark')"):
            break
    assert "layer 16" in page.locator("#tip").inner_text()


def test_a_hostile_name_is_text(open_page, tmp_path):
    (tmp_path / "page.html").write_text(made_up_page(names=(HOSTILE, "dog"), run=HOSTILE))
    page = open_page(tmp_path / "page.html")
    assert HOSTILE in page.locator("#title").inner_text()
    assert HOSTILE in page.locator("#legend").inner_text()
    node(page, 0).dispatch_event("click")
    assert page.locator(".bar .name").first.inner_text() == HOSTILE
    page.locator("[data-key=two]").check()
    page.locator("#to-purity").click()
    assert HOSTILE in page.locator("[data-key=class]").inner_text()
    pick(page, "class", "dog")
    assert page.locator("#charts figure").count() == 3
    page.locator("#to-run").click()
    assert HOSTILE in page.locator("pre").inner_text()
