"""
Write workflow/Snakefile: Snakefile as a module from a clone needs it, beside its rules.

Snakemake's `gitfile` cannot include files from a Snakefile at the top of a repository.

    python docs/write_module.py > workflow/Snakefile
"""

from pathlib import Path

HEAD = "# Written by `make docs` from Snakefile, for workflows that take this one as a module; edit that instead.\n"

if __name__ == "__main__":
    text = (Path(__file__).parents[1] / "Snakefile").read_text(encoding="utf-8")
    print(HEAD + text.replace('"workflow/', '"'), end="")
