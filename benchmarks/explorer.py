"""
Size, load time and frame rate of the explorer's page, for a made-up run of the paper's size and one with 100 classes.

The paper's run has 6 layers, 7 samplings, 50 000 images and 10 classes; graphs have as many nodes as are given, up to
1000, and one is there at 20 values of eps. Its distances are between 17 layers of 100 networks, by 4 metrics and on 4
kinds of clouds, with diagrams of 1000 points. The page is opened in a headless Chromium (`playwright` drives it, and
downloads none), whose graphics the CPU draws; a node, and then the whole drawing, is dragged for two seconds.

Usage: python benchmarks/explorer.py [--nodes 1000] [--chromium /usr/bin/chromium] [--keep FOLDER]
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from actopo.explorer.distances import batch_document, diagram_document, matrix_documents
from actopo.explorer.documents import image_document, main_document
from actopo.explorer.graphs import graph_document
from actopo.explorer.page import build_page, fit
from actopo.explorer.thumbnails import image_sheets

N_IMAGES, LAYERS = 50_000, (16, 15, 14, 12, 8, 4)
SAMPLINGS = ("foreground_1", "foreground_5", "background_1", "background_5", "matched_1", "random", "full")
# A frame is counted when the browser is ready to draw the next one.
FRAMES = """async (seconds) => {
  const start = performance.now();
  let n = 0;
  while (performance.now() - start < 1000 * seconds) { await new Promise(requestAnimationFrame); n++; }
  return (1000 * n) / (performance.now() - start);
}"""

MOVES = """([x, y]) => {
  let n = 0;
  const target = document.elementFromPoint(x, y);
  window.moving = setInterval(() => {
    n++;
    const place = { clientX: x + 60 * Math.sin(n / 9), clientY: y + (n % 50) };
    target.dispatchEvent(new MouseEvent("mousemove", { bubbles: true, view: window, ...place }));
  }, 8);
}"""


def made_up_graph(rng, n_nodes, labels, points_per_image):
    """Node-link graph along a lens, with overlapping nodes of mostly one class, and the incidence and images."""
    n_points = len(labels) * points_per_image
    images = np.repeat(np.arange(len(labels)), points_per_image)
    order = np.lexsort((rng.random(n_points) + 0.3 * rng.random(n_points), labels[images]))
    node = np.empty(n_points, dtype=np.int64)
    node[order] = np.sort(rng.integers(0, n_nodes, n_points))
    mixed = rng.random(n_points) < 0.15
    node[mixed] = rng.integers(0, n_nodes, mixed.sum())
    # Three of ten points are in a second node too.
    twice = np.flatnonzero(rng.random(n_points) < 0.3)
    rows, columns = np.append(np.arange(n_points), twice), np.append(node, (node[twice] + 1) % n_nodes)
    incidence = csr_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=(n_points, n_nodes))
    by_node, nodes = incidence.tocsc(), []
    for k in range(n_nodes):
        members = by_node.indices[by_node.indptr[k] : by_node.indptr[k + 1]]
        counts = np.bincount(labels[images[members]], minlength=labels.max() + 1)
        present = np.flatnonzero(counts)
        lens = float(rng.normal(k % 40, 1))
        nodes.append(
            {
                "size": len(members),
                "composition": {str(label): int(counts[label]) for label in present},
                "lens_min": lens - 1,
                "lens_max": lens + 1,
                "lens_mean": lens,
                "purity": 1 / max(1, len(present)),
                "id": k,
            }
        )
    ends = rng.integers(0, n_nodes, (2 * n_nodes, 2))
    links = [{"source": int(a), "target": int((a + 1 + b % 9) % n_nodes), "shared": 3} for a, b in ends if n_nodes > 9]
    return {"graph": {"n_points": n_points}, "nodes": nodes, "links": links}, incidence, images


def made_up_distances(rng, n_layers=17, n_networks=100, n_points=1000):
    """Documents of distances of the paper's size."""
    kinds = ("trained", "scaled", "gaussian", "gaussian.scaled")
    arrays = {name: rng.random((n_networks, n_layers, n_layers)) for name in ("sw_h0", "sw_h1", "sw_sum", "cka")}
    drawn = [(kind, seed) for kind in ("trained", "gaussian") for seed in range(5)]
    empty = {"columns": [], "rows": []}
    main = {
        "layers": [[layer, f"layer {layer}"] for layer in range(n_layers)],
        "sizes": [[n_points, 64]] * n_layers,
        "clouds": {kind: kind for kind in kinds},
        "matrices": [own for kind in kinds for own in matrix_documents(kind, range(n_networks), arrays, {})],
        "batches": {"sw_h1": batch_document(10, *arrays["sw_h1"][:2])},
        "dimensions": ["h0", "h1"],
        "diagrams": drawn,
        "surrogates": {},
        "rho": empty,
        "curves": [empty],
        "detection": empty,
    }
    diagrams = {name: list(rng.random((n_layers, n_points, 2)).cumsum(axis=2)) for name in ("h0", "h1")}
    return {"distances": main, **{f"diagrams-{place}": diagram_document(diagrams) for place in range(len(drawn))}}


