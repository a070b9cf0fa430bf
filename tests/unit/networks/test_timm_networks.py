"""Networks of timm: structure, layers, weights without a network to download them from, and preprocessing."""

import sys

import numpy as np
import pytest
import torch
from actopo.errors import InputError
from actopo.keys import FIRST_OUTPUT
from actopo.networks.build import build, count_outputs
from actopo.networks.calls import find_calls
from actopo.networks.choices import output_number
from actopo.networks.layers import find_layers, recording
from actopo.networks.listed import build_listed
from actopo.networks.outputs import find_outputs
from actopo.networks.timm_networks import download_timm, timm_preprocessing, timm_weights
from actopo.networks.weights import load_pretrained, named_weights
from actopo.points.activations import dump_activations
from actopo.points.receptive_field import receptive_fields
from safetensors.torch import save_file

timm = pytest.importorskip("timm")


def test_a_convnext():
    settings = {"n_classes": 7, "n_channels": 1, "seed": 3, "arguments": {"conv_mlp": False}}
    model, same = build("timm:convnext_atto", **settings), build("timm:convnext_atto", **settings).state_dict()
    assert all(torch.equal(tensor, same[name]) for name, tensor in model.state_dict().items())
    assert count_outputs(model, (32, 32, 1)) == 7
    layers = find_layers(model, (64, 64, 1))
    assert [layers[0].name, layers[-1].name, layers[-1].shape] == [
        "stem.0",
        "stages.3.blocks.1.conv_dw",
        (2, 2, 320),
    ]
    # Linear maps of a block have channels last, and the block has channels first.
    outputs = {output.name: output for output in find_outputs(model, (64, 64, 1))}
    assert outputs["stages.1.blocks.0.mlp.fc1"].parts[0]["shapes"] == {"patches": (8, 8, 320)}
    assert outputs["stages.1.blocks.0"].parts[0]["shapes"] == {"patches": (8, 8, 80)}
    assert outputs["stages.1.blocks.0"].has_residual


@pytest.mark.parametrize(
    ("name", "size", "n_blocks", "kind", "shapes"),
    [
        (
            "vit_tiny_patch16_224",
            224,
            12,
            "Block",
            {"patches": (14, 14, 192), "class": (1, 1, 192), "all": (1, 197, 192)},
        ),
        # Four register tokens beside the class token.
        ("vit_base_patch14_reg4_dinov2", 518, 12, "Block", {"patches": (37, 37, 768), "class": (1, 5, 768)}),
        ("swin_tiny_patch4_window7_224", 224, 12, "SwinTransformerBlock", {"patches": (7, 7, 768)}),
        ("mixer_s32_224", 224, 8, "MixerBlock", {"patches": (7, 7, 512), "all": (1, 49, 512)}),
        ("deit_tiny_distilled_patch16_224", 224, 12, "Block", {"patches": (14, 14, 192), "class": (1, 2, 192)}),
    ],
)
def test_transformers(name, size, n_blocks, kind, shapes):
    with torch.device("meta"):
        model = build(f"timm:{name}", seed=0)
    layers = find_layers(model.to("meta"), (size, size, 3))
    assert [layer.type for layer in layers].count(kind) == n_blocks == len(layers) - 1
    assert shapes.items() <= layers[-1].shapes.items()


def test_points_and_fields_of_a_transformer():
    model = build("timm:vit_tiny_patch16_224", n_classes=4, seed=0, arguments={"img_size": 32, "depth": 2}).eval()
    layers = find_layers(model, (32, 32, 3))
    names = [output.name for output in find_outputs(model, (32, 32, 3))]
    class_token = output_number(names.index("blocks.1"), "class")
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    found = {}

    def write(layer, batch, _):
        found.setdefault(layer, []).append(batch.copy())

    wanted = [len(layers) - 1, class_token]
    dump_activations(model, images, [0.5] * 3, [0.2] * 3, wanted, "residual", write, batch_size=2)
    found = {layer: np.concatenate(batches) for layer, batches in found.items()}
    inputs = (torch.from_numpy(images).permute(0, 3, 1, 2) / 255 - 0.5) / 0.2
    with torch.inference_mode(), recording(model, wanted, "output", image_shape=(32, 32, 3)) as recorded:
        model(inputs)
    for layer in wanted:
        np.testing.assert_allclose(found[layer], recorded[layer], rtol=1e-4, atol=1e-4)
    fields = receptive_fields(model, wanted, "residual", (32, 32, 3), block=4)
    assert fields[class_token].all()
    np.testing.assert_array_equal(fields[wanted[0]][1, 0], np.kron([[0, 0], [1, 0]], np.ones((4, 4))))


