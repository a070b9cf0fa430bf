"""Bad input ends with one readable message and a non-zero exit, and keeps what was computed."""

import copy
import re
import subprocess
import zipfile

import cv2
import numpy as np
import pytest
from tiny import ROOT, TINY, Workflow


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    return Workflow(tmp_path_factory.mktemp("bad"))


def failing(workflow, changes, *arguments):
    config = copy.deepcopy(TINY)
    for section, values in changes.items():
        config[section] = {**config[section], **values} if isinstance(values, dict) else values
    done = workflow.run(*arguments, configfiles=[workflow.config(config, "bad.yaml")])
    assert done.returncode != 0
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"run": 2026}, "run: 2026 is not a text; put it in quotes"),
        ({"mapper": {"overlapp": 0.3}}, "mapper.overlapp: unknown key; did you mean 'overlap'?"),
        ({"data": {"dataset": "cifar"}}, "data.dataset: 'cifar' is not one of"),
        ({"homology": {"tap": "pool"}}, "homology.tap: 'pool' is not one of conv, bn, relu"),
        ({"figures": {"purity_class": "deer"}}, "figures.purity_class: there is no class 'deer'"),
        ({"data": {"dataset": "image_folder", "root": "none.zip"}}, "data.root: none.zip does not exist"),
    ],
)
def test_configuration(fresh, changes, words):
    text = failing(fresh, changes, "--dry-run")
    assert words in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("activations/resnet18_a/seed0/mapper.all.relu/layers16", "the mapper study does not read network resnet18_a"),
        (
            "activations/resnet18_b/seed0/homology.batch0.conv/layers0",
            "the homology study does not read network resnet18_b",
        ),
        ("points/resnet18_a/seed0/mapper.all.random.noise0.5/layers16.npz", "it reads resnet18_b"),
    ],
)
def test_activations_of_a_network_outside_the_study(fresh, target, words):
    assert words in failing(fresh, {}, "--dry-run", "--", f"results/tiny/{target}")


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({}, "graph_flow", "mapper.layers is one layer"),
        ({}, "epoch_purity", "no network of the mapper study is kept at epochs"),
        ({"similarity": {"sensitivity": None}}, "sensitivity", "similarity.sensitivity is null"),
        ({"mapper": {"eps": 1.5}}, "eps_choice", "no eps is looked for; set mapper.eps to knee or stable"),
        ({}, "all_eps.full.layer16", "mapper.all_eps is null"),
        ({}, "networks", "mapper.networks has no model"),
        ({}, "network_pair", "comparison is null"),
        (
            {"mapper": {"samplings": TINY["mapper"]["samplings"] | {"foreground_1": None}}},
            "foreground",
            "no sampling goes by the foreground; add one to mapper.samplings",
        ),
        ({"mapper": {"noise": {"sigmas": []}}}, "noise", "no graph has noise"),
        (
            {"models": {"resnet18_a": {"seeds": 1}}},
            "controls",
            "the homology study has one network; give models.resnet",
        ),
    ],
)
def test_a_figure_that_the_configuration_leaves_out(fresh, changes, name, words):
    text = failing(fresh, changes, "--dry-run", "--", f"results/tiny/figures/{name}.svg")
    assert f"The configuration leaves this figure out: {words}" in text


def test_every_figure_that_may_be_left_out_says_so():
    """Under its own name, in the rule that draws it."""
    rules = "".join(file.read_text() for file in sorted((ROOT / "workflow/rules").glob("*.smk")))
    named = re.findall(r"^show_figure_if\(.*?, \"(\w+)\",", rules, flags=re.M)
    drawn = re.findall(r"^(?:use )?rule \w*plot_(?:(?!^(?:use )?rule ).)*", rules, flags=re.M | re.S)
    by_name = {re.search(r"figures/(\w+)\.", rule)[1]: re.findall(r"for_figure\(\s*\"(\w+)\"", rule) for rule in drawn}
    assert {name: asked for name, asked in by_name.items() if asked} == {name: [name] for name in [*named, "all_eps"]}


def write_images(folder, classes, n=4, side=20):
    rng = np.random.default_rng(0)
    for name in classes:
        (folder / name).mkdir(parents=True)
        for i in range(n):
            cv2.imwrite(str(folder / name / f"{i}.png"), rng.integers(0, 256, (side, side, 3), dtype=np.uint8))


