"""
Time, memory and graphs of mapper: ours, KeplerMapper's and giotto-tda's on the same clouds of activations.

Lens: norm. Cover: 40 intervals, overlap 0.3; KeplerMapper's convention is our `overhang`, giotto-tda's our `fit`.
Clusterer: DBSCAN, min_samples 5, scikit-learn's for the others. Every measurement is a process of its own that first
maps a small part, so that compiling and loading are not timed; peak memory is all that the process holds, its cloud
and libraries too. The implementations take turns, and ratios compare medians. The machine's own load is printed: CPU
time is the steadier number where it is not small.

Sections, in the order in which they run:
  whole   the points as they are, at most --large: the knee and the graph in one process
  random  50 000 x 512 as in random sampling: ours, KeplerMapper, giotto-tda
  full    all points given, at most 200 000: the same, and whether nodes and edges are identical
  growth  100 000, 200 000 and 400 000 x 512, with large 800 000: exponent of time
  large   800 000 x 512: ours, KeplerMapper and a dense matrix per interval, all under one limit of address space
  nerve   51 200 000 points of a synthetic membership: nerve, purity, export

Points come from a file of the workflow (`--points`); from images (`--images`, a .zip of class folders), as all
activations of layer 16 of a ResNet-18 of width 64, which have 512 channels, with random weights and fitted batch norms
or with the `--weights` of a run; else from a synthetic cloud. Other sections than `whole` make more points or columns
than there are from these, see `widen`. eps is the knee of the nearest-neighbour distances, found by
`nearest_neighbour_curve` (but for `whole` in a process of its own), or a quantile of them.

    python benchmarks/mapper.py --points results/RUN/points/MODEL/seed0/mapper.all.full/layers16.npz --layer 16
    python benchmarks/mapper.py --sections whole --images cifar10.zip --large 800000
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import re
import resource
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

INTERVALS, OVERLAP, MIN_SAMPLES = 40, 0.3, 5
SECTIONS = ("whole", "random", "full", "growth", "large", "nerve")


def read_points(path, layer):
    """Points of one layer in a file of the workflow, or a synthetic cloud."""
    if path is None:
        from dbscan import make_cloud

        return make_cloud(200_000, 256, 10, seed=0)
    with np.load(path, allow_pickle=False) as file:
        return file[f"layer{layer:02d}.points"]


def activations(images, weights, n_points, seed):
    """Points of layer 16 of a ResNet-18 of width 64 on images drawn from a .zip, 16 of each image, in random order."""
    import torch
    from actopo.networks.batch_norm import fit_batch_norm
    from actopo.networks.resnet18_cifar import resnet18_cifar
    from actopo.networks.weights import load_tensors
    from actopo.points.activations import sample_activations
    from actopo.points.sampling import Stream
    from PIL import Image

    rng = np.random.default_rng(seed)
    with zipfile.ZipFile(images) as archive:
        names = sorted(name for name in archive.namelist() if name.lower().endswith((".jpg", ".png")))
        drawn = rng.permutation(len(names))[: -(-n_points // 16)]
        pixels = np.stack([np.asarray(Image.open(archive.open(names[i])).convert("RGB")) for i in drawn])
    mean, std = ((pixels.mean(axis=(0, 1, 2)) / 255).tolist(), (pixels.std(axis=(0, 1, 2)) / 255).tolist())
    model = resnet18_cifar(64, "B", 10, seed=seed)
    if weights is None:
        fit_batch_norm(model, pixels[:500], mean, std)
    else:
        model.load_state_dict(load_tensors(weights)[0])
    torch.set_num_threads(os.cpu_count())
    stream, parts = Stream("full", (len(pixels), 4, 4, 512), np.zeros(len(pixels), dtype=np.int64)), []
    read = {"streams": {16: stream}, "write": lambda layer, points, flat, norms: parts.append(points.copy())}
    sample_activations(model, pixels, mean, std, [16], "relu", **read)
    return np.concatenate(parts)[rng.permutation(16 * len(pixels))[:n_points]]


def prepare_whole(path, options):
    """Write the points as they are, and return the shape and where they come from."""
    if options.images:
        cloud = activations(options.images, options.weights, options.large, options.seed)
        kind = "random weights" if options.weights is None else options.weights.name
        source = f"layer 16 of a ResNet-18 on images, {kind}"
    else:
        cloud = read_points(options.points, options.layer)[: options.large]
        source = f"layer {options.layer} of {options.points.name}" if options.points else "synthetic cloud"
    np.save(path, cloud)
    return cloud.shape, source


def measure_whole(path):
    """Seconds and CPU seconds of the knee and of the graph, and peak memory."""
    from actopo.mapper.eps import choose_eps, nearest_neighbour_curve

    points = np.load(path)
    lens = np.linalg.norm(points, axis=1)
    # Compiling and loading are not timed.
    eps, _ = choose_eps(nearest_neighbour_curve(points[:5000], n_queries=500))
    ours(points[:5000], lens[:5000], eps)
    times = [(time.perf_counter(), time.process_time())]
    eps, details = choose_eps(nearest_neighbour_curve(points))
    times.append((time.perf_counter(), time.process_time()))
    nodes, edges = ours(points, lens, eps, "fit")
    times.append((time.perf_counter(), time.process_time()))
    knee, graph = np.diff(times, axis=0)
    return knee, graph, peak(), eps, details, len(nodes), len(edges)


def widen(points, n, c, seed):
    """
    Cloud of `n` points in `c` dimensions, similar to the given one.

    Each point is a given one, drawn without replacement while any are left, repeated c / width times side by side and
    divided by the root of that number. Each copy is shifted by a part of the difference of two random points, so small
    that two copies of a point are as far apart as nearest neighbours are. A random rotation then mixes the columns.
    """
    from actopo.mapper.nearest_neighbours import nearest_neighbour_distances

    rng = np.random.default_rng(seed)
    size, width = points.shape
    rows = np.concatenate([rng.permutation(size) for _ in range(-(-n // size))])[:n]
    if c == width and n <= size:
        return points[rows]
    copies = -(-c // width)
    nearest = np.median(nearest_neighbour_distances(points, rng.choice(size, 500)))
    part = np.float32(nearest / (2 * np.sqrt(points[::97].var(axis=0).sum())))
    rotation = np.linalg.qr(rng.normal(size=(c, c)))[0].astype(np.float32)
    cloud = np.empty((n, c), dtype=np.float32)
    for start in range(0, n, 20_000):
        own = rows[start : start + 20_000]
        wide = [
            points[own] + part * (points[(a := rng.integers(0, size, (2, len(own))))[0]] - points[a[1]])
            for _ in range(copies)
        ]
        cloud[start : start + 20_000] = np.concatenate(wide, axis=1)[:, :c] / np.sqrt(copies) @ rotation
    return cloud


def prepare(path, source, layer, n, c, seed):
    """Write a cloud and return its shape."""
    points = read_points(source, layer)
    cloud = widen(points, min(n, len(points)) if c is None else n, c or points.shape[1], seed)
    np.save(path, cloud)
    return cloud.shape


def find_eps(path, quantile):
    """Return eps, the seconds to find it, the rule and the share of pairs that are neighbours."""
    from actopo.mapper.eps import BEYOND_TIES, choose_eps, nearest_neighbour_curve
    from actopo.mapper.nearest_neighbours import nearest_neighbour_distances

    points = np.load(path)
    some = np.random.default_rng(0).choice(len(points), 1000, replace=False)
    start = time.perf_counter()
    if quantile is None:
        eps, details = choose_eps(nearest_neighbour_curve(points), BEYOND_TIES)
        rule = f"{details['rule']}, rank {details['knee_rank']}"
    else:
        eps, rule = float(np.quantile(nearest_neighbour_distances(points, some), quantile)), f"quantile {quantile}"
    seconds = time.perf_counter() - start
    away = np.linalg.norm(points[some[:500], None].astype(np.float64) - points[some[500:]], axis=2)
    return eps, seconds, rule, float(np.mean(away <= eps))


def ours(points, lens, eps, convention="overhang"):
    """Nodes as arrays of points, and edges."""
    from actopo.mapper.covers import IntervalCover
    from actopo.mapper.dbscan import DBSCAN
    from actopo.mapper.graph import mapper_graph

    graph = mapper_graph(points, lens, IntervalCover(INTERVALS, OVERLAP, convention), DBSCAN(eps, MIN_SAMPLES))
    by_node = graph.incidence.tocsc()
    return np.split(by_node.indices, by_node.indptr[1:-1]), graph.edges.tolist()


def ours_fit(points, lens, eps):
    """As `ours`, with giotto-tda's cover."""
    return ours(points, lens, eps, "fit")


