"""Learning rates of the schedules, by hand."""

import pytest
from actopo.networks.recipe import Recipe


def test_triangular_schedule_of_the_paper():
    recipe = Recipe()
    assert [recipe.rate(epoch) for epoch in (0, 2.5, 5, 14.5, 24)] == pytest.approx([0, 0.5, 1, 0.5, 0])


def test_step_schedule():
    recipe = Recipe(epochs=350, schedule="step", learning_rate=0.1, milestones=(150, 250))
    assert [recipe.rate(epoch) for epoch in (0, 149.9, 150, 250, 349)] == pytest.approx([0.1, 0.1, 0.01, 1e-3, 1e-3])
