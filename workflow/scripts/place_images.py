"""New images on one mapper graph: the nodes that would take their points."""

import logging

import numpy as np
import pandas as pd
from actopo.errors import InputError
from actopo.files import load_arrays, load_json, save_table
from actopo.job import limit_threads, progress, settings, start_logging
from actopo.mapper.choices import LENS_COLUMNS
from actopo.mapper.covers import make_cover
from actopo.mapper.intermediate import load_incidence, load_lens
from actopo.mapper.lenses import lens_values
from actopo.mapper.placement_tables import placement_summary, placement_table
from actopo.mapper.placements import place_points
from actopo.points.clouds import load_columns

start_logging(snakemake)
limit_threads(snakemake.threads)

params, layer = settings(snakemake), int(snakemake.wildcards.layer)
points, lens = load_columns(snakemake.input.points, layer, "points", "norm")
lens = load_lens(snakemake.input.lens, lens)
file, facts = load_arrays(snakemake.input.membership), load_json(snakemake.input.graph)["graph"]
if "eps" not in facts:
    raise InputError("the graph was not made with DBSCAN, so no eps says which points a node takes")
incidence, class_names = load_incidence(file), load_json(snakemake.input.meta)["class_names"]
cover = make_cover(lens, **params.cover)

tables, summaries = [], []
new_files = zip(params.new["shifts"], snakemake.input.new_points, snakemake.input.predictions, strict=True)
for shift, path, predictions in new_files:
    new_points, *values = load_columns(path, layer, "points", *LENS_COLUMNS)
    columns = dict(zip(LENS_COLUMNS, values, strict=True))
    logits = load_arrays(predictions)["logits"][columns["image"]]
    # The graph's own images are read at the graph's own positions.
    own = np.arange(len(points)) if params.new["own_images"] else None
    new_lens = lens_values(params.lens["lenses"], new_points, columns, logits, class_names, points, own)
    placed = place_points(
        new_points,
        new_lens,
        points,
        lens,
        incidence,
        file["interval"],
        cover,
        facts["eps"],
        facts["min_samples"],
        progress=lambda steps: progress(steps, "interval"),
    )
    is_class = logits.shape[1] == len(class_names) > 1
    predicted = logits.argmax(axis=1) if is_class else None
    table = placement_table(placed, columns, predicted, incidence, file["label"], class_names)
    summary = placement_summary(table, incidence if params.new["own_images"] else None)
    tables.append(table.assign(shift=shift))
    summaries.append(summary.assign(shift=shift))
if not is_class and len(class_names) > 1:
    logging.warning(
        "the network has %d outputs and the images have %d classes: predicted, right and wrong stay empty",
        logits.shape[1],
        len(class_names),
    )
save_table(snakemake.output.points, pd.concat(tables))
save_table(snakemake.output.summary, pd.concat(summaries))
