"""What the distance between layers consists of, by how far apart the layers are."""

from actopo.figures.style import save_figure
from actopo.figures.variance_budget import plot
from actopo.files import load_table
from actopo.job import settings, start_logging

start_logging(snakemake)

params = settings(snakemake)
choice = params.choice
table = load_table(snakemake.input.table)
table = table[table.dimension == f"h{choice['dimension']}"]
save_figure(snakemake.output, plot(table, choice["layers"], f"H{choice['dimension']}", dict(params.outputs["names"])))
