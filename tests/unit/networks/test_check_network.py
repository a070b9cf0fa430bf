"""What is checked of a network before anything runs."""

import json
import math

import pytest
from actopo.answers import run_module
from actopo.errors import InputError
from actopo.networks.build import build
from actopo.networks.check_network import check
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.networks.weights import save_tensors

NETWORK = """
import random

import numpy as np
import torch
from torch import nn

class Two(nn.Sequential):
    def forward(self, x):
        return super().forward(x), x

class Auxiliary(nn.Sequential):
    def forward(self, x):
        x = super().forward(x)
        return [x, x] if self.training else x

def auxiliary():
    return Auxiliary(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(200, 4))

class Many(nn.Sequential):
    def forward(self, x):
        assert len(x) > 8 or not self.training
        return super().forward(x)

def many():
    return Many(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(200, 4))

class Careful(nn.Sequential):
    def forward(self, x):
        x = super().forward(x)
        return x if self.training else x.detach()

def careful():
    return Careful(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(200, 4))

class Viewing(nn.Sequential):
    def forward(self, x):
        x = self[0](x)
        return self[1](x.view(len(x), -1))

def viewing():
    return Viewing(nn.Conv2d(3, 2, 3), nn.Linear(200, 4))

class Dropping(nn.Sequential):
    def forward(self, x):
        return super().forward(nn.functional.dropout(x))

def dropping():
    return Dropping(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(200, 4))

# Filters that are drawn with NumPy and not stored.
class Fixed(nn.Sequential):
    def __init__(self, *modules):
        super().__init__(*modules)
        filters = torch.tensor(np.random.randn(3, 3, 3, 3), dtype=torch.float32)
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, x):
        return super().forward(nn.functional.conv2d(x, self.filters, padding=1))

def fixed():
    return Fixed(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(200, 4))

def seeded(seed):
    np.random.seed(seed)
    return fixed()

class Mixing(nn.Sequential):
    def forward(self, x):
        return super().forward(x * random.random() if self.training else x)

def mixing():
    return Mixing(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(200, 4))

# The mean of a stream of images, which is stored or not.
class Centring(nn.Module):
    def __init__(self, persistent):
        super().__init__()
        self.register_buffer("mean", torch.zeros(()), persistent=persistent)

    def forward(self, x):
        if self.training:
            self.mean += 0.5 * (x.mean() - self.mean).detach()
        return x - self.mean

def centring(persistent=False):
    return nn.Sequential(nn.Conv2d(3, 2, 3), Centring(persistent), nn.Flatten(), nn.Linear(200, 4))

class Growing(nn.Sequential):
    def forward(self, x):
        if self.training:
            self.register_buffer("size", torch.tensor(float(len(x))))
        return super().forward(x)

def growing():
    return Growing(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(200, 4))

# Filters that are drawn when the file is imported.
FILTERS = torch.randn(3, 3, 3, 3)

class Imported(nn.Sequential):
    def forward(self, x):
        return super().forward(nn.functional.conv2d(x, FILTERS, padding=1))

def imported():
    return Imported(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(200, 4))

class Initialised(nn.Sequential):
    first = None

    def forward(self, x):
        if self.first is None:
            self.first = x.std().item() + 1
        return super().forward(x / self.first)

def initialised():
    return Initialised(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(200, 4))

class Merging(nn.Conv2d):
    merged = False

    def train(self, mode=True):
        if mode == self.merged:
            self.weight.data += 0.1 if self.merged is False else -0.1
            self.merged = not mode
        return super().train(mode)

def merging():
    return nn.Sequential(Merging(3, 2, 3), nn.Flatten(), nn.Linear(200, 4))

# A table that is made in the first pass, and needed in training.
class Caching(nn.Sequential):
    table = None

    def forward(self, x):
        if self.table is None:
            self.table = self[0].weight.sum() * 0 + torch.ones(3, 1, 1)
        return super().forward(x * self.table.detach())

def caching():
    return Caching(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(200, 4))

def compiled():
    return torch.compile(build())

def compiled_in_place():
    network = build()
    network.compile()
    return network

def partly_compiled():
    return nn.Sequential(torch.compile(nn.Conv2d(3, 2, 3)), nn.Flatten(), nn.Linear(200, 4))

def build(two=False, frozen=False):
    network = (Two if two else nn.Sequential)(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(200, 4))
    return network.requires_grad_(not frozen)
"""


def check_of(network, weights=None, n_classes=None):
    return check(json.dumps([network, [12, 12, 3], weights, n_classes]))


@pytest.fixture
def network(tmp_path):
    (tmp_path / "net.py").write_text(NETWORK)
    return {"module": f"{tmp_path}/net.py:build"}


def test_a_network_tells_the_classes_of_the_images_apart(network):
    assert check_of(network, n_classes=4) == check_of(network) == 4
    with pytest.raises(InputError, match="tells 4 classes apart, and the images have 3"):
        check_of(network, n_classes=3)


def test_a_network_has_one_output(network):
    with pytest.raises(InputError, match=r"does not map images .* to one tensor of logits"):
        check_of({**network, "arguments": {"two": True}}, n_classes=4)


def test_a_network_can_be_trained(network, tmp_path):
    """It need not, where it has weights."""
    frozen = {**network, "arguments": {"frozen": True}}
    with pytest.raises(InputError, match="has no gradient, so that it cannot be trained"):
        check_of(frozen)
    for name in ("careful", "many"):
        assert check_of({"module": network["module"].replace("build", name)}) == 4
    with pytest.raises(InputError, match="in training the network gives list and no tensor of logits; switch"):
        check_of({"module": network["module"].replace("build", "auxiliary")})
    save_tensors(tmp_path / "net.safetensors", build(**frozen).state_dict())
    assert check_of(frozen, str(tmp_path / "net.safetensors")) == 4


