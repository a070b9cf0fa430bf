import base64
import io

import numpy as np
from actopo.explorer.thumbnails import choose_members, field_boxes, image_sheets
from PIL import Image


def test_a_node_shows_its_members_that_come_first_in_the_common_order():
    rank, members = np.array([4, 0, 3, 1, 2]), np.array([0, 2, 4])
    assert members[choose_members(members, rank, 2)].tolist() == [4, 2]
    assert members[choose_members(members, rank, 9)].tolist() == [4, 2, 0]


def test_every_member_is_shown_as_often_as_any_other():
    rng, members = np.random.default_rng(0), np.arange(10, 20)
    shown = [members[choose_members(members, rng.permutation(30), 3)] for _ in range(2000)]
    counts = np.bincount(np.concatenate(shown), minlength=30)[10:20]
    # Binomial with mean 600 and standard deviation 20.5.
    assert np.abs(counts - 600).max() < 5 * 20.5


def test_a_sheet_has_the_wanted_images_of_a_class_row_by_row():
    images = np.zeros((5, 16, 8, 1), dtype=np.uint8)
    images[:] = np.array([0, 60, 120, 180, 240])[:, None, None, None]
    sheets = image_sheets(images, np.array([0, 1, 1, 1, 0]), {1, 2, 3}, np.arange(5), 2, side=8)
    assert (sheets["width"], sheets["height"]) == (4, 8)
    assert sheets["images"] == [[], [1, 2, 3]]
    assert sheets["sheets"][0] == ""
    assert sheets["columns"][1] == 2
    sheet = Image.open(io.BytesIO(base64.b64decode(sheets["sheets"][1].split(",")[1])))
    assert sheet.size == (8, 16)
    seen = [sheet.getpixel(place) for place in ((2, 4), (6, 4), (2, 12))]
    np.testing.assert_allclose(seen, np.repeat([[60], [120], [180]], 3, axis=1), atol=3)


def test_small_images_are_not_enlarged():
    sheets = image_sheets(np.zeros((2, 16, 8, 3), dtype=np.uint8), np.zeros(2, dtype=int), {0, 1}, np.arange(2), 1)
    assert (sheets["width"], sheets["height"]) == (8, 16)


def test_of_too_many_images_the_first_in_the_order_are_taken():
    images, rank = np.zeros((4, 2, 2, 3), dtype=np.uint8), np.array([3, 0, 2, 1])
    assert image_sheets(images, np.zeros(4, dtype=int), {0, 1, 2}, rank, 1, most=2)["images"] == [[1, 2]]


def test_a_box_holds_what_weighs_at_least_half_of_the_most():
    field = np.zeros((1, 2, 4, 8))
    field[0, 0, 1:3, 2:6] = 1
    field[0, 0, 0, 0] = 0.4
    # Of its own position, however weak the field is.
    field[0, 1] = 0.3
    assert field_boxes(field) == [[0.25, 0.25, 0.5, 0.5], [0, 0, 1, 1]]
