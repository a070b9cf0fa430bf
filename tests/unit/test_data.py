"""Loading images: arrays against the files they come from, and a readable message for all that can fail."""

import hashlib
import tarfile
import zipfile

import cv2
import numpy as np
import pytest
from actopo.config import image_listing
from actopo.data import batches, load_images, measured_normalisation
from actopo.errors import InputError
from PIL import Image
from sklearn.datasets import load_digits


def picture(seed, height=12, width=12):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(path, rgb, options=()):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)


def make_tree(root, parts=("",), classes=("cat", "ant"), n=5):
    """Images by part, class and number, all different; PNG keeps the bytes."""
    pictures = {}
    for part in parts:
        for name in classes:
            for i in range(n):
                file = "/".join(filter(None, (part, name, f"{i}.png")))
                pictures[file] = picture(len(pictures))
                save(root / file, pictures[file])
    return pictures


def make_zip(path, root, prefix="", reverse=False, compression=zipfile.ZIP_DEFLATED):
    files = sorted((p for p in root.rglob("*") if p.is_file()), reverse=reverse)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for file in files:
            archive.write(file, prefix + file.relative_to(root).as_posix())
    return path


def load(root, **options):
    return load_images("image_folder", root, **{"size": 12, **options})


def assert_same(a, b):
    for x, y in ((a.train, b.train), (a.test, b.test)):
        np.testing.assert_array_equal(x.images, y.images)
        np.testing.assert_array_equal(x.labels, y.labels)
    assert a.class_names == b.class_names
    for part in ("train", "test"):
        assert a.provenance["sha256"][part] == b.provenance["sha256"][part]


def error_of(function, *args, **options):
    with pytest.raises(InputError) as caught:
        function(*args, **options)
    return str(caught.value)


# Digits and the split


def test_digits_are_scikit_learns():
    data = load_images("digits", size=8, channels=1)
    got = np.concatenate([data.train.images, data.test.images])[..., 0]
    expected = np.rint(load_digits().images * 255 / 16).astype(np.uint8)
    assert sorted(map(bytes, got)) == sorted(map(bytes, expected))
    labels = np.concatenate([data.train.labels, data.test.labels])
    np.testing.assert_array_equal(np.bincount(labels), np.bincount(load_digits().target))
    by_image = dict(zip(map(bytes, expected), load_digits().target, strict=True))
    assert all(by_image[bytes(image)] == label for image, label in zip(got, labels, strict=True))
    assert data.class_names == tuple("0123456789")


def test_digits_repeat_and_have_equal_channels():
    a, b, other = (load_images("digits", seed=seed) for seed in (3, 3, 4))
    assert_same(a, b)
    assert a.provenance["sha256"] != other.provenance["sha256"]
    assert a.train.images.shape[1:] == (32, 32, 3)
    assert a.train.images.dtype == np.uint8
    assert a.train.labels.dtype == np.int64
    assert a.train.images.flags.c_contiguous
    assert (a.train.images == a.train.images[..., :1]).all()
    # Bicubic enlargement keeps the mean up to the clipped overshoot.
    small = load_images("digits", size=8, seed=3)
    np.testing.assert_allclose(a.mean, small.mean, atol=0.02)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.99])
def test_split_is_stratified(share):
    data = load_images("digits", size=8, channels=1, test_share=share)
    total = np.bincount(load_digits().target)
    n_test = np.bincount(data.test.labels, minlength=10)
    np.testing.assert_array_equal(n_test + np.bincount(data.train.labels, minlength=10), total)
    assert (np.abs(n_test - share * total) <= np.maximum(0.5, 1 - share * total) + 1e-9).all()
    assert (n_test >= 1).all()
    assert (n_test < total).all()


# Folders and archives


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


def test_split_of_a_folder_is_a_partition(tmp_path):
    pictures = make_tree(tmp_path)
    save(tmp_path / "bee/only.png", picture(99))
    data = load(tmp_path, test_share=0.4)
    assert set(data.train.files) | set(data.test.files) == {*pictures, "bee/only.png"}
    assert not set(data.train.files) & set(data.test.files)
    np.testing.assert_array_equal(np.bincount(data.test.labels, minlength=3), [2, 0, 2])
    np.testing.assert_array_equal(data.test.images, [pictures[file] for file in data.test.files])
    assert [data.class_names[label] for label in data.test.labels] == [f[:3] for f in data.test.files]
    assert_same(load(make_zip(tmp_path / "z.zip", tmp_path), test_share=0.4), data)


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
    assert "2 files are passed over, for their ending is none of an image: 1 with .db, 1 with .md" in caplog.text
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
    assert "do not lie right inside a class folder" in error_of(load, tmp_path / "images")


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


# Files of all kinds: a left half of one colour and a right half of another

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


# Subsets


