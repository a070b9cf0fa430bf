"""The explorer: one page with the graphs, images, purity, and facts of the run, for a browser without a network."""

import logging
from pathlib import Path

import numpy as np
from actopo.benchmarks import read_benchmarks
from actopo.explorer.documents import image_document, main_document
from actopo.explorer.graphs import confidence_of_nodes, counts_over_images, graph_document, means_over_images
from actopo.explorer.page import build_page, fit
from actopo.explorer.run import accuracy_table, times_of_jobs, versions
from actopo.explorer.tables import table_document
from actopo.explorer.thumbnails import field_boxes, image_sheets
from actopo.figures.style import class_colours
from actopo.files import load_array, load_arrays, load_json, load_named, load_table, replacing
from actopo.graphs.image_labels import image_labels, read_label_table
from actopo.job import progress, settings, start_logging
from actopo.keys import layer_key
from actopo.mapper.eps_graphs import load_graphs
from actopo.mapper.intermediate import load_incidence
from actopo.mapper.node_link import node_link
from actopo.points.clouds import load_columns

start_logging(snakemake)

given, params = snakemake.input, settings(snakemake)
order, labels = params.order, load_array(given.labels)
class_names = load_json(given.meta)["class_names"]
rank = np.random.default_rng(params.order["seed"]).permutation(len(labels))
files = load_table(given.files)["file"].tolist()
# A user's labels have a prefix, since their names may be those of measures of actopo's own.
columns = {
    f"label:{name}": image_labels(read_label_table(path), choice["column"], files, choice["kind"], source=path)
    for (name, choice), path in zip(order["labels"], params.tables, strict=True)
}
fields = {(tap, layer): load_named(given.fields, [layer_key(layer)])[0] for tap, layer in order["fields"]}


def document_of(key, graph, incidence, images):
    """One graph with all that is known of its nodes."""
    extra, compositions = {}, {}
    if key["confidence"] is not None:
        extra["confidence"] = confidence_of_nodes(load_json(given.confidence[key["confidence"]]), len(graph["nodes"]))
    if key["predictions"] is not None:
        answers = load_arrays(given.predictions[key["predictions"]])
        wrong = np.full(len(labels), np.nan)
        wrong[answers["image"]] = answers["logits"].argmax(axis=1) != answers["label"]
        extra["misclassified"] = means_over_images(incidence, images, wrong)
    for name, column in columns.items():
        if column.class_names is None:
            extra[name] = means_over_images(incidence, images, column.values)
        else:
            pairs = counts_over_images(incidence, images, column.values, len(column.class_names))
            colours = class_colours(len(column.class_names))
            compositions[name] = {"classes": column.class_names, "colours": colours, "counts": pairs}
    positions = None
    if key["points"] is not None:
        row, column = load_columns([given.points[place] for place in key["points"]], key["layer"], "row", "col")
        positions = row.astype(np.int64) * fields[key["tap"], key["layer"]].shape[1] + column
    return graph_document(graph, incidence, images, class_names, rank, positions, extra) | {"columns": compositions}


def stored_graphs():
    """What each graph is of, the graph, its incidence and the images of its points; those at every eps come last."""
    for key, path, membership in zip(order["graphs"], given.graphs, given.memberships, strict=True):
        graph, file = load_json(path), load_arrays(membership)
        named = {**key, "eps": graph["graph"].get("eps"), "is_chosen": True}
        yield named, graph, load_incidence(file), file["image"]
    for place, path in zip(order["at_all_eps"], given.at_all_eps, strict=True):
        key = {**order["graphs"][place], "confidence": None, "is_chosen": False}
        lens, own, images = load_named(path, ["lens", "label", "image"])
        for eps, graph in load_graphs(path):
            document = node_link(graph, own, lens, class_names)
            document["graph"]["eps"] = eps
            yield {**key, "eps": eps}, document, graph.incidence, images


told, wanted = [], set()


def read_graphs():
    """Every graph, and on the way what it is of, and the images that are shown."""
    for key, *parts in progress(stored_graphs(), "graph"):
        document = document_of(key, *parts)
        told.append(key)
        wanted.update(image for pairs in document["shown"] for image in pairs[::2])
        yield document


texts, n_whole, n_all = fit(read_graphs())
logging.info("%d of %d graphs, %d of them with the members of their nodes", len(texts), n_all, n_whole)

images = load_array(given.images, mapped=True)
sheets = image_sheets(images, labels, wanted, rank, len(class_names))
pictures = sheets.pop("sheets")
boxes = {f"{tap} {layer}": field_boxes(field) for (tap, layer), field in fields.items()}
meta = load_json(given.meta)
documents = {
    "main": main_document(
        class_names,
        told,
        order["lenses"],
        order["layers"],
        sheets,
        boxes,
        len(texts),
        n_whole,
        len(wanted),
        order["purity_class"],
    ),
    "images": image_document(labels, files),
    **load_json(given.distances),
    "purity": {name: table_document(load_table(given[f"{name}_purity"])) for name in ("graphs", "classes")},
    "run": {
        "config": snakemake.config,
        "versions": versions(),
        "accuracy": accuracy_table(zip(order["networks"], map(load_json, given.networks), strict=True)),
        "times": times_of_jobs(read_benchmarks([Path(params.benchmarks).parent])),
        "data": {key: meta[key] for key in ("dataset", "n_train", "n_test", "image_shape")},
    },
}
page = build_page(f"actopo: {order['run']}", documents, texts, pictures)
logging.info("%.1f MB, %.1f MB of it images", len(page) / 1e6, sum(map(len, pictures)) / 1e6)
with replacing(snakemake.output.page, summed=False) as temporary:
    temporary.write_text(page, encoding="utf-8")
