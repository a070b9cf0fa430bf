"""The paper's network: its size, its seeds and its arguments."""

import pytest
import torch
from actopo.errors import InputError
from actopo.networks.resnet18_cifar import resnet18_cifar


def test_number_of_parameters_is_that_of_resnet18():
    # 11 173 962 is the usual count of the CIFAR ResNet-18 with projection shortcuts and ten classes.
    assert sum(p.numel() for p in resnet18_cifar(64, "B", 10).parameters()) == 11_173_962
    projections = 64 * 128 + 128 * 256 + 256 * 512 + 2 * (128 + 256 + 512)
    assert sum(p.numel() for p in resnet18_cifar(64, "A", 10).parameters()) == 11_173_962 - projections


def test_same_seed_same_weights_and_global_state_untouched():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    a, b, c = (resnet18_cifar(2, "A", 4, seed=seed).state_dict() for seed in (5, 5, 6))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not all(torch.equal(a[name], c[name]) for name in a)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"shortcut": "C"}, "shortcut is 'C'"),
        ({"width": 0}, "width is 0"),
        ({"n_classes": 1}, "at least 2 classes"),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(InputError, match=words):
        resnet18_cifar(**arguments)
