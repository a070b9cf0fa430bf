"""Calls of modules against a network whose calls are known, and networks with fixed sizes and odd outputs."""

import pytest
import torch
import torchvision
from actopo.errors import InputError
from actopo.keys import FIRST_OUTPUT
from actopo.networks.calls import find_calls, parts_of
from actopo.networks.choices import TOKENS, output_number, output_of
from actopo.networks.layers import find_layers, recording
from actopo.networks.layouts import Layout
from torch import nn


class Named(nn.Module):
    """Returns a dict of a map and a text."""

    def forward(self, x):
        return {"map": x, "note": "text", "sizes": (x,)}


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.named = nn.Conv2d(3, 8, 1), Named()
        self.last, self.head = nn.LayerNorm(8), nn.Linear(8, 2)

    def forward(self, x):
        x = self.named(self.stem(x))["map"].permute(0, 2, 3, 1)
        return self.head(self.last(x).mean(dim=(1, 2)))


def test_parts_and_layouts():
    calls = {call.name: call for call in find_calls(Net(), (8, 8, 3))}
    assert list(calls) == ["stem", "named", "last", "head"]
    assert calls["named"].parts == {
        "map": Layout("first", 8, 8, 8),
        "note": "returns a str, no tensor",
        "sizes": "returns a tuple, no tensor",
    }
    # Its three axes are equal, and an image of twice the size tells them apart.
    assert calls["last"].parts == {"": Layout("last", 8, 8, 8)}
    assert calls["stem"].entered == Layout("first", 8, 8, 3)
    assert calls["head"].parts == {"": Layout("vector", 1, 1, 2)}
    assert parts_of([1, 2]) == {"0": 1, "1": 2}


def test_an_entry_of_a_dict_is_read():
    model, images = Net().eval(), torch.randn(2, 3, 8, 8)
    layer = output_number(1, "patches", 1)
    with torch.inference_mode(), recording(model, [layer], "output", image_shape=(8, 8, 3)) as recorded:
        model(images)
        torch.testing.assert_close(recorded[layer], model.stem(images).permute(0, 2, 3, 1))
    refused = {
        (output_number(1), "output"): "module named returns 3 values; name the key of one: map, note, sizes",
        (output_number(1, entry=2), "output"): "module named returns a str, no tensor",
        (output_number(1, entry=4), "output"): "do not exist",
        (output_number(0, "class"), "output"): "module stem has no class token",
        (output_number(0), "residual"): "module stem has no tap 'residual'",
    }
    for (wanted, tap), words in refused.items():
        with pytest.raises(InputError, match=words), recording(model, [wanted], tap, image_shape=(8, 8, 3)):
            pass


def test_numbers_of_outputs_go_there_and_back():
    places = [(call, tokens, entry) for call in (0, 7, FIRST_OUTPUT - 1) for tokens in TOKENS for entry in range(4)]
    numbers = [output_number(*place) for place in places]
    assert [output_of(number) for number in numbers] == places
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) == FIRST_OUTPUT
    assert output_number(7) == FIRST_OUTPUT + 7


class Fixed(nn.Module):
    """Takes images of one size alone, so that nothing tells its axes apart."""

    def __init__(self):
        super().__init__()
        self.mix = nn.Identity()

    def forward(self, x):
        assert x.shape[2] == 3, "of one size"
        return self.mix(x).flatten(1)


def test_axes_that_nothing_tells_apart_are_told_by_the_config():
    model = nn.Sequential(Fixed(), nn.Linear(27, 2))
    found = {call.name: call.parts[""] for call in find_calls(model, (3, 3, 3))}
    assert found["0.mix"].startswith("returns a tensor of 3 x 3 x 3, whose channels may be")
    found = {call.name: call.parts[""] for call in find_calls(model, (3, 3, 3), {"channels": "last"})}
    assert found["0.mix"] == Layout("last", 3, 3, 3)


class Dropping(nn.Module):
    """Tokens whose number depends on the image, as where a network drops those of the background."""

    def __init__(self):
        super().__init__()
        self.stem, self.tokens, self.head = nn.Conv2d(3, 4, 2, stride=2), nn.Identity(), nn.Linear(4, 2)

    def forward(self, x):
        tokens = self.stem(x).flatten(2).transpose(1, 2)
        return self.head(self.tokens(tokens[:, 1:] if x.any() else tokens).mean(dim=1))


