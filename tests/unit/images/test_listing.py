"""The listing of class folders changes with the images, and with nothing else."""

import os
import shutil
from zipfile import ZipFile

import pytest
from actopo.images.listing import image_listing, parts_and_classes


@pytest.fixture
def folder(tmp_path):
    """A folder of two classes."""
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "images" / name).write_bytes(b"one")
    return tmp_path / "images"


def test_names_and_sizes_count(folder):
    seen = [image_listing(folder)]
    (folder / "a/1.png").write_bytes(b"more")
    seen.append(image_listing(folder))
    (folder / "a/1.png").rename(folder / "a/3.png")
    seen.append(image_listing(folder))
    (folder / "a/3.png").unlink()
    seen.append(image_listing(folder))
    (folder / "a/4.png").symlink_to(folder / "nowhere")
    seen.append(image_listing(folder))
    assert len(set(seen)) == len(seen) == 5


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
