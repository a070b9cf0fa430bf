"""Figures 8, 9 and 11: mapper graphs, a row for every sampling and a column for every layer or strength of noise."""

from actopo.figures.mapper_graphs import plot
from actopo.figures.node_colours import LENS_RANGES, by_images, by_lens, sequence, value_ranges, with_others
from actopo.figures.style import class_colours, save_figure
from actopo.files import load_arrays, load_json, load_table
from actopo.graphs.image_labels import image_labels, read_label_table
from actopo.job import settings, start_logging
from actopo.mapper.intermediate import load_incidence

start_logging(snakemake)

params = settings(snakemake)
order, colouring = params.order, params.colouring
graphs, class_names = list(map(load_json, snakemake.input.graphs)), load_json(snakemake.input.meta)["class_names"]
colours = class_colours(len(class_names))
if colouring["by"] == "lens":
    graphs, class_names, colours = list(map(by_lens, graphs)), LENS_RANGES, sequence(len(LENS_RANGES))
elif colouring["by"] == "labels":
    files = load_table(snakemake.input.files[0])["file"].tolist()
    table = read_label_table(params.place)
    labels = image_labels(table, colouring["column"], files, colouring["kind"], source=params.place)
    codes, class_names, colours = value_ranges(labels)
    memberships = map(load_arrays, snakemake.input.memberships)
    graphs = [
        by_images(graph, load_incidence(file), file["image"], codes, class_names)
        for graph, file in zip(graphs, memberships, strict=True)
    ]
# Ranges of numbers are few.
if colouring["by"] == "classes" or (colouring["by"] == "labels" and labels.class_names is not None):
    graphs, class_names, colours = with_others(graphs, class_names, colours, colouring["classes"])
rest = iter(graphs)
grid = [[next(rest) for _ in order["columns"]] for _ in order["rows"]]
# By the place of the graph in the grid, which is read row by row.
confidence = {}
if confident := order.get("confident"):
    for place, path in zip(confident, snakemake.input.confidence, strict=True):
        confidence[divmod(place, len(order["columns"]))] = load_json(path)
of = colouring["column"] if colouring["by"] == "labels" else None
figure = plot(grid, order["rows"], order["columns"], class_names, confidence=confidence, colours=colours, labels=of)
save_figure(snakemake.output, figure)