def test_tokens_whose_number_depends_on_the_image_are_refused():
    model = Dropping().eval()
    [layer] = [output_number(i) for i, call in enumerate(find_calls(model, (8, 8, 3))) if call.name == "tokens"]
    words = "15 x 4 for some images and 16 x 4 for others"
    with pytest.raises(InputError, match=words), recording(model, [layer], "output", image_shape=(8, 8, 3)):
        model(torch.ones(2, 3, 8, 8))


def build(name):
    """A network of torchvision; of the twelve equal blocks of vit_b_32, two."""
    if name == "vit_b_32":
        return torchvision.models.VisionTransformer(224, 32, 2, num_heads=12, hidden_dim=768, mlp_dim=3072)
    return torchvision.models.get_model(name, weights=None)


@pytest.mark.parametrize(
    ("name", "size", "kind", "shapes"),
    [
        ("vit_b_32", 224, "EncoderBlock", {"patches": (7, 7, 768), "class": (1, 1, 768), "all": (1, 50, 768)}),
        ("swin_t", 64, "SwinTransformerBlock", {"patches": (16, 16, 96)}),
    ],
)
def test_blocks_of_torchvision_against_hooks(name, size, kind, shapes):
    model = build(name).eval()
    layers, kept = find_layers(model, (size, size, 3)), {}
    assert layers[1].shapes == shapes
    assert {layer.type for layer in layers} == {"Conv2d", kind}
    model.get_submodule(layers[-1].name).register_forward_hook(lambda _, __, output: kept.update(output=output))
    last = len(layers) - 1
    # Blocks have no rectifier of their own, and are what they return at the taps of convolutions.
    for tap in ("conv", "relu", "output", "residual"):
        with torch.inference_mode(), recording(model, [last], tap, image_shape=(size, size, 3)) as recorded:
            model(torch.randn(2, 3, size, size))
        expected = kept["output"][:, 1:].unflatten(1, (7, 7)) if name == "vit_b_32" else kept["output"]
        torch.testing.assert_close(recorded[last], expected, rtol=0, atol=0)


class Returning(nn.Module):
    """A block that returns its tokens and more, or a tuple of its tokens alone."""

    def __init__(self, more):
        super().__init__()
        self.norm, self.one, self.two, self.more = nn.LayerNorm(4), nn.Linear(4, 4), nn.Linear(4, 4), more

    def forward(self, x):
        return (x + self.two(self.one(self.norm(x))), *self.more)


class Tupled(nn.Module):
    def __init__(self, more):
        super().__init__()
        self.patches, self.head = nn.Conv2d(3, 4, 4, stride=4), nn.Linear(4, 2)
        self.blocks = nn.ModuleList([Returning(more) for _ in range(2)])

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        for block in self.blocks:
            x = block(x)[0]
        return self.head(x.mean(dim=1))


def test_blocks_that_return_tuples():
    images, kept = torch.randn(2, 3, 8, 8), {}
    model = Tupled(()).eval()
    model.blocks[1].register_forward_hook(lambda _, __, output: kept.update(output=output[0]))
    assert [layer.shape for layer in find_layers(model, (8, 8, 3))] == [(2, 2, 4)] * 3
    with torch.inference_mode(), recording(model, [2], "relu", image_shape=(8, 8, 3)) as recorded:
        model(images)
    torch.testing.assert_close(recorded[2], kept["output"].unflatten(1, (2, 2)), rtol=0, atol=0)
    # Of several values none is chosen for the user.
    layers = find_layers(Tupled((None,)), (8, 8, 3))
    assert [layer.shape for layer in layers] == [(2, 2, 4), None, None]
    assert layers[1].problem == "returns 2 values; choose one by its key, 0, 1, such as {type: Returning, key: 0}"


class Series(nn.Module):
    """A one-dimensional convolution over the positions of a map, as many as it has channels, and its rectifier."""

    def __init__(self, has_fixed_size):
        super().__init__()
        self.patches, self.along, self.relu = nn.Conv2d(3, 24, 4, 4), nn.Conv1d(24, 16, 3, padding=1), nn.ReLU()
        self.mix, self.head = nn.Linear(16, 16) if has_fixed_size else nn.Identity(), nn.Linear(16, 2)

    def forward(self, x):
        return self.head(self.mix(self.relu(self.along(self.patches(x).flatten(2)))).mean(2))


