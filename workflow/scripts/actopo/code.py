"""Digests of what scripts do, so that Snakemake runs them again when that changes and only then."""

import ast
import hashlib
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parents[1]


@cache
def code_digest(script):
    """
    Digest of what `workflow/scripts/<script>.py` and the modules of actopo that it imports, directly or not, do.

    Taken over the syntax trees without docstrings, so that comments, layout and time stamps change nothing.
    Module `job` is left out: logs, progress bars and error messages do not touch a result.
    """
    seen, waiting = {}, [SCRIPTS / f"{script}.py"]
    while waiting:
        path = waiting.pop()
        if path in seen or path == SCRIPTS / "actopo" / "job.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "actopo":
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names if alias.name.split(".")[0] == "actopo"]
            else:
                names = []
                documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
                if documented and ast.get_docstring(node, clean=False) is not None:
                    node.body = node.body[1:] or [ast.Pass()]
            waiting += [file for name in names if (file := SCRIPTS / f"{name.replace('.', '/')}.py").is_file()]
        seen[path] = ast.unparse(tree)
    text = "\n".join(f"{path.relative_to(SCRIPTS)} {seen[path]}" for path in sorted(seen))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
