"""Every control of the explorer's mapper view in a real browser, on a made-up page that has all of them."""

import csv
import io
import re
from xml.etree import ElementTree

import pytest
from explorer_page import downloaded, pick, table_of
from unit.explorer.examples import BOXES, COLUMNS, GRAPHS, MEASURES
from unit.explorer.examples import page as made_up_page


@pytest.fixture
def page(open_page, tmp_path):
    (tmp_path / "page.html").write_text(made_up_page())
    return open_page(tmp_path / "page.html")


def node(page, number, panel="a"):
    return page.locator(f"#panel-{panel} .node[data-node='{number}']")


def until(page, condition):
    """Wait until something is true in a page, whose policy forbids Playwright's own way to do so."""
    for _ in range(600):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def graph_shown(page, panel="a"):
    """Number of the graph in a panel, which its first node tells."""
    node(page, 0, panel).dispatch_event("click")
    return int(table_of(page.locator(".card"))["weight"]) - 5


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
        ("confidence", ["0.25", "–"]),
        ("misclassified", ["0.25", "0.5"]),
        ("lens2", ["0.5", "-0.5"]),
        *((f"label:{name}", [str(place + 5), str(place + 7)]) for place, name in enumerate(MEASURES)),
    ],
)
def test_nodes_have_the_colour_and_size_of_each_measure(page, name, values):
    pick(page, "colour", name)
    fills = [node(page, k).locator("circle").first.get_attribute("fill") for k in (0, 1)]
    assert fills[0] != fills[1]
    assert (fills[1] == "var(--missing)") == (values[1] == "–")
    label = page.locator("#legend span").first.inner_text()
    assert page.locator(f"[data-key=colour] option[value='{name}']").inner_text() == label
    pick(page, "size", name)
    radii = [float(node(page, k).locator(".edge").get_attribute("r")) for k in (0, 1)]
    if values[1] != "–":
        assert (radii[0] > radii[1]) == (float(values[0]) > float(values[1]))
    for k, value in enumerate(values):
        node(page, k).dispatch_event("click")
        row = {"lens": "mean l2 norm", "lens2": "mean principal component 1"}.get(name, label)
        assert table_of(page.locator(".card"))[row] == value
        assert f"{label} {value}" in node(page, k).get_attribute("aria-label") or name == "purity"


@pytest.mark.parametrize("name", COLUMNS)
def test_nodes_are_pies_of_a_users_labels(page, name):
    pick(page, "colour", f"label:{name}")
    assert page.locator("#legend").inner_text().split() == ["x", "cat"]
    assert [node(page, k).locator("path").count() for k in (0, 1)] == [0, 2]
    node(page, 1).dispatch_event("click")
    bars = page.locator(".card [role=list]").nth(1)
    assert bars.locator(".name").all_inner_texts() == ["x", "cat"]
    assert bars.locator(".count").all_inner_texts() == ["2", "1"]
    assert page.locator(".card h3").nth(1).inner_text() == page.locator("[data-key=colour] option:checked").inner_text()


def test_labels_have_their_own_names_and_those_of_measures_are_marked(page):
    options = page.locator("[data-key=colour] option").all()
    told = {option.get_attribute("value"): option.text_content() for option in options}
    names = [*COLUMNS, *MEASURES]
    marked = {"class", "purity", "confidence"}
    assert [told[f"label:{name}"] for name in names] == [f"{n} (label)" if n in marked else n for n in names]
    assert len(set(told.values())) == len(told)
    [first, _] = csv.DictReader(io.StringIO(downloaded(page, "#mapper-csv")))
    assert [first[f"label {name}"] for name in MEASURES] == [str(place + 5) for place in range(len(MEASURES))]
    assert (first["purity"], first["confidence"], first["misclassified"]) == ("1", "0.25", "0.25")


def test_a_link_brings_back_the_colour_of_a_label(page, open_page, tmp_path):
    pick(page, "colour", "label:toString")
    pick(page, "size", "label:__proto__")
    again = open_page(tmp_path / "page.html", "#" + page.url.partition("#")[2])
    assert again.locator("#legend span").first.inner_text() == "toString"
    assert again.locator("[data-key=size]").input_value() == "label:__proto__"
    # What every object of JavaScript has is no measure, colour or kind of clouds.
    for name in ("toString", "constructor", "__proto__"):
        again = open_page(tmp_path / "page.html", f"#colour={name}&size={name}&clouds={name}")
        assert again.locator("[data-key=colour]").input_value() == "class"
        assert node(again, 0).count() == 1
        again.locator("#to-distances").click()
        assert again.locator("[data-key=clouds]").input_value() == "trained"


