"""The documentation as a site: it is built in strict mode, its links lead somewhere, and it needs no network."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs/mkdocs"))

from pages import listed_functions, with_own_links  # noqa: E402 - the path comes first

# What a browser loads by itself, and where it would find it.
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


class Page(HTMLParser):
    """Links, loaded files and anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if LOADED.get(tag) in values:
            self.loaded.append(values[LOADED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Pages of the site, by their paths."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    # Links of the page for addresses that there are not begin at the top of a server.
    return {path: Page(path) for path in sorted(folder.rglob("*.html")) if path.name != "404.html"}


def pages_of(entries):
    """Sources of all pages in the navigation."""
    for entry in entries:
        (target,) = entry.values()
        yield from pages_of(target) if isinstance(target, list) else [target]


def test_every_page_of_the_navigation_is_there(site):
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    names = {name.replace("README.md", "index.md").replace(".md", ".html") for name in pages_of(nav)}
    folder = min(site, key=lambda path: len(path.parts)).parent
    assert names == {path.relative_to(folder).as_posix() for path in site}
    assert len(names) >= 13


def test_links_lead_to_pages_and_to_places_in_them(site):
    for path, page in site.items():
        for link in page.links + page.loaded:
            parts = urlsplit(link)
            if parts.scheme or link.startswith("//"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path.name}: {link} leads nowhere"
            if parts.fragment and target in site:
                assert unquote(parts.fragment) in site[target].anchors, f"{path.name}: {link}"


def test_nothing_is_loaded_from_elsewhere(site):
    """Neither by pages nor by style sheets."""
    assert site
    for path, page in site.items():
        assert page.loaded
        assert not [link for link in page.loaded if "//" in link], path.name
    folder = next(iter(site)).parent
    for sheet in folder.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet.name


def test_every_function_of_the_library_is_described(site):
    names = listed_functions((ROOT / "docs/library.md").read_text(encoding="utf-8"))
    assert len(names) >= 30
    pages = {path.name: page for path, page in site.items()}
    assert set(names) <= pages["functions.html"].anchors
    # The table leads to each of them.
    assert {f"functions.html#{name}" for name in names} <= set(pages["library.html"].links)


@pytest.mark.parametrize(
    ("page", "link", "mended"),
    [
        ("index.md", "docs/methods.md#images", "methods.md#images"),
        ("index.md", "config/README.md", "config/README.md"),
        ("cluster.md", "../profiles/slurm/config.yaml", "profiles/slurm/config.yaml"),
        ("config/README.md", "../docs/methods.md", "../methods.md"),
        ("CONTRIBUTING.md", "README.md", "index.md"),
        ("methods.md", "results.md", "results.md"),
        ("methods.md", "none.md", "none.md"),
        ("methods.md", "https://example.org/README.md", "https://example.org/README.md"),
        ("methods.md", "#images", "#images"),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(page, link, mended):
    assert with_own_links(f"see [it]({link}) there", page) == f"see [it]({mended}) there"


def test_the_site_is_read_and_searched_from_disk(site, open_page):
    """In a browser, without a request to a network."""
    home = next(path for path in site if path.name == "index.html" and path.parent.name != "config")
    page = open_page(home)
    page.get_by_role("textbox", name="Search").first.press_sequentially("sliced-Wasserstein")
    found = page.locator(".md-search-result__link").first
    found.wait_for()
    found.click()
    page.wait_for_url(lambda url: not url.endswith("index.html"))
    assert "sliced-Wasserstein" in page.locator("article").inner_text()
