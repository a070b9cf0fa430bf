"""Radius of DBSCAN for one layer's point cloud, once for all jobs that cluster its intervals."""

import json

from actopo.clusterers import describe_clusterer
from actopo.io import load_arrays, save_arrays
from actopo.job import limit_threads, start_logging

start_logging(snakemake)
limit_threads(snakemake.threads)

points = load_arrays(snakemake.input.points)[f"layer{int(snakemake.wildcards.layer):02d}.points"]
described, nearest = describe_clusterer(points, **json.loads(snakemake.params.clusterer))
save_arrays(snakemake.output.eps, description=json.dumps(described), **nearest)
