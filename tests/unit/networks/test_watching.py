"""What enters a module and the stream after an addition, against both computed by hand."""

import pytest
import torch
import torchvision
from actopo.networks.calls import find_calls
from actopo.networks.choices import output_number
from actopo.networks.layers import find_layers, recording
from actopo.networks.watching import watching
from torch import nn
from torch.nn import functional

SHAPE = (8, 8, 3)


class Block(nn.Module):
    """Two additions of its own, the last changed in place after it; `forward` keeps what it computes."""

    def __init__(self):
        super().__init__()
        self.norm, self.attention, self.mlp = nn.LayerNorm(4), nn.Linear(4, 4), nn.Linear(4, 4)
        self.scale = nn.Parameter(torch.full((4,), 0.5))

    def forward(self, x):
        self.seen = {"input": x.clone()}
        x = x + self.scale * self.attention(self.norm(x))
        self.seen["first"] = x.clone()
        x += functional.dropout(self.mlp(functional.gelu(x)), 0.1, self.training)
        self.seen["second"] = x.clone()
        return functional.relu_(x)


class Net(nn.Module):
    """Tokens with an embedding of positions, which is a parameter, a block that is called twice, and a head."""

    def __init__(self):
        super().__init__()
        self.patches, self.block, self.head = nn.Conv2d(3, 4, 4, stride=4), Block(), nn.Linear(4, 2)
        self.places = nn.Parameter(torch.randn(1, 4, 4))

    def forward(self, x):
        tokens = self.patches(x).flatten(2).transpose(1, 2) + self.places
        self.streams = []
        for _ in range(2):
            tokens = self.block(tokens)
            self.streams.append(self.block.seen)
        return self.head(tokens.mean(dim=1))


@pytest.fixture
def net():
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return Net().eval()


def number(calls, name):
    return output_number([call.name for call in calls].index(name))


def test_inputs_and_residuals_by_hand(net):
    calls, images = find_calls(net, SHAPE), torch.randn(3, 3, 8, 8)
    has_residual = {call.name: call.has_residual for call in calls}
    assert has_residual == {
        "patches": False,
        "block.norm": False,
        "block.attention": True,
        "block.mlp": True,
        "block": True,
        "block.norm#2": False,
        "block.attention#2": True,
        "block.mlp#2": True,
        "block#2": True,
        "head": False,
    }
    places = {
        ("residual", "block"): lambda: net.streams[0]["second"],
        ("residual", "block#2"): lambda: net.streams[1]["second"],
        ("residual", "block.attention"): lambda: net.streams[0]["first"],
        ("residual", "block.mlp#2"): lambda: net.streams[1]["second"],
        ("input", "block#2"): lambda: net.streams[1]["input"],
        ("input", "block.norm"): lambda: net.streams[0]["input"],
        ("input", "block.mlp"): lambda: functional.gelu(net.streams[0]["first"]),
    }
    for (tap, name), expected in places.items():
        layer = number(calls, name)
        with torch.inference_mode(), recording(net, [layer], tap, image_shape=SHAPE) as recorded:
            # Of one image too, where a learned embedding has the shape of the tokens.
            for batch in (images, images[:1]):
                net(batch)
                torch.testing.assert_close(recorded[layer], expected().unflatten(1, (2, 2)))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())


