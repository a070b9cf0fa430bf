"""Networks by name or from a file of the user's."""

import pytest
import torch
import torchvision
from actopo.errors import InputError
from actopo.networks.build import build, count_outputs


def test_torchvisions_by_name():
    model = build("mobilenet_v3_small", n_classes=4, seed=1)
    assert type(model) is type(torchvision.models.mobilenet_v3_small(weights=None))
    assert count_outputs(model, (32, 32, 3)) == 4
    same = build("mobilenet_v3_small", n_classes=4, seed=1).state_dict()
    assert all(torch.equal(tensor, same[name]) for name, tensor in model.state_dict().items())


def test_global_random_state_is_left_alone(file):
    before = torch.random.get_rng_state()
    build(module=f"{file}:build", seed=3)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_own_function_gets_what_it_takes(file):
    model = build(module=f"{file}:build", n_classes=5, n_channels=3, arguments={"width": 4}, seed=0)
    assert model[0].weight.shape == (4, 3, 3, 3)
    assert count_outputs(model, (8, 8, 3)) == 5
    assert count_outputs(build(module=f"{file}:fixed", n_classes=5, n_channels=3), (8, 8, 3)) == 7


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"architecture": "resnet81"}, "did you mean resnet18"),
        ({"architecture": "alexnet", "n_channels": 1}, r"alexnet takes images of 3 channels.*data\.channels"),
        ({"architecture": "alexnet", "arguments": {"depth": 3}}, "alexnet could not be built: TypeError.*depth"),
        ({"module": "absent.py:build"}, "no file for module 'absent.py:build'"),
    ],
)
def test_networks_that_are_not_there(settings, words):
    with pytest.raises(InputError, match=words):
        build(**settings)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def other():\n    pass\n", "no function 'build'; it has other"),
        ("def build(:\n", "cannot be imported: SyntaxError"),
        ("def build():\n    return 3\n", "returned a int"),
        (
            "import torch\ndef build():\n    return torch.nn.Linear(2, 2).half()\n",
            r"has parameters of torch.float16; return it in float32",
        ),
        ("def build():\n    raise KeyError('width')\n", "could not be built: KeyError: 'width'"),
    ],
)
def test_functions_that_build_nothing(tmp_path, source, words):
    (tmp_path / "net.py").write_text(source)
    with pytest.raises(InputError, match=words):
        build(module=f"{tmp_path / 'net.py'}:build")