def kepler(points, lens, eps):
    """As `ours`, by KeplerMapper."""
    import kmapper
    from sklearn.cluster import DBSCAN

    graph = kmapper.KeplerMapper().map(
        lens[:, None],
        points,
        clusterer=DBSCAN(eps=eps, min_samples=MIN_SAMPLES),
        cover=kmapper.Cover(n_cubes=INTERVALS, perc_overlap=OVERLAP),
    )
    place = {name: i for i, name in enumerate(graph["nodes"])}
    edges = [(place[i], place[j]) for i, ends in graph["links"].items() for j in ends]
    return list(graph["nodes"].values()), edges


def giotto(points, lens, eps):
    """As `ours_fit`, by giotto-tda with a job per core."""
    from gtda.mapper import CubicalCover, make_mapper_pipeline
    from sklearn.cluster import DBSCAN
    from sklearn.preprocessing import FunctionTransformer

    pipeline = make_mapper_pipeline(
        filter_func=FunctionTransformer(lambda _: lens[:, None]),
        cover=CubicalCover(n_intervals=INTERVALS, overlap_frac=OVERLAP),
        clusterer=DBSCAN(eps=eps, min_samples=MIN_SAMPLES),
        n_jobs=os.cpu_count(),
        parallel_backend_prefer="threads",
    )
    graph = pipeline.fit_transform(points)
    # giotto-tda makes a node of noise.
    graph = graph.induced_subgraph([v for v in graph.vs if v["partial_cluster_label"] >= 0])
    return graph.vs["node_elements"], graph.get_edgelist()


