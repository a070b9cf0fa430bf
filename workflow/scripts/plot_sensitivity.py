"""Figure 7: distance of a cloud to itself without some of its principal components."""

from actopo.figures.sensitivity import plot
from actopo.figures.style import save_figure
from actopo.files import load_table
from actopo.job import settings, start_logging

start_logging(snakemake)

params = settings(snakemake)
choice = params.choice


def drawn(path):
    """Rows of the metric and of the layers that are drawn."""
    table = load_table(path)
    return table[(table.metric == f"sw_h{choice['dimension']}") & table.layer.isin(choice["layers"])]


curves, *others = map(drawn, snakemake.input.curves)
shown = {"order": choice["layers"], "layer_names": dict(params.outputs["names"])}
save_figure(snakemake.output, plot(curves, drawn(snakemake.input.detection), others, **shown))
