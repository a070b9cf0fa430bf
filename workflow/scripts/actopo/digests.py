"""Digests of code, environments and network files, so that Snakemake reruns a job only if one of them changes."""

import ast
import hashlib
import json
import os
import re
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from actopo.code_text import code_text
from actopo.same_results import SAME_RESULTS

SCRIPTS = Path(__file__).parents[1]
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# Where processes leave to others what they read of files, beside what Python compiled of them.
KNOWN = Path("actopo", "__pycache__", "digests.json")
# Names of folders in which packages are installed.
INSTALLED = ("site-packages", "dist-packages")
# Logs, progress bars and error messages do not change a result.
IGNORED = SCRIPTS / "actopo" / "job.py"


@cache
def code_digest(name):
    """
    Digest of the code of a script and of the modules of actopo that it imports, directly or not.

    It covers the syntax trees without docstrings, so that comments, layout, time stamps and the version of Python do
    not change it, and changes that `actopo.same_results` lists.

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
    lines = []
    for path in files_behind(name):
        file, digest = path.relative_to(SCRIPTS).as_posix(), file_code_digest(path)
        entry = SAME_RESULTS.get(file)
        lines.append(f"{file} {entry['was'] if entry and entry['now'] == digest else digest}")
    _keep_known()
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def file_code_digest(path):
    """Digest of the code of one file, as `code_digest` puts them together."""
    return _read(path)[1]


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
    """Modules that a file imports, and the digest of its source without docstrings and comments."""
    source, known = path.read_bytes(), _known()
    key = hashlib.sha256(source).hexdigest()
    if key in known:
        imported, digest = known[key]
        files = tuple(SCRIPTS / file for file in imported)
        # Which file a name stands for depends on the files that there are.
        if all(file.is_file() for file in files):
            return files, digest
    files, digest = _parse(source, path)
    known[key] = [[str(file.relative_to(SCRIPTS)) for file in files], digest]
    known["is new"] = True
    return files, digest


def _parse(source, path):
    tree, imported = ast.parse(source), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported += _imported(node, path)
        elif isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tuple(imported), hashlib.sha256(code_text(tree).encode()).hexdigest()


@cache
def _known():
    """What was read of files before, by the digest of their bytes: parsing all takes half a second."""
    try:
        found = json.loads((SCRIPTS / KNOWN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"version": _version()}
    return found if isinstance(found, dict) and found.get("version") == _version() else {"version": _version()}


def _version():
    """Version of what is kept: Python's, and that of the code that reads files."""
    here = Path(__file__)
    sources = here.read_bytes() + here.with_name("code_text.py").read_bytes()
    return f"{sys.version_info[:2]} {hashlib.sha256(sources).hexdigest()}"


def _keep_known():
    """Write what is known, if there is something new. Where that is not allowed, the next process reads anew."""
    known = _known()
    if not known.pop("is new", False):
        return
    with suppress(OSError):
        keep_text(SCRIPTS / KNOWN, json.dumps(known))


def keep_text(place, text):
    """Write a text that other processes may be reading: they find the old one or the new one, and never a part."""
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f"{place.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(place)


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


def network_digest(network):
    """Digest of the code that defines a network, see `source_digest`; empty for a named network."""
    return source_digest(network["module"].rpartition(":")[0]) if "module" in network else ""


def source_digest(path):
    """
    Digest of a Python file of the user's and of the files beside it that it imports, directly or not.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    str
        16 hexadecimal digits, that of `file_digest` where the file imports none; wherever the files lie. Empty if there
        is no such file.
    """
    path = Path(path).expanduser()
    place = path.resolve()
    others = [(name, file) for name, file in _behind([place], [place.parent]) if file != place]
    return _digest_of_files(others, [file_digest(path)]) if others else file_digest(path)


def import_digest(name):
    """
    Digest of the Python files behind an import path in the user's folders of the environment variable PYTHONPATH.

    Parameters
    ----------
    name : str
        Dotted path of a module, or of something in it.

    Returns
    -------
    str
        16 hexadecimal digits, of the module and of what it imports from these folders, directly or not; wherever they
        lie. Empty if none has the module: then it is of a library, which its version tells. Folders in which packages
        are installed are not the user's.
    """
    if not name.replace(".", "").isidentifier():
        return ""
    with suppress(OSError):
        folders = list(_folders_of_the_user())
        if places := _imported_from(folders, name):
            return _digest_of_files(_behind(places, folders))
    return ""


