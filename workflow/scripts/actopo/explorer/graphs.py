"""
Mapper graphs as the explorer reads them: columns of nodes and links, members as short texts, and images to show.

What is told of a node beside its classes is a column: a measure with one number for each node, such as its confidence,
or a composition, the images of each class of a user's labels.
"""

import numpy as np

from actopo.explorer.coding import encode_sets
from actopo.explorer.tables import rounded
from actopo.explorer.thumbnails import choose_members
from actopo.figures.graph_layout import layout


def graph_document(graph, incidence, images, class_names, rank=None, positions=None, extra=None):
    """
    One graph for the page.

    Parameters
    ----------
    graph : dict
        Node-link form (`actopo.mapper.node_link`).
    incidence : sparse matrix of shape (n_points, n_nodes)
    images : int ndarray of shape (n_points,)
        Image of each point.
    class_names : sequence of str
    rank : int ndarray of shape (n_images,), optional
        Common random order of the images, see `actopo.explorer.thumbnails`; without it no image is shown.
    positions : int ndarray of shape (n_points,), optional
        Number of the position of each point in its layer, row by row.
    extra : dict of str to sequence, optional
        More measures: a number or None for each node.

    Returns
    -------
    dict
        `facts`; `size`, `purity`, `lens` (minimum, maximum and mean of each node), `lens2` (the same, empty without a
        second lens) and `xy` (place in a free layout) by node; `classes`, for each node pairs of class and number of
        points, one after another; `links`, pairs of nodes one after another, and `shared` points of each; `measures` by
        name; `n_images`, different images of each node, and `members`, these as a text of `actopo.explorer.coding`;
        `shown`, for each node pairs of image and position, which is -1 where it is not known.
    """
    nodes, number = graph["nodes"], {str(name): place for place, name in enumerate(class_names)}
    sets = node_images(incidence, images)
    by_node = incidence.tocsc()
    shown = []
    for node, own in enumerate(sets if rank is not None else []):
        points = by_node.indices[by_node.indptr[node] : by_node.indptr[node + 1]]
        pairs = []
        for image in own[choose_members(own, rank)]:
            point = points[(images[points] == image).argmax()]
            pairs += [int(image), -1 if positions is None else int(positions[point])]
        shown.append(pairs)
    return {
        "facts": graph["graph"],
        "size": [node["size"] for node in nodes],
        "purity": rounded(node["purity"] for node in nodes),
        "lens": _lens_summaries(nodes, "lens"),
        "lens2": _lens_summaries(nodes, "lens2"),
        "xy": layout(graph).round(3).tolist(),
        "classes": [
            [n for name, count in node["composition"].items() for n in (number[name], count)] for node in nodes
        ],
        "links": [end for link in graph["links"] for end in (link["source"], link["target"])],
        "shared": [link["shared"] for link in graph["links"]],
        "measures": {name: rounded(values) for name, values in (extra or {}).items()},
        "n_images": [len(own) for own in sets],
        "members": encode_sets(sets),
        "shown": shown,
    }


def _lens_summaries(nodes, lens):
    """Minimum, maximum and mean of a lens in each node that has them."""
    return [rounded(node[f"{lens}_{end}"] for end in ("min", "max", "mean")) for node in nodes if f"{lens}_min" in node]


def node_images(incidence, images):
    """Different images of each node, ascending: list of int ndarray."""
    by_node = incidence.tocsc()
    return [
        np.unique(images[by_node.indices[by_node.indptr[node] : by_node.indptr[node + 1]]])
        for node in range(incidence.shape[1])
    ]


def confidence_of_nodes(document, n_nodes):
    """Share of the other graphs in which each node is found, None where it is not known."""
    shares = [None] * n_nodes
    for feature in document["node"]:
        for node in feature["nodes"]:
            shares[node] = feature["share"]
    return shares


def means_over_images(incidence, images, values):
    """
    Mean of a value of images over the images of each node.

    Parameters
    ----------
    incidence, images
        As in `graph_document`.
    values : float ndarray of shape (n_images,)
        NaN where it is not known.

    Returns
    -------
    list of float or None
        None where it is known for no image of the node.
    """
    means = []
    for own in node_images(incidence, images):
        known = values[own][~np.isnan(values[own])]
        means.append(float(known.mean()) if len(known) else None)
    return means


def counts_over_images(incidence, images, codes, n_codes):
    """
    Images of each class of a user's labels in each node.

    Parameters
    ----------
    incidence, images
        As in `graph_document`.
    codes : int ndarray of shape (n_images,)
        Class of each image, -1 for none.
    n_codes : int

    Returns
    -------
    list of list of int
        For each node pairs of class and number of images, one after another.
    """
    sets = node_images(incidence, images)
    pairs = []
    for own in sets:
        counts = np.bincount(codes[own][codes[own] >= 0], minlength=n_codes)
        pairs.append([int(n) for code in np.flatnonzero(counts) for n in (code, counts[code])])
    return pairs
