"""Checks of the lens that a configuration names."""

import ast
import math
from pathlib import Path

from actopo.config.choosing import called, fewest_positions, shape_at
from actopo.config.values import sampling_order
from actopo.errors import InputError, shown
from actopo.mapper.choices import FUNCTION, LENS_COLUMNS, LENSES, lens_list
from actopo.points.choices import SAMPLINGS
from actopo.user_code import require_function

# Of two lenses; the bounds of so many take 32 MB.
MAX_RECTANGLES = 1_000_000
# What a lens of one's own is given beside the points.
ARGUMENTS = (*LENS_COLUMNS, "reference")


def lens_problems(mapper, found, n_images):
    """
    Messages about a lens that there is not, whose file is missing or lacks the function, that a cloud is too small for,
    or two of too many intervals.

    Parameters
    ----------
    mapper : dict
        Section of the configuration.
    found : dict of int to dict
        Descriptions of the study's layers, as `actopo.config.choosing.describe_layer` returns them.
    n_images : int or None
        Images of the study, if their number is known.
    """
    try:
        lenses = lens_list(mapper["lens"])
    except InputError as error:
        yield f"mapper.lens: {error}"
        return
    if len(lenses) == 2:
        yield from _many_rectangles(mapper)
    if any(name == "principal_component" for name, _ in lenses):
        taps = {sampling["tap"] for sampling in sampling_order(mapper["samplings"]).values()}
        n_channels, layer = min((shape_at(found[layer], tap)[2], layer) for layer in found for tap in taps)
        if problem := few_channels(mapper, n_channels):
            yield f"mapper.lens: {called(layer, found[layer])} {problem}"
    for name, of in lenses:
        if name == FUNCTION:
            try:
                require_function(of)
            except InputError as error:
                yield f"mapper.lens: {error}"
            else:
                if unknown := _unknown_arguments(of):
                    yield (
                        f"mapper.lens: {of} needs an argument {shown(unknown[0])}; after the points, a lens can have "
                        f"{', '.join(ARGUMENTS)}, and others with a default"
                    )
        elif name == "density" and n_images is not None:
            yield from _sparse(mapper, of, found, n_images)


def _unknown_arguments(place):
    """Arguments that a function of a file needs and a lens is not given, as far as its text tells."""
    path, _, name = place.rpartition(":")
    body = ast.parse(Path(path).expanduser().read_bytes()).body
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == name]
    if not found or found[-1].decorator_list:
        return []
    own = found[-1].args
    needed = [*own.posonlyargs, *own.args]
    needed = needed[1 : len(needed) - len(own.defaults)]
    needed += [argument for argument, default in zip(own.kwonlyargs, own.kw_defaults, strict=True) if default is None]
    return [argument.arg for argument in needed if argument.arg not in ARGUMENTS]


def few_channels(mapper, n_channels):
    """What is wrong with a layer's number of channels for the lens; None where nothing is, as for a lens not there."""
    try:
        wanted = [of for name, of in lens_list(mapper["lens"]) if name == "principal_component"]
    except InputError:
        return None
    if max(wanted, default=0) > n_channels:
        return f"has {n_channels} channels; write a principal_component up to that"
    return None


def _many_rectangles(mapper):
    """Message about covers of two lenses that do not fit into memory."""
    stability, side = mapper["stability"], int(MAX_RECTANGLES**0.5)
    varied = stability["intervals"] if any(dict(stability["graphs"]).values()) else []
    for path, numbers in (("mapper.intervals", [mapper["intervals"]]), ("mapper.stability.intervals", varied)):
        n = max(numbers, default=0)
        if n > side:
            yield f"{path}: {n} intervals of each of two lenses are {n**2} rectangles; write {side} or fewer"


def _sparse(mapper, n_neighbours, found, n_images):
    """Message about a cloud of fewer points than a density needs, as far as the number of images tells."""
    for name, sampling in sampling_order(mapper["samplings"]).items():
        is_fixed = SAMPLINGS[sampling["method"]].positions == "fixed"
        n_points = n_images * (sampling.get("points_per_image", 1) if is_fixed else fewest_positions(sampling, found))
        n_points = min(n_points, sampling.get("cap") or math.inf)
        if n_points <= n_neighbours:
            yield (
                f"mapper.lens: density of {n_neighbours} neighbours needs more points than the {n_points} of sampling "
                f"{name}; write a smaller number"
            )
            return


def lens_classes(lens):
    """Classes in a lens, by their names or the numbers of outputs; none where `lens_problems` has a message."""
    try:
        lenses = lens_list(lens)
    except InputError:
        return []
    return [of for name, of in lenses if name in LENSES and LENSES[name].by_class]
