"""Folders and archives that were made to do harm, or that nobody meant to give, are refused by name or counted."""

import os
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from contextlib import suppress

import cv2
import numpy as np
import pandas as pd
import pytest
from actopo.errors import InputError
from actopo.files import load_table, save_table
from actopo.images.datasets import load_images
from actopo.images.limits import Limits, stored_size
from actopo.images.mask_folder import read_masks
from PIL import Image
from unit.images.examples import load, make_tree, make_zip, picture, save


def refusal(root, **options):
    """Message with which images are refused, and how many MB that took at most."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            load(root, **options)
        return str(caught.value), tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def png(width, height, n_rows=0):
    """A PNG that says that it has this size, with few rows of zeros."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width + 1) * n_rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def heads():
    """Beginnings of files of images of 30000 x 20000 pixels, by the endings of the formats."""
    w, h = 30_000, 20_000
    sof = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, h, w, 1) + b"\x01\x11\x00"
    tags = [(256, 4, w), (257, 4, h), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1), (279, 4, 1)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    # The canvas of an extended WebP has 24 bits for each side, less one.
    canvas = bytes(4) + (w - 1 & 0x3FFF).to_bytes(3, "little") + (h - 1 & 0x3FFF).to_bytes(3, "little")
    return {
        "png": png(w, h),
        "jpg": b"\xff\xd8" + sof + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + bytes(50) + b"\xff\xd9",
        "bmp": b"BM"
        + struct.pack("<IHHI", 60, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, w, h, 1, 24, 0, 0, 0, 0, 0, 0),
        "ppm": b"P6\n30000 20000\n255\n" + bytes(100),
        "tif": b"II*\x00" + struct.pack("<IH", 8, len(tags)) + entries + bytes(100),
        "webp": b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10) + canvas + bytes(20),
    }


@pytest.mark.parametrize("ending", [ending for ending in heads() if ending != "webp"])
def test_an_image_that_no_memory_holds_is_refused_by_its_head(tmp_path, ending):
    make_tree(tmp_path)
    (tmp_path / "cat" / f"bomb.{ending}").write_bytes(heads()[ending])
    message, used = refusal(tmp_path)
    assert "1 of 11 images are too large: " in message
    assert f"cat/bomb.{ending} (30000 x 20000 pixels, more than data.limits.pixels 100000000)" in message
    assert used < 30


def test_a_bomb_of_webp_is_refused(tmp_path):
    """The format has sides of 16383 at most."""
    make_tree(tmp_path)
    (tmp_path / "cat" / "bomb.webp").write_bytes(heads()["webp"])
    assert "cat/bomb.webp" in refusal(tmp_path)[0]


def test_a_whole_bomb_of_png_is_refused(tmp_path):
    """16384 x 16384 pixels in 260 KB, in an archive."""
    make_tree(tmp_path / "images")
    (tmp_path / "images/cat/bomb.png").write_bytes(png(16384, 16384, n_rows=16384))
    message, used = refusal(make_zip(tmp_path / "a.zip", tmp_path / "images"))
    assert "cat/bomb.png (16384 x 16384 pixels, more than data.limits.pixels 100000000)" in message
    assert used < 30


@pytest.mark.parametrize(
    ("width", "height", "words"),
    [
        (60_000, 2, "a side of more than data.limits.side 50000"),
        (2, 60_000, "a side of more than data.limits.side 50000"),
        (40_000, 2, "scaled to 256 pixels more than data.limits.pixels 100000000"),
        (2, 40_000, "scaled to 256 pixels more than data.limits.pixels 100000000"),
    ],
)
def test_a_narrow_image_that_no_memory_holds_once_it_is_scaled(tmp_path, width, height, words):
    make_tree(tmp_path)
    save(tmp_path / "cat/narrow.png", np.zeros((height, width, 3), np.uint8))
    message, used = refusal(tmp_path, size=224, resize=256)
    assert f"cat/narrow.png ({width} x {height} pixels, {words})" in message
    assert used < 100


