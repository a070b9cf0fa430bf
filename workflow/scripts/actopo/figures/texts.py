"""Texts in figures: names of the user's, as they are or shortened, and numbers."""

import re

from actopo.errors import UNPRINTABLE

# Longer names are drawn without their middle.
MOST_LETTERS = 26
# The same for names of layers beside an axis, where a letter is so many inches long.
MOST_LAYER, LETTER = 16, 0.055


def plain(text):
    """
    A text of the user's, such as the name of a class, as matplotlib draws it letter by letter.

    Dollars would begin a formula, control characters make an SVG that is no XML, and a name that begins with an
    underscore is left out of legends. A text may have several lines; what a figure itself says needs none of this.
    """
    lines = [UNPRINTABLE.sub("\ufffd", line.replace("\t", " ")) for line in str(text).split("\n")]
    # A space of no width.
    return ("\u200b" if lines[0].startswith("_") else "") + "\n".join(lines).replace("$", r"\$")


def short(text, most=MOST_LETTERS, end=None):
    """A text of the user's as `plain` gives it; if it has more than `most` letters, without those before the last."""
    text, end = str(text), most // 3 if end is None else end
    if len(text) > most:
        text = f"{text[: most - end - 1]}…{text[len(text) - end :]}"
    return plain(text)


def short_names(names, most=MOST_LETTERS):
    """Names of the user's as `short` gives them, so that different ones stay different; with numbers if need be."""
    for end in (most // 3, 0, most // 2, most - 2):
        found = [short(name, most, end) for name in names]
        if len(set(found)) == len(set(map(str, names))):
            return found
    return [f"{place}: {short(name, most - 4)}" for place, name in enumerate(names, 1)]


def wrapped(text, most=MOST_LETTERS, lines=2):
    """A text of the user's on lines of at most `most` letters, broken where a part ends; the last may be shortened."""
    rest, found = str(text), []
    while len(rest) > most and len(found) < lines - 1:
        ends = [match.end() for match in re.finditer(r"[\s._/,-]+|$", rest) if match.end() <= most]
        at = ends[-1] if ends else most
        found.append(rest[:at].rstrip())
        rest = rest[at:]
    return "\n".join([*(plain(line) for line in found), short(rest, most)])


def number(value, form="g"):
    """A number as text, in a format of Python's, with a minus sign that is no hyphen."""
    return format(value, form).replace("-", "\N{MINUS SIGN}")


def layer_title(layer, names=None):
    """What a layer is called, as it is: its name among `names` (dict of int to str), or else "layer" and its number."""
    return str((names or {}).get(layer, f"layer {layer}"))


def layer_labels(layers, names=None, most=MOST_LAYER):
    """
    What layers are called beside an axis.

    Parameters
    ----------
    layers : sequence of int or str
        Numbers of layers.
    names : dict of int to str, optional
        Names of layers that are outputs of modules, by number.
    most : int
        Most letters of a name.

    Returns
    -------
    list of str
        Names of layers that have one, of long ones the end, which tells them apart, and numbers of the others.
    """
    named = {layer: str(names[layer]) for layer in layers if layer in (names or {})}
    ends = [name if len(name) <= most else f"…{name[1 - most :]}" for name in named.values()]
    different = len(set(ends)) == len(set(named.values()))
    shown = dict(zip(named, map(plain, ends) if different else short_names(named.values(), most), strict=True))
    return [shown.get(layer, plain(layer)) for layer in layers]


def layer_room(layers, names=None, most=MOST_LAYER):
    """Inches that names of layers take beside an axis, of what `layer_labels` is given; 0 where all are numbers."""
    return LETTER * max(map(len, layer_labels(layers, names, most))) if {*layers} & {*(names or {})} else 0.0
