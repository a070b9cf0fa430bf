"""What only several keys of a configuration together can get wrong, each key being in order."""

from difflib import get_close_matches
from pathlib import Path

from actopo.catalogue import choose_layers, layers_of, network_keys
from actopo.config import image_shape, sampling_order, seed_list
from actopo.errors import InputError

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

# Endings of a state dict's file, as `actopo.networks` has them, which needs PyTorch; other weights are names.
WEIGHT_FILES = (".safetensors", ".pth", ".pt")

# The distances of so many points fill 3 GB.
MAX_RIPS_POINTS = 20_000


def is_weight_file(weights):
    """Whether weights are those of a file, which may be missing, and not a name of torchvision's."""
    return Path(weights).suffix in WEIGHT_FILES or Path(weights).expanduser().is_file()


def find_contradictions(config, cache=None):
    """
    Messages about keys that do not fit each other.

    Parameters
    ----------
    config : dict
        That fits the schema.
    cache : Path, optional
        Of `actopo.catalogue.layers_of`.

    Returns
    -------
    list of str
    """
    return list(_unfit_models(config)) or list(_between_keys(config, cache))


def _unfit_models(config):
    """What is wrong with a network, before its layers are asked for."""
    for name, model in config["models"].items():
        path, architecture, weights = f"models.{name}", model.get("architecture"), model.get("weights")
        if model.get("module") is None and architecture is None:
            yield f"{path}: give an architecture (resnet18_cifar, or torchvision's name), or module: file.py:function"
        if model.get("module") is None and architecture == "resnet18_cifar":
            missing = [key for key in ("width", "shortcut") if model.get(key) is None]
            if missing:
                yield f"{path}: missing {', '.join(missing)}"
            if weights is not None and not is_weight_file(weights):
                yield f"{path}.weights: resnet18_cifar has no weights by name; give a file, or null to train"
        if weights is None and model.get("training") is None:
            yield f"{path}: give training, or weights that are trained already"
        if weights is not None and model.get("module") is not None and not is_weight_file(weights):
            yield f"{path}.weights: there is no file {weights}, and only torchvision's networks have weights by name"
        elif weights is not None and is_weight_file(weights) and not Path(weights).expanduser().is_file():
            yield f"{path}.weights: there is no file {weights}; give one, a name of torchvision's, or null to train"
        if weights is not None and len(seed_list(model["seeds"])) > 1:
            yield f"{path}.seeds: weights are one network; set seeds to 1, or weights to null to train"
    studies = {f"{study}.model": config[study]["model"] for study in ("homology", "mapper")}
    studies |= {f"mapper.networks.{i}": name for i, name in enumerate(config["mapper"]["networks"])}
    for path, name in studies.items():
        if name not in config["models"]:
            yield f"{path}: {name!r} is not under models; choose one of {', '.join(config['models'])}"


