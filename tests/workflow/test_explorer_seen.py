"""What is seen of the explorer by people who use keys, print it, or compare what differs in one thing alone."""

import pytest

from tests.unit.explorer.examples import GRAPHS
from tests.unit.explorer.examples import page as made_up_page


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
