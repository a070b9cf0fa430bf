"""Receptive fields and weights: closed forms, adjoints, and the values of the paper's released code."""

import numpy as np
import pytest
import torch
from actopo.errors import InputError
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.points.choices import WEIGHTS
from actopo.points.position_weights import block_of_pixels, position_weights
from actopo.points.receptive_field import coarsest_block, constant_copy, receptive_fields
from torch import nn

RELEASED = np.array(
    [
        [0.3392, 0.5561, 0.5822, 0.3794],
        [0.5561, 0.9121, 0.9549, 0.6224],
        [0.5822, 0.9549, 1, 0.6520],
        [0.3794, 0.6224, 0.6520, 0.4254],
    ]
)


class Plain(nn.Module):
    """A chain of modules; each convolution and the module after it are a layer."""

    def __init__(self, *modules):
        super().__init__()
        self.chain = nn.Sequential(*modules)

    def layers(self):
        return [module for module in self.chain if isinstance(module, nn.Conv2d)]

    def forward(self, x):
        return self.chain(x)


class Residual(nn.Module):
    """Works in place wherever a network may."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        y = self.norm(x)
        y += self.conv(x)
        return x + nn.functional.relu(y, inplace=True)


@pytest.fixture(scope="module")
def resnet_fields():
    return receptive_fields(resnet18_cifar(4, "B", seed=0), [3, 16], "bn", (32, 32, 3))


def full_energy(field, side=32):
    energy = position_weights(np.ones((1, side, side), bool), field, "energy")[0]
    return energy / energy.max()


def test_values_of_the_released_code(resnet_fields):
    np.testing.assert_allclose(full_energy(resnet_fields[16]), RELEASED, atol=0.5001e-4)


@pytest.mark.parametrize(("width", "constant"), [(8, None), (2, 0.032)])
def test_fields_do_not_depend_on_the_width(resnet_fields, width, constant):
    other = receptive_fields(resnet18_cifar(width, "B"), [16], "relu", (32, 32, 3), constant)[16]
    expected = resnet_fields[16]
    np.testing.assert_allclose(other / other.max(), expected / expected.max(), rtol=1e-12)


@pytest.mark.parametrize("tap", ["conv", "relu"])
def test_shortcut_is_in_the_tap(resnet_fields, tap):
    other = receptive_fields(resnet18_cifar(4, "B"), [16], tap, (32, 32, 3))[16]
    assert np.allclose(other, resnet_fields[16], rtol=1e-12) == (tap == "relu")


def test_support_of_four_convolutions(resnet_fields):
    support = resnet_fields[3] > 0
    row, col = np.indices((32, 32))
    reach = np.maximum(abs(row[:, :, None, None] - row), abs(col[:, :, None, None] - col))
    np.testing.assert_array_equal(support, reach <= 4)


def test_one_convolution_in_closed_form():
    model = Plain(nn.Conv2d(2, 9, 3, stride=2, padding=1), nn.BatchNorm2d(9), nn.Dropout(0.5))
    field = receptive_fields(model, [0], "conv", (6, 8, 2), constant=0.5)[0]
    inside = np.zeros((3, 4, 6, 8))
    for i, j in np.ndindex(3, 4):
        inside[i, j, max(0, 2 * i - 1) : 2 * i + 2, max(0, 2 * j - 1) : 2 * j + 2] = 1
    # Two input channels times 1/2, in nine channels: norm 3.
    np.testing.assert_allclose(field, 3 * inside, rtol=1e-15)


def networks():
    return {
        "groups": [
            nn.Conv2d(3, 6, 3, padding=1, groups=3),
            nn.GELU(),
            nn.Conv2d(6, 4, 3, stride=2, groups=2),
            nn.ReLU(),
        ],
        "depthwise": [nn.Conv2d(3, 3, 5, padding=2, groups=3), nn.ReLU6(), nn.Conv2d(3, 5, 1), nn.SiLU(inplace=True)],
        "dilated": [nn.Conv2d(3, 4, 3, dilation=2, padding="same"), nn.InstanceNorm2d(4), nn.AvgPool2d(2)],
        "circular": [nn.Conv2d(3, 4, (3, 5), padding=(1, 2), padding_mode="circular"), nn.GroupNorm(2, 4)],
        "pooled": [nn.Conv2d(3, 4, 3), nn.PReLU(), nn.AvgPool2d(2), nn.Dropout(), nn.Conv2d(4, 2, 2), nn.ELU()],
        "residual": [nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), Residual(4), nn.Conv2d(4, 4, 3, stride=2), nn.ReLU()],
    }


@pytest.mark.parametrize("name", networks())
def test_field_is_the_jacobian_of_the_naive_copy(name):
    """Torch's own convolutions with filled weights, without the other modules, differentiated by torch."""
    model = Plain(*networks()[name])
    last = len(model.layers()) - 1
    field = receptive_fields(model, [last], "conv", (8, 10, 3), constant=0.25)[last]

    def naive(x):
        stop = model.layers()[last]
        for module in model.chain:
            if isinstance(module, nn.Conv2d):
                x = reference(module, x)
            elif isinstance(module, nn.AvgPool2d):
                x = module(x)
            elif isinstance(module, Residual):
                x = x + x + reference(module.conv, x)
            if module is stop:
                return x
        return None

    def reference(conv, x):
        filled = {"weight": torch.full_like(conv.weight, 0.25, dtype=torch.float64)}
        filled["bias"] = torch.zeros(conv.out_channels, dtype=torch.float64)
        return torch.func.functional_call(conv, filled, x)

    grey = torch.rand(8, 10, dtype=torch.float64)
    jacobian = torch.func.jacrev(lambda image: naive(image.expand(1, 3, 8, 10))[0])(grey)
    np.testing.assert_allclose(field, torch.linalg.vector_norm(jacobian, dim=0).detach(), rtol=1e-12, atol=1e-15)


