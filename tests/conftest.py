"""
What all tests share: their order, memory that is not looked through again, and a browser.

Files run side by side, and those that take longest come first.
"""

import gc
import shutil
from types import SimpleNamespace

import pytest
from actopo import answers
from tiny import forked_python

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# The first makes the finished run that others look at; the second and third need no such run.
FIRST = tuple(f"tests/workflow/test_{name}.py" for name in ("whole_run", "your_network", "seeds_per_job", "reruns"))

# Milliseconds.
PATIENCE = 180_000

# Until all is imported there is no garbage.
gc.disable()


def pytest_collection_modifyitems(items):
    def place(item):
        file = item.path.as_posix()
        place = next((i for i, name in enumerate(FIRST) if file.endswith(name)), len(FIRST))
        # Those of the workflow take longer than most: at the end one process would wait for the other.
        return place, "tests/workflow/" not in file

    items.sort(key=place)


def pytest_collection_finish():
    """What is imported by now stays: later collections of garbage, of which figures cause many, do not look at it."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture
def forked_questions(monkeypatch):
    """A process that has imported PyTorch answers what the checks of a config ask of another process."""
    monkeypatch.setattr(answers, "sys", SimpleNamespace(executable=str(forked_python())))


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium of this machine; none is downloaded."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright, which drives a browser, is not installed"
    )
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def context(browser):
    """What pages are opened in: a window, and patience with a machine that has other work."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def open_page(context):
    """Open a page; at the end there was no error, no message in the console, no dialog and no request to a network."""
    complaints = []

    def opened(path, fragment=""):
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: request.url.startswith("http") and complaints.append(request.url))
        page.goto(path.as_uri() + fragment)
        return page

    yield opened
    assert complaints == []
