"""What the page knows of a run besides its tables and graphs."""

from actopo.figures.choices import choose_class
from actopo.figures.style import class_colours

TOLD = ("model", "seed", "sampling", "draw", "sigma", "layer", "layer_name", "tap", "epoch", "eps", "is_chosen")


def main_document(class_names, graphs, lenses, layers, sheets, boxes, n_kept, n_whole, n_wanted, purity_class=None):
    """
    What every view needs; the page reads it first.

    Parameters
    ----------
    class_names : sequence of str
    graphs : sequence of dict
        What each graph is of: `model`, `seed`, `sampling`, `draw`, `sigma`, `layer`, `layer_name` and `tap`; the
        `epoch` of its network's training, None where epochs are not looked at; its `eps`, None for another clusterer;
        and `is_chosen`, false for one of the graphs at every eps.
    lenses : sequence of str
        Name of each lens.
    layers : sequence of (int, str)
        Number and name of each layer, in the order of axes.
    sheets : dict
        As `actopo.explorer.thumbnails.image_sheets` returns it, without the sheets themselves.
    boxes : dict of str to list
        Boxes of receptive fields (`actopo.explorer.thumbnails.field_boxes`) by tap and layer, such as ``"bn 16"``.
    n_kept, n_whole : int
        Graphs in the page, and how many of them have the members of their nodes (`actopo.explorer.page.fit`).
    n_wanted : int
        Different images that nodes show, those that are left out included.
    purity_class : str, optional
        Class whose purity is drawn first, as `actopo.figures.choices.choose_class` takes it.

    Returns
    -------
    dict
    """
    return {
        "class_names": list(class_names),
        "colours": class_colours(len(class_names)),
        "purity_class": choose_class(purity_class, class_names),
        "lenses": list(lenses),
        "layers": [list(layer) for layer in layers],
        "graphs": [{name: graph[name] for name in TOLD} for graph in graphs[:n_kept]],
        "left_out": {"graphs": len(graphs) - n_kept, "members": n_kept - n_whole},
        "thumbnails": {**sheets, "left_out": n_wanted - sum(map(len, sheets["images"])), "boxes": boxes},
    }


def image_document(labels, files):
    """
    What is known of each image.

    Parameters
    ----------
    labels : int ndarray of shape (n_images,)
    files : sequence of length n_images
        Name of the file of each image, no text where images are not files.

    Returns
    -------
    dict
        `labels`, and `files`, None if no image has one.
    """
    names = [name if isinstance(name, str) else None for name in files]
    return {"labels": labels.tolist(), "files": names if any(names) else None}
