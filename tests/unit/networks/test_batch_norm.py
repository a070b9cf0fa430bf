"""Batch norms fitted to images: what every one of them then gives for these images."""

import copy

import numpy as np
import pytest
import torch
from actopo.networks.batch_norm import fit_batch_norm
from actopo.networks.build import build
from actopo.networks.inputs import to_input
from torch import nn

MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.3, 0.25]
IMAGES = np.random.default_rng(0).integers(0, 256, (60, 12, 12, 3), dtype=np.uint8)


def network(shortcut="B", seed=1):
    return build(architecture="resnet18_cifar", width=4, shortcut=shortcut, n_classes=3, seed=seed)


def fit(model, images=IMAGES):
    fit_batch_norm(model, images, MEAN, STD)
    return model


def outputs(model, kind=nn.BatchNorm2d, images=IMAGES):
    """Output of every module of a kind, by name."""
    found, hooks = {}, []
    for name, module in model.named_modules():
        if isinstance(module, kind):
            hooks.append(module.register_forward_hook(lambda _, __, out, name=name: found.update({name: out.clone()})))
    with torch.no_grad():
        model.eval()(to_input(images, MEAN, STD))
    for hook in hooks:
        hook.remove()
    return found


def moments(values):
    rows = values.transpose(0, 1).flatten(1).double()
    return rows.mean(1), rows.var(1, correction=0)


def test_every_output_has_the_bias_as_mean_and_the_weight_squared_as_variance():
    model = network()
    norms = {name: module for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)}
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        for norm in norms.values():
            norm.weight.uniform_(0.5, 2)
            norm.bias.uniform_(-1, 1)
    found = outputs(fit(model))
    assert set(found) == set(norms)
    # Seventeen 3x3 convolutions and three of shortcuts.
    assert len(norms) == 20
    for name, norm in norms.items():
        mean, variance = moments(found[name])
        # `eps` is added to the variance of the input.
        share = norm.running_var.double() / (norm.running_var.double() + norm.eps)
        torch.testing.assert_close(mean, norm.bias.double(), rtol=0, atol=1e-5)
        torch.testing.assert_close(variance, norm.weight.double() ** 2 * share, rtol=1e-5, atol=0)


def test_it_is_what_training_makes_of_one_batch():
    """PyTorch's running statistics after one batch in training mode, with N - 1 in the variance."""
    model, other = fit(network("A")), network("A").train()
    for module in other.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        other(to_input(IMAGES, MEAN, STD))
    sizes = {name: values[:, 0].numel() for name, values in outputs(model).items()}
    for (name, own), theirs in zip(model.named_modules(), other.modules(), strict=True):
        if isinstance(own, nn.BatchNorm2d):
            unbiased = own.running_var * sizes[name] / (sizes[name] - 1)
            torch.testing.assert_close(own.running_mean, theirs.running_mean, rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(unbiased, theirs.running_var, rtol=1e-4, atol=0)


def test_activations_keep_their_scale_through_the_layers():
    scales = {}
    for fitted in (False, True):
        model = fit(network("A")) if fitted else network("A")
        # Of the first batch norm of each block, which sees no shortcut, on images that were not fitted to.
        inner = outputs(model, images=np.random.default_rng(5).integers(0, 256, (40, 12, 12, 3), dtype=np.uint8))
        scales[fitted] = [
            float(values.square().mean().sqrt()) for name, values in inner.items() if name.startswith("blocks.")
        ]
    assert max(scales[False]) < 0.6
    assert scales[False][-1] < 0.3 * scales[False][0]
    assert all(0.8 < scale < 1.25 for scale in scales[True])


def test_weights_stay_and_the_same_images_give_the_same_statistics():
    first, again, before = fit(network()), fit(network()), network().state_dict()
    other = fit(network(), IMAGES[:30]).state_dict()
    changed = {name for name, tensor in first.state_dict().items() if not torch.equal(tensor, before[name])}
    assert {name.rpartition(".")[2] for name in changed} == {"running_mean", "running_var"}
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in first.state_dict().items())
    assert not torch.equal(other["bn.running_var"], first.state_dict()["bn.running_var"])


def test_the_statistics_do_not_depend_on_threads():
    states, threads = [], torch.get_num_threads()
    try:
        for n_threads in (1, 2):
            torch.set_num_threads(n_threads)
            states.append(fit(network()).state_dict())
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(tensor, states[1][name]) for name, tensor in states[0].items())


def test_a_network_without_batch_norms_is_left_as_it_is():
    plain = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.Dropout(), nn.Flatten(), nn.LazyLinear(2)).train()
    before = copy.deepcopy(plain.state_dict())
    # The lazy layer shows that no image passes.
    assert isinstance(fit(plain)[-1], nn.LazyLinear)
    assert plain.training
    assert list(plain.state_dict()) == list(before)


@pytest.mark.parametrize("track", [True, False])
def test_vectors_and_batch_norms_without_statistics(track):
    norm = nn.BatchNorm1d(432, track_running_stats=track)
    model = fit(nn.Sequential(nn.Flatten(), norm))
    rows = to_input(IMAGES, MEAN, STD).flatten(1).double()
    if track:
        torch.testing.assert_close(norm.running_var.double(), rows.var(0, correction=0), rtol=1e-5, atol=0)
        assert not model.training
    else:
        assert norm.running_mean is None


def test_a_constant_channel_gives_its_bias():
    model = fit(nn.Sequential(nn.BatchNorm2d(3)), np.full_like(IMAGES, 77))
    found = outputs(model, images=np.full_like(IMAGES, 77))["0"]
    assert torch.isfinite(found).all()
    assert float(found.abs().max()) < 1e-3