@pytest.mark.parametrize("has_fixed_size", [False, True])
def test_one_dimensional_convolutions_have_channels_first(has_fixed_size):
    model, images = Series(has_fixed_size).eval(), torch.randn(2, 3, 16, 16)
    calls = {call.name: call for call in find_calls(model, (16, 16, 3))}
    assert calls["along"].parts == {"": Layout("series", 4, 4, 16)}
    assert calls["along"].entered == Layout("series", 4, 4, 24)
    refused = "returns a tensor of 16 x 16 for one image, whose channels may be its first or its last axis"
    [found] = calls["relu"].parts.values()
    assert found.startswith(refused) if has_fixed_size else found == Layout("series", 4, 4, 16)
    layer = output_number(list(calls).index("along"))
    with torch.inference_mode(), recording(model, [layer], "output", image_shape=(16, 16, 3)) as recorded:
        model(images)
        expected = model.along(model.patches(images).flatten(2)).transpose(1, 2).unflatten(1, (4, 4))
        torch.testing.assert_close(recorded[layer], expected)


class Mixing(nn.Module):
    """An MLP over the positions of a map, with as many channels as fill a grid."""

    def __init__(self):
        super().__init__()
        self.patches, self.norm = nn.Conv2d(3, 64, 4, 4), nn.LayerNorm(64)
        self.wide, self.narrow, self.head = nn.Linear(16, 32), nn.Linear(32, 16), nn.Linear(64, 2)

    def forward(self, x):
        x = self.norm(self.patches(x).flatten(2).transpose(1, 2))
        return self.head(self.narrow(self.wide(x.transpose(1, 2))).mean(2))


def test_an_mlp_over_positions_is_no_layer():
    calls = {call.name: call for call in find_calls(Mixing(), (16, 16, 3))}
    assert calls["norm"].parts == {"": Layout("tokens", 4, 4, 64)}
    for name, n_positions in (("wide", 32), ("narrow", 16)):
        assert calls[name].parts[""].startswith(f"returns a tensor of 64 x {n_positions} for one image, whose channels")


class Recurrent(nn.Module):
    """A module whose second value has the images in its second axis, and one that does not depend on the images."""

    def __init__(self):
        super().__init__()
        self.patches, self.gru = nn.Conv2d(3, 8, 4, 4), nn.GRU(8, 6, batch_first=True)
        self.places, self.head = nn.Identity(), nn.Linear(6, 2)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x, state = self.gru(x + self.places(torch.ones(1, 16, 8)))
        return self.head(x[:, -1] + state[0])


def test_the_first_axis_is_that_of_the_images():
    calls = {call.name: call for call in find_calls(Recurrent(), (16, 16, 3))}
    refused = "returns a tensor of {} for one image and of {} for two, so that its first axis is not that of the images"
    assert calls["gru"].parts == {
        "0": Layout("tokens", 4, 4, 6),
        "1": refused.format("1 x 1 x 6", "1 x 2 x 6"),
    }
    assert calls["places"].parts == {"": refused.format("1 x 16 x 8", "1 x 16 x 8")}
    assert calls["head"].parts == {"": Layout("vector", 1, 1, 2)}


