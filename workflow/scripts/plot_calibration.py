"""Distances between layers against those of surrogates of the same second moments."""

from actopo.figures.calibration import plot
from actopo.figures.style import save_figure
from actopo.files import load_table
from actopo.job import settings, start_logging

start_logging(snakemake)

params = settings(snakemake)
choice = params.choice
tables = {}
for kind, path in zip(choice["kinds"], snakemake.input.tables, strict=True):
    table = load_table(path)
    tables[kind] = table[table.dimension == f"h{choice['dimension']}"]
dimension, names = f"H{choice['dimension']}", dict(params.outputs["names"])
save_figure(snakemake.output, plot(tables, choice["layers"], dimension, choice["level"], names))