def test_model_is_left_alone():
    model = resnet18_cifar(2, seed=0).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    receptive_fields(model, [0], "conv", (8, 8, 3))
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert model(torch.zeros(2, 3, 8, 8)).dtype == torch.float32


def test_batches_do_not_matter():
    fields = [receptive_fields(resnet18_cifar(2), [4, 9], "bn", (8, 8, 3), batch_size=size) for size in (7, 64)]
    for layer in (4, 9):
        np.testing.assert_array_equal(fields[0][layer], fields[1][layer])


@pytest.mark.parametrize("tap", ["conv", "bn"])
def test_a_layer_alone_has_the_field_that_it_has_with_others(tap):
    """The network runs as far as the last of the layers, wherever in a block that is."""
    model = resnet18_cifar(2, "B")
    whole = receptive_fields(model, [0, 3, 4, 9, 16], tap, (8, 8, 3))
    for layers in ([0], [3], [4], [9, 0]):
        own = receptive_fields(model, layers, tap, (8, 8, 3))
        assert list(own) == layers
        for layer, field in own.items():
            np.testing.assert_array_equal(field, whole[layer])


def test_the_network_stops_after_the_last_layer():
    calls = []
    model = Plain(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.Conv2d(1, 1, 1), nn.ReLU())
    model.chain[2].register_forward_hook(lambda *_: calls.append(1))
    receptive_fields(model, [0], "bn", (2, 2, 1), batch_size=1)
    # Two copies pass an image of zeros, for the order of their layers, and another batch: none of unit images.
    assert len(calls) == 4
    receptive_fields(model, [0, 1], "bn", (2, 2, 1), batch_size=1)
    assert len(calls) == 4 + 4 + 4


def test_blocks_are_means_of_pixels():
    model = resnet18_cifar(2, "A")
    fine = receptive_fields(model, [2, 6], "bn", (12, 8, 3))
    coarse = receptive_fields(model, [2], "conv", (12, 8, 3), block=4)
    conv = receptive_fields(model, [2], "conv", (12, 8, 3))
    assert fine[6].shape == (6, 4, 12, 8)
    means = conv[2].reshape(12, 8, 3, 4, 2, 4).mean(axis=(3, 5))
    np.testing.assert_allclose(coarse[2], means, rtol=1e-12, atol=1e-18)