def dense(points, lens, eps):
    """Nodes only, with a dense matrix of distances per interval, as in MapperInteractive."""
    from actopo.mapper.covers import IntervalCover
    from actopo.mapper.graph import interval_members
    from sklearn.cluster import DBSCAN
    from sklearn.metrics import pairwise_distances

    nodes = []
    for members in interval_members(lens, IntervalCover(INTERVALS, OVERLAP, "overhang").intervals(lens)):
        if len(members) >= MIN_SAMPLES:
            labels = DBSCAN(eps=eps, min_samples=MIN_SAMPLES, metric="precomputed").fit_predict(
                pairwise_distances(points[members])
            )
            nodes += [members[labels == label] for label in range(labels.max() + 1)]
    return nodes, []


def peak():
    """Largest resident size of this process so far, in MB; ru_maxrss would count the process that started it too."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024 / 1e6


def digest(nodes, edges):
    """Digest of nodes and edges in whatever order they come."""
    keys = [hashlib.sha256(np.sort(np.asarray(node, dtype=np.int64)).tobytes()).hexdigest() for node in nodes]
    pairs = sorted(sorted((keys[i], keys[j])) for i, j in edges)
    return hashlib.sha256(json.dumps([sorted(keys), pairs]).encode()).hexdigest()


def measure(method, path, n, eps, limit=None):
    """Seconds, CPU seconds, peak memory and digest of one graph of the first `n` points of a cloud."""
    run = globals()[method]
    points = np.load(path, mmap_mode="r")[:n].copy()
    lens = np.linalg.norm(points, axis=1)
    run(points[:5000], lens[:5000], eps)
    if limit:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    start, before = time.perf_counter(), time.process_time()
    try:
        nodes, edges = run(points, lens, eps)
    except MemoryError as error:
        return {"seconds": time.perf_counter() - start, "peak": peak(), "failure": f"MemoryError: {error}"}
    seconds, cpu = time.perf_counter() - start, time.process_time() - before
    return {
        "seconds": seconds,
        "cpu": cpu,
        "peak": peak(),
        "digest": digest(nodes, edges),
        "nodes": len(nodes),
        "edges": len(edges),
    }


def measure_nerve(n_points, seed):
    """Time and memory of nerve, purity and export of a synthetic membership."""
    from actopo.graphs.purity import node_purity, point_purity
    from actopo.mapper.covers import IntervalCover
    from actopo.mapper.graph import interval_members, nerve
    from actopo.mapper.node_link import node_link

    rng = np.random.default_rng(seed)
    lens = rng.gamma(8, size=n_points).astype(np.float32)
    classes = rng.integers(0, 10, n_points, dtype=np.int32)
    steps, start = {}, time.perf_counter()

    def done(name):
        nonlocal start
        steps[name] = time.perf_counter() - start, peak()
        start = time.perf_counter()

    done("lens")
    members = interval_members(lens, IntervalCover(INTERVALS, OVERLAP).intervals(lens))
    done("cover")

    def clusters():
        # One cluster for three classes in each of four intervals; a tenth of the points are noise.
        for own in members:
            labels = classes[own] // 3
            labels[rng.random(len(own)) < 0.1] = -1
            yield own, labels

    graph = nerve(n_points, clusters())
    done("nerve")
    node_purity(graph.incidence, classes)
    point_purity(graph.incidence, classes)
    done("purity")
    size = len(json.dumps(node_link(graph, classes, lens, [str(k) for k in range(10)])))
    done("export")
    facts = {"memberships": int(graph.incidence.nnz), "nodes": graph.n_nodes, "edges": len(graph.edges), "bytes": size}
    return steps, facts


def child(function, *arguments):
    """Result of a function in a separate process; None if that was killed."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            return None


