"""Data sets from the network and from where a system keeps them: a server on this machine plays the network."""

import gzip
import hashlib
import io
import os
import pickle
import re
import socket
import struct
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.images import downloads
from actopo.images.datasets import load_images


def error_of(function, *args, **options):
    with pytest.raises(InputError) as caught:
        function(*args, **options)
    return str(caught.value)


def md5(data):
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.fixture
def server():
    """
    A server whose `answers` map a path to (status, bytes, bytes that are left out at the end).

    `ranges`: whether it can go on in the middle of a file. `requests`: path and first byte asked for.
    """
    state = SimpleNamespace(answers={}, requests=[], ranges=True)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, data, cut = state.answers.get(self.path, (404, b"", 0))
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            first = int(asked[1]) if asked else 0
            state.requests.append((self.path.removeprefix("/"), first))
            if first and state.ranges and status == 200:
                status, data = (206, data[first:]) if first < len(data) else (416, b"")
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) - cut])

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
def test_failed_download_leaves_nothing_whole(tmp_path, monkeypatch, server, tiny_cifar, fault):
    answers = {
        "error": (500, b"", 0),
        "checksum": (200, tiny_cifar.archive + b"x", 0),
        "cut": (200, tiny_cifar.archive, len(tiny_cifar.archive) // 2),
    }
    if fault in answers:
        server.answers["/" + tiny_cifar.name] = answers[fault]
    if fault == "refused":
        from torchvision.datasets import CIFAR10

        monkeypatch.setattr(CIFAR10, "url", f"http://127.0.0.1:{closed_port()}/{tiny_cifar.name}")
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
    kept = f"{tiny_cifar.name}.part"
    assert os.listdir(tmp_path) == ([kept] if fault == "cut" else [])
    server.answers["/" + tiny_cifar.name] = (200, tiny_cifar.archive, 0)
    if fault != "refused":
        check_cifar(load_images("cifar10", tmp_path), tiny_cifar)
        assert sorted(os.listdir(tmp_path)) == ["cifar-10-batches-py", tiny_cifar.name]


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("ranges", [True, False])
def test_cut_download_goes_on(tmp_path, server, tiny_cifar, ranges):
    whole, name = tiny_cifar.archive, tiny_cifar.name
    server.ranges, server.answers["/" + name] = ranges, (200, whole, len(whole) - 1000)
    message = error_of(load_images, "cifar10", tmp_path)
    assert f"broke off after 1000 of {len(whole)} bytes" in message
    assert (tmp_path / f"{name}.part").read_bytes() == whole[:1000]
    server.answers["/" + name] = (200, whole, 10)
    assert f"of {len(whole)} bytes" in error_of(load_images, "cifar10", tmp_path)
    server.answers["/" + name] = (200, whole, 0)
    check_cifar(load_images("cifar10", tmp_path), tiny_cifar)
    assert server.requests == [(name, 0), (name, 1000), (name, len(whole) - 10)]
    assert (tmp_path / name).read_bytes() == whole


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("extra", [-500, 0, 500])
def test_a_part_that_is_no_beginning_is_fetched_anew(tmp_path, server, tiny_cifar, ranges, extra):
    server.ranges, server.answers["/" + tiny_cifar.name] = ranges, (200, tiny_cifar.archive, 0)
    (tmp_path / f"{tiny_cifar.name}.part").write_bytes(b"x" * (len(tiny_cifar.archive) + extra))
    check_cifar(load_images("cifar10", tmp_path), tiny_cifar)
    assert sorted(os.listdir(tmp_path)) == ["cifar-10-batches-py", tiny_cifar.name]


def test_a_whole_part_needs_no_network(tmp_path, server, tiny_cifar):
    (tmp_path / f"{tiny_cifar.name}.part").write_bytes(tiny_cifar.archive)
    check_cifar(load_images("cifar10", tmp_path), tiny_cifar)
    assert not server.requests


def test_two_runs_do_not_write_one_file(tmp_path, server, tiny_cifar):
    server.answers["/" + tiny_cifar.name] = (200, tiny_cifar.archive, 0)
    with (tmp_path / f"{tiny_cifar.name}.part").open("ab") as stream:
        downloads.fcntl.flock(stream, downloads.fcntl.LOCK_EX)
        assert "another run is fetching" in error_of(load_images, "cifar10", tmp_path)
    check_cifar(load_images("cifar10", tmp_path), tiny_cifar)


def test_a_silent_server_is_given_up(tmp_path, monkeypatch, tiny_cifar):
    from torchvision.datasets import CIFAR10

    monkeypatch.setattr(downloads, "TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(CIFAR10, "url", f"http://127.0.0.1:{silent.getsockname()[1]}/{tiny_cifar.name}")
        assert "timed out" in error_of(load_images, "cifar10", tmp_path)
    assert os.listdir(tmp_path) == []


def test_subset_of_each_part(tmp_path, tiny_cifar):
    (tmp_path / tiny_cifar.name).write_bytes(tiny_cifar.archive)
    data = load_images("cifar10", tmp_path, classes=["dog", "cat"], images_per_class=1, test_share=0)
    for part, images, labels in (
        (data.train, tiny_cifar.images[:20], tiny_cifar.labels[:20]),
        (data.test, tiny_cifar.images[20:], tiny_cifar.labels[20:]),
    ):
        assert len(part.labels) == len(np.unique(labels))
        for image, label in zip(part.images, part.labels, strict=True):
            assert (images[labels == label] == image).all(axis=(1, 2, 3)).any()


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
    arrays, packed, resources, sha256 = {}, {}, [], {}
    for part, n in (("train", 6), ("t10k", 4)):
        for kind, shape, top in (("images-idx3", (n, 28, 28), 256), ("labels-idx1", (n,), 10)):
            array = rng.integers(0, top, shape, dtype=np.uint8)
            name = f"{part}-{kind}-ubyte.gz"
            header = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)
            arrays[part, kind[:6]], packed[name] = array, gzip.compress(header + array.tobytes(), mtime=0)
            resources.append((name, md5(packed[name])))
            sha256[name] = hashlib.sha256(header + array.tobytes()).hexdigest()
    monkeypatch.setattr(FashionMNIST, "mirrors", [server.url])
    monkeypatch.setattr(FashionMNIST, "resources", resources)
    monkeypatch.setattr(downloads, "FASHION_MNIST_SHA256", sha256)
    monkeypatch.setattr(downloads, "INSTALLED_FASHION_MNIST", ())
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
    # Of the same length, as of another data set.
    (raw / "t10k-labels-idx1-ubyte").write_bytes((raw / "t10k-labels-idx1-ubyte").read_bytes()[:-1] + b"x")
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


def test_fashion_goes_on_with_the_files_that_are_missing(tmp_path, server, tiny_fashion):
    first, *rest = tiny_fashion.packed
    server.answers["/" + first] = (200, tiny_fashion.packed[first], 0)
    assert "404" in error_of(load_images, "fashion_mnist", tmp_path)
    server.requests.clear()
    server.answers.update({"/" + name: (200, content, 0) for name, content in tiny_fashion.packed.items()})
    check_fashion(load_images("fashion_mnist", tmp_path, size=28), tiny_fashion)
    assert server.requests == [(name, 0) for name in rest]


def test_second_mirror(tmp_path, monkeypatch, server, tiny_fashion):
    from torchvision.datasets import FashionMNIST

    monkeypatch.setattr(FashionMNIST, "mirrors", [f"http://127.0.0.1:{closed_port()}/", server.url])
    server.answers.update({"/" + name: (200, content, 0) for name, content in tiny_fashion.packed.items()})
    check_fashion(load_images("fashion_mnist", tmp_path, size=28), tiny_fashion)


def test_fashion_that_the_system_has(tmp_path, monkeypatch, server, tiny_fashion):
    system, root = tmp_path / "system", tmp_path / "root"
    system.mkdir()
    for name, content in tiny_fashion.packed.items():
        # Packed by another tool: the same content in other bytes.
        (system / name).write_bytes(gzip.compress(gzip.decompress(content), compresslevel=1, mtime=1))
    monkeypatch.setattr(downloads, "INSTALLED_FASHION_MNIST", (str(tmp_path / "absent"), str(system)))
    data = load_images("fashion_mnist", root, size=28)
    check_fashion(data, tiny_fashion)
    assert data.provenance["source"] == str(system)
    assert not server.requests
    assert not root.exists()
    # What lies in data.root comes first.
    root.mkdir()
    for name, content in tiny_fashion.packed.items():
        (root / name).write_bytes(content)
    assert load_images("fashion_mnist", root, size=28).provenance["source"] == "torchvision.datasets.FashionMNIST"
    # Other content, or half a file, is not taken.
    image_file = system / "train-images-idx3-ubyte.gz"
    for spoilt in (gzip.compress(gzip.decompress(image_file.read_bytes())[:-1] + b"x"), image_file.read_bytes()[:-20]):
        image_file.write_bytes(spoilt)
        assert "is not in data.root" in error_of(load_images, "fashion_mnist", tmp_path / "other")


@pytest.mark.skipif(
    not Path(downloads.INSTALLED_FASHION_MNIST[0]).is_dir(), reason="needs Debian's package dataset-fashion-mnist"
)
def test_fashion_of_debian(tmp_path):
    data = load_images("fashion_mnist", tmp_path / "unused", size=28, channels=1)
    np.testing.assert_array_equal(np.bincount(data.train.labels), 6000)
    np.testing.assert_array_equal(np.bincount(data.test.labels), 1000)
    # As published widely for this data set.
    np.testing.assert_allclose([data.mean[0], data.std[0]], [0.2860, 0.3530], atol=5e-5)