@pytest.mark.parametrize(("side", "n_blocks"), [(10, 4), (13, 5), (7, 7), (225, 57)])
def test_pieces_of_a_side_are_as_equal_as_possible(side, n_blocks):
    block_of = block_of_pixels(side, n_blocks)
    lengths = np.bincount(block_of)
    assert len(lengths) == n_blocks
    assert lengths.max() - lengths.min() <= 1
    assert (np.diff(block_of) >= 0).all()


@pytest.mark.parametrize(("block", "rows", "cols"), [(2, [2, 2, 2, 2], [2, 2, 1]), (3, [3, 3, 2], [3, 2])])
def test_blocks_need_not_divide_the_image(block, rows, cols):
    model = Plain(nn.Conv2d(1, 1, 3, padding=1), nn.ReLU())
    fine, coarse = (receptive_fields(model, [0], "conv", (8, 5, 1), block=size)[0] for size in (1, block))
    tops, lefts = np.cumsum([0, *rows[:-1]]), np.cumsum([0, *cols[:-1]])
    sums = np.add.reduceat(np.add.reduceat(fine, tops, axis=2), lefts, axis=3)
    np.testing.assert_allclose(coarse, sums / np.outer(rows, cols), rtol=1e-12)
    masks = np.random.default_rng(0).random((4, 8, 5)) < 0.5
    spread = coarse.repeat(rows, axis=2).repeat(cols, axis=3)
    expected = np.einsum("bhw,nmhw->bnm", masks, spread) / spread.sum(axis=(2, 3))
    np.testing.assert_allclose(position_weights(masks, coarse, "coverage"), expected, rtol=1e-12)


