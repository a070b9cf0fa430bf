"""
Write docs/reruns.md: what a change of each key of the configuration runs again, from the table of the tests.

    python docs/describe_key_reruns.py > docs/reruns.md
"""

import json
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests/workflow"), str(ROOT / "workflow/scripts")]

from rerun_table import BASES, INACTIVE, ROWS, schema_key, schema_keys  # noqa: E402 - the path comes first
from snakemake.utils import update_config  # noqa: E402

HEAD = """<!-- Written by `make docs` from tests/workflow/rerun_table.py; edit that instead. -->
# What a change runs again

After a finished run, a change of the configuration runs again what depends on it, and nothing else. Every line of this
table is tested (`tests/workflow/test_reruns.py`): there, as Snakemake plans it, and back. The changes are of two small
configurations, which are in `tests/workflow/rerun_table.py`: `tiny`, of the digits, and `wide`, of images and networks
of one's own. What a key runs again depends on other keys, and a line has the rules of its configuration. A larger study
has more jobs of these, and with parts that theirs have not, such as comparisons of graphs, exports and graphs at all
eps, other rules too. Rules that only draw are counted.

Files of one's own are known by what they hold, and may be moved and renamed: the images of `data.root`, the masks of
`mapper.foreground.masks`, weights, tables of labels, and the file of a network or a lens, with the Python files beside
it that it imports. The images of a folder are read for that once, and again when one has another size or time; in a
folder of more than 10 GB, an image that is edited is noticed if its size changes. A folder and a .zip of it are
different images. The file of a clusterer counts where it lies in a folder of `PYTHONPATH`, with what it imports from
such folders; one that is installed, or in an archive, is known by its import path alone: after another version of it,
add `--forcerun build_mapper`.

Two keys and an order make again what comes out the same. A graph that is split by `mapper.jobs` reads the files of its
parts, and points of `activations.keep` are read from activations in the place of a network and images. Snakemake
compares the list of the files that a job reads, and there is no file that a job waits for and that is not in this list.
Points and graphs are the same to the last bit, but they are taken and built anew, and so is what reads them. Set both
keys before a large run, not after. The order of `homology.layers` is that of tables and figures, and distances between
layers are computed again in it.

## Keys

| key | change | of | runs again |
|---|---|---|---|
"""
OTHER_CHANGES = {
    "`results` and `.snakemake` are moved or copied to another folder": "nothing, whatever the times of files of up to "
    "1 GB (`max-checksum-file-size` in the profile); larger ones keep theirs with `cp -a` and `rsync -a`",
    "`results` without `.snakemake`": "what is older than what it was made from, since nothing else is known of it: "
    "let both travel together",
    "the folder of a finished run is copied or renamed, and `run` with it": "refused, since Snakemake has no record of "
    "it under another name: copy `results` and `.snakemake` to another `--directory`, and keep `run`",
    "`results` and `.snakemake` are copied as hard links (`cp -al`)": "not supported: Snakemake writes its records in "
    "place, and so into those of the other folder; copy them",
    "a new clone of the workflow beside `results` and `.snakemake`": "nothing",
    "`--software-deployment-method conda` is switched on or off": "nothing",
    "a version in a file of `envs/`": "the rules of that environment, and what depends on them",
    "a comment or the order of lines there": "nothing",
    "threads, memory, time, GPUs, the profile": "nothing",
    "a line of code": "the rules that import it, see [code_reruns.md](code_reruns.md), and what depends on them",
    "a comment, a docstring, the layout or the time of a script": "nothing",
}


def rules():
    """Names of all rules, in the order in which data pass through them."""
    included = re.findall(r'"workflow/rules/(\w+\.smk)"', (ROOT / "Snakefile").read_text(encoding="utf-8"))
    text = "\n".join((ROOT / "workflow/rules" / name).read_text(encoding="utf-8") for name in included)
    return re.findall(r"^(?:use rule \w+ as|rule) (\w+)", text, flags=re.MULTILINE)


def value_at(config, path):
    """Value of a key; None if it is not there."""
    for key in path.split("."):
        config = (config or {}).get(key)
    return config


def shown(value):
    """A value as YAML has it, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    # A text that YAML would read as something else stands in quotes.
    return value if isinstance(value, str) and yaml.safe_load(value) == value else json.dumps(value)


def named(jobs, order):
    """Rules in words; those that only draw are counted."""
    if not jobs:
        return "nothing"
    figures = [rule for rule in jobs if rule.startswith("plot_")]
    others = sorted(set(jobs) - set(figures), key=order.index)
    if not others:
        return ", ".join(f"`{rule}`" for rule in sorted(figures, key=order.index))
    words = [f"`{rule}`" for rule in others]
    if figures:
        words.append(f"{len(figures)} figure{'s' if len(figures) > 1 else ''}")
    return ", ".join(words)


def table():
    """Lines of the table, in the order of the schema."""
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8"))
    keys, order, configs = list(schema_keys(schema)), rules(), {}
    for name, base in BASES.items():
        configs[name] = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
        update_config(configs[name], base)
    found = []
    for row in ROWS:
        besides = "".join(f", with `{path}: {shown(value)}`" for path, value in row.besides.items())
        if row.reruns is None:
            text = "everything" + (f" but {', '.join(f'`{rule}`' for rule in row.spared)}" if row.spared else "")
        else:
            text = named(row.reruns, order)
        found.append((row.path, value_at(configs[row.base], row.path), row.value, besides, row.base, text))
    for base, changes, reason in INACTIVE:
        text = f"nothing: {reason}"
        found += [(path, value_at(configs[base], path), new, "", base, text) for path, new in changes.items()]
    # A section stands before its keys.
    places = {path: place for place, path in enumerate(keys)}
    for path, *_ in found:
        known = (place for place, key in enumerate(keys) if is_part(key.split("."), path.split(".")))
        places.setdefault(schema_key(path, keys), next(known) - 0.5)
    for path, old, new, besides, base, text in sorted(found, key=lambda item: places[schema_key(item[0], keys)]):
        if old != new:
            key = schema_key(path, keys)
            names = [own for own, part in zip(path.split("."), key.split("."), strict=False) if part == "NAME"]
            of = ", ".join(f"`{name}`" for name in (base, *names))
            yield f"| `{key}` | `{shown(old)}` to `{shown(new)}`{besides} | {of} | {text} |"


def is_part(key, section):
    """Whether a key of the schema is in a section, both in pieces."""
    return all(a in ("NAME", b) for a, b in zip(key, section, strict=False))


if __name__ == "__main__":
    others = [f"| {change} | {text} |" for change, text in OTHER_CHANGES.items()]
    tail = ["", "## Other changes", "", "| change | runs again |", "|---|---|", *others]
    print(HEAD + "\n".join([*table(), *tail]))
