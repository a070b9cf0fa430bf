"""Masks: objects that are certain, determinism, and torchvision's own use of its network."""

from urllib.error import URLError

import cv2
import numpy as np
import pytest
import torch
from actopo.errors import InputError
from actopo.points import foreground
from actopo.points.choices import DEEPLAB_WEIGHTS
from actopo.points.foreground import deeplab_masks, foreground_share, grabcut_masks
from safetensors.torch import save_file
from torchvision.models import get_model_weights
from torchvision.models.segmentation import DeepLabV3_ResNet50_Weights, deeplabv3_mobilenet_v3_large
from torchvision.transforms._presets import SemanticSegmentation

MOBILENET = "deeplabv3_mobilenet_v3_large"


def noisy_images(n, side=16, channels=3):
    rng = np.random.default_rng(0)
    smooth = rng.uniform(0, 255, (n, 4, 4, channels)).repeat(side // 4, axis=1).repeat(side // 4, axis=2)
    return np.clip(smooth + rng.normal(0, 25, smooth.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_square_on_another_colour_is_cut_exactly(channels):
    images = np.full((3, 20, 24, channels), 30, np.uint8)
    expected = np.zeros((3, 20, 24), bool)
    for index, (row, col) in enumerate([(2, 3), (5, 8), (9, 11)]):
        expected[index, row : row + 7, col : col + 9] = True
    images[expected] = 210
    np.testing.assert_array_equal(grabcut_masks(images), expected)


@pytest.mark.parametrize("value", [0, 7, 255])
def test_an_image_of_one_colour_has_no_foreground(value):
    assert not grabcut_masks(np.full((2, 12, 12, 3), value, np.uint8)).any()


def test_rectangle_bounds_the_foreground():
    images = noisy_images(20, 32)
    masks = grabcut_masks(images)
    assert masks.any(axis=(1, 2)).sum() > 10
    assert not masks[:, -1].any()
    assert not masks[:, :, -1].any()
    np.testing.assert_array_equal(masks, grabcut_masks(images, rectangle=(0, 0, 31, 31)))
    inner = grabcut_masks(images, rectangle=[3, 5, 22, 20])
    assert inner[:, 5:25, 3:25].any()
    inner[:, 5:25, 3:25] = False
    assert not inner.any()


def test_masks_are_those_of_opencv_called_image_by_image():
    images = noisy_images(6)
    masks = grabcut_masks(images, seed=4, iterations=2)
    seeds = np.random.default_rng(4).integers(1 << 31, size=6)
    for image, mask, seed in zip(images, masks, seeds, strict=True):
        cv2.setRNGSeed(int(seed))
        labels, models = np.zeros((16, 16), np.uint8), np.zeros((2, 1, 65))
        cv2.grabCut(image, labels, (0, 0, 15, 15), models[0], models[1], 2, cv2.GC_INIT_WITH_RECT)
        np.testing.assert_array_equal(mask, np.isin(labels, [cv2.GC_FGD, cv2.GC_PR_FGD]))


def test_same_seed_same_masks_whatever_the_threads():
    images = noisy_images(60)
    threads = cv2.getNumThreads()
    first = grabcut_masks(images, n_threads=1, seed=3)
    np.testing.assert_array_equal(first, grabcut_masks(images, n_threads=4, seed=3))
    np.testing.assert_array_equal(first[:25], grabcut_masks(images[:25], n_threads=2, seed=3))
    assert (first != grabcut_masks(images, seed=8)).any()
    assert cv2.getNumThreads() == threads


def test_callers_random_state_is_left_alone():
    def draws():
        return cv2.randu(np.zeros(8), 0, 1)

    cv2.setRNGSeed(5)
    expected = draws()
    cv2.setRNGSeed(5)
    grabcut_masks(noisy_images(3), n_threads=2)
    np.testing.assert_array_equal(draws(), expected)


def test_shares():
    masks = np.zeros((4, 2, 5), bool)
    masks[1], masks[2, 0, 0] = True, True
    share = foreground_share(masks)
    assert share == {
        "no_foreground": 0.5,
        "no_background": 0.25,
        "foreground_pixels": pytest.approx(11 / 40),
        "touches_all_borders": 0.25,
    }


def test_borders_are_those_of_the_rectangle():
    masks = np.zeros((5, 6, 7), bool)
    # A cross, a diagonal that is bent at its end, two sides, the rectangle of GrabCut, and nothing.
    masks[0, 3], masks[0, :, 2] = True, True
    masks[1, range(6), range(6)], masks[1, 5, 6] = True, True
    masks[2, 0], masks[2, :, 0] = True, True
    masks[2, 5:], masks[2, :, 6:] = False, False
    masks[3, :5, :6] = True
    expected = {None: 2 / 5, (0, 0, 6, 5): 3 / 5}
    for rectangle, share in expected.items():
        assert foreground_share(masks, rectangle)["touches_all_borders"] == share


@pytest.mark.parametrize("side", [8, 32])
def test_grabcut_touches_no_more_than_its_rectangle(side):
    """An image whose pixels say nothing of an object: what is found lies inside, and may touch all of its borders."""
    masks = grabcut_masks(noisy_images(20, side))
    rectangle = foreground.whole_rectangle(side, side)
    assert foreground_share(masks)["touches_all_borders"] == 0
    x, y, width, height = rectangle
    assert masks.sum() == masks[:, y : y + height, x : x + width].sum()
    touching = [(own[0].any(), own[-2].any(), own[:, 0].any(), own[:, -2].any()) for own in masks]
    assert foreground_share(masks, rectangle)["touches_all_borders"] == np.mean([all(own) for own in touching])


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((1, 8, 8, 3)), "float64"),
        (np.zeros((8, 8, 3), np.uint8), r"\(8, 8, 3\)"),
        (np.zeros((1, 8, 8, 4), np.uint8), "1 or 3 channels"),
    ],
)
@pytest.mark.parametrize("masks", [grabcut_masks, lambda images: deeplab_masks(images, "unused.pth")])
def test_bad_images(masks, images, message):
    with pytest.raises(InputError, match=message):
        masks(images)


