import numpy as np
from actopo.explorer.coding import encode_sets
from actopo.explorer.graphs import (
    confidence_of_nodes,
    counts_over_images,
    graph_document,
    means_over_images,
    node_images,
)
from actopo.explorer.tables import rounded

from unit.explorer.examples import IMAGES, INCIDENCE, document, graph


def test_a_graph_has_its_nodes_links_and_members():
    made = document()
    assert made["size"] == [2, 3]
    assert made["purity"] == [1, 0.5]
    assert made["lens"] == [[0.5, 2, 1], [0.5, 2, 2]]
    assert made["lens2"] == [[-2, 3, 0.5], [-2, 3, -0.5]]
    assert made["classes"] == [[0, 2], [0, 1, 1, 2]]
    assert (made["links"], made["shared"]) == ([0, 1], [1])
    # Two points of an image are one image.
    assert made["n_images"] == [1, 3]
    assert made["members"] == encode_sets([np.array([0]), np.array([0, 2, 3])])


def test_a_graph_of_one_lens_has_no_second():
    own = graph(["cat", "dog"])
    for node in own["nodes"]:
        del node["lens2_min"], node["lens2_max"], node["lens2_mean"]
    made = graph_document(own, INCIDENCE, IMAGES, ["cat", "dog"])
    assert (made["lens"], made["lens2"]) == (document()["lens"], [])


def test_images_are_shown_in_the_common_order_with_the_position_of_a_point_in_the_node():
    assert document()["shown"] == [[0, 3], [2, 2, 3, 0, 0, 1]]


def test_node_images_are_distinct_and_ascending():
    assert [own.tolist() for own in node_images(INCIDENCE, IMAGES)] == [[0], [0, 2, 3]]


def test_means_leave_out_what_is_not_known():
    assert means_over_images(INCIDENCE, IMAGES, np.array([np.nan, 9, 1, 4])) == [None, 2.5]


def test_counts_leave_out_images_without_a_label():
    assert counts_over_images(INCIDENCE, IMAGES, np.array([-1, 0, 2, 2]), 3) == [[], [2, 2]]
    assert counts_over_images(INCIDENCE, IMAGES, np.array([0, 1, 2, 2]), 3) == [[0, 1], [0, 1, 2, 2]]


def test_confidence_is_that_of_each_node():
    features = {"node": [{"nodes": [2], "share": 0.5, "chance": 0}, {"nodes": [0], "share": 1.0, "chance": 0}]}
    assert confidence_of_nodes(features, 3) == [1, None, 0.5]


def test_numbers_are_rounded_and_what_is_none_stays_so():
    assert rounded([1 / 3, None, np.nan]) == [0.3333333, None, None]
