"""Digests of what scripts do, so that Snakemake runs them again when that changes and only then."""

import ast
import hashlib
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parents[1]
# Logs, progress bars and error messages do not touch a result.
IGNORED = SCRIPTS / "actopo" / "job.py"


@cache
def code_digest(name):
    """
    Digest of what a script and the modules of actopo that it imports, directly or not, do.

    It is taken over the syntax trees without docstrings, so that comments, layout and time stamps change nothing.

    Parameters
    ----------
    name : str
        Name of a script in `workflow/scripts`, or of a module, such as "actopo.points.sampling".

    Returns
    -------
    str
        16 hexadecimal digits.

    Raises
    ------
    ImportError
        If a file imports from actopo in a way that cannot be followed; see `imported_files`.
    """
    files = files_behind(name)
    text = "\n".join(f"{path.relative_to(SCRIPTS)} {_read(path)[1]}" for path in files)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def files_behind(name):
    """Paths of a script or module and of everything in actopo that it imports, directly or not, sorted."""
    seen, waiting = set(), [SCRIPTS / f"{name.replace('.', '/')}.py"]
    while waiting:
        path = waiting.pop()
        if path not in seen and path != IGNORED:
            seen.add(path)
            waiting += imported_files(path)
    return sorted(seen)


def imported_files(path):
    """
    Modules of actopo that a file imports by itself, at any depth of the file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of Path

    Raises
    ------
    ImportError
        If the file imports relatively, or imports from a package a name that is no module: a name that an
        `__init__` re-exports would hide the module that defines it.
    """
    return _read(path)[0]


@cache
def _read(path):
    """Modules that a file imports, and its source without docstrings and comments."""
    tree, imported = ast.parse(path.read_text(encoding="utf-8")), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported += _imported(node, path)
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            if ast.get_docstring(node, clean=False) is not None:
                node.body = node.body[1:] or [ast.Pass()]
    return tuple(imported), ast.unparse(tree)


def _imported(node, path):
    """Files of actopo's modules that one import statement names."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif node.level:
        raise ImportError(f"{path}, line {node.lineno}: relative imports are not followed; write from actopo...")
    elif _file_of(node.module).is_file():
        names = [node.module]
    else:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    names = [name for name in names if name.split(".")[0] == "actopo"]
    for name in names:
        if not _file_of(name).is_file():
            raise ImportError(
                f"{path}, line {node.lineno}: {name} is no module; import from the module that defines it"
            )
    return map(_file_of, names)


def _file_of(module):
    return SCRIPTS / f"{module.replace('.', '/')}.py"
