"""
Checks of a configuration before anything runs.

The schema knows keys, types and ranges; `check` adds what only several keys together can get wrong. All
messages name the key by its path, `homology.batch_size`, and say what to write instead.
"""

import hashlib
import os
import zipfile
from difflib import get_close_matches
from math import isfinite
from pathlib import Path

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import extend

from actopo.errors import InputError

# JSON has one kind of number, for which 10.0 is an integer; Python's range() and a list of seeds want 10.
# YAML has .nan and .inf, which no key takes.
Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: type(value) is int,
            "number": lambda _, value: type(value) in (int, float) and isfinite(value),
        }
    ),
)

# How many layers a network has, known without building it.
LAYER_COUNTS = {"resnet18_cifar": 17}

# Images of the parts of data sets whose size is known before they are there.
IMAGE_COUNTS = {"cifar10": {"train": 50_000, "test": 10_000}, "fashion_mnist": {"train": 60_000, "test": 10_000}}

# Their classes.
CLASS_NAMES = {
    "digits": tuple("0123456789"),
    "cifar10": ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    "fashion_mnist": (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
}

# The distances of so many points fill 3 GB.
MAX_RIPS_POINTS = 20_000

# In the order of the rows of figures and tables.
SAMPLING_METHODS = ("foreground", "background", "random", "full", "top_l2")


def seed_list(seeds):
    """Seeds of a model: a number n stands for 0 to n - 1."""
    return list(range(seeds)) if isinstance(seeds, int) else list(seeds)


def layer_list(layers, architecture):
    """Layer indices: `all` stands for every layer of the architecture."""
    return list(range(LAYER_COUNTS[architecture])) if layers == "all" else list(layers)


def positions(architecture, layer, size):
    """Side of a layer's square of positions, for images of `size` pixels: every stage but the first halves it."""
    if architecture == "resnet18_cifar":
        for _ in range(max(layer - 1, 0) // 4):
            size = (size + 1) // 2
    return size


def channels(width, layer):
    """Channels of a layer of `resnet18_cifar`: every stage but the first doubles them."""
    return width * 2 ** (max(layer - 1, 0) // 4)


def sampling_order(samplings):
    """Samplings that are not null, by method and then by name: laying one config over another mixes up their order."""
    kept = {name: sampling for name, sampling in samplings.items() if sampling is not None}
    return dict(sorted(kept.items(), key=lambda item: (SAMPLING_METHODS.index(item[1]["method"]), item[0])))


def image_listing(dataset, root):
    """
    Digest of what an image folder or .zip holds, without reading the images.

    Names and sizes of the files of a folder, names and check sums of the members of a .zip: a copy, a clone
    or a `touch` changes nothing, an added or removed image does, and so does an edited one, unless it lies in
    a folder and has as many bytes as before. Empty for other data sets, and for a .zip that cannot be listed,
    which the job that reads it reports.
    """
    if dataset != "image_folder":
        return ""
    root = Path(root).expanduser()
    if not root.exists():
        return ""
    if root.is_dir():
        files = [
            Path(folder, name)
            for folder, _, names in os.walk(root, followlinks=True)
            for name in names
            if not name.startswith(".")
        ]
        # A link to nowhere is listed too; the job that reads it reports it.
        entries = [f"{file.relative_to(root)} {file.stat().st_size if file.exists() else None}" for file in files]
    else:
        try:
            with zipfile.ZipFile(root) as archive:
                entries = [f"{member.filename} {member.CRC}" for member in archive.infolist()]
        except zipfile.BadZipFile:
            return ""
    return hashlib.sha256("\n".join(sorted(entries)).encode()).hexdigest()[:16]


def check(config, schema):
    """
    Check a configuration.

    Parameters
    ----------
    config : dict
    schema : dict
        JSON schema.

    Raises
    ------
    InputError
        Names every key that is wrong.
    """
    problems = list(_odd_keys(config, []))
    if not problems:
        errors = sorted(Validator(schema).iter_errors(config), key=lambda error: _where(error.absolute_path))
        problems = [message for error in errors for message in _explain(error)]
    if not problems:
        problems = list(_contradictions(config))
    if problems:
        lines = "\n".join(f"  {problem}" for problem in dict.fromkeys(problems))
        raise InputError(f"the configuration is wrong:\n{lines}")


def _odd_keys(value, path):
    """Keys that YAML reads as a number, a date or a truth value."""
    for key, item in value.items() if isinstance(value, dict) else ():
        if not isinstance(key, str):
            yield f"{_where([*path, key])}: YAML reads this name as {type(key).__name__}; put it in quotes"
        yield from _odd_keys(item, [*path, key])


def _where(path):
    return ".".join(str(part) for part in path) or "(top level)"


def _explain(error):
    """Readable messages for one error of the validator."""
    where, value = _where(error.absolute_path), error.instance
    if error.validator == "additionalProperties" and isinstance(value, dict):
        known = list(error.schema.get("properties", {}))
        for key in sorted(set(value) - set(known), key=str):
            path = _where([*error.absolute_path, key])
            near = get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(known)}"
            yield f"{path}: unknown key; {hint}"
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in value]
        yield f"{where}: missing {', '.join(missing)}"
    elif error.validator == "enum":
        choices = [str(choice) for choice in error.validator_value]
        near = get_close_matches(str(value), choices, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        yield f"{where}: {value!r} is not one of {', '.join(choices)}{hint}"
    elif error.validator == "oneOf":
        texts = [
            (str(branch["const"]) if branch["const"] is not False else "false")
            if "const" in branch
            else branch.get("type", "")
            for branch in error.validator_value
        ]
        # Where one of the alternatives has the right type, what it lacks says more than the list of them.
        fitting = [item for item in error.context if item.validator not in ("type", "const")]
        detail = f": {_message(best_match(fitting))}" if fitting else ""
        yield f"{where}: {value!r} is not {' or '.join(texts)}{detail}{_number_hint(value)}"
    elif error.validator == "type":
        wanted = error.validator_value if isinstance(error.validator_value, str) else " or ".join(error.validator_value)
        yield f"{where}: {value!r} is not of type {wanted}{_number_hint(value)}"
    else:
        yield f"{where}: {_message(error)}"


def _message(error):
    limits = {
        "minimum": "must be {} or more",
        "maximum": "must be {} or less",
        "exclusiveMinimum": "must be more than {}",
        "exclusiveMaximum": "must be less than {}",
        "pattern": "must match {}",
        "minItems": "needs {} or more entries",
        "maxItems": "takes {} entries at most",
        "minProperties": "needs {} or more entries",
        "uniqueItems": "has an entry twice",
    }
    text = limits.get(error.validator, error.message).format(error.validator_value)
    return f"{error.instance!r} {text}"


def _number_hint(value):
    """What to write for a number that arrived as text."""
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        number = None
    if number is None:
        return ""
    number = int(number) if isfinite(number) and number.is_integer() else number
    return f"; it arrived as text, write {number!r} (in a file: numbers inside a --config are texts)"


def _contradictions(config):
    """What is wrong between keys that are each in order."""
    data, homology, mapper, figures = (config[key] for key in ("data", "homology", "mapper", "figures"))
    models = config["models"]
    if data["dataset"] != "digits" and data["root"] is None:
        yield f"data.root: {data['dataset']} needs the folder or .zip where the images are, or are to be kept"
    if data["dataset"] == "image_folder" and data["root"] is not None and not Path(data["root"]).expanduser().exists():
        yield f"data.root: {data['root']} does not exist; give the folder or .zip that holds the class folders"
    yield from _odd_images(data)
    for study in (homology, mapper):
        if study["part"] == "test" and data["dataset"] == "digits" and data["test_share"] == 0:
            path = f"{'homology' if study is homology else 'mapper'}.part"
            yield f"{path}: data.test_share is 0, so there are no test images; set {path} to train"
    for name, model in models.items():
        training = model["training"]
        if training["schedule"] == "triangular" and not 0 <= training.get("peak_epoch", 5) <= training["epochs"]:
            yield (
                f"models.{name}.training.peak_epoch: {training.get('peak_epoch', 5)} lies beyond the last of "
                f"{training['epochs']} epochs"
            )
        if training["schedule"] == "step":
            inside = [milestone for milestone in training.get("milestones", []) if milestone < training["epochs"]]
            if not inside:
                yield (
                    f"models.{name}.training.milestones: schedule step needs one before the last of "
                    f"{training['epochs']} epochs; or set schedule to triangular"
                )
        if training.get("cutout", 8) > data["size"]:
            yield f"models.{name}.training.cutout: {training.get('cutout', 8)} is larger than data.size {data['size']}"
    for study in ("homology", "mapper"):
        name = config[study]["model"]
        if name not in models:
            yield f"{study}.model: {name!r} is not under models; choose one of {', '.join(models)}"
            continue
        architecture = models[name]["architecture"]
        last = LAYER_COUNTS[architecture] - 1
        beyond = [layer for layer in layer_list(config[study]["layers"], architecture) if layer > last]
        if beyond:
            yield f"{study}.layers: {beyond} do not exist; {architecture} has layers 0 to {last}"
        samplings = {f"mapper.samplings.{name}": item for name, item in sampling_order(mapper["samplings"]).items()}
        for path, sampling in (samplings if study == "mapper" else {"homology": homology}).items():
            wanted, border = sampling.get("points_per_image", 1), sampling.get("exclude_border", False)
            for layer in layer_list(config[study]["layers"], architecture):
                side = positions(architecture, layer, data["size"]) - border
                if layer <= last and wanted > side**2:
                    yield f"{path}.points_per_image: {wanted} is more than layer {layer}'s {side} x {side} positions"
                    break
    n_images = IMAGE_COUNTS.get(data["dataset"], {}).get(homology["part"])
    if n_images is not None and homology["batches"] * homology["batch_size"] > n_images:
        yield (
            f"homology.batches: {homology['batches']} batches of {homology['batch_size']} images are more than the "
            f"{n_images} of part {homology['part']}; lower one of the two"
        )
    if homology["sampling"] == "full" and homology["model"] in models:
        architecture = models[homology["model"]]["architecture"]
        for layer in layer_list(homology["layers"], architecture):
            n_points = homology["batch_size"] * positions(architecture, layer, data["size"]) ** 2
            if n_points > MAX_RIPS_POINTS:
                yield (
                    f"homology.sampling: full has {n_points} points in layer {layer}, and Vietoris-Rips complexes of "
                    f"more than {MAX_RIPS_POINTS} do not fit; lower homology.batch_size or list later homology.layers"
                )
                break
    if homology["sampling"] == "full" and homology["points_per_image"] != 1:
        yield "homology.points_per_image: has no meaning for sampling full, which takes every position; leave it 1"
    if mapper["model"] in models and mapper["seed"] not in seed_list(models[mapper["model"]]["seeds"]):
        yield f"mapper.seed: {mapper['seed']} is not among models.{mapper['model']}.seeds"
    if homology["model"] in models:
        model = models[homology["model"]]
        n_seeds, last = len(seed_list(model["seeds"])), max(figures["pair"])
        if 1 < n_seeds <= last:
            problem = f"{figures['pair']} asks for position {last}, and the {n_seeds} seeds have 0 to {n_seeds - 1}"
            yield f"figures.pair: {problem}"
        if n_seeds > 1 and len(layer_list(homology["layers"], model["architecture"])) < 3:
            yield "homology.layers: specificity correlates distances between layers; list 3 or more, or train one seed"
        layers = layer_list(homology["layers"], model["architecture"])
        if n_seeds > 1 and figures["row"] not in layers:
            yield f"figures.row: layer {figures['row']} is not among homology.layers"
        wanted = config["similarity"]["sensitivity"]["layers"]
        if wanted != "all" and not set(wanted) <= set(layers):
            missing = [layer for layer in wanted if layer not in layers]
            yield f"similarity.sensitivity.layers: {missing} are not among homology.layers; list some of those, or all"
        if n_seeds > 1:
            yield from _unfit_rivals(config["similarity"]["rivals"]["metrics"], homology, model, layers)
    if figures["dimension"] not in homology["dimensions"]:
        yield f"figures.dimension: {figures['dimension']} is not among homology.dimensions {homology['dimensions']}"
    allowed = {
        "random": {"points_per_image", "exclude_border"},
        "full": {"cap", "replace"},
        "top_l2": {"points_per_image"},
        "foreground": {"points_per_image"},
        "background": {"points_per_image"},
    }
    samplings = sampling_order(mapper["samplings"])
    if not samplings:
        yield "mapper.samplings: all are null; keep at least one"
    elif mapper["noise"]["sigmas"]:
        for key in ("samplings", "layers"):
            unknown = [item for item in mapper["noise"][key] if item not in mapper[key]]
            if unknown:
                yield f"mapper.noise.{key}: {unknown} are not among mapper.{key}; or set mapper.noise.sigmas to []"
    stability = mapper["stability"]["graphs"]
    for name, layers in stability.items():
        missing = [layer for layer in layers if layer not in mapper["layers"]]
        if name not in mapper["samplings"] or missing:
            what = f"layers {missing} are" if name in mapper["samplings"] else "it is"
            yield f"mapper.stability.graphs.{name}: {what} not in the mapper study; set mapper.stability.graphs to {{}}"
    if mapper["clusterer"] != "dbscan" and stability:
        yield "mapper.stability.graphs: the grid is over DBSCAN's eps, and mapper.clusterer is another; set it to {}"
    if mapper["foreground"]["masks"] == "deeplab" and mapper["foreground"]["weights"] is None:
        yield "mapper.foreground.weights: deeplab needs a name of torchvision's weights, or a file"
    for name, sampling in samplings.items():
        for key in sorted(set(sampling) - {"method", "tap"} - allowed[sampling["method"]]):
            yield (
                f"mapper.samplings.{name}.{key}: has no meaning for method {sampling['method']}; remove it, or give "
                f"your sampling another name and set {name}: null"
            )


def _odd_images(data):
    """What is wrong between keys of the images."""
    resize, normalisation, n_channels = (data[key] for key in ("resize", "normalisation", "channels"))
    if type(resize) is int and resize < data["size"]:
        yield f"data.resize: {resize} is less than data.size {data['size']}, so there is too little to cut out"
    if isinstance(normalisation, dict):
        for key, values in normalisation.items():
            if len(values) != n_channels:
                yield f"data.normalisation.{key}: {values} needs one number for each of data.channels {n_channels}"
    elif normalisation != "measured" and n_channels != 3:
        yield (
            f"data.normalisation: {normalisation} is of colour images, and data.channels is {n_channels}; choose "
            "measured, or give the lists mean and std"
        )
    known = CLASS_NAMES.get(data["dataset"], data["classes"])
    for name in data["classes"] or ():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            yield f"data.classes: {data['dataset']} has no class {name!r}; {hint}"


def _unfit_rivals(metrics, homology, model, layers):
    """Metrics that compare row with row, and those that need more points than channels."""
    path = "similarity.rivals.metrics"
    if metrics and homology["sampling"] == "full":
        yield f"{path}: layers have different numbers of positions, so sampling full pairs no rows; write []"
        return
    cca = [metric for metric in metrics if metric.endswith("cca")]
    n_points = homology["batch_size"] * homology["points_per_image"]
    if "unbiased_cka" in metrics and n_points < 4:
        yield f"{path}: unbiased_cka needs 4 points or more; raise homology.batch_size or remove it"
    for layer in layers if cca else ():
        n_channels = channels(model["width"], layer)
        if n_channels >= n_points:
            yield (
                f"{path}: {', '.join(cca)} need more points than channels, and layer {layer} has {n_channels} channels "
                f"to {n_points} points; raise homology.batch_size or remove them"
            )
            return
