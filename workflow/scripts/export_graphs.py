"""All mapper graphs of one network in the format of another program."""

from actopo.files import by_folder, load_arrays, load_json, save_bytes, save_json
from actopo.graphs.formats import to_graphml, to_keplermapper, to_mapper_interactive
from actopo.job import progress, settings, start_logging
from actopo.mapper.graph import MapperGraph
from actopo.mapper.intermediate import load_incidence, load_lens
from actopo.points.clouds import load_columns

start_logging(snakemake)

params, files = settings(snakemake), snakemake.input
graphs, class_names = params.order["graphs"], load_json(files.meta)["class_names"]
# Points of a sampling, draw and noise lie in one folder.
clouds = list(dict.fromkeys((graph["sampling"], graph["draw"], graph["sigma"]) for graph in graphs))
points = dict(zip(clouds, by_folder(files.points), strict=True))
lenses = files.lens or [None] * len(graphs)
jobs = zip(graphs, files.descriptions, files.memberships, lenses, snakemake.output.graphs, strict=True)
for graph, description, membership, lens_file, path in progress(list(jobs), "graph"):
    file, facts = load_arrays(membership), load_json(description)["graph"]
    [norm] = load_columns(points[graph["sampling"], graph["draw"], graph["sigma"]], graph["layer"], "norm")
    parts = {name: file[name] for name in ("interval", "edges", "shared", "jaccard")}
    exported, lens = MapperGraph(incidence=load_incidence(file), **parts), load_lens(lens_file, norm)
    if params.format == "graphml":
        save_bytes(path, to_graphml(exported, file["label"], lens, class_names, facts).encode())
    elif params.format == "keplermapper":
        save_json(path, to_keplermapper(exported, {"lens": "l2 norm", **facts}), compact=True)
    else:
        save_json(path, to_mapper_interactive(exported, file["label"], lens, class_names, facts), compact=True)
