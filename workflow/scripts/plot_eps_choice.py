"""How eps was chosen for every graph: sorted nearest-neighbour distances, knee, value and share of noise."""

import numpy as np
from actopo.figures.eps_choice import plot
from actopo.figures.style import save_figure
from actopo.files import load_arrays, load_json
from actopo.job import settings, start_logging

start_logging(snakemake)

order, curves = settings(snakemake).order, []
for (sampling, _, layer), path, description in zip(
    order["graphs"], snakemake.input.memberships, snakemake.input.graphs, strict=True
):
    file, described = load_arrays(path), load_json(description)["graph"]
    in_a_node = np.diff(file["indptr"]) > 0
    curves.append(
        {
            "sampling": sampling,
            "layer": layer,
            "distances": file["nearest_neighbour_distance"],
            "eps": described["eps"],
            "rule": described["eps_choice"]["rule"],
            "noise_share": 1 - in_a_node.mean(),
        }
    )
save_figure(snakemake.output, plot(curves, dict(order["names"])))