@pytest.mark.parametrize("rectangle", [(0, 0, 9, 8), (-1, 0, 4, 4), (5, 0, 4, 4), (2, 2, 0, 3), (0, 0, 8, 8)])
def test_bad_rectangle(rectangle):
    with pytest.raises(InputError, match=r"rectangle.*8 x 8"):
        grabcut_masks(np.zeros((1, 8, 8, 3), np.uint8), rectangle=rectangle)


def test_image_without_room_for_a_rectangle():
    with pytest.raises(InputError, match="rectangle"):
        grabcut_masks(np.zeros((1, 8, 1, 3), np.uint8))


@pytest.fixture(scope="module")
def network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=2, aux_loss=True).eval()
        images = SemanticSegmentation(resize_size=96)(torch.as_tensor(noisy_images(2, 48)).permute(0, 3, 1, 2))
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
    images = noisy_images(2, 48)
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
        (tmp_path / "mobile.pth", "resnet18", "'resnet18' is no segmentation network"),
        ("ResNet18_Weights.DEFAULT", MOBILENET, "'resnet18' is no segmentation network"),
        ("DeepLabV3", MOBILENET, "no weights 'DeepLabV3'"),
        ("DeepLabV3_ResNet50_Weights.DEFAULT", MOBILENET, r"could not be downloaded.*give the path"),
    ]:
        with pytest.raises(InputError, match=message):
            deeplab_masks(images, weights, architecture)


def test_named_weights_bring_their_architecture(monkeypatch, network):
    asked = []
    monkeypatch.setattr(foreground, "download_state", lambda weights: asked.append(weights) or network.state_dict())
    images = np.zeros((1, 32, 32, 3), np.uint8)
    masks = deeplab_masks(images, "DeepLabV3_MobileNet_V3_Large_Weights.DEFAULT", resize=None)
    assert masks.shape == (1, 32, 32)
    assert [weights.url.split("/")[-1].split("-")[0] for weights in asked] == ["deeplabv3_mobilenet_v3_large"]


def test_names_of_weights_are_torchvisions():
    assert sorted(DEEPLAB_WEIGHTS) == sorted(
        str(weights) for name in foreground.DEEPLAB for weights in get_model_weights(name)
    )
