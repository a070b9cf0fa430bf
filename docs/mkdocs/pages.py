"""
What the site has beside the pages of docs/, a hook of MkDocs (mkdocs.yml).

README.md is its home, and files of the repository that pages link to have the places in it that they have there, so
that one link works on a page, in the repository and in the site. The page of functions is made of the table in
docs/library.md.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
DOCS = "docs/"
HOME = "README.md"
# Files outside of docs/ that pages may link to.
SHARED = (HOME, "CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff", "LICENSE", "config/*", "profiles/*/*", "envs/*")
LINK = re.compile(r"(?<=\]\()([^()\s#:]+)(?=[)#])")
# A row of the table of functions: the first one has the module that all of a row are in.
ROW = re.compile(r"^\| `(actopo(?:\.\w+)+)\.(\w+)`((?:, `\w+`)*) \|", re.MULTILINE)
# Their parameters are keywords that the signature does not name, which the others' docstrings are checked for.
WITH_OPTIONS = ("actopo.points.sampling.Stream",)
OPTIONS = "\n    options: {docstring_options: {warn_unknown_params: false, warn_missing_types: false}}"
NOTE = "<!-- Made of the table in library.md; edit that instead. -->"
# Roles of reStructuredText before code, in docstrings, and references to their footnotes.
ROLES = re.compile(r":(?:func|class|mod|math):(?=<code>)")


def place_in_site(path):
    """Where a file of the repository is among the sources of the site."""
    return "index.md" if path == HOME else path.removeprefix(DOCS)


def place_in_repository(page):
    """Where a page of the site comes from: docs/ has no file of another one's name."""
    if page == "index.md":
        return HOME
    return DOCS + page if (ROOT / DOCS / page).is_file() else page


def with_own_links(markdown, page):
    """Text of a page whose links to files of the repository lead to their places in the site."""
    folder = posixpath.dirname(place_in_repository(page))

    def mended(match):
        target = posixpath.normpath(posixpath.join(folder, match[1]))
        if not (ROOT / target).is_file():
            return match[0]
        return posixpath.relpath(place_in_site(target), posixpath.dirname(page) or ".")

    return LINK.sub(mended, markdown)


def listed_functions(library):
    """
    Functions of the table in docs/library.md.

    Parameters
    ----------
    library : str
        Text of the page.

    Returns
    -------
    list of str
        Their full names, in the order of the table.
    """
    return [
        f"{module}.{name}"
        for module, first, others in ROW.findall(library)
        for name in (first, *re.findall(r"\w+", others))
    ]


def functions_page(names):
    """Text of the page of functions, one section for each package."""
    lines = [NOTE, "# Functions", "", "What [the library](library.md) offers, from the docstrings."]
    for package in dict.fromkeys(name.split(".")[1] for name in names):
        lines += ["", f"## {package}"]
        for name in names:
            if name.split(".")[1] == package:
                lines += ["", f"::: {name}{OPTIONS if name in WITH_OPTIONS else ''}"]
    return "\n".join(lines) + "\n"


def on_files(files, config):
    """Add the files that are not in docs/."""
    for pattern in SHARED:
        for path in sorted(ROOT.glob(pattern)):
            place = place_in_site(path.relative_to(ROOT).as_posix())
            files.append(File.generated(config, place, abs_src_path=str(path)))
    names = listed_functions((ROOT / DOCS / "library.md").read_text(encoding="utf-8"))
    files.append(File.generated(config, "functions.md", content=functions_page(names)))
    for name in ("javascripts/iframe-worker.js", "stylesheets/site.css"):
        files.append(File.generated(config, name, abs_src_path=str(Path(__file__).parent / Path(name).name)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Mend links, and link the table of functions to their descriptions."""
    text = with_own_links(markdown, page.file.src_uri)
    if page.file.src_uri == "library.md":
        text = ROW.sub(_linked_row, text)
    return text


def _linked_row(match):
    module, first, others = match.groups()
    links = [f"[`{module}.{first}`][{module}.{first}]"]
    links += [f"[`{name}`][{module}.{name}]" for name in re.findall(r"\w+", others)]
    return f"| {', '.join(links)} |"


def on_page_content(html, page, config, files):
    """Take out what only reStructuredText reads."""
    return ROLES.sub("", html)
