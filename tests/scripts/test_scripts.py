"""Every script with a stand-in for Snakemake's job object, each on what the one before it wrote."""

import json
import logging
import runpy
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import cv2
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import torch
from actopo.captions import NAMES as CAPTIONS
from actopo.errors import InputError
from actopo.files import save_arrays, save_json
from actopo.homology.controls import gaussian_like
from actopo.keys import layer_set_name
from actopo.mapper.eps_graphs import load_graphs
from actopo.mapper.intermediate import load_incidence
from actopo.networks import training
from actopo.networks.build import build
from actopo.networks.inputs import to_input
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.networks.seeds_per_job import TrainingFolder
from actopo.networks.weights import load_tensors, save_tensors
from actopo.points.position_weights import position_weights
from actopo.similarity.specificity import blocks
from actopo.similarity.wasserstein import sliced_wasserstein
from readers import from_graphml, from_keplermapper, from_mapper_interactive
from scipy.spatial.distance import pdist

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
LAYERS = [0, 9, 16]
ORDER = json.dumps({"graphs": [{"sampling": "full", "draw": 0, "sigma": 0, "layer": layer} for layer in LAYERS]})
TESTS = {"n_permutations": 10, "level": 0.9, "seed": 0}
NETWORK = json.dumps({"architecture": "resnet18_cifar", "width": 2, "shortcut": "B"})

# Inputs of a rule that reads graphs, and what the fixture calls them.
GRAPH_FILES = {"graphs": "graph", "memberships": "membership"}
BY_CLASSES = json.dumps({"by": "classes", "classes": 20})
# Files of a network, by their endings.
FILES_OF_NETWORK = {"weights": "safetensors", "metrics": "json"}

GRAPH = {
    "cover": json.dumps({"intervals": 4, "overlap": 0.3, "convention": "fit"}),
    "clusterer": json.dumps({"eps": "knee", "min_samples": 3, "clusterer": "dbscan"}),
    "lens": "",
}


class Files(SimpleNamespace):
    """Named files, as attributes, as items and in order."""

    def __getitem__(self, key):
        return vars(self)[key]

    def __iter__(self):
        return iter(vars(self).values())

    def items(self):
        return vars(self).items()


class Params(SimpleNamespace):
    """Params, as attributes and as items."""

    def items(self):
        return vars(self).items()


# Wildcards of a graph, but for its layer.
OWN = {"model": "net", "seed": 0, "sampling": "full", "draw": "", "noise": ""}
# Layers that are outputs of modules.
NO_OUTPUTS = json.dumps({"names": []})


def run(name, input=None, output=None, params=None, threads=1, **wildcards):
    job = SimpleNamespace(
        rule=name,
        input=Files(**{key: _text(value) for key, value in (input or {}).items()}),
        output=Files(**{key: _text(value) for key, value in (output or {}).items()}),
        params=Params(
            **{
                "code": "",
                "env": "",
                "structure": (params or {}).get("network"),
                "outputs": NO_OUTPUTS,
                **(params or {}),
            }
        ),
        wildcards=SimpleNamespace(**{key: str(value) for key, value in wildcards.items()}),
        resources=SimpleNamespace(device="cpu"),
        config={"run": "test"},
        threads=threads,
        log=[],
    )
    hook, handlers = sys.excepthook, logging.root.handlers[:]
    try:
        runpy.run_path(str(SCRIPTS / f"{name}.py"), init_globals={"snakemake": job})
    finally:
        sys.excepthook, logging.root.handlers[:] = hook, handlers


def _text(value):
    return [str(item) for item in value] if isinstance(value, list) else str(value)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def images(folder):
    """Three classes that differ in colour, and the outputs of prepare_images."""
    rng = np.random.default_rng(0)
    for channel, name in enumerate(["blue", "green", "red"]):
        (folder / "images" / name).mkdir(parents=True)
        for i in range(30):
            image = rng.integers(0, 100, (16, 16, 3), dtype=np.uint8)
            image[..., channel] += 100
            cv2.imwrite(str(folder / "images" / name / f"{i:02d}.png"), image)
    output = {
        f"{part}_{kind}": folder / f"{part}_{kind}"
        for part in ("train", "test")
        for kind in ("images", "labels", "files")
    }
    output["meta"] = folder / "meta.json"
    source = {"dataset": "image_folder", "size": 16, "channels": 3, "test_share": 0.3, "seed": 0}
    params = {"source": json.dumps(source), "root": str(folder / "images"), "limits": "{}"}
    run("prepare_images", output=output, params=params)
    return output


def training_params(recipe, keep=(), keepers=()):
    """Params of `train_model` for the network of these tests."""
    kept = {"keep": list(keep), "keepers": list(keepers)}
    return {"network": NETWORK, "recipe": json.dumps(recipe), "others": [], "cuda_graph": False} | kept


@pytest.fixture(scope="module")
def trained(folder, images):
    recipe = {"epochs": 1, "batch_size": 16, "learning_rate": 0.1, "schedule": "triangular", "peak_epoch": 0.5}
    outputs = []
    for seed in (0, 1):
        outputs.append({"weights": folder / f"seed{seed}.safetensors", "metrics": folder / f"seed{seed}.json"})
        params = training_params(recipe)
        run("train_model", images, outputs[-1], params, model="net", seed=seed, epoch="")
    return outputs


def study(images, weights, subset, tap, noise="", fitted=False, layers=LAYERS, precision="single"):
    """Inputs and params of the scripts that run a network."""
    params = {
        "network": NETWORK,
        "layers": json.dumps({"layers": layers}),
        "tap": tap,
        "batches": json.dumps({"batch_size": 20, "seed": 0}) if subset != "all" else "",
        "noise": noise,
        "batch_norm": json.dumps({"n_images": 40, "seed": 0}) if fitted else "",
        "precision": precision,
    }
    files = {"weights": weights, "train_images": images["train_images"] if fitted else []}
    return {**files, "images": images["test_images"], "meta": images["meta"]}, params


def dump(folder, images, weights, subset, tap, seed=0, noise="", fitted=False, layers=LAYERS, precision="single"):
    output = folder / f"{subset}.{tap}.seed{seed}{'.noise' if noise else ''}"
    if layers != LAYERS or precision != "single":
        output = output.with_name(f"{output.name}.{precision}.layers{layer_set_name(layers)}")
    files, params = study(images, weights, subset, tap, noise, fitted, layers, precision)
    run("dump_activations", files, dumped(output), params, subset=subset, seed=seed)
    return output


def dumped(folder):
    """A dump, and the check sums of its files."""
    return {"activations": folder, "sums": folder.with_name(f"{folder.name}.json")}


@pytest.fixture(scope="module")
def foreground(folder, images):
    output = {"masks": folder / "foreground.npy", "share": folder / "foreground.json"}
    settings = {"masks": "grabcut", "weights": None, "seed": 0}
    run("find_foreground", {"images": images["test_images"]}, output, {"settings": json.dumps(settings)})
    fields = folder / "fields.npz"
    params = {"network": NETWORK, "layers": json.dumps({"layers": LAYERS})}
    run("find_receptive_fields", {"meta": images["meta"]}, {"fields": fields}, params, tap="bn")
    return {**output, "fields": fields}


@pytest.fixture(scope="module")
def drawn_foreground(folder, foreground):
    """The same with masks made up, since GrabCut finds nothing in these images; every fifth is empty."""
    masks = np.random.default_rng(0).random((27, 16, 16)) < 0.1
    masks[:, 3:, 5:], masks[::5] = False, False
    np.save(folder / "masks.npy", masks)
    return {**foreground, "masks": folder / "masks.npy"}


def sample(
    folder,
    images,
    weights,
    method,
    subset="batch0",
    tap="conv",
    seed=0,
    draw="",
    noise="",
    foreground=None,
    weight="energy",
    layers=LAYERS,
    dumps=None,
    **settings,
):
    output = folder / f"{subset}.{tap}.seed{seed}{'.noise' if noise else ''}.{method}{draw}"
    output /= f"layers{'' if layers == LAYERS else layer_set_name(layers)}.npz"
    files, params = study(images, weights, subset, tap, noise, layers=layers)
    if dumps:
        # No network, no images, and nothing about them.
        files, params = {}, {"layers": params["layers"]}
        output = output.with_name(f"from.{dumps[0].name}.{output.name}")
    sums = [dumped(each)["sums"] for each in dumps or []]
    files |= {"activations": dumps or [], "sums": sums, "labels": images["test_labels"], **(foreground or {})}
    params |= {
        "sampling": json.dumps({"method": method, "tap": tap, **settings}),
        "foreground": json.dumps({"weight": weight, "without": "random", "ties": "last"}) if foreground else "",
        "seed": 0,
    }
    run("sample_points", files, {"points": output}, params, seed=seed, subset=subset, draw=draw)
    return output


@pytest.fixture(scope="module")
def diagrams(folder, images, trained):
    paths = []
    for seed in (0, 1):
        points = sample(folder, images, trained[seed]["weights"], "top_l2", seed=seed, points_per_image=1)
        paths.append(folder / f"diagrams{seed}" / "layers.npz")
        compute(points, paths[-1])
    return paths


def compute(points, output, seed=0, layers=LAYERS):
    params = {"layers": json.dumps({"layers": layers}), "max_dimension": 1}
    run("compute_diagrams", {"points": points}, {"diagrams": output}, params, seed=seed)
    return np.load(output)


def draw_gaussians(points, output, seed, batch=0, layers=LAYERS):
    params = {"layers": json.dumps({"layers": layers}), "seed": 0}
    run("draw_gaussian_clouds", {"points": points}, {"points": output}, params, seed=seed, batch=batch)
    return output


@pytest.fixture(scope="module")
def distances(folder, diagrams):
    order = {"layers": LAYERS, "dimensions": [0, 1]}
    layers = {"matrix": folder / "layers.npz", "table": folder / "layers.csv"}
    distance = json.dumps({"n_directions": 10, "method": "exact", "tolerance": 0.005})
    params = {"order": json.dumps({**order, "batches": [0, 1]}), "distance": distance}
    run("layer_distances", {"diagrams": diagrams}, layers, params)
    models, scaled = {"matrix": folder / "models.npz"}, {"matrix": folder / "scaled.npz"}
    params = {"order": json.dumps({**order, "seeds": [0, 1]}), "distance": distance}
    clouds = [folder / f"batch0.conv.seed{seed}.top_l2" / "layers.npz" for seed in (0, 1)]
    run("model_distances", {"diagrams": diagrams, "points": []}, models, params)
    # Two networks in the place of two batches.
    batches = {"matrix": folder / "batches.npz"}
    params_of_batches = {"order": json.dumps({**order, "batches": [0, 1]}), "distance": distance}
    run("model_distances", {"diagrams": diagrams, "points": []}, batches, params_of_batches)
    run("model_distances", {"diagrams": diagrams, "points": clouds}, scaled, params)
    table = folder / "specificity.csv"
    run(
        "measure_specificity",
        {"matrix": models["matrix"], "points": clouds[:1]},
        {"table": table},
        {"tests": json.dumps(TESTS), "networks": json.dumps({"seeds": [0, 1]})},
        threads=2,
    )
    differences = folder / "controls.csv"
    files = {"matrices": [models["matrix"], scaled["matrix"]], "points": clouds[:1]}
    tests = json.dumps({"controls": ["scaled"], "level": 0.9})
    run("compare_controls", files, {"table": differences}, {"tests": tests})
    return {
        "layers": layers,
        "differences": differences,
        "models": models["matrix"],
        "scaled": scaled["matrix"],
        "batches": batches["matrix"],
        "specificity": table,
        "clouds": clouds,
    }


def pair(folder, images, weights, pairing, reference, seed, dumps=None):
    output = folder / f"{pairing}.seed{seed}" / "layers.npz"
    files, params = study(images, weights, "batch0", "conv")
    if dumps:
        files, params = {}, {"layers": params["layers"]}
        output = output.with_name(f"from.{len(dumps)}.npz")
    sums = [dumped(each)["sums"] for each in dumps or []]
    files |= {"activations": dumps or [], "sums": sums, "labels": images["test_labels"]}
    files["reference"] = reference if pairing == "matched" else []
    run("sample_paired_points", files, {"points": output}, params, pairing=pairing, subset="batch0", seed=seed)
    return output


@pytest.fixture(scope="module")
def paired(folder, images, trained, distances):
    """Clouds of both networks at the positions of the first, and means over positions."""
    place, first = (folder, images), distances["clouds"][0]
    return {
        pairing: [pair(*place, trained[seed]["weights"], pairing, first, seed) for seed in (0, 1)]
        for pairing in ("matched", "pooled")
    }


