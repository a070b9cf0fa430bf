"""Networks at epochs of their training: distances to themselves at the end, specificity and accuracy."""

import numpy as np
from actopo.files import by_folder, load_arrays, load_json, load_table, save_table
from actopo.homology.diagram_files import load_diagrams
from actopo.job import progress, settings, start_logging
from actopo.similarity.dimensions import with_sum
from actopo.similarity.epochs import accuracy_rows, epoch_rows, epoch_table, mean_to_same_layer, specificity_rows
from actopo.similarity.layer_names import with_names
from actopo.similarity.wasserstein import pairwise_distances

start_logging(snakemake)

params = settings(snakemake)
epochs, seeds, layers = (params.order[name] for name in ("epochs", "seeds", "layers"))
# Networks of one epoch follow each other; the last epoch is the last.
files, distances = by_folder(snakemake.input.diagrams), {}
for dimension in progress(params.order["dimensions"], "dimension"):
    own = distances[f"h{dimension}"] = np.empty((len(epochs), len(seeds), len(layers)))
    for place in range(len(seeds)):
        by_epoch = [load_diagrams(paths, layers, dimension) for paths in files[place :: len(seeds)]]
        for index, diagrams in enumerate(zip(*by_epoch, strict=True)):
            pairs = pairwise_distances(diagrams, diagrams[-1:], **params.distance, n_threads=snakemake.threads)
            own[:, place, index] = pairs[:, 0]

rows = []
models, batches = (
    load_arrays(paths[0]) if paths else None for paths in (snakemake.input.models, snakemake.input.batches)
)
places = None if models is None else [models["seeds"].tolist().index(seed) for seed in seeds]
for name, own in with_sum(distances).items():
    between = [
        np.full((1, len(layers)), np.nan)
        if file is None
        else mean_to_same_layer(file[name], len(file[axis]), len(layers))
        for file, axis in ((models, "seeds"), (batches, "batches"))
    ]
    rows += epoch_rows(own, epochs, layers, *between, f"sw_{name}", params.level, places)
for epoch, path in zip(epochs, snakemake.input.specificity, strict=bool(snakemake.input.specificity)):
    rows += specificity_rows(load_table(path), epoch)
metrics = list(map(load_json, snakemake.input.metrics))
trained = [epoch for epoch in epochs if epoch > 0]
for place, epoch in enumerate(trained):
    own = metrics[place * len(seeds) : (place + 1) * len(seeds)]
    for name in ("train_accuracy", "test_accuracy"):
        rows += accuracy_rows([facts[name] for facts in own], epoch, name, params.level)
save_table(snakemake.output.table, with_names(epoch_table(rows), params.outputs["names"]))
