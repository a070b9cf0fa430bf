"""Specificity of the trained networks minus that of each control, with paired intervals."""

from actopo.files import load_arrays, save_table
from actopo.job import settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.control_differences import control_table
from actopo.similarity.layer_names import with_names
from actopo.similarity.specificity import blocks

start_logging(snakemake)

params = settings(snakemake)
tests = params.tests
kinds = {}
for name, path in zip(["trained", *tests["controls"]], snakemake.input.matrices, strict=True):
    models = load_arrays(path)
    layers, n_models = models["layers"], len(models["seeds"])
    names = [key for key in models.files if key not in ("layers", "seeds")]
    kinds[name] = {f"sw_{key}": blocks(models[key], n_models, len(layers)) for key in names}
widths = [cloud.shape[1] for cloud in load_clouds(snakemake.input.points, layers)]
table = control_table(kinds.pop("trained"), kinds, layers, widths, tests["level"])
save_table(snakemake.output.table, with_names(table, params.outputs["names"]))
