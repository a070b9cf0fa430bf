"""Digests of code, environments and network files, so that Snakemake reruns a job only if one of them changes."""

import ast
import hashlib
import json
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parents[1]
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# Logs, progress bars and error messages do not change a result.
IGNORED = SCRIPTS / "actopo" / "job.py"


@cache
def code_digest(name):
    """
    Digest of the code of a script and of the modules of actopo that it imports, directly or not.

    It covers the syntax trees without docstrings, so that comments, layout and time stamps do not change it.

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
    Modules of actopo that a file imports directly, at the top or inside functions.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of Path

    Raises
    ------
    ImportError
        If the file imports relatively, or imports from a package a name that is not a module: a name that an
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
        elif isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
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


def environment_digest(dependencies):
    """
    Digest of the packages of a conda environment and of the versions to which they are pinned.

    Parameters
    ----------
    dependencies : list
        Entries of ``dependencies`` in the environment's file: texts, and a mapping of `pip` to a list of texts. Their
        order does not matter.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    packages = [entry for entry in dependencies if isinstance(entry, str)]
    by_pip = [line for entry in dependencies if isinstance(entry, dict) for line in entry["pip"]]
    return hashlib.sha256(json.dumps([sorted(packages), sorted(by_pip)]).encode()).hexdigest()[:16]


def source_digest(network):
    """Digest of the file that defines a network; empty for a named network."""
    path = Path(network.get("module", "").rpartition(":")[0]).expanduser()
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if "module" in network and path.is_file() else ""