class ChannelsLastBlock(nn.Module):
    """A branch whose channels stand last, as in ConvNeXt, up to its addition."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.linear = nn.Conv2d(3, 4, 1), nn.LayerNorm(4), nn.Linear(4, 4)

    def forward(self, x):
        x = self.conv(x)
        branch = self.linear(self.norm(x.movedim(1, -1)))
        self.sum = x + branch.mT.transpose(-3, -2).permute(dims=(0, 2, 1, 3)).swapaxes(1, 2).sigmoid()
        return self.sum * 2


# As many channels as rows and columns, rows or columns.
@pytest.mark.parametrize("shape", [(4, 4, 3), (4, 6, 3), (6, 4, 3), (5, 6, 3)])
def test_residuals_of_branches_whose_axes_are_moved(shape):
    net = nn.Sequential(ChannelsLastBlock(), nn.ReLU()).eval()
    calls = find_calls(net, shape)
    assert {call.name for call in calls if call.has_residual} == {"0", "0.conv", "0.linear"}
    images = torch.randn(2, 3, *shape[:2])
    for name in ("0.conv", "0.linear"):
        layer = number(calls, name)
        with torch.inference_mode(), recording(net, [layer], "residual", image_shape=shape) as recorded:
            net(images)
            torch.testing.assert_close(recorded[layer], net[0].sum.movedim(1, -1))


class Summing(nn.Module):
    """A module that sums two activations, and returns the sum after `ends`."""

    def __init__(self, begins, ends):
        super().__init__()
        self.conv, self.begins, self.ends = nn.Conv2d(4, 4, 1), begins, ends

    def forward(self, x):
        y = self.begins(x)
        return self.ends(y + self.conv(y))


@pytest.mark.parametrize(
    ("begins", "ends", "expected"),
    [
        # The sum is what is returned, in other axes or another shape.
        (lambda x: x.mT, lambda y: y.mT, lambda y: y),
        (lambda x: x, lambda y: y.flatten(2).clone().reshape(y.shape), lambda y: y),
        (lambda x: x.transpose(2, 3), lambda y: functional.relu_(y.transpose(2, 3)), None),
        (lambda x: x, lambda y: 2 * y, lambda y: y / 2),
    ],
)
def test_residuals_have_the_axes_of_what_a_module_returns(begins, ends, expected):
    block = Summing(begins, ends)
    net = nn.Sequential(nn.Conv2d(3, 4, 1), block, nn.Conv2d(4, 4, 1)).eval()
    calls = find_calls(net, (4, 4, 3))
    layer = number(calls, "1")
    with torch.inference_mode(), recording(net, [layer], "residual", image_shape=(4, 4, 3)) as recorded:
        images = torch.randn(2, 3, 4, 4)
        net(images)
        y = begins(net[0](images))
        summed = y + block.conv(y)
        wanted = summed.transpose(2, 3) if expected is None else expected(ends(summed))
        torch.testing.assert_close(recorded[layer], wanted.movedim(1, -1))


class Gated(nn.Module):
    """An embedding in the shape of an activation, and a gate whose axes are added in place."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.gate = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1), nn.Linear(3, 4)
        self.places = nn.Parameter(torch.randn(1, 4, 1, 1))

    def forward(self, x):
        e = self.a(x)
        e = e + self.places.expand_as(e)
        e = e + (torch.zeros_like(e) + self.places)
        gate = self.gate(x.mean((2, 3)))
        gate.unsqueeze_(2).unsqueeze_(3)
        self.sum = e + self.b(e)
        return gate + self.sum.mean((2, 3), keepdim=True)


def test_an_embedding_makes_no_residual_whatever_gives_it_its_shape():
    net = nn.Sequential(Gated()).eval()
    calls = find_calls(net, (5, 4, 3))
    assert {call.name for call in calls if call.has_residual} == {"0", "0.a", "0.b"}
    layer = number(calls, "0.a")
    with torch.inference_mode(), recording(net, [layer], "residual", image_shape=(5, 4, 3)) as recorded:
        net(torch.randn(2, 3, 5, 4))
        torch.testing.assert_close(recorded[layer], net[0].sum.movedim(1, -1))


def test_residuals_of_a_residual_network():
    """Those of a block are its sum before the rectifier, which is that of its last convolution."""
    model, images = torchvision.models.resnet18(weights=None).eval(), torch.randn(2, 3, 64, 64)
    shape = (64, 64, 3)
    layers, calls = find_layers(model, shape), find_calls(model, shape)
    names = [layer.name for layer in layers]
    last = names.index("layer4.1.conv2")
    shortcuts = {name for name in names if "downsample" in name}
    assert {layer.name for layer in layers if layer.has_residual} == {n for n in names if "conv2" in n} | shortcuts
    block = number(calls, "layer4.1")
    with torch.inference_mode():
        with recording(model, [block, last], "residual", image_shape=shape) as recorded:
            model(images)
        with recording(model, [last], "bn") as before:
            model(images)
        with recording(model, [last], "input", image_shape=shape) as entered:
            model(images)
        with recording(model, [names.index("layer4.1.conv1")], "relu") as rectified:
            model(images)
    for layer in (block, last):
        torch.testing.assert_close(recorded[layer], before[last], rtol=0, atol=0)
    torch.testing.assert_close(entered[last], rectified[last - 1], rtol=0, atol=0)


def test_convolutions_of_pooled_maps_are_told():
    model = torchvision.models.efficientnet_b0(weights=None)
    # Maps of this image are 1 x 1 at the end, and convolutions of them are no gates.
    layers = find_layers(model, (32, 32, 3))
    assert layers[-1].shape[:2] == (1, 1)
    assert all(layer.is_pooled == (".fc" in layer.name) for layer in layers)
    assert sum(layer.is_pooled for layer in layers) == 32


def test_a_pass_that_ends_early_is_forgotten(net):
    entered = []

    def enter(key, tensor):
        entered.append(key)
        if len(entered) == 3:
            raise KeyError

    with watching(net, enter), torch.inference_mode():
        with pytest.raises(KeyError):
            net(torch.zeros(1, 3, 8, 8))
        net(torch.zeros(1, 3, 8, 8))
    assert entered[3] == ("patches", 1)
    assert entered[-1] == ("head", 1)
