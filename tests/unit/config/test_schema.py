"""The schema lists what the tables of choices have, and describes every key."""

import json

import pytest
from actopo.graphs.choices import COMPARISONS, FORMATS, LABEL_KINDS, UNCOVERED
from actopo.images.choices import DATASETS, NORMALISATIONS, PARTS
from actopo.mapper.choices import CONVENTIONS, DBSCAN_NAME, EPS_RULES
from actopo.networks.choices import (
    CHANNEL_AXES,
    DEVICES,
    FILLS,
    OPTIMIZERS,
    PRECISIONS,
    SCHEDULES,
    SHORTCUTS,
    TAPS,
    TOKENS,
)
from actopo.points.choices import DUMP_TYPES, MASKS, NOISE_UNITS, POLICIES, SAMPLINGS, STUDIES, TIES, WEIGHTS
from actopo.similarity.choices import BATCH_NORMS, COMPONENTS, CONTROLS, SURROGATES
from actopo.similarity.metrics.choices import METRICS, PAIRINGS
from actopo.similarity.wasserstein import METHODS

from unit.config.examples import SCHEMA

WITHOUT_MASKS = [name for name, sampling in SAMPLINGS.items() if not sampling.by_mask]
# By path in the config: `*` is any name, `[]` the items of a list.
TABLES = {
    "device": ("networks.choices.DEVICES", DEVICES),
    "mapper.device": ("networks.choices.DEVICES", DEVICES),
    "data.dataset": ("images.choices.DATASETS", DATASETS),
    "data.normalisation": (
        "images.choices.NORMALISATIONS, measured and pretrained",
        ["measured", "pretrained", *NORMALISATIONS],
    ),
    "models.*.shortcut": ("networks.choices.SHORTCUTS", SHORTCUTS),
    "models.*.training.schedule": ("networks.choices.SCHEDULES", SCHEDULES),
    "models.*.training.optimizer": ("networks.choices.OPTIMIZERS", OPTIMIZERS),
    "models.*.training.translate_fill": ("networks.choices.FILLS", FILLS),
    "models.*.training.precision": ("networks.choices.PRECISIONS, and auto", ["auto", *PRECISIONS]),
    "models.*.layout.channels": ("networks.choices.CHANNEL_AXES", CHANNEL_AXES),
    "layer.tokens": ("networks.choices.TOKENS", TOKENS),
    "activations.keep[]": ("points.choices.STUDIES", STUDIES),
    "activations.precision": ("points.choices.DUMP_TYPES", DUMP_TYPES),
    "homology.part": ("images.choices.PARTS", PARTS),
    "homology.tap": ("networks.choices.TAPS", TAPS),
    "homology.sampling": ("points.choices.SAMPLINGS, those not by_mask", WITHOUT_MASKS),
    "similarity.method": ("similarity.wasserstein.METHODS", METHODS),
    "similarity.controls[]": ("similarity.choices.CONTROLS", CONTROLS),
    "similarity.untrained.batch_norm": ("similarity.choices.BATCH_NORMS", BATCH_NORMS),
    "similarity.sensitivity.components[]": ("similarity.choices.COMPONENTS", COMPONENTS),
    "similarity.rivals.clouds[]": ("similarity.metrics.choices.PAIRINGS", PAIRINGS),
    "similarity.rivals.metrics[]": ("similarity.metrics.choices.METRICS", METRICS),
    "similarity.surrogates.kinds[]": ("similarity.choices.SURROGATES", SURROGATES),
    "mapper.comparisons[]": ("graphs.choices.COMPARISONS", COMPARISONS),
    "mapper.part": ("images.choices.PARTS", PARTS),
    "mapper.samplings.*.method": ("points.choices.SAMPLINGS", SAMPLINGS),
    "comparison.networks[].tap": ("networks.choices.TAPS", TAPS),
    "mapper.networks.*.tap": ("networks.choices.TAPS", TAPS),
    "mapper.samplings.*.tap": ("networks.choices.TAPS", TAPS),
    "mapper.samplings.*.without": ("points.choices.POLICIES", POLICIES),
    "mapper.foreground.masks": ("points.choices.MASKS", MASKS),
    "mapper.foreground.weight": ("points.choices.WEIGHTS", WEIGHTS),
    "mapper.foreground.without": ("points.choices.POLICIES", POLICIES),
    "mapper.foreground.ties": ("points.choices.TIES", TIES),
    "mapper.noise.units": ("points.choices.NOISE_UNITS", NOISE_UNITS),
    "mapper.eps": ("mapper.choices.EPS_RULES", EPS_RULES),
    "mapper.clusterer": ("mapper.choices.DBSCAN_NAME", [DBSCAN_NAME]),
    "mapper.convention": ("mapper.choices.CONVENTIONS", CONVENTIONS),
    "mapper.uncovered": ("graphs.choices.UNCOVERED", UNCOVERED),
    "mapper.new_images.part": ("images.choices.PARTS", PARTS),
    "mapper.labels.*.kind": ("graphs.choices.LABEL_KINDS", LABEL_KINDS),
    "mapper.exports[]": ("graphs.choices.FORMATS", FORMATS),
}

