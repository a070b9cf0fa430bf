"""Where the samplings of each layer choose the same positions, and how much foreground the fields of these hold."""

import numpy as np
import pandas as pd
from actopo.files import load_arrays, save_table
from actopo.job import progress, settings, start_logging
from actopo.keys import layer_key
from actopo.points.clouds import load_columns
from actopo.points.positions import chosen_positions, coinciding_positions, foreground_in_fields

start_logging(snakemake)

order, masks = settings(snakemake).order, np.load(snakemake.input.masks, mmap_mode="r")
files = dict(zip(order["samplings"], snakemake.input.points, strict=True))
# Samplings at different taps of a layer have different fields.
fields = {tap: load_arrays(path) for tap, path in zip(order["taps"], snakemake.input.fields, strict=True)}
coinciding, seen, has_foreground = [], [], masks.any(axis=(1, 2))
for layer in progress(order["layers"], "layer"):
    chosen, rows = {}, []
    for tap, names in order["taps"].items():
        field = fields[tap][layer_key(layer)]
        shape = (len(masks), *field.shape[:2])
        own = {
            name: chosen_positions(shape, *load_columns(files[name], layer, "image", "row", "col")) for name in names
        }
        rows.append(foreground_in_fields(own, masks, field))
        chosen |= own
    # Rows in the order of the samplings, whatever their taps.
    seen.append(pd.concat(rows).set_index("sampling").loc[list(files)].reset_index().assign(layer=layer))
    chosen = {name: chosen[name] for name in files}
    coinciding.append(coinciding_positions(chosen, has_foreground).assign(layer=layer))
save_table(snakemake.output.coinciding, pd.concat(coinciding))
save_table(snakemake.output.seen, pd.concat(seen))
