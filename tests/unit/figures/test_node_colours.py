"""What nodes are coloured by, besides classes."""

import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.figures import style
from actopo.figures.node_colours import (
    LENS_RANGES,
    NO_COLOUR,
    NO_LABEL,
    by_images,
    by_lens,
    sequence,
    value_ranges,
    with_others,
)
from actopo.graphs.image_labels import ImageLabels, image_labels
from scipy.sparse import csr_array


def graph(*nodes):
    """A graph of nodes with these compositions."""
    nodes = [
        {"id": i, "size": sum(own.values()), "composition": own, "lens_mean": float(i)} for i, own in enumerate(nodes)
    ]
    return {"nodes": nodes, "links": [], "graph": {}}


def compositions(found):
    return [node["composition"] for node in found["nodes"]]


def test_the_lens_falls_into_fifths_of_its_range():
    found = compositions(by_lens(graph(*[{"a": i + 1} for i in range(11)])))
    names = [next(iter(own)) for own in found]
    assert names == [LENS_RANGES[min(i // 2, 4)] for i in range(11)]
    assert [sum(own.values()) for own in found] == list(range(1, 12))
    assert compositions(by_lens(graph({"a": 3}))) == [{LENS_RANGES[0]: 3}]
    assert by_lens(graph())["nodes"] == []


def test_numbers_fall_into_ranges_of_equal_numbers_of_images():
    values = np.array([5, 1, 2, 3, 4, np.nan, 6, 7, 8, 9, 10.0])
    codes, names, colours = value_ranges(ImageLabels(values, None, 0))
    assert names == ["1 to 2", "3 to 4", "5 to 6", "7 to 8", "9 to 10", NO_LABEL]
    assert codes.tolist() == [2, 0, 0, 1, 1, 5, 2, 3, 3, 4, 4]
    assert colours == [*sequence(5), NO_COLOUR]
    codes, names, colours = value_ranges(ImageLabels(np.full(3, 2.5), None, 0))
    assert (codes.tolist(), names, len(colours)) == ([0, 0, 0], ["2.5"], 1)
    close = value_ranges(ImageLabels(1 + 1e-9 * np.arange(10), None, 0))[1]
    assert len(set(close)) == 5


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({0: 4, 1: 1}, ["0", "1"]),
        ({0: 1, 1: 8, 2: 1}, ["0", "1", "2"]),
        ({0: 2, 1: 2, 2: 96}, ["0", "1", "2"]),
        ({0: 900, 1: 50, 2: 30, 3: 10, 7: 6, 9: 4}, ["0", "1 to 9"]),
        (dict.fromkeys(range(5), 3), ["0", "1", "2", "3", "4"]),
        (dict.fromkeys(range(1998, 2003), 1), ["1998", "1999", "2000", "2001", "2002"]),
        (
            dict.fromkeys(range(10_000, 10_010), 1),
            ["10000 to 10001", "10002 to 10003", "10004 to 10005", "10006 to 10007", "10008 to 10009"],
        ),
        (dict.fromkeys([0.12, 0.1234, 7.5], 1), ["0.12", "0.123", "7.5"]),
        (dict.fromkeys([0.1231, 0.1234, -0.0], 1), ["0", "0.1231", "0.1234"]),
    ],
)
def test_a_frequent_number_has_a_range_of_its_own(counts, expected):
    values = np.repeat(sorted(counts), list(counts.values())).astype(np.float64)
    codes, names, _ = value_ranges(ImageLabels(values, None, 0))
    assert names == expected
    assert (np.diff(codes) >= 0).all()
    assert (codes[0], codes[-1]) == (0, len(names) - 1)


def test_classes_of_a_table_with_missing_images():
    table = pd.DataFrame({"file": ["a.png", "c.png", "gone.png"], "kind": ["owl", "cat", "owl"]})
    codes, names, colours = value_ranges(image_labels(table, "kind", ["a.png", "b.png", "c.png"]))
    assert (codes.tolist(), names) == ([1, 2, 0], ["cat", "owl", NO_LABEL])
    assert colours == [*style.class_colours(2), NO_COLOUR]
    # Points 0 and 1 are of image 0, point 2 of image 1, point 3 of image 2.
    incidence = csr_array(np.array([[1, 0], [1, 1], [0, 1], [0, 1]], dtype=bool))
    found = by_images(graph({"x": 2}, {"x": 3}), incidence, np.array([0, 0, 1, 2]), codes, names)
    assert compositions(found) == [{"owl": 2}, {"cat": 1, "owl": 1, NO_LABEL: 1}]


def test_of_many_classes_some_have_colours_of_their_own():
    graphs = [graph({"a": 1, "b": 5, "d": 1}), graph({"c": 5, NO_LABEL: 1})]
    names, colours = ["a", "b", "c", "d", NO_LABEL], list("01234")
    found, left, shades = with_others(graphs, names, colours, 2)
    assert left == ["b", "c", NO_LABEL, "2 others"]
    assert shades == [*style.class_colours(3)[:2], NO_COLOUR, style.MISSING]
    assert [compositions(own) for own in found] == [[{"b": 5, "2 others": 2}], [{"c": 5, NO_LABEL: 1}]]
    assert with_others(graphs, names, colours, ["d", "a"])[1] == ["a", "d", NO_LABEL, "2 others"]
    # One that is left over keeps its colour.
    for chosen in (3, 9):
        assert with_others(graphs, names, colours, chosen) == (graphs, names, colours)
    with pytest.raises(InputError, match="no class 'owl'"):
        with_others(graphs, names, colours, ["owl"])
