"""
List the layers of a config's networks: index, name, type, shape, taps and cost; or the outputs of all modules.

    python workflow/scripts/list_layers.py config/imagenet.yaml
    python workflow/scripts/list_layers.py config/imagenet.yaml --models googlenet --modules

Config files are laid over config/config.yaml, as Snakemake does with --configfile, and checked as there, but for what
depends on the layers. Run it where Snakemake is run.
"""

import argparse
import os
import sys
from pathlib import Path

from actopo.config.choosing import describe_layer, shape_at, taps_of
from actopo.config.config_files import load_config
from actopo.config.costs import activation_bytes, cloud_cost, readable, study_clouds
from actopo.config.data import count_images, part_sizes
from actopo.config.layers import model_layers, module_outputs, network_keys
from actopo.config.values import image_shape, studied_models
from actopo.errors import InputError
from actopo.networks.choices import CONVOLUTION_TAPS, output_number
from actopo.points.choices import STUDIES

ROOT = Path(__file__).parents[2]
COLUMNS = ("index", "name", "type", "rows", "columns", "channels", "taps")


def layer_rows(layers):
    """Cells of a table, a layer each; those that `all` leaves out say so."""
    for i, layer in enumerate(layers):
        if layer["problem"]:
            yield (i, layer["name"], layer["type"], "-", "-", "-", layer["problem"])
            continue
        other = ("output",) if layer["is_convolution"] else CONVOLUTION_TAPS
        notes = [f"; tokens: {' '.join(layer['shapes'])}"] * (len(layer["shapes"]) > 1)
        notes += ["; of a pooled map, not in all, last or patterns"] * layer["is_pooled"]
        taps = " ".join(tap for tap in taps_of(layer) if tap not in other)
        yield (i, layer["name"], layer["type"], *layer["shape"], taps + "".join(notes))


def output_rows(outputs):
    """Cells of a table, an output of a module each; those that are no layers have a reason."""
    for i, output in enumerate(outputs):
        for place, part in enumerate(output["parts"]):
            number = output_number(i, entry=place + 1 if part["key"] else 0)
            described = describe_layer(number, [], lambda: outputs)
            cells = (number, described["name"], output["type"])
            if part["problem"]:
                yield (*cells, "-", "-", "-", part["problem"])
                continue
            notes = f"; tokens: {' '.join(part['shapes'])}" if len(part["shapes"]) > 1 else ""
            taps = " ".join(tap for tap in taps_of(described) if tap not in CONVOLUTION_TAPS)
            yield (*cells, *described["shape"], taps + notes)


def aligned(rows):
    """Lines of text of a table, of which the first row is the head; texts begin and numbers end at one place."""
    rows = [tuple(map(str, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    texts = {i for i, name in enumerate(rows[0]) if name in ("name", "type", "taps")}
    for row in rows:
        cells = [f"{cell:{'<' if i in texts else '>'}{widths[i]}}" for i, cell in enumerate(row)]
        yield "  ".join(cells).rstrip()


def cost_lines(config, study, layers):
    """Lines of text about points and disk of every layer of a study's network, by sampling."""
    n_images = config["homology"]["batch_size"] if study == "homology" else mapper_images(config)
    known, n_images = n_images is not None, n_images or 1000
    clouds = study_clouds(config, study)
    images = f"a batch of {n_images} images" if study == "homology" else f"{n_images} images"
    images += "" if known else " (how many there are is not known here)"
    yield f"points and disk of the {study} study, for one network and {images}; activations are all positions, if kept"
    rows = [("index", "positions", *(", ".join(names) for _, names in clouds), "activations")]
    for i, layer in enumerate(layers):
        if layer["is_pooled"] or layer["problem"]:
            continue
        costs = [cloud_cost(layer, sampling, n_images) for sampling, _ in clouds]
        taps = dict.fromkeys(sampling["tap"] for sampling, _ in clouds)
        precision = config["activations"]["precision"]
        whole = [size for tap in taps if (size := activation_bytes(layer, tap, n_images, precision)) is not None]
        cells = ["-" if cost is None else f"{cost[0]} ({readable(cost[1])})" for cost in costs]
        tap = clouds[0][0]["tap"]
        positions = shape_at(layer, tap)[0] * shape_at(layer, tap)[1]
        rows.append((i, positions, *cells, readable(max(whole)) if whole else "-"))
    yield from aligned(rows)


def mapper_images(config):
    """Number of images of the mapper study, if it is known before they are read."""
    try:
        return count_images(config, part_sizes(config["data"]))
    except (InputError, OSError):
        return None


def listing(config, name, modules):
    """Lines of text about one model."""
    if modules:
        return aligned([COLUMNS, *output_rows(module_outputs(config, name))])
    layers = model_layers(config, name)
    if not layers:
        return ["no convolution and no block of a transformer: name modules or a type, which --modules lists"]
    studies = [study for study in STUDIES if config[study]["model"] == name]
    costs = [line for study in studies for line in ("", *cost_lines(config, study, layers))]
    return [*aligned([COLUMNS, *layer_rows(layers)]), *costs]


def main():
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configfiles", nargs="*", metavar="CONFIG", help="config files over config/config.yaml")
    parser.add_argument(
        "--models", metavar="NAME,NAME", help="some of the config's models; default: those of its studies"
    )
    parser.add_argument(
        "--modules", action="store_true", help="list outputs of all modules, such as linear maps and concatenations"
    )
    options = parser.parse_args()
    config = load_config(ROOT, options.configfiles)
    wanted = options.models.split(",") if options.models else []
    unknown = sorted(set(wanted) - set(config["models"]))
    if unknown:
        raise InputError(f"no model {', '.join(unknown)}; the config has {', '.join(config['models'])}")
    for name in wanted or studied_models(config):
        network, shape = network_keys(config["models"][name]), image_shape(config, name)
        what = network.get("module") or network.get("architecture")
        try:
            lines = list(listing(config, name, options.modules))
        except InputError as error:
            raise InputError(f"models.{name}: {error}") from error
        print(f"{name}: {what}, images of {' x '.join(map(str, shape))}")
        print("\n".join(lines), end="\n\n")


if __name__ == "__main__":
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as `head`, has enough; Python must not try to print the rest as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
