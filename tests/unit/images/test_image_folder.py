"""Folders and archives against the files they hold, and a readable message for all that can fail."""

import hashlib
import tarfile
import zipfile

import cv2
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.images.datasets import load_images
from actopo.images.image_folder import fit_all, fit_square
from actopo.images.listing import image_listing
from PIL import Image
from sklearn.datasets import load_digits

from unit.images.examples import assert_same, error_of, load, make_tree, make_zip, picture, save


def test_folder_and_zip_agree(tmp_path):
    pictures = make_tree(tmp_path / "images", parts=("train", "test"))
    folder = load(tmp_path / "images")
    for part, name in ((folder.train, "train"), (folder.test, "test")):
        assert part.files == tuple(f"{name}/{c}/{i}.png" for c in ("ant", "cat") for i in range(5))
        np.testing.assert_array_equal(part.images, [pictures[file] for file in part.files])
        np.testing.assert_array_equal(part.labels, [0] * 5 + [1] * 5)
    assert folder.class_names == ("ant", "cat")
    for options in ({}, {"reverse": True}, {"prefix": "wrapper/"}, {"prefix": "./"}):
        path = make_zip(tmp_path / "images.zip", tmp_path / "images", **options)
        for n_workers in (1, 3):
            assert_same(load(path, n_workers=n_workers), folder)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert load(path).provenance["sha256"]["archive"] == digest


def test_other_files_are_passed_over_and_counted(tmp_path, caplog):
    make_tree(tmp_path / "images")
    clean = load(tmp_path / "images")
    for name in (
        "README.md",
        "ant/Thumbs.db",
        ".DS_Store",
        "cat/._0.png",
        "__MACOSX/cat/0.png",
        ".git/x/y.png",
    ):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).write_bytes(b"no image")
    assert not caplog.text
    assert_same(load(tmp_path / "images"), clean)
    assert "2 files are skipped, since they are no images: 1 with .db, 1 with .md" in caplog.text
    assert_same(load(make_zip(tmp_path / "a.zip", tmp_path / "images")), clean)


def test_train_may_be_the_name_of_a_class(tmp_path):
    make_tree(tmp_path, classes=("bus", "train"))
    assert load(tmp_path).class_names == ("bus", "train")


def test_links_are_followed_and_loops_end(tmp_path):
    make_tree(tmp_path / "store", classes=("ant",))
    make_tree(tmp_path / "images", classes=("cat",))
    (tmp_path / "images" / "ant").symlink_to(tmp_path / "store" / "ant")
    assert load(tmp_path / "images").class_names == ("ant", "cat")
    (tmp_path / "images" / "cat" / "loop").symlink_to(tmp_path / "images")
    assert "cat/loop is a link to a folder around it" in error_of(load, tmp_path / "images")


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff", ".ppm", ".PNG", ".jpg", ".jpeg", ".webp"])
def test_colour_order(tmp_path, suffix):
    for name, colour in (("blue", (0, 0, 255)), ("red", (255, 0, 0))):
        for i in range(2):
            save(tmp_path / name / f"{i}{suffix}", np.full((12, 12, 3), colour, np.uint8))
    save(tmp_path / "green" / f"0{suffix}", np.full((12, 12, 3), (0, 255, 0), np.uint8))
    images = load(tmp_path).test.images.astype(int)
    # A flat colour survives lossy formats but for their rounding to 8-bit luma and chroma.
    np.testing.assert_allclose(images[:, 6, 6], [(0, 0, 255), (255, 0, 0)], atol=3)


def test_grey(tmp_path):
    pictures = make_tree(tmp_path)
    data = load(tmp_path, channels=1)
    expected = [cv2.cvtColor(pictures[file], cv2.COLOR_RGB2GRAY) for file in data.train.files]
    assert data.train.images.shape == (8, 12, 12, 1)
    # The decoder's own conversion may round to the other neighbour.
    np.testing.assert_allclose(data.train.images[..., 0].astype(int), expected, atol=1)


