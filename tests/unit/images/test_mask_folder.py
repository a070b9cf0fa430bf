"""Masks from files: each is that of its image, at the same place, and what does not fit is named."""

import zipfile

import cv2
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.images.image_folder import read_image_folder
from actopo.images.limits import Limits
from actopo.images.mask_folder import read_masks
from PIL import Image

FILES = ["cat/a.jpg", "cat/b.png", "dog/a.jpg"]
SIZES = [(20, 30), (16, 16), (24, 20)]


def write(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), array)


@pytest.fixture
def folders(tmp_path):
    """Images and their masks; the foreground is the white part of an image."""
    rng = np.random.default_rng(0)
    for name, size in zip(FILES, SIZES, strict=True):
        mask = np.zeros(size, np.uint8)
        top, left = rng.integers(0, 8, 2)
        mask[top : top + 9, left : left + 7] = 1
        write(tmp_path / "images" / name, 255 * mask)
        write((tmp_path / "masks" / name).with_suffix(".png"), mask)
    return tmp_path / "masks", tmp_path / "images"


@pytest.mark.parametrize(("size", "resize"), [(16, None), (12, 16), (14, False), (40, None)])
@pytest.mark.parametrize("n_workers", [1, 3])
def test_masks_lie_where_the_images_do(folders, size, resize, n_workers):
    def choose(names, labels):
        return names, [np.arange(len(part)) for part in labels], labels

    masks, n_unknown = read_masks(*folders, FILES, size, resize, n_workers)
    images, _, files, _, _ = read_image_folder(folders[1], size, 1, choose, resize)
    assert (files, n_unknown) == (FILES, 0)
    assert masks.shape == (3, size, size)
    # JPEG and the scaling leave some grey at the edges of the white part.
    certain = abs(images[..., 0] - 127.5) > 60
    assert certain.mean() > 0.8
    np.testing.assert_array_equal(masks[certain], images[..., 0][certain] > 127)
    assert 0.05 < masks.mean() < 0.6


@pytest.mark.parametrize(
    ("orientation", "shape", "is_open"), [(1, (24, 24), False), (3, (20, 30), True), (6, (24, 24), True)]
)
def test_images_that_are_shown_turned_and_have_the_same_size_are_refused(tmp_path, orientation, shape, is_open):
    """A mask may be of what is stored, or of what is shown."""
    stored = np.zeros(shape, np.uint8)
    stored[:9, :9] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    (tmp_path / "images").mkdir()
    Image.fromarray(stored).save(tmp_path / "images/a.jpg", exif=exif)
    write(tmp_path / "masks/a.png", stored)
    arguments = tmp_path / "masks", tmp_path / "images", ["a.jpg"], 16
    if is_open:
        with pytest.raises(InputError, match=r"1 images are shown turned or mirrored.*: a\.jpg; store these"):
            read_masks(*arguments)
    else:
        assert read_masks(*arguments)[0][0, :4, :4].all()


def test_an_image_that_is_shown_turned_has_a_mask_of_the_size_that_is_shown(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "images").mkdir()
    Image.fromarray(np.zeros((20, 30), np.uint8)).save(tmp_path / "images/a.jpg", exif=exif)
    for shape, fits in (((30, 20), True), ((20, 30), False)):
        write(tmp_path / "masks/a.png", np.ones(shape, np.uint8))
        arguments = tmp_path / "masks", tmp_path / "images", ["a.jpg"], 16
        if fits:
            assert read_masks(*arguments)[0].all()
        else:
            with pytest.raises(
                InputError, match=r"a.png \(30 x 20 for 20 x 30\); give each the size of its image as it"
            ):
                read_masks(*arguments)


def test_masks_of_an_archive_and_of_some_images(folders, tmp_path):
    masks, images = folders
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as file:
        for name in FILES:
            file.write(images / name, name)
    expected, _ = read_masks(masks, images, FILES, 16)
    np.testing.assert_array_equal(read_masks(masks, tmp_path / "images.zip", FILES, 16)[0], expected)
    some, n_unknown = read_masks(masks, images, FILES[2:], 16)
    # The masks of images that are not asked for are no strangers.
    assert n_unknown == 0
    np.testing.assert_array_equal(some, expected[2:])


@pytest.mark.parametrize("frames", [[], [Image.new("RGB", (16, 16), "white")]])
def test_webp_that_loses_nothing_is_taken(folders, frames):
    wanted = np.random.default_rng(1).random((16, 16)) < 0.5
    path = folders[0] / "cat/b.png"
    path.unlink()
    stored = Image.fromarray(np.dstack([255 * wanted.astype(np.uint8)] * 3))
    stored.save(path.with_suffix(".webp"), lossless=True, save_all=True, append_images=frames, exif=b"some")
    np.testing.assert_array_equal(read_masks(*folders, FILES, 16)[0][1], wanted)