def test_classes_and_networks_may_have_names_of_javascript(open_page, tmp_path):
    names = ("constructor", "__proto__")
    (tmp_path / "page.html").write_text(made_up_page(names))
    page = open_page(tmp_path / "page.html")
    node(page, 1).dispatch_event("click")
    assert page.locator(".card .bar .name").all_inner_texts() == ["__proto__", "constructor"]
    page.locator("#panel-a [data-facet=model]").select_option("other")
    page.locator("#panel-a [data-facet=model]").select_option("constructor")
    page.locator("[data-key=search]").fill("__proto__")
    assert [node(page, k).get_attribute("class") for k in (0, 1)] == ["node faded", "node"]
    [first, second] = csv.DictReader(io.StringIO(downloaded(page, "#mapper-csv")))
    assert (first["class constructor"], first["class __proto__"]) == ("2", "0")
    assert (second["class constructor"], second["class __proto__"]) == ("1", "2")
    page.locator("#to-purity").click()
    pick(page, "class", "__proto__")
    assert page.locator("#charts figcaption").nth(1).inner_text() == "class-wise purity of __proto__"
    page.locator("#to-distances").click()
    assert page.locator("#maps figure").count() > 0


@pytest.mark.parametrize(
    ("name", "label", "known"),
    [("misclassified", "misclassified images", ["0.25", "0.5"]), ("confidence", "confidence", ["0.25", "–"])],
)
def test_a_graph_without_the_measure_of_the_colour_is_grey_and_says_so(page, open_page, tmp_path, name, label, known):
    pick(page, "colour", name)
    pick(page, "size", name)
    page.locator("[data-key=two]").check()
    # In either panel, and from a link.
    for panel, other in ("ab", "ba"):
        page.locator(f"#panel-{panel} [data-facet=sigma]").select_option("0")
        page.locator(f"#panel-{other} [data-facet=sigma]").select_option("0.5")
        for shown in (page, open_page(tmp_path / "page.html", "#" + page.url.partition("#")[2])):
            assert shown.locator("[data-key=colour]").input_value() == name
            assert shown.locator("#legend span").first.inner_text() == label
            for own, values in ((panel, known), (other, ["–", "–"])):
                note = "" if own == panel else f"not known here: {label}"
                assert shown.locator(f"#panel-{own} .note").text_content() == note
                for k, value in enumerate(values):
                    fill = node(shown, k, own).locator("circle").first.get_attribute("fill")
                    assert (fill == "var(--missing)") == (value == "–")
                    assert node(shown, k, own).get_attribute("aria-label").endswith(f", {label} {value}")
                    node(shown, k, own).dispatch_event("click")
                    assert table_of(shown.locator(".card"))[label] == value
            rows = list(csv.DictReader(io.StringIO(downloaded(shown, "#mapper-csv"))))
            cells = {(row["sigma"], row[name]) for row in rows}
            assert cells == {("0.5", "")} | {("0", value.replace("–", "")) for value in known}
            assert "not known here" in downloaded(shown, "#mapper-svg")
    # Of a graph alone it is no choice.
    page.locator("[data-key=two]").uncheck()
    page.locator("#panel-a [data-facet=sigma]").select_option("0.5")
    assert page.locator("[data-key=colour]").input_value() == "class"
    assert page.locator("#panel-a .note").text_content() == ""


@pytest.mark.parametrize("view", ["mapper", "distances", "purity", "run"])
def test_long_names_make_no_view_wider_than_a_narrow_window(open_page, tmp_path, view):
    (tmp_path / "page.html").write_text(made_up_page(("a name of words " * 4, "W" * 60), run="W" * 60))
    page = open_page(tmp_path / "page.html", f"#view={view}&two=1&selected=a:1")
    page.set_viewport_size({"width": 380, "height": 800})
    assert page.locator(f"#view-{view}").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 380


@pytest.mark.parametrize("n_classes", [10, 11])
def test_the_legend_explains_grey_slices_where_there_may_be_some(open_page, tmp_path, n_classes):
    names = [f"c{i}" for i in range(n_classes)]
    (tmp_path / "page.html").write_text(made_up_page(tuple(names)))
    told = open_page(tmp_path / "page.html").locator("#legend > span").all_inner_texts()
    assert told == (names if n_classes == 10 else [*(f"{i} {name}" for i, name in enumerate(names)), "rest of a node"])


