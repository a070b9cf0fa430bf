"""One mapper graph in the format of another program."""

from actopo.exporters import to_graphml, to_keplermapper, to_mapper_interactive
from actopo.io import load_arrays, load_incidence, load_json, save_bytes, save_json
from actopo.job import start_logging
from actopo.mapper import MapperGraph

start_logging(snakemake)

file, meta = load_arrays(snakemake.input.membership), load_json(snakemake.input.meta)
lens = load_arrays(snakemake.input.points)[f"layer{int(snakemake.wildcards.layer):02d}.norm"]
parts = {name: file[name] for name in ("interval", "edges", "shared", "jaccard")}
graph, content = MapperGraph(incidence=load_incidence(file), **parts), (file["label"], lens, meta["class_names"])
if snakemake.wildcards.format == "graphml":
    save_bytes(snakemake.output.graph, to_graphml(graph, *content).encode())
elif snakemake.wildcards.format == "keplermapper.json":
    save_json(snakemake.output.graph, to_keplermapper(graph))
else:
    save_json(snakemake.output.graph, to_mapper_interactive(graph, *content))
