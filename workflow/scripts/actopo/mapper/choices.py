"""Choices for mapper graphs: lenses, conventions of the cover, the name of our clusterer, and rules for its eps."""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from actopo.errors import InputError, shown

# Placements of a cover's intervals; see `actopo.mapper.covers`.
CONVENTIONS = ("fit", "overhang", "balanced")

# Name of actopo's DBSCAN; any other clusterer is given by its import path.
DBSCAN_NAME = "dbscan"

# Rules that choose DBSCAN's eps if it is not a number; see `actopo.mapper.eps` and `actopo.mapper.all_eps`.
EPS_RULES = ("knee", "stable")


@dataclass(frozen=True)
class Lens:
    """
    A lens by name; see `actopo.mapper.lenses`.

    Attributes
    ----------
    label : str
        What figures call it; `{of}` is the place of its argument.
    argument : str
        What its argument is, in words; empty for none.
    default : int or None
        The argument where none is given.
    by_class : bool
        Whether it is the network's answer for a class, the same for all points of an image.
    """

    label: str
    argument: str = ""
    default: int | None = None
    by_class: bool = False


OF_CLASS = "the name of a class of the images, or the number of an output of the network, from 0"
LENSES = {
    "l2": Lens("l2 norm"),
    "principal_component": Lens("principal component {of}", "a whole number from 1", 1),
    "eccentricity": Lens("eccentricity (exponent {of})", "an exponent from 1 to 1000", 2),
    "density": Lens("density (of {of} neighbours)", "a whole number of neighbours, from 1", 20),
    "logit": Lens("logit of {of}", OF_CLASS, by_class=True),
    "probability": Lens("probability of {of}", OF_CLASS, by_class=True),
}
# A lens in a user's file.
FUNCTION = "function"
# What a function of a file is given of each point, if it has such an argument, beside the points and `reference`.
LENS_COLUMNS = ("norm", "image", "row", "col", "label")
FILE_FUNCTION = re.compile(r".+\.py:[A-Za-z_][A-Za-z0-9_]*")


def lens_list(lens):
    """
    Lenses that a config names, one or two of them.

    Parameters
    ----------
    lens : str, dict or list of these
        A name of `LENSES`, `path.py:function`, or a name with its argument, such as ``{"logit": "deer"}``.

    Returns
    -------
    list of (str, object)
        Name, which is `FUNCTION` for a function of a user's, and argument of each lens.

    Raises
    ------
    InputError
        If there is no such lens, its argument is wrong, or there are more than two; the message says what to write.
    """
    found = [_lens(item) for item in (lens if isinstance(lens, list) else [lens])]
    if not 1 <= len(found) <= 2:
        raise InputError(f"{len(found)} lenses are given; write one, or a list of two")
    if len(found) == 2 and found[0] == found[1]:
        raise InputError("both lenses are the same; write one of them alone")
    return found


def needs_network(lenses):
    """Whether some lens of `lens_list` is an answer of the network."""
    return any(name in LENSES and LENSES[name].by_class for name, _ in lenses)


def lens_label(name, of):
    """What figures and files call a lens of `lens_list`; a function by its name, wherever its file is."""
    return str(of).rpartition(":")[2] if name == FUNCTION else LENSES[name].label.format(of=of)


def _lens(item):
    known = ", ".join(LENSES)
    if isinstance(item, str) and FILE_FUNCTION.fullmatch(item):
        return FUNCTION, item
    if isinstance(item, dict) and len(item) != 1:
        raise InputError(
            f"a mapping names one lens, such as {{logit: deer}}; write two lenses as a list of two, not {shown(item)}"
        )
    name, of = next(iter(item.items())) if isinstance(item, dict) else (item, None)
    if not isinstance(name, str) or name not in LENSES:
        near = get_close_matches(str(name), LENSES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"write {known}, or path/to/file.py:function"
        raise InputError(f"there is no lens {shown(name)}; {hint}")
    kind = LENSES[name]
    of = kind.default if of is None else of
    if kind.argument and of is None:
        raise InputError(f"{name} needs {kind.argument}, such as {{{name}: deer}}")
    if not kind.argument and of is not None:
        raise InputError(f"{name} takes no argument; write {name} alone")
    is_whole = type(of) is int
    is_fit = {
        "principal_component": is_whole and of >= 1,
        "eccentricity": type(of) in (int, float) and 1 <= of <= 1000,
        "density": is_whole and of >= 1,
    }.get(name, (isinstance(of, str) and of != "") or (is_whole and of >= 0) or not kind.argument)
    if not is_fit:
        raise InputError(f"{name} takes {kind.argument}, not {shown(of)}")
    return name, of
