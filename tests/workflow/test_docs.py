"""What is generated is what lies in the repository."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))

from describe_reruns import reruns  # noqa: E402 - the path comes first

TABLE = reruns()


@pytest.mark.parametrize(
    ("script", "page"),
    [
        ("describe_config.py", "config/README.md"),
        ("describe_reruns.py", "docs/code_reruns.md"),
        ("describe_key_reruns.py", "docs/reruns.md"),
        ("list_files.py", "workflow/scripts/files.txt"),
        ("write_module.py", "workflow/Snakefile"),
    ],
)
def test_generated_pages_are_up_to_date(script, page):
    command = [sys.executable, str(ROOT / "docs" / script)]
    made = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    assert (ROOT / page).read_text(encoding="utf-8") == made.stdout, "run `make docs`"


@pytest.mark.parametrize(
    ("module", "kept"),
    [
        # The format of point files, and of clustered intervals, is nothing to training.
        *((f"points.{name}", {"train_model", "import_weights", "prepare_images"}) for name in ("spool", "clouds")),
        ("mapper.intermediate", {"train_model", "sample_points", "compute_diagrams", "model_distances"}),
        ("homology.diagram_files", {"train_model", "sample_points", "build_mapper"}),
        # What is measured on graphs clusters none anew.
        ("graphs.purity", {"build_mapper", "choose_eps", "cluster_intervals"}),
        ("graphs.purity_tables", {"build_mapper", "measure_stability", "measure_branching"}),
        # A statistic of Fig. 5 computes no distance anew.
        ("similarity.layer_distances", {"model_distances", "measure_sensitivity", "metric_distances"}),
        ("similarity.specificity", {"model_distances", "layer_distances", "metric_distances", "power_distances"}),
        *((f"similarity.{name}", {"measure_sensitivity", "metric_baselines"}) for name in ("detection", "intervals")),
        ("config.conflicts", set(TABLE["files"])),
        ("summary", set(TABLE["files"]) - {"summarise"}),
    ],
)
def test_an_edit_leaves_what_it_cannot_change(module, kept):
    assert not kept & set(TABLE[module])


@pytest.mark.parametrize(
    ("module", "rerun"),
    [
        *((f"images.{name}", ["prepare_images"]) for name in ("datasets", "downloads")),
        # They also read masks of a user's.
        *((f"images.{name}", ["find_foreground", "prepare_images"]) for name in ("image_folder", "class_folders")),
        ("images.choices", ["find_foreground", "prepare_images"]),
        ("images.mask_folder", ["find_foreground"]),
    ],
)
def test_an_edit_about_images_prepares_them_and_no_more(module, rerun):
    assert TABLE[module] == rerun


def test_an_edit_of_a_figure_redraws_figures_alone():
    # Names are in captions, too.
    drawing = [module for module in TABLE if module.startswith("figures.") and module != "figures.choices"]
    figures = [script for module in drawing for script in TABLE[module]]
    assert figures
    # The explorer draws too.
    assert all(script.startswith("plot_") or script == "build_explorer" for script in figures)
