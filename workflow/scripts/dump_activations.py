"""Activations of some layers of a study, one array (N, n, m, c) a layer, in one forward pass."""

from contextlib import ExitStack

import numpy as np
from actopo.files import replacing
from actopo.job import progress, settings, start_logging
from actopo.keys import layer_key
from actopo.points.activations import activation_shapes, dump_activations
from actopo.points.study import study_of

start_logging(snakemake)

study, index = study_of(snakemake, settings(snakemake))
shapes = activation_shapes(study["model"], study["layers"], study["images"].shape[1:])
with replacing(snakemake.output.activations) as folder, progress(len(index), "image") as bar, ExitStack() as stack:
    folder.mkdir()
    np.save(folder / "images.npy", index)
    files = {}
    for layer, shape in shapes.items():
        files[layer] = stack.enter_context(open(folder / f"{layer_key(layer)}.npy", "wb"))
        header = {"descr": "<f4", "fortran_order": False, "shape": (len(index), *shape)}
        np.lib.format.write_array_header_1_0(files[layer], header)
    dump_activations(**study, write=lambda layer, batch: files[layer].write(batch), progress=bar.update)
