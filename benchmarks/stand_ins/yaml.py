"""
Stand-in for PyYAML where it is not installed: the part of YAML in which this project's configurations are written.

Mappings and lists by indentation, `[...]` and `{...}` on one line or several, plain and quoted scalars, comments. What
is not of these is refused. JSON is read whole.
"""

import json
import re

_NUMBER = re.compile(r"[-+]?(?:\d[\d_]*|\d+\.\d*(?:[eE][-+]\d+)?|\.\d+(?:[eE][-+]\d+)?)$")
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}
_KEY = re.compile(r"""("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'\[{#&*!|>%@`-][^:#]*?|-[^\s:#]+)\s*:(?:\s+|$)""")


class YAMLError(Exception):
    """What is no YAML, or more of it than is read here."""


def safe_load(text):
    """The value of a document."""
    try:
        return json.loads(text)
    except ValueError:
        lines = _lines(text)
    if not lines:
        return None
    value, rest = _block(lines, lines[0][0])
    if rest:
        raise YAMLError(f"the indentation of {rest[0][1]!r} is not read; install pyyaml, or write JSON")
    return value


def _lines(text):
    """Indentation and content of each line; those of a bracket that is open are one."""
    lines, depth = [], 0
    for raw in text.splitlines():
        line = _without_comment(raw).rstrip()
        if not line.strip() or line == "---":
            continue
        if depth:
            lines[-1] = (lines[-1][0], f"{lines[-1][1]} {line.strip()}")
        else:
            lines.append((len(line) - len(line.lstrip()), line.strip()))
        depth += _depth(line)
    return lines


def _without_comment(line):
    quote = None
    for place, sign in enumerate(line):
        if quote:
            quote = None if sign == quote else quote
        elif sign in "\"'" and (place == 0 or line[place - 1] in " [{,"):
            quote = sign
        elif sign == "#" and (place == 0 or line[place - 1].isspace()):
            return line[:place]
    return line


def _depth(line):
    bare = re.sub(r"""(?<![^\s\[{,])("(?:[^"\\]|\\.)*"|'[^']*')""", "", line)
    return sum(bare.count(sign) for sign in "[{") - sum(bare.count(sign) for sign in "]}")


def _block(lines, indentation):
    """Value of the lines with at least an indentation, and the lines after them."""
    if lines[0][1] == "-" or lines[0][1].startswith("- "):
        return _list(lines, indentation)
    if not _KEY.match(lines[0][1]):
        return _scalar(lines[0][1]), lines[1:]
    found = {}
    while lines and lines[0][0] == indentation:
        match = _KEY.match(lines[0][1])
        if not match:
            break
        key, rest = _scalar(match[1]), lines[0][1][match.end() :]
        lines = lines[1:]
        deeper = lines and (lines[0][0] > indentation or (lines[0][0] == indentation and lines[0][1].startswith("- ")))
        if not rest and deeper:
            found[key], lines = _block(lines, lines[0][0])
        else:
            found[key] = _scalar(rest)
    return found, lines


def _list(lines, indentation):
    found = []
    while lines and lines[0][0] == indentation and (lines[0][1] == "-" or lines[0][1].startswith("- ")):
        content = lines[0][1][1:].lstrip()
        own = indentation + len(lines[0][1]) - len(content)
        value, lines = _block([(own, content), *lines[1:]] if content else lines[1:], own if content else lines[1][0])
        found.append(value)
    return found, lines


def _scalar(text):
    """A value on one line."""
    value, rest = _flow(text, "")
    if rest.strip():
        raise YAMLError(f"{text!r} is not read; install pyyaml, or write JSON")
    return value


def _flow(text, ends):
    """Value at the beginning of a text, until one of `ends`, and the text after it."""
    text = text.strip()
    if text.startswith("["):
        return _items(text[1:], "]")
    if text.startswith("{"):
        return _items(text[1:], "}")
    if text.startswith('"'):
        value, place = json.JSONDecoder().raw_decode(text)
        return value, text[place:]
    if text.startswith("'"):
        quoted = re.match(r"'((?:[^']|'')*)'", text)
        return quoted[1].replace("''", "'"), text[quoted.end() :]
    if text[:1] and text[0] in "&*!|>%@`":
        raise YAMLError(f"{text!r} is not read; install pyyaml, or write JSON")
    stop = next((place for place, sign in enumerate(text) if sign in ends), len(text)) if ends else len(text)
    return _plain(text[:stop].strip()), text[stop:]


def _items(text, end):
    found = {} if end == "}" else []
    while not (text := text.strip()).startswith(end):
        if not text:
            raise YAMLError(f"a bracket is not closed by {end!r}")
        if end == "}":
            match = _KEY.match(text)
            if not match:
                raise YAMLError(f"{text!r} has no key; install pyyaml, or write JSON")
            found[_scalar(match[1])], text = _flow(text[match.end() :], ",}")
        else:
            value, text = _flow(text, ",]")
            found.append(value)
        text = text.strip().removeprefix(",")
    return found, text[1:]


def _plain(text):
    lower = text.lower()
    if lower in _CONSTANTS:
        return _CONSTANTS[lower]
    if _NUMBER.match(text):
        return float(text) if set(text) & set(".eE") else int(text)
    return text
