"""Values of the lens, or of both lenses, at the points of one layer."""

from actopo.files import load_arrays, load_json, save_array
from actopo.job import settings, start_logging
from actopo.mapper.choices import LENS_COLUMNS
from actopo.mapper.lenses import lens_values
from actopo.points.clouds import load_columns

start_logging(snakemake)

points, *columns = load_columns(snakemake.input.points, int(snakemake.wildcards.layer), "points", *LENS_COLUMNS)
columns, logits = dict(zip(LENS_COLUMNS, columns, strict=True)), None
if snakemake.input.predictions:
    # Of all images, so that an image's number is its place.
    logits = load_arrays(snakemake.input.predictions)["logits"][columns["image"]]
class_names = load_json(snakemake.input.meta)["class_names"]
lenses = settings(snakemake).lens["lenses"]
save_array(snakemake.output.lens, lens_values(lenses, points, columns, logits, class_names))
