"""Specificity of the trained networks beside that of the controls."""

from actopo.figures.controls import plot
from actopo.figures.style import save_figure
from actopo.files import load_table
from actopo.job import settings, start_logging

start_logging(snakemake)

params = settings(snakemake)
choice = params.choice
tables = {}
for name, path in zip(["trained", *choice["controls"]], snakemake.input.tables, strict=True):
    table = load_table(path)
    tables[name] = table[table.metric == f"sw_h{choice['dimension']}"]
differences = load_table(snakemake.input.differences)
differences = differences[differences.metric == f"sw_h{choice['dimension']}"]
save_figure(snakemake.output, plot(tables, differences, None, choice["layers"], dict(params.outputs["names"])))
