"""What the explorer shows of distances between layers: matrices, diagrams, specificity, sensitivity and surrogates."""

import pandas as pd
from actopo.explorer.distances import (
    CALIBRATION_COLUMNS,
    CURVE_COLUMNS,
    DETECTION_COLUMNS,
    batch_document,
    columns_of,
    diagram_document,
    epoch_document,
    matrix_documents,
    pair_document,
    rho_document,
)
from actopo.files import by_folder, load_arrays, load_table, save_json
from actopo.graphs.choices import PAIR_LABEL
from actopo.homology.diagram_files import load_diagrams
from actopo.job import settings, start_logging
from actopo.points.clouds import load_clouds
from actopo.similarity.choices import CLOUDS, SURROGATES
from actopo.similarity.layer_distances import layer_statistics
from actopo.similarity.metrics.choices import LABELS, PAIRINGS
from actopo.similarity.specificity import blocks

start_logging(snakemake)

given, order = snakemake.input, settings(snakemake).order
layers = [layer for layer, _ in order["layers"]]
AXES = ("layers", "seeds", "batches")


def arrays_of(path):
    """Arrays of a file, without those of its axes."""
    file = load_arrays(path)
    return {name: file[name] for name in file if name not in AXES}


over_batches = arrays_of(given.batches)
# A single network has no other, and its distances on the first batch are those to itself.
found = [("trained", order["seeds"], {f"sw_{name}": stack[:1] for name, stack in over_batches.items()})]
if given.models:
    shape = (len(order["seeds"]), len(layers))
    found = [
        (clouds, order["seeds"], {f"sw_{name}": blocks(own, *shape)[0] for name, own in arrays_of(path).items()})
        for clouds, path in zip(order["clouds"], given.models, strict=True)
    ]
for clouds, path in zip(order["rivals"], given.rivals, strict=True):
    found.append(("trained" if clouds == "own" else clouds, load_arrays(path)["seeds"].tolist(), arrays_of(path)))
matrices = [document for own in found for document in matrix_documents(*own, LABELS)]
names = {clouds: (CLOUDS | PAIRINGS)[clouds] for clouds in dict.fromkeys(own["clouds"] for own in matrices)}

diagrams = [
    [clouds, seed, diagram_document({f"h{n}": load_diagrams(paths, layers, n) for n in order["dimensions"]})]
    for (clouds, seed), paths in zip(order["diagrams"], by_folder(given.diagrams), strict=True)
]
rho = [(clouds, load_table(path)) for clouds, path in zip(order["clouds"], given.specificity, strict=True)]
for table in map(load_table, given.by_metric):
    # Those of the sliced-Wasserstein distance on the networks' own clouds are in the tables above.
    for clouds, suffix in [("trained", ""), *((name, f"_{name}") for name in PAIRINGS if name != "own")]:
        wanted = {f"{own['metric']}{suffix}": own["metric"] for own in matrices if own["clouds"] == clouds}
        wanted = {name: metric for name, metric in wanted.items() if suffix or not metric.startswith("sw_")}
        own = table[table.metric.isin(list(wanted))]
        rho.append((clouds, own.assign(metric=own.metric.map(wanted))))

main = {
    "layers": order["layers"],
    "alpha": round(1 - order["level"], 12),
    "sizes": [list(cloud.shape) for cloud in load_clouds(given.points, layers)],
    "clouds": names,
    "matrices": matrices,
    "batches": {
        f"sw_{name}": batch_document(len(stack), *layer_statistics(stack)[::2]) for name, stack in over_batches.items()
    },
    "dimensions": [f"h{n}" for n in order["dimensions"]],
    "diagrams": [[clouds, seed] for clouds, seed, _ in diagrams],
    "surrogates": {
        kind: {"label": SURROGATES[kind], "table": columns_of(load_table(path), CALIBRATION_COLUMNS)}
        for kind, path in zip(order["surrogates"], given.calibration, strict=True)
    },
    "rho": rho_document(rho),
    "curves": [columns_of(load_table(path), CURVE_COLUMNS) for path in given.curves],
    "detection": columns_of(load_table(given.detection) if given.detection else pd.DataFrame(), DETECTION_COLUMNS),
    "epochs": epoch_document(load_table(given.epochs[0]) if given.epochs else None),
    "pair": pair_document(order["pair"], map(load_table, given.pair), LABELS | {"graphs": PAIR_LABEL}),
}
documents = {f"diagrams-{place}": document for place, (_, _, document) in enumerate(diagrams)}
save_json(snakemake.output.documents, {"distances": main, **documents}, compact=True)
