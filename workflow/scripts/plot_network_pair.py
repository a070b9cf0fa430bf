"""Two networks, layer by layer: a matrix for each measure of similarity, and for their graphs."""

import pandas as pd
from actopo.figures.network_pair import plot
from actopo.figures.style import save_figure
from actopo.files import load_table
from actopo.job import settings, start_logging

start_logging(snakemake)

tables = list(map(load_table, snakemake.input.tables))
save_figure(snakemake.output, plot(pd.concat(tables), settings(snakemake).names["names"]))
