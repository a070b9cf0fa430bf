"""Checks of the lens that a configuration names."""

from pathlib import Path

from actopo.errors import InputError
from actopo.mapper.choices import FUNCTION, LENSES, lens_list


def lens_problems(lens):
    """Messages about a lens that there is not, or whose file is missing."""
    try:
        lenses = lens_list(lens)
    except InputError as error:
        yield f"mapper.lens: {error}"
        return
    for name, of in lenses:
        file = Path(str(of).rpartition(":")[0]).expanduser()
        if name == FUNCTION and not file.is_file():
            yield f"mapper.lens: there is no file {file} in {Path.cwd()}, where Snakemake runs"


def lens_classes(lens):
    """Names of classes in a lens; none where `lens_problems` has a message."""
    try:
        lenses = lens_list(lens)
    except InputError:
        return []
    return [of for name, of in lenses if name in LENSES and LENSES[name].by_class and isinstance(of, str)]
