"""
Conflicts between keys of a configuration that are valid on their own.

Each section of the configuration has a module, whose functions yield messages; each message begins with the path of a
key.
"""

import copy

from actopo.config.comparison import comparison_problems
from actopo.config.data import count_images, data_problems, part_sizes
from actopo.config.figures import figure_problems
from actopo.config.homology import homology_problems, similarity_problems
from actopo.config.labels import label_problems
from actopo.config.layers import check_clusterer, number_layers
from actopo.config.lens import lens_problems
from actopo.config.mapper import mapper_problems, mask_problems
from actopo.config.models import misfits, model_problems, studied_problems, training_problems
from actopo.config.new_images import new_image_problems
from actopo.config.paths import path_problems
from actopo.config.pretrained import fill_pretrained
from actopo.config.read_layers import cut_cloud_problems, drawn_problems, layer_problems, whole_cloud_problems
from actopo.errors import InputError
from actopo.points.choices import STUDIES


def find_conflicts(config, cache=None):
    """
    Messages about keys that do not fit each other.

    Parameters
    ----------
    config : dict
        Configuration that is valid under the schema.
    cache : Path, optional
        As in `actopo.config.layers.layers_of`.

    Returns
    -------
    list of str
    """
    # Layers are looked up only if all networks can be built.
    if problems := network_conflicts(config):
        return problems
    found, layers, config = {}, {}, copy.deepcopy(config)
    if problems := fill_pretrained(config, cache):
        return problems
    try:
        problems, sizes = [], part_sizes(config["data"])
    except InputError as error:
        problems, sizes = [str(error)], None
    problems += [*data_problems(config, sizes), *label_problems(config, sizes), *training_problems(config)]
    problems += [*layer_problems(config, cache, found, layers), *drawn_problems(config, cache)]
    if len(layers) == len(STUDIES) and not (unnamed := number_layers(config, cache)):
        problems += homology_problems(config, found["homology"], layers["homology"])
        problems += similarity_problems(config, found["homology"], layers["homology"])
        problems += [*mapper_problems(config["mapper"], config["models"], layers["mapper"]), *mask_problems(config)]
        problems += new_image_problems(config, layers["mapper"])
        n_images = count_images(config, sizes)
        problems += [*lens_problems(config["mapper"], found["mapper"], n_images)]
        problems += whole_cloud_problems(config["mapper"], found["mapper"], n_images)
        problems += cut_cloud_problems(config["mapper"], found["mapper"], n_images)
        problems += figure_problems(config, layers["homology"])
        problems += comparison_problems(config, layers, cache)
    elif len(layers) == len(STUDIES):
        problems += unnamed
    if problems:
        return problems
    # Other processes are asked last.
    problems = list(misfits(config, cache, sizes))
    try:
        check_clusterer(config["mapper"]["clusterer"], cache)
    except InputError as error:
        problems.append(f"mapper.clusterer: {error}")
    return problems


def network_conflicts(config, cache=None):
    """Those of the messages that are about paths and networks, whatever their layers; `cache` is not used."""
    return list(path_problems(config)) or [*model_problems(config), *studied_problems(config)]
