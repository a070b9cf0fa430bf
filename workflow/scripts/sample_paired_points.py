"""Point clouds whose rows are paired with those of the first network: at its positions, or means over positions."""

import numpy as np
from actopo.files import load_array, save_arrays
from actopo.job import progress, settings, start_logging
from actopo.points.clouds import load_columns
from actopo.points.pooled import MeanPool
from actopo.points.sampling import Stream
from actopo.points.source import source_of
from actopo.points.spool import PointSpool

start_logging(snakemake)

params = settings(snakemake)
index, shapes, read, sample, steps = source_of(snakemake, params)
labels = load_array(snakemake.input.labels)[index]

if snakemake.wildcards.pairing == "pooled":
    pool = MeanPool()
    with progress(*steps) as bar:
        read(write=lambda layer, batch, _: pool.append(layer, batch), progress=bar.update)
    save_arrays(snakemake.output.points, **pool.arrays(index, labels))
else:
    order, streams = np.argsort(index), {}
    for layer, shape in shapes.items():
        image, row, col = load_columns(snakemake.input.reference, layer, "image", "row", "col")
        place = order[np.searchsorted(index, image, sorter=order)]
        streams[layer] = Stream("given", (len(index), *shape), labels, place=place, row=row, col=col)
    with PointSpool(snakemake.output.points) as spool:
        with progress(*steps) as bar:
            sample(streams=streams, write=spool.append, progress=bar.update)
        spool.save(streams, index)