def test_classes_keep_their_images_and_get_new_labels(tmp_path):
    pictures = make_tree(tmp_path, classes=("ant", "bee", "cat", "dog"))
    data = load(tmp_path, classes=["dog", "bee"], test_share=0)
    assert data.class_names == ("bee", "dog")
    assert data.train.files == tuple(f"{name}/{i}.png" for name in ("bee", "dog") for i in range(5))
    np.testing.assert_array_equal(data.train.labels, [0] * 5 + [1] * 5)
    np.testing.assert_array_equal(data.train.images, [pictures[file] for file in data.train.files])
    assert data.train.labels.dtype == np.int64
    digits = load_images("digits", size=8, channels=1, classes=["7", "2"], test_share=0)
    target = load_digits().target
    assert digits.class_names == ("2", "7")
    np.testing.assert_array_equal(digits.train.labels, (target[np.isin(target, [2, 7])] == 7).astype(int))


def test_all_classes_are_as_none():
    assert_same(load_images("digits", classes=list("9876543210"), images_per_class=1000), load_images("digits"))


@pytest.mark.parametrize("parts", [("",), ("train", "test")])
def test_images_per_class(tmp_path, caplog, parts):
    pictures = make_tree(tmp_path, parts=parts, classes=("ant", "cat"), n=30)
    save(tmp_path / parts[0] / "bee/0.png", picture(98))
    save(tmp_path / parts[-1] / "bee/1.png", picture(99))
    drawn = {}
    for seed in (0, 1):
        for n in (4, 10):
            caplog.clear()
            data = load(tmp_path, images_per_class=n, test_share=0, seed=seed)
            assert ("bee (1 in train), bee (1 in test)" if len(parts) > 1 else "bee (2)") in caplog.text
            assert "ant" not in caplog.text
            for part in (data.train, data.test)[: len(parts)]:
                counts = np.bincount(part.labels)
                np.testing.assert_array_equal(counts[[0, 2]], n)
                assert counts[1] == 2 // len(parts)
                assert list(part.files) == sorted(part.files)
                kept = [i for i, file in enumerate(part.files) if "bee" not in file]
                np.testing.assert_array_equal(part.images[kept], [pictures[part.files[i]] for i in kept])
            drawn[seed, n] = set(data.train.files) | set(data.test.files)
        assert drawn[seed, 4] < drawn[seed, 10]
    assert drawn[0, 10] != drawn[1, 10]


def test_subset_of_arrays_is_split_after_the_draw():
    data = load_images("digits", size=8, channels=1, classes=["1", "4"], images_per_class=50, test_share=0.2)
    np.testing.assert_array_equal(np.bincount(data.train.labels), [40, 40])
    np.testing.assert_array_equal(np.bincount(data.test.labels), [10, 10])
    whole = np.rint(load_digits().images * 255 / 16).astype(np.uint8)
    by_image = dict(zip(map(bytes, whole), load_digits().target, strict=True))
    for part in (data.train, data.test):
        names = [int(data.class_names[label]) for label in part.labels]
        assert [by_image[bytes(image)] for image in part.images] == names
    assert not set(map(bytes, data.train.images)) & set(map(bytes, data.test.images))


def test_images_that_are_not_chosen_are_not_read(tmp_path):
    make_tree(tmp_path)
    (tmp_path / "bee").mkdir()
    (tmp_path / "bee" / "broken.png").write_bytes(b"no image")
    assert "bee/broken.png" in error_of(load, tmp_path)
    assert load(tmp_path, classes=["ant", "cat"]).class_names == ("ant", "cat")


def test_unknown_class_of_a_folder(tmp_path):
    make_tree(tmp_path, classes=("tabby cat", "terrier"))
    assert "named tabbycat; did you mean tabby cat?" in error_of(load, tmp_path, classes=["tabbycat", "terrier"])


def test_no_test_part(tmp_path):
    make_tree(tmp_path)
    data = load(tmp_path, test_share=0)
    assert len(data.train.labels) == 10
    assert data.test.images.shape == (0, 12, 12, 3)
    assert data.test.labels.shape == (0,)
    assert data.test.files == ()
    # Without a test part one image a class will do.
    assert len(load(tmp_path, test_share=0, images_per_class=1).train.labels) == 2
    assert len(load_images("digits", test_share=0).train.labels) == 1797


