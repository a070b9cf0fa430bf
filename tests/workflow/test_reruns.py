"""After a finished run, what a change would run again: exactly what depends on it."""

import copy
import json
import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml
from actopo.config.values import own_seed
from rerun_table import (
    AFTER_MAPPER,
    AFTER_MODELS,
    BASES,
    CALIBRATION,
    EPOCH_PURITY,
    INACTIVE,
    POSITIONS,
    POWER_DISTANCES,
    PURITY,
    ROWS,
    STABILITY,
    schema_key,
    schema_keys,
    with_changes,
)
from test_envs import ENVIRONMENTS
from tiny import ROOT, TINY, Workflow

SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
KEYS = list(schema_keys(SCHEMA))
CASES = [(row.base, {row.path: row.value} | row.besides) for row in ROWS]
CASES += [(base, changes) for base, changes, _ in INACTIVE]


def make_inputs(folder):
    """Files of one's own that `WIDE` names, and others that it may name instead."""
    for name in ("images", "more_images", "masks", "more_masks"):
        for place in ("train/cat", "train/dog", "test/cat", "test/dog"):
            (folder / name / place).mkdir(parents=True)
            for number in range(9 if "more" in name else 8):
                (folder / name / place / f"{number}.png").write_bytes(b"image")
    for name in ("images", "masks"):
        shutil.copytree(folder / name, folder / "elsewhere" / name)
    for name in ("network.py", "lens.py", "breeds.csv", "alexnet.pth", "deeplab.pth"):
        other, text = (f"image,breed,size\n0,{breed},1\n" for breed in (name, "a"))
        if name.endswith(".py"):
            other, text = (f"def height(points):\n    return {value}\n" for value in (1, 2))
        (folder / f"other_{name}").write_text(other)
        (folder / name).write_text(text)
        shutil.copy(folder / name, folder / f"elsewhere/renamed{Path(name).suffix}")


@pytest.fixture(scope="module")
def pretended(tmp_path_factory):
    """Workflow folders of the bases, whose outputs are empty files with Snakemake's records."""
    made = {}

    def folder_of(base):
        if base not in made:
            made[base] = Workflow(tmp_path_factory.mktemp(base))
            make_inputs(made[base].folder)
            made[base].config(BASES[base], "base.yaml")
            made[base].pretend(configfiles=["base.yaml"])
        return made[base]

    return folder_of


@pytest.fixture(scope="module")
def plans(pretended, request):
    """Plans of the bases and of all changes that are to be tested, by their places in `CASES`."""
    own = [item for item in request.session.items if item.path == request.path]
    wanted = {item.callspec.params["case"] for item in own if "case" in item.fixturenames}
    found = {}
    for base in BASES:
        places = [place for place in sorted(wanted) if CASES[place][0] == base]
        if places:
            workflow = pretended(base)
            names = [workflow.config(with_changes(*CASES[place]), f"case{place}.yaml") for place in places]
            found |= dict(zip([base, *places], workflow.plans(["base.yaml", *names]), strict=True))
    return found


@pytest.fixture(scope="module")
def tiny(pretended):
    """Workflow folder of the tiny config."""
    return pretended("tiny")


def running(plan):
    """Number of jobs of every rule that Snakemake would run."""
    return dict(Counter(job["rule"] for job in plan if job["runs"]))


def predicted(old, new):
    """
    Number of jobs of every rule that a plan runs after a run of another: those with a new output, with other params or
    other inputs than Snakemake has recorded, and those that read what these write. Files that are removed after use are
    made again if somebody reads them.
    """
    known = {output: job for job in old for output in job["outputs"]}
    temporary = {output: job for job in new if job["is_temporary"] for output in job["outputs"]}
    readers = {}
    for job in new:
        for file in job["inputs"]:
            readers.setdefault(file, []).append(job)

    def is_other(job):
        compared = set(job["params"]), job["inputs"]
        before = [known.get(output) for output in job["outputs"]]
        return any(other is None or (set(other["params"]), other["inputs"]) != compared for other in before)

    waiting, runs = [job for job in new if not job["is_temporary"] and is_other(job)], {}
    while waiting:
        job = waiting.pop()
        if job["outputs"][0] not in runs:
            runs[job["outputs"][0]] = job["rule"]
            waiting += [reader for output in job["outputs"] for reader in readers.get(output, [])]
            waiting += [temporary[file] for file in job["inputs"] if file in temporary]
    return dict(Counter(runs.values()))


