"""`benchmarks/gpu.py` on the CPU: its folder is one in which Snakemake finds networks and points done."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest
import yaml
from actopo.networks.recipe import Recipe
from tiny import ROOT, TINY, Workflow, forked_python

MODELS, POINTS = "models/resnet18_a", "points/resnet18_a"
COMMAND = [str(ROOT / "benchmarks/gpu.py"), "--images", "images", "--configfile", "own.yaml"]
COMMAND += ["--device", "cpu", "--tiny", "--threads", "1"]


def call(folder, *arguments, path=None):
    """Run the command in a folder; with a folder of modules before all others, in a process that starts anew."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(path or "")}
    command = [forked_python() if path is None else sys.executable, *COMMAND, "--out", "made", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folder in which the command has made a study of two networks, and what it said."""
    folder, rng = tmp_path_factory.mktemp("gpu"), np.random.default_rng(0)
    for part in ("train", "test"):
        for channel, name in enumerate(("cat", "dog")):
            (folder / "images" / part / name).mkdir(parents=True)
            for i in range(16):
                image = rng.integers(0, 120, (16, 16, 3), dtype=np.uint8)
                image[..., channel] += 100
                cv2.imwrite(str(folder / "images" / part / name / f"{i}.png"), image)
    config = copy.deepcopy(TINY)
    config["data"], config["figures"] = {"size": 16}, {"purity_class": "cat"}
    config["homology"] |= {"batches": 2, "batch_size": 15}
    config["similarity"] |= {"surrogates": None, "power": None}
    config["models"]["resnet18_b"]["training"]["epochs"] = 3
    (folder / "own.yaml").write_text(yaml.safe_dump(config))
    done = call(folder)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_checks_and_measurements_are_printed_and_kept(made):
    folder, said = made
    report = json.loads((folder / "made/gpu/report.json").read_text())
    assert {"losses", "same_seed", "points", "fields", "clusters", "neighbours", "distances"} <= set(report["checks"])
    assert {"training", "obvious_training", "dumping", "sampling", "knee"} <= set(report["speed"])
    for kind in ("checks", "speed"):
        for name in report[kind]:
            assert f"{kind}: {name} (" in said
    assert "2 of 2 networks of resnet18_a" in said


def test_nothing_is_done_twice(made):
    folder, _ = made
    weights = folder / "made" / MODELS / "seed1.safetensors"
    before, content = weights.stat().st_mtime_ns, weights.read_bytes()
    points = folder / "made" / POINTS / "seed1/homology.batch0.top_l2/layers0.8-9.16.npz"
    points.unlink()
    (folder / "made" / MODELS / "seed0.json").write_text("{}")
    again = call(folder)
    assert again.returncode == 0, again.stderr
    assert "checks: losses: found before" in again.stdout
    assert "seed 0: trained in" in again.stdout
    assert "seed 1: trained in" not in again.stdout
    assert (weights.stat().st_mtime_ns, weights.read_bytes()) == (before, content)
    assert points.exists()


def test_what_the_folder_was_not_made_for_is_refused(made, tmp_path):
    """Before anything is checked or trained: other images, other keys, and keys that do not exist."""
    folder, _ = made
    shutil.copytree(folder / "made", tmp_path / "made")
    shutil.copytree(folder / "images", tmp_path / "images")
    config = yaml.safe_load((folder / "own.yaml").read_text())

    def refused(*arguments, **changes):
        (tmp_path / "own.yaml").write_text(yaml.safe_dump({**config, **changes}))
        done = call(tmp_path, *arguments)
        assert done.returncode != 0
        assert not done.stdout
        return done.stderr.splitlines()[-1]

    wrong = "made/data/image_folder has other images, or of other keys of `data`; give another --out"
    assert refused(data={"size": 12}).endswith(wrong)
    (tmp_path / "images/train/cat/0.png").unlink()
    assert refused().endswith(wrong)
    assert "homology.laiers" in refused(homology={"laiers": 3})
    assert "homology.batches: 9 batches of 15 images are more" in refused(homology={**config["homology"], "batches": 9})
    assert refused("--threads", "0").endswith("--threads is a number of threads, 1 at least")


def test_the_command_of_the_page_takes_so_few_images(made, tmp_path):
    """What is checked and measured is of a device and its code, and is taken from the other study here."""
    page = (ROOT / "docs/gpu.md").read_text(encoding="utf-8")
    [command] = re.findall(r"^python (benchmarks/gpu\.py .*--tiny .*)$", page, re.MULTILINE)
    [config] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "small.yaml").write_text(config)
    rng = np.random.default_rng(0)
    for part, n in (("train", 18), ("test", 6)):
        for name in ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"):
            (tmp_path / "images" / part / name).mkdir(parents=True)
            for i in range(n):
                cv2.imwrite(str(tmp_path / f"images/{part}/{name}/{i}.png"), rng.integers(0, 255, (32, 32, 3), "uint8"))
    shutil.copytree(made[0] / "made/gpu", tmp_path / "on_cpu/gpu")
    words = command.replace("cifar10_240.zip", "images").split()[1:]
    command = [forked_python(), str(ROOT / "benchmarks/gpu.py"), *words, "--minutes", "0", "--threads", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "0 of 2 networks of resnet18_a are in on_cpu" in done.stdout


def test_without_time_no_network_is_trained(made, tmp_path):
    folder, _ = made
    for name in ("images", "own.yaml"):
        (tmp_path / name).symlink_to(folder / name)
    shutil.copytree(folder / "made/gpu", tmp_path / "made/gpu")
    done = call(tmp_path, "--minutes", "0")
    assert done.returncode == 0, done.stderr
    assert "0 of 2 networks of resnet18_a" in done.stdout


def test_the_workflow_goes_on_in_a_copy_of_the_folder(made, tmp_path):
    folder, _ = made
    workflow = Workflow(tmp_path / "workflow")
    results, config = workflow.folder / "results/tiny", "results/tiny/gpu/config.yaml"
    results.parent.mkdir()
    subprocess.run(["cp", "-a", folder / "made", results], check=True)
    planned = workflow.planned(configfiles=[config])
    # Points of the mapper study, of three samplings and of one with noise, are not made by the command.
    assert planned["sample_points"] == 4
    # The network of the mapper study is trained too.
    assert "train_model" not in planned
    assert "prepare_images" not in planned
    assert planned["compute_diagrams"] == 8
    # What the workflow makes itself is the same, and so is that from which it knows a network: recipe, code and images.
    network, points = results / MODELS / "seed1.safetensors", results / POINTS / "seed1/homology.batch0.top_l2"

    def content():
        run = json.loads(network.with_suffix(".json").read_text())["run"]
        return run, network.read_bytes(), (points / "layers0.8-9.16.npz").read_bytes()

    before = content()
    targets = [str(path.relative_to(workflow.folder)) for path in (network, points / "layers0.8-9.16.npz")]
    done = workflow.run("--forcerun", "train_model", "sample_points", "--", *targets, configfiles=[config])
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("rule train_model:") + done.stderr.count("rule train_model:") == 1
    assert content() == before


# What PyTorch, NumPy, SciPy and scikit-learn do not bring; numba is there.
BARE = [
    "yaml",
    "safetensors",
    "tqdm",
    "cv2",
    "PIL",
    "pandas",
    "torchvision",
    "snakemake",
    "jsonschema",
    "gtda",
]
BLOCK = f"""
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        found = super().find_spec(name, path, target)
        is_other = name.partition(".")[0] in {BARE} and found is not None and "site-packages" in str(found.origin)
        if is_other and path is None:
            return super().find_spec(name, [place for place in sys.path if "site-packages" not in place], target)
        return found

sys.meta_path[:] = [Without if finder is PathFinder else finder for finder in sys.meta_path]
"""


def test_on_a_bare_machine(made, tmp_path):
    """Images that are there are enough: networks have the same bytes. Without them it says what to install."""
    folder, _ = made
    shutil.copytree(folder / "made", tmp_path / "made")
    (tmp_path / "own.yaml").write_text(json.dumps(yaml.safe_load((folder / "own.yaml").read_text())))
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked/sitecustomize.py").write_text(BLOCK)
    weights = tmp_path / "made" / MODELS / "seed1.safetensors"
    expected = weights.read_bytes()
    weights.unlink()
    done = call(tmp_path, path=tmp_path / "blocked")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "seed 1: trained in" in done.stdout
    assert weights.read_bytes() == expected
    refused = call(tmp_path, "--out", "other", path=tmp_path / "blocked")
    assert refused.returncode == 1
    assert refused.stderr.endswith("-m pip install opencv-python-headless pillow 'pandas<3'\n")
    assert not refused.stdout


def test_a_training_that_takes_longer_goes_on_in_the_next_call(made, tmp_path, monkeypatch):
    """The network of the mapper study, asked for alone, in parts."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import time

    import gpu

    # The first optimiser imports it. An import that the end of the time interrupts cannot be done again here.
    import torch._dynamo  # noqa: F401
    from gpu_study import Study, read_config

    folder, _ = made
    shutil.copytree(folder / "made", tmp_path / "made")
    shutil.rmtree(tmp_path / "made/models/resnet18_b")
    config, _ = read_config([folder / "own.yaml"], folder / "images")
    study = Study(tmp_path / "made", config, "cpu", 1, "mapper")
    study.prepare()
    epochs, rate = [], Recipe.rate

    def slow(recipe, epoch):
        """Take a second for the first batch of an epoch."""
        if epoch == int(epoch):
            epochs.append(epoch)
            time.sleep(1)
        return rate(recipe, epoch)

    monkeypatch.setattr(Recipe, "rate", slow)
    n_calls = 0
    while not gpu.train_networks(study, time.monotonic() + 2.5 * 2**n_calls):
        n_calls += 1
        assert n_calls < 8
    assert n_calls >= 1
    name = "models/resnet18_b/seed0.safetensors"
    assert (tmp_path / "made" / name).read_bytes() == (folder / "made" / name).read_bytes()


def test_what_differs_ends_the_command(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    from gpu_checks import TINY as SIZES
    from gpu_checks import Checks, Differs

    images = np.random.default_rng(0).integers(0, 256, (64, 16, 16, 3), dtype=np.uint8)
    checks = Checks(images, np.arange(64) % 2, ([0.5] * 3, [0.25] * 3), "cpu", SIZES)
    seen = []

    def other(model, *arguments):
        seen.append(model)
        return {"loss": [0.5 + 0.01 * len(seen)]}

    monkeypatch.setattr("gpu_checks.train", other)
    with pytest.raises(Differs, match=r"the mean loss is 0\.520000, and 0\.510000 on the CPU"):
        checks.losses()
