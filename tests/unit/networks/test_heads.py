"""Single heads of attention are no maps, and channels no tokens."""

import pytest
import torch
from actopo.networks.build import build
from actopo.networks.heads import described_outputs, without_channels, without_heads
from actopo.networks.outputs import find_outputs
from torch import nn

SMALL = {"img_size": 48, "patch_size": 8, "depth": 1, "qk_norm": True}


@pytest.mark.parametrize("more", [{}, {"class_token": False, "global_pool": "avg"}])
def test_norms_of_queries_and_keys_are_no_layer(more):
    network = build(
        architecture="timm:vit_tiny_patch16_224", arguments={**SMALL, **more}, n_classes=4, n_channels=3, seed=0
    )
    found = {output.name: output for output in find_outputs(network, (48, 48, 3))}
    for name in ("blocks.0.attn.q_norm", "blocks.0.attn.k_norm"):
        [part] = found[name].parts
        assert not part["shapes"]
        assert part["problem"].startswith(
            f"returns a tensor of 3 x {36 if more else 37} x 64 for one image, in which no"
        )


class Latents(nn.Module):
    """Attention of a fixed number of latents to an image of any size; queries of single heads are normalised."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 24, 8, 8)
        self.pool = nn.AdaptiveAvgPool2d(4)
        self.latents = nn.LayerNorm(24)
        self.q_norm = nn.LayerNorm(8)
        self.head = nn.Linear(24, 4)

    def forward(self, x):
        tokens = self.latents(self.pool(self.patches(x)).flatten(2).transpose(1, 2))
        heads = self.q_norm(tokens.unflatten(2, (3, 8)).transpose(1, 2))
        return self.head(heads.transpose(1, 2).flatten(2).mean(dim=1))


def test_heads_of_as_many_tokens_for_images_of_any_size_are_no_layer():
    found = [output._asdict() for output in find_outputs(Latents(), (48, 48, 3))]
    checked = {output["name"]: output for output in without_heads(found)}
    [part] = checked.pop("q_norm")["parts"]
    assert not part["shapes"]
    assert part["problem"].startswith("returns 16 x 8 x 3 values for an image, one axis as long as there are tokens")
    assert list(checked.values()) == [output for output in found if output["name"] in checked]


class Queries(Latents):
    """The same of learned queries, which are as many as fill a grid, and no patches."""

    def __init__(self):
        super().__init__()
        self.queries = nn.Parameter(torch.ones(1, 9, 24))

    def forward(self, x):
        tokens = self.latents(self.queries.expand(len(x), -1, -1) + self.patches(x).mean((2, 3))[:, None])
        heads = self.q_norm(tokens.unflatten(2, (3, 8)).transpose(1, 2))
        return self.head(heads.transpose(1, 2).flatten(2).mean(dim=1))


def test_learned_queries_and_their_heads_are_no_layer():
    found = {output["name"]: output["parts"][0] for output in described_outputs(Queries(), (48, 48, 3))}
    assert found["latents"]["problem"].startswith("returns 9 tokens for one image and 9 for one of twice the size")
    assert found["q_norm"]["problem"].startswith("returns 9 x 8 x 3 values for an image, one axis as long as there are")


@pytest.mark.parametrize(
    "name", ["googlenet", "resnet18_cifar", "timm:convnext_atto", "timm:swin_tiny_patch4_window7_224"]
)
def test_maps_stay_layers(name):
    network = build(architecture=name, n_classes=4, n_channels=3, seed=0)
    found = [output._asdict() for output in find_outputs(network, (224, 224, 3) if "swin" in name else (64, 64, 3))]
    assert without_heads(found) == without_channels(found) == found


class Mixer(nn.Module):
    """49 patches, and an MLP that mixes them, of whose channels there are a few more."""

    def __init__(self, n_channels):
        super().__init__()
        self.patches = nn.Conv2d(1, n_channels, 4, 4)
        self.mix = nn.Sequential(nn.Linear(49, 128), nn.GELU(), nn.Linear(128, 49))
        self.norm, self.head = nn.LayerNorm(n_channels), nn.Linear(n_channels, 4)

    def forward(self, images):
        x = self.patches(images).flatten(2)
        return self.head(self.norm((x + self.mix(x)).transpose(1, 2)).mean(1))


@pytest.mark.parametrize("n_channels", [50, 64])
def test_channels_of_an_mlp_that_mixes_tokens_are_no_tokens(n_channels):
    found = {output["name"]: output for output in described_outputs(Mixer(n_channels), (28, 28, 1))}
    [part] = found["mix.0"]["parts"]
    assert not part["shapes"]
    assert part["problem"].startswith(
        f"returns {n_channels} x 128 values for an image, and {n_channels} are the channels"
    )
    [part] = found["norm"]["parts"]
    assert part["shapes"]["patches"] == (7, 7, n_channels)


class Heads(nn.Module):
    """One block whose queries are normalised as (b, t, heads, d)."""

    def __init__(self):
        super().__init__()
        self.patches, self.token = nn.Conv2d(3, 32, 16, 16), nn.Parameter(torch.zeros(1, 1, 32))
        self.query, self.norm, self.out = nn.Linear(32, 32), nn.LayerNorm(16), nn.Linear(32, 32)
        self.head = nn.Linear(32, 17)

    def forward(self, images):
        x = self.patches(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], dim=1)
        queries = self.norm(self.query(x).reshape(len(x), -1, 2, 16)).transpose(1, 2)
        return self.head(self.out(queries.transpose(1, 2).reshape(x.shape))[:, 0])


@pytest.mark.parametrize(
    "name",
    ["timm:vit_tiny_patch16_224", "timm:deit_tiny_distilled_patch16_224", "timm:vit_pwee_patch16_reg1_gap_256", None],
)
def test_class_tokens_stay_layers(name):
    if name is None:
        network = Heads()
    else:
        network = build(architecture=name, arguments={"img_size": 64, "depth": 1}, n_classes=17, n_channels=3, seed=0)
    found = [output._asdict() for output in find_outputs(network, (64, 64, 3))]
    assert any("class" in part["shapes"] for output in found for part in output["parts"])
    assert without_channels(found) == found
