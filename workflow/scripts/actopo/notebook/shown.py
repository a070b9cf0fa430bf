"""Matrices and graphs that show themselves in a notebook, by `_repr_html_`."""

import base64
import html
from dataclasses import dataclass

import numpy as np

from actopo.figures import layer_matrix, mapper_graphs
from actopo.figures.node_colours import with_others
from actopo.figures.style import class_colours, figure_bytes
from actopo.mapper.graph import MapperGraph

DPI = 110
# Classes with colours of their own in a graph, of many.
CLASSES = 20


def picture(figure, text):
    """A figure as an image element of HTML; `text` says what it shows."""
    data = base64.b64encode(figure_bytes(figure, "png", DPI)).decode("ascii")
    return f'<img alt="{html.escape(text)}" src="data:image/png;base64,{data}">'


@dataclass(frozen=True, eq=False, repr=False)
class LayerMatrix:
    """
    Matrix between layers; NumPy takes it as an array.

    Attributes
    ----------
    values : float64 ndarray of shape (L, L)
    layers : list of str
        Names of the layers.
    label : str
        What the values are.
    """

    values: np.ndarray
    layers: list
    label: str

    def __array__(self, dtype=None, copy=None):
        """Values, for functions of NumPy."""
        return np.array(self.values, dtype=dtype)

    def plot(self):
        """Heat map: matplotlib.figure.Figure."""
        return layer_matrix.plot(self.values, self.layers, self.label)

    def __repr__(self):
        return f"{self.label} between {len(self.layers)} layers"

    def _repr_html_(self):
        return picture(self.plot(), repr(self))


@dataclass(frozen=True, eq=False, repr=False)
class Graph:
    """
    Mapper graph of a layer.

    Attributes
    ----------
    layer : str
        Name of the layer.
    nerve : actopo.mapper.graph.MapperGraph
        The graph with the points of its nodes.
    data : dict
        The graph in node-link form (`actopo.mapper.node_link.node_link`).
    class_names : list of str
    """

    layer: str
    nerve: MapperGraph
    data: dict
    class_names: list

    def networkx(self):
        """The graph as networkx.Graph, whose nodes have the keys of `data`."""
        import networkx

        return networkx.node_link_graph(self.data, edges="links")

    def plot(self):
        """Nodes as pies of classes, of 20 at most and all others: matplotlib.figure.Figure."""
        graphs, names, colours = with_others(
            [self.data], self.class_names, class_colours(len(self.class_names)), CLASSES
        )
        return mapper_graphs.plot([graphs], [""], [self.layer], names, colours=colours)

    def __repr__(self):
        nodes, links = len(self.data["nodes"]), len(self.data["links"])
        return f"mapper graph of layer {self.layer}: {nodes} nodes, {links} links"

    def _repr_html_(self):
        return picture(self.plot(), repr(self))
