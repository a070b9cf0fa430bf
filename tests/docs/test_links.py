"""Links of the pages lead somewhere, in the repository as in the site, and the files that pages name are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "workflow/scripts/actopo"
PAGES = sorted(
    path.relative_to(ROOT).as_posix() for folder in (".", "docs", "config") for path in (ROOT / folder).glob("*.md")
)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
# Files that a page names in code, such as `config/demo.yaml`; those of a run are not in the repository.
NAMED = re.compile(r"`(?:python )?((?:config|docs|profiles|workflow|benchmarks|envs|tests)/[\w./-]+\w)[` ]")


def text_of(page):
    return FENCED.sub("", (ROOT / page).read_text(encoding="utf-8"))


def anchors(path):
    """Anchors of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


LINKS = [(page, link) for page in PAGES for link in LINK.findall(text_of(page))]
HERE = [(page, link) for page, link in LINKS if "://" not in link]


def test_there_are_pages_with_links():
    assert {"README.md", "CONTRIBUTING.md", "docs/methods.md", "config/README.md"} <= set(PAGES)
    assert len(HERE) > 20


@pytest.mark.parametrize(("page", "link"), HERE)
def test_a_link_leads_to_a_file_and_to_a_heading_in_it(page, link):
    target, _, anchor = link.partition("#")
    path = ((ROOT / page).parent / target).resolve() if target else ROOT / page
    assert path.is_relative_to(ROOT), f"{link} leads out of the repository"
    assert path.exists(), f"{link} leads nowhere"
    assert not anchor or anchor in anchors(path.relative_to(ROOT)), f"{path.name} has no heading #{anchor}"


def test_every_configuration_is_listed():
    listed = set(re.findall(r"^\| `(\w+\.yaml)` \|", text_of("config/README.md"), re.MULTILINE))
    assert listed == {path.name for path in (ROOT / "config").glob("*.yaml")}


def test_pictures_of_pages_are_small_enough():
    pictures = [((ROOT / page).parent / link) for page, link in HERE if link.endswith(".png")]
    assert len(pictures) >= 2
    for path in pictures:
        assert path.stat().st_size < 300_000, path
        assert path.read_bytes().startswith(b"\x89PNG")


def test_links_to_other_places_are_safe_ones():
    elsewhere = {link for _, link in LINKS} - {link for _, link in HERE}
    assert elsewhere
    assert all(link.startswith("https://") for link in elsewhere)


@pytest.mark.parametrize("page", PAGES)
def test_the_files_that_a_page_names_are_there(page):
    # The change log names files of earlier versions.
    named = NAMED.findall(text_of(page)) if page != "CHANGELOG.md" else []
    # Modules are named by their places in the package.
    assert not {name for name in named if not (ROOT / name).exists() and not (PACKAGE / name).exists()}
