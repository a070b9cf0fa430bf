"""
List the images of nodes of a mapper graph of a finished run: node, number of the image, class and file, as CSV.

    python workflow/scripts/node_images.py config/demo.yaml --sampling random --layer 16 --nodes 3 7
    python workflow/scripts/node_images.py mine.yaml --sampling full --layer conv2 --seed 2 --noise 0.1 --nodes 12

Config files are those of the run. Files are named as they lie in data.root. Images that are no files have numbers
alone, which count the images of the study's part in the order of `files.csv`. Run it where Snakemake is run.
"""

import argparse
import csv
import re
import sys
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from actopo.config.choosing import choose_layers, describe_layer
from actopo.config.config_files import load_config
from actopo.config.layers import model_layers, module_outputs
from actopo.config.values import dataset_name, seed_list
from actopo.errors import InputError
from actopo.files import COMPUTED, load_arrays, load_json, load_table
from actopo.keys import FIRST_OUTPUT, distinct_name
from actopo.mapper.intermediate import load_incidence

ROOT = Path(__file__).parents[2]
# Not those of a graph at every eps.
GRAPH = re.compile(r"layer\d+\.npz")


def layer_number(config, model, text):
    """Number of a layer that is given by it, as in the config, or by its name in figures and in the explorer."""
    layers, outputs = model_layers(config, model), cache(lambda: module_outputs(config, model))
    given = int(text) if text.isdigit() else text
    if text.startswith("{"):
        given = mapping_of(text)
    elif given == text and model == config["mapper"]["model"]:
        for layer in choose_layers(config["mapper"]["layers"], layers, outputs):
            name = describe_layer(layer, layers, outputs)["name"]
            if text in (name, distinct_name(layer, name)) or (layer < FIRST_OUTPUT and text == f"layer {layer}"):
                return layer
    found = choose_layers([given], layers, outputs)
    if len(found) > 1:
        raise InputError(f"--layer {text}: several layers match, {found}; name one by its number")
    return found[0]


def mapping_of(text):
    """A layer that is given as a mapping, such as {name: two, key: 0}."""
    try:
        given = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        given = None
    is_known = (
        isinstance(given, dict) and set(given) <= {"name", "type", "tokens", "key"} and {"name", "type"} & set(given)
    )
    if not is_known or not all(isinstance(value, str | int) for value in given.values()):
        raise InputError(f"--layer {text}: write a mapping with a name or a type, such as {{name: two, key: 0}}")
    return given


def graph_file(config, options):
    """File of the members of the graph that the options name."""
    mapper, model = config["mapper"], options.model or config["mapper"]["model"]
    if model not in config["models"]:
        raise InputError(f"no model {model}; the config has {', '.join(config['models'])}")
    layer = layer_number(config, model, options.layer)
    seed = seed_list(mapper["seeds"])[0] if options.seed is None else options.seed
    draw = f".draw{options.draw}" if options.draw else ""
    noise = f".noise{options.noise:.15g}" if options.noise else ""
    folder = Path("results") / config["run"] / "mapper" / model / f"seed{seed}"
    path = folder / f"{options.sampling}{draw}{noise}" / f"layer{layer}.npz"
    if not path.is_file():
        graphs = [other for other in folder.glob("*/layer*.npz") if GRAPH.fullmatch(other.name)]
        there = ", ".join(sorted(str(other.relative_to(folder).with_suffix("")) for other in graphs))
        raise InputError(f"there is no graph {path}; there are {there or 'none'} in {folder}")
    return path, Path("results") / config["run"] / "data" / dataset_name(config, model)


def rows_of(path, data, part, nodes):
    """Node, image, class and file of every image of some nodes."""
    file, table = load_arrays(path), load_table(data / part / "files.csv")
    class_names, by_node = load_json(data / "meta.json")["class_names"], load_incidence(file).tocsc()
    if wrong := [node for node in nodes if not 0 <= node < by_node.shape[1]]:
        raise InputError(f"no node {wrong[0]}; {path} has {by_node.shape[1]} nodes, the first of them 0")
    images, names = file["image"], table["file"].fillna("").tolist()
    for node in nodes:
        for image in np.unique(images[by_node.indices[by_node.indptr[node] : by_node.indptr[node + 1]]]).tolist():
            yield node, image, class_names[table["label"][image]], names[image]


def main():
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configfiles", nargs="*", metavar="CONFIG", help="config files over config/config.yaml")
    parser.add_argument("--sampling", required=True)
    parser.add_argument("--layer", required=True, help="number, name, or as in the config: {name: two, key: 0}")
    parser.add_argument("--nodes", required=True, nargs="+", type=int, metavar="NODE", help="numbers in the explorer")
    parser.add_argument("--model", help="default: that of the mapper study")
    parser.add_argument("--seed", type=int, help="default: the first of the study")
    parser.add_argument("--draw", type=int, default=0)
    parser.add_argument("--noise", type=float, default=0, help="sigma of the noise of the images")
    options = parser.parse_args()
    config = load_config(ROOT, options.configfiles)
    path, data = graph_file(config, options)
    rows = list(rows_of(path, data, config["mapper"]["part"], options.nodes))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["node", "image", "class", "file"])
    # As in tables: a spreadsheet would compute some names.
    for *numbers, class_name, file in rows:
        writer.writerow([*numbers, *(f"'{name}" if COMPUTED.match(name) else name for name in (class_name, file))])


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        # The reader, such as head, has what it wants.
        sys.stderr.close()
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