def _between_keys(config, cache):
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
        training = model.get("training")
        if training is None or model.get("weights") is not None:
            continue
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
        size = image_shape(config, name)[0]
        if training.get("cutout", 8) > size:
            yield f"models.{name}.training.cutout: {training.get('cutout', 8)} is larger than data.size {size}"
    layers, facts = {}, {}
    for study in ("homology", "mapper"):
        name, samplings = config[study]["model"], {"homology": homology}
        if study == "mapper":
            samplings = {f"mapper.samplings.{key}": item for key, item in sampling_order(mapper["samplings"]).items()}
        try:
            facts[study] = layers_of(network_keys(models[name]), image_shape(config, name), cache)
        except InputError as error:
            yield f"models.{name}: {error}"
            continue
        try:
            layers[study] = choose_layers(config[study]["layers"], facts[study])
        except InputError as error:
            yield f"{study}.layers: {error}"
            continue
        for path, sampling in samplings.items():
            for layer in layers[study]:
                (rows, columns, _), taps = facts[study][layer]["shape"], facts[study][layer]["taps"]
                border = sampling.get("exclude_border", False)
                n_positions, wanted = (rows - border) * (columns - border), sampling.get("points_per_image", 1)
                if wanted > n_positions:
                    sides = f"{rows - border} x {columns - border}"
                    yield f"{path}.points_per_image: {wanted} is more than layer {layer}'s {sides} positions"
                    break
                if sampling["tap"] not in taps:
                    layer = f"{layer} ({facts[study][layer]['name']})"
                    yield f"{path}.tap: no rectifier follows layer {layer}, which has conv only; set tap to conv"
                    break
    if len(layers) < 2:
        return
    n_images = IMAGE_COUNTS.get(data["dataset"], {}).get(homology["part"])
    if n_images is not None and homology["batches"] * homology["batch_size"] > n_images:
        yield (
            f"homology.batches: {homology['batches']} batches of {homology['batch_size']} images are more than the "
            f"{n_images} of part {homology['part']}; lower one of the two"
        )
    if homology["sampling"] == "full":
        for layer in layers["homology"]:
            rows, columns, _ = facts["homology"][layer]["shape"]
            n_points = homology["batch_size"] * rows * columns
            if n_points > MAX_RIPS_POINTS:
                yield (
                    f"homology.sampling: full has {n_points} points in layer {layer}, and Vietoris-Rips complexes of "
                    f"more than {MAX_RIPS_POINTS} do not fit; lower homology.batch_size or list later homology.layers"
                )
                break
    if homology["sampling"] == "full" and homology["points_per_image"] != 1:
        yield "homology.points_per_image: has no meaning for sampling full, which takes every position; leave it 1"
    if mapper["seed"] not in seed_list(models[mapper["model"]]["seeds"]):
        yield f"mapper.seed: {mapper['seed']} is not among models.{mapper['model']}.seeds"
    n_seeds, last = len(seed_list(models[homology["model"]]["seeds"])), max(figures["pair"])
    if 1 < n_seeds <= last:
        problem = f"{figures['pair']} asks for position {last}, and the {n_seeds} seeds have 0 to {n_seeds - 1}"
        yield f"figures.pair: {problem}"
    if n_seeds > 1 and len(layers["homology"]) < 3:
        yield "homology.layers: specificity correlates distances between layers; list 3 or more, or train one seed"
    if n_seeds > 1 and figures["row"] not in layers["homology"]:
        yield f"figures.row: layer {figures['row']} is not among homology.layers"
    wanted = config["similarity"]["sensitivity"]["layers"]
    if wanted != "all" and not set(wanted) <= set(layers["homology"]):
        missing = [layer for layer in wanted if layer not in layers["homology"]]
        yield f"similarity.sensitivity.layers: {missing} are not among homology.layers; list some of those, or all"
    if n_seeds > 1:
        n_channels = {layer: facts["homology"][layer]["shape"][2] for layer in layers["homology"]}
        yield from _unfit_rivals(config["similarity"]["rivals"]["metrics"], homology, n_channels)
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
        for key, known in (("samplings", mapper["samplings"]), ("layers", layers["mapper"])):
            unknown = [item for item in mapper["noise"][key] if item not in known]
            if unknown:
                yield f"mapper.noise.{key}: {unknown} are not among mapper.{key}; or set mapper.noise.sigmas to []"
        wanted = set(mapper["noise"]["samplings"])
        if wanted <= set(mapper["samplings"]) and not wanted & set(samplings):
            yield "mapper.noise.samplings: all of them are null in mapper.samplings; or set mapper.noise.sigmas to []"
    stability = {name: wanted for name, wanted in mapper["stability"]["graphs"].items() if wanted}
    for name, wanted in stability.items():
        missing = [layer for layer in wanted if layer not in layers["mapper"]]
        if name not in mapper["samplings"] or missing:
            what = f"layers {missing} are" if name in mapper["samplings"] else "it is"
            yield f"mapper.stability.graphs.{name}: {what} not in the mapper study; set it to []"
    if mapper["clusterer"] != "dbscan" and stability:
        names = ", ".join(stability)
        yield f"mapper.stability.graphs: it varies DBSCAN's eps, and mapper.clusterer is another; set {names} to []"
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


def _unfit_rivals(metrics, homology, n_channels):
    """Metrics that compare row with row, and those that need more points than channels."""
    path = "similarity.rivals.metrics"
    if metrics and homology["sampling"] == "full":
        yield f"{path}: layers have different numbers of positions, so sampling full pairs no rows; write []"
        return
    cca = [metric for metric in metrics if metric.endswith("cca")]
    n_points = homology["batch_size"] * homology["points_per_image"]
    if "unbiased_cka" in metrics and n_points < 4:
        yield f"{path}: unbiased_cka needs 4 points or more; raise homology.batch_size or remove it"
    for layer, n in n_channels.items() if cca else ():
        if n >= n_points:
            yield (
                f"{path}: {', '.join(cca)} need more points than channels, and layer {layer} has {n} channels "
                f"to {n_points} points; raise homology.batch_size or remove them"
            )
            return