@pytest.mark.parametrize("side", [28, 32, 64, 67, 97, 127, 224, 227, 299, 331])
def test_large_images_keep_a_useful_grid(side):
    block = coarsest_block((side, side // 2, 3))
    assert min(side, 33) <= -(-side // block) <= 64


def test_max_pooling_of_unit_images_is_kept():
    model = Plain(nn.Conv2d(1, 1, 1), nn.MaxPool2d(2), nn.Conv2d(1, 1, 1), nn.ReLU())
    windows = np.kron(np.eye(4).reshape(2, 2, 2, 2), np.ones((2, 2)))
    np.testing.assert_array_equal(receptive_fields(model, [1], "conv", (4, 4, 1), constant=1)[1], windows)
    # One pixel of a window passes as well as all four.
    blocks = receptive_fields(model, [1], "conv", (4, 4, 1), constant=1, block=2)[1]
    np.testing.assert_array_equal(blocks, np.eye(4).reshape(2, 2, 2, 2) / 4)


class Branches(nn.Module):
    """Branches of different channels side by side, which are pooled."""

    def __init__(self):
        super().__init__()
        self.branches = nn.ModuleList(nn.Conv2d(3, 4, size, padding=size // 2) for size in (1, 3, 5))
        self.pool, self.last = nn.MaxPool2d(3, 2, 1), nn.Conv2d(12, 4, 1, groups=2)

    def forward(self, x):
        return self.last(self.pool(torch.cat([branch(x) for branch in self.branches], dim=1)))


def test_runs_of_equal_channels_are_pooled_as_all_channels():
    network = constant_copy(Branches())
    x = torch.rand(2, 3, 7, 7, dtype=torch.float64)
    pooled = {}
    network.last.register_forward_pre_hook(lambda _, inputs: pooled.update(found=inputs[0]))
    network(x)
    branches = torch.cat([branch(x) for branch in network.branches], dim=1)
    assert torch.equal(pooled["found"], nn.functional.max_pool2d(branches, 3, 2, 1))
    single = constant_copy(Plain(nn.Conv2d(1, 1, 1), nn.MaxPool2d(2)))
    assert single(x[:, :1]).shape == (2, 1, 3, 3)


def test_linear_layers_of_the_copy():
    model = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Flatten(), nn.Linear(6, 3))
    x = torch.rand(2, 1, 2, 3, dtype=torch.float64)
    expected = (0.25 * x.flatten(1).sum(1, keepdim=True)).expand(2, 3) * 0.25
    torch.testing.assert_close(constant_copy(model, 0.25)(x), expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("block", [1, 2])
def test_weights_by_their_definitions(weight, block, monkeypatch):
    monkeypatch.setattr("actopo.points.position_weights.CHUNK_BYTES", 1000)
    rng = np.random.default_rng(0)
    field = rng.uniform(size=(3, 2, 4, 5)) * (rng.random((3, 2, 4, 5)) < 0.6)
    masks = rng.random((11, 4 * block, 5 * block)) < 0.4
    masks[3] = False
    r = field.repeat(block, axis=2).repeat(block, axis=3)
    seen = np.where(masks[:, None, None], r, 0)
    expected = {
        "energy": np.sqrt((seen**2).sum(axis=(3, 4))),
        "energy_share": (seen**2).sum(axis=(3, 4)) / (r**2).sum(axis=(2, 3)),
        "coverage": seen.sum(axis=(3, 4)) / r.sum(axis=(2, 3)),
        "count": (seen > 0).sum(axis=(3, 4)),
    }[weight]
    weights = position_weights(masks, field, weight)
    assert weights.dtype == np.float64
    np.testing.assert_allclose(weights, expected, rtol=1e-13)
    assert not weights[3].any()


def test_foreground_and_background_complement_each_other(resnet_fields):
    masks = np.random.default_rng(1).random((5, 32, 32)) < 0.3
    every = np.ones((1, 32, 32), bool)
    parts = {weight: [position_weights(m, resnet_fields[3], weight) for m in (masks, ~masks)] for weight in WEIGHTS}
    for share in ("coverage", "energy_share"):
        np.testing.assert_allclose(sum(parts[share]), 1, rtol=1e-13)
    np.testing.assert_array_equal(sum(parts["count"]), position_weights(every, resnet_fields[3], "count").repeat(5, 0))
    whole = position_weights(every, resnet_fields[3], "energy").repeat(5, 0)
    np.testing.assert_allclose(np.hypot(*parts["energy"]), whole, rtol=1e-13)


def test_weights_that_are_shares_prefer_no_position(resnet_fields):
    """With every pixel foreground all positions are equal; energy makes the centre three times the corner."""
    every = np.ones((1, 32, 32), bool)
    for share in ("coverage", "energy_share"):
        np.testing.assert_allclose(position_weights(every, resnet_fields[16], share), 1, rtol=1e-13)
    energy = full_energy(resnet_fields[16])
    assert energy[2, 2] / energy[0, 0] == pytest.approx(1 / 0.3392, abs=1e-3)


@pytest.mark.parametrize("share", ["coverage", "energy_share"])
def test_position_without_a_field_covers_nothing(share):
    assert position_weights(np.ones((1, 2, 2), bool), np.zeros((1, 1, 2, 2)), share) == 0


class LN(nn.Module):
    """A normalisation whose class has another name."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class WeightNormConv2d(nn.Conv2d):
    """A convolution whose class has the name of a normalisation, and which makes its weights."""

    def forward(self, x):
        weight = self.weight / torch.linalg.vector_norm(self.weight, dim=(1, 2, 3), keepdim=True)
        return nn.functional.conv2d(x, weight, self.bias, self.stride, self.padding)


class NamedWeight(nn.Conv2d):
    def forward(self, x):
        return nn.functional.conv2d(x, weight=self.weight.square(), padding=self.padding)


class Same(nn.Conv2d):
    """A convolution of another class."""


class StandardisedConv2d(nn.Conv2d):
    def forward(self, x):
        weight = self.weight - self.weight.mean(dim=(1, 2, 3), keepdim=True)
        return self._conv_forward(x, weight, self.bias)


FUNCTIONS = {
    "layer": lambda x: nn.functional.layer_norm(x.permute(0, 2, 3, 1), x.shape[1:2]).permute(0, 3, 1, 2),
    "map": lambda x: nn.functional.layer_norm(x, x.shape[1:]),
    "group": lambda x: nn.functional.group_norm(x, 2),
    "instance": nn.functional.instance_norm,
    "batch": lambda x: torch.nn.functional.batch_norm(x, torch.full((4,), 0.3), torch.full((4,), 2.0)),
    "rms": lambda x: nn.functional.rms_norm(input=x, normalized_shape=x.shape[1:]),
    "unit": nn.functional.normalize,
    "local": lambda x: nn.functional.local_response_norm(x, 2),
}


def chain(norm=nn.Identity, conv=nn.Conv2d):
    convolutions = [conv(3 if n == 0 else 4, 4, 3, padding=1) for n in range(3)]
    return Plain(*(module for n in range(3) for module in (convolutions[n], norm(), nn.ReLU())))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_normalisation_by_a_function_is_none(name):
    expected = receptive_fields(chain(), [1, 2], "conv", (6, 7, 3))
    found = receptive_fields(chain(lambda: LN(FUNCTIONS[name])), [1, 2], "conv", (6, 7, 3))
    assert all(np.array_equal(found[layer], field) for layer, field in expected.items())


@pytest.mark.parametrize("name", ["BatchNormAct2d", "GroupNormAct", "LayerNorm2d"])
def test_normalisations_of_timm_are_none(name):
    timm = pytest.importorskip("timm")
    norm = getattr(timm.layers, name)
    expected = receptive_fields(chain(), [2], "conv", (6, 7, 3))[2]
    arguments = (4, 2) if name == "GroupNormAct" else (4,)
    np.testing.assert_array_equal(
        receptive_fields(chain(lambda: norm(*arguments)), [2], "conv", (6, 7, 3))[2], expected
    )


@pytest.mark.parametrize(
    "conv",
    [
        WeightNormConv2d,
        StandardisedConv2d,
        NamedWeight,
        lambda *sizes, **padding: nn.utils.parametrizations.weight_norm(Same(*sizes, **padding)),
        lambda *sizes, **padding: nn.utils.parametrizations.weight_norm(nn.Conv2d(*sizes, **padding)),
        lambda *sizes, **padding: nn.utils.parametrizations.spectral_norm(nn.Conv2d(*sizes, **padding)),
    ],
)
def test_weights_that_a_convolution_makes_are_the_constant(conv):
    expected = receptive_fields(chain(), [2], "conv", (6, 7, 3))[2]
    np.testing.assert_allclose(receptive_fields(chain(conv=conv), [2], "conv", (6, 7, 3))[2], expected, rtol=1e-12)


def by_hand(dim, eps, centred=True):
    """A normalisation of operations."""

    def normalised(x):
        mean = x.mean(dim=dim, keepdim=True) if centred else 0
        return (x - mean) / ((x - mean).square().mean(dim=dim, keepdim=True) + eps).sqrt()

    return lambda: LN(normalised)


class Shortcut(Plain):
    """A residual block whose branch is normalised, between convolutions."""

    def __init__(self, norm):
        super().__init__(*(nn.Conv2d(3 if n == 0 else 8, 8, 3, padding=1) for n in range(4)))
        self.norm = norm()

    def forward(self, x):
        x = self.chain[1](self.chain[0](x))
        return self.chain[3](x + self.chain[2](self.norm(x)))


@pytest.mark.parametrize("eps", [1e-12, 1e-6, 1e-4])
@pytest.mark.parametrize(
    ("dim", "centred"), [(1, True), ((2, 3), True), ((1, 2, 3), True), (1, False), ((1, 2, 3), False)]
)
def test_normalisation_by_operations_is_refused(dim, centred, eps):
    norm = by_hand(dim, eps, centred)
    for model, layers in ((chain(norm), [0, 1]), (Shortcut(norm), [1, 3])):
        with pytest.raises(InputError, match=f"layer {layers[1]} does not respond in proportion to the brightness"):
            receptive_fields(model, layers, "conv", (6, 7, 3))


def test_gates_and_bounded_activations_are_taken():
    gate = lambda: LN(lambda x: x * torch.sigmoid(x.mean(dim=(2, 3), keepdim=True)))  # noqa: E731
    assert receptive_fields(chain(gate), [2], "conv", (6, 7, 3))[2].any()
    expected = receptive_fields(chain(), [2], "conv", (6, 7, 3))[2]
    for activation in (nn.Tanh, nn.Softsign, lambda: LN(torch.tanh)):
        np.testing.assert_array_equal(receptive_fields(chain(activation), [2], "conv", (6, 7, 3))[2], expected)


class Enlarging(Plain):
    """Its last layer is on a map that a transposed convolution enlarged, to a size that the call says."""

    def __init__(self):
        super().__init__(*(nn.Conv2d(3 if n == 0 else 4, 4, 3, padding=1) for n in range(2)))
        self.up = nn.ConvTranspose2d(4, 4, 2, stride=2)

    def forward(self, x):
        return self.chain[1](self.up(self.chain[0](x), output_size=[13, 15]))


def test_weights_of_a_transposed_convolution_are_the_constant():
    field = receptive_fields(Enlarging(), [1], "conv", (6, 7, 3), constant=1)[1]
    # 3 colours, 4 channels twice and the 9 positions of a kernel, in 4 channels: norm 2.
    assert field.shape == (13, 15, 6, 7)
    assert field.max() == 3 * 4 * 4 * 9 * 2
    np.testing.assert_array_equal(field, np.round(field))


def test_what_is_in_front_of_a_normalisation_has_fields():
    norm = by_hand((1, 2, 3), 1e-5)
    # In front of it nothing is normalised.
    np.testing.assert_array_equal(
        receptive_fields(chain(norm), [0], "conv", (6, 7, 3))[0],
        receptive_fields(chain(), [0], "conv", (6, 7, 3))[0],
    )
    with pytest.raises(InputError, match="layer 1 responds to no pixel of the image"):
        receptive_fields(chain(lambda: LN(lambda x: x - x[:, :1])), [1], "conv", (6, 7, 3))


class Shifted(Plain):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 2, 1), nn.ReLU())
        self.transform_input = True

    def forward(self, x):
        return super().forward(x - 1 if self.transform_input else x)


def test_shift_of_the_input_is_switched_off():
    field = receptive_fields(Shifted(), [0], "conv", (2, 2, 3), constant=1)[0]
    np.testing.assert_allclose(field.reshape(4, 4), 3 * 2**0.5 * np.eye(4), rtol=1e-15)


class Adding(Plain):
    def forward(self, x):
        return super().forward(x + 1)


def test_bad_input():
    model = resnet18_cifar(2)
    with pytest.raises(InputError, match="block is 0"):
        receptive_fields(model, [0], "bn", (8, 9, 3), block=0)
    with pytest.raises(InputError, match="layers"):
        receptive_fields(model, [17], "bn", (8, 8, 3))
    with pytest.raises(InputError, match="layer 0 responds to an image of zeros"):
        receptive_fields(Adding(nn.Conv2d(3, 2, 1), nn.ReLU()), [0], "conv", (2, 2, 3))
    with pytest.raises(InputError, match="layer 16 overflows"):
        receptive_fields(model, [16], "bn", (8, 8, 3), constant=1e30)
    with pytest.raises(InputError, match="no two-dimensional convolution"):
        constant_copy(nn.Linear(2, 2))
    with pytest.raises(InputError, match="constant weight is 0"):
        constant_copy(model, 0)


@pytest.mark.parametrize(
    ("masks", "weight", "message"),
    [
        (np.ones((1, 4, 4), bool), "sum", "energy, energy_share, coverage, count"),
        (np.ones((1, 4, 4)), "energy", "float64"),
        (np.ones((1, 4, 9), bool), "energy", "4 x 9.*2 x 2"),
        (np.ones((1, 1, 1), bool), "energy", "1 x 1.*2 x 2"),
    ],
)
def test_bad_masks(masks, weight, message):
    with pytest.raises(InputError, match=message):
        position_weights(masks, np.ones((1, 1, 2, 2)), weight)


class Deciding(nn.Module):
    """Images that are not zero pass a convolution of another size."""

    def __init__(self):
        super().__init__()
        self.stem, self.near, self.far = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        return (self.far if x.any() else self.near)(self.stem(x))


def test_layers_whose_order_depends_on_the_image_have_no_receptive_field():
    words = "layer 1 is near for an image of zeros, and for other images far is called in its place"
    with pytest.raises(InputError, match=words):
        receptive_fields(Deciding(), [1], "conv", (4, 4, 3))
    # What is called before it is the same for all images.
    np.testing.assert_array_equal(
        receptive_fields(Deciding(), [0], "conv", (4, 4, 3))[0] > 0, np.eye(16).reshape([4] * 4)
    )
