"""
List the layers of a config's networks: index, name, rows, columns, channels and taps.

    python workflow/scripts/list_layers.py config/imagenet.yaml

Config files are laid over config/config.yaml, as Snakemake does with --configfile. Run it where Snakemake is run.
"""

import argparse
import sys
from pathlib import Path

import yaml
from actopo.config.layers import layers_of, network_keys
from actopo.config.values import image_shape
from actopo.errors import InputError

DEFAULT = Path(__file__).parents[2] / "config" / "config.yaml"


def merged(files):
    """One config of several files, later ones over earlier ones."""

    def overlay(below, above):
        for key, value in above.items():
            both = isinstance(value, dict) and isinstance(below.get(key), dict)
            below[key] = overlay(below[key], value) if both else value
        return below

    config = {}
    for file in files:
        config = overlay(config, yaml.safe_load(Path(file).read_text(encoding="utf-8")) or {})
    return config


def table(layers):
    """Lines of text, a layer each."""
    width = max(len(layer["name"]) for layer in layers)
    yield f"{'index':>5}  {'name':<{width}}  {'rows':>4}  {'columns':>7}  {'channels':>8}  taps"
    for i, layer in enumerate(layers):
        rows, columns, channels = layer["shape"]
        taps = " ".join(layer["taps"])
        yield f"{i:>5}  {layer['name']:<{width}}  {rows:>4}  {columns:>7}  {channels:>8}  {taps}"


def main():
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configfiles", nargs="*", metavar="CONFIG", help="config files over config/config.yaml")
    parser.add_argument(
        "--models", nargs="+", metavar="NAME", help="some of the config's models; default: those of its studies"
    )
    options = parser.parse_args()
    config = merged([DEFAULT, *options.configfiles])
    unknown = sorted(set(options.models or []) - set(config["models"]))
    if unknown:
        raise InputError(f"no model {', '.join(unknown)}; the config has {', '.join(config['models'])}")
    mapper = config["mapper"]
    for name in options.models or dict.fromkeys([config["homology"]["model"], mapper["model"], *mapper["networks"]]):
        model = config["models"][name]
        network, shape = network_keys(model), image_shape(config, name)
        what = network.get("module") or network.get("architecture")
        print(f"{name}: {what}, images of {' x '.join(map(str, shape))}")
        print("\n".join(table(layers_of(network, shape))), end="\n\n")


if __name__ == "__main__":
    try:
        main()
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
