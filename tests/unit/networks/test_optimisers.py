"""Optimisers: the steps of PyTorch's own, from a state of zeros, and back from a checkpoint."""

import pytest
import torch
from actopo.networks.choices import OPTIMIZERS
from actopo.networks.optimisers import STATES, make_optimiser, optimiser_state, restore_optimiser
from actopo.networks.recipe import Recipe
from torch import nn

PLAIN = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, 0.05, momentum=0.8, weight_decay=0.1),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, 0.05, weight_decay=0.1),
}


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3))


def step(model, optimiser, seed):
    for group in optimiser.param_groups:
        group["lr"] = 0.05
    optimiser.zero_grad()
    model(torch.randn(7, 5, generator=torch.Generator().manual_seed(seed))).square().sum().backward()
    optimiser.step()


def test_each_optimizer_of_a_config_has_a_state():
    assert set(STATES) == set(OPTIMIZERS)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_steps_are_those_of_pytorch(optimizer):
    ours, plain = network(), network()
    recipe = Recipe(optimizer=optimizer, momentum=0.8, weight_decay=0.1)
    optimiser, reference = make_optimiser(dict(ours.named_parameters()), recipe), PLAIN[optimizer](plain.parameters())
    for seed in range(5):
        step(ours, optimiser, seed)
        step(plain, reference, seed)
    for left, right in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(left, right, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_state_that_is_restored_goes_on_as_before(optimizer):
    recipe = Recipe(optimizer=optimizer)
    models, optimisers, parameters = [network(), network()], [], []
    for model in models:
        parameters.append(dict(model.named_parameters()))
        optimisers.append(make_optimiser(parameters[-1], recipe))
    for seed in range(3):
        step(models[0], optimisers[0], seed)
    models[1].load_state_dict(models[0].state_dict())
    state = {name: tensor.clone() for name, tensor in optimiser_state(optimisers[0], parameters[0], recipe).items()}
    restore_optimiser(state, optimisers[1], parameters[1], recipe)
    for model, optimiser in zip(models, optimisers, strict=True):
        step(model, optimiser, 3)
    assert all(torch.equal(*pair) for pair in zip(models[0].parameters(), models[1].parameters(), strict=True))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_complex_parameters_are_stepped(optimizer):
    """Of which no step is fused."""
    values = torch.randn(3, dtype=torch.complex64, generator=torch.Generator().manual_seed(0))
    ours, plain = (nn.Parameter(values.clone()) for _ in range(2))
    optimiser = make_optimiser({"filter": ours}, Recipe(optimizer=optimizer, momentum=0.8, weight_decay=0.1))
    optimiser.param_groups[0]["lr"] = 0.05
    reference = PLAIN[optimizer]([plain])
    for _ in range(3):
        for parameter, stepping in ((ours, optimiser), (plain, reference)):
            stepping.zero_grad()
            (parameter * (1 + 2j)).abs().square().sum().backward()
            stepping.step()
    torch.testing.assert_close(ours, plain, rtol=1e-5, atol=1e-6)
