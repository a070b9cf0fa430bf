"""
List the layers of a config's networks: index, name, rows, columns, channels and taps; or the outputs of their modules.

    python workflow/scripts/list_layers.py config/imagenet.yaml
    python workflow/scripts/list_layers.py config/imagenet.yaml --models googlenet --modules

Config files are laid over config/config.yaml, as Snakemake does with --configfile, and checked as there, but for what
depends on the layers. Run it where Snakemake is run.
"""

import argparse
import sys
from pathlib import Path

import yaml
from actopo.config.conflicts import network_conflicts
from actopo.config.layers import model_layers, module_outputs, network_keys
from actopo.config.validate import validate
from actopo.config.values import drawn_networks, image_shape
from actopo.errors import InputError
from actopo.keys import FIRST_OUTPUT

ROOT = Path(__file__).parents[2]
DEFAULT = ROOT / "config" / "config.yaml"
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"


def merged(files):
    """One config of several files, later ones over earlier ones."""

    def overlay(below, above):
        for key, value in above.items():
            both = isinstance(value, dict) and isinstance(below.get(key), dict)
            below[key] = overlay(below[key], value) if both else value
        return below

    config = {}
    for file in files:
        config = overlay(config, read_config(file))
    return config


def read_config(file):
    """Keys of one config file."""
    try:
        config = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    # Dates and whole numbers that Python does not take are plain ValueErrors, as is a text that is no UTF-8.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{file} is no YAML that can be read: {' '.join(str(error).split())}") from error
    if config is not None and not isinstance(config, dict):
        raise InputError(f"{file} has no keys; write some at its top, such as data: or models:")
    return config or {}


def table(layers):
    """Lines of text, a layer each."""
    width = max(len(layer["name"]) for layer in layers)
    yield f"{'index':>5}  {'name':<{width}}  {'rows':>4}  {'columns':>7}  {'channels':>8}  taps"
    for i, layer in enumerate(layers):
        rows, columns, channels = layer["shape"]
        taps = " ".join(layer["taps"])
        yield f"{i:>5}  {layer['name']:<{width}}  {rows:>4}  {columns:>7}  {channels:>8}  {taps}"


def output_table(outputs):
    """Lines of text, an output of a module each; those that cannot be layers have a reason."""
    width = max([len(output["name"]) for output in outputs] + [4])
    yield f"{'index':>5}  {'name':<{width}}  {'rows':>4}  {'columns':>7}  {'channels':>8}"
    for i, output in enumerate(outputs, FIRST_OUTPUT):
        rows, columns, channels = output["shape"] or ("-", "-", "-")
        yield f"{i:>5}  {output['name']:<{width}}  {rows:>4}  {columns:>7}  {channels:>8}  {output['problem']}".rstrip()


def main():
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configfiles", nargs="*", metavar="CONFIG", help="config files over config/config.yaml")
    parser.add_argument(
        "--models", metavar="NAME,NAME", help="some of the config's models; default: those of its studies"
    )
    parser.add_argument(
        "--modules", action="store_true", help="list outputs of modules, such as concatenations, not convolutions"
    )
    options = parser.parse_args()
    config = merged([DEFAULT, *options.configfiles])
    validate(config, yaml.load(SCHEMA.read_text(encoding="utf-8"), yaml.CSafeLoader), conflicts=network_conflicts)
    wanted = options.models.split(",") if options.models else []
    unknown = sorted(set(wanted) - set(config["models"]))
    if unknown:
        raise InputError(f"no model {', '.join(unknown)}; the config has {', '.join(config['models'])}")
    mapper = config["mapper"]
    for name in wanted or dict.fromkeys([config["homology"]["model"], mapper["model"], *drawn_networks(mapper)]):
        network, shape = network_keys(config["models"][name]), image_shape(config, name)
        what = network.get("module") or network.get("architecture")
        try:
            lines = output_table(module_outputs(config, name)) if options.modules else table(model_layers(config, name))
        except InputError as error:
            raise InputError(f"models.{name}: {error}") from error
        print(f"{name}: {what}, images of {' x '.join(map(str, shape))}")
        print("\n".join(lines), end="\n\n")


if __name__ == "__main__":
    try:
        main()
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
