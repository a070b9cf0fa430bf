"""One mapper graph in the format of another program."""

from actopo.files import load_arrays, load_json, save_bytes, save_json
from actopo.graphs.formats import to_graphml, to_keplermapper, to_mapper_interactive
from actopo.job import start_logging
from actopo.mapper.graph import MapperGraph
from actopo.mapper.intermediate import load_incidence, load_lens
from actopo.points.clouds import load_columns

start_logging(snakemake)

file, meta = load_arrays(snakemake.input.membership), load_json(snakemake.input.meta)
facts = load_json(snakemake.input.description)["graph"]
[lens] = load_columns(snakemake.input.points, int(snakemake.wildcards.layer), "norm")
lens = load_lens(snakemake.input.lens, lens)
parts = {name: file[name] for name in ("interval", "edges", "shared", "jaccard")}
graph, content = MapperGraph(incidence=load_incidence(file), **parts), (file["label"], lens, meta["class_names"])
if snakemake.params.format == "graphml":
    save_bytes(snakemake.output.graph, to_graphml(graph, *content, facts).encode())
elif snakemake.params.format == "keplermapper":
    save_json(snakemake.output.graph, to_keplermapper(graph, {"lens": "l2 norm", **facts}), compact=True)
else:
    save_json(snakemake.output.graph, to_mapper_interactive(graph, *content, facts), compact=True)