@pytest.mark.parametrize("kind", ["grey", "black and white", "16 bits", "one colour", "transparent"])
def test_any_pixel_that_is_not_0_is_foreground(folders, kind):
    wanted = np.random.default_rng(1).random((16, 16)) < 0.5
    stored = {
        "grey": wanted.astype(np.uint8),
        "black and white": 255 * wanted.astype(np.uint8),
        "16 bits": wanted.astype(np.uint16),
        "one colour": wanted[..., None] * np.array([0, 0, 3], np.uint8),
        # An opaque pixel that is black is background.
        "transparent": np.dstack([wanted * np.uint8(1)] * 3 + [np.full((16, 16), 255, np.uint8)]),
    }[kind]
    write(folders[0] / "cat/b.png", stored)
    np.testing.assert_array_equal(read_masks(*folders, FILES, 16)[0][1], wanted)


@pytest.mark.parametrize(
    "problem",
    ["missing", "size", "transposed", "broken", "link to nothing", "twice", "jpeg", "jpeg as png", "webp", "no folder"],
)
def test_what_does_not_fit_is_named(folders, problem):
    masks, _ = folders
    path = masks / "dog/a.png"
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if problem == "missing":
        path.unlink()
        words = r"1 of 3 images have no mask: dog/a.jpg; add them \(.bmp, .pgm, .png, .ppm, .tif, .tiff, .webp\)"
    elif problem == "size":
        write(path, mask[1:])
        words = r"1 masks have another size than their image: dog/a.png \(20 x 23 for 20 x 24\)"
    elif problem == "transposed":
        write(path, mask.T)
        words = r"dog/a.png \(24 x 20 for 20 x 24\)"
    elif problem == "broken":
        path.write_bytes(b"no image")
        words = "1 files cannot be read: dog/a.png"
    elif problem == "link to nothing":
        path.unlink()
        path.symlink_to(masks / "not fetched.png")
        words = "1 files cannot be read: dog/a.png; replace them"
    elif problem == "twice":
        write(path.with_suffix(".bmp"), mask)
        words = "differ from another in their ending alone: dog/a"
    elif problem == "jpeg":
        path.unlink()
        write(path.with_suffix(".JPG"), mask)
        words = "masks are JPEG or lossy WebP files.*: dog/a.JPG; give PNG files"
    elif problem == "jpeg as png":
        path.write_bytes(cv2.imencode(".jpg", mask)[1].tobytes())
        words = "masks are JPEG or lossy WebP files.*: dog/a.png; give PNG files"
    elif problem == "webp":
        path.unlink()
        Image.fromarray(np.stack([mask] * 3, -1)).save(path.with_suffix(".webp"), exif=b"VP8L")
        words = "masks are JPEG or lossy WebP files.*: dog/a.webp; give PNG files"
    else:
        masks, words = masks / "none", "there is no folder .*none"
    with pytest.raises(InputError, match=words) as caught:
        read_masks(masks, folders[1], FILES, 16)
    assert str(caught.value).startswith("mapper.foreground.masks")


def test_a_mask_of_too_many_bytes_is_named_with_its_folder(folders):
    with pytest.raises(InputError, match=r"^mapper\.foreground\.masks '.*': .* more than data\.limits\.bytes 50; make"):
        read_masks(*folders, FILES, 16, limits=Limits(bytes=50))


def test_images_that_would_share_a_mask(folders):
    write(folders[1] / "cat/a.png", np.zeros((20, 30), np.uint8))
    with pytest.raises(InputError, match=r"2 images differ from another in their ending alone: cat/a.jpg, cat/a.png"):
        read_masks(*folders, ["cat/a.jpg", "cat/a.png"], 16)


def test_masks_of_no_image_are_counted_and_named(folders, caplog):
    for name in ("cat/c.png", "bird/a.png", ".hidden/a.png"):
        write(folders[0] / name, np.ones((16, 16), np.uint8))
    (folders[0] / "notes.txt").write_text("by hand")
    masks, n_unknown = read_masks(*folders, FILES, 16)
    assert n_unknown == 2
    assert "2 masks of" in caplog.text
    assert "bird/a.png, cat/c.png" in caplog.text
    np.testing.assert_array_equal(masks.any(axis=(1, 2)), True)


@pytest.mark.parametrize("profile", [b"even", b"odd"])
def test_webp_with_a_profile_before_its_image_is_known_as_well(folders, profile):
    path = folders[0] / "dog/a.png"
    stored = Image.open(path).convert("RGB")
    path.unlink()
    stored.save(path.with_suffix(".webp"), icc_profile=profile)
    with pytest.raises(InputError, match=r"lossy WebP files.*: dog/a\.webp"):
        read_masks(*folders, FILES, 16)


def test_a_pixel_of_which_half_is_foreground_is_foreground(tmp_path):
    stripes = np.tile(np.array([0, 1], np.uint8), (32, 16))
    for name in ("masks", "images"):
        write(tmp_path / name / "a.png", stripes)
    assert read_masks(tmp_path / "masks", tmp_path / "images", ["a.png"], 16)[0].all()


def test_masks_that_are_too_large_once_they_are_scaled_are_refused(folders):
    limits = Limits(pixels=5000)
    with pytest.raises(
        InputError, match=r"1 masks are too large: cat/a\.png \(scaled to 64 pixels more than .* 5000\)"
    ):
        read_masks(*folders, FILES, 16, 64, limits=limits)
    with pytest.raises(InputError, match=r"1 masks are too large: cat/a\.png"):
        read_masks(*folders, FILES, 64, limits=limits)
    assert len(read_masks(*folders, FILES, 16, False, limits=limits)[0]) == 3
