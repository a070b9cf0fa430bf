"""Where the samplings of each layer choose the same positions, and how much foreground the fields of these hold."""

import pandas as pd
from actopo.files import by_folder, load_array, load_named, save_table
from actopo.job import progress, settings, start_logging
from actopo.keys import layer_key
from actopo.points.clouds import load_columns
from actopo.points.positions import chosen_positions, coinciding_positions, foreground_in_fields

start_logging(snakemake)

order, masks = settings(snakemake).order, load_array(snakemake.input.masks, mapped=True)
files = dict(zip(order["samplings"], by_folder(snakemake.input.points), strict=True))
# Samplings at different taps of a layer have different fields.
fields = dict(zip(order["taps"], by_folder(snakemake.input.fields), strict=True))
has_foreground, coinciding, seen = masks.any(axis=(1, 2)), {}, {}
for layer in progress(order["layers"], "layer"):
    chosen, rows = {}, []
    for tap, names in order["taps"].items():
        [field] = load_named(fields[tap], [layer_key(layer)])
        shape = (len(masks), *field.shape[:2])
        places = {name: load_columns(files[name], layer, "image", "row", "col") for name in names}
        own = {name: chosen_positions(shape, *columns) for name, columns in places.items()}
        rows.append(foreground_in_fields(own, masks, field))
        chosen |= own
    # In the order of the samplings, whatever their taps.
    coinciding[layer] = coinciding_positions({name: chosen[name] for name in files}, has_foreground)
    seen[layer] = pd.concat(rows).set_index("sampling").loc[list(files)].reset_index()
for table, path in ((coinciding, snakemake.output.coinciding), (seen, snakemake.output.seen)):
    save_table(path, pd.concat(table, names=["layer"]).reset_index("layer"))