def test_weights_by_name_and_from_a_file(tmp_path, monkeypatch):
    assert timm_weights("timm:convnext_atto", "DEFAULT") == "convnext_atto.d2_in1k"
    assert named_weights("timm:convnext_atto.d2_in1k", "DEFAULT") == "convnext_atto.d2_in1k"
    with pytest.raises(InputError, match=r"no weights 'in22k' for timm:convnext_atto; choose one of DEFAULT, d2_in1k"):
        named_weights("timm:convnext_atto", "in22k")
    trained = build("timm:convnext_atto", n_classes=5, seed=8).state_dict()
    save_file(trained, tmp_path / "net.safetensors")
    torch.save({"state_dict": {f"module.{name}": tensor for name, tensor in trained.items()}}, tmp_path / "net.pth")
    for name in ("net.safetensors", "net.pth"):
        model = load_pretrained({"architecture": "timm:convnext_atto"}, str(tmp_path / name), 3, 3)
        assert model.head.fc.out_features == 5
        assert all(torch.equal(tensor, trained[name]) for name, tensor in model.state_dict().items())

    # The hub answers, and then does not.
    whole = build("timm:convnext_atto", n_classes=1000, seed=8).state_dict()
    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", lambda *_, **__: dict(whole))
    model = load_pretrained({"architecture": "timm:convnext_atto"}, "DEFAULT", 3, 3)
    assert all(torch.equal(tensor, whole[name]) for name, tensor in model.state_dict().items())

    def offline(*_, **__):
        raise OSError("no route")

    monkeypatch.setattr("timm.models._builder.load_state_dict_from_hf", offline)
    with pytest.raises(
        InputError, match=r"could not be downloaded \(OSError: no route\); download model.safetensors of"
    ):
        download_timm("convnext_atto.d2_in1k")


def test_preprocessing_is_that_of_the_weights():
    found = timm_preprocessing("timm:convnext_atto", "DEFAULT")
    assert found == {"size": 224, "resize": 256, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    inception = timm_preprocessing("timm:vit_base_patch16_224.augreg_in21k", None)
    assert (inception["mean"], inception["size"], inception["resize"]) == ([0.5] * 3, 224, 248)
    squashed = "timm:convnext_tiny.in12k_ft_in1k_384"
    with pytest.raises(InputError, match=r"crop_mode 'squash', which is not offered.*write numbers"):
        timm_preprocessing(squashed, "DEFAULT")


def test_what_is_not_there(monkeypatch):
    with pytest.raises(InputError, match="timm has no network 'convnext_attto'; did you mean convnext_atto"):
        build("timm:convnext_attto")
    with pytest.raises(InputError, match="timm:convnext_atto could not be built: TypeError"):
        build("timm:convnext_atto", arguments={"colour": "red"})
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(InputError, match=r"install it with pip install timm, or as the extra: pip install"):
        build("timm:convnext_atto")


def test_positions_of_convnext_have_receptive_fields():
    """Patches of 4 x 4 pixels, of which a depthwise convolution of 7 x 7 sees three on each side."""
    model = build("timm:convnext_atto", n_classes=5, seed=0)
    names = [call.name for call in find_calls(model, (32, 32, 3))]
    stem, block = find_layers(model, (32, 32, 3))[0].name, FIRST_OUTPUT + names.index("stages.0.blocks.0")
    fields = receptive_fields(model, [0, block], "conv", (32, 32, 3), block=4)
    assert stem == "stem.0"
    rows, columns = np.indices((8, 8))
    for layer, reach in ((0, 0), (block, 3)):
        for row, column in ((0, 0), (3, 5), (7, 7)):
            seen = np.maximum(abs(rows - row), abs(columns - column)) <= reach
            np.testing.assert_array_equal(fields[layer][row, column] > 0, seen)
        # A position sees most of its own patch.
        assert (fields[layer].reshape(64, 64).argmax(axis=1) == np.arange(64)).all()


def test_weights_without_classes(tmp_path):
    """Such as those of DINOv2: they fit the network without its head."""
    small = {"architecture": "timm:vit_tiny_patch16_224", "arguments": {"img_size": 32, "depth": 1}}
    headless = {**small, "arguments": {**small["arguments"], "num_classes": 0}}
    save_file(build(**headless, n_channels=3, seed=0).state_dict(), tmp_path / "net.safetensors")
    with pytest.raises(InputError, match=r"the weights have no classes; .* add arguments: \{num_classes: 0\}"):
        load_pretrained(small, tmp_path / "net.safetensors", 4, 3)
    assert count_outputs(load_pretrained(headless, tmp_path / "net.safetensors", 4, 3), (32, 32, 3)) == 192
    # Other weights are told by what is missing.
    save_file({"cls_token": torch.zeros(1, 1, 192)}, tmp_path / "net.safetensors")
    with pytest.raises(InputError, match="do not fit the network; 19 missing: blocks"):
        load_pretrained(small, tmp_path / "net.safetensors", 4, 3)
    dino = {"architecture": "timm:vit_small_patch14_reg4_dinov2", "arguments": {"img_size": 28, "depth": 1}}
    with pytest.raises(InputError, match="the weights have no classes"):
        build_listed(dino, (28, 28, 3), "DEFAULT")
    dino["arguments"]["num_classes"] = 0
    assert count_outputs(build_listed(dino, (28, 28, 3), "DEFAULT"), (28, 28, 3)) == 384