# Single words in the place of a list or a number, which no table has.
WORDS = {
    "models.*.seeds_per_job": ["auto"],
    "homology.layers": ["all"],
    "comparison.networks[].layers": ["all"],
    "similarity.sensitivity.layers": ["all"],
    "similarity.sensitivity.references": ["all"],
    "figures.sensitivity_layers": ["all"],
    "mapper.branching.classes": ["majority"],
}


def enums(schema, path=""):
    """Every list of texts to choose from, with the path of its key."""
    values = schema.get("enum", [part["const"] for part in schema.get("oneOf", []) if "const" in part])
    if any(isinstance(value, str) for value in values):
        yield path, values
    for key, part in schema.get("properties", {}).items():
        yield from enums(part, f"{path}.{key}".lstrip("."))
    for key, part in schema.get("$defs", {}).items():
        yield from enums(part, key)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from enums(schema["additionalProperties"], f"{path}.*".lstrip("."))
    if isinstance(schema.get("items"), dict):
        yield from enums(schema["items"], f"{path}[]")
    for key in ("oneOf", "anyOf", "allOf"):
        for part in schema.get(key, []):
            yield from enums(part, path)


ENUMS = dict(enums(SCHEMA))


def test_every_enum_belongs_to_a_table():
    assert set(ENUMS) - set(TABLES) == set(WORDS)
    assert set(TABLES) <= set(ENUMS)
    assert {path: ENUMS[path] for path in WORDS} == WORDS
    assert len(list(enums(SCHEMA))) == len(ENUMS)


@pytest.mark.parametrize("path", TABLES)
def test_enums_are_the_rows_of_their_table(path):
    name, table = TABLES[path]
    without_row = [value for value in ENUMS[path] if value not in table]
    assert not without_row, f"{path} of the schema has {without_row}, for which {name} lacks a row"
    unknown = [value for value in table if value not in ENUMS[path]]
    assert not unknown, f"{name} has {unknown}, which {path} of the schema does not list"
    assert len(set(ENUMS[path])) == len(ENUMS[path]) == len(table)


def test_every_key_is_described():
    def walk(schema, path):
        for key, part in schema.get("properties", {}).items():
            assert part.get("description"), f"{path}{key} has no description"
            walk(part, f"{path}{key}.")
        if isinstance(schema.get("additionalProperties"), dict):
            walk(schema["additionalProperties"], f"{path}*.")

    walk(SCHEMA, "")
    for name, part in SCHEMA["$defs"].items():
        walk(part, f"{name}.")
    assert json.dumps(SCHEMA)


def test_every_pattern_is_explained():
    def walk(part):
        for value in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            yield from walk(value)
        if isinstance(part, dict) and isinstance(part.get("pattern"), str):
            yield part

    found = list(walk(SCHEMA))
    assert len(found) >= 4
    assert all(part.get("errorMessage") for part in found)