class One(nn.Module):
    """Takes one image at a time."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)

    def forward(self, x):
        assert len(x) == 1
        return self.conv(x).mean((2, 3))


def test_a_network_of_one_image_is_listed():
    assert [call.parts for call in find_calls(One(), (4, 4, 3))] == [{"": Layout("first", 4, 4, 2)}]


class Attention(nn.Module):
    """Tokens of patches of 4 x 4 pixels, attention with its weights and a softmax of several heads."""

    def __init__(self, has_fixed_size):
        super().__init__()
        self.patches, self.softmax = nn.Conv2d(3, 16, 4, stride=4), nn.Softmax(-1)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.places = nn.Parameter(torch.zeros(16, 16)) if has_fixed_size else 0

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2) + self.places
        x, weights = self.attention(x, x, x)
        heads = x.unflatten(-1, (2, 8)).transpose(1, 2)
        heads = self.softmax(heads @ heads.transpose(2, 3)) @ heads
        return (weights @ heads.transpose(1, 2).flatten(2)).mean(1)


class Windows(nn.Module):
    """Attention of 3 heads in one window of 4 x 4, in a network that made a map of 16 x 16 and takes no other size."""

    def __init__(self):
        super().__init__()
        self.stem, self.down, self.head = nn.Conv2d(3, 12, 1), nn.Conv2d(12, 12, 4, 4), nn.Linear(12, 2)
        self.softmax, self.drop, self.mix = nn.Softmax(dim=-1), nn.Dropout(), nn.Linear(16, 16)

    def forward(self, x):
        x = self.down(self.stem(x)).flatten(2).transpose(1, 2)
        heads = x.unflatten(-1, (3, 4)).transpose(1, 2)
        heads = self.drop(self.softmax(self.mix(heads @ heads.transpose(2, 3)))) @ heads
        return self.head(heads.transpose(1, 2).flatten(2).mean(1))


def test_a_softmax_gives_weights_of_attention():
    """Also where they are as large as a map of the network."""
    calls = {call.name: call for call in find_calls(Windows(), (16, 16, 3))}
    for name in ("softmax", "drop", "mix"):
        assert calls[name].parts == {"": "returns weights of attention between 16 tokens, which have no channels"}
    assert calls["stem"].parts == {"": Layout("first", 16, 16, 12)}


@pytest.mark.parametrize("has_fixed_size", [False, True])
def test_weights_of_attention_are_no_layer(has_fixed_size):
    """There are as many tokens as channels, so that shapes alone do not tell."""
    calls = {call.name: call for call in find_calls(Attention(has_fixed_size), (16, 16, 3))}
    told = "returns weights of attention between 16 tokens, which have no channels"
    assert calls["attention"].parts == {"0": Layout("tokens", 4, 4, 16), "1": told}
    assert calls["softmax"].parts == {"": told}
    assert calls["softmax"].entered == told


class Attending(nn.Module):
    """Learned queries, which are no patches, and patches of maps that are pooled to one size, or of images that are."""

    def __init__(self, resizes):
        super().__init__()
        self.resizes, self.stem, self.head = resizes, nn.Conv2d(3, 8, 4, 4), nn.Linear(8, 2)
        self.queries, self.of_queries, self.pooled = nn.Parameter(torch.ones(1, 9, 8)), nn.Identity(), nn.Identity()

    def forward(self, x):
        x = self.stem(nn.functional.interpolate(x, (16, 16)) if self.resizes and len(x[0, 0]) != 16 else x)
        pooled = self.pooled(nn.functional.adaptive_avg_pool2d(x, 2).flatten(2).mT)
        return self.head(self.of_queries(self.queries.expand(len(x), -1, -1)).mean(1) + pooled.mean(1))


@pytest.mark.parametrize("resizes", [False, True])
def test_learned_queries_are_told_from_patches_of_pooled_maps(resizes):
    calls = {call.name: call.parts[""] for call in find_calls(Attending(resizes), (16, 16, 3))}
    assert calls["pooled"] == Layout("tokens", 2, 2, 8)
    words = "returns 9 tokens for one image and 9 for one of twice the size"
    # Nothing grows of images that are resized.
    assert calls["of_queries"] == Layout("tokens", 3, 3, 8) if resizes else calls["of_queries"].startswith(words)


class Window(nn.Module):
    """A block whose two axes in the middle are windows and their tokens."""

    def __init__(self):
        super().__init__()
        self.norm, self.one, self.two = nn.LayerNorm(8), nn.Linear(8, 24), nn.Linear(24, 8)

    def forward(self, x):
        return x + self.two(self.one(self.norm(x)))


class Nested(nn.Module):
    """As NesT, 16 windows of 16 tokens and then 4, in a network that takes one size only."""

    def __init__(self):
        super().__init__()
        self.stem, self.norm, self.head = nn.Conv2d(3, 8, 4, 4), nn.LayerNorm(8), nn.Linear(8, 2)
        self.first, self.second = nn.Sequential(Window()), nn.Sequential(Window())

    def forward(self, x):
        assert x.shape[2:] == (64, 64), "of one size"
        x = self.norm(self.stem(x).permute(0, 2, 3, 1))
        x = self.first(x.reshape(-1, 4, 4, 4, 4, 8).transpose(2, 3).reshape(-1, 16, 16, 8))
        return self.head(self.second(x[:, ::4]).mean((1, 2)))


def test_windows_are_known_by_other_blocks_of_their_kind():
    model = Nested()
    assert [layer.shape for layer in find_layers(model, (64, 64, 3))] == [(16, 16, 8), None, None]
    calls = {call.name: call.parts[""] for call in find_calls(model, (64, 64, 3))}
    assert calls["norm"] == Layout("last", 16, 16, 8)
    for name in ("first", "first.0", "first.0.one"):
        assert "for one image, of a kind of block that returns no maps, as of windows" in calls[name]
    calls = {call.name: call.parts[""] for call in find_calls(model, (64, 64, 3), {"channels": "last"})}
    assert calls["first.0"] == Layout("last", 16, 16, 8)