def test_images_without_labels_have_no_classes(open_page, tmp_path):
    (tmp_path / "page.html").write_text(made_up_page(("unlabelled",)))
    page = open_page(tmp_path / "page.html")
    assert page.locator("[data-key=colour]").input_value() == "lens"
    for key in ("colour", "size"):
        options = page.locator(f"[data-key={key}] option").evaluate_all("all => all.map((e) => e.value)")
        assert not {"class", "purity"} & set(options)
    assert not page.locator("[data-key=search]").is_visible()
    assert not page.locator("#search-hint").is_visible()
    node(page, 1).dispatch_event("click")
    assert "purity" not in table_of(page.locator(".card"))
    assert "unlabelled" not in page.locator(".card").inner_text()
    assert "purity" not in node(page, 1).get_attribute("aria-label")
    header = next(csv.reader(io.StringIO(downloaded(page, "#mapper-csv"))))
    assert not [name for name in header if name == "purity" or name.startswith("class ")]
    page.locator("#to-purity").click()
    assert "Images without labels have no purity." in page.locator("#purity-note").inner_text()


def test_paper_has_the_whole_graph_and_legend(page):
    """Drawings become as small as the paper wants them, and no entry of the legend is below a scroll bar."""
    box = page.evaluate(
        "(({clientWidth, clientHeight}) => [clientWidth, clientHeight])(document.querySelector('.drawing'))"
    )
    for drawing in page.locator("#panel-a .drawing svg").all():
        assert drawing.get_attribute("viewBox") == f"0 0 {box[0]} {box[1]}"
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.getElementById('legend')).maxHeight") == "none"


def test_graphs_side_by_side_have_one_scale_of_colours(page):
    page.locator("[data-key=two]").check()
    page.locator("#panel-b [data-facet=sampling]").select_option("full")
    pick(page, "colour", "label:weight")
    # 5 and 7 in one, 10 and 12 in the other.
    assert page.locator("#legend span").all_inner_texts()[2:5] == ["5", "", "12"]
    fills = [node(page, k, panel).locator("circle").first.get_attribute("fill") for panel in "ab" for k in (0, 1)]
    assert len(set(fills)) == 4
    page.locator("#panel-b [data-facet=sampling]").select_option("random")
    assert page.locator("#legend span").all_inner_texts()[2:5] == ["5", "", "7"]
    again = [node(page, k).locator("circle").first.get_attribute("fill") for k in (0, 1)]
    assert again == [fills[0], fills[3]]


def test_both_lenses_have_their_own_numbers(page):
    node(page, 1).dispatch_event("click")
    told = table_of(page.locator(".card"))
    assert (told["l2 norm"], told["mean l2 norm"]) == ("0.5 to 2", "2")
    assert (told["principal component 1"], told["mean principal component 1"]) == ("-2 to 3", "-0.5")
    options = page.locator("[data-key=colour] option").all_inner_texts()
    assert {"mean lens (l2 norm)", "mean lens (principal component 1)"} <= set(options)
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "#mapper-csv"))))
    lenses = [[row[f"lens2_{end}"] for end in ("min", "max", "mean")] for row in rows]
    assert lenses == [["-2", "3", "0.5"], ["-2", "3", "-0.5"]]
    assert [row["lens_mean"] for row in rows] == ["1", "2"]


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
    told = "% of its images selected in the other graph"
    assert [told in node(page, k, "b").get_attribute("aria-label") for k in (0, 1)] == [True, True]
    page.keyboard.press("Escape")
    assert page.locator(".selected, .lit").count() == 0
    assert told not in node(page, 0, "b").get_attribute("aria-label")


def test_several_nodes_and_the_whole_graph_without_keys(page):
    """As on a touch screen."""
    page.locator("[data-key=several]").check()
    for _ in range(2):
        node(page, 0).click()
        node(page, 1).click()
        assert page.locator("#panel-a .node.selected").count() in (2, 0)
    node(page, 1).click()
    assert page.locator("#together").count() == 0
    node(page, 0).click()
    assert page.locator("#together").inner_text() == "2 nodes, 3 different images"
    page.locator("[data-key=several]").uncheck()
    node(page, 0).click()
    assert page.locator("#panel-a .node.selected").count() == 1
    page.locator("[data-key=two]").check()
    place = "[panels.a, panels.b].map((panel) => [panel.settled.k, panel.settled.x])"
    page.evaluate("[panels.a, panels.b].forEach((panel) => panel.frame.call(panel.zoom.scaleBy, 1.4))")
    assert [k for k, _ in page.evaluate(place)] == [1.4, 1.4]
    page.locator("#show-all").click()
    assert page.evaluate(place) == [[1, 0], [1, 0]]


