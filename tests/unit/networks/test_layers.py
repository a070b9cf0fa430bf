"""Layers and taps of networks of every build, against what is known of torchvision's and against hand computation."""

import numpy as np
import pytest
import torch
import torchvision
from actopo.errors import InputError
from actopo.networks.inputs import to_input
from actopo.networks.layers import find_layers, reading, recording
from actopo.points.receptive_field import receptive_fields
from torch import nn
from torch.nn import functional

from unit.networks.examples import ALL


def torchvision_layers(name, size):
    settings = {"init_weights": False, "aux_logits": False} if name in ("googlenet", "inception_v3") else {}
    return find_layers(torchvision.models.get_model(name, weights=None, **settings), (size, size, 3))


@pytest.mark.parametrize(
    ("name", "size", "n_layers", "first", "last"),
    [
        ("alexnet", 224, 5, ("features.0", (55, 55, 64)), ("features.10", (13, 13, 256))),
        ("resnet18", 224, 20, ("conv1", (112, 112, 64)), ("layer4.1.conv2", (7, 7, 512))),
        ("googlenet", 224, 57, ("conv1.conv", (112, 112, 64)), ("inception5b.branch4.1.conv", (7, 7, 128))),
        ("inception_v3", 299, 94, ("Conv2d_1a_3x3.conv", (149, 149, 32)), ("Mixed_7c.branch_pool.conv", (8, 8, 192))),
    ],
)
def test_imagenets_networks(name, size, n_layers, first, last):
    layers = torchvision_layers(name, size)
    assert len(layers) == n_layers
    assert (layers[0][:2], layers[-1][:2]) == (first, last)
    assert {layer.taps for layer in layers} == {ALL}
    assert len({layer.name for layer in layers}) == n_layers


def test_order_is_that_of_the_forward_pass():
    """In torchvision's ResNet the shortcut's convolution is computed after the block's second."""
    names = [layer.name for layer in torchvision_layers("resnet18", 64)]
    assert names[5:8] == ["layer2.0.conv1", "layer2.0.conv2", "layer2.0.downsample.0"]


class Net(nn.Module):
    """Every kind of rectifier and of way to it; `forward` keeps what it computes."""

    def __init__(self, relu):
        super().__init__()
        self.a, self.b, self.c, self.d = (nn.Conv2d(3, 3, 3, padding=1, bias=False) for _ in range(4))
        self.bn, self.relu = nn.BatchNorm2d(3), relu
        self.eval()

    def forward(self, x):
        self.seen = {"a": [self.a(x)]}
        self.seen["a"].append(self.bn(self.seen["a"][0]))
        self.seen["a"].append(self.relu(self.seen["a"][1].clone()))
        out = self.b(self.seen["a"][2])
        self.seen["b"] = [out.clone()]
        out += x
        self.seen["b"] += [out.clone(), self.relu(out.clone())]
        out = self.relu(out)
        self.seen["c"] = [self.c(out)]
        out = functional.max_pool2d(self.seen["c"][0], 2)
        again = self.b(self.relu(out))
        self.seen["b#2"] = [again, again, self.relu(again.clone())]
        self.seen["d"] = [self.d(self.seen["b#2"][2])]
        return self.seen["d"][0].mean(dim=(2, 3))


RELUS = {
    "module": nn.ReLU(),
    "in place": nn.ReLU(inplace=True),
    "function": functional.relu,
    "method": torch.Tensor.relu,
    "method in place": torch.Tensor.relu_,
    "torch": torch.relu,
    "silu": nn.SiLU(),
    "leaky": lambda x: functional.leaky_relu(x, 0.1, inplace=True),
}


@pytest.mark.parametrize("kind", RELUS)
def test_taps_by_hand(kind):
    torch.manual_seed(0)
    model, x = Net(RELUS[kind]), torch.randn(2, 3, 8, 8)
    found = {layer.name: (i, layer.taps) for i, layer in enumerate(find_layers(model, (8, 8, 3)))}
    assert {name: taps for name, (_, taps) in found.items()} == {
        "a": ALL,
        "b": ALL,
        "c": ("conv",),
        "b#2": ALL,
        "d": ("conv",),
    }
    with torch.inference_mode():
        model(x)
        expected = model.seen
        for place, tap in enumerate(ALL):
            layers = [i for i, taps in found.values() if tap in taps]
            with recording(model, layers, tap) as recorded:
                model(x)
            for name, (i, taps) in found.items():
                if tap in taps:
                    torch.testing.assert_close(recorded[i], expected[name][place].permute(0, 2, 3, 1))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize("kind", ["function", "method in place"])
