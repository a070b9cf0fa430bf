"""The listing of class folders changes with the images, and with nothing else."""

import os
import shutil
import time
from zipfile import ZipFile

import pytest
from actopo.digests import file_digest
from actopo.images.listing import image_listing, parts_and_classes


@pytest.fixture
def folder(tmp_path):
    """A folder of two classes."""
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).write_bytes(b"one")
    return tmp_path / "images"


def test_names_and_contents_count(folder):
    seen = [image_listing(folder)]
    for content in (b"more", b"less"):
        (folder / "a/1.png").write_bytes(content)
        seen.append(image_listing(folder))
    (folder / "a/1.png").rename(folder / "a/3.png")
    seen.append(image_listing(folder))
    (folder / "a/3.png").unlink()
    seen.append(image_listing(folder))
    (folder / "a/4.png").symlink_to(folder / "nowhere")
    seen.append(image_listing(folder))
    assert len(set(seen)) == len(seen) == 6


def test_of_a_large_folder_names_and_sizes_count(folder, monkeypatch):
    monkeypatch.setattr("actopo.images.listing.MAX_READ", 8)
    seen = []
    for content in (b"one", b"two", b"three"):
        (folder / "a/1.png").write_bytes(content)
        seen.append(image_listing(folder))
    assert seen[0] == seen[1] != seen[2]


def test_a_folder_is_read_again_after_a_change_alone(folder, tmp_path, monkeypatch):
    cache, read = tmp_path / "cache", []
    monkeypatch.setattr("actopo.images.listing.file_digest", lambda file: read.append(file) or file_digest(file))
    first = image_listing(folder, cache)
    assert image_listing(folder, cache) == image_listing(folder / "../images", cache) == first
    assert len(read) == 3
    times = (folder / "a/1.png").stat()
    time.sleep(0.1)
    # As a program that unpacks leaves it: another image with the time and size of the one that was there.
    (folder / "a/1.png").write_bytes(b"two")
    os.utime(folder / "a/1.png", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert image_listing(folder, cache) == image_listing(folder) != first
    # A cache that is damaged or cannot be written costs time, and nothing else.
    for path in cache.iterdir():
        path.write_text("no digest")
    assert image_listing(folder, cache) == image_listing(folder, folder / "a/1.png") == image_listing(folder)


def test_an_image_that_cannot_be_read_is_left_to_the_job(folder, monkeypatch):
    def fail(file):
        raise PermissionError(file)

    before = image_listing(folder)
    monkeypatch.setattr("actopo.images.listing.file_digest", fail)
    assert image_listing(folder) not in {before, ""}


def test_many_images_are_told(folder, monkeypatch, caplog):
    image_listing(folder)
    assert not caplog.messages
    monkeypatch.setattr("actopo.images.listing.MANY", 2)
    image_listing(folder)
    assert caplog.messages == ["reading 3 images once, to know when one of them changes"]


def test_place_times_and_other_files_do_not_count(folder, tmp_path):
    before = image_listing(folder)
    os.utime(folder / "a/1.png", (1, 1))
    (folder / "README.txt").write_text("no image")
    (folder / ".cache").mkdir()
    (folder / ".cache/1.png").touch()
    assert image_listing(folder) == before
    copy = shutil.copytree(folder, tmp_path / "elsewhere" / "other name")
    (tmp_path / "link").symlink_to(copy)
    assert image_listing(copy) == image_listing(tmp_path / "link") == image_listing(f"{copy}/../other name/") == before


def test_a_link_to_its_own_folder_is_left_to_the_job(folder):
    (folder / "a" / "again").symlink_to(folder)
    assert image_listing(folder) == ""


def test_check_sums_of_an_archive_count(tmp_path):
    seen = []
    for content in ("one", "one", "two"):
        with ZipFile(tmp_path / "images.zip", "w") as archive:
            archive.writestr("a/1.png", content)
            archive.writestr("about.txt", str(len(seen)))
        seen.append(image_listing(tmp_path / "images.zip"))
    assert seen[0] == seen[1] != seen[2]
    (tmp_path / "images.zip").write_bytes(b"no zip")
    assert image_listing(tmp_path / "images.zip") == image_listing(tmp_path / "nowhere") == ""


def test_parts_and_classes(folder, tmp_path):
    assert parts_and_classes(folder) == (False, ["a", "b"])
    for part in ("train", "test"):
        shutil.copytree(folder, tmp_path / "parts" / part)
    assert parts_and_classes(tmp_path / "parts") == (True, ["a", "b"])
    # The job that reads these reports them.
    assert parts_and_classes(tmp_path / "nowhere") == parts_and_classes(folder / "a") == (False, None)