def all_but(plan, rules):
    """Number of jobs of every rule but some."""
    return dict(Counter(job["rule"] for job in plan if job["rule"] not in rules))


@pytest.mark.parametrize(
    ("case", "row"), list(enumerate(ROWS)), ids=[f"{row.base}-{row.path}-{row.value}" for row in ROWS]
)
def test_a_change_of_a_key(plans, case, row):
    """
    There, as Snakemake plans it; and back, as `predicted` has it, which agrees with Snakemake on the way there.

    Back is after a run of the new configuration alone.
    """
    base, plan = plans[row.base], plans[case]
    assert running(base) == {}
    assert running(plan) == (all_but(plan, row.spared) if row.reruns is None else row.reruns)
    assert predicted(base, plan) == running(plan)
    back = row.reruns if row.back is None else row.back
    assert predicted(plan, base) == (all_but(base, row.spared) if back is None else back)


@pytest.mark.parametrize(
    ("case", "base", "changes"),
    [(len(ROWS) + place, base, changes) for place, (base, changes, _) in enumerate(INACTIVE)],
    ids=[reason for _, _, reason in INACTIVE],
)
def test_keys_that_are_not_used_or_say_the_same(plans, case, base, changes):
    """All at once, there and back."""
    assert running(plans[case]) == {}
    assert predicted(plans[base], plans[case]) == predicted(plans[case], plans[base]) == {}
    assert BASES[base] != with_changes(base, changes)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_has_a_row(key):
    paths = [row.path for row in ROWS] + [path for _, changes, _ in INACTIVE for path in changes]
    assert key in {schema_key(path, KEYS) for path in paths}, f"add a row of {key} to tests/workflow/rerun_table.py"


def test_another_sampling_of_activations_on_disk(tiny):
    """It needs no network; another precision makes dumps and points anew."""
    kept = {"activations.keep": ["mapper"]}
    changes = [{}, {"mapper.foreground.weight": "count"}, {"activations.precision": "half"}]
    configs = [tiny.config(with_changes("tiny", kept | change), f"kept{i}.yaml") for i, change in enumerate(changes)]
    base, sampling, precision = tiny.plans(configs)
    graph = {"sample_kept_points": 1, "build_mapper": 1, "plot_foreground": 1}
    assert predicted(base, sampling) == graph | AFTER_MAPPER | POSITIONS
    dumped = predicted(base, precision)
    assert (dumped["dump_activations"], dumped["sample_kept_points"], dumped["build_mapper"]) == (3, 4, 4)
    assert "sample_points" not in dumped


def test_files_of_ones_own_that_lie_elsewhere(pretended):
    """A lens and weights of a network for masks are known by what their files hold, under whatever name."""
    wide, kept = pretended("wide"), {"mapper.foreground.masks": "deeplab"}
    places = [("lens.py", "deeplab.pth"), ("elsewhere/renamed.py", "elsewhere/renamed.pth")]
    places += [("other_lens.py", "deeplab.pth"), ("lens.py", "other_deeplab.pth")]
    names = []
    for lens, weights in places:
        changes = kept | {"mapper.lens": f"{lens}:height", "mapper.foreground.weights": weights}
        names.append(wide.config(with_changes("wide", changes), f"places{len(names)}.yaml"))
    base, moved, other_lens, other_weights = wide.plans(names)
    assert predicted(base, moved) == {}
    assert predicted(base, other_lens)["compute_lens"] == 12
    assert "find_foreground" not in predicted(base, other_lens)
    assert predicted(base, other_weights)["find_foreground"] == 2


def test_edited_images_and_masks_in_folders(pretended):
    """Their sizes stay the same."""
    wide = pretended("wide")
    [base], after = wide.plans(["base.yaml"]), {}
    for folder in ("images", "masks"):
        file = wide.folder / folder / "test/cat/0.png"
        before = file.read_bytes()
        file.write_bytes(before[::-1])
        [plan] = wide.plans(["base.yaml"])
        file.write_bytes(before)
        after[folder] = predicted(base, plan)
    assert {"prepare_images", "train_model"} <= set(after["images"])
    assert "find_foreground" in after["masks"]
    assert not {"prepare_images", "train_model"} & set(after["masks"])
    assert predicted(base, wide.plans(["base.yaml"])[0]) == {}


