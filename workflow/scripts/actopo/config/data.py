"""Checks of the images of a configuration: their keys, the names of their classes, and how many there are."""

from difflib import get_close_matches
from pathlib import Path

from actopo.config.lens import lens_classes
from actopo.config.values import is_trained_here, sampling_order, studied_models
from actopo.errors import shown
from actopo.images.choices import DATASETS, PARTS, count_test_images
from actopo.images.class_folders import class_files, listed
from actopo.mapper.choices import DBSCAN_NAME
from actopo.points.choices import SAMPLINGS, STUDIES


def data_problems(config, sizes):
    """Messages about keys of the images, their classes and their number; `sizes` as `part_sizes` returns them."""
    yield from _keys(config)
    if sizes is not None:
        yield from _classes(config, sizes)


def part_sizes(data):
    """
    Numbers of images of the classes before they are read, as `actopo.images.datasets.load_images` finds them.

    Parameters
    ----------
    data : dict
        Section of the configuration.

    Returns
    -------
    dict of dict or None
        ``{part: {class: number}}``, of the classes that there are, not only those in `data.classes`; None where
        nothing is known.

    Raises
    ------
    InputError
        As `actopo.images.class_folders.class_files`.
    """
    known, root = DATASETS[data["dataset"]], data["root"]
    if known.class_sizes is not None:
        parts = [dict(zip(known.class_names, sizes, strict=True)) for sizes in known.class_sizes]
    elif data["dataset"] == "image_folder" and root is not None and Path(root).expanduser().exists():
        layout = class_files(Path(root).expanduser(), data["labelled"])
        parts = [{name: len(classes[name]) for name in sorted(classes)} for classes in layout]
    else:
        return None
    most = data["images_per_class"]
    parts = [{name: min(size, most or size) for name, size in part.items()} for part in parts]
    if len(parts) == 1:
        test = {name: count_test_images(size, data["test_share"]) for name, size in parts[0].items()}
        parts = [{name: size - test[name] for name, size in parts[0].items()}, test]
    return dict(zip(PARTS, parts, strict=True))


def count_images(config, sizes):
    """Number of images of the mapper study, None where it is not known; `sizes` as `part_sizes` returns them."""
    if sizes is None:
        return None
    part = sizes[config["mapper"]["part"]]
    return sum(n for name, n in part.items() if name in (config["data"]["classes"] or part))


def count_classes(data, sizes):
    """Number of classes of the images, None where it is not known; `sizes` as `part_sizes` returns them."""
    if sizes is None or not data["labelled"]:
        return None
    return len(data["classes"] or sizes["train"])


def image_files(data, part):
    """
    Names of the files of which the images of a part may be, as `actopo.images.class_folders.class_files` returns them.

    Returns
    -------
    list of str or None
        Where the data come in one part, all of them; None where images are no files, or there are none.
    """
    root = Path(data["root"] or "").expanduser()
    if data["dataset"] != "image_folder" or not root.exists():
        return None
    layout = class_files(root, data["labelled"])
    return [name for files in layout[PARTS.index(part) if len(layout) > 1 else 0].values() for name in files]


def _keys(config):
    """Messages about keys that contradict each other."""
    data = config["data"]
    dataset, known = data["dataset"], DATASETS[data["dataset"]]
    if not data["labelled"]:
        yield from _unlabelled(config)
    if known.needs_root and data["root"] is None:
        yield f"data.root: {dataset} needs the folder or .zip where the images are, or are to be kept"
    if dataset == "image_folder" and data["root"] is not None and not Path(data["root"]).expanduser().exists():
        yield f"data.root: {data['root']} does not exist; give the folder or .zip that holds the class folders"
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
    if not known.has_parts and data["test_share"] == 0:
        yield from _no_test_images(config)


def _no_test_images(config):
    """Messages about what looks at test images, where there are none."""
    parts = {f"{study}.part": config[study]["part"] for study in STUDIES}
    if config["mapper"]["new_images"] is not None:
        parts["mapper.new_images.part"] = config["mapper"]["new_images"]["part"]
    for path, part in parts.items():
        if part == "test":
            yield f"{path}: data.test_share is 0, so there are no test images; set {path} to train"


def _unlabelled(config):
    """Messages about keys that need labels, which the images do not have."""
    data, path = config["data"], "data.labelled"
    if data["dataset"] != "image_folder":
        yield f"{path}: the images of {data['dataset']} have labels, and false is for an image_folder; write true"
    if data["classes"] is not None:
        yield f"{path}: images without labels have no data.classes; set those to null"
    if config["figures"]["purity_class"] is not None:
        yield f"{path}: images without labels have no figures.purity_class; set that to null"
    for name in studied_models(config):
        if is_trained_here(config["models"][name]):
            yield f"{path}: without labels nothing is trained; give models.{name}.weights, or a network that has them"