def test_arrays_become_grey_by_the_brightness_of_their_colours(caplog):
    """As those of CIFAR-10, which come in RGB."""
    images = np.stack([picture(i) for i in range(3)])
    found = fit_all(images, 12, 1)
    assert found.shape == (3, 12, 12, 1)
    np.testing.assert_allclose(found[..., 0].astype(int), images @ [0.299, 0.587, 0.114], atol=1)
    assert not caplog.text
    fit_all(images, 12, 1, resize=16)
    assert "3 images are 12 x 12 pixels and enlarged to 16" in caplog.text


def test_resize_keeps_aspect_and_takes_the_centre(tmp_path):
    # Columns of one colour each: an area mean of pairs is exact, and the crop leaves out 4 of 20 a side.
    columns = np.arange(40, dtype=np.uint8) * 6
    wide = np.repeat(np.repeat(columns[None, :, None], 24, axis=0), 3, axis=2)
    for name in ("landscape", "portrait"):
        image = wide if name == "landscape" else wide.transpose(1, 0, 2)
        for i in range(2):
            save(tmp_path / name / f"{i}.png", np.ascontiguousarray(image))
    landscape, portrait = load(tmp_path).test.images
    np.testing.assert_array_equal(landscape[0, :, 0], columns.reshape(-1, 2).mean(axis=1)[4:16])
    np.testing.assert_array_equal(portrait, landscape.transpose(1, 0, 2))
    larger = load(tmp_path, size=48).test.images
    # The two pixels that a column becomes lie symmetrically about it, so on a ramp they average to it.
    np.testing.assert_array_equal(larger[0, 0, :, 0].reshape(-1, 2).mean(axis=1), columns[8:32])