def test_receptive_field_does_not_depend_on_how_rectifiers_are_written(kind):
    torch.manual_seed(0)
    fields = [receptive_fields(Net(RELUS[name]), [1], "bn", (6, 6, 3))[1] for name in ("module", kind)]
    np.testing.assert_array_equal(*fields)
    assert fields[0].max() > 0


def test_branches_have_rectifiers_of_their_own():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right, self.after = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 4, 3), nn.Conv2d(6, 2, 1)

        def forward(self, x):
            left, right = self.left(x), self.right(functional.pad(x, (1, 1, 1, 1)))
            return functional.relu(self.after(torch.cat([left, functional.relu(right)], dim=1)))

    taps = {layer.name: layer.taps for layer in find_layers(Branches(), (5, 5, 3))}
    # What `left` gives is rectified by nobody: it is concatenated first.
    assert taps == {"left": ("conv",), "right": ALL, "after": ALL}


BETWEEN = {
    "permute": lambda x: x.permute(0, 2, 3, 1),
    "transpose": lambda x: x.transpose(2, 3),
    "transpose in place": lambda x: x.clone().transpose_(1, 2),
    "movedim": lambda x: torch.movedim(x, 1, 3),
    "swapaxes": lambda x: torch.swapaxes(x, 1, 2),
    "property": lambda x: x.mT,
    "flip": lambda x: x.flip(3),
    "rot90": lambda x: torch.rot90(x, 1, (2, 3)),
    "roll": lambda x: torch.roll(x, 1, 2),
    "max pooling": nn.MaxPool2d(3, stride=1, padding=1),
    "average pooling": lambda x: functional.avg_pool2d(x, 3, 1, 1),
    "pooling to the same size": nn.AdaptiveAvgPool2d(4),
    "pooling of powers": lambda x: functional.lp_pool2d(functional.pad(x, (0, 1, 0, 1)), 2, 2, 1),
    "convolution": lambda x: functional.conv2d(x, torch.ones(4, 1, 3, 3), padding=1, groups=4),
    "select": lambda x: x.index_select(1, torch.tensor([2, 0, 3, 1])),
}


class Between(nn.Module):
    """As many channels as rows and columns, and a function between convolution and rectifier."""

    def __init__(self, function):
        super().__init__()
        self.conv, self.norm, self.function = nn.Conv2d(3, 4, 1), nn.LayerNorm(4), function

    def forward(self, x):
        return functional.gelu(self.norm(self.function(self.conv(x)))).mean((1, 2))


@pytest.mark.parametrize("name", BETWEEN)
def test_no_rectifier_where_values_move_or_are_pooled_first(name):
    """Of a map with channels last, for example, channels would be taken for rows, which are as many."""
    [layer] = find_layers(Between(BETWEEN[name]), (4, 4, 3))
    assert layer.taps == ("conv",)
    [layer] = find_layers(Between(torch.clone), (4, 4, 3))
    assert layer.taps == ALL


def test_absent_taps_and_layers_are_named():
    model = Net(nn.ReLU())
    for layers, tap, words in (([2], "bn", r"layers \[2\] have no tap 'bn'"), ([9], "conv", "layers 0 to 4")):
        with pytest.raises(InputError, match=words), recording(model, layers, tap):
            model(torch.zeros(1, 3, 8, 8))


def test_networks_that_cannot_be_read():
    flat = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    assert find_layers(flat, (2, 2, 3)) == []
    with pytest.raises(InputError, match="no convolution and no block; name its modules"), recording(flat, [0], "conv"):
        flat(torch.zeros(1, 3, 2, 2))
    with pytest.raises(InputError, match=r"cannot take an image of 8 x 8 x 1 .*data\.channels"):
        find_layers(Net(nn.ReLU()), (8, 8, 1))
    with pytest.raises(InputError, match="cannot take an image of 32 x 32 x 3"):
        find_layers(torchvision.models.inception_v3(weights=None, init_weights=False), (32, 32, 3))