def _classes(config, sizes):
    """Messages about classes that the images do not have, and about studies that need more images."""
    data, drawn = config["data"], config["figures"]["purity_class"]
    names = list(sizes["train"])
    unknown = [name for name in data["classes"] or () if name not in names]
    for name in unknown:
        yield f"data.classes: {data['dataset']} has no class {shown(name)}; {_nearest(name, names)}"
    kept = [name for name in names if data["classes"] is None or name in data["classes"]]
    wanted = config["figures"]["classes"]
    for name in wanted if isinstance(wanted, list) and config["figures"]["graph_colours"] == "classes" else ():
        if name not in kept:
            yield f"figures.classes: there is no class {shown(name)}; {_nearest(name, kept)}"
    if drawn is not None and data["labelled"] and drawn not in kept:
        yield f"figures.purity_class: there is no class {shown(drawn)}; {_nearest(drawn, kept)}"
    mapped = config["models"][config["mapper"]["model"]]
    for name in lens_classes(config["mapper"]["lens"]):
        if isinstance(name, str) and name not in kept:
            yield f"mapper.lens: there is no class {shown(name)}; {_nearest(name, kept)}"
        elif not isinstance(name, str) and is_trained_here(mapped) and name >= len(kept):
            yield f"mapper.lens: there is no output {name}; a network of these images has 0 to {len(kept) - 1}"
    if unknown:
        return
    part = config["mapper"]["part"]
    if drawn in kept and sizes[part][drawn] == 0:
        yield f"figures.purity_class: {shown(drawn)} has no image in part {part}; name a class that has some"
    yield from number_problems(config, {part: sum(sizes[part][name] for name in kept) for part in PARTS})


def number_problems(config, n_images):
    """Messages about studies that need more images than there are in their part; `n_images` has those of each part."""
    homology, has_test = config["homology"], config["data"]["test_share"] > 0
    if not n_images["train"] or (not n_images["test"] and has_test):
        part = "test" if n_images["train"] else "train"
        yield f"data.test_share: the {part} part has no image; give a class 2 images or more, or change the share"
        return
    if not n_images["test"]:
        yield from _no_test_images(config)
    trained = [name for name in studied_models(config) if is_trained_here(config["models"][name])]
    if trained and n_images["train"] < 2:
        yield f"models.{trained[0]}: training needs 2 images for its batch norms, and there is 1; add images"
    needed, there = homology["batches"] * homology["batch_size"], n_images[homology["part"]]
    if needed > there > 0:
        yield (
            f"homology.batches: {homology['batches']} batches of {homology['batch_size']} images are more than the "
            f"{there} of part {homology['part']}; lower one of the two"
        )

    yield from _few_points(config["mapper"], n_images[config["mapper"]["part"]])


def _few_points(mapper, n_images):
    """Messages about mapper graphs of so few points that DBSCAN calls all of them noise."""
    if mapper["clusterer"] != DBSCAN_NAME or not n_images:
        return
    least, known = mapper["min_samples"], sampling_order(mapper["samplings"])
    per_image = {
        name: own.get("points_per_image", 1)
        for name, own in known.items()
        if SAMPLINGS[own["method"]].positions == "fixed"
    }
    for name, own in known.items():
        if own.get("cap") is not None and own["cap"] < least:
            yield (
                f"mapper.samplings.{name}.cap: it leaves {own['cap']} points, and with fewer than {least} "
                "(mapper.min_samples) all are noise; raise it"
            )
    short = [name for name, number in per_image.items() if n_images * number < least]
    if short:
        yield (
            f"mapper.min_samples: {short[0]} has {n_images * per_image[short[0]]} points of {n_images} images of part "
            f"{mapper['part']}, and with fewer than {least} all points are noise; lower it, take more "
            "points_per_image, or add images"
        )
        return
    stability = mapper["stability"]
    parts = {
        "confidence": mapper["confidence"]["parts"],
        "stability": stability["graphs"] if stability["samples"] else [],
    }
    for key, graphs in parts.items():
        drawn = max(round(mapper[key]["share"] * n_images), 1)
        for name in sorted(set(dict(graphs or {})) & set(per_image)):
            if drawn * per_image[name] < 2:
                yield (
                    f"mapper.{key}.share: a part of {name} has one point, of one of the {n_images} images of part "
                    f"{mapper['part']}, and has no graph; raise it"
                )


def _nearest(name, known):
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {listed(known)}"