def made_up_page(n_classes, n_nodes, n_images=N_IMAGES, layers=LAYERS, samplings=SAMPLINGS, names=None, n_eps=20):
    """Text of the page of a made-up run; `n_nodes` of the largest graph, the others have a third."""
    rng = np.random.default_rng(0)
    labels, rank = rng.integers(0, n_classes, n_images), rng.permutation(n_images)
    names = names or [str(label) for label in range(n_classes)]
    graphs = [{"sampling": name, "layer": layer} for name in samplings for layer in layers]
    told = {"model": "resnet18_b", "seed": 0, "draw": 0, "sigma": 0, "tap": "bn", "epoch": None}
    told |= {"eps": 1.0, "is_chosen": True}
    graphs = [{**told, **graph, "layer_name": f"layer {graph['layer']}"} for graph in graphs]
    at_every_eps = {**graphs[0], "is_chosen": False}
    graphs += [{**at_every_eps, "eps": eps} for eps in np.geomspace(0.5, 2, n_eps).tolist()]
    wanted = set()

    def documents():
        for place, graph in enumerate(graphs):
            points = {"foreground_5": 5, "background_5": 5, "full": 16}.get(graph["sampling"], 1)
            size = n_nodes if place == 0 else max(1, n_nodes // 3)
            own, incidence, images = made_up_graph(rng, size, labels, points)
            for node in own["nodes"]:
                node["composition"] = {names[int(label)]: count for label, count in node["composition"].items()}
            positions = np.zeros(len(images), dtype=int)
            shares = {name: rng.random(size).tolist() for name in ("confidence", "misclassified")}
            document = graph_document(own, incidence, images, names, rank, positions, shares)
            wanted.update(image for pairs in document["shown"] for image in pairs[::2])
            yield {**document, "columns": {}}

    texts, n_whole, _ = fit(documents())
    # Noise over a few blobs: JPEG finds it harder than photographs.
    pixels = (128 + 60 * np.kron(rng.normal(size=(n_images, 4, 4, 3)), np.ones((1, 8, 8, 1)))).clip(0, 255)
    sheets = image_sheets(pixels.astype(np.uint8), labels, wanted, rank, n_classes)
    pictures = sheets.pop("sheets")
    boxes = {f"bn {layer}": [[0.25, 0.25, 0.5, 0.5]] for layer in layers}
    about = (["l2 norm"], [(layer, f"layer {layer}") for layer in layers], sheets, boxes)
    empty = {"columns": ["sampling", "sigma", "layer", "interval", "class"], "rows": []}
    documents = {
        "main": main_document(names, graphs, *about, len(texts), n_whole, len(wanted)),
        "images": image_document(labels, [f"test/{names[label]}/{image:05}.png" for image, label in enumerate(labels)]),
        **made_up_distances(rng),
        "purity": {"graphs": empty, "classes": empty},
        "run": {"config": {}, "versions": {}, "accuracy": [], "times": [], "data": {}},
    }
    return build_page("actopo: made up", documents, texts, pictures)


def measure(path, executable):
    """Seconds until the first graph is drawn, and frames a second of two ways of dragging."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        start = time.perf_counter()
        page.goto(path.as_uri())
        page.wait_for_selector(".node")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seconds = time.perf_counter() - start
        drawing = page.locator("#panel-a .drawing").bounding_box()
        node = page.locator("#panel-a .node").nth(5).bounding_box()
        corner = (drawing["x"] + 4, drawing["y"] + 4)
        rates = []
        for x, y in ((node["x"] + node["width"] / 2, node["y"] + node["height"] / 2), corner):
            page.mouse.move(x, y)
            page.mouse.down()
            # The page moves the pointer itself, so that no message of ours comes between frames.
            page.evaluate(MOVES, [x, y])
            rates.append(page.evaluate(FRAMES, 2))
            page.evaluate("() => clearInterval(window.moving)")
            page.mouse.up()
        browser.close()
    return seconds, rates


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    parser.add_argument("--keep", type=Path, help="folder for the pages")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for n_classes in (10, 100):
            start = time.perf_counter()
            text = made_up_page(n_classes, arguments.nodes)
            path = folder / f"explorer.{n_classes}.html"
            path.write_text(text, encoding="utf-8")
            built = time.perf_counter() - start
            print(f"{n_classes} classes: {path.stat().st_size / 1e6:.1f} MB, made in {built:.0f} s", flush=True)
            if arguments.chromium:
                seconds, (node, all_nodes) = measure(path.resolve(), arguments.chromium)
                print(f"  first graph, {arguments.nodes} nodes: {seconds:.2f} s after opening")
                print(f"  dragging a node {node:.0f}, dragging all {all_nodes:.0f} frames a second")
