"""
Checks of a configuration before anything runs.

The schema defines keys, types and ranges; `actopo.config.conflicts` checks combinations of keys.
All messages give the path of the key, such as `homology.batch_size`, and say what to write instead.
"""

from difflib import get_close_matches
from math import isfinite

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import extend

from actopo.config.conflicts import find_conflicts
from actopo.errors import InputError

# In JSON Schema 10.0 is an integer, but Python's range() and a list of seeds need 10.
# YAML has .nan and .inf, which no key accepts.
Validator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {
            "integer": lambda _, value: type(value) is int,
            "number": lambda _, value: type(value) in (int, float) and isfinite(value),
        }
    ),
)


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
KEY_TYPES = {"int": "a number", "float": "a number", "bool": "true or false", "NoneType": "null"}
# Characters of a value that a message shows.
LONGEST = 60


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
    problems = list(_odd_keys(config, []))
    if not problems:
        errors = sorted(Validator(schema).iter_errors(config), key=lambda error: _where(error.absolute_path))
        problems = [message for error in errors for message in _explain(error)]
    if not problems:
        problems = list(conflicts(config, cache))
    if problems:
        lines = "\n".join(f"  {problem}" for problem in dict.fromkeys(problems))
        raise InputError(f"the configuration is wrong:\n{lines}")


def _odd_keys(value, path):
    """Keys that YAML reads as a number, a date or a truth value."""
    for key, item in value.items() if isinstance(value, dict) else ():
        if not isinstance(key, str):
            kind = KEY_TYPES.get(type(key).__name__, "a date")
            yield f"{_where([*path, key])}: YAML reads this name as {kind}; put it in quotes"
        yield from _odd_keys(item, [*path, key])


def _where(path):
    return ".".join("null" if part is None else str(part) for part in path) or "(top level)"


def _explain(error):
    """Readable messages for one error of the validator."""
    where, value = _where(error.absolute_path), error.instance
    if error.validator == "additionalProperties" and isinstance(value, dict):
        known = list(error.schema.get("properties", {}))
        for key in sorted(set(value) - set(known), key=str):
            path = _where([*error.absolute_path, key])
            near = get_close_matches(str(key), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(known)}"
            yield f"{path}: unknown key; {hint}"
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in value]
        # With several configs, keys of an earlier one remain, except below a key that it sets to null.
        begins = "; a sampling that another config sets to null begins anew" if "samplings." in where else ""
        yield f"{where}: missing {', '.join(missing)}{begins}"
    elif error.validator == "enum":
        choices = [str(choice) for choice in error.validator_value]
        yield f"{where}: {_shown(value)} is not one of {', '.join(choices)}{_near(value, choices)}"
    elif error.validator == "oneOf":
        # If one of the alternatives has the right type, its errors say more than the list of alternatives.
        fitting = [item for item in error.context if item.path or item.validator not in ("type", "const")]
        if fitting:
            yield from _explain(best_match(fitting))
            return
        choices = [_alternative(branch) for branch in error.validator_value]
        yield f"{where}: {_shown(value)} is not allowed; write {_either(choices)}{_number_hint(value)}"
    elif error.validator == "type":
        wanted = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
        yield f"{where}: {_shown(value)} is not {_either([TYPES[name] for name in wanted])}{_number_hint(value)}"
    elif error.validator == "pattern":
        yield f"{where}: {_shown(value)} is not allowed; write {error.schema['errorMessage']}"
    else:
        yield f"{where}: {_shown(value)} {_limit(error)}"


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


def _shown(value):
    """A value as YAML has it, cut where it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def _near(value, choices):
    near = get_close_matches(str(value), choices, n=1)
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
    }
    if error.validator not in limits:
        return f"is not allowed: {error.message}"
    return limits[error.validator].format(error.validator_value)


def _number_hint(value):
    """Hint on what to write for a number that YAML read as text, or with a decimal point."""
    if isinstance(value, float) and value.is_integer():
        return f"; write {int(value)}"
    try:
        number = float(value) if isinstance(value, str) else None
    except ValueError:
        number = None
    if number is None:
        return ""
    number = int(number) if isfinite(number) and number.is_integer() else number
    return f"; it arrived as text, write {number!r} (in a file: numbers inside a --config are texts)"