def test_limits_are_the_config_s(tmp_path):
    make_tree(tmp_path)
    save(tmp_path / "cat/large.png", picture(0, 40, 50))
    load(tmp_path, limits={"pixels": 2000, "side": 50})
    assert (
        "cat/large.png (50 x 40 pixels, more than data.limits.pixels 1999)"
        in refusal(tmp_path, limits={"pixels": 1999})[0]
    )
    assert "a side of more than data.limits.side 49" in refusal(tmp_path, limits={"side": 49})[0]
    assert "data.limits.bytes 500" in refusal(tmp_path, limits={"bytes": 500})[0]


@pytest.mark.parametrize("lies", [False, True])
def test_a_member_of_zeros_is_refused_before_it_is_unpacked(tmp_path, lies):
    """500 MB in 500 KB; or the archive says that it is short, and then no more is unpacked."""
    make_tree(tmp_path / "images")
    path = make_zip(tmp_path / "a.zip", tmp_path / "images")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("cat/zeros.png", "w") as member:
        for _ in range(500):
            member.write(bytes(10**6))
    if lies:
        content = path.read_bytes()
        path.write_bytes(content.replace(struct.pack("<I", 500 * 10**6), struct.pack("<I", 1000)))
    message, used = refusal(path)
    assert ("cat/zeros.png has 500000000 bytes, more than data.limits.bytes 200000000" in message) != lies
    assert "a.zip" in message
    assert used < 30


def test_a_large_file_is_refused_before_it_is_read(tmp_path):
    make_tree(tmp_path)
    with open(tmp_path / "cat/hole.png", "wb") as file:
        file.truncate(10**12)
    message, used = refusal(tmp_path)
    assert "cat/hole.png has 1000000000000 bytes, more than data.limits.bytes 200000000" in message
    assert used < 30


def test_a_mask_that_no_memory_holds(tmp_path):
    make_tree(tmp_path / "images")
    files = [f"{name}/{i}.png" for name in ("ant", "cat") for i in range(5)]
    for file in files:
        save(tmp_path / "masks" / file, picture(0))
    (tmp_path / "masks/cat/3.png").write_bytes(png(30_000, 30_000))
    with pytest.raises(InputError, match=r"1 masks are too large: cat/3.png \(more than data\.limits\.pixels"):
        read_masks(tmp_path / "masks", tmp_path / "images", files, 12)


