"""Print config/README.md: every key of the configuration, from its schema."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
HEAD = """<!-- Written by `make docs` from workflow/schemas/config.schema.yaml; edit that instead. -->
# Configuration

`config.yaml` is the paper's run, and holds all keys but those that only other networks, samplings and comparisons have.
Write only what differs into a file of your own, and lay it over the others: `snakemake --configfile
config/cifar10_cpu.yaml mine.yaml`. The whole configuration is checked before anything runs; a change reruns exactly
what depends on it.

| file | what it is |
|---|---|
| `config.yaml` | the paper's run: CIFAR-10, 100 networks, 50 000-image mapper graphs |
| `demo.yaml` | digits and small networks, for `make demo` |
| `cifar10_cpu.yaml` | CIFAR-10 on a CPU: networks of a quarter of the width, six seeds, three epochs |
| `cifar10_vit.yaml` | CIFAR-10 on a CPU: a small Vision Transformer, beside a ResNet-18 |
| `fashion_mnist.yaml` | Fashion-MNIST on a CPU: networks of a quarter of the width, three seeds |
| `imagenet.yaml` | four networks trained on ImageNet, on your photographs |
| `as_released.yaml` | what the authors' released code does where it differs from the paper's text |

| key | value | paper's run | meaning |
|---|---|---|---|
"""


def values(schema):
    """Allowed values of a key in words."""
    if "$ref" in schema:
        return "a layer"
    if "oneOf" in schema:
        return " or ".join(values(branch) for branch in schema["oneOf"])
    if "const" in schema:
        return f"`{schema['const']}`" if schema["const"] is not False else "`false`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kinds = schema.get("type", [])
    names = {"array": "list", "object": "mapping", "null": "`null`", "string": "text"}
    text = " or ".join(names.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))
    limits = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    bounds = [f"{sign} {schema[key]:.12g}" for key, sign in limits.items() if key in schema]
    return " ".join([text, ", ".join(bounds)]).strip()


def rows(schema, config, path=""):
    """One line of the table per key, parents before children."""
    for key, part in schema.get("properties", {}).items():
        value = config.get(key) if isinstance(config, dict) else None
        here = f"{path}{key}"
        if "properties" in part:
            yield f"| **`{here}`** | | | {part['description']} |"
            yield from rows(part, value, f"{here}.")
        elif "properties" in (part.get("additionalProperties") or {}):
            yield f"| **`{here}`** | | | {part['description']} |"
            # Keys of a named entry: the paper's value is that of the first entry that has it.
            merged = {}
            for entry in (value or {}).values():
                merged = {**entry, **merged}
            yield from rows(part["additionalProperties"], merged, f"{here}.NAME.")
        else:
            shown = "" if value is None else f"`{value}`".replace("True", "true").replace("False", "false")
            yield f"| `{here}` | {values(part)} | {shown} | {part['description']} |"


if __name__ == "__main__":
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    print(HEAD + "\n".join(rows(schema, config)))
