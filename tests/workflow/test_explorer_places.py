"""Nodes of the explorer that no link joins have room, whatever they are sized by, and however wide the window is."""

import json
import re

import numpy as np
import pytest
from actopo.figures.graph_layout import layout
from explorer_page import pick
from scipy.spatial.distance import pdist
from unit.explorer.examples import page as made_up_page

N_NODES, LINKS = 400, [0, 1, 1, 2, 2, 3, 4, 5]
GRAPH_0 = re.compile(r'(<script type="application/json" id="graph-0">)(.*?)(?=</script>)')


def many_nodes(text):
    """The first graph of a page with hundreds of nodes, most of which have no link."""
    graph = json.loads(text)
    sizes = np.random.default_rng(0).geometric(0.1, N_NODES).tolist()
    nodes = [{"id": node, "size": size, "lens_mean": node % 7} for node, size in enumerate(sizes)]
    links = [{"source": a, "target": b} for a, b in zip(LINKS[::2], LINKS[1::2], strict=True)]
    for name in ("purity", "lens", "lens2", "classes", "n_images", "shown"):
        graph[name] = [graph[name][0]] * N_NODES
    graph |= {"measures": {}, "columns": {}, "members": None, "size": sizes, "links": LINKS, "shared": [1] * len(links)}
    graph["xy"] = layout({"nodes": nodes, "links": links}).round(3).tolist()
    return json.dumps(graph)


@pytest.mark.parametrize("width", [1366, 700])
def test_nodes_without_a_link_do_not_touch(open_page, tmp_path, width):
    text = GRAPH_0.sub(lambda found: found[1] + many_nodes(found[2]), made_up_page())
    (tmp_path / "page.html").write_text(text)
    page = open_page(tmp_path / "page.html")
    page.set_viewport_size({"width": width, "height": 768})
    for size in ("members", "equal", "purity"):
        pick(page, "size", size)
        circles = page.evaluate(
            """() => [...document.querySelectorAll("#panel-a .node")].map((node) => {
              const { e, f } = node.transform.baseVal.consolidate().matrix;
              return [e, f, Number(node.querySelector(".edge").getAttribute("r"))];
            })"""
        )
        places, radii = np.array(circles)[6:, :2], np.array(circles)[6:, 2]
        assert len(places) == N_NODES - 6
        assert (pdist(places) - pdist(radii[:, None], lambda a, b: (a + b)[0])).min() > 0
        assert radii.max() > 3
