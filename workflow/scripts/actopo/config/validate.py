"""
Checks of a configuration before anything runs.

The schema defines keys, types and ranges; `actopo.config.conflicts` checks combinations of keys.
All messages give the path of the key, such as `homology.batch_size`, and say what to write instead.
"""

import re
from difflib import get_close_matches
from functools import cache
from math import isfinite

from actopo.config.conflicts import find_conflicts
from actopo.errors import LONGEST, UNPRINTABLE, InputError, shown

# More than any configuration needs, and little enough to be checked at once.
MOST_ENTRIES = 50_000
MOST_LEVELS = 30
MOST_CHARACTERS = 1000
# Whole numbers of 64 bits; floats and NumPy hold no larger ones.
LARGEST = 2**63 - 1
# Largest whole number that is advised in the place of one with a decimal point.
LARGEST_HINT = 10**15
# Characters of a word in a message, such as a path.
LONGEST_WORD = 200
LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD + 20},}}")
# Lines of a message.
MOST_LINES = 20
# Characters of what a missing key means.
LONGEST_MEANING = 100
# Words for choices that no spelling is near to.
MEANT = {"gpu": "cuda"}
# Types of the schema in words.
TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
# Types of keys that YAML does not read as texts.
KEY_TYPES = {"int": "a number", "float": "a number", "bool": "true or false", "NoneType": "null", "date": "a date"}


def validate(config, schema, cache=None, conflicts=find_conflicts):
    """
    Check a configuration.

    Parameters
    ----------
    config : dict
    schema : dict
        JSON schema.
    cache : Path, optional
        As in `actopo.config.layers.layers_of`.
    conflicts : callable, default `actopo.config.conflicts.find_conflicts`
        Maps config and cache to messages, once the schema holds.

    Raises
    ------
    InputError
        If a key is wrong; the message names every such key.
    """
    problems = list(_unreadable(config))
    if not problems:
        errors = sorted(_validator()(schema).iter_errors(config), key=lambda error: _where(error.absolute_path))
        problems = [message for error in errors[: MOST_LINES + 1] for message in _explain(error)]
    if not problems:
        problems = list(conflicts(config, cache))
    if problems:
        lines = [f"  {LONG_WORD.sub(_cut, problem)}" for problem in dict.fromkeys(problems)]
        if len(lines) > MOST_LINES:
            lines[MOST_LINES:] = ["  and more"]
        raise InputError("\n".join(["the configuration is wrong:", *lines]))


@cache
def _validator():
    """Class of validators of JSON Schema, in which numbers are what Python's functions take."""
    # Imported here, so that what else needs this module needs no jsonschema.
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def unique(validator, is_wanted, entries, schema):
        """JSON Schema's uniqueItems, which jsonschema checks pair by pair where entries have no order."""
        if is_wanted and isinstance(entries, list):
            keys = {item if type(item) in (int, float) else shown(item, MOST_CHARACTERS + 2) for item in entries}
            if len(keys) < len(entries):
                yield ValidationError("has an entry twice")

    # In JSON Schema 10.0 is an integer, but Python's range() and a list of seeds need 10.
    # YAML has .nan and .inf, which no key accepts.
    types = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: type(value) is int,
            "number": lambda _, value: type(value) in (int, float) and isfinite(value),
        }
    )
    return extend(Draft202012Validator, {"uniqueItems": unique}, type_checker=types)


def _unreadable(config):
    """Messages about values that no key can have, and names that YAML does not read as texts."""
    waiting, n_entries = [([], config)], 0
    while waiting:
        path, value = waiting.pop()
        if problem := _bad_text(value) or _bad_number(value):
            yield f"{_where(path)}: {problem}"
        if not isinstance(value, dict | list):
            continue
        n_entries += len(value)
        if n_entries > MOST_ENTRIES or len(path) == MOST_LEVELS:
            limit = f"{MOST_LEVELS} levels" if len(path) == MOST_LEVELS else f"{MOST_ENTRIES} entries"
            yield f"{_where(path[:3])}: a configuration has {limit} at most; look at what is repeated or nested in it"
            return
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(value, dict) and not isinstance(key, str):
                kind = KEY_TYPES.get(type(key).__name__, "another kind of value")
                # `{overlap: 0,3}` is a 0 and a name without a value.
                comma = (
                    ", or write a decimal point where this is the end of a number: 0.3"
                    if item is None and type(key) is int
                    else ""
                )
                yield f"{_where([*path, key])}: YAML reads this name as {kind}; put it in quotes{comma}"
            elif problem := _bad_text(key):
                yield f"{_where(path)}: {problem}"
            waiting.append(([*path, key], item))


def _bad_text(value):
    """What is wrong with a text, wherever it stands; None where nothing is."""
    if not isinstance(value, str):
        return None
    if len(value) > MOST_CHARACTERS:
        return f"{shown(value)} has {len(value)} characters; write {MOST_CHARACTERS} at most"
    if UNPRINTABLE.search(value):
        return f"{shown(value)} has characters that cannot be printed; remove them"
    return None


