"""DeepLabV3: masks are those of torchvision's own use of its network; weights that cannot be had."""

from urllib.error import URLError

import numpy as np
import pytest
import torch
from actopo.errors import InputError
from actopo.points import segmentation
from actopo.points.choices import DEEPLAB_WEIGHTS
from actopo.points.segmentation import deeplab_masks
from safetensors.torch import save_file
from torchvision.models import get_model, get_model_weights
from torchvision.models.segmentation import DeepLabV3_ResNet50_Weights, deeplabv3_mobilenet_v3_large
from torchvision.transforms._presets import SemanticSegmentation

MOBILENET = "deeplabv3_mobilenet_v3_large"


def images_of(n, side):
    rng = np.random.default_rng(0)
    smooth = rng.uniform(0, 255, (n, 4, 4, 3)).repeat(side // 4, axis=1).repeat(side // 4, axis=2)
    return np.clip(smooth + rng.normal(0, 25, smooth.shape), 0, 255).astype(np.uint8)


def test_bad_images():
    with pytest.raises(InputError, match="float64"):
        deeplab_masks(np.zeros((1, 8, 8, 3)), "unused.pth")


@pytest.fixture(scope="module")
def network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=2, aux_loss=True).eval()
        images = SemanticSegmentation(resize_size=96)(torch.as_tensor(images_of(2, 48)).permute(0, 3, 1, 2))
        # One pass in training mode gives the batch norms the statistics of these images, and the scores a range.
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1
        model.train()(images)
    model.eval()
    with torch.inference_mode():
        scores = model(images)["out"]
        # Half of the pixels are foreground, or the comparison would say little.
        model.classifier[4].bias[0] += (scores[:, 1] - scores[:, 0]).median()
    return model


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
@pytest.mark.parametrize("resize", [96, None])
def test_deeplab_masks_are_torchvisions(network, tmp_path, suffix, resize):
    images = images_of(2, 48)
    path = tmp_path / f"weights.{suffix}"
    save_file(network.state_dict(), path) if suffix == "safetensors" else torch.save(network.state_dict(), path)
    with torch.inference_mode():
        # Of floats, or torchvision rounds the scaled image to 8 bits.
        pixels = torch.as_tensor(images).permute(0, 3, 1, 2) / 255
        scores = network(SemanticSegmentation(resize_size=resize or 48)(pixels))["out"]
        scores = torch.nn.functional.interpolate(scores, (48, 48), mode="bilinear", antialias=True)
    gap = (scores[:, 1] - scores[:, 0]).numpy()
    masks = deeplab_masks(images, path, MOBILENET, batch_size=1, resize=resize)
    assert 0.04 < masks.mean() < 0.96
    sure = abs(gap) > 1e-4 * abs(gap).max()
    assert sure.mean() > 0.99
    np.testing.assert_array_equal(masks[sure], gap[sure] > 0)


def test_weights_that_cannot_be_had(network, tmp_path, monkeypatch):
    images = np.zeros((1, 32, 32, 3), np.uint8)
    (tmp_path / "text.pth").write_text("no weights")
    (tmp_path / "text.safetensors").write_text("no weights")
    torch.save(network.state_dict(), tmp_path / "mobile.pth")
    torch.save({"other": torch.ones(2)}, tmp_path / "other.pth")
    torch.save({"model": network}, tmp_path / "pickled.pth")

    def offline(*args, **kwargs):
        raise URLError("no network")

    monkeypatch.setattr(DeepLabV3_ResNet50_Weights, "get_state_dict", offline)
    for weights, architecture, message in [
        (tmp_path / "absent.pth", MOBILENET, "do not exist"),
        (tmp_path / "text.pth", MOBILENET, "cannot be read"),
        (tmp_path / "text.safetensors", MOBILENET, "cannot be read"),
        (tmp_path / "pickled.pth", MOBILENET, "cannot be read"),
        (tmp_path / "mobile.pth", "deeplabv3_resnet50", "do not fit"),
        (tmp_path / "other.pth", None, "other.pth has the weights of none of deeplabv3_resnet50, "),
        (tmp_path / "mobile.pth", "resnet18", "'resnet18' is no segmentation network"),
        ("ResNet18_Weights.DEFAULT", MOBILENET, "'resnet18' is no segmentation network"),
        ("DeepLabV3", MOBILENET, "no weights 'DeepLabV3'"),
        ("DeepLabV3_ResNet50_Weights.DEFAULT", MOBILENET, r"could not be downloaded.*give the path"),
    ]:
        with pytest.raises(InputError, match=message):
            deeplab_masks(images, weights, architecture)


def test_named_weights_bring_their_architecture(monkeypatch, network):
    asked = []
    monkeypatch.setattr(segmentation, "download_state", lambda weights: asked.append(weights) or network.state_dict())
    images = np.zeros((1, 32, 32, 3), np.uint8)
    masks = deeplab_masks(images, "DeepLabV3_MobileNet_V3_Large_Weights.DEFAULT", resize=None)
    assert masks.shape == (1, 32, 32)
    assert [weights.url.split("/")[-1].split("-")[0] for weights in asked] == ["deeplabv3_mobilenet_v3_large"]


@pytest.mark.parametrize("architecture", segmentation.DEEPLAB)
def test_a_file_brings_its_architecture(architecture, tmp_path):
    with torch.device("meta"):
        names = get_model(architecture, weights=None, weights_backbone=None).state_dict()
    # Names alone say which it is.
    assert segmentation._architecture_of(dict.fromkeys(names), tmp_path) == architecture


def test_names_of_weights_are_torchvisions():
    assert sorted(DEEPLAB_WEIGHTS) == sorted(
        str(weights) for name in segmentation.DEEPLAB for weights in get_model_weights(name)
    )