def _folders_of_the_user():
    """Folders of PYTHONPATH that can be read, in which nothing is installed."""
    for entry in filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)):
        # As Python does, those that are no folder are passed over.
        with suppress(OSError, RuntimeError, ValueError):
            folder = Path(entry).resolve()
            names = [path.name for path in folder.iterdir()]
            if folder.name not in INSTALLED and not any(name.endswith(".dist-info") for name in names):
                yield folder


def _digest_of_files(files, texts=()):
    """Digest of files with their names, and of texts before them."""
    lines = [*texts, *(f"{name} {file_digest(file)}" for name, file in files)]
    return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()[:16]


def _behind(places, folders):
    """Names in folders, and paths, of Python files and of those there that they import, directly or not, sorted."""
    found, waiting = {}, list(places)
    while waiting:
        file = waiting.pop()
        folder = next((folder for folder in folders if file.is_relative_to(folder)), None)
        if file in found or folder is None:
            continue
        found[file] = file.relative_to(folder)
        for level, name in _names_imported(file):
            if level:
                waiting += _places(file.parents[min(level, len(file.parents)) - 1], name, is_package=True)
            else:
                waiting += _imported_from(folders, name)
    return [(name.as_posix(), file) for file, name in sorted(found.items(), key=lambda item: item[1])]


def _imported_from(folders, name):
    """Files that are run when a name is imported from the first of some folders that has it."""
    return next(filter(None, (list(_places(folder, name, is_package=False)) for folder in folders)), [])


def _names_imported(path):
    """What `_names_in` finds in a file; nothing where it cannot be read."""
    try:
        return _names_in(path.read_bytes())
    except OSError:
        return ()


@cache
def _names_in(source):
    """Level, 0 where it is absolute, and dotted name of each import; of `from a import b` that of a.b."""
    names = []
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Whoever runs the file says what is wrong with it.
        return ()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [(0, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [(node.level, ".".join(filter(None, [node.module, alias.name]))) for alias in node.names]
    return tuple(names)


def _places(folder, name, is_package):
    """Files that are run when a name is imported from a folder, or package: of packages on its way, and its own."""
    if is_package and (folder / "__init__.py").is_file():
        yield folder / "__init__.py"
    for part in name.split("."):
        if part == "*":
            # A package may name any of its modules in `__all__`.
            yield from sorted([*folder.glob("*.py"), *folder.glob("*/__init__.py")])
            return
        folder = folder / part
        # A package hides a module of its name.
        yield from [file for file in (folder / "__init__.py", folder.with_name(f"{part}.py")) if file.is_file()][:1]


def file_digest(path, cache=None):
    """
    Digest of what a file of the user's holds, wherever it lies and whatever it is called.

    Parameters
    ----------
    path : str or Path
    cache : Path, optional
        Folder that keeps the digest until the file has another size or time: weights take a second a gigabyte.

    Returns
    -------
    str
        16 hexadecimal digits; empty if there is no such file, which the checks of the configuration report.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        return ""
    key = hashlib.sha256(f"{path.resolve()} {times_of(path.stat())}".encode(errors="surrogateescape")).hexdigest()[:32]

    def read():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]

    return kept_digest(cache and cache / f"file.{key}", read)


def times_of(state):
    """
    Size and times of a file, one of which changes with its content.

    The time at which it was written can be set, as by programs that unpack; that of its last change cannot.

    Parameters
    ----------
    state : os.stat_result

    Returns
    -------
    str
    """
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}"


def kept_digest(place, compute):
    """
    A digest that takes long to compute, from the file that keeps it.

    Parameters
    ----------
    place : Path or None
        File that keeps it, whose name says of what it is; None to compute it always.
    compute : callable
        Returns 16 hexadecimal digits, if no file keeps them.

    Returns
    -------
    str
    """
    if place is not None:
        with suppress(OSError, UnicodeDecodeError):
            if re.fullmatch("[0-9a-f]{16}", found := place.read_text(encoding="ascii")):
                return found
    digest = compute()
    if place is not None:
        # Where nothing may be written, the next process computes it anew.
        with suppress(OSError):
            keep_text(place, digest)
    return digest
