"""Activations of some layers of a study, one array (N, n, m, c) a layer and their norms, in one forward pass."""

from actopo.job import progress, settings, start_logging
from actopo.points.activations import dump_activations
from actopo.points.dumps import save_sums, writing_dump
from actopo.points.study import study_of, study_shapes

start_logging(snakemake)

params = settings(snakemake)
study, index = study_of(snakemake, params)
shapes = study_shapes(study)
with (
    writing_dump(snakemake.output.activations, shapes, index, params.precision) as write,
    progress(len(index), "image") as bar,
):
    dump_activations(**study, write=write, progress=bar.update)
save_sums(snakemake.output.sums, snakemake.output.activations)