@pytest.fixture(scope="module")
def compared(folder, distances, paired):
    settings = {
        "sw": {"dimensions": [0, 1], "directions": 10},
        "sw_scaled": {"dimensions": [0, 1], "directions": 10},
        "scale": {},
        "linear_cka": {},
        "mean_cca": {"permutations": 2, "seed": 0},
        "rtd": {"subsets": 1, "subset_size": 10, "seed": 0},
    }
    order = json.dumps({"layers": LAYERS, "seeds": [0, 1]})
    removal = {"layers": [0, 16], "seed": 0, "n_orders": 2, "centred": True, "components": ["smallest", "random"]}
    rivals, rival_files, curves = [], [], []
    for clouds, points in {"own": distances["clouds"], **paired}.items():
        for metric in ["scale", "linear_cka", "mean_cca", "rtd"] if clouds == "own" else ["sw", "scale", "linear_cka"]:
            rivals.append((clouds, metric))
            rival_files.append(folder / f"{clouds}.{metric}.npz")
            params = {"settings": json.dumps(settings[metric]), "order": order}
            run("metric_distances", {"points": points}, {"matrix": rival_files[-1]}, params, metric=metric)
    own = {metric: {} if metric == "mean_cca" else each for metric, each in settings.items() if metric != "scale"}
    for metric, each in own.items():
        curves.append(folder / f"{metric}.csv")
        params = {"settings": json.dumps(each), "removal": json.dumps(removal)}
        run("measure_sensitivity", {"points": distances["clouds"][0]}, {"curves": curves[-1]}, params, metric=metric)
    output = {name: folder / f"compared.{name}.csv" for name in ("metrics", "specificity")}
    files = {"models": distances["models"], "scaled": distances["scaled"], "points": distances["clouds"][:1]}
    files |= {"rivals": rival_files, "curves": curves}
    params = {
        "tests": json.dumps(TESTS),
        "rivals": json.dumps({"files": rivals, "curves": ["own"] * len(curves)}),
    }
    run("compare_metrics", files, output, params)
    # Both networks take their turn as the reference.
    both = []
    for metric, of_first in (("sw", curves[0]), ("linear_cka", curves[2])):
        both += [of_first, folder / f"{metric}.seed1.csv"]
        params = {"settings": json.dumps(own[metric]), "removal": json.dumps(removal), "order": order}
        run("measure_sensitivity", {"points": distances["clouds"][1]}, {"curves": both[-1]}, params, metric=metric)
    baselines = [folder / "baselines.linear_cka.npz"]
    run("metric_baselines", {"points": distances["clouds"]}, {"matrix": baselines[0]}, params, metric="linear_cka")
    detected = {name: folder / f"compared.{name}.csv" for name in ("sensitivity", "by_network")}
    run(
        "measure_detection",
        {"curves": both, "models": distances["models"], "baselines": baselines, "batches": distances["batches"]},
        detected,
        {
            "rivals": json.dumps({"metrics": ["linear_cka"]}),
            "references": json.dumps({"seeds": [0, 1], "curves": [0, 1, 0, 1]}),
            "levels": json.dumps({"quantile": 0.9, "level": 0.9}),
        },
    )
    return {**output, **detected, **files, "names": rivals, "of_both": both[:2]}


@pytest.fixture(scope="module")
def power(folder, diagrams, distances):
    output = {"distances": folder / "power.npz"}
    # The second network stands in for a second batch.
    files = {"points": distances["clouds"], "diagrams": diagrams}
    files |= {f"batch_{name}": paths for name, paths in files.items()}
    settings = {"points": [10, 500], "directions": [3, 10], "draws": 2, "usual_directions": 10, "seed": 0}
    params = {
        "order": json.dumps({"layers": LAYERS, "dimensions": [0, 1]}),
        "removal": json.dumps({"layers": [0, 16], "centred": True}),
        "power": json.dumps(settings),
    }
    run("power_distances", files, output, params)
    table = folder / "power.csv"
    params = {"draw": json.dumps({"usual_directions": 10, "subsets": 4, "level": 0.9, "seed": 0})}
    run("measure_power", {**output, "models": distances["models"]}, {"table": table}, params)
    return {**output, "table": table}


@pytest.fixture(scope="module")
def graphs(folder, images, trained):
    points = sample(folder, images, trained[0]["weights"], "full", "all", "relu", cap=400)
    outputs = []
    for layer in LAYERS:
        outputs.append({"graph": folder / f"graph{layer}.json", "membership": folder / f"graph{layer}.npz"})
        run(
            "build_mapper",
            {"points": points, "lens": [], "meta": images["meta"], "eps": [], "parts": []},
            outputs[-1],
            GRAPH,
            layer=layer,
            **OWN,
        )
    return outputs


@pytest.fixture(scope="module")
def purity(folder, images, graphs):
    output = {"graphs": folder / "purity.csv", "classes": folder / "class_purity.csv"}
    files = {
        "graphs": [graph["graph"] for graph in graphs],
        "memberships": [graph["membership"] for graph in graphs],
        "meta": images["meta"],
    }
    params = {"order": ORDER, "uncovered": "drop"}
    run("measure_purity", files, output, {**params, "null": json.dumps({"n_permutations": 5, "seed": 0})}, seed=0)
    return output


@pytest.fixture(scope="module")
def averaged(folder, purity):
    """Purity over two networks, the second like the first but for its node purity."""
    other = folder / "purity.seed1.csv"
    pd.read_csv(purity["graphs"]).assign(seed=1).eval("node_purity = node_purity / 2").to_csv(other, index=False)
    output = {"graphs": folder / "averaged.csv", "classes": folder / "averaged.classes.csv"}
    keys = {"graphs": ["sampling", "sigma", "layer"], "classes": ["sampling", "sigma", "layer", "class"]}
    files = {"graphs": [purity["graphs"], other], "classes": [purity["classes"]]}
    run("average_tables", files, output, {"columns": json.dumps(keys)})
    return output


@pytest.fixture(scope="module")
def branching(folder, images, graphs):
    output = {name: folder / f"branching.{name}" for name in ("levels", "table", "agreement")}
    files = {
        "graphs": [graph["graph"] for graph in graphs],
        "memberships": [graph["membership"] for graph in graphs],
        "meta": images["meta"],
    }
    params = {"order": ORDER, "seed": 0}
    run("measure_branching", files, output, {**params, "placing": json.dumps({"classes": "majority"})}, seed=0)
    return output


