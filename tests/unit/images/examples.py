"""Folders and archives of small images."""

import zipfile

import cv2
import numpy as np
import pytest
from actopo.errors import InputError
from actopo.images.datasets import load_images


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