def _bad_number(value):
    is_large = isinstance(value, int) and abs(value) > LARGEST
    return f"{shown(value)} is too large; whole numbers go up to {LARGEST}" if is_large else None


def _where(path):
    """Path of a key; what is no name of ours is cut where it is long."""
    names = [part if isinstance(part, str) and _is_name(part) else shown(part) for part in path]
    return ".".join(names) or "(top level)"


def _is_name(part):
    return len(part) <= LONGEST and not UNPRINTABLE.search(part)


def _explain(error):
    """Readable messages for one error of the validator."""
    where, value = _where(error.absolute_path), error.instance
    if error.validator == "additionalProperties" and isinstance(value, dict):
        known = list(error.schema.get("properties", {}))
        for key in sorted(set(value) - set(known))[: MOST_LINES + 1]:
            path = _where([*error.absolute_path, key])
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(known)}"
            yield f"{path}: unknown key; {hint}"
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in value]
        meaning = error.schema["properties"][missing[0]].get("description", "").partition(". ")[0].rstrip(".")
        meaning = meaning if len(meaning) <= LONGEST_MEANING else meaning.partition(", ")[0]
        hint = f" ({meaning[:1].lower()}{meaning[1:]})" if meaning and len(missing) == 1 else ""
        yield f"{where}: missing {', '.join(missing)}{hint}"
    elif error.validator == "enum":
        choices = [str(choice) for choice in error.validator_value]
        hint = _number_hint(value) if value in choices else _near(value, choices)
        yield f"{where}: {shown(value)} is not one of {', '.join(choices)}{hint}"
    elif error.validator == "oneOf":
        # If one of the alternatives has the right type, its errors say more than the list of alternatives.
        fitting = [item for item in error.context if item.path or item.validator not in ("type", "const")]
        if fitting:
            from jsonschema.exceptions import best_match

            yield from _explain(best_match(fitting))
            return
        choices = [_alternative(branch) for branch in error.validator_value]
        yield f"{where}: {shown(value)} is not allowed; write {_either(choices)}{_number_hint(value)}"
    elif error.validator == "type":
        wanted = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
        is_text = "string" in wanted and not {"integer", "number"} & set(wanted)
        hint = _quotes_hint(value) if is_text else _number_hint(value)
        if value is None and "array" in wanted and not error.schema.get("minItems"):
            hint = "; write [] for none"
        yield f"{where}: {shown(value)} is not {_either([TYPES[name] for name in wanted])}{hint}"
    elif error.validator == "pattern":
        yield f"{where}: {shown(value)} is not allowed; write {error.schema['errorMessage']}"
    else:
        yield f"{where}: {shown(value)} {_limit(error)}"


def _alternative(branch):
    """What one of several alternatives allows."""
    if "const" in branch:
        return "false" if branch["const"] is False else str(branch["const"])
    if branch.get("maxItems") == 0:
        return "[]"
    keys = f" with {' and '.join(branch['required'])}" if "required" in branch else ""
    return TYPES[branch["type"]] + keys


def _either(choices):
    return " or ".join(filter(None, [", ".join(choices[:-1]), choices[-1]]))


def _near(value, choices):
    text = value if isinstance(value, str) else shown(value)
    near = [MEANT[text]] if MEANT.get(text) in choices else get_close_matches(text, choices, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _limit(error):
    limits = {
        "minimum": "must be {} or more",
        "maximum": "must be {} or less",
        "exclusiveMinimum": "must be more than {}",
        "exclusiveMaximum": "must be less than {}",
        "minItems": "needs {} or more entries",
        "maxItems": "takes {} entries at most" if error.validator_value else "must be empty",
        "minProperties": "needs {} or more entries",
        "uniqueItems": "has an entry twice",
        "minLength": "is empty; write a text",
        "maxLength": "is too long; write {} characters or less",
    }
    if error.validator not in limits:
        return f"is not allowed: {error.message}"
    return limits[error.validator].format(error.validator_value)


def _cut(word):
    """The beginning of a long word, such as a path, that stands in a message as it is."""
    return f"{word[0][:LONGEST_WORD]} ..."


def _quotes_hint(value):
    """Hint on a text that YAML read as something else, such as a number or a date."""
    return "" if value is None or isinstance(value, str | dict | list) else "; put it in quotes"


def _number_hint(value):
    """Hint on what to write for a number that YAML read as text, or with a decimal point."""
    if isinstance(value, float) and value.is_integer():
        return f"; write {int(value)}" if abs(value) <= LARGEST_HINT else ""
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        number = None
    if value in ("null", "true", "false"):
        number = value
    elif number is None or not isfinite(number):
        return ""
    else:
        number = repr(int(number) if number.is_integer() and abs(number) <= LARGEST_HINT else number)
    return f"; it arrived as text, write {number} (in a file: what stands inside a mapping of --config is text)"