def test_prepare_images(images):
    train, test = (np.load(images[f"{part}_images"]) for part in ("train", "test"))
    assert train.shape == (63, 16, 16, 3)
    assert test.shape == (27, 16, 16, 3)
    files = pd.read_csv(images["train_files"])
    assert files.columns.tolist() == ["image", "label", "class", "file"]
    row = files.iloc[40]
    original = cv2.imread(str(Path(images["meta"]).parent / "images" / row.file))[..., ::-1]
    np.testing.assert_array_equal(train[row.image], original)
    meta = json.loads(Path(images["meta"]).read_text())
    assert meta["class_names"] == ["blue", "green", "red"]
    np.testing.assert_allclose(meta["mean"], (train / 255).mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(meta["std"], (train / 255).std(axis=(0, 1, 2)))


def test_train_model(folder, trained):
    metrics = json.loads(Path(trained[1]["metrics"]).read_text())
    assert metrics["seed"] == 1
    assert len(metrics["loss"]) == 1
    assert 0 <= metrics["test_accuracy"] <= 1
    assert {"seconds", "images_per_second", "precision", "device", "threads"} <= set(metrics)
    # No checkpoint is left.
    assert {path.name for path in folder.glob("*.training/[!.]*")} == {"weights.safetensors", "metrics.json"}


def test_epochs_that_are_kept(folder, images, monkeypatch, capsys):
    """The training leaves them on its way; for one that is added all that are missing are made by one training."""
    recipe = {"epochs": 4, "batch_size": 16, "learning_rate": 0.1, "schedule": "triangular", "peak_epoch": 1}
    trained = []
    train = training.train
    monkeypatch.setattr(
        training, "train", lambda *args, **kwargs: trained.append(kwargs["stop"]) or train(*args, **kwargs)
    )

    def forget_trainings():
        for path in (folder / "alone").glob("*.training"):
            shutil.rmtree(path)

    def job(place, keep, epoch=""):
        outputs = {kind: folder / place / f"seed0{epoch}.{end}" for kind, end in FILES_OF_NETWORK.items()}
        params = training_params(recipe, keep, keepers=[0])
        run("train_model", images, outputs, params, model="net", seed=0, epoch=epoch)
        return {kind: path.read_bytes() for kind, path in outputs.items()}

    alone = job("alone", [])["weights"]
    kept = {epoch: job("kept", [1, 3], epoch) for epoch in ("", ".epoch1", ".epoch3")}
    assert trained == [4, 4]
    assert kept[""]["weights"] == alone
    assert len({own["weights"] for own in kept.values()}) == 3
    facts = {epoch: json.loads(own["metrics"]) for epoch, own in kept.items()}
    assert facts[".epoch3"]["loss"] == facts[""]["loss"][:3]
    assert 0 <= facts[".epoch1"]["test_accuracy"] <= 1
    # Without the training's folders, as where a file system has no links: one training until epoch 3 gives all three.
    forget_trainings()
    added = {epoch: job("alone", [1, 2, 3], epoch) for epoch in (".epoch2", ".epoch1", ".epoch3")}
    assert trained == [4, 4, 3]
    assert added[".epoch1"]["weights"] == kept[".epoch1"]["weights"]
    assert added[".epoch3"]["weights"] == kept[".epoch3"]["weights"]
    assert "other losses" not in capsys.readouterr().err
    # Those that are there are not trained for.
    forget_trainings()
    job("alone", [1, 2, 3], ".epoch2")
    assert trained == [4, 4, 3]
    with pytest.raises(InputError, match="epoch 4 is not before the last of 4 epochs"):
        job("alone", [], ".epoch4")
    # As after a training with another number of threads.
    facts[""]["loss"][1] += 1e-9
    save_json(folder / "alone/seed0.json", facts[""])
    (folder / "alone/seed0.epoch2.json").unlink()
    job("alone", [], ".epoch2")
    assert "the network that is there had other losses until epoch 2" in capsys.readouterr().err


def test_a_training_that_was_left_running_is_waited_for(folder, images, trained):
    """Its network is taken when it is there, and not trained again."""
    recipe = {"epochs": 1, "batch_size": 16, "learning_rate": 0.1, "schedule": "triangular", "peak_epoch": 0.5}
    params = training_params(recipe)
    outputs = {"weights": folder / "left/seed0.safetensors", "metrics": folder / "left/seed0.json"}
    provenance = json.loads(Path(images["meta"]).read_text())["provenance"]
    place = TrainingFolder(outputs["weights"], (NETWORK, params["recipe"], "", "", provenance), "cpu")
    own = {"model": "net", "seed": 0, "epoch": ""}
    job = threading.Thread(target=run, args=("train_model", images, outputs, params), kwargs=own, daemon=True)
    with place.claim() as mine:
        assert mine
        job.start()
        job.join(3)
        assert job.is_alive()
        assert not outputs["weights"].exists()
        shutil.copy(trained[0]["weights"], outputs["weights"])
        metrics = json.loads(Path(trained[0]["metrics"]).read_text())
        outputs["metrics"].write_text(json.dumps({**metrics, "run": place.run, "seconds": -1}))
    job.join(30)
    assert not job.is_alive()
    assert json.loads(outputs["metrics"].read_text())["seconds"] == -1
    assert not place.folder.exists()


def test_dump_activations(folder, images, trained):
    whole = dump(folder, images, trained[0]["weights"], "all", "conv")
    batch = dump(folder, images, trained[0]["weights"], "batch0", "conv")
    index = np.load(batch / "images.npy")
    assert len(set(index)) == 20
    for layer, shape in zip(LAYERS, [(16, 16, 2), (4, 4, 8), (2, 2, 16)], strict=True):
        array = np.load(whole / f"layer{layer:02d}.npy")
        assert array.shape == (27, *shape)
        assert array.flags.c_contiguous
        np.testing.assert_allclose(np.load(batch / f"layer{layer:02d}.npy"), array[index], atol=1e-5)


def test_sample_points(folder, images, trained):
    activations = dump(folder, images, trained[0]["weights"], "batch0", "conv")
    points = np.load(sample(folder, images, trained[0]["weights"], "random", points_per_image=2))
    array, index = np.load(activations / "layer09.npy"), np.load(activations / "images.npy")
    position = {image: i for i, image in enumerate(index)}
    for vector, image, row, col, norm in zip(
        *(points[f"layer09.{name}"] for name in ("points", "image", "row", "col", "norm")), strict=True
    ):
        np.testing.assert_array_equal(vector, array[position[image], row, col])
        assert norm == pytest.approx(np.linalg.norm(vector), rel=1e-6)
    np.testing.assert_array_equal(points["layer09.label"], np.load(images["test_labels"])[points["layer09.image"]])


def test_draws_are_independent(folder, images, trained):
    """Of the same positions with the same number, and of others with another; the images stay."""
    weights = trained[0]["weights"]
    files = [np.load(sample(folder, images, weights, "random", "all", draw=draw)) for draw in ("", ".draw1", ".draw2")]
    again = np.load(sample(folder, images, weights, "random", "all", draw=".draw1"))
    places = [np.stack([file["layer00.row"], file["layer00.col"]]) for file in files]
    np.testing.assert_array_equal(again["layer00.points"], files[1]["layer00.points"])
    for first, second in ((0, 1), (0, 2), (1, 2)):
        # Of 256 positions.
        assert (places[first] == places[second]).all(axis=0).sum() <= 2
        np.testing.assert_array_equal(files[first]["layer00.image"], files[second]["layer00.image"])


def test_sample_points_names_the_layer(folder, images, trained):
    with pytest.raises(InputError, match=r"layer 16: .*points_per_image"):
        sample(folder, images, trained[0]["weights"], "random", points_per_image=5)


def test_compute_diagrams(diagrams):
    file = np.load(diagrams[0])
    assert file.files == [f"layer{layer:02d}.h{dimension}" for layer in LAYERS for dimension in (0, 1)]
    assert file["layer16.h0"].shape == (19, 2)
    assert (file["layer16.h0"][:, 0] == 0).all()


def test_distances(distances):
    layers, models = np.load(distances["layers"]["matrix"]), np.load(distances["models"])
    np.testing.assert_allclose(layers["h0"][1], models["h0"][3:, 3:])
    table = pd.read_csv(distances["layers"]["table"])
    for dimension in ("h0", "h1"):
        row = table.query(f"dimension == '{dimension}' and layer_a == 0 and layer_b == 16").iloc[0]
        values = layers[dimension][:, 0, 2]
        assert row["mean"] == pytest.approx(values.mean())
        # So few points may have no loop, and distances of 0 have no coefficient.
        assert row.cv == pytest.approx(values.std(ddof=1) / row["mean"] if row["mean"] else np.nan, nan_ok=True)
    assert table.query("dimension == 'h0'").cv.gt(0).all()
    specificity = pd.read_csv(distances["specificity"])
    one = specificity.query("metric == 'sw_h0' and models == 'fixed' and statistic == 'rho'")
    one = one.query("correlation == 'pearson' and own_layer == 'with'")
    expected = [np.corrcoef(models["h0"][i, :3], models["h0"][i, 3:])[0, 1] for i in range(3)]
    np.testing.assert_allclose(one.value, [np.mean(expected), *expected])
    assert one.layer.tolist() == ["mean", "0", "9", "16"]
    # Three layers of three widths.
    np.testing.assert_array_equal(one.width_p_value, np.ones(4))
    assert set(specificity.metric) == {"sw_h0", "sw_h1", "sw_sum"}
    assert set(specificity.groupby("models").n_pairs.first().items()) == {("fixed", 1), ("all", 2)}


def test_gaussian_diagrams(folder, distances):
    """Other points with the same moments: another diagram, on the same scale."""
    plain = compute(distances["clouds"][0], folder / "plain.npz")
    paths = [folder / f"gaussian{seed}" for seed in (0, 1)]
    clouds = [draw_gaussians(distances["clouds"][0], paths[seed] / "clouds.npz", seed) for seed in (0, 1)]
    control = [compute(clouds[seed], paths[seed] / "diagrams.npz", seed) for seed in (0, 1)]
    own, drawn = np.load(distances["clouds"][0]), np.load(clouds[0])
    assert drawn.files == [f"layer{layer:02d}.points" for layer in LAYERS]
    for name in drawn.files:
        np.testing.assert_array_equal(drawn[name], gaussian_like(own[name], [0, 0, int(name[5:7]), 0]))
    # Clouds of another batch are other draws, even of the same cloud.
    other = np.load(draw_gaussians(distances["clouds"][0], folder / "gaussian.batch1.npz", 0, batch=1))
    for name in other.files:
        centred = [each[name] - each[name].mean(axis=0) for each in (drawn, other)]
        assert abs(np.corrcoef(*map(np.ravel, centred))[0, 1]) < 0.5
    for layer in LAYERS:
        deaths = [file[f"layer{layer:02d}.h0"][:, 1] for file in (plain, *control)]
        assert len({tuple(values) for values in deaths}) == 3
        assert 0.2 < deaths[1].mean() / deaths[0].mean() < 5


@pytest.mark.parametrize("method", ["top_l2", "random", "full", "foreground"])
def test_a_layer_is_the_same_bytes_whatever_other_layers_lie_in_its_file(
    folder, images, trained, drawn_foreground, method
):
    """Its points with provenance, its Gaussian cloud and its diagrams; and readers find it in either of two files."""
    settings = {"cap": 100} if method == "full" else {"points_per_image": 2}
    masks = drawn_foreground if method == "foreground" else None
    weights, points = trained[0]["weights"], {}
    for layers in (LAYERS, [9], [0, 16]):
        points[tuple(layers)] = sample(
            folder, images, weights, method, tap="bn", layers=layers, foreground=masks, **settings
        )
    both, parts = points[tuple(LAYERS)], [points[9,], points[0, 16]]
    made = {"points": (both, parts)}
    made["gaussian"] = (folder / f"whole.{method}/gaussian.npz", [folder / f"parts.{method}/{i}.npz" for i in (0, 1)])
    draw_gaussians(both, made["gaussian"][0], 0)
    made["diagrams"] = (folder / f"whole.{method}/h.npz", [folder / f"parts.{method}/{i}.h.npz" for i in (0, 1)])
    compute(both, made["diagrams"][0])
    for i, layers in enumerate(([9], [0, 16])):
        # From either file, whichever is given first.
        draw_gaussians(parts[::-1], made["gaussian"][1][i], 0, layers=layers)
        compute(parts, made["diagrams"][1][i], layers=layers)
    for whole, own in made.values():
        expected, found = np.load(whole), [np.load(path) for path in own]
        assert sorted(found[0].files + found[1].files) == sorted(expected.files)
        for file in found:
            for name in file.files:
                assert file[name].dtype == expected[name].dtype
                assert file[name].tobytes() == expected[name].tobytes(), name


@pytest.mark.parametrize(
    ("method", "subset", "settings"),
    [
        ("top_l2", "batch0", {"points_per_image": 2}),
        ("random", "all", {"points_per_image": 2}),
        ("full", "all", {}),
        ("full", "all", {"cap": 100}),
        ("foreground", "all", {"points_per_image": 2}),
        ("background", "batch0", {"points_per_image": 1}),
    ],
)
def test_points_of_activations_on_disk_are_those_of_the_network(
    folder, images, trained, drawn_foreground, method, subset, settings
):
    """Byte for byte, from a dump of all layers and from two of some; half precision keeps positions and norms."""
    weights, masks = trained[0]["weights"], drawn_foreground if method.endswith("ground") else None
    arguments = {"subset": subset, "tap": "bn", "foreground": masks, **settings}
    expected = sample(folder, images, weights, method, **arguments)
    whole = dump(folder, images, weights, subset, "bn")
    parts = [dump(folder, images, weights, subset, "bn", layers=layers) for layers in ([9], [0, 16])]
    for dumps in ([whole], parts):
        assert sample(folder, images, weights, method, dumps=dumps, **arguments).read_bytes() == expected.read_bytes()
    half = dump(folder, images, weights, subset, "bn", precision="half")
    sizes = [sum(path.stat().st_size for path in each.glob("layer??.npy")) for each in (whole, half)]
    assert 1.9 < sizes[0] / sizes[1] < 2
    rounded = np.load(sample(folder, images, weights, method, dumps=[half], **arguments))
    for name, values in np.load(expected).items():
        assert rounded[name].dtype == values.dtype
        wanted = values.astype(np.float16).astype(np.float32) if name.endswith("points") else values
        np.testing.assert_array_equal(rounded[name], wanted)


def test_scaled_distances(distances):
    """The mean distance of a cloud becomes 1, whatever the layer."""
    points = np.load(distances["clouds"][0])
    units = [pdist(points[f"layer{layer:02d}.points"]).mean() for layer in LAYERS]
    plain, scaled = np.load(distances["models"])["h0"], np.load(distances["scaled"])["h0"]
    assert not np.allclose(scaled, plain)
    diagrams = [
        np.load(distances["models"].parent / "diagrams0/layers.npz")[f"layer{layer:02d}.h0"] for layer in LAYERS
    ]
    expected = sliced_wasserstein(diagrams[0] / units[0], diagrams[2] / units[2], 10)
    assert scaled[0, 2] == pytest.approx(expected)


def test_comparison(compared, distances):
    metrics = pd.read_csv(compared["metrics"])
    unpaired, scaled = ["sw_h0", "sw_h1", "sw_sum"], ["sw_h0_scaled", "sw_h1_scaled"]
    expected = [*unpaired, *scaled, "scale", "linear_cka", "mean_cca", "rtd"]
    for suffix in ("_matched", "_pooled"):
        expected += [name + suffix for name in (*unpaired, *scaled, "scale", "linear_cka")]
    assert metrics.metric.tolist() == expected
    table = pd.read_csv(distances["specificity"])
    rho = table.query("metric == 'sw_h0' and statistic == 'rho' and correlation == 'pearson' and own_layer == 'with'")
    rho = rho.query("models == 'fixed' and layer == 'mean'").value.item()
    assert metrics.rho_pearson[0] == pytest.approx(rho)
    curves = pd.concat([pd.read_csv(path) for path in compared["curves"]])
    assert set(curves.metric) == set(expected[:9])
    metrics = metrics.set_index("metric")
    # The trivial measure: the difference of mean distances between points, the same with every pairing of rows.
    units = [
        [pdist(np.load(path)[f"layer{layer:02d}.points"]).mean() for layer in LAYERS] for path in distances["clouds"]
    ]
    assert metrics.distance["scale"] == pytest.approx(np.abs(np.subtract(*units)).mean(), rel=1e-5)
    for name in ("linear_cka", "mean_cca", "linear_cka_matched", "linear_cka_pooled"):
        assert 0 < metrics.distance[name] <= metrics.chance_distance[name] * 1.5
    assert metrics.chance_distance[["rtd", "scale", "sw_h1_pooled"]].isna().all()
    assert metrics.points["linear_cka_pooled"] == "same image, mean over positions"
    assert {"smallest_layer0", "random_layer16"} <= set(metrics.columns)


def test_paired_clouds(folder, images, trained, distances, paired):
    own = [np.load(path) for path in distances["clouds"]]
    matched, pooled = ([np.load(path) for path in paired[pairing]] for pairing in ("matched", "pooled"))
    folder = dump(folder, images, trained[1]["weights"], "batch0", "conv", seed=1)
    for layer in LAYERS:
        key = f"layer{layer:02d}."
        # The first network's are its own; the second is read at the same positions of the same images.
        np.testing.assert_array_equal(matched[0][key + "points"], own[0][key + "points"])
        for name in ("image", "row", "col", "label"):
            np.testing.assert_array_equal(matched[1][key + name], own[0][key + name])
        activations = np.load(folder / f"layer{layer:02d}.npy")
        place = range(len(activations))
        expected = activations[place, own[0][key + "row"], own[0][key + "col"]]
        np.testing.assert_allclose(matched[1][key + "points"], expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(pooled[1][key + "points"], activations.mean(axis=(1, 2)), rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(pooled[1][key + "image"], own[1][key + "image"])


@pytest.mark.parametrize("pairing", ["matched", "pooled"])
def test_paired_clouds_of_activations_on_disk_are_those_of_the_network(
    folder, images, trained, distances, paired, pairing
):
    arguments = folder, images, trained[1]["weights"]
    dumps = [dump(*arguments, "batch0", "conv", seed=1, layers=layers) for layers in (LAYERS, [9], [0, 16])]
    for chosen in (dumps[:1], dumps[1:]):
        found = pair(*arguments, pairing, distances["clouds"][0], 1, chosen)
        assert found.read_bytes() == paired[pairing][1].read_bytes()


def test_a_layer_whose_points_are_all_equal_is_named_and_left_out(folder, diagrams, distances):
    arrays = dict(np.load(distances["clouds"][1]))
    arrays["layer09.points"][:] = 0.5
    flat = folder / "flat.npz"
    np.savez(flat, **arrays)
    n, place = len(LAYERS), LAYERS.index(9)
    order = {"layers": LAYERS, "dimensions": [0, 1], "seeds": [0, 1]}
    params = {"order": json.dumps(order), "distance": json.dumps({"n_directions": 5, "method": "exact"})}
    files = {"diagrams": diagrams, "points": [distances["clouds"][0], flat]}
    scaled = folder / "flat.models.npz"
    run("model_distances", files, {"matrix": scaled}, params)
    found = blocks(np.load(scaled)["h1"], 2, n)
    expected = np.zeros((2, 2, n, n), bool)
    expected[1, :, place], expected[:, 1, :, place] = True, True
    np.testing.assert_array_equal(np.isnan(found), expected)
    for metric in ("linear_cka", "sw", "scale"):
        settings = {"dimensions": [0], "directions": 5} if metric == "sw" else {}
        params = {"settings": json.dumps(settings), "order": json.dumps({"layers": LAYERS, "seeds": [0, 1]})}
        output = {"matrix": folder / f"flat.{metric}.npz"}
        run("metric_distances", {"points": files["points"]}, output, params, metric=metric)
        for name, each in np.load(output["matrix"]).items():
            if name not in ("layers", "seeds"):
                undefined = expected[0] if name in ("linear_cka", "linear_cka_chance", "sw_h0_scaled") else False
                np.testing.assert_array_equal(np.isnan(each), np.broadcast_to(undefined, each.shape))
    distance = json.dumps({"n_directions": 5, "method": "exact"})
    params = {"order": json.dumps(order | {"batches": [0, 1]}), "distance": distance}
    clouds = {"batch_points": files["points"], "network_points": files["points"]}
    crossed = folder / "flat.crossed.npz"
    run("crossed_distances", {"batches": diagrams, "networks": diagrams, **clouds}, {"matrix": crossed}, params)
    # Up to rounding, which depends on which of two diagrams comes first.
    np.testing.assert_allclose(np.load(crossed)["h1"].swapaxes(1, 2), found, rtol=1e-14)
    params |= {"draws": json.dumps({"draws": 1, "seed": 0})}
    table = folder / "flat.calibration.csv"
    files = {"points": [flat], "diagrams": diagrams[1]}
    run("calibrate_topology", files, {"table": table}, params, surrogates="gaussian")
    assert set(pd.read_csv(table).layer_a) == {0, 16}
    # Without it too few layers are left for a correlation.
    files = {"matrix": scaled, "points": distances["clouds"][:1]}
    with pytest.raises(InputError, match=r"2 layer\(s\) leave fewer than 3 distances"):
        params = {"tests": json.dumps(TESTS), "networks": json.dumps({"seeds": [0, 1]})}
        run("measure_specificity", files, {"table": folder / "flat.csv"}, params)


def test_specificity_of_some_of_the_networks(distances, tmp_path):
    """It is that of a study of these alone, in their order."""
    n, networks = len(LAYERS), [5, 7, 9]
    near = np.random.default_rng(0).random((3 * n, 3 * n))
    near = near + near.T
    files, tables = {"points": distances["clouds"][:1]}, []
    for seeds, chosen in ((networks, [9, 5]), ([9, 5], [9, 5])):
        rows = np.concatenate([np.arange(n) + n * networks.index(seed) for seed in seeds])
        matrix, table = tmp_path / f"{len(seeds)}.npz", tmp_path / f"{len(seeds)}.csv"
        save_arrays(matrix, h1=near[np.ix_(rows, rows)], layers=np.array(LAYERS), seeds=np.array(seeds))
        params = {"tests": json.dumps(TESTS), "networks": json.dumps({"seeds": chosen})}
        run("measure_specificity", files | {"matrix": matrix}, {"table": table}, params)
        tables.append(table.read_bytes())
    assert tables[0] == tables[1]


def test_power(power, distances, compared):
    found = np.load(power["distances"])
    n_points = len(np.load(distances["clouds"][0])["layer00.points"])
    assert list(zip(found["points"], found["directions"], strict=True)) == [(10, 10)] * 2 + [
        (n_points, n) for n in (3, 10)
    ]
    # All points and the usual directions are the distances that are there.
    models = blocks(np.load(distances["models"])["h1"], 2, len(LAYERS))
    np.testing.assert_allclose(found["h1.networks"][3], models[:1])
    np.testing.assert_allclose(found["h1.batches"][3], np.diagonal(models[0, 1]))
    curves = pd.read_csv(compared["curves"][0]).query("metric == 'sw_h1' and components == 'smallest'")
    np.testing.assert_allclose(found["h1.curves"][3], curves.distance)
    np.testing.assert_allclose(found["curve_fraction"], curves.fraction)
    # Other points and other directions are other distances.
    assert len({float(D.sum()) for D in found["h0.networks"]}) == 4
    table = pd.read_csv(power["table"])
    # The batches are the networks that are the baseline; without a bar in H1 it is 0.
    np.testing.assert_allclose(table.query("statistic == 'floor'").value.dropna(), 1)
    assert table.groupby("varied").n_draws.max().to_dict() == {"directions": 1, "networks": 2, "points": 2}


def test_detection(compared, distances):
    table, by_network = (pd.read_csv(compared[name]) for name in ("sensitivity", "by_network"))
    baseline = np.load(compared["rivals"][1])["linear_cka"][1, 2, 2]
    assert table.query("metric == 'linear_cka' and layer == 16").level.to_numpy() == pytest.approx(baseline)
    # Measures that pair rows have no floor.
    assert set(table[table.metric == "linear_cka"].threshold) == {"mean", "quantile"}
    batches = np.load(distances["batches"])
    assert batches["batches"].tolist() == [0, 1]
    n = len(LAYERS)
    floor = table.query("metric == 'sw_h1' and layer == 16 and threshold == 'floor_mean'")
    assert floor.level.to_numpy() == pytest.approx(batches["h1"][n - 1, 2 * n - 1])
    assert (table.networks == 2).all()
    assert set(by_network.network) == {0, 1}
    assert by_network[by_network.network == 0].level.tolist() == table.level.tolist()
    assert table.low.isna().all()


def test_detection_of_one_network_on_one_batch(folder, compared):
    """Nothing to compare with: the tables have their columns and no row, and the figure its curves."""
    files = {"models": [], "batches": [], "baselines": [], "curves": compared["curves"][:1]}
    output = {name: folder / f"alone.{name}.csv" for name in ("sensitivity", "by_network")}
    params = {
        "rivals": json.dumps({"metrics": []}),
        "references": json.dumps({"seeds": [0], "curves": [0]}),
        "levels": json.dumps({"quantile": 0.9, "level": 0.9}),
    }
    run("measure_detection", files, output, params)
    assert pd.read_csv(output["sensitivity"]).empty
    figure = {kind: folder / f"alone.{kind}" for kind in ("png", "svg")}
    files = {"curves": compared["curves"][:1], "detection": output["sensitivity"]}
    run("plot_sensitivity", files, figure, {"choice": json.dumps({"dimension": 1, "layers": LAYERS})})
    assert figure["png"].exists()


def test_no_curve_of_sensitivity(folder, diagrams, distances, compared, power):
    """Measures are compared without crossings and without their panels, and power has no detection."""
    files = {name: compared[name] for name in ("models", "scaled", "points", "rivals")} | {"curves": []}
    output = {name: folder / f"without.{name}.csv" for name in ("metrics", "specificity")}
    params = {"tests": json.dumps(TESTS), "rivals": json.dumps({"files": compared["names"], "curves": []})}
    run("compare_metrics", files, output, params)
    table, whole = pd.read_csv(output["metrics"]), pd.read_csv(compared["metrics"])
    pd.testing.assert_frame_equal(table, whole[table.columns])
    assert {name.partition("_")[0] for name in whole.columns.difference(table.columns)} == {"smallest", "random"}
    figure = {kind: folder / f"without.{kind}" for kind in ("png", "svg")}
    params = {"rivals": json.dumps({"files": compared["names"]})}
    run("plot_metrics", files | {"specificity": output["specificity"]}, figure, params)
    assert figure["png"].exists()
    files = {"points": distances["clouds"], "diagrams": diagrams}
    files |= {f"batch_{name}": paths for name, paths in files.items()}
    settings = {"points": [10, 500], "directions": [3, 10], "draws": 2, "usual_directions": 10, "seed": 0}
    params = {
        "order": json.dumps({"layers": LAYERS, "dimensions": [0, 1]}),
        "removal": json.dumps({"layers": [], "centred": True}),
        "power": json.dumps(settings),
    }
    output = {"distances": folder / "without.power.npz", "table": folder / "without.power.csv"}
    run("power_distances", files, {"distances": output["distances"]}, params)
    params = {"draw": json.dumps({"usual_directions": 10, "subsets": 4, "level": 0.9, "seed": 0})}
    files = {"distances": output["distances"], "models": distances["models"]}
    run("measure_power", files, {"table": output["table"]}, params)
    table, whole = (pd.read_csv(path) for path in (output["table"], power["table"]))
    others = whole.statistic != "detection"
    pd.testing.assert_frame_equal(table[others], whole[others])
    assert (table[~others].n_draws == 0).all()


@pytest.mark.parametrize("fitted", [False, True])
def test_untrained_networks_need_no_weights(folder, images, fitted):
    arrays = [
        np.load(dump(folder, images, [], "batch0", "bn", seed, fitted=fitted) / "layer09.npy") for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(arrays[0], arrays[1])
    assert not np.allclose(arrays[0], arrays[2])
    # Layer 9 is the first of its block, and gets no shortcut.
    assert (0.8 < arrays[0].std() < 1.2) == fitted


def test_foreground_and_background(folder, images, trained, foreground, drawn_foreground):
    masks = np.load(foreground["masks"])
    share = json.loads(Path(foreground["share"]).read_text())
    assert masks.shape == (27, 16, 16)
    assert share["no_foreground"] == pytest.approx((~masks.any(axis=(1, 2))).mean())
    foreground, masks = drawn_foreground, np.load(drawn_foreground["masks"])
    weights_file = trained[0]["weights"]
    index = np.load(dump(folder, images, weights_file, "batch0", "bn") / "images.npy")
    weights = position_weights(masks[index], np.load(foreground["fields"])["layer09"], "energy")
    points = np.load(
        sample(folder, images, weights_file, "foreground", tap="bn", foreground=foreground, points_per_image=2)
    )
    best = np.sort(weights.reshape(len(index), -1))[:, -2:]
    place = np.searchsorted(np.sort(index), points["layer09.image"])
    taken = weights[np.argsort(index)][place, points["layer09.row"], points["layer09.col"]]
    seen = masks[index].any(axis=(1, 2))
    assert 10 < seen.sum() < 20
    np.testing.assert_allclose(np.sort(taken.reshape(-1, 2))[seen], best[seen], rtol=1e-6)
    behind = np.load(
        sample(folder, images, weights_file, "background", tap="bn", foreground=foreground, points_per_image=2)
    )
    assert (behind["layer09.row"] != points["layer09.row"]).any()


def test_masks_of_a_folder(folder, images):
    """Each at the place of its image; the test part is found among masks of both parts."""
    rng, masks = np.random.default_rng(0), folder / "own masks"
    for path in sorted((folder / "images").glob("*/*.png")):
        (masks / path.parent.name).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(masks / path.parent.name / path.name), (rng.random((16, 16)) < 0.1).astype(np.uint8))
    cv2.imwrite(str(masks / "red/99.png"), np.ones((16, 16), np.uint8))
    output = {"masks": folder / "own.npy", "share": folder / "own.json"}
    settings = {"masks": "folder", "size": 16, "resize": None}
    places = {"masks": str(masks), "images": str(folder / "images")}
    files = {"images": images["test_images"], "files": images["test_files"]}
    params = {"settings": json.dumps(settings), "places": json.dumps(places), "limits": "{}"}
    run("find_foreground", files, output, params)
    expected = [cv2.imread(str(masks / name), 0) > 0 for name in pd.read_csv(images["test_files"]).file]
    np.testing.assert_array_equal(np.load(output["masks"]), expected)
    share = json.loads(output["share"].read_text())
    assert (share["n_images"], share["masks"], share["unknown_masks"]) == (27, "folder", 1)
    borders = [all([own[0].any(), own[-1].any(), own[:, 0].any(), own[:, -1].any()]) for own in expected]
    assert share["touches_all_borders"] == pytest.approx(np.mean(borders))


def test_draws_among_ties(folder, images, trained, foreground):
    """In layer 16 every field is the whole image, so that all positions of an image hold the same number of pixels."""

    def positions(method, points_per_image=1, noise=""):
        own = {"foreground": foreground, "weight": "count"} if method != "random" else {}
        weights, settings = trained[0]["weights"], {"points_per_image": points_per_image, "noise": noise, **own}
        points = np.load(sample(folder, images, weights, method, "all", "bn", **settings))
        place = 2 * points["layer16.row"] + points["layer16.col"]
        return place.reshape(-1, points_per_image)

    first = positions("foreground")
    assert set(first.ravel()) == {0, 1, 2, 3}
    np.testing.assert_array_equal(first, positions("foreground", 3)[:, :1])
    np.testing.assert_array_equal(
        first, positions("foreground", noise=json.dumps({"sigma": 0.5, "seed": 1, "units": "pixel"}))
    )
    # 27 images whose 4 positions are equally likely: about 7 coincide.
    for other in ("background", "random"):
        assert (positions(other) == first).sum() < 16


def test_controls_of_the_foreground(folder, images, trained, drawn_foreground):
    """The matched positions are those of the foreground, of other images; and tables of what the samplings choose."""
    own, files = {"foreground": drawn_foreground, "weight": "coverage", "points_per_image": 1}, {}
    for method in ("foreground", "position_matched", "central"):
        settings = own if method != "central" else {"points_per_image": 1, "share": 0.25}
        files[method] = sample(folder, images, trained[0]["weights"], method, "all", "bn", **settings)
    chosen, masks = {}, np.load(drawn_foreground["masks"])
    has = masks.any(axis=(1, 2))
    for method, path in files.items():
        points = np.load(path)
        assert points["layer09.image"].tolist() == list(range(27))
        chosen[method] = 4 * points["layer09.row"] + points["layer09.col"]
    first, matched, central = chosen.values()
    np.testing.assert_array_equal(first[~has], matched[~has])
    assert sorted(first[has]) == sorted(matched[has])
    assert (first[has] != matched[has]).any()
    assert set(central) <= {5, 6, 9, 10}
    output = {name: folder / f"{name}.csv" for name in ("coinciding", "seen")}
    order = {"layers": [16, 9], "samplings": list(files), "taps": {"bn": list(files)}}
    inputs = {
        "masks": drawn_foreground["masks"],
        "fields": [drawn_foreground["fields"]],
        "points": list(files.values()),
    }
    run("measure_positions", inputs, output, {"order": json.dumps(order)})
    coinciding, seen = (pd.read_csv(output[name]).query("layer == 9") for name in output)
    shares = coinciding.set_index(["sampling_a", "sampling_b"]).coinciding
    assert shares["foreground", "position_matched"] == pytest.approx((first == matched)[has].mean())
    weights = position_weights(masks, np.load(drawn_foreground["fields"])["layer09"], "coverage").reshape(27, 16)
    best = seen.set_index("sampling").coverage
    assert best["foreground"] == pytest.approx(weights[has].max(axis=1).mean())
    assert best["position_matched"] <= best["foreground"]


def test_noise_is_that_of_its_image(folder, images, trained):
    """Whether an image is dumped in a batch or with all others."""
    noise = json.dumps({"sigma": 0.5, "units": "normalised", "seed": 1})
    clean = np.load(dump(folder, images, trained[0]["weights"], "all", "conv") / "layer00.npy")
    whole = np.load(dump(folder, images, trained[0]["weights"], "all", "conv", noise=noise) / "layer00.npy")
    part = dump(folder, images, trained[0]["weights"], "batch0", "conv", noise=noise)
    np.testing.assert_allclose(np.load(part / "layer00.npy"), whole[np.load(part / "images.npy")], atol=1e-5)
    assert not np.allclose(whole, clean, atol=0.01)


def test_branching(branching, graphs):
    levels = np.load(branching["levels"])
    assert levels.files == [f"full.layer{layer:02d}" for layer in LAYERS]
    nodes = json.loads(Path(graphs[0]["graph"]).read_text())["nodes"]
    assert np.nanmax(levels["full.layer00"]) <= max(node["lens_mean"] for node in nodes)
    assert len(pd.read_csv(branching["table"])) == 3 * 6
    assert len(pd.read_csv(branching["agreement"])) == 3


@pytest.fixture(scope="module")
def analysed(folder, images, trained, graphs):
    memberships = [graph["membership"] for graph in graphs]
    output = {"table": folder / "graph_distances.csv", "flows": folder / "graph_flows.npz"}
    null = json.dumps({"n_permutations": 3, "seed": 0})
    run("measure_graph_distances", {"memberships": memberships}, output, {"order": ORDER, "null": null}, seed=0)
    points = sample(folder, images, trained[0]["weights"], "full", "all", "relu", cap=400)
    stable = {"grid": folder / "grid.csv", "samples": folder / "samples.csv"}
    params = {
        "settings": json.dumps(
            {"intervals": [3, 4], "overlaps": [0.3], "eps": [1, 1.5], "samples": 2, "share": 0.5, "seed": 0}
        ),
        **GRAPH,
    }
    files = {"points": points, "lens": [], "graph": graphs[2]["graph"]}
    run("measure_stability", files, stable, params, layer=16, seed=0, draw="")
    tables = {name: folder / f"{name}.csv" for name in ("profile", "segments", "branches")}
    tables["graphs"] = folder / "all_eps.npz"
    all_eps = {"all_eps": json.dumps({"values": 7, "quantiles": [0.2, 1], "prominence": 1.1})}
    files = {"points": points, "lens": [], "meta": images["meta"]}
    run("measure_all_eps", files, tables, {"cover": GRAPH["cover"], "min_samples": 3, **all_eps}, layer=16)
    return {**output, **stable, **tables, "points": points}


def test_graph_distances(analysed):
    table = pd.read_csv(analysed["table"])
    assert table[["layer_a", "layer_b"]].to_numpy().tolist() == [[0, 9], [9, 16]]
    assert np.load(analysed["flows"])["full.layer09.layer16"].sum() == pytest.approx(1)


def test_stability_holds_the_graph_itself(analysed, graphs):
    grid = pd.read_csv(analysed["grid"]).query("n_intervals == 4 and eps_factor == 1").iloc[0]
    described = json.loads(Path(graphs[2]["graph"]).read_text())
    assert grid.n_nodes == len(described["nodes"])
    assert grid.n_components == described["graph"]["n_components"]
    samples = pd.read_csv(analysed["samples"])
    assert samples.eps_choice.tolist() == ["fixed", "fixed", "anew", "anew"]
    np.testing.assert_allclose(samples.eps[:2], described["graph"]["eps"], rtol=1e-5)
    # The same parts, each with the knee of its own distances.
    assert samples["sample"].tolist() == [0, 1, 0, 1]
    assert samples.eps[2:].nunique() == 2
    facts = described["graph"]
    assert facts["eps_choice"]["knee_share"] == facts["eps_choice"]["knee_rank"] / facts["n_points"]


def test_all_eps_has_the_graph_at_any_of_its_values(folder, images, analysed):
    """Tables of every eps beside the graph that is made with one of them."""
    profile = pd.read_csv(analysed["profile"])
    assert len(profile) == 7
    row = profile[profile.n_nodes > 0].iloc[0]
    params = {**GRAPH, "clusterer": json.dumps({"eps": row.eps * (1 + 1e-9), "min_samples": 3, "clusterer": "dbscan"})}
    output = {"graph": folder / "at.json", "membership": folder / "at.npz"}
    files = {"points": analysed["points"], "lens": [], "meta": images["meta"], "eps": [], "parts": []}
    run("build_mapper", files, output, params, layer=16, **{**OWN, "draw": ".draw2", "noise": ".noise0.5"})
    graph = json.loads(output["graph"].read_text())
    assert [graph["graph"][name] for name in ("model", "seed", "draw", "noise")] == ["net", 0, 2, 0.5]
    assert (len(graph["nodes"]), graph["graph"]["n_components"]) == (row.n_nodes, row.n_components)
    # Its graph is kept, and is the same.
    [kept] = [graph for eps, graph in load_graphs(analysed["graphs"]) if np.isclose(eps, row.eps)]
    own = np.load(output["membership"])
    for name in ("interval", "edges", "shared", "jaccard"):
        np.testing.assert_array_equal(getattr(kept, name), own[name])
    assert (kept.incidence != load_incidence(own)).nnz == 0
    segments, branches = pd.read_csv(analysed["segments"]), pd.read_csv(analysed["branches"])
    assert set(segments.branch[segments.is_leaf]) == set(branches.branch)


def test_a_stable_eps_in_one_job_and_in_two(folder, images, analysed):
    clusterer = {**json.loads(GRAPH["clusterer"]), "eps": "stable", "stable": {"values": 9, "quantiles": [0.2, 1]}}
    params = {**GRAPH, "clusterer": json.dumps(clusterer)}
    output = {"graph": folder / "stable.json", "membership": folder / "stable.npz"}
    files = {"points": analysed["points"], "lens": [], "meta": images["meta"], "eps": [], "parts": []}
    run("build_mapper", files, output, params, layer=16, **OWN)
    run("choose_eps", files, {"eps": folder / "stable.eps.npz"}, params, layer=16)
    described = json.loads(str(np.load(folder / "stable.eps.npz")["description"]))
    graph = json.loads(output["graph"].read_text())["graph"]
    assert {name: graph[name] for name in described} == described
    assert described["eps_choice"]["rule"] in ("stable", "knee", "median")


@pytest.mark.parametrize("kind", ["graphml", "keplermapper", "mapper_interactive"])
def test_exports_come_back(folder, images, analysed, graphs, kind):
    paths = [folder / f"graph{layer}.{kind}" for layer in LAYERS]
    files = {"memberships": [graph["membership"] for graph in graphs], "descriptions": [g["graph"] for g in graphs]}
    files |= {"points": [analysed["points"]], "lens": [], "meta": images["meta"]}
    run("export_graphs", files, {"graphs": paths}, {"order": ORDER, "format": kind})
    # Each graph is written into its own file.
    assert len({path.read_text() for path in paths}) == len(LAYERS)
    text, n_points = paths[0].read_text(), np.load(graphs[0]["membership"])["shape"][0]
    eps = json.loads(Path(graphs[0]["graph"]).read_text())["graph"]["eps"]
    which = {"model": "net", "seed": 0, "sampling": "full", "layer": 0, "draw": 0, "noise": 0.0}
    if kind == "graphml":
        graph = from_graphml(text)
        assert nx.parse_graphml(text).graph.items() >= {"eps": eps, **which}.items()
    else:
        read = from_keplermapper if kind == "keplermapper" else from_mapper_interactive
        graph = read(json.loads(text), n_points)
    if kind == "keplermapper":
        told = json.loads(text)["meta_data"]
        expected = {"projection": "l2 norm", "n_cubes": "4", "perc_overlap": "0.3", "eps": str(eps), "min_samples": "3"}
        assert told.items() >= {**expected, **{name: str(value) for name, value in which.items()}}.items()
    if kind == "mapper_interactive":
        assert json.loads(text)["parameters"].items() >= which.items()
    file = np.load(graphs[0]["membership"])
    assert {tuple(edge) for edge in graph.edges} == {tuple(edge) for edge in file["edges"]}
    np.testing.assert_array_equal(np.sort(graph.sizes), np.sort(np.bincount(file["indices"])))


def test_another_clusterer(folder, images, analysed):
    output = {"graph": folder / "other.json", "membership": folder / "other.npz"}
    clusterer = {"path": "sklearn.cluster.KMeans", "params": {"n_clusters": 2, "n_init": 1}, "min_points": 2}
    params = {
        "cover": json.dumps({"intervals": 4, "overlap": 0.3, "convention": "balanced"}),
        "clusterer": json.dumps({"eps": "knee", "min_samples": 3, "clusterer": clusterer}),
        "lens": "",
    }
    files = {"points": analysed["points"], "lens": [], "meta": images["meta"], "eps": [], "parts": []}
    run("build_mapper", files, output, params, layer=16, **OWN)
    graph = json.loads(output["graph"].read_text())
    assert len(graph["nodes"]) == 8
    assert "eps" not in graph["graph"]
    files = {"memberships": [output["membership"]], "graphs": [output["graph"]], "meta": images["meta"]}
    tables = {"graphs": folder / "other.graphs.csv", "classes": folder / "other.classes.csv"}
    params = {
        "order": json.dumps({"graphs": [{"sampling": "full", "draw": 0, "sigma": 0, "layer": 16}]}),
        "null": json.dumps({"n_permutations": 5, "seed": 0}),
        "uncovered": "drop",
    }
    run("measure_purity", files, tables, params, seed=0)
    table = pd.read_csv(tables["graphs"])
    assert table.eps.isna().all()
    assert table.n_nodes.tolist() == [8]


def test_build_mapper(graphs):
    graph = json.loads(Path(graphs[-1]["graph"]).read_text())
    member = np.load(graphs[-1]["membership"])
    assert graph["graph"]["eps"] > 0
    assert graph["graph"]["layer"] == 16
    assert sum(node["size"] for node in graph["nodes"]) == len(member["indices"])
    assert len(graph["links"]) == len(member["edges"])


def test_a_graph_from_two_jobs_is_that_of_one(folder, images, analysed, graphs):
    eps, parts = folder / "eps.npz", [folder / f"part{part}.npz" for part in range(2)]
    files = {"points": analysed["points"], "lens": [], "meta": images["meta"], "eps": eps}
    run("choose_eps", files, {"eps": eps}, {**GRAPH, "cover": ""}, layer=16)
    for part, path in enumerate(parts):
        run("cluster_intervals", files, {"intervals": path}, {**GRAPH, "jobs": 2}, layer=16, part=part)
    output = {"graph": folder / "joined.json", "membership": folder / "joined.npz"}
    run("build_mapper", {**files, "eps": [eps], "parts": parts}, output, GRAPH, layer=16, **OWN)
    for name, path in output.items():
        assert path.read_bytes() == Path(graphs[2][name]).read_bytes()


def test_purity_by_labels_of_a_users_table(folder, images, graphs, purity):
    """By the classes, copied into a table of files, it is the purity by the classes."""
    files = pd.read_csv(images["test_files"])
    table = folder / "labels.csv"
    files.assign(kind_of="x" + files["class"], size=range(len(files)))[["file", "kind_of", "size"]].to_csv(table)
    order = [{"sampling": "full", "draw": 0, "sigma": 0, "layer": layer} for layer in LAYERS]
    inputs = {
        name: [graph[key] for graph in graphs] for name, key in (("graphs", "graph"), ("memberships", "membership"))
    }
    inputs |= {"files": images["test_files"]}
    params = {"order": json.dumps({"graphs": order}), "uncovered": "drop", "place": str(table)}
    params["null"] = json.dumps({"n_permutations": 5, "seed": 0})
    found = {}
    for column in ("kind_of", "size"):
        output = {"table": folder / f"label_purity.{column}.csv"}
        params["labels"] = json.dumps({"column": column, "kind": None})
        run("measure_label_purity", inputs, output, params, seed=0)
        found[column] = pd.read_csv(output["table"])
    by_class = found["kind_of"].query("measure == 'node_purity'")
    np.testing.assert_allclose(by_class.value, pd.read_csv(purity["graphs"]).node_purity)
    gamma = found["kind_of"].query("measure == 'class_purity'")
    np.testing.assert_allclose(gamma.value, pd.read_csv(purity["classes"]).purity)
    assert gamma["class"].tolist() == ["xblue", "xgreen", "xred"] * 3
    assert set(found["size"].measure) == {"explained_variance"}
    assert found["size"].value.between(0, 1).all()
    output = {"table": folder / "label_purity.csv"}
    keys = ["sampling", "sigma", "layer", "kind", "measure", "class"]
    columns = {"columns": json.dumps({"table": keys})}
    run("average_tables", {"table": [folder / "label_purity.kind_of.csv"]}, output, columns)
    averaged = pd.read_csv(output["table"])
    np.testing.assert_allclose(averaged.value, found["kind_of"].value)
    assert averaged["class"].tolist() == found["kind_of"]["class"].tolist()


@pytest.fixture(scope="module")
def predictions(folder, images, trained):
    output = folder / "predictions.npz"
    files, params = study(images, trained[0]["weights"], "all", "conv")
    del params["layers"], params["tap"]
    files["labels"] = images["test_labels"]
    run("predict_classes", files, {"predictions": output}, params, subset="all", seed=0)
    return output


def test_predictions_are_those_of_the_training(images, trained, predictions):
    found = np.load(predictions)
    np.testing.assert_array_equal(found["label"], np.load(images["test_labels"]))
    assert found["logits"].shape == (27, 3)
    accuracy = (found["logits"].argmax(axis=1) == found["label"]).mean()
    assert accuracy == pytest.approx(json.loads(Path(trained[0]["metrics"]).read_text())["test_accuracy"])


def test_a_graph_over_two_other_lenses(folder, images, analysed, predictions):
    points, lens = analysed["points"], folder / "lens.npy"
    files = {"points": points, "predictions": predictions, "meta": images["meta"]}
    params = {"lens": json.dumps({"lenses": [("logit", "green"), ("principal_component", 1)]})}
    run("compute_lens", files, {"lens": lens}, params, layer=16)
    values, image = np.load(lens), np.load(points)["layer16.image"]
    np.testing.assert_array_equal(values[:, 0], np.load(predictions)["logits"][image, 1])
    files |= {"lens": lens, "eps": [], "parts": []}
    output = {"graph": folder / "two.json", "membership": folder / "two.npz"}
    run("build_mapper", files, output, {**GRAPH, "lens": "logit of green, other"}, layer=16, **OWN)
    document = json.loads(output["graph"].read_text())
    assert document["graph"]["lens"] == "logit of green, other"
    assert document["nodes"]
    assert all(0 <= node["interval"] < 16 for node in document["nodes"])
    # In jobs, and exported, with the same lens.
    eps, parts = folder / "two.eps.npz", [folder / f"two.part{part}.npz" for part in range(3)]
    run("choose_eps", files, {"eps": eps}, GRAPH, layer=16)
    for part, path in enumerate(parts):
        run("cluster_intervals", files | {"eps": eps}, {"intervals": path}, {**GRAPH, "jobs": 3}, layer=16, part=part)
    joined = {"graph": folder / "two.joined.json", "membership": folder / "two.joined.npz"}
    files |= {"eps": [eps], "parts": parts}
    run("build_mapper", files, joined, {**GRAPH, "lens": "logit of green, other"}, layer=16, **OWN)
    for name, path in joined.items():
        assert path.read_bytes() == output[name].read_bytes()
    files = {"memberships": [output["membership"]], "points": [points], "lens": [lens], "meta": images["meta"]}
    files["descriptions"] = [output["graph"]]
    order = json.dumps({"graphs": json.loads(ORDER)["graphs"][2:]})
    exports = {"graphs": [folder / "two.mapper.json"]}
    run("export_graphs", files, exports, {"order": order, "format": "mapper_interactive"})
    exported = json.loads((folder / "two.mapper.json").read_text())
    assert exported["numerical_col_keys"] == ["lens", "lens2"]
    expected = [{"lens": node["lens_mean"], "lens2": node["lens2_mean"]} for node in document["nodes"]]
    assert [node["avgs"] for node in exported["nodes"].values()] == expected


def test_new_points_are_as_exact_as_those_of_a_graph_of_kept_activations(folder, images, trained, analysed):
    files, params = study(images, trained[0]["weights"], "all", "relu")
    files |= {"labels": images["test_labels"], "points": analysed["points"]}
    params |= {"sampling": json.dumps({"method": "full", "tap": "relu", "cap": 300}), "seed": 0, "batches": ""}
    found = {}
    for precision in ("single", "half"):
        output = {name: folder / f"{precision}.{name}.npz" for name in ("points", "predictions")}
        run("sample_new_points", files, output, {**params, "precision": precision}, shift=0, subset="all", seed=0)
        found[precision] = np.load(output["points"])["layer16.points"]
    assert found["half"].dtype == np.float32
    np.testing.assert_array_equal(found["half"], found["single"].astype(np.float16))
    assert not np.array_equal(found["half"], found["single"])


@pytest.mark.parametrize("own_images", [True, False])
def test_new_images(folder, images, trained, analysed, graphs, own_images):
    """Shifted by 0, a graph's own images go to their own nodes, and nowhere else."""
    files, params = study(images, trained[0]["weights"], "all", "relu")
    files |= {"labels": images["test_labels"], "points": analysed["points"] if own_images else []}
    if not own_images:
        files |= {"images": images["train_images"], "labels": images["train_labels"]}
    params |= {"sampling": json.dumps({"method": "full", "tap": "relu", "cap": 300}), "seed": 0, "batches": ""}
    new_points, predictions = [], []
    for shift in (0, 5):
        new_points.append(folder / f"new{shift}.npz")
        predictions.append(folder / f"new{shift}.predictions.npz")
        output = {"points": new_points[-1], "predictions": predictions[-1]}
        run("sample_new_points", files, output, params, shift=shift, subset="all", seed=0)
    files = {"points": analysed["points"], "lens": [], "meta": images["meta"], **graphs[2]}
    files |= {"new_points": new_points, "predictions": predictions}
    output = {name: folder / f"placed.{name}.csv" for name in ("points", "summary")}
    new, lens = {"shifts": [0, 5], "own_images": own_images}, {"lenses": [("l2", None)]}
    params = {"cover": GRAPH["cover"], "new": json.dumps(new), "lens": json.dumps(lens)}
    run("place_images", files, output, params, layer=16)
    table = pd.read_csv(output["points"], dtype={"nodes": str})
    summary = pd.read_csv(output["summary"]).set_index(["shift", "group"])
    # Every one of 2 x 2 positions.
    assert summary.n_points[0, "all"] == 4 * (27 if own_images else 63)
    # Of images in which something moved, other points.
    first, second = (np.load(path)["layer16.points"] for path in new_points)
    assert first.shape == second.shape
    assert not np.allclose(first, second)
    if not own_images:
        assert "kept" not in summary
        return
    np.testing.assert_array_equal(first, np.load(analysed["points"])["layer16.points"][:])
    file = np.load(graphs[2]["membership"])
    own = [" ".join(map(str, file["indices"][a:b])) for a, b in zip(file["indptr"], file["indptr"][1:], strict=False)]
    assert table[table["shift"] == 0].nodes.fillna("").tolist() == own
    assert summary.kept[0, "all"] == 1
    assert summary.placed[0, "all"] == pytest.approx(np.mean([text != "" for text in own]))
    assert summary.kept[5, "all"] < 1


def test_purity(purity, graphs):
    table = pd.read_csv(purity["graphs"])
    for row, files in zip(table.itertuples(), graphs, strict=True):
        nodes = json.loads(Path(files["graph"]).read_text())["nodes"]
        assert row.n_nodes == len(nodes)
        assert row.node_purity == pytest.approx(np.mean([1 / len(node["composition"]) for node in nodes]))
    classes = pd.read_csv(purity["classes"])
    assert classes["class"].tolist() == ["blue", "green", "red"] * 3


def test_confidence(folder, images, analysed, graphs):
    """The graph itself has all of it; of parts of the images there is a graph for each."""
    output = {"table": folder / "confidence.csv", "confidence": folder / "confidence.json"}
    files = {"graphs": [graphs[2]["graph"]] * 2, "memberships": [graphs[2]["membership"]] * 2}
    settings = {"jaccard": [0.4, 0.9], "branch": 0.01, "share": 0.5, "seed": 0}
    for parts, points in ((0, []), (2, analysed["points"])):
        params = {"sources": json.dumps({"sources": ["draws"]}), "settings": json.dumps({**settings, "parts": parts})}
        params |= GRAPH if parts else {"cover": "", "clusterer": ""}
        run("measure_confidence", {**files, "points": points, "lens": []}, output, params, layer=16)
        table, document = pd.read_csv(output["table"]), json.loads(output["confidence"].read_text())
        assert (table["share_draws"] == 1).all()
        assert (table["share_at_0.9"] >= 1 / (1 + parts)).all()
        nodes = json.loads(Path(graphs[2]["graph"]).read_text())["nodes"]
        assert [item["nodes"] for item in document["node"]] == [[node["id"]] for node in nodes]
        assert document["graphs"] == ["draws"] + ["parts"] * parts
        assert table.n_graphs.max() == 1 + parts
    order = json.dumps({"rows": ["full"], "columns": LAYERS, "confident": [2]})
    files = {
        "graphs": [files["graph"] for files in graphs],
        "confidence": [output["confidence"]],
        "meta": images["meta"],
    }
    figure = {kind: folder / f"confident.{kind}" for kind in ("png", "svg")}
    run("plot_mapper_graphs", files, figure, {"order": order, "colouring": BY_CLASSES})
    assert b"faint" in figure["svg"].read_bytes()


@pytest.mark.parametrize("colouring", [{"by": "lens"}, {"by": "labels", "column": "size", "kind": None, "classes": 2}])
def test_graphs_in_other_colours(folder, images, graphs, colouring):
    table = pd.read_csv(images["test_files"])
    table.assign(size=np.arange(len(table)) ** 2).iloc[:-2].to_csv(folder / "sizes.csv", index=False)
    is_by_labels = colouring["by"] == "labels"
    files = {
        "graphs": [own["graph"] for own in graphs],
        "memberships": [own["membership"] for own in graphs] if is_by_labels else [],
        "files": [images["test_files"]] if is_by_labels else [],
        "meta": images["meta"],
    }
    params = {"order": json.dumps({"rows": ["full"], "columns": LAYERS}), "colouring": json.dumps(colouring)}
    params["place"] = str(folder / "sizes.csv") if is_by_labels else ""
    figure = {kind: folder / f"{colouring['by']}.{kind}" for kind in ("png", "svg")}
    run("plot_mapper_graphs", files, figure, params)
    assert figure["png"].stat().st_size > 1000


def test_comparisons(folder, images, trained, graphs):
    """The graph of layer 16 in the place of that of noisy images, of another draw and of the first network."""
    accuracy = folder / "noisy_accuracy.csv"
    noise = json.dumps({"sigmas": [0.5, 1], "units": "normalised", "seed": 0})
    files = {"weights": trained[0]["weights"], "images": images["test_images"], "labels": images["test_labels"]}
    files |= {"meta": images["meta"]}
    run("measure_noisy_accuracy", files, {"table": accuracy}, {"network": NETWORK, "noise": noise}, seed=0)
    found = pd.read_csv(accuracy)
    assert found.sigma.tolist() == [0, 0.5, 1]
    metrics = json.loads(Path(trained[0]["metrics"]).read_text())
    assert found.test_accuracy[0] == pytest.approx(metrics["test_accuracy"], abs=1 / 27)

    own = [{"sampling": "full", "draw": 0, "sigma": 0, "layer": 16}]
    own += [{**own[0], "sigma": 0.5}, {**own[0], "draw": 1}, {**own[0], "sampling": "random"}]
    files = {"graphs": [graphs[2]["graph"]] * 5, "memberships": [graphs[2]["membership"]] * 5, "accuracy": accuracy}
    settings = {"kinds": ["noise", "samplings", "draws", "networks"], "jaccard": 0.4, "branch": 0.01}
    settings |= {"permutations": 4, "seed": 0}
    params = {"order": json.dumps({"graphs": own, "others": own[:1]}), "settings": json.dumps(settings)}
    tables = [folder / "comparisons.csv", folder / "comparisons.averaged.csv"]
    run("compare_graphs", files, {"table": tables[0]}, params, seed=1)
    table = pd.read_csv(tables[0])
    # The one graph of `random` stands for both draws.
    assert table.kind.tolist() == ["noise", "samplings", "samplings", "draws", "networks"]
    assert table.draw.tolist() == [0, 0, 1, 1, 0]
    assert (table.seed == 1).all()
    assert table.distance.abs().max() < 1e-6
    assert table.nodes_kept.tolist() == [1] * 5
    assert table.test_accuracy[0] == found.test_accuracy[1]
    assert table.clean_accuracy.isna().tolist() == [False, True, True, True, True]

    # Nothing is compared in the first network where networks are.
    alone = {
        "order": json.dumps({"graphs": own, "others": []}),
        "settings": json.dumps(settings | {"kinds": ["networks"]}),
    }
    run("compare_graphs", files, {"table": folder / "comparisons.first.csv"}, alone, seed=0)
    columns = json.dumps({"table": ["kind", "sampling_a", "sampling_b", "layer", "sigma"]})
    files = {"table": [folder / "comparisons.first.csv", tables[0]]}
    run("average_tables", files, {"table": tables[1]}, {"columns": columns})
    averaged = pd.read_csv(tables[1])
    assert averaged.kind.tolist() == ["noise", "samplings", "draws", "networks"]
    assert averaged.n_graphs.tolist() == [1, 2, 1, 1]
    assert averaged.layer.tolist() == [16] * 4
    figure = {kind: folder / f"comparisons.{kind}" for kind in ("png", "svg")}
    layers = {"layers": json.dumps({"order": [16], "names": [[16, "layer4.1"]]})}
    run("plot_graph_comparisons", {"table": tables[1]}, figure, layers)
    assert figure["png"].read_bytes().startswith(b"\x89PNG")


def test_a_graph_without_nodes_is_compared_all_the_same(folder, images, analysed, graphs):
    empty = {"graph": folder / "empty.json", "membership": folder / "empty.npz"}
    files = {"points": analysed["points"], "lens": [], "meta": images["meta"], "eps": [], "parts": []}
    clusterer = json.dumps({"eps": 1e-9, "min_samples": 300, "clusterer": "dbscan"})
    run("build_mapper", files, empty, {**GRAPH, "clusterer": clusterer}, layer=16, **OWN)
    assert json.loads(empty["graph"].read_text())["nodes"] == []
    pair = [empty, graphs[2]]
    files = {f"{name}s": [each[name] for each in pair] for name in empty}
    output = {"table": folder / "empty.csv", "confidence": folder / "empty.confidence.json"}
    settings = {"jaccard": [0.4], "branch": 0.01, "share": 0.5, "seed": 0, "parts": 0}
    params = {"sources": json.dumps({"sources": ["draws"]}), "settings": json.dumps(settings)}
    params |= {"cover": "", "clusterer": ""}
    run("measure_confidence", {**files, "points": [], "lens": []}, output, params, layer=16)
    assert "kind" in pd.read_csv(output["table"])
    assert json.loads(output["confidence"].read_text())["node"] == []

    columns = [{"sampling": name, "draw": 0, "sigma": 0, "layer": 16} for name in ("full", "random")]
    settings = {"kinds": ["samplings"], "jaccard": 0.4, "branch": 0.01, "permutations": 4, "seed": 0}
    params = {"order": json.dumps({"graphs": columns, "others": []}), "settings": json.dumps(settings)}
    run("compare_graphs", {**files, "accuracy": []}, {"table": output["table"]}, params, seed=0)
    (row,) = pd.read_csv(output["table"]).itertuples()
    assert np.isnan([row.distance, row.p, row.nodes_kept]).all()


def test_averages(averaged, purity):
    found, own = pd.read_csv(averaged["graphs"]), pd.read_csv(purity["graphs"])
    np.testing.assert_allclose(found.node_purity, 0.75 * own.node_purity)
    np.testing.assert_allclose(
        found[["node_purity_low", "node_purity_high"]], own.node_purity.to_numpy()[:, None] * [0.5, 1]
    )
    assert set(found.interval) == {"range over graphs"}
    classes = pd.read_csv(averaged["classes"])
    assert set(classes.interval) == {"none"}
    np.testing.assert_allclose(classes.purity, pd.read_csv(purity["classes"]).purity)


def test_averages_do_not_depend_on_the_order_of_networks(folder, purity):
    own, files = pd.read_csv(purity["graphs"]), []
    for seed in range(3):
        files.append(folder / f"ordered.seed{seed}.csv")
        own.assign(seed=seed, node_purity=(1 + seed) / 10).to_csv(files[-1], index=False)
    columns, outputs = json.dumps({"table": ["sampling", "sigma", "layer"]}), []
    for order in (files, files[::-1]):
        outputs.append(folder / f"ordered.{len(outputs)}.csv")
        run("average_tables", {"table": order}, {"table": outputs[-1]}, {"columns": columns})
    assert outputs[0].read_bytes() == outputs[1].read_bytes()


def draw(folder, name, files, params, kinds=("svg",), **wildcards):
    """Run the script of a figure, which writes it as often as it is asked to."""
    output = {kind: folder / f"{name}.{kind}" for kind in kinds}
    run(name, files, output, params, **wildcards)
    if "png" in kinds:
        assert output["png"].read_bytes().startswith(b"\x89PNG")
    if "svg" in kinds:
        assert b"<svg" in output["svg"].read_bytes()


def purity_params(purity_class):
    return {
        "purity_class": json.dumps({"name": purity_class}),
        "layers": json.dumps({"order": [9, 0, 16], "names": [[9, "block"]]}),
    }


def test_figures_and_summary(
    folder,
    images,
    trained,
    diagrams,
    distances,
    compared,
    power,
    foreground,
    graphs,
    averaged,
    branching,
    analysed,
):
    order, labelled = json.dumps({"rows": ["full"], "columns": LAYERS}), {"data": json.dumps({"labelled": True})}
    test_part = {"images": images["test_images"], "labels": images["test_labels"], "meta": images["meta"]}
    memberships = {
        key: [files[name] for files in graphs] for key, name in (("graphs", "graph"), ("memberships", "membership"))
    }
    points = sample(
        folder, images, trained[0]["weights"], "foreground", "all", "bn", foreground=foreground, points_per_image=1
    )
    metrics = [files["metrics"] for files in trained]
    jobs = {
        "plot_training": ({"metrics": metrics}, {}, {"model": "net"}),
        "plot_layer_distances": ({"matrix": distances["layers"]["matrix"]}, {"dimension": 1}, {}),
        "plot_specificity": (
            {"matrix": distances["models"]},
            {"choice": json.dumps({"dimension": 0, "row": 9, "pair": [1, 0]})},
            {},
        ),
        "plot_vietoris_rips": ({}, {}, {}),
        "plot_diagrams": (
            {"diagrams": diagrams[0]},
            {"order": json.dumps({"layers": LAYERS, "dimensions": [0, 1]})},
            {},
        ),
        "plot_sensitivity": (
            {"curves": compared["of_both"], "detection": compared["sensitivity"]},
            {"choice": json.dumps({"dimension": 1, "layers": LAYERS})},
            {},
        ),
        "plot_controls": (
            {"tables": [distances["specificity"]] * 2, "differences": distances["differences"]},
            {"choice": json.dumps({"controls": ["scaled"], "dimension": 1, "layers": LAYERS})},
            {},
        ),
        "plot_power": ({"table": power["table"]}, {}, {}),
        "plot_metrics": (
            {name: compared[name] for name in ("models", "scaled", "rivals", "curves", "specificity")},
            {"rivals": json.dumps({"files": compared["names"]})},
            {},
        ),
        "plot_mapper_graphs": (
            {"graphs": [files["graph"] for files in graphs], "meta": images["meta"]},
            {"order": order, "colouring": BY_CLASSES},
            {},
        ),
        "plot_nested_circles": ({}, {}, {}),
        "plot_branching": (
            {**branching, "meta": images["meta"]},
            {"order": json.dumps({"sampling": "full", "layers": LAYERS, "names": [], "classes": 20}), "lens": ""},
            {},
        ),
        "plot_graph_flow": (
            {**analysed, "graphs": [files["graph"] for files in graphs[:2]], "meta": images["meta"]},
            {
                "order": json.dumps(
                    {
                        "sampling": "full",
                        "layers": LAYERS[:2],
                        "axis": LAYERS[::-1],
                        "names": [[9, "block"]],
                        "classes": 20,
                    }
                )
            },
            {},
        ),
        "plot_stability": (analysed, {"cover": json.dumps({"intervals": 4, "overlap": 0.3}), **labelled}, {}),
        "plot_all_eps": ({**analysed, "graph": graphs[2]["graph"]}, labelled, {}),
        "plot_eps_choice": (
            memberships,
            {"order": json.dumps({"graphs": [("full", "", layer) for layer in LAYERS], "names": [[9, "block"]]})},
            {},
        ),
        "plot_noise": (
            test_part,
            {"noise": json.dumps({"n_images": 2, "seed": 0, "sigmas": [0.1, 1], "units": "pixel"})},
            {},
        ),
        "plot_foreground": (
            {**test_part, **foreground, "points": points},
            {"choice": json.dumps({"n_images": 2, "layers": [16, 9], "weight": "energy", "names": [[9, "block"]]})},
            {},
        ),
        "plot_purity": ({**averaged, "meta": images["meta"]}, purity_params(None), {}),
    }
    for name, (files, params, wildcards) in jobs.items():
        draw(folder, name, files, params, **wildcards)

    files = {"meta": images["meta"], "homology_metrics": metrics, "mapper_metrics": metrics, **averaged}
    files |= {"layers": distances["layers"]["table"], "specificity": [distances["specificity"]] * 2}
    files |= {name: compared[name] for name in ("metrics", "sensitivity")}
    files |= {"foreground": foreground["share"], "controls": distances["differences"]}
    studies = {"run": "test", "homology": {"model": "net"}, "controls": ["scaled"], "mapper": {"model": "net"}}
    studies["layer_names"] = {"net": {"0": "stem"}}
    studies |= {"dimension": 1, "sensitivity_layers": [0]}
    studies["homology"] |= {"batches": 2}
    output = {"summary": folder / "summary.json", "captions": [folder / f"captions/{name}.rst" for name in CAPTIONS]}
    run("summarise", files, output, {"studies": json.dumps(studies)})
    assert "ρ of H1 is" in (folder / "captions/specificity.rst").read_text()
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["homology"]["layer_distances"]["h1"]["paper"] == {"max_cv_below": 0.17}
    assert set(summary["homology"]["specificity"]) == {"trained", "scaled"}
    assert "paper" not in summary["homology"]["specificity"]["trained"]["h0"]
    assert "ding, all reference" in summary["homology"]["specificity"]["scaled"]["h0"]["trained_minus_control"]
    assert list(summary["homology"]["metrics"]) == pd.read_csv(compared["metrics"]).metric.tolist()
    assert set(summary["homology"]["sensitivity"]["linear_cka"]["16"]) == {"smallest", "random"}
    assert list(summary["mapper"]["graphs"]["full"]) == ["0", "9", "16"]
    assert 0 <= summary["mapper"]["foreground"]["no_foreground"] <= 1


def test_purity_of_a_class_is_drawn(folder, images, averaged):
    draw(folder, "plot_purity", {**averaged, "meta": images["meta"]}, purity_params("red"), kinds=("png", "svg"))


def test_plot_purity_names_the_classes(folder, images, purity):
    files = {**purity, "meta": images["meta"]}
    with pytest.raises(InputError, match="no class 'deer'; choose one of blue, green, red"):
        run("plot_purity", files, {"png": folder / "x.png"}, {"purity_class": json.dumps({"name": "deer"})})


def test_dump_activations_refuses_other_weights(folder, images):
    save_tensors(folder / "other.safetensors", resnet18_cifar(3, "B", 3, seed=0).state_dict())
    with pytest.raises(InputError, match="do not fit the network"):
        dump(folder, images, folder / "other.safetensors", "batch0", "conv")
    assert not (folder / "batch0.conv.seed0.part").exists()


def test_imported_weights_give_the_same_activations(folder, images):
    """AlexNet for 7 classes on images of 3 classes, dumped from the imported file."""
    state = build("alexnet", n_classes=7, seed=5).state_dict()
    save_tensors(folder / "alexnet.safetensors", state)
    meta = json.loads(Path(images["meta"]).read_text())
    files = {"meta": folder / "meta96.json"}
    files["meta"].write_text(json.dumps({**meta, "image_shape": [96, 96, 3]}))
    output = {"weights": folder / "imported.safetensors", "metrics": folder / "imported.json"}
    alexnet = {"network": json.dumps({"architecture": "alexnet"})}
    weights = {"weights": str(folder / "alexnet.safetensors"), "content": "0123456789abcdef"}
    run("import_weights", files, output, {**alexnet, **weights}, seed=0)
    noted = json.loads(output["metrics"].read_text())
    assert (noted["n_classes"], noted["weights"]) == (7, weights["content"])
    large = np.random.default_rng(0).integers(0, 256, (4, 96, 96, 3), dtype=np.uint8)
    np.save(folder / "large.npy", large)
    params = {
        **alexnet,
        "precision": "single",
        "layers": json.dumps({"layers": [4]}),
        "tap": "relu",
        "batches": "",
        "noise": "",
    }
    files |= {"images": folder / "large.npy", "weights": output["weights"]}
    run("dump_activations", files, dumped(folder / "alexnet"), params, subset="all", seed=0)
    model = build("alexnet", n_classes=7, seed=5).eval()
    with torch.inference_mode():
        expected = model.features[:12](to_input(large, meta["mean"], meta["std"])).permute(0, 2, 3, 1)
    np.testing.assert_allclose(np.load(folder / "alexnet/layer04.npy"), expected, atol=1e-5)


MASKED = """
import torch

def build(n_channels, n_classes):
    layers = [torch.nn.Conv2d(n_channels, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU()]
    head = [torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(4, n_classes)]
    network = torch.nn.Sequential(*layers, *head)
    network.register_buffer("mask", torch.tensor([0, float("-inf")]))
    return network
"""


@pytest.mark.parametrize(
    ("name", "value", "refused"),
    [
        (None, None, False),
        ("0.weight", -np.inf, True),
        ("mask", np.nan, True),
        ("mask", np.inf, True),
        ("1.running_var", np.inf, True),
        ("1.running_mean", np.nan, True),
    ],
)
def test_imported_weights_that_are_not_finite_are_damaged_but_for_masks(tmp_path, images, name, value, refused):
    (tmp_path / "net.py").write_text(MASKED)
    network = {"module": f"{tmp_path / 'net.py'}:build"}
    state = build(**network, n_channels=3, n_classes=3).state_dict()
    if name:
        state[name].view(-1)[0] = value
    torch.save(state, tmp_path / "net.pth")
    output = {"weights": tmp_path / "imported.safetensors", "metrics": tmp_path / "imported.json"}
    params = {"network": json.dumps(network), "weights": str(tmp_path / "net.pth"), "content": "0123456789abcdef"}
    files = {"meta": images["meta"]}
    if not refused:
        run("import_weights", files, output, params, seed=0)
        assert load_tensors(output["weights"])[0]["mask"].tolist() == [0, -np.inf]
        return
    with pytest.raises(InputError, match=f"values that are not finite, first in {name}; they are damaged"):
        run("import_weights", files, output, params, seed=0)


def test_listing(folder):
    command = [sys.executable, str(SCRIPTS / "list_layers.py"), "--models", "resnet18_a"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = done.stdout.strip().splitlines()
    assert lines[0] == "resnet18_a: resnet18_cifar, images of 32 x 32 x 3"
    [last] = [line.split() for line in lines if line.split()[:2] == ["16", "blocks.7.conv2"]]
    assert last == ["16", "blocks.7.conv2", "Conv2d", "4", "4", "512", "conv", "bn", "relu", "input", "residual"]
    failed = subprocess.run([*command[:-1], "x"], capture_output=True, text=True, check=False)
    assert (failed.returncode, failed.stderr) == (1, "error: no model x; the config has resnet18_a, resnet18_b\n")


def test_epochs_of_training(folder, images, trained, diagrams, distances, graphs):
    """The second network in the place of the first at an earlier epoch."""
    files = {
        "diagrams": diagrams[::-1],
        "specificity": [distances["specificity"]] * 2,
        "models": [distances["models"]],
        "batches": [distances["batches"]],
        "metrics": [own["metrics"] for own in trained],
    }
    order = {"epochs": [1, 4], "seeds": [0], "layers": LAYERS, "dimensions": [0, 1]}
    params = {"order": json.dumps(order), "distance": json.dumps({"n_directions": 10, "method": "exact"}), "level": 0.9}
    run("measure_epochs", files, {"table": folder / "epochs.csv"}, params)
    table = pd.read_csv(folder / "epochs.csv", keep_default_na=False, na_values=[""])
    own = blocks(np.load(distances["models"])["h1"], 2, len(LAYERS))[0, 1].diagonal()
    rows = table[(table.metric == "sw_h1") & (table.statistic == "distance")]
    np.testing.assert_allclose(rows[rows.epoch == 1].value, own)
    np.testing.assert_allclose(rows[rows.epoch == 4].value, 0, atol=1e-9)
    # Two networks stand for two epochs, two batches and themselves. Where both have no bar, there is no unit.
    relative = table[table.statistic == "relative"].query("epoch == 1")
    distance = table[table.statistic == "distance"].query("epoch == 1")
    of_layers = relative[relative.layer != "mean"]
    np.testing.assert_allclose(of_layers.value, np.where(distance.value > 0, 1, np.nan))
    np.testing.assert_allclose(relative[relative.layer == "mean"].value, 1)
    assert (distance.value > 0).sum() > 2
    accuracy = [json.loads(Path(own["metrics"]).read_text())["test_accuracy"] for own in trained]
    assert table[table.statistic == "test_accuracy"].value.tolist() == accuracy
    choice = json.dumps({"layers": LAYERS, "dimension": 1, "names": [[LAYERS[0], "stem"]]})
    run("plot_epochs", {"table": folder / "epochs.csv"}, {"png": folder / "epochs.png"}, {"choice": choice})

    key = {"sampling": "full", "draw": 0, "sigma": 0}
    order = [{**key, "layer": layer, "epoch": epoch} for epoch in (1, 4) for layer in LAYERS]
    files = {kind: [own[name] for own in graphs * 2] for kind, name in GRAPH_FILES.items()}
    tables = {name: folder / f"epoch_{name}.csv" for name in ("graphs", "classes")}
    params = {"order": json.dumps({"graphs": order}), "null": json.dumps({"n_permutations": 5, "seed": 0})}
    params |= {"uncovered": "drop"}
    run("measure_purity", {**files, "meta": images["meta"]}, tables, params, seed=0)
    mean = folder / "mean_epochs.csv"
    columns = json.dumps({"graphs": ["sampling", "layer", "epoch"]})
    run("average_tables", {"graphs": [tables["graphs"]]}, {"graphs": mean}, {"columns": columns})
    assert pd.read_csv(mean).epoch.tolist() == [1] * 3 + [4] * 3
    layers = json.dumps({"order": LAYERS, "names": []})
    run("plot_epoch_purity", {"table": mean}, {"png": folder / "epoch_purity.png"}, {"layers": layers})


def test_two_networks(folder, diagrams, distances, paired, graphs):
    """Two seeds of one network in the place of two models, with some of their layers each."""
    sides = {"a": [0, 9, 16], "b": [16, 0]}
    names = [[layer, f"conv{layer}"] for layer in LAYERS]
    networks = {f"model_{side}": side for side in sides} | {f"names_{side}": names for side in sides}
    networks |= {f"layers_{side}": layers for side, layers in sides.items()}
    networks |= {"graph_layers_a": [0, 9], "graph_layers_b": [9]}
    metrics = {"linear_cka": {}, "rtd_lite": {}}
    params = {
        "networks": json.dumps(networks),
        "order": json.dumps({"dimensions": [0, 1]}),
        "distance": json.dumps({"n_directions": 10, "method": "exact"}),
        "metrics": json.dumps({"metrics": metrics}),
        "null": json.dumps({"n_permutations": 5, "seed": 0}),
    }
    files = {"points": distances["clouds"], "pooled": paired["pooled"], "diagrams": diagrams}
    output = {"matrices": folder / "pair.npz", "table": folder / "pair.csv"}
    run("compare_networks", files, output, params)
    found, models = np.load(output["matrices"]), np.load(distances["models"])
    expected = blocks(models["h1"], 2, len(LAYERS))[0, 1]
    np.testing.assert_allclose(found["sw_h1"], expected[:, [2, 0]])
    np.testing.assert_allclose(found["sw_h0_scaled"], blocks(np.load(distances["scaled"])["h0"], 2, 3)[0, 1][:, [2, 0]])
    assert found["linear_cka_chance"].shape == (3, 2)
    table = pd.read_csv(output["table"])
    assert table[table.measure == "rtd_lite"].name_b.tolist() == ["conv16", "conv0"] * 3
    memberships = [graphs[0]["membership"], graphs[1]["membership"], graphs[1]["membership"]]
    of_graphs = folder / "pair_graphs.csv"
    run("compare_network_graphs", {"memberships": memberships}, {"table": of_graphs}, params)
    own = pd.read_csv(of_graphs)
    assert own.layer_a.tolist() == [0, 9]
    assert own.distance[1] == pytest.approx(0, abs=1e-6)
    files = {"tables": [output["table"], of_graphs]}
    run("plot_network_pair", files, {"png": folder / "pair.png"}, {"names": json.dumps({"names": ["a", "b"]})})


@pytest.mark.parametrize("kind", ["gaussian", "class_gaussian"])
def test_calibration(folder, diagrams, distances, kind):
    table = folder / f"calibration.{kind}.csv"
    params = {
        "order": json.dumps({"layers": LAYERS, "dimensions": [0, 1]}),
        "distance": json.dumps({"n_directions": 10}),
        "draws": json.dumps({"draws": 4, "seed": 0}),
    }
    files = {"points": distances["clouds"][:1], "diagrams": diagrams[0]}
    run("calibrate_topology", files, {"table": table}, params, surrogates=kind)
    found = pd.read_csv(table).set_index(["dimension", "scale", "layer_a", "layer_b"])
    assert len(found) == 3 * 2 * 6
    models = np.load(distances["models"])
    np.testing.assert_allclose(found.observed["h0", "own", 0, 9], models["h0"][0, 1])
    assert set(found.p_value.round(6)) <= {0.2, 0.4, 0.6, 0.8, 1}
    figure = {kind: folder / f"plot_calibration.{kind}" for kind in ("png", "svg")}
    choice = json.dumps({"kinds": [kind], "layers": LAYERS, "dimension": 0, "level": 0.95})
    run("plot_calibration", {"tables": [table]}, figure, {"choice": choice})
    assert figure["png"].stat().st_size > 1000


def document(page, name):
    """A document of the explorer's page."""
    start = page.index(f'<script type="application/json" id="{name}">')
    return json.loads(page[page.index(">", start) + 1 : page.index("</script>", start)])


def test_explorer(folder, images, trained, graphs, analysed, averaged):
    """A page of a graph with all that can be known of its nodes, and of the same at every eps."""
    own, membership = json.loads(graphs[2]["graph"].read_text()), np.load(graphs[2]["membership"])
    n_images, n_nodes = len(np.load(images["test_images"])), len(own["nodes"])
    confidence = folder / "explored.confidence.json"
    save_json(confidence, {"node": [{"nodes": [0], "share": 0.75}]})
    logits, labels = np.zeros((n_images, 3)), np.load(images["test_labels"])
    logits[:, 1] = 1
    save_arrays(folder / "explored.logits.npz", image=np.arange(n_images), label=labels, logits=logits)
    names = pd.read_csv(images["test_files"]).file
    table = folder / "explored.labels.csv"
    pd.DataFrame(
        {"file": names, "kind": ["odd", "even"] * (n_images // 2) + ["odd"] * (n_images % 2), "weight": 2.5}
    ).to_csv(table, index=False)
    save_json(folder / "explored.distances.json", {"distances": {}})
    key = {"model": "net", "seed": 0, "sampling": "full", "draw": 0, "sigma": 0.0, "layer": 16, "layer_name": "last"}
    key |= {"tap": "bn", "epoch": 3, "confidence": 0, "predictions": 0, "points": None}
    order = {"run": "test", "graphs": [key], "at_all_eps": [0], "seed": 0, "lenses": ["l2 norm"]}
    order |= {
        "labels": [("kind", {"column": "kind", "kind": "classes"}), ("weight", {"column": "weight", "kind": "numbers"})]
    }
    order |= {"layers": [[16, "layer 16"]], "fields": [], "networks": ["net"], "purity_class": None}
    files = {
        "graphs": [graphs[2]["graph"]],
        "memberships": [graphs[2]["membership"]],
        "at_all_eps": [analysed["graphs"]],
    }
    files |= {"confidence": [confidence], "predictions": [folder / "explored.logits.npz"], "points": [], "fields": []}
    files |= {"graphs_purity": averaged["graphs"], "classes_purity": averaged["classes"]}
    files |= {
        "distances": folder / "explored.distances.json",
        "networks": [trained[0]["metrics"]],
        "meta": images["meta"],
    }
    files |= {"images": images["test_images"], "labels": images["test_labels"], "files": images["test_files"]}
    params = {"order": json.dumps(order), "benchmarks": str(folder / "benchmarks"), "tables": [str(table)] * 2}
    run("build_explorer", files, {"page": folder / "explorer.html"}, params)
    page = (folder / "explorer.html").read_text()
    found, main = document(page, "graph-0"), document(page, "main")
    assert found["measures"]["confidence"] == [0.75] + [None] * (n_nodes - 1)
    by_node = load_incidence(membership).tocsc()
    own_images = [
        np.unique(membership["image"][by_node.indices[start:end]])
        for start, end in zip(by_node.indptr[:-1], by_node.indptr[1:], strict=True)
    ]
    expected = [(labels[members] != 1).mean() for members in own_images]
    np.testing.assert_allclose(found["measures"]["misclassified"], expected, rtol=1e-6)
    assert found["measures"]["label:weight"] == [2.5] * n_nodes
    kinds = found["columns"]["label:kind"]
    assert (kinds["classes"], len(kinds["colours"])) == (["even", "odd"], 2)
    assert [sum(pairs[1::2]) for pairs in kinds["counts"]] == list(map(len, own_images))
    profile = pd.read_csv(analysed["profile"])
    assert [graph["is_chosen"] for graph in main["graphs"]] == [True] + [False] * len(profile)
    np.testing.assert_allclose([graph["eps"] for graph in main["graphs"][1:]], profile.eps)
    sizes = [len(document(page, f"graph-{place + 1}")["size"]) for place in range(len(profile))]
    assert sizes == profile.n_nodes.tolist()
    assert document(page, "images")["files"] == names.tolist()


def test_gathered_distances(folder, diagrams, distances, compared):
    """What the explorer shows of distances: every matrix, as the files have it."""
    order = {
        "layers": [[layer, f"layer {layer}"] for layer in LAYERS],
        "seeds": [0, 1],
        "dimensions": [0, 1],
        "level": 0.9,
    }
    order |= {"clouds": ["trained", "scaled"], "rivals": [clouds for clouds, _ in compared["names"]], "surrogates": []}
    order["diagrams"] = [["trained", 0], ["trained", 1]]
    files = {"batches": distances["layers"]["matrix"], "models": [distances["models"], distances["scaled"]]}
    files |= {"rivals": compared["rivals"], "specificity": [distances["specificity"]] * 2, "calibration": []}
    files |= {"by_metric": [compared["specificity"]], "curves": compared["of_both"][:1]}
    files |= {"detection": compared["sensitivity"], "diagrams": diagrams, "points": distances["clouds"][:1]}
    epochs = {"epoch": [0, 3], "metric": "sw_h1", "statistic": "relative", "layer": ["mean", "0"], "value": [0.5, None]}
    pd.DataFrame(epochs).assign(low=None, high=None).to_csv(folder / "explored.epochs.csv", index=False)
    pair = {
        "measure": "graphs",
        "layer_a": 0,
        "name_a": "conv",
        "layer_b": [9, 4],
        "name_b": ["x", "y"],
        "distance": 0.5,
    }
    pd.DataFrame(pair).assign(chance=[0.75, 0.25]).to_csv(folder / "explored.pair.csv", index=False)
    files |= {"epochs": [folder / "explored.epochs.csv"], "pair": [folder / "explored.pair.csv"]}
    order["pair"] = ["net", "other"]
    run("gather_distances", files, {"documents": folder / "explored.json"}, {"order": json.dumps(order)})
    documents = json.loads((folder / "explored.json").read_text())
    found = documents["distances"]
    matrices = {(own["clouds"], own["metric"]): np.array(own["values"], dtype=float) for own in found["matrices"]}
    models = np.load(distances["models"])
    own = blocks(models["h1"], 2, 3)[0].reshape(2, 9)
    np.testing.assert_allclose(matrices["trained", "sw_h1"], own, rtol=1e-6)
    for (clouds, _), path in zip(compared["names"], compared["rivals"], strict=True):
        clouds = "trained" if clouds == "own" else clouds
        file = np.load(path)
        for name in set(file.files) & {"linear_cka", "scale", "sw_h0", "mean_cca", "rtd"}:
            np.testing.assert_allclose(matrices[clouds, name], file[name].reshape(2, 9), rtol=1e-6)
    assert set(found["clouds"]) == {"trained", "scaled", "matched", "pooled"}
    assert found["alpha"] == 0.1
    assert found["sizes"] == [
        list(np.load(distances["clouds"][0])[f"layer{layer:02d}.points"].shape) for layer in LAYERS
    ]
    rho = pd.DataFrame(found["rho"]["rows"], columns=found["rho"]["columns"])
    assert {"sw_h1", "linear_cka", "scale"} <= set(rho[rho.clouds == "trained"].metric)
    assert not rho.duplicated(["clouds", "metric", "layer"]).any()
    assert len(documents["diagrams-1"]["h0"]) == 3
    assert [row[:5] for row in found["epochs"]["rows"]] == [[0, "sw_h1", "relative", "mean", 0.5]]
    [measure] = found["pair"]["measures"]
    assert (measure["label"], measure["values"], measure["chance"]) == (
        "mapper graphs, memberships",
        [0.5] * 2,
        [0.75, 0.25],
    )
    assert (found["pair"]["names"], measure["layers"]) == (["net", "other"], [[[0, "conv"]], [[9, "x"], [4, "y"]]])
    # A single network has its distances on the first batch.
    files |= {"models": [], "rivals": [], "specificity": [], "by_metric": [], "epochs": [], "pair": []}
    # There may be no curve of sensitivity.
    files |= {"curves": [], "detection": []}
    alone = json.dumps(order | {"seeds": [0], "rivals": [], "clouds": [], "pair": []})
    run("gather_distances", files, {"documents": folder / "explored.json"}, {"order": alone})
    found = json.loads((folder / "explored.json").read_text())["distances"]
    assert (found["epochs"]["rows"], found["pair"]) == ([], None)
    assert (found["curves"], found["detection"]["rows"]) == ([], [])
    found = found["matrices"]
    assert {own["metric"] for own in found} == {"sw_h0", "sw_h1", "sw_sum"}
    first = np.load(distances["layers"]["matrix"])["h1"][0].ravel()
    np.testing.assert_allclose(found[1]["values"][0], first, rtol=1e-6)


def test_variance_budget(folder, diagrams, distances):
    """Clouds of another network stand in for those of another batch."""
    order = {"layers": LAYERS, "dimensions": [0, 1], "batches": [0, 1], "seeds": [0, 1]}
    params = {"order": json.dumps(order), "distance": json.dumps({"n_directions": 10, "method": "exact"})}
    matrices = {}
    for name, clouds in (("trained", []), ("scaled", distances["clouds"])):
        matrices[name] = folder / f"crossed.{name}.npz"
        files = {"batches": diagrams, "networks": diagrams, "batch_points": clouds, "network_points": clouds}
        run("crossed_distances", files, {"matrix": matrices[name]}, params)
        expected = np.load(distances["models" if name == "trained" else "scaled"])["sum"].reshape(2, 3, 2, 3)
        np.testing.assert_allclose(np.load(matrices[name])["sum"], expected)
    table, clouds = folder / "budget.csv", {"clouds": list(matrices), "position": None, "level": 0.95}
    params = {"clouds": json.dumps(clouds)}
    run("measure_variance_budget", {"matrices": list(matrices.values())}, {"table": table}, params)
    found = pd.read_csv(table)
    parts = found[found.term != "total"].groupby(["dimension", "layer_a", "layer_b"]).value.sum()
    total = found[found.term == "total"].set_index(["dimension", "layer_a", "layer_b"]).value
    # Totals of equal diagrams are 0, and their parts rounding errors.
    np.testing.assert_allclose(parts, total, atol=1e-13)
    assert set(found.term) >= {"seed", "scale", "remainder"}
    assert found[found.term == "position"].value.isna().all()
    figure = {kind: folder / f"plot_variance_budget.{kind}" for kind in ("png", "svg")}
    run("plot_variance_budget", {"table": table}, figure, {"choice": json.dumps({"layers": LAYERS, "dimension": 1})})
    assert figure["png"].stat().st_size > 1000


def test_debiased_distances(folder, diagrams):
    order = json.dumps({"layers": LAYERS, "dimensions": [0, 1], "batches": [0, 1]})
    params = {"order": order, "distance": json.dumps({"n_directions": 10, "method": "exact"})}
    matrix, table = folder / "batches.npz", folder / "debiased.csv"
    run("model_distances", {"diagrams": diagrams, "points": []}, {"matrix": matrix}, params)
    run("measure_debiased", {"matrix": matrix}, {"table": table}, {"level": 0.95})
    found = pd.read_csv(table)
    assert list(found.dimension.unique()) == ["h0", "h1", "sum"]
    np.testing.assert_allclose(found.debiased, found.other_batch - found.noise, atol=1e-12)


def test_every_script_is_run_here():
    text = Path(__file__).read_text()
    missing = [path.stem for path in SCRIPTS.glob("*.py") if f'"{path.stem}' not in text]
    # All but "prune", "build_explorer", "node_images" and "write_report", which have tests of their own.
    assert missing == []
