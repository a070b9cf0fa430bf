"""Functions in Python files of the user's: networks and lenses."""

import ast
import difflib
import importlib.util
import sys
from pathlib import Path

from actopo.errors import InputError

SCRIPTS = Path(__file__).parents[1].resolve()


def load_function(place, what):
    """
    A function of a file, which can import the files beside it.

    Parameters
    ----------
    place : str
        "path/to/file.py:function".
    what : str
        What the function is for, in messages.

    Returns
    -------
    callable

    Raises
    ------
    InputError
        If there is no such file or function, or the file cannot be imported.
    """
    path, _, name = place.rpartition(":")
    file = Path(path).expanduser()
    if not path or not file.is_file():
        raise InputError(f"there is no file for {what} {place!r}; write path/to/file.py:function")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    loaded = importlib.util.module_from_spec(spec)
    # As for a script: the file can import its neighbours, and dataclasses find it. A module of its name is kept.
    sys.modules.setdefault(file.stem, loaded)
    if str(file.resolve().parent) not in sys.path:
        sys.path.append(str(file.resolve().parent))
    # A neighbour may have the name of a script of this workflow, and nothing imports these.
    sys.path.sort(key=lambda place: Path(place).resolve() == SCRIPTS)
    try:
        spec.loader.exec_module(loaded)
    except (Exception, SystemExit) as error:
        raise InputError(f"{path} cannot be imported: {reason_of(error)}") from error
    function = getattr(loaded, name, None)
    if not callable(function):
        known = [key for key, value in vars(loaded).items() if callable(value) and not key.startswith("_")]
        raise InputError(_without(path, name, known))
    return function


def require_function(place):
    """
    Look for a function in the text of a file, which is not run: the libraries that it needs may be elsewhere.

    Parameters
    ----------
    place : str
        As in `load_function`.

    Raises
    ------
    InputError
        If there is no such file, it is no Python, or nothing in it has the function's name.
    """
    path, _, wanted = place.rpartition(":")
    file = Path(path).expanduser()
    if not file.is_file():
        raise InputError(f"there is no file {file} in {Path.cwd()}, where Snakemake runs")
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as Python ({error})") from error
    names = {name for node in ast.walk(tree) for name in _names(node)}
    # What an import of * brings, or `globals()`, is not in the text.
    if not {wanted, "*", "globals"} & names:
        raise InputError(_without(path, wanted, [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]))


def _names(node):
    """Names that a part of a program defines or uses."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.alias):
        yield node.asname or node.name


def _without(path, name, known):
    """Message about a file that lacks a function, by the functions that it has."""
    near = difflib.get_close_matches(name, known, n=1) or known[:5] or ["none"]
    return f"{path} has no function {name!r}; it has {', '.join(near)}"


def reason_of(error):
    """What the user's code did, in words."""
    if isinstance(error, SystemExit):
        return f"it calls sys.exit({error.code!r}); leave that to the block of if __name__ == '__main__'"
    return f"{type(error).__name__}: {error}"
