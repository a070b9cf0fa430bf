"""Specificity of the trained networks beside that of the controls."""

import json

from actopo.figures.controls import plot
from actopo.io import load_table
from actopo.job import save_figure, start_logging

start_logging(snakemake)

choice = json.loads(snakemake.params.choice)
tables = {}
for name, path in zip(["trained", *choice["controls"]], snakemake.input.tables, strict=True):
    table = load_table(path)
    tables[name] = table[table.metric == f"sw_h{choice['dimension']}"]
save_figure(snakemake.output, plot(tables))
