"""Every headline number of the run in one file, beside the paper's if it states one, and in the report's captions."""

from pathlib import Path

from actopo.captions import captions
from actopo.files import load_json, load_table, replacing, save_json
from actopo.job import settings, start_logging
from actopo.summary import homology_summary, mapper_summary

start_logging(snakemake)

studies, meta = settings(snakemake).studies, load_json(snakemake.input.meta)
trained = [load_json(path) for path in snakemake.input.homology_metrics]
specificity = dict(zip(["trained", *studies["controls"]], map(load_table, snakemake.input.specificity), strict=False))
compared = {
    name: load_table(snakemake.input[name]) for name in ("metrics", "sensitivity", "controls") if snakemake.input[name]
}
distances = load_table(snakemake.input.layers)
mapped = [load_json(path) for path in snakemake.input.mapper_metrics]
graphs, classes = load_table(snakemake.input.graphs), load_table(snakemake.input.classes)
found = [load_json(snakemake.input.foreground)] if snakemake.input.foreground else []
summary = {
    "run": studies["run"],
    "data": {key: meta[key] for key in ("dataset", "class_names", "n_train", "n_test", "image_shape", "mean", "std")},
    "layer_names": studies["layer_names"],
    "homology": {**studies["homology"], **homology_summary(trained, distances, specificity, **compared)},
    "mapper": {**studies["mapper"], **mapper_summary(mapped, graphs, classes, *found)},
}
save_json(snakemake.output.summary, summary)
texts = captions(summary, studies["dimension"], studies["sensitivity_layers"])
for path in snakemake.output.captions:
    with replacing(path) as temporary:
        temporary.write_text(texts[Path(path).stem] + "\n", encoding="utf-8")
