"""
Write docs/code_reruns.md: which scripts an edit of each module of the package runs again.

    python docs/describe_reruns.py > docs/code_reruns.md
"""

import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "workflow/scripts"
sys.path.insert(0, str(SCRIPTS))

from actopo.digests import IGNORED, files_behind  # noqa: E402 - the path comes first

HEAD = """# What an edit of the code runs again

`make docs` writes this table from the imports that `actopo.digests.code_digest` follows. Every rule has the digest of
its script as a parameter: an edit of a line of a module (not of a comment or docstring) runs again exactly the scripts
of its row, and whatever depends on their results. `snakemake -n` tells what that would be. A module with an empty row
decides what is planned or what is logged, or is for notebooks, and changes no result.

| edit in | runs again |
|---|---|
"""


def reruns():
    """Scripts by the module whose edit runs them again."""
    scripts = sorted(
        path.stem
        for path in SCRIPTS.glob("*.py")
        if path.stem not in ("list_layers", "node_images", "prune", "write_report")
    )
    behind = {script: set(files_behind(script)) for script in scripts}
    modules = sorted(path for path in (SCRIPTS / "actopo").rglob("*.py") if path.name != "__init__.py")
    table = {}
    for module in modules:
        name = ".".join(module.relative_to(SCRIPTS / "actopo").with_suffix("").parts)
        table[name] = [script for script in scripts if module in behind[script] and module != IGNORED]
    return table


def rows(table):
    """Lines of the table."""
    n_scripts = len({script for scripts in table.values() for script in scripts})
    for module, scripts in table.items():
        shown = "all" if len(scripts) == n_scripts else ", ".join(f"`{script}`" for script in scripts)
        yield f"| `{module}` | {shown} |"


if __name__ == "__main__":
    print(HEAD + "\n".join(rows(reruns())))
