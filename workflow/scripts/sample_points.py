"""Point clouds of some layers, from a network or from its activations on disk, with the provenance of every point."""

from actopo.errors import InputError
from actopo.files import load_array, load_named
from actopo.job import progress, settings, start_logging
from actopo.keys import batch_number, draw_number, layer_key
from actopo.points.choices import SAMPLINGS
from actopo.points.position_weights import position_weights
from actopo.points.sampling import Stream
from actopo.points.source import source_of
from actopo.points.spool import PointSpool

start_logging(snakemake)

params = settings(snakemake)
index, shapes, _, sample, steps = source_of(snakemake, params)
draw = params.sampling
method = draw.pop("method")
del draw["tap"]
labels = load_array(snakemake.input.labels)[index]
# A control takes the positions of the method that it controls, and gives them to other images.
sampling, source = SAMPLINGS[method], SAMPLINGS[SAMPLINGS[method].controls or method]
by_mask = sampling.by_mask
if by_mask:
    seen = load_array(snakemake.input.masks)[index] ^ (method == "background")
    method, draw["policy"], draw["has_foreground"] = "top_weight", params.foreground["without"], seen.any(axis=(1, 2))
    draw["ties"] = params.foreground["ties"]

part = batch_number(snakemake.wildcards.subset) or draw_number(snakemake.wildcards.draw)
streams = {}
for layer, shape in shapes.items():
    # Positions are drawn anew for every network, batch (or draw of the mapper study), layer and method, but for any
    # noise alike. Where weights decide, the one point of an image is the first of its five.
    place = [int(snakemake.wildcards.seed), part, layer]
    draw["seed"] = [params.seed, *place, source.stream]
    if sampling is not source:
        draw["permutation"] = [params.seed, *place, sampling.stream]
    if by_mask:
        [field] = load_named(snakemake.input.fields, [layer_key(layer)])
        draw["weights"] = position_weights(seen, field, params.foreground["weight"])
    try:
        streams[layer] = Stream(method, (len(index), *shape), labels, **draw)
    except InputError as error:
        raise InputError(f"layer {layer}: {error}") from error
# The weights of all positions are large, and no longer needed.
del draw, params

with PointSpool(snakemake.output.points) as spool:
    with progress(*steps) as bar:
        sample(streams=streams, write=spool.append, progress=bar.update)
    spool.save(streams, index)