def test_images_shrink_to_means_and_grow_by_cubics():
    image = picture(0, 24, 24)
    means = image.reshape(12, 2, 12, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(fit_square(image, 12).astype(int), means, atol=0.5)
    larger = cv2.resize(image, (36, 36), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_array_equal(fit_square(image, 36), larger)
    # 33 * 12 / 20 is 19.8, the nearest to which is 20.
    wide = picture(1, 20, 33)
    smaller = cv2.resize(wide, (20, 12), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(fit_square(wide, 12), smaller[:, 4:16])


def test_resize_is_the_centre_of_a_larger_whole(tmp_path):
    for i, shape in enumerate([(20, 20), (60, 40), (41, 97), (20, 33)]):
        save(tmp_path / "ab"[i % 2] / f"{i}.png", picture(i, *shape))
    larger, wanted = (load(tmp_path, test_share=0, **options).train for options in ({"size": 32}, {"resize": 32}))
    np.testing.assert_array_equal(wanted.images, larger.images[:, 10:22, 10:22])
    # No scaling leaves the pixels of the file.
    for image, file in zip(load(tmp_path, test_share=0, resize=False).train.images, wanted.files, strict=True):
        whole = cv2.cvtColor(cv2.imread(str(tmp_path / file)), cv2.COLOR_BGR2RGB)
        top, left = ((side - 12) // 2 for side in whole.shape[:2])
        np.testing.assert_array_equal(image, whole[top : top + 12, left : left + 12])
    digits = load_images("digits", size=4, channels=1, resize=False, test_share=0).train.images
    np.testing.assert_array_equal(digits[..., 0], np.rint(load_digits().images * 255 / 16)[:, 2:6, 2:6])


def test_small_images_are_counted_or_refused(tmp_path, caplog):
    make_tree(tmp_path, n=8)
    for i in range(12):
        save(tmp_path / "ant" / f"small{i:02d}.png", picture(i, height=11, width=20 + i))
    load(tmp_path)
    assert "12 of 28 images are smaller than 12 pixels and enlarged" in caplog.text
    load(tmp_path, resize=20)
    assert "28 of 28 images are smaller than 20 pixels" in caplog.text
    message = error_of(load, tmp_path, resize=False, n_workers=2)
    for words in (
        "12 of 28 images",
        "data.size 12",
        "ant/small00.png (20 x 11)",
        "ant/small09.png (29 x 11) and 2 more",
    ):
        assert words in message
    assert "set data.resize to null" in message
    caplog.clear()
    load(tmp_path, size=11, resize=False)
    assert not caplog.text


LEFT, RIGHT = (200, 100, 50), (10, 20, 30)


def halves(height=12, width=12):
    image = np.empty((height, width, 3), np.uint8)
    image[:, : width // 2], image[:, width // 2 :] = LEFT, RIGHT
    return image


def rotated_jpeg(stream):
    # Orientation 6: what the file holds is to be turned clockwise by a quarter before it is seen.
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(halves())).save(stream, "JPEG", exif=exif, quality=95, subsampling=0)


FILES = {
    "alpha.png": lambda stream: Image.fromarray(np.dstack([halves(), halves()[..., 0]])).save(stream, "PNG"),
    "transparent.png": lambda stream: Image.fromarray(np.dstack([halves(), halves()[..., 0] * 0])).save(stream, "PNG"),
    "palette.png": lambda stream: Image.fromarray(halves()).quantize(4).save(stream, "PNG"),
    "16bit.png": lambda stream: stream.write(
        cv2.imencode(".png", halves()[..., ::-1].astype(np.uint16) * 256 + 255)[1].tobytes()
    ),
    "rotated.jpg": rotated_jpeg,
    "cmyk.jpg": lambda stream: Image.fromarray(halves()).convert("CMYK").save(stream, "JPEG", quality=95),
    "grey.jpg": lambda stream: Image.fromarray(halves()).convert("L").save(stream, "JPEG", quality=95),
    "grey16.png": lambda stream: stream.write(
        cv2.imencode(".png", cv2.cvtColor(halves(), cv2.COLOR_RGB2GRAY).astype(np.uint16) * 256 + 255)[1].tobytes()
    ),
}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", FILES)
def test_files_of_all_kinds(tmp_path, name, channels):
    for folder in ("ant", "cat"):
        (tmp_path / folder).mkdir()
        with (tmp_path / folder / name).open("wb") as stream:
            FILES[name](stream)
    image = load(tmp_path, channels=channels, test_share=0).train.images[0]
    assert image.shape == (12, 12, channels)
    expected = halves()
    if channels == 1 or "grey" in name:
        expected = cv2.cvtColor(expected, cv2.COLOR_RGB2GRAY)[..., None]
    # Columns beside the edge are left out, since JPEG rings there; 5 of 255 is its rounding on flat colour.
    kept = [0, 1, 2, 3, 8, 9, 10, 11]
    np.testing.assert_allclose(image[:, kept].astype(int), np.broadcast_to(expected, image.shape)[:, kept], atol=5)


def test_images_that_are_not_chosen_are_not_read(tmp_path):
    make_tree(tmp_path)
    (tmp_path / "bee").mkdir()
    (tmp_path / "bee" / "broken.png").write_bytes(b"no image")
    assert "bee/broken.png" in error_of(load, tmp_path)
    assert load(tmp_path, classes=["ant", "cat"]).class_names == ("ant", "cat")


LAYOUTS = {
    "missing": ([], ["does not exist"]),
    "no image": (["cat/readme.txt", "ant/"], ["holds no image", ".jpeg"]),
    "no class folders": (["1.png", "2.png"], ["2 images but no class folders"]),
    "one class": (["cat/1.png", "cat/2.png"], ["single class cat"]),
    "empty class": (["cat/1.png", "ant/1.png", "bee/", "cow/x.txt"], ["no image in class folder bee, cow"]),
    "empty class in a wrapper": (["w/cat/1.png", "w/ant/1.png", "w/bee/"], ["no image in class folder bee"]),
    "beside class folders": (["cat/1.png", "ant/1.png", "stray.png"], ["1 images do not lie", "stray.png"]),
    "too deep": (["cat/1.png", "ant/a/1.png"], ["1 images do not lie", "ant/a/1.png"]),
    "train only": (["train/cat/1.png", "train/ant/1.png"], ["both train/ and test/", "them in train"]),
    "empty test": (
        ["train/cat/1.png", "train/ant/1.png", "test/cat/", "test/ant/"],
        ["both train/ and test/"],
    ),
    "third part": (
        ["train/cat/1.png", "test/cat/1.png", "val/cat/1.png"],
        ["nowhere else", "test, train, val"],
    ),
    "other names of parts": (["Training/cat/1.png", "Validation/cat/1.png"], ["2 images do not lie"]),
    "class only in train": (
        ["train/cat/1.png", "train/ant/1.png", "test/cat/1.png", "train/bee/1.png"],
        ["only one of them has ant, bee"],
    ),
    "class only in test": (
        ["train/cat/1.png", "test/ant/1.png", "test/cat/1.png"],
        ["only one of them has ant"],
    ),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("case", LAYOUTS)
def test_layout_errors(tmp_path, case, packed):
    names, words = LAYOUTS[case]
    root = tmp_path / ("images.zip" if packed else "images")
    if packed and names:
        with zipfile.ZipFile(root, "w") as archive:
            for name in names:
                archive.writestr(name, b"")
    for name in () if packed else names:
        path = root / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.touch()
    message = error_of(load, root)
    assert all(word in message for word in ["data.root", str(root), *words])


@pytest.mark.parametrize("packed", [False, True])
def test_broken_images_are_named(tmp_path, packed):
    make_tree(tmp_path / "images", n=20)
    for i in range(12):
        path = tmp_path / "images" / "cat" / f"{i:02d}.jpg"
        save(path, picture(i))
        # The empty file, text, and a scan that lacks its last bytes.
        path.write_bytes((b"", b"text", path.read_bytes()[:-20])[i % 3])
    root = make_zip(tmp_path / "a.zip", tmp_path / "images") if packed else tmp_path / "images"
    message = error_of(load, root, n_workers=2)
    assert "12 of 52 images cannot be read" in message
    assert all(f"cat/{i:02d}.jpg" in message for i in range(10))
    assert "10.jpg" not in message
    assert "and 2 more" in message


def test_unreadable_and_broken_files_are_counted_together(tmp_path):
    make_tree(tmp_path)
    before = image_listing(tmp_path)
    (tmp_path / "cat" / "9.png").symlink_to(tmp_path / "nowhere")
    # The listing is made before any job runs, and the job is what reports the link.
    assert image_listing(tmp_path) != before
    (tmp_path / "ant" / "9.png").write_bytes(b"\x89PNG")
    assert "2 of 12 images cannot be read: ant/9.png, cat/9.png;" in error_of(load, tmp_path)


@pytest.mark.parametrize("keep", [0, 3, 100, 0.5, -1])
def test_truncated_zip(tmp_path, keep):
    make_tree(tmp_path / "images")
    path = make_zip(tmp_path / "a.zip", tmp_path / "images")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep) if isinstance(keep, float) else keep])
    message = error_of(load, path)
    assert "data.root" in message
    assert "damaged" in message


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_flipped_bits_never_pass_unnoticed(tmp_path, compression):
    make_tree(tmp_path / "images", n=2)
    path = make_zip(tmp_path / "a.zip", tmp_path / "images", compression=compression)
    clean, data = load(path), path.read_bytes()
    rng = np.random.default_rng(0)
    n_errors = 0
    directory = data.find(b"PK\x01\x02")
    positions = [*rng.choice(directory, 40, replace=False), *range(directory, len(data))]
    for position in positions:
        flipped = bytearray(data)
        flipped[position] ^= 1 << rng.integers(8)
        path.write_bytes(flipped)
        try:
            found = load(path)
        except InputError:
            n_errors += 1
            continue
        # The dates, versions and permissions of the entries do not matter.
        np.testing.assert_array_equal(found.train.images, clean.train.images)
        np.testing.assert_array_equal(found.test.images, clean.test.images)
    assert n_errors > len(positions) / 4


def test_locked_zip_and_other_archives(tmp_path):
    make_tree(tmp_path / "images")
    path = make_zip(tmp_path / "a.zip", tmp_path / "images", compression=zipfile.ZIP_STORED)
    data = path.read_bytes()
    # Bit 0 of the flags says encrypted: bytes 6 of the local and 8 of the central header.
    locked = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            locked[at + offset] |= 1
            at = data.find(signature, at + 1)
    path.write_bytes(locked)
    assert "password" in error_of(load, path)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "images", "images")
    assert "not a .zip" in error_of(load, tmp_path / "a.tar.gz")
