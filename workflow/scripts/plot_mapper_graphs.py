"""Figures 8, 9 and 11: mapper graphs, a row for every sampling and a column for every layer or strength of noise."""

from actopo.figures.mapper_graphs import plot
from actopo.figures.style import save_figure
from actopo.files import load_json
from actopo.job import settings, start_logging

start_logging(snakemake)

order = settings(snakemake).order
graphs = iter(snakemake.input.graphs)
grid = [[load_json(next(graphs)) for _ in order["columns"]] for _ in order["rows"]]
class_names = load_json(snakemake.input.meta)["class_names"]
# By the place of the graph in the grid, which is read row by row.
confidence = {}
if confident := order.get("confident"):
    for place, path in zip(confident, snakemake.input.confidence, strict=True):
        confidence[divmod(place, len(order["columns"]))] = load_json(path)
save_figure(snakemake.output, plot(grid, order["rows"], order["columns"], class_names, confidence=confidence))
