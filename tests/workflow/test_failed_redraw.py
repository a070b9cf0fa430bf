"""A figure that cannot be drawn again stays as it was, and is drawn in the next run that can."""

import os

from tiny import TINY

FIGURES = [f"results/tiny/figures/specificity.{kind}" for kind in ("png", "svg")]
READ = "results/tiny/similarity/resnet18_a/models.npz"


def test_a_failed_redraw_leaves_the_old_figure(spoilable, monkeypatch):
    # Of a shell that draws in windows; figures are written to files.
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    folder = spoilable.folder
    spoilable.config(TINY | {"figures": TINY["figures"] | {"row": 8}}, "other.yaml")
    files = ("other.yaml",)
    assert spoilable.planned(configfiles=files) == {"plot_specificity": 1}
    figures, table, times = [(folder / name).read_bytes() for name in FIGURES], folder / READ, (folder / READ).stat()
    content = table.read_bytes()
    table.write_bytes(content[:-1])
    os.utime(table, ns=(times.st_atime_ns, times.st_mtime_ns))

    failed = spoilable.run(configfiles=files)
    assert failed.returncode != 0
    assert "is damaged" in failed.stderr
    assert f"Not made again, and left as they were: {', '.join(FIGURES)}" in failed.stderr
    assert [(folder / name).read_bytes() for name in FIGURES] == figures
    # Nothing is forgotten: with the config of the figure, too, it is drawn.
    assert spoilable.planned(configfiles=files) == {"plot_specificity": 1}
    assert spoilable.planned() == {"plot_specificity": 1}

    table.write_bytes(content)
    os.utime(table, ns=(times.st_atime_ns, times.st_mtime_ns))
    done = spoilable.run(configfiles=files)
    assert done.returncode == 0, done.stderr
    assert [(folder / name).read_bytes() for name in FIGURES] != figures
    assert not (folder / "results/tiny/.before").exists()
    assert not spoilable.planned(configfiles=files)