def test_what_a_file_of_ones_own_imports(tmp_path):
    """A file beside that of a network, a lens or a clusterer is a part of it; one that none of them imports is not."""
    wide = Workflow(tmp_path / "wide")
    make_inputs(wide.folder)
    (wide.folder / "python").mkdir()
    clusterer = "from of_clusterer import x\nclass Whole:\n    def fit_predict(self, points): ...\n"
    (wide.folder / "python/clusterer.py").write_text(clusterer)
    environment = {"PYTHONPATH": str(wide.folder / "python")}
    for name in ("network.py", "lens.py"):
        (wide.folder / name).write_text(f"def build():\n    from of_{name[:-3]} import x\n")
    for name in ("of_network.py", "of_lens.py", "python/of_clusterer.py", "unused.py", "python/unused.py"):
        (wide.folder / name).write_text("x = 1\n")
    own = {"mapper.lens": "lens.py:build", "mapper.clusterer": {"path": "clusterer.Whole"}}
    wide.config(with_changes("wide", own | {"mapper.stability.graphs": [], "mapper.new_images": None}))
    wide.pretend(environment=environment)
    plans = []
    for edited in (None, "unused.py", "python/unused.py", "of_lens.py", "python/of_clusterer.py", "of_network.py"):
        if edited is not None:
            (wide.folder / edited).write_text("x = 2\n")
        plans.append(wide.plans(["tiny.yaml"], environment)[0])
        if edited is not None:
            (wide.folder / edited).write_text("x = 1\n")
    base, unused, unused_too, of_lens, of_clusterer, of_network = plans
    assert predicted(base, unused) == predicted(base, unused_too) == {}
    assert predicted(base, of_lens)["compute_lens"] == 12
    assert predicted(base, of_clusterer)["build_mapper"] > 0
    assert not {"compute_lens", "sample_points", "train_model"} & set(predicted(base, of_clusterer))
    assert "train_model" not in predicted(base, of_lens)
    assert predicted(base, of_network)["train_model"] == 2


def test_added_seeds_that_share_a_job(tiny):
    """The networks that are there stay as they are."""
    config = with_changes("tiny", {"models.resnet18_a.seeds": 4})
    alone = tiny.planned(configfiles=[tiny.config(config, "changed.yaml")])
    config["models"]["resnet18_a"]["seeds_per_job"] = 3
    assert tiny.planned(configfiles=[tiny.config(config, "changed.yaml")]) == alone
    assert alone["train_model"] == 2


def test_added_epochs(tiny):
    """Of those that are there nothing runs again but the table and figure of all, and so it is on the way back."""
    model = "models.resnet18_b.training"
    kept = [{f"{model}.epochs": 4, f"{model}.keep": keep} for keep in ([0, 2], [0, 1, 2, 3, 4])]
    few, more = tiny.plans([tiny.config(with_changes("tiny", keep), f"epochs{i}.yaml") for i, keep in enumerate(kept)])
    explorer = {"build_explorer": 1}
    assert (
        predicted(few, more)
        == {"train_to_epoch": 2, "sample_points": 2 * 3, "build_mapper": 2 * 3} | EPOCH_PURITY | explorer
    )
    assert predicted(more, few) == EPOCH_PURITY | explorer


def test_compared_networks_have_positions_of_their_own(tiny):
    """At common ones, layers of equal number would be alike for these alone; those of the study are by `seed`."""
    studies = ("homology.batch0.", "mapper.all.random/")
    networks = [{"model": name, "layers": [0], "graph_layers": [16]} for name in ("resnet18_a", "resnet18_b")]
    own = {"comparison": {"networks": networks, "sampling": "random"}}
    [plan] = tiny.plans([tiny.config(with_changes("tiny", own), "compared.yaml")])

    def own_seeds(study, model):
        jobs = [job for job in plan if f"points/{model}/seed0/{study}" in job["outputs"][0]]
        return {str(own_seed(0, model)) in job["params"] for job in jobs}

    found = {(study, model): own_seeds(study, model) for study in studies for model in ("resnet18_a", "resnet18_b")}
    studied = {("homology.batch0.", "resnet18_a"), ("mapper.all.random/", "resnet18_b")}
    assert found == {key: {key not in studied} for key in found}
    assert own_seed(0, "resnet18_a") != own_seed(0, "resnet18_b") != own_seed(1, "resnet18_b")