@pytest.mark.parametrize("ending", [".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".jfif"])
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_heads_of_all_formats_say_the_size(tmp_path, ending, depth):
    """Otherwise images would be refused that OpenCV reads."""
    image = np.zeros((20, 30) if ending == ".pgm" else (20, 30, 3), depth)
    if depth is np.uint16 and ending not in (".png", ".tif", ".tiff", ".ppm", ".pgm"):
        pytest.skip("the format has 8 bits")
    done, data = cv2.imencode(".jpg" if ending == ".jfif" else ending, image)
    assert done
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert stored_size(data.tobytes()) == (30, 20)


def test_the_limit_of_another_library_is_left_as_it_was():
    usual = Image.MAX_IMAGE_PIXELS
    assert stored_size(png(10**5, 10**5)) == (10**5, 10**5)
    assert usual == Image.MAX_IMAGE_PIXELS
    assert Limits().excess(10, 10) is None


# Names in an archive, in whose place others could be meant; all of them hold a picture.
ARCHIVES = {
    "a name twice": (["cat/0.png", "cat/0.png"], "holds 1 images a second time"),
    "two kinds of slashes": (["cat/0.png", "cat\\0.png"], "holds 1 images a second time"),
    "a dot": (["cat/0.png", "./cat/0.png"], "holds 1 images a second time"),
    "two slashes": (["cat/0.png", "cat//0.png"], "holds 1 images a second time"),
    "a slash in front": (["cat/0.png", "/cat/0.png"], "holds 1 images a second time"),
    "a control character": (["cat/0.png", "cat/\x1b[2J.png"], "control characters"),
    "too deep": (["cat/0.png", "cat/a/b/c/d/e/f/0.png"], "do not lie right inside a class folder"),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_names_of_archives_that_leave_a_doubt(tmp_path, case):
    names, words = ARCHIVES[case]
    content = cv2.imencode(".png", picture(0))[1].tobytes()
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        warnings.simplefilter("ignore")
        for name in ["dog/0.png", "dog/1.png", "cat/1.png", *names]:
            archive.writestr(name, content)
    assert words in refusal(tmp_path / "a.zip")[0]


@pytest.mark.parametrize(
    "name", ["../../escaped/0.png", "/escaped/0.png", "cat/../../escaped.png", "C:\\escaped\\0.png"]
)
def test_members_of_archives_stay_inside(tmp_path, name):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    make_tree(tmp_path / "images")
    path = make_zip(inner / "a.zip", tmp_path / "images")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, cv2.imencode(".png", picture(0))[1].tobytes())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with suppress(InputError):
            load(path)
    assert not list(tmp_path.rglob("escaped*"))
    assert not os.path.exists("/escaped")


def test_folders_that_lie_too_deep_are_counted(tmp_path, caplog):
    make_tree(tmp_path)
    save(tmp_path / "cat/a/b/c/d/e/f/deep.png", picture(0))
    load(tmp_path)
    assert "1 folders lie too deep, and are not looked into: cat/a/b/c/d/e/" in caplog.text


def loop(root):
    (root / "cat" / "loop").symlink_to(root)


def two_loops(root):
    (root / "cat" / "loop").symlink_to(root / "ant")
    (root / "ant" / "loop").symlink_to(root / "cat")


def pipe(root):
    os.mkfifo(root / "cat" / "pipe.png")


def device(root):
    (root / "cat" / "zero.png").symlink_to("/dev/zero")


def kernel(root):
    (root / "cat" / "self").symlink_to("/proc/self")


def nowhere(root):
    (root / "cat" / "gone.png").symlink_to(root / "nowhere")


def itself(root):
    (root / "cat" / "self.png").symlink_to(root / "cat" / "self.png")


def locked(root):
    save(root / "cat" / "locked.png", picture(0))
    (root / "cat" / "locked.png").chmod(0)
    if not os.geteuid():
        pytest.skip("root may read it")


@pytest.mark.parametrize("spoil", [loop, two_loops, pipe, device, kernel, nowhere, itself, locked])
def test_a_folder_with_traps_ends_in_a_message(tmp_path, spoil):
    make_tree(tmp_path)
    spoil(tmp_path)
    message, used = refusal(tmp_path)
    assert str(tmp_path) in message
    assert "cat/" in message or "ant/" in message
    assert used < 100


@pytest.mark.parametrize("root", ["/proc/self", "/dev/zero", "/dev/null", "/nowhere", "/etc/passwd"])
def test_roots_that_are_no_images(root):
    assert root in refusal(root)[0]


def with_byte(path, offset, change):
    """Change a byte of all local headers, and that which repeats it, two bytes further on, in the central ones."""
    data = bytearray(path.read_bytes())
    for signature, further in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset + further] = change(data[at + offset + further])
            at = data.find(signature, at + 1)
    path.write_bytes(data)


def encrypted(path):
    with_byte(path, 6, lambda flags: flags | 1)


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def emptied(path):
    path.write_bytes(b"")


def zeroed(path):
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes(200) + content[300:])


def of_another_method(path):
    with_byte(path, 8, lambda _: 99)


@pytest.mark.parametrize("spoil", [encrypted, cut, emptied, zeroed, of_another_method])
def test_archives_that_cannot_be_read(tmp_path, spoil):
    make_tree(tmp_path / "images")
    path = make_zip(tmp_path / "a.zip", tmp_path / "images")
    spoil(path)
    message, _ = refusal(path)
    assert "a.zip" in message


@pytest.mark.parametrize("name", ["=1+1", "-2", "@cmd", "+A1", "$x$", "<b>", "a b", "ä", "日本", "'quoted'"])
def test_names_of_classes_are_texts_and_nothing_else(tmp_path, name):
    make_tree(tmp_path / "images", classes=("ant", name))
    found = load_images("image_folder", tmp_path / "images", size=12).class_names
    assert sorted(found) == sorted(["ant", name])
    save_table(tmp_path / "a.csv", pd.DataFrame({"class": found}))
    assert load_table(tmp_path / "a.csv")["class"].tolist() == list(found)
    # What a spreadsheet would compute begins with an apostrophe.
    cells = (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert not [cell for cell in cells if cell.strip('"')[0] in "=+-@"]
