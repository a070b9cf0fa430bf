"""Loading images: arrays against the files they come from, and a readable message for all that can fail."""

import gzip
import hashlib
import io
import os
import pickle
import struct
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from actopo.data import batches, load_images, normalisation
from actopo.errors import InputError
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


def test_other_files_are_passed_over(tmp_path):
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
    assert_same(load(tmp_path / "images"), clean)
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
        ({"test_share": 0}, ["data.test_share is 0"]),
        ({"test_share": 1.0}, ["data.test_share is 1.0"]),
        ({"test_share": float("nan")}, ["data.test_share is nan"]),
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
    (tmp_path / "cat" / "9.png").symlink_to(tmp_path / "nowhere")
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
    mean, std = normalisation(images)
    scaled = images / 255
    np.testing.assert_allclose(mean, scaled.mean(axis=(0, 1, 2)), rtol=1e-13)
    np.testing.assert_allclose(std, scaled.std(axis=(0, 1, 2)), rtol=1e-13)
    assert mean.dtype == std.dtype == np.float64


def test_normalisation_is_exact_where_floats_cancel():
    images = np.full((400, 50, 50, 1), 255, np.uint8)
    images[0, 0, 0, 0] = 254
    _, std = normalisation(images)
    n = images.size
    np.testing.assert_allclose(std, np.sqrt((n - 1) / n**2) / 255, rtol=1e-15)


def test_constant_channel_and_no_images():
    images = np.random.default_rng(1).integers(0, 256, (4, 3, 3, 3), dtype=np.uint8)
    images[..., 1] = 7
    assert "Channel 1 of the training images is 7" in error_of(normalisation, images)
    assert "no training images" in error_of(normalisation, images[:0])


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


# Downloads, from a server on this machine


def md5(data):
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.fixture
def server():
    """A server whose `answers` map a path to (status, bytes, bytes that are left out at the end)."""
    state = SimpleNamespace(answers={}, requests=[])

    class Handler(BaseHTTPRequestHandler):
        def reply(self, with_body):
            status, data, cut = state.answers.get(self.path, (404, b"", 0))
            state.requests.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if with_body:
                self.wfile.write(data[: len(data) - cut])

        def do_HEAD(self):
            self.reply(False)

        def do_GET(self):
            self.reply(True)

        def log_message(self, *args):
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_port}/"
    yield state
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def tiny_cifar(monkeypatch, server):
    """CIFAR-10 in its official format with 4 images a batch; the class's own checksums are set to match."""
    from torchvision.datasets import CIFAR10

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, 32, 32, 3), dtype=np.uint8)
    labels = rng.integers(0, 2, 24)
    files = {"batches.meta": pickle.dumps({"label_names": ["cat", "dog"]})}
    for i, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
        some = slice(4 * i, 4 * i + 4)
        flat = images[some].transpose(0, 3, 1, 2).reshape(4, -1)
        files[name] = pickle.dumps({"data": flat, "labels": labels[some].tolist()})
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    archive = stream.getvalue()
    monkeypatch.setattr(CIFAR10, "url", server.url + CIFAR10.filename)
    monkeypatch.setattr(CIFAR10, "tgz_md5", md5(archive))
    for kind in ("train_list", "test_list"):
        monkeypatch.setattr(CIFAR10, kind, [[name, md5(files[name])] for name, _ in getattr(CIFAR10, kind)])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": md5(files["batches.meta"])})
    return SimpleNamespace(images=images, labels=labels, archive=archive, name=CIFAR10.filename)


def check_cifar(data, tiny):
    np.testing.assert_array_equal(data.train.images, tiny.images[:20])
    np.testing.assert_array_equal(data.test.images, tiny.images[20:])
    np.testing.assert_array_equal(data.train.labels, tiny.labels[:20])
    np.testing.assert_array_equal(data.test.labels, tiny.labels[20:])
    assert data.train.images.flags.c_contiguous
    assert data.class_names == ("cat", "dog")


def test_cifar_download_then_offline(tmp_path, server, tiny_cifar):
    root = tmp_path / "new" / "cache"
    server.answers["/" + tiny_cifar.name] = (200, tiny_cifar.archive, 0)
    check_cifar(load_images("cifar10", root), tiny_cifar)
    assert sorted(os.listdir(root)) == ["cifar-10-batches-py", tiny_cifar.name]
    server.answers.clear()
    server.requests.clear()
    check_cifar(load_images("cifar10", root), tiny_cifar)
    # An extracted file that is damaged is extracted again from the archive beside it.
    (root / "cifar-10-batches-py" / "test_batch").write_bytes(b"half")
    check_cifar(load_images("cifar10", root), tiny_cifar)
    assert not server.requests
    small = load_images("cifar10", root, size=16, channels=1)
    assert small.train.images.shape == (20, 16, 16, 1)