class Deciding(nn.Module):
    """Bright images pass one more convolution than the others, or one less."""

    def __init__(self, is_more):
        super().__init__()
        self.a, self.extra, self.b = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 3)
        self.is_more = is_more

    def forward(self, x):
        is_bright = bool(x.mean() > 0.5)
        x = functional.relu(self.a(x))
        if is_bright == self.is_more:
            x = functional.relu(self.extra(x))
        return functional.relu(self.b(x)).mean((2, 3))


@pytest.mark.parametrize(
    ("is_more", "words"),
    [
        (True, "layer 1 is b for an image of zeros, and for other images extra is called in its place"),
        (False, "layer 1 is extra for an image of zeros, and for other images b is called in its place"),
    ],
)
def test_layers_whose_order_depends_on_the_image_are_refused(is_more, words):
    model = Deciding(is_more).eval()
    dark, bright = torch.zeros(2, 3, 8, 8), torch.ones(2, 3, 8, 8)
    for tap in ALL:
        with recording(model, [1], tap, image_shape=(8, 8, 3)) as recorded:
            model(dark)
            assert set(recorded) == {1}
            with pytest.raises(InputError, match=words):
                model(bright)
        # What is called before it is the same for all images.
        with recording(model, [0], tap, image_shape=(8, 8, 3)) as recorded:
            model(bright)
            assert set(recorded) == {0}
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_layer_that_is_not_called_for_some_images_is_refused():
    class Stopping(Deciding):
        def forward(self, x):
            y = functional.relu(self.a(x))
            return y.mean((2, 3)) if x.mean() > 0.5 else self.extra(y).mean((2, 3))

    model, words = (
        Stopping(True).eval(),
        "layer 1 is extra for an image of zeros, and for other images it is not called",
    )
    with pytest.raises(InputError, match=words), recording(model, [1], "conv", image_shape=(8, 8, 3)):
        model(torch.ones(2, 3, 8, 8))


class PreActivation(nn.Module):
    """The stem reaches the rectifiers of both blocks, through the shortcut of the first."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.first, self.second = (nn.Conv2d(4, 4, 3, padding=1) for _ in range(2))

    def forward(self, x):
        x = self.stem(x)
        x = x + self.first(functional.relu(x))
        return x + self.second(functional.relu(x))


@pytest.mark.parametrize("tap", ["bn", "relu"])
def test_a_layer_is_read_once_and_at_its_first_rectifier(tap):
    model, x, read = PreActivation().eval(), torch.randn(2, 3, 8, 8), []
    with torch.inference_mode():
        for _ in range(2):
            read.clear()
            with reading(model, [0, 1], tap, lambda layer, values: read.append((layer, values.clone()))):
                model(x)
        stem = model.stem(x)
        second = stem + model.first(functional.relu(stem))
    expected = [value if tap == "bn" else functional.relu(value) for value in (stem, second)]
    assert [layer for layer, _ in read] == [0, 1]
    for (_, values), tensor in zip(read, expected, strict=True):
        torch.testing.assert_close(values, tensor.permute(0, 2, 3, 1))


@pytest.mark.parametrize("container", [nn.ModuleList, lambda parts: nn.Sequential(*parts)])
def test_a_part_of_the_network_may_be_called_layers(container):
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = container([nn.Conv2d(3, 2, 1), nn.ReLU(), nn.Conv2d(2, 5, 1)])

        def forward(self, x):
            for part in self.layers:
                x = part(x)
            return x

    assert [layer.name for layer in find_layers(Named(), (4, 4, 3))] == ["layers.0", "layers.2"]


def test_recording_is_not_changed_by_an_addition_in_place(images):
    class InPlace(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 3, 1)
            self.relu = torch.nn.ReLU(inplace=True)

        def layers(self):
            return [self.conv]

        def forward(self, x):
            out = self.conv(x)
            out += 100
            return self.relu(out)

    model = InPlace().eval()
    x = to_input(images, [0.5] * 3, [0.25] * 3)
    with torch.inference_mode():
        plain = functional.conv2d(x, model.conv.weight, model.conv.bias).permute(0, 2, 3, 1)
        for tap, expected in [("conv", plain), ("bn", plain + 100), ("relu", functional.relu(plain + 100))]:
            with recording(model, [0], tap) as recorded:
                model(x)
            torch.testing.assert_close(recorded[0], expected)
            assert recorded[0].is_contiguous()


def test_hooks_are_removed(model):
    with recording(model, [0, 3], "conv"):
        pass
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