def test_the_chance_of_two_networks_is_that_of_the_config(tiny):
    """Orders of the rows, and the seed by which they are drawn."""
    networks = [{"model": name, "layers": [0]} for name in ("resnet18_a", "resnet18_b")]
    own = {"comparison": {"networks": networks, "sampling": None}, "similarity.rivals.metrics": ["mean_cca"]}
    changes = [{}, {"similarity.rivals.permutations": 3}, {"similarity.seed": 1}]
    names = [tiny.config(with_changes("tiny", own | change), f"chance{i}.yaml") for i, change in enumerate(changes)]
    base, *others = tiny.plans(names)
    for other in others:
        assert predicted(base, other)["compare_networks"] == 1


@pytest.mark.parametrize(
    "arguments", [("--cores", "1"), ("--set-threads", "train_model=2"), ("--set-resources", "train_model:mem_mb=1")]
)
def test_nothing_for_threads_and_resources(tiny, arguments):
    assert tiny.planned(*arguments) == {}


def test_nothing_for_the_order_of_keys_or_files(tiny):
    def backwards(value):
        if not isinstance(value, dict):
            return value
        return {key: backwards(value[key]) for key in reversed(list(value))}

    (tiny.folder / "backwards.yaml").write_text(yaml.safe_dump(backwards(TINY), sort_keys=False))
    assert tiny.planned(configfiles=["backwards.yaml"]) == {}
    half = tiny.config({"mapper": TINY["mapper"], "run": "tiny"}, "half.yaml")
    assert tiny.planned(configfiles=["tiny.yaml", half]) == {}


def test_nothing_for_the_order_of_rows(tiny):
    lists = {"homology.dimensions": [0, 1], "similarity.sensitivity.components": ["smallest", "random"]}
    backwards = {key: values[::-1] for key, values in lists.items()}
    plans = tiny.plans(
        [tiny.config(with_changes("tiny", own), f"rows{i}.yaml") for i, own in enumerate((lists, backwards))]
    )
    assert not predicted(*plans)


def planned_with(tiny, file, text):
    """Planned jobs while a file of the workflow holds another text."""
    path = tiny.folder / "workflow/scripts" / file
    before = path.read_text()
    try:
        path.write_text(text)
        return tiny.planned()
    finally:
        path.write_text(before)


def edit(tiny, file, old, new):
    """Planned jobs while `old` is `new` in a file of the workflow."""
    text = (tiny.folder / "workflow/scripts" / file).read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    return planned_with(tiny, file, text.replace(old, new))


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "actopo/similarity/wasserstein.py",
            {"layer_distances": 1, "plot_layer_distances": 1, "measure_sensitivity": 4, "metric_distances": 7}
            | CALIBRATION
            | AFTER_MODELS
            | POWER_DISTANCES,
        ),
        # No graph is clustered anew.
        ("actopo/graphs/purity.py", PURITY | STABILITY),
        ("actopo/figures/specificity.py", {"plot_specificity": 1}),
        ("measure_purity.py", PURITY),
    ],
)
def test_edited_code(tiny, file, expected):
    text = (tiny.folder / "workflow/scripts" / file).read_text()
    assert planned_with(tiny, file, f"{text}\n\nEDITED = 1\n") == expected


def test_nothing_for_docstrings_comments_and_layout(tiny):
    text = (tiny.folder / "workflow/scripts/actopo/similarity/wasserstein.py").read_text()
    first = text.splitlines()[1]
    assert edit(tiny, "actopo/similarity/wasserstein.py", first, f"{first} Edited.") == {}
    assert edit(tiny, "train_model.py", "start_logging(snakemake)", "# A comment.\nstart_logging( snakemake )") == {}


