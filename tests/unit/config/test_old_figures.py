"""Figures that a run could not draw again."""

from types import SimpleNamespace

import pytest
from actopo.config.old_figures import keep, put_back


def job(run, *outputs, inputs=("table.csv",)):
    return SimpleNamespace(input=inputs, output=[str(run / name) for name in outputs])


@pytest.fixture
def run(tmp_path):
    """A run with results."""
    for name in ("figures/a.png", "figures/pages/b.svg", "explorer.html", "summary.json"):
        path = tmp_path / "run" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"old {name}")
    return tmp_path / "run"


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("has_links", [True, False])
def test_missing_figures_come_back_older_than_everything(run, monkeypatch, has_links):
    if not has_links:
        monkeypatch.setattr("os.link", lambda *_: (_ for _ in ()).throw(PermissionError("no links")))
    keep(run, [job(run, "figures/a.png"), job(run, "figures/pages/b.svg", "explorer.html")])
    (run / "figures/a.png").unlink()
    (run / "explorer.html").unlink()
    # Drawn again: the new one stays.
    (run / "figures/pages/b.svg").unlink()
    (run / "figures/pages/b.svg").write_text("new")
    assert put_back(run) == [run / "explorer.html", run / "figures/a.png"]
    assert (run / "figures/a.png").read_text() == "old figures/a.png"
    assert (run / "figures/pages/b.svg").read_text() == "new"
    assert (run / "figures/a.png").stat().st_mtime < (run / "summary.json").stat().st_mtime
    assert files(run) == ["explorer.html", "figures/a.png", "figures/pages/b.svg", "summary.json"]


def test_only_figures_and_pages_that_read_something_are_kept(run):
    keep(run, [job(run, "figures/a.png", inputs=()), job(run, "summary.json", "figures/new.png")])
    for name in ("figures/a.png", "summary.json"):
        (run / name).unlink()
    assert put_back(run) == []


def test_a_killed_run_leaves_them_for_the_next(run):
    keep(run, [job(run, "figures/a.png"), job(run, "explorer.html")])
    (run / "figures/a.png").unlink()
    (run / "explorer.html").write_text("new")
    # The next run, which fails too.
    keep(run, [job(run, "figures/a.png"), job(run, "explorer.html")])
    (run / "explorer.html").unlink()
    assert put_back(run) == [run / "explorer.html", run / "figures/a.png"]
    assert (run / "figures/a.png").read_text() == "old figures/a.png"
    assert (run / "explorer.html").read_text() == "new"


def test_nothing_kept_is_nothing_to_put_back(run):
    assert put_back(run) == []
