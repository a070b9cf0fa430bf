"""Points and logits of new images, for graphs of others: another part, or the graph's own images, shifted."""

import numpy as np
from actopo.files import load_array, save_arrays
from actopo.job import progress, settings, start_logging
from actopo.points.activations import network_outputs, sample_activations
from actopo.points.choices import DUMP_TYPES, SAMPLINGS
from actopo.points.clouds import load_columns
from actopo.points.sampling import Stream
from actopo.points.shifts import ShiftedImages
from actopo.points.spool import PointSpool
from actopo.points.study import study_of, study_shapes

start_logging(snakemake)

# Tag of the seeds.
NEW_IMAGES = 1

params = settings(snakemake)
study, index = study_of(snakemake, params)
if shift := int(snakemake.wildcards.shift):
    study["images"] = ShiftedImages(study["images"], shift, study["mean"])
labels = load_array(snakemake.input.labels)
draw = params.sampling
method = draw.pop("method")
del draw["tap"]

streams = {}
for layer, shape in study_shapes(study).items():
    shape = (len(index), *shape)
    if snakemake.input.points:
        # Of the same images, at the positions of the graph's points.
        place, row, col = load_columns(snakemake.input.points, layer, "image", "row", "col")
        streams[layer] = Stream("given", shape, labels, place=place, row=row, col=col)
    else:
        # The last number is in no draw of a graph's positions, so that this draw is another.
        draw["seed"] = [params.seed, int(snakemake.wildcards.seed), 0, layer, SAMPLINGS[method].stream, NEW_IMAGES]
        streams[layer] = Stream(method, shape, labels, **draw)
with PointSpool(snakemake.output.points) as spool:

    def write(layer, points, *places):
        """Append points as exact as those of the graph, beyond whose range a point is near none of them."""
        with np.errstate(over="ignore"):
            rounded = points.astype(DUMP_TYPES[params.precision])
        spool.append(layer, np.where(np.isfinite(rounded), rounded, points), *places)

    with progress(len(index), "image") as bar:
        sample_activations(**study, streams=streams, write=write, progress=bar.update)
    spool.save(streams, index)
del study["layers"], study["tap"], study["given"]
save_arrays(snakemake.output.predictions, image=index, label=labels, logits=network_outputs(**study))
