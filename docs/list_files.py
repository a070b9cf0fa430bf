"""
Write workflow/scripts/files.txt: the files that a module from a git repository is made of, see sources.smk.

    python docs/list_files.py > workflow/scripts/files.txt
"""

from pathlib import Path

SCRIPTS = Path(__file__).parents[1] / "workflow/scripts"

if __name__ == "__main__":
    kinds = (".py", ".html", ".css", ".js")
    files = [path for path in SCRIPTS.rglob("*") if path.suffix in kinds]
    print("\n".join(sorted(path.relative_to(SCRIPTS).as_posix() for path in files)))
