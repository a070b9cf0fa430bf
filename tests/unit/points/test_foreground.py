"""GrabCut: objects that are certain, determinism, and images that it cannot take."""

import cv2
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.points.foreground import foreground_share, grabcut_masks, whole_rectangle


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
    images = noisy_images(60)
    by_default, first, second = (grabcut_masks(images, **seed) for seed in ({}, {"seed": 0}, {"seed": 1}))
    np.testing.assert_array_equal(by_default, first)
    assert (first != second).any()


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
    rectangle = whole_rectangle(side, side)
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
        (np.zeros((0, 8, 8, 3), np.uint8), r"\(0, 8, 8, 3\)"),
    ],
)
def test_bad_images(images, message):
    with pytest.raises(InputError, match=message):
        grabcut_masks(images)


# Beyond each border, without a pixel, and without a pixel outside.
RECTANGLES = [(0, 0, 9, 8), (-1, 0, 4, 4), (5, 0, 4, 4), (0, -1, 4, 4), (0, 5, 4, 4), (2, 2, 0, 3), (2, 2, 3, 0)]
RECTANGLES += [(0, 0, 8, 8)]


@pytest.mark.parametrize("rectangle", RECTANGLES)
def test_bad_rectangle(rectangle):
    with pytest.raises(InputError, match=r"rectangle.*8 x 8"):
        grabcut_masks(np.zeros((1, 8, 8, 3), np.uint8), rectangle=rectangle)


def test_image_without_room_for_a_rectangle():
    with pytest.raises(InputError, match="rectangle"):
        grabcut_masks(np.zeros((1, 8, 1, 3), np.uint8))