# Errors


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"dataset": "cifar-1O"},
            ["data.dataset", "cifar10", "fashion_mnist", "image_folder", "digits", "Did you mean"],
        ),
        ({"dataset": "Fashion-MNIST"}, ["Did you mean 'fashion_mnist'"]),
        ({"dataset": "image_folder"}, ["data.root is not set"]),
        ({"dataset": "cifar10"}, ["data.root is not set"]),
        ({"size": 0}, ["data.size is 0"]),
        ({"size": 32.0}, ["data.size is 32.0"]),
        ({"size": True}, ["data.size is True"]),
        ({"channels": 2}, ["data.channels is 2"]),
        ({"test_share": -0.1}, ["data.test_share is -0.1"]),
        ({"test_share": 1.0}, ["data.test_share is 1.0"]),
        ({"test_share": float("nan")}, ["data.test_share is nan"]),
        ({"resize": 31}, ["data.resize is 31", "data.size 32"]),
        ({"resize": True}, ["data.resize is True", "null", "false"]),
        ({"resize": False}, ["8 x 8 pixels", "lower data.size", "data.resize to null"]),
        ({"classes": ["3"]}, ["data.classes is ['3']", "two or more"]),
        ({"classes": ["3", "3"]}, ["data.classes", "different"]),
        ({"classes": "34"}, ["data.classes is '34'"]),
        ({"classes": ["3", "11"]}, ["no class is named 11;", "did you mean 1?"]),
        ({"classes": ["3", "cat"]}, ["no class is named cat;", "there are 0, 1, 2"]),
        ({"images_per_class": 0}, ["data.images_per_class is 0"]),
        ({"images_per_class": 1}, ["the test part has no image"]),
        (
            {"normalisation": "imagnet"},
            ["data.normalisation is 'imagnet'", "measured, imagenet, cifar10", "mean and std"],
        ),
        ({"normalisation": "imagenet", "channels": 1}, ["data.normalisation imagenet", "data.channels is 1"]),
        ({"normalisation": {"mean": [0.5]}}, ["data.normalisation", "lists mean and std"]),
        ({"normalisation": {"mean": [0.5], "std": [0.2]}}, ["data.channels 3 each list takes 3"]),
        ({"normalisation": {"mean": [0.5], "std": [0.0]}, "channels": 1}, ["those of std are more than 0"]),
        ({"normalisation": {"mean": [float("nan")], "std": [1]}, "channels": 1}, ["finite"]),
    ],
)
def test_impossible_settings(options, words):
    message = error_of(load_images, **{"dataset": "digits", **options})
    assert all(word in message for word in words)


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
    before = image_listing("image_folder", tmp_path)
    (tmp_path / "cat" / "9.png").symlink_to(tmp_path / "nowhere")
    # The listing is made before any job runs, and the job is what reports the link.
    assert image_listing("image_folder", tmp_path) != before
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


# Normalisation and batches


@pytest.mark.parametrize("shape", [(1, 2, 1, 1), (7, 5, 4, 3), (1100, 3, 3, 2)])
def test_normalisation_is_numpys(shape):
    images = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    mean, std = measured_normalisation(images)
    scaled = images / 255
    np.testing.assert_allclose(mean, scaled.mean(axis=(0, 1, 2)), rtol=1e-13)
    np.testing.assert_allclose(std, scaled.std(axis=(0, 1, 2)), rtol=1e-13)
    assert mean.dtype == std.dtype == np.float64


def test_normalisation_is_exact_where_floats_cancel():
    images = np.full((400, 50, 50, 1), 255, np.uint8)
    images[0, 0, 0, 0] = 254
    _, std = measured_normalisation(images)
    n = images.size
    np.testing.assert_allclose(std, np.sqrt((n - 1) / n**2) / 255, rtol=1e-15)


def test_constant_channel_and_no_images():
    images = np.random.default_rng(1).integers(0, 256, (4, 3, 3, 3), dtype=np.uint8)
    images[..., 1] = 7
    assert "Channel 1 of the training images is 7" in error_of(measured_normalisation, images)
    assert "no training images" in error_of(measured_normalisation, images[:0])


@pytest.mark.parametrize(
    ("given", "mean", "std"),
    [
        ("imagenet", [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ("cifar10", [0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.2010]),
        ({"mean": [0, 0.5, 1], "std": [1, 2, 0.1]}, [0, 0.5, 1], [1, 2, 0.1]),
    ],
)
def test_given_normalisation(tmp_path, given, mean, std):
    # Red alone: measured, the two other channels would be constant.
    for name in ("ant", "cat"):
        for i in range(3):
            save(tmp_path / name / f"{i}.png", picture(i) * np.array([1, 0, 0], np.uint8))
    assert "Channel 1" in error_of(load, tmp_path)
    data = load(tmp_path, normalisation=given)
    np.testing.assert_array_equal(data.mean, mean)
    np.testing.assert_array_equal(data.std, std)
    assert data.mean.dtype == data.std.dtype == np.float64
    assert data.provenance["normalisation"] == given
    assert load_images("digits").provenance["normalisation"] == "measured"


def test_batches_are_disjoint_and_stable():
    ten = batches(103, 10, 10, seed=5)
    assert ten.shape == (10, 10)
    assert ten.dtype == np.int64
    assert len(np.unique(ten)) == 100
    assert 0 <= ten.min() < ten.max() < 103
    for n in range(1, 10):
        np.testing.assert_array_equal(batches(103, 10, n, seed=5), ten[:n])
    assert (batches(103, 10, 10, seed=6) != ten).any()
    np.testing.assert_array_equal(np.sort(batches(12, 4, 3, seed=0), axis=None), np.arange(12))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((100, 10, 11), ["homology.batches: 11 batches", "homology.batch_size 10", "there are 100", "at most 10"]),
        ((100, 101, 1), ["homology.batch_size to at most 100"]),
        ((100, 10, 0), ["homology.batches is 0"]),
        ((100, 0, 10), ["homology.batch_size is 0"]),
    ],
)
def test_impossible_batches(arguments, words):
    message = error_of(batches, *arguments, seed=0)
    assert all(word in message for word in words)