@pytest.mark.parametrize("problem", ["corrupt zip", "empty class", "one class"])
def test_images_that_are_refused_before_anything_runs(fresh, tmp_path, problem):
    root = tmp_path / "images"
    write_images(root, ["cat"] if problem == "one class" else ["cat", "dog"])
    word = "cat"
    if problem == "corrupt zip":
        archive = tmp_path / "images.zip"
        with zipfile.ZipFile(archive, "w") as file:
            for path in root.rglob("*.png"):
                file.write(path, path.relative_to(root))
        archive.write_bytes(archive.read_bytes()[:-200])
        root, word = archive, "images.zip"
    elif problem == "empty class":
        (root / "bird").mkdir()
        word = "bird"
    changes = {"data": {"dataset": "image_folder", "root": str(root)}, "figures": {"purity_class": None}}
    text = failing(fresh, changes, "--dry-run")
    message = next(line for line in text.splitlines() if "data.root '" in line)
    assert word in message
    assert "Traceback" not in text


def test_images_that_cannot_be_read_are_named_by_the_job(fresh, tmp_path):
    root = tmp_path / "images"
    write_images(root, ["cat", "dog"], n=40)
    (root / "dog/2.png").write_bytes(b"no image")
    changes = {"data": {"dataset": "image_folder", "root": str(root), "test_share": 0.9}}
    changes["figures"] = {"purity_class": None}
    text = failing(fresh, changes, "results/tiny/data/image_folder/meta.json")
    message = next(line for line in text.splitlines() if line.startswith("error in prepare_images: "))
    assert "dog/2.png" in message
    assert "Traceback" not in text
    assert not list((fresh.folder / "results/tiny/data").rglob("*.npy"))


@pytest.mark.parametrize(
    "changes",
    [{"homology": {"batch_size": 100_000}}, {"homology": {"batches": 50}}, {"homology": {"batch_size": 190}}],
)
def test_more_images_than_there_are(fresh, changes):
    """The 1797 digits give a test part of 179."""
    text = failing(fresh, changes, "--dry-run")
    assert re.search(r"homology\.batches: \d+ batches of \d+ images are more than the 179 of part test; lower", text)
    assert "Traceback" not in text


def test_a_study_may_have_no_graph_whose_stability_is_measured(fresh):
    config = {**TINY, "mapper": {**TINY["mapper"], "stability": {**TINY["mapper"]["stability"], "graphs": []}}}
    planned = fresh.planned(configfiles=[fresh.config(config, "none.yaml")])
    assert planned["build_mapper"]
    assert "measure_stability" not in planned


def test_a_limit_on_files_leaves_nothing_half_written(spoilable):
    """No file may grow beyond 64 KiB, and the activations of layer 0 have 120."""
    target = "results/tiny/activations/resnet18_a/seed0/homology.batch0.conv/layers0.16"
    limited = ["bash", "-c", 'ulimit -f 64; exec "$@"', "limited", *spoilable.command("--", target)]
    done = subprocess.run(limited, cwd=spoilable.folder, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode != 0
    assert "error in dump_activations: a limit on the size of files is reached (ulimit -f)" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    folder = spoilable.folder / target
    assert not folder.exists()
    assert not list(folder.parents[3].rglob("*"))
    done = spoilable.run("--", target)
    assert done.returncode == 0, done.stdout + done.stderr
    points = np.load(
        spoilable.folder / "results/tiny/points/resnet18_a/seed0/homology.batch0.top_l2/layers0.8-9.16.npz"
    )
    place = {image: i for i, image in enumerate(np.load(folder / "images.npy"))}
    for layer in (0, 16):
        image, row, col = (points[f"layer{layer:02d}.{name}"] for name in ("image", "row", "col"))
        activations = np.load(folder / f"layer{layer:02d}.npy")
        taken = activations[[place[i] for i in image], row, col]
        np.testing.assert_array_equal(taken, points[f"layer{layer:02d}.points"])
        norms = np.linalg.norm(activations.astype(float), axis=3)
        np.testing.assert_allclose(points[f"layer{layer:02d}.norm"], norms.max(axis=(1, 2)), rtol=1e-6)
