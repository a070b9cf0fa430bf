"""
The page: markup, style, scripts and data in one HTML file that needs nothing else.

Scripts are the files of this folder and D3, which its Python package mpld3 ships [1]_. Every document of data is a
script element of JSON, so that the browser reads a graph only when it is looked at. A name such as
``<script>alert(1)</script>`` in the data ends no element, since ``<`` is written as an escape of JSON.

References
----------
.. [1] Bostock, Ogievetsky and Heer (2011), "D3: Data-Driven Documents", IEEE Transactions on Visualization and
   Computer Graphics 17.
"""

import html
import json
from pathlib import Path

from mpld3 import urls

FOLDER = Path(__file__).parent
# In the order in which they are read.
SCRIPTS = (
    "data",
    "state",
    "export",
    "scale",
    "graph",
    "details",
    "mapper",
    "chart",
    "heatmap",
    "distances",
    "training",
    "pair",
    "purity",
    "run",
    "main",
)
# Characters of all graphs, and of their members; what is beyond it is left out.
MOST_GRAPHS = 28_000_000
# The page is UTF-8, and these would end a script element or a line of JavaScript.
ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def build_page(title, documents, graphs, sheets):
    """
    Text of the page.

    Parameters
    ----------
    title : str
    documents : dict of str to dict
        By the id under which the page finds each: `main` (`actopo.explorer.documents.main_document`) and the others.
    graphs : sequence of str
        JSON of each graph, from `fit`.
    sheets : sequence of str
        Data URIs of the images of each class, empty for a class without images.

    Returns
    -------
    str
    """
    texts = {name: as_text(document) for name, document in documents.items()}
    texts |= {f"graph-{place}": text for place, text in enumerate(graphs)}
    texts |= {f"sheet-{place}": as_text(sheet) for place, sheet in enumerate(sheets) if sheet}
    scripts = [Path(urls.D3_LOCAL), *(FOLDER / f"{name}.js" for name in SCRIPTS)]
    parts = {
        "TITLE": html.escape(title),
        "STYLE": (FOLDER / "page.css").read_text(encoding="utf-8"),
        "DATA": "\n".join(
            f'<script type="application/json" id="{name}">{text}</script>' for name, text in texts.items()
        ),
        "SCRIPTS": "\n".join(f"<script>\n{path.read_text(encoding='utf-8')}</script>" for path in scripts),
    }
    page = (FOLDER / "page.html").read_text(encoding="utf-8")
    # From the back, so that what stands in a part is never taken for a place of another.
    for name, part in sorted(parts.items(), key=lambda item: page.index(f"%{item[0]}%"), reverse=True):
        before, after = page.split(f"%{name}%", 1)
        page = before + part + after
    return page


def as_text(document):
    """A document as JSON that may stand in a script element."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escape in ESCAPED.items():
        text = text.replace(character, escape)
    return text


def fit(documents, most=MOST_GRAPHS):
    """
    Leave out what makes a page too large: members of nodes first, from the last graph on, and then whole graphs.

    Parameters
    ----------
    documents : iterable of dict
        Graphs (`actopo.explorer.graphs.graph_document`), the most important first. Each is written before the next is
        made.
    most : int
        Characters of all graphs together.

    Returns
    -------
    texts : list of str
        JSON of the graphs that are kept.
    n_whole, n_all : int
        How many graphs are there with their members, and how many there were.
    """
    texts, n_whole, n_all, room = [], 0, 0, most
    for document in documents:
        n_all += 1
        if len(texts) < n_all - 1:
            continue
        whole = as_text(document) if n_whole == n_all - 1 else ""
        if whole and len(whole) <= room:
            n_whole, text = n_whole + 1, whole
        else:
            text = as_text({**document, "members": None})
        if len(text) <= room:
            texts.append(text)
            room -= len(text)
    return texts, n_whole, n_all