def test_nothing_for_logging(tiny):
    assert edit(tiny, "actopo/job.py", "def progress(", "EDITED = 1\n\n\ndef progress(") == {}


def test_nothing_for_a_touched_script(tiny):
    os.utime(tiny.folder / "workflow/scripts/train_model.py")
    assert tiny.planned() == {}


def copy_of(workflow, folder, names=("results", ".snakemake"), **how):
    """The workflow from a new clone, with results of another folder."""
    copy = Workflow(folder)
    for name in names:
        shutil.copytree(workflow.folder / name, folder / name, **how)
    return copy


def test_nothing_for_a_fresh_clone(tiny, tmp_path):
    """Sources from a new copy, with new time stamps; results and Snakemake's records stay."""
    assert copy_of(tiny, tmp_path / "clone").planned() == {}


def test_nothing_for_a_copied_folder(tiny, tmp_path):
    """Of which every file is new, in no order; the images are too large for Snakemake's own limit of 1 MB."""
    copy = copy_of(tiny, tmp_path / "copy", copy_function=shutil.copyfile)
    images = copy.folder / "results/tiny/data/digits/train/images.npy"
    assert images.stat().st_size > 1_000_000
    for file in (copy.folder / "results").rglob("*"):
        os.utime(file, (1e9, 1e9))
    os.utime(images)
    assert copy.planned() == {}
    # What is in the file counts.
    with images.open("r+b") as file:
        file.write(b"other")
    assert copy.planned()["train_model"] == 3


def test_nothing_for_copied_activations(tiny, tmp_path):
    """Snakemake compares folders by their times alone, which a copy that keeps none has in no order."""
    kept = copy_of(tiny, tmp_path / "kept")
    kept.config(with_changes("tiny", {"activations.keep": ["homology", "mapper"]}))
    kept.pretend()
    copy = copy_of(kept, tmp_path / "copy", copy_function=shutil.copyfile)
    shutil.copy(kept.folder / "tiny.yaml", copy.folder)
    dumps = list((copy.folder / "results").glob("tiny/activations/*/*/*/*.json"))
    assert len(dumps) == 7
    for sums in dumps:
        (sums.with_suffix("") / ".snakemake_timestamp").touch()
    assert copy.planned() == {}
    next(sums for sums in dumps if "resnet18_a/seed0/" in str(sums)).write_text("{}")
    # The other network is read at the positions of this one.
    planned = copy.planned()
    assert (planned["sample_kept_points"], planned["sample_kept_paired_points"]) == (1, 2)


def test_everything_for_results_without_records(tiny, tmp_path):
    """So .snakemake has to travel with the results."""
    copy = copy_of(tiny, tmp_path / "copy", names=["results"], copy_function=shutil.copyfile)
    for file in (copy.folder / "results").rglob("*"):
        os.utime(file, (1e9, 1e9))
    os.utime(copy.folder / "results/tiny/data/digits/train/images.npy")
    assert copy.planned()["train_model"] == 3


@pytest.fixture
def conda(tmp_path):
    """Environment in which an executable answers Snakemake's questions about conda."""
    tool = tmp_path / "bin/conda"
    tool.parent.mkdir()
    answers = {
        "info": {"conda_prefix": str(tmp_path), "platform": "linux-64", "channels": []},
        "config": {"channel_priority": "strict", "get": {"channel_priority": "strict"}},
    }
    cases = "".join(f"{name}) echo '{json.dumps(answer)}';;\n" for name, answer in answers.items())
    tool.write_text(f'#!/bin/sh\ncase "$1" in\n{cases}--version) echo "conda 24.7.1";;\nesac\n')
    tool.chmod(0o755)
    return {"PATH": f"{tool.parent}:{os.environ['PATH']}"}


def test_nothing_for_conda(tiny, conda):
    """Whether the environments are conda's or the host's."""
    assert tiny.planned("--software-deployment-method", "conda", environment=conda) == {}