def test_a_network_takes_images_in_channels_last_memory(network, tmp_path):
    viewing = {"module": network["module"].replace("build", "viewing")}
    words = "calls view on a tensor that is not contiguous.* use reshape or flatten in its place"
    with pytest.raises(InputError, match=words):
        check_of(viewing)
    save_tensors(tmp_path / "net.safetensors", build(**viewing).state_dict())
    with pytest.raises(InputError, match=words):
        check_of(viewing, str(tmp_path / "net.safetensors"))


@pytest.mark.parametrize("n_classes", [4, None])
def test_weights_are_of_the_network(tmp_path, n_classes):
    own, file = {"architecture": "resnet18_cifar", "shortcut": "A"}, tmp_path / "net.safetensors"
    save_tensors(file, resnet18_cifar(3, "A", 5, seed=0).state_dict())
    # The weights say how many classes there are.
    assert check_of({**own, "width": 3}, str(file), n_classes) == 5
    with pytest.raises(InputError, match=r"the weights do not fit the network; \d+ of another shape: blocks"):
        check_of({**own, "width": 2}, str(file), n_classes)
    file.write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"net\.safetensors cannot be read as a state dict"):
        check_of({**own, "width": 2}, str(file), n_classes)


def test_a_network_is_not_compiled(network):
    for name in ("compiled", "partly_compiled", "compiled_in_place"):
        with pytest.raises(InputError, match=r"comes from torch\.compile, .* training\.compile compiles it"):
            check_of({"module": network["module"].replace("build", name)}, n_classes=4)


def test_weights_are_finite(network, tmp_path):
    weights = build(**network).state_dict()
    weights["2.bias"][1] = float("nan")
    save_tensors(tmp_path / "net.safetensors", weights)
    with pytest.raises(InputError, match=r"2\.bias of the network has values that are not finite; give other weights"):
        check_of(network, str(tmp_path / "net.safetensors"))


def test_masks_hold_minus_infinity_and_given_buffers_no_other_such_value(tmp_path):
    """A network that is trained here may have what it likes in its buffers."""
    (tmp_path / "net.py").write_text(
        "import torch\ndef build(mask):\n"
        "    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(432, 4))\n"
        "    network.register_buffer('mask', torch.tensor(mask))\n    return network\n"
    )
    network = {"module": f"{tmp_path}/net.py:build"}
    file = str(tmp_path / "net.safetensors")
    for mask in ([0.0, -math.inf], [0.0, math.inf], [math.nan, 0.0]):
        network["arguments"] = {"mask": mask}
        assert check_of(network, n_classes=4) == 4
        save_tensors(file, build(**network).state_dict())
        if mask[1] == -math.inf:
            assert check_of(network, file) == 4
        else:
            with pytest.raises(InputError, match=r"^mask of the network has values that are not finite"):
                check_of(network, file)


def test_random_numbers_in_evaluation(network, tmp_path):
    """No result of such a network could be repeated."""
    with pytest.raises(InputError, match=r"^module 0 gives the same images other values each time"):
        check_of({"module": f"{tmp_path}/net.py:dropping"}, n_classes=4)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "fixed",
            "module 0 gives other values when the network is built a second time, as each job does: .* Python's random",
        ),
        ("mixing", "draws random numbers with NumPy or Python's random"),
        ("centring", "module 1 gives other values once the network is built again and takes its state dict"),
        (
            "growing",
            "does not fit the network as it is built: .*; give its buffers their final shapes when it is built",
        ),
        ("imported", "module 0 gives other values when the network is built a second time, .* the import of a file"),
        ("initialised", "the network sets itself by the first images"),
        ("merging", "or evaluation changes what is stored"),
    ],
)
def test_a_network_that_is_built_again_is_the_same(network, name, message):
    """Each job builds it again: of another network points and diagrams would be of something else than was trained."""
    with pytest.raises(InputError, match=message):
        check_of({"module": network["module"].replace(":build", f":{name}")})


def test_a_network_that_keeps_what_it_learns_is_taken(network):
    assert (
        check_of({"module": network["module"].replace(":build", ":centring"), "arguments": {"persistent": True}}) == 4
    )
    assert check_of({"module": network["module"].replace(":build", ":seeded")}) == 4


def test_a_trained_network_that_is_built_again_is_the_same(network, tmp_path):
    """What is drawn anew beside the weights of a file."""
    save_tensors(tmp_path / "own.safetensors", build(**network).state_dict())
    with pytest.raises(InputError, match=r"module 0 gives other values when .* not in the file of weights is drawn"):
        check_of({"module": network["module"].replace(":build", ":fixed")}, str(tmp_path / "own.safetensors"))


def test_a_file_may_be_one_that_is_imported_once_in_a_process(tmp_path):
    """As those that register their classes; the second network is built in a process of its own."""
    once = "import sys\nassert not hasattr(sys, 'own_registry')\nsys.own_registry = True\n"
    code = "from torch import nn\ndef build():\n    return nn.Sequential(nn.Flatten(), nn.Linear(432, 4))\n"
    (tmp_path / "net.py").write_text(once + code)
    question = json.dumps([{"module": f"{tmp_path}/net.py:build"}, [12, 12, 3], None, 4])
    found = run_module("actopo.networks.check_network", question)
    assert found.stdout == "4\n", found.stderr
