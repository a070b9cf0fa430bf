"""One mapper graph as a function of eps."""

from actopo.figures.all_eps import plot
from actopo.figures.style import save_figure
from actopo.files import load_json, load_table
from actopo.job import settings, start_logging

start_logging(snakemake)

graph = load_json(snakemake.input.graph)["graph"]
tables = (load_table(snakemake.input[name]) for name in ("profile", "segments", "branches"))
save_figure(snakemake.output, plot(*tables, graph["eps"], graph["eps_choice"], settings(snakemake).data["labelled"]))
