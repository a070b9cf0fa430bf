"""Optimisers of a training, and the state of each that a checkpoint holds."""

import torch

# Tensors that an optimiser keeps for each parameter: the name in a checkpoint, and PyTorch's.
STATES = {
    "sgd": {"momentum": "momentum_buffer"},
    "adamw": {"mean": "exp_avg", "square": "exp_avg_sq", "steps": "step"},
}


def make_optimiser(parameters, recipe):
    """
    The optimiser of a recipe, with all of its state at zero.

    If the scaler of the loss skips the first step, as is usual in fp16, fused SGD would continue from momentum that it
    allocated and never set. Starting from zeros leaves the first step the same.

    Parameters
    ----------
    parameters : dict of Parameter
        By their name in the network.
    recipe : actopo.networks.recipe.Recipe

    Returns
    -------
    torch.optim.Optimizer
        SGD with momentum, or AdamW (Loshchilov and Hutter, 2019) with PyTorch's betas of 0.9 and 0.999 and eps of 1e-8.
        The learning rate is 0 and is to be set before each step.
    """
    # There is no fused step of complex numbers.
    fused = not any(parameter.is_complex() for parameter in parameters.values())
    shared = {"lr": 0.0, "weight_decay": recipe.weight_decay, "fused": fused}
    if recipe.optimizer == "sgd":
        optimiser = torch.optim.SGD(parameters.values(), momentum=recipe.momentum, **shared)
    else:
        optimiser = torch.optim.AdamW(parameters.values(), **shared)
    for parameter in parameters.values():
        for name in STATES[recipe.optimizer].values():
            counts = name == "step"
            optimiser.state[parameter][name] = (
                torch.zeros((), dtype=torch.float32, device=parameter.device) if counts else torch.zeros_like(parameter)
            )
    return optimiser


def optimiser_state(optimiser, parameters, recipe):
    """Tensors of the state of all `parameters`, by their names in a checkpoint."""
    return {
        f"{kept}.{name}": optimiser.state[parameter][state]
        for kept, state in STATES[recipe.optimizer].items()
        for name, parameter in parameters.items()
    }


def restore_optimiser(checkpoint, optimiser, parameters, recipe):
    """Set the state of all `parameters` to that of a checkpoint."""
    for name, tensor in optimiser_state(optimiser, parameters, recipe).items():
        tensor.copy_(checkpoint[name])
