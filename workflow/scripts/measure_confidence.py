"""In how many graphs of other draws, other networks and parts of the images each feature of a mapper graph is found."""

from actopo.files import load_arrays, load_json, save_json, save_table
from actopo.graphs.confidence import Reference, confidence_table, parts
from actopo.graphs.features import image_graph
from actopo.job import limit_threads, progress, settings, start_logging
from actopo.mapper.clusterers import describe_clusterer, make_clusterer
from actopo.mapper.covers import make_cover
from actopo.mapper.intermediate import load_incidence, load_lens
from actopo.points.clouds import load_columns

start_logging(snakemake)
limit_threads(snakemake.threads)

params, layer = settings(snakemake), int(snakemake.wildcards.layer)
chosen, sources = params.settings, list(params.sources["sources"])


def read_graph(membership, description):
    """A graph of a file by its images."""
    file, lens = load_arrays(membership), [node["lens_mean"] for node in load_json(description)["nodes"]]
    return image_graph(load_incidence(file), file["image"], file["edges"], lens)


own, *others = map(read_graph, snakemake.input.memberships, snakemake.input.graphs)
if chosen["parts"]:
    points, lens, images = load_columns(snakemake.input.points, layer, "points", "norm", "image")
    lens = load_lens(snakemake.input.lens, lens)
    cover = make_cover(lens, **params.cover)
    others += parts(
        points,
        lens,
        images,
        cover,
        # An eps that was looked for is looked for in every part.
        lambda part, part_lens: make_clusterer(
            describe_clusterer(part, **params.clusterer, lens=part_lens, cover=cover)[0]
        ),
        chosen["parts"],
        chosen["share"],
        chosen["seed"],
        progress=lambda steps: progress(steps, "part"),
    )
    sources += ["parts"] * chosen["parts"]
reference = Reference(own, chosen["branch"], chosen["jaccard"])
found = [reference.find_in(other) for other in others]
chance = [reference.find_in(other, [chosen["seed"], place]) for place, other in enumerate(others)]
table = confidence_table(reference, found, chance, sources)
save_table(snakemake.output.table, table)
document = {
    kind: [
        {"nodes": [int(node) for node in row.nodes.split()], "share": row.share, "chance": row.chance}
        for row in rows.itertuples()
    ]
    for kind, rows in ((kind, table[table.kind == kind]) for kind in ("node", "branch", "cycle"))
}
save_json(snakemake.output.confidence, document | {"graphs": sources, "jaccard": chosen["jaccard"][0]}, compact=True)
