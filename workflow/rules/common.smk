# Configuration, the lists that rules share, and the few helpers that they call.
import ast
import hashlib
import json
import sys
from functools import cache
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError

SCRIPTS = Path(workflow.current_basedir.join("../scripts").get_path_or_uri(secret_free=True)).resolve()
SCHEMA = SCRIPTS.parent / "schemas" / "config.schema.yaml"
if str(SCRIPTS) not in sys.path:
    sys.path.insert(0, str(SCRIPTS))

from actopo.config import check, image_listing, layer_list, sampling_order, seed_list
from actopo.errors import InputError

try:
    check(config, yaml.safe_load(SCHEMA.read_text(encoding="utf-8")))
except InputError as error:
    raise WorkflowError(str(error)) from None

DATASET = config["data"]["dataset"]

# The homology study: the first seed sees every batch, the others the first batch.
HOMOLOGY = config["homology"]
HOMOLOGY_MODEL = config["models"][HOMOLOGY["model"]]
SEEDS = seed_list(HOMOLOGY_MODEL["seeds"])
LAYERS = layer_list(HOMOLOGY["layers"], HOMOLOGY_MODEL["architecture"])
BATCHES = list(range(HOMOLOGY["batches"]))

SIMILARITY = config["similarity"]
SENSITIVITY = SIMILARITY["sensitivity"]
# Specificity is measured on the networks and on controls, whose files have a suffix to the model's name.
CONTROLS = ["", *(f".{control}" for control in SIMILARITY["controls"])]
RIVALS = SIMILARITY["rivals"]["metrics"] if len(SEEDS) > 1 else []
RIVAL_SEEDS = SEEDS[: 1 + SIMILARITY["rivals"]["networks"]]

MAPPER = config["mapper"]
SAMPLINGS = sampling_order(MAPPER["samplings"])
NOISE = MAPPER["noise"]
# Every graph: sampling, noise and layer. Noise is a suffix to the sampling's name in paths.
GRAPHS = [(sampling, "", layer) for sampling in SAMPLINGS for layer in MAPPER["layers"]]
NOISY = [
    (sampling, f".noise{float(sigma):g}", layer)
    for sampling in SAMPLINGS
    if sampling in NOISE["samplings"]
    for sigma in NOISE["sigmas"]
    for layer in NOISE["layers"]
]


wildcard_constraints:
    dataset=r"[a-z0-9_]+",
    part="train|test",
    model="[A-Za-z0-9_-]+",
    control=r"|\.(scaled|untrained|gaussian)",
    seed=r"\d+",
    study="homology|mapper",
    subset=r"batch\d+|all",
    batch=r"\d+",
    sampling="[A-Za-z0-9_]+",
    noise=r"|\.noise[0-9.e-]+",
    layer=r"\d+",
    metric="[a-z_]+",


def as_json(**values):
    """One text for several values, in which neither the order of keys nor 11.0 for 11 is a change."""

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return json.dumps(plain(values), sort_keys=True)


@cache
def code_digest(script):
    """
    Digest of what `workflow/scripts/<script>.py` and the modules of actopo that it imports, directly or not, do.

    Taken over the syntax trees without docstrings, so that comments, layout and time stamps change nothing.
    Module `job` is left out: logs, progress bars and error messages do not touch a result.
    """
    seen, waiting = {}, [SCRIPTS / f"{script}.py"]
    while waiting:
        path = waiting.pop()
        if path in seen or path == SCRIPTS / "actopo" / "job.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "actopo":
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names if alias.name.split(".")[0] == "actopo"]
            else:
                names = []
                if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                    if ast.get_docstring(node, clean=False) is not None:
                        node.body = node.body[1:] or [ast.Pass()]
            waiting += [file for name in names if (file := SCRIPTS / f"{name.replace('.', '/')}.py").is_file()]
        seen[path] = ast.unparse(tree)
    text = "\n".join(f"{path.relative_to(SCRIPTS)} {seen[path]}" for path in sorted(seen))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def network(model):
    """The config keys that decide a network's structure, as one text."""
    return as_json(**{key: config["models"][model][key] for key in ("architecture", "width", "shortcut")})


def sampling_of(study, name):
    """Settings of a sampling: the homology study has one, named after its method."""
    if study == "homology":
        points = {} if name == "full" else {"points_per_image": HOMOLOGY["points_per_image"]}
        return {"method": name, "tap": HOMOLOGY["tap"], **points}
    return SAMPLINGS[name]


def study_layers(study, noise=""):
    """Layers that a study reads, in forward order: the order in the config matters only to tables and figures."""
    return sorted(LAYERS if study == "homology" else NOISE["layers"] if noise else MAPPER["layers"])


def grows(amount):
    """A resource that grows with every attempt, for a profile that retries."""
    return lambda wildcards, attempt: amount * attempt


def gpu_count():
    """GPUs that a job on a network asks for; none where the config says cpu."""
    return 0 if config["device"] == "cpu" else 1