@pytest.mark.parametrize("env", ["torch", "topology", "mapper", "plot"])
def test_a_changed_pin(tiny, env):
    """It runs again the rules of its environment, and what depends on them; nothing else about the file counts."""
    path = tiny.folder / f"envs/{env}.yaml"
    text, [before] = path.read_text(), tiny.plans(["tiny.yaml"])
    described = yaml.safe_load(text)
    try:
        described["dependencies"].reverse()
        path.write_text(f"# A comment.\n{yaml.safe_dump(described)}")
        [reordered] = tiny.plans(["tiny.yaml"])
        path.write_text(text.replace("python=3.11", "python=3.12"))
        [changed] = tiny.plans(["tiny.yaml"])
    finally:
        path.write_text(text)
    assert running(reordered) == {}
    assert predicted(before, changed) == running(changed)
    known = {job["outputs"][0]: job["params"] for job in before}
    others = {job["rule"] for job in changed if job["params"] != known[job["outputs"][0]]}
    assert others == {job["rule"] for job in changed if ENVIRONMENTS[job["rule"]] == env}


def test_the_pretended_run_is_recorded_as_a_real_one(tiny, finished):
    """With one job for one, and the same inputs and params."""
    [pretended], [real] = tiny.plans(["tiny.yaml"]), finished.plans(["tiny.yaml"])
    assert running(real) == running(pretended) == {}
    by_output = [{job["outputs"][0]: job for job in plan} for plan in (pretended, real)]
    assert by_output[0] == by_output[1]


def test_the_papers_run_is_planned_whole(workflow):
    """100 networks, the first on ten batches, 48 graphs and six of noisy images."""
    planned = workflow.planned(configfiles=["config/config.yaml"])
    assert planned["train_model"] == 101
    # And 100 untrained ones; Gaussian clouds go without a network.
    assert planned["sample_points"] == 209 + 8 + 6
    assert planned["draw_gaussian_clouds"] == 100 + 9
    # Gaussian clouds of the first network on its other batches are for the variance budget.
    assert planned["compute_diagrams"] == 309 + 9
    # Eight measures and the scale on own clouds; with sw on matched and on pooled ones.
    assert planned["metric_distances"] == 9 + 10 + 10
    assert planned["build_mapper"] == 48 + 6
    assert planned["batch_distances"] == planned["measure_detection"] == 1
    assert planned["metric_baselines"] == 8


def test_a_single_seed_goes_without_specificity(workflow):
    planned = workflow.planned(
        configfiles=[workflow.config(with_changes("tiny", {"models.resnet18_a.seeds": 1}), "one.yaml")]
    )
    assert planned["train_model"] == 2
    assert planned["summarise"] == 1
    assert planned["plot_sensitivity"] == 1
    # There is no floor either: the study has one batch.
    assert planned["measure_detection"] == 1
    assert "batch_distances" not in planned
    for rule in (
        "measure_specificity",
        "plot_specificity",
        "metric_distances",
        "compare_metrics",
        "plot_metrics",
        "plot_power",
    ):
        assert rule not in planned


def test_epochs_are_compared_by_the_networks_that_are_kept(workflow):
    """Where a study has more of them, at the end and of those before training, it has a table of their own."""
    seeds = {"models.resnet18_a.seeds": 3, "models.resnet18_a.training.keep": [0, 1]}
    for kept, untrained, tables in ((2, [], 1), (2, ["untrained"], 2), (3, ["untrained"], 0)):
        changes = seeds | {"models.resnet18_a.training.keep_seeds": kept, "similarity.controls": untrained}
        planned = workflow.planned(configfiles=[workflow.config(with_changes("tiny", changes), "epochs.yaml")])
        assert planned.get("measure_kept_specificity", 0) == tables
        assert planned["measure_epochs"] == 1


def test_two_batches_have_a_debiased_distance_and_a_budget(workflow):
    homology = {**TINY["homology"], "batches": 2, "batch_size": 30}
    names = {}
    for controls in ([], ["scaled"], ["gaussian"], ["scaled", "gaussian"]):
        config = {**TINY, "homology": homology, "similarity": {**TINY["similarity"], "controls": controls}}
        planned = workflow.planned(configfiles=[workflow.config(config, "two.yaml")])
        assert planned["measure_debiased"] == planned["measure_variance_budget"] == 1
        names[tuple(controls)] = planned["crossed_distances"]
    assert list(names.values()) == [1, 2, 2, 3]


OF_LAYERS = ("sample_points", "sample_paired_points", "draw_gaussian_clouds", "compute_diagrams", "build_mapper")
OF_LAYERS += ("find_receptive_fields", "train_model")


