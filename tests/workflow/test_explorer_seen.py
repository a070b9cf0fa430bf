"""What is seen of the explorer by people who use keys, print it, or compare what differs in one thing alone."""

import pytest
from explorer_page import downloaded, pick
from unit.explorer.examples import GRAPHS
from unit.explorer.examples import page as made_up_page


@pytest.fixture
def page(open_page, tmp_path):
    (tmp_path / "page.html").write_text(made_up_page())
    return open_page(tmp_path / "page.html")


def test_the_name_of_a_graph_tells_it_from_every_other(page):
    names = page.evaluate("main.graphs.map(graphName)")
    assert len(set(names)) == len(GRAPHS)
    assert names[0] == "random, layer 1, cat, seed 0, draw 0, noise 0, epoch 8, eps 1"
    assert names[4] == "random, layer 1, cat, seed 0, draw 0, noise 0.5, epoch 8"
    for number, name in enumerate(names):
        page.evaluate("n => change({ a: graphKey(main.graphs[n]) })", number)
        assert page.locator("#details h3").inner_text() == name
        assert name in page.locator("#panel-a .sheet > svg").get_attribute("aria-label")
    # What is the same in all graphs is not told.
    page.evaluate("main.graphs = main.graphs.slice(0, 2)")
    assert page.evaluate("main.graphs.map(graphName)") == ["random, layer 1", "random, layer 2"]


def test_the_node_that_has_the_focus_of_the_keys_is_in_the_panel(page):
    seen = """() => {
      const [node, panel] = [document.activeElement, panels.a.element].map((one) => one.getBoundingClientRect());
      const [x, y] = [node.x + node.width / 2 - panel.x, node.y + node.height / 2 - panel.y];
      const isInside = 0 <= x && x <= panel.width && 0 <= y && y <= panel.height;
      return [document.activeElement.dataset.node, isInside];
    }"""
    page.locator("#panel-a [data-facet=eps]").focus()
    page.keyboard.press("Tab")
    for key in ["+"] * 6 + ["ArrowRight"]:
        page.keyboard.press(key)
    assert page.evaluate(seen) == ["1", True]
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(seen) == ["0", True]
    for _ in range(70):
        page.keyboard.press("Shift+ArrowUp")
    assert page.evaluate(seen) == ["0", True]
    # Back from elsewhere.
    page.keyboard.press("Shift+Tab")
    page.evaluate("panels.a.frame.call(panels.a.zoom.translateBy, 5000, 0)")
    page.keyboard.press("Tab")
    assert page.evaluate(seen) == ["0", True]
    # A pointer moves nothing, and neither do keys among nodes that are seen.
    page.locator("#show-all").click()
    page.locator("#panel-a .node[data-node='1']").click()
    assert page.evaluate("[panels.a.settled.k, panels.a.settled.x, panels.a.settled.y]") == [1, 0, 0]


def test_lines_are_dark_on_paper_whatever_the_theme(page):
    colour = "getComputedStyle(document.querySelector('#charts .mark')).stroke"
    page.locator("#to-purity").click()
    pick(page, "theme", "dark")
    assert page.evaluate(colour) == "rgb(136, 170, 255)"
    # The legend of a file is in the colours of the lines.
    assert 'stroke="#88aaff"' in downloaded(page, "#purity-svg")
    page.emulate_media(media="print")
    assert page.evaluate(colour) == "rgb(51, 34, 136)"