def test_cifar_archive_put_there_by_hand(tmp_path, server, tiny_cifar):
    (tmp_path / tiny_cifar.name).write_bytes(tiny_cifar.archive)
    check_cifar(load_images("cifar10", tmp_path), tiny_cifar)
    assert not server.requests


@pytest.mark.parametrize("fault", ["absent", "error", "checksum", "cut", "refused"])
def test_failed_download_leaves_nothing(tmp_path, monkeypatch, server, tiny_cifar, fault):
    answers = {
        "error": (500, b"", 0),
        "checksum": (200, tiny_cifar.archive + b"x", 0),
        "cut": (200, tiny_cifar.archive, len(tiny_cifar.archive) // 2),
    }
    if fault in answers:
        server.answers["/" + tiny_cifar.name] = answers[fault]
    if fault == "refused":
        from torchvision.datasets import CIFAR10

        monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:9/" + tiny_cifar.name)
    message = error_of(load_images, "cifar10", tmp_path)
    for word in (
        "data.root",
        "127.0.0.1",
        tiny_cifar.name,
        md5(tiny_cifar.archive),
        "by hand",
        "image_folder",
    ):
        assert word in message
    assert os.listdir(tmp_path) == []
    server.answers["/" + tiny_cifar.name] = (200, tiny_cifar.archive, 0)
    if fault != "refused":
        check_cifar(load_images("cifar10", tmp_path), tiny_cifar)


def test_damaged_archive_is_named_and_kept(tmp_path, tiny_cifar):
    half = tiny_cifar.archive[:100]
    (tmp_path / tiny_cifar.name).write_bytes(half)
    assert f"{tiny_cifar.name} in data.root has another md5" in error_of(load_images, "cifar10", tmp_path)
    assert (tmp_path / tiny_cifar.name).read_bytes() == half


def test_root_that_is_no_folder(tmp_path, tiny_cifar):
    (tmp_path / "file").touch()
    assert "data.root" in error_of(load_images, "cifar10", tmp_path / "file")


@pytest.fixture
def tiny_fashion(monkeypatch, server):
    """Fashion-MNIST in its official IDX format."""
    from torchvision.datasets import FashionMNIST

    rng = np.random.default_rng(0)
    arrays, packed, resources = {}, {}, []
    for part, n in (("train", 6), ("t10k", 4)):
        for kind, shape, top in (("images-idx3", (n, 28, 28), 256), ("labels-idx1", (n,), 10)):
            array = rng.integers(0, top, shape, dtype=np.uint8)
            name = f"{part}-{kind}-ubyte.gz"
            header = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)
            arrays[part, kind[:6]], packed[name] = array, gzip.compress(header + array.tobytes(), mtime=0)
            resources.append((name, md5(packed[name])))
    monkeypatch.setattr(FashionMNIST, "mirrors", [server.url])
    monkeypatch.setattr(FashionMNIST, "resources", resources)
    return SimpleNamespace(arrays=arrays, packed=packed)


def check_fashion(data, tiny):
    for part, name in ((data.train, "train"), (data.test, "t10k")):
        np.testing.assert_array_equal(part.labels, tiny.arrays[name, "labels"])
        for channel in range(3):
            np.testing.assert_array_equal(part.images[..., channel], tiny.arrays[name, "images"])
    assert data.class_names[9] == "Ankle boot"


def test_fashion_download_then_offline(tmp_path, server, tiny_fashion):
    server.answers.update({"/" + name: (200, content, 0) for name, content in tiny_fashion.packed.items()})
    check_fashion(load_images("fashion_mnist", tmp_path, size=28), tiny_fashion)
    server.answers.clear()
    server.requests.clear()
    raw = tmp_path / "FashionMNIST" / "raw"
    (raw / "train-images-idx3-ubyte").write_bytes((raw / "train-images-idx3-ubyte").read_bytes()[:-5])
    check_fashion(load_images("fashion_mnist", tmp_path, size=28), tiny_fashion)
    assert not server.requests
    assert load_images("fashion_mnist", tmp_path).train.images.shape == (6, 32, 32, 3)


def test_fashion_put_there_by_hand_or_missing(tmp_path, server, tiny_fashion):
    for name, content in tiny_fashion.packed.items():
        (tmp_path / name).write_bytes(content)
    check_fashion(load_images("fashion_mnist", tmp_path, size=28), tiny_fashion)
    assert not server.requests
    message = error_of(load_images, "fashion_mnist", tmp_path / "other")
    assert all(name in message for name in tiny_fashion.packed)
    assert "\n" not in message
