"""Figure 4: images, their foreground, what each position sees of it, and the positions that become points."""

import numpy as np
from actopo.figures.foreground import choose_images, plot
from actopo.figures.style import save_figure
from actopo.files import load_array, load_json, load_named
from actopo.job import settings, start_logging
from actopo.keys import layer_key
from actopo.points.clouds import load_columns
from actopo.points.position_weights import position_weights

start_logging(snakemake)

choice = settings(snakemake).choice
images, masks = (load_array(snakemake.input[name], mapped=True) for name in ("images", "masks"))
labels, class_names = load_array(snakemake.input.labels), load_json(snakemake.input.meta)["class_names"]
points = snakemake.input.points
fields = load_named(snakemake.input.fields, [layer_key(layer) for layer in choice["layers"]])
# Images without foreground may have been dropped.
sampled = np.unique(load_columns(points, choice["layers"][0], "image"))
shown = choose_images(masks, labels, sampled, choice["n_images"])
none = int((~masks.any(axis=(1, 2))).sum())
note = f"{none} of {len(masks)} images ({none / len(masks):.0%}) have no foreground" if none else ""
weights, chosen = {}, {}
for layer, field in zip(choice["layers"], fields, strict=True):
    weights[layer] = position_weights(masks[shown], field, choice["weight"])
    image, row, column = load_columns(points, layer, "image", "row", "col")
    chosen[layer] = np.stack([np.stack([row, column], axis=1)[image == number] for number in shown])
names = [class_names[label] for label in labels[shown]]
figure = plot(images[shown], masks[shown], weights, chosen, names, note, dict(choice["names"]))
save_figure(snakemake.output, figure)