def test_a_page_that_is_read_before_it_has_a_place_draws_its_graphs_in_it(open_page, tmp_path):
    """As in the report, which shows it in a frame."""
    (tmp_path / "page.html").write_text(made_up_page())
    frame = '<iframe src="page.html#two=1" style="display: none" width="900" height="600"></iframe>'
    (tmp_path / "frame.html").write_text(frame)
    page = open_page(tmp_path / "frame.html")
    explorer = page.frame_locator("iframe")
    explorer.locator("#panel-a .drawing > svg").wait_for(state="attached")
    assert explorer.locator(".node").count() == 0
    page.locator("iframe").evaluate("frame => { frame.style.display = 'block'; }")
    for panel in ("a", "b"):
        explorer.locator(f"#panel-{panel} .node").first.wait_for()


def test_nodes_that_are_selected_in_a_graph_that_is_hidden_are_not_told(page):
    page.locator("[data-key=two]").check()
    node(page, 1, "b").click()
    assert page.locator(".card").count() == 1
    page.locator("[data-key=two]").uncheck()
    assert page.locator(".card").count() == 0
    assert "No node is selected." in page.locator("#details").inner_text()
    page.locator("[data-key=two]").check()
    assert page.locator("#panel-b .node.selected").count() == 1


def test_zoom_moved_nodes_and_the_focus_stay_while_the_graph_does(page):
    """Zoom and place of the first node, in pixels, and the node with the focus."""

    def places():
        moves = [
            page.locator("#panel-a .sheet > svg > g").get_attribute("transform"),
            node(page, 0).get_attribute("transform"),
        ]
        numbers = [round(float(number), 3) for move in moves for number in re.findall(r"-?[\d.]+", move or "")]
        return [*numbers, page.evaluate("document.activeElement.dataset.node")]

    first = places()
    node(page, 0).focus()
    for key in ("Shift+ArrowDown", "Shift+ArrowDown"):
        page.keyboard.press(key)
    page.evaluate("panels.a.frame.call(panels.a.zoom.scaleBy, 1.4)")
    moved = places()
    assert (moved[2], moved[4] - first[4], moved[5]) == (1.4, 20, "0")
    page.evaluate("change({ colour: 'purity', names: '1' })")
    assert places() == moved
    # In another window they are at the same place beside the others.
    width = page.locator("#panel-a .drawing").bounding_box()["width"]
    centre, place = page.evaluate("[panels.a.middle()[0], panels.a.x.invert(panels.a.positions[0][0])]")
    page.set_viewport_size({"width": 1000, "height": 768})
    until(page, f"panels.a.size[0] < {width} - 100")
    narrow = places()
    assert narrow[2:3] + narrow[5:] == [1.4, "0"]
    middle = "panels.a.settled.invert(panels.a.size.map((length) => length / 2))"
    assert page.evaluate(f"panels.a.x.invert({middle}[0])") == pytest.approx(centre, abs=1e-6)
    assert page.evaluate("panels.a.x.invert(panels.a.positions[0][0])") == pytest.approx(place, abs=1e-6)
    page.set_viewport_size({"width": 1366, "height": 768})
    until(page, f"panels.a.size[0] > {width} - 10")
    assert places() == moved
    # Another layout, and another graph, begin anew.
    page.evaluate("change({ layout: 'lens' })")
    page.evaluate("change({ layout: 'free' })")
    assert places()[:5] == first[:5]


def test_files_of_drawings_have_titles_and_what_explains_colours(page):
    page.locator("[data-key=two]").check()
    texts = ElementTree.fromstring(downloaded(page, "#mapper-svg")).itertext()
    assert {"cat", "dog"} <= {*texts}
    titles = page.locator(".panel .sheet > svg").evaluate_all("all => all.map((one) => one.getAttribute('aria-label'))")
    pick(page, "colour", "purity")
    text = " ".join(ElementTree.fromstring(downloaded(page, "#mapper-svg")).itertext())
    assert [part for part in ["purity 0 1 not known", *titles] if part not in text] == []
    page.locator("#to-purity").click()
    text = " ".join(ElementTree.fromstring(downloaded(page, "#purity-svg")).itertext())
    captions = page.locator("#charts figcaption").all_inner_texts()
    assert len(captions) > 1
    samplings = [name.strip() for name in page.locator("#samplings label").all_inner_texts()]
    assert [part for part in [*captions, *samplings] if part not in text] == []