class Bench:
    """The clouds and their measurements, which are printed."""

    def __init__(self, options, folder):
        self.options, self.folder, self.times = options, Path(folder), {}

    def cloud(self, name, n, c):
        """Make a cloud and choose its eps."""
        path, options = self.folder / f"{name}.npy", self.options
        shape = child(prepare, path, options.points, options.layer, n, c, options.seed)
        eps, seconds, rule, share = child(find_eps, path, options.quantile)
        print(
            f"\n{name}: {shape[0]} x {shape[1]}, eps {eps:.4g} ({rule}; {seconds:.0f} s), "
            f"{share:.1%} of pairs within it, load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        return path, shape, eps

    def row(self, name, runs, extra=""):
        """Print the medians of some runs, and return them."""
        wall, cpu, peak = (float(np.median([run[key] for run in runs])) for key in ("seconds", "cpu", "peak"))
        print(
            f"  {name:<14}{wall:9.2f} s{cpu:9.2f} s CPU{peak:9.0f} MB   "
            f"{runs[0]['nodes']} nodes, {runs[0]['edges']} edges{extra}",
            flush=True,
        )
        return wall, cpu, peak

    def compare(self, name, n, c, repeats):
        """Compare ours and both others on one cloud, alternating."""
        path, shape, eps = self.cloud(name, n, c)
        methods = ("ours", "kepler", "ours_fit", "giotto")
        runs = {method: [] for method in methods}
        for _ in range(repeats):
            for method in methods:
                runs[method].append(child(measure, method, path, shape[0], eps))
        medians = {}
        for method in methods:
            same = runs[method][0]["digest"] == runs["ours" if method == "kepler" else "ours_fit"][0]["digest"]
            words = {"kepler": f", as ours: {same}", "giotto": f", as ours_fit: {same}"}
            medians[method] = self.row(method, runs[method], words.get(method, ""))
        for other, own in (("kepler", "ours"), ("giotto", "ours_fit")):
            wall, cpu, memory = (a / b for a, b in zip(medians[other], medians[own], strict=True))
            print(f"  {other} / {own}: {wall:.1f} x time, {cpu:.1f} x CPU, {memory:.1f} x memory", flush=True)

    def whole(self):
        """Measure the knee and the graph together, on points as they are."""
        path = self.folder / "whole.npy"
        shape, source = child(prepare_whole, path, self.options)
        print(f"\nwhole: {shape[0]} x {shape[1]}, {source}, load {os.getloadavg()[0]:.1f}", flush=True)
        knee, graph, memory, eps, details, nodes, edges = child(measure_whole, path)
        for name, (wall, cpu) in {"knee": knee, "graph": graph, "both": knee + graph}.items():
            print(f"  {name:<14}{wall:9.2f} s{cpu:9.2f} s CPU", flush=True)
        print(f"  {memory:.0f} MB; eps {eps:.4g} ({details['rule']}, rank {details['knee_rank']}), ", end="")
        print(f"{nodes} nodes, {edges} edges", flush=True)
        path.unlink()

    def random(self):
        """Compare on 50 000 x 512."""
        self.compare("random", 50_000, 512, self.options.repeats)

    def full(self):
        """Compare on the points as given."""
        self.compare("full", 200_000, None, max(1, self.options.repeats - 2))

    def growth(self):
        """Measure parts of the large cloud, and the exponent of time."""
        path, _, eps = self.large_cloud()
        for n in (100_000, 200_000, 400_000):
            if n not in self.times:
                self.times[n] = self.row(f"ours {n}", [child(measure, "ours", path, n, eps)])

    def large_cloud(self):
        """Cloud of 800 000 x 512, made once."""
        if not hasattr(self, "_large"):
            self._large = self.cloud("large", self.options.large, 512)
        return self._large

    def large(self):
        """Measure ours and the other methods under one limit of address space."""
        path, shape, eps = self.large_cloud()
        limit = int(self.options.limit * 2**30)
        print(f"  address space limited to {self.options.limit} GiB", flush=True)
        for method in ("ours", "kepler", "dense"):
            run = child(measure, method, path, shape[0], eps, limit)
            if run is None or "failure" in run:
                what = "killed" if run is None else f"{run['failure']} after {run['seconds']:.0f} s"
                print(f"  {method:<14}{what}", flush=True)
            else:
                times = self.row(method, [run])
                if method == "ours":
                    self.times[shape[0]] = times
        if len(self.times) > 1:
            n, seconds = np.log(sorted((n, wall) for n, (wall, *_) in self.times.items())).T
            cpu = np.log([self.times[size][1] for size in sorted(self.times)])
            print(f"  exponent of n: {np.polyfit(n, seconds, 1)[0]:.2f} (wall), {np.polyfit(n, cpu, 1)[0]:.2f} (CPU)")

    def nerve(self):
        """Measure nerve, purity and export of a synthetic membership."""
        n_points = self.options.members
        steps, facts = child(measure_nerve, n_points, self.options.seed)
        print(f"\nnerve: {n_points} points, {', '.join(f'{value} {name}' for name, value in facts.items())}")
        for name, (seconds, memory) in steps.items():
            print(f"  {name:<14}{seconds:9.2f} s   peak so far {memory:6.0f} MB", flush=True)


def main():
    """Read the command line and run the sections."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=Path, help="file of points of the workflow; default: a synthetic cloud")
    parser.add_argument("--images", type=Path, help="whole: .zip of images whose activations are the points")
    parser.add_argument("--weights", type=Path, help="whole: weights of a ResNet-18 of width 64 and shortcut B")
    parser.add_argument("--layer", type=int, default=16, help="layer in it (default 16)")
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="default: all")
    parser.add_argument("--quantile", type=float, help="eps: this quantile of nearest-neighbour distances, no knee")
    parser.add_argument("--repeats", type=int, default=3, help="rounds of random, two fewer of full (default 3)")
    parser.add_argument("--large", type=int, default=800_000, help="points of whole, growth and large (default 800000)")
    parser.add_argument("--limit", type=float, default=6.0, help="GiB of address space in large (default 6)")
    parser.add_argument("--members", type=int, default=51_200_000, help="points of nerve (default 51200000)")
    parser.add_argument("--seed", type=int, default=0, help="seed of what is drawn (default 0)")
    options = parser.parse_args()
    made = f"real activations: layer {options.layer} of {options.points.name}" if options.points else "synthetic cloud"
    if options.images and options.sections == ["whole"]:
        made = f"activations of {options.images.name}"
    print(f"points: {made}; {os.cpu_count()} cores; more points or columns than given are made from these")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, folder)
        for section in SECTIONS:
            if section in options.sections:
                getattr(bench, section)()


if __name__ == "__main__":
    main()