def jobs_of_layers(planned):
    """Those of some planned jobs that are about certain layers."""
    return {rule: number for rule, number in planned.items() if rule in OF_LAYERS}


def pretend(workflow, configfile):
    """Let the jobs of a config that have to run be done, with empty files; the jobs that there were."""
    planned = workflow.planned(configfiles=[configfile])
    workflow.pretend(configfiles=[configfile])
    return jobs_of_layers(planned)


def test_layers_that_come_and_go(tmp_path):
    """Only what was never there runs, in whatever order layers are added and removed."""
    workflow = Workflow(tmp_path / "layers")
    first = pretend(workflow, "tiny.yaml")
    more = copy.deepcopy(TINY)
    more["mapper"]["layers"], more["homology"]["layers"] = [12, 16], [0, 4, 8, 9, 16]
    config = workflow.config(more, "more.yaml")
    added = {"sample_points": 3 + 4, "find_receptive_fields": 1, "build_mapper": 3}
    added |= {"draw_gaussian_clouds": 2, "compute_diagrams": 6, "sample_paired_points": 2}
    assert pretend(workflow, config) == added
    assert first["sample_points"] == 4 + 4
    # Back, and forth again: tables and figures over all layers alone.
    assert pretend(workflow, "tiny.yaml") == {}
    assert pretend(workflow, config) == {}
    assert workflow.planned(configfiles=[config]) == {}
    folders = {
        "points/resnet18_b/seed0/mapper.all.random": ["layers12.npz", "layers16.npz"],
        "points/resnet18_b/seed0/mapper.all.random.noise0.5": ["layers16.npz"],
        "models/resnet18_b/receptive_fields.bn": ["layers12.npz", "layers16.npz"],
        "diagrams/resnet18_a.gaussian/seed1.batch0": ["layers0.8-9.16.npz", "layers4.npz"],
    }
    results = workflow.folder / "results/tiny"
    assert {name: sorted(path.name for path in (results / name).iterdir()) for name in folders} == folders
    # What is changed, or forced, is made anew in the files that are there.
    more["homology"]["points_per_image"] = 2
    planned = jobs_of_layers(workflow.planned(configfiles=[workflow.config(more, "points.yaml")]))
    assert planned == {name: 2 * added[name] for name in ("draw_gaussian_clouds", "compute_diagrams")} | {
        "sample_points": 2 * 4,
        "sample_paired_points": 2 * 2,
    }
    planned = jobs_of_layers(workflow.planned("--forceall", configfiles=[config]))
    assert planned == {"train_model": 3} | {name: first[name] + added[name] for name in added}
    # Files that were deleted by hand come into one, and so does what was made of them, as far as it is needed.
    for name in folders["points/resnet18_b/seed0/mapper.all.random"]:
        (results / "points/resnet18_b/seed0/mapper.all.random" / name).unlink()
    (results / "mapper/resnet18_b/seed0/random/layer12.json").unlink()
    planned = jobs_of_layers(workflow.planned(configfiles=[config]))
    assert planned == {"sample_points": 1, "build_mapper": 2}


def test_an_added_layer_is_made_alone_and_leaves_the_others(spoilable):
    """Its points and its graph, by real jobs: each plans again, while its own outputs are gone."""
    config = spoilable.config(with_changes("tiny", {"mapper.layers": [12, 16]}), "more.yaml")
    results = spoilable.folder / "results/tiny"
    old = [path for kind in ("points", "mapper", "models") for path in (results / kind).rglob("*") if path.is_file()]
    # In a copy that made files of links, training folders would take their space twice, and go.
    old = [path for path in old if not path.parent.name.endswith(".training")]
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in old}
    target = "results/tiny/mapper/resnet18_b/seed0/random/layer12.json"
    done = spoilable.run("--", target, configfiles=[config])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "layers12.npz" in done.stdout + done.stderr
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in old} == before
    new = np.load(results / "points/resnet18_b/seed0/mapper.all.random/layers12.npz")
    assert {name.split(".")[0] for name in new.files} == {"layer12"}
    assert jobs_of_layers(spoilable.planned("--", target, configfiles=[config])) == {}
