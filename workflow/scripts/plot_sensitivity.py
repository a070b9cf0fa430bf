"""Figure 7: distance of a cloud to itself without some of its principal components."""

from actopo.figures.sensitivity import plot
from actopo.figures.style import save_figure
from actopo.files import load_table
from actopo.job import start_logging

start_logging(snakemake)

metric = f"sw_h{snakemake.params.dimension}"
curves = load_table(snakemake.input.curves)
detection = load_table(snakemake.input.detection) if snakemake.input.detection else None
if detection is not None:
    detection = detection[detection.metric == metric]
save_figure(snakemake.output, plot(curves[curves.metric == metric], detection))
