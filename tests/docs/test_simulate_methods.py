"""The simulations that docs/methods.md quotes."""

import runpy
from pathlib import Path

import numpy as np

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "docs/simulate_methods.py"))


def test_knees_are_printed_for_each_sensitivity(capsys):
    SCRIPT["print_knees"](sizes=(200,), n_draws=3, n_population=1000)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("knee of 3 draws of 200 points")
    assert [line.split()[1] for line in lines[1:]] == ["1", "beyond", "2", "2.5", "5", "10", "50"]


def test_estimated_gaussians_have_the_covariance_in_the_mean():
    rng = np.random.default_rng(0)
    clouds = [rng.normal(size=(30, 3)), rng.normal(size=(30, 2))]
    drawn = [np.hstack(draw) for draw in SCRIPT["estimated_gaussians"](clouds, 4000, rng)]
    expected = np.cov(np.hstack(clouds), rowvar=False)
    np.testing.assert_allclose(np.mean([np.cov(draw, rowvar=False) for draw in drawn], axis=0), expected, atol=0.03)


def test_rejections_are_printed_for_both_kinds(capsys):
    SCRIPT["print_rejections"](n_trials=3, n_points=12, n_channels=5)
    assert capsys.readouterr().out.count("rejected (standard error") == 4
