"""Logits of a network for the images of a study."""

from actopo.files import load_array, save_arrays
from actopo.job import progress, settings, start_logging
from actopo.points.activations import network_outputs
from actopo.points.study import study_of

start_logging(snakemake)

params = settings(snakemake)
# No layer is read.
params.layers, params.tap = {"layers": []}, "conv"
study, index = study_of(snakemake, params)
del study["layers"], study["tap"], study["given"]
labels = load_array(snakemake.input.labels)[index]
with progress(len(index), "image") as bar:
    logits = network_outputs(**study, progress=bar.update)
save_arrays(snakemake.output.predictions, image=index, label=labels, logits=logits)
