"""Workflow folders and a browser that the tests share."""

import fcntl
import shutil

import pytest
from tiny import Workflow

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def copy_of(finished, folder):
    """A copy of a finished run, time stamps included."""
    workflow = Workflow(folder)
    for name in ("results", ".snakemake"):
        shutil.copytree(finished / name, folder / name, copy_function=shutil.copy2)
    return workflow


@pytest.fixture(scope="session")
def workflow(tmp_path_factory):
    """A workflow folder with nothing computed."""
    return Workflow(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory, worker_id):
    """Folder of the tiny run, complete. Processes that run tests side by side share it; the first makes it."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    folder, done = shared / "tiny", shared / "tiny.done"
    with open(shared / "tiny.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            made = Workflow(folder).run()
            assert made.returncode == 0, made.stdout + made.stderr
            done.touch()
    return folder


@pytest.fixture(scope="session")
def finished(tiny_run, tmp_path_factory):
    """The tiny run, to look at and to plan changes of; tests that run something in it use `spoilable`."""
    return copy_of(tiny_run, tmp_path_factory.mktemp("finished") / "tiny")


@pytest.fixture
def spoilable(tiny_run, tmp_path):
    """A copy of the finished run, for tests that change results."""
    return copy_of(tiny_run, tmp_path / "copy")


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
def open_page(browser):
    """Open a page; at the end there was no error, no message in the console, no dialog and no request to a network."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
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
    context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def results(finished):
    return finished.folder / "results/tiny"


@pytest.fixture
def page(open_page, results):
    return open_page(results / "explorer.html")
