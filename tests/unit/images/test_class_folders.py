"""Names and sizes of classes, as reading the images finds them, without reading one."""

import os
import zipfile
from pathlib import Path

import pytest
from actopo.errors import InputError
from actopo.images import class_folders
from actopo.images.class_folders import class_files, count_others, open_source


@pytest.fixture
def root(tmp_path):
    for name in ("train/dog/1.png", "train/cat/1.png", "test/dog/2.jpg", "test/cat/2.jpg", "test/cat/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"not read")
    return tmp_path


def class_sizes(root):
    return [{name: len(files) for name, files in classes.items()} for classes in class_files(root)]


def test_of_a_folder_and_its_archive(root, tmp_path_factory):
    archive = tmp_path_factory.mktemp("archive") / "images.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in root.rglob("*.*"):
            file.write(path, path.relative_to(root))
    assert class_sizes(root) == class_sizes(archive) == [{"cat": 1, "dog": 1}, {"cat": 1, "dog": 1}]


def test_images_without_labels_lie_in_any_folders(root, tmp_path_factory):
    unlabelled = class_files(root, labelled=False)
    assert [list(part) for part in unlabelled] == [["unlabelled"]] * 2
    assert sorted(unlabelled[1]["unlabelled"]) == ["test/cat/2.jpg", "test/dog/2.jpg"]
    flat = tmp_path_factory.mktemp("flat")
    for name in ("b.png", "a.jpg", "test/c.png", "deep/er/d.png", "notes.txt"):
        (flat / name).parent.mkdir(parents=True, exist_ok=True)
        (flat / name).touch()
    [files] = class_files(flat, labelled=False)
    assert sorted(files["unlabelled"]) == ["a.jpg", "b.png", "deep/er/d.png", "test/c.png"]
    with pytest.raises(InputError, match=r"images do not lie right inside|no class folders"):
        class_files(flat)
    (flat / "empty").mkdir()
    with pytest.raises(InputError, match="holds no image"):
        class_files(flat / "empty", labelled=False)


def test_a_flat_folder_is_told_what_to_set(tmp_path):
    (tmp_path / "a.png").touch()
    with pytest.raises(InputError, match=r"For images without labels, set data\.labelled to false"):
        class_files(tmp_path)


def test_another_layout_is_refused(root):
    (root / "test/owl").mkdir()
    with pytest.raises(InputError, match="no image in class folder test/owl"):
        class_sizes(root)


def test_other_files_are_counted():
    names = ["cat/", "cat/1.png", "cat/notes.txt", "README", ".hidden/x.txt", "__MACOSX/y.txt"]
    assert count_others(names) == {".txt": 1, "no suffix": 1}


def test_links_to_folders_around_them_are_refused(root):
    """Two of them would double with every level."""
    before = class_sizes(root)
    elsewhere = root.with_name("elsewhere")
    (root / "train/cat").rename(elsewhere)
    (root / "train/cat").symlink_to(elsewhere)
    assert class_sizes(root) == before
    for name in ("loop", "other"):
        (root / "train/dog" / name).symlink_to(root)
    with pytest.raises(InputError, match=r"train/dog/(loop|other) is a link to a folder around it"):
        class_sizes(root)


def test_a_link_to_itself_is_named(root):
    (root / "train/dog/0.png").symlink_to("0.png")
    with pytest.raises(InputError, match=r"train/dog/0\.png is a link that leads nowhere; remove it"):
        class_sizes(root)


def test_images_beside_the_class_folders_are_named(root):
    (root / "train/0.png").touch()
    with pytest.raises(InputError, match=r": 1 images lie right in train/ or test/ .* folder: train/0\.png; move"):
        class_sizes(root)


def test_links_are_followed_as_deep_as_images_may_lie(root):
    """Folders that link to each other, and not to one around them."""
    for i in range(30):
        (root / f"train/dog/{i}").mkdir()
        (root / f"train/dog/{i}/next").symlink_to(root / f"train/dog/{(i + 1) % 30}")
    with open_source(root) as (names, _):
        assert max(name.rstrip("/").count("/") for name in names) == class_folders.MAX_DEPTH


def test_a_folder_of_other_things_is_refused_before_it_is_read_whole(root, monkeypatch):
    monkeypatch.setattr(class_folders, "MAX_OTHERS", 100)
    for i in range(200):
        (root / f"{i}.txt").touch()
    with pytest.raises(InputError, match=r"is no folder of images: [0-4] of the first"):
        class_sizes(root)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")
def test_a_folder_of_the_system_is_refused():
    with pytest.raises(InputError, match=r"data\.root '/proc/self'"):
        class_sizes(Path("/proc/self"))


def test_pipes_and_devices_are_not_read(root):
    os.mkfifo(root / "pipe")
    for file in (root / "pipe", Path("/dev/zero")):
        with pytest.raises(InputError, match="is neither a folder nor a file"):
            class_sizes(file)
    (root / "pipe").rename(root / "train/dog/2.png")
    with open_source(root) as (_, read), pytest.raises(OSError, match="is no file"):
        read("train/dog/2.png")


@pytest.mark.parametrize("name", [b"o\xe9", b"a\x01b", b"a\nb"])
def test_names_that_no_table_can_hold_are_refused(root, name):
    for part in ("train", "test"):
        folder = os.fsencode(root / part) + b"/" + name
        os.mkdir(folder)
        Path(os.fsdecode(folder), "1.png").touch()
    with pytest.raises(InputError, match="have control characters or are no UTF-8") as caught:
        class_sizes(root)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "name", ["$x", "a_b^c", "\\alpha", "%", "<b>", "a\tb", "n" * 60, "中文", "👨‍👩‍👧", "שלום", "=1+1"]
)
def test_other_names_are_as_good(root, name):
    for part in ("train", "test"):
        (root / part / name).mkdir()
        (root / part / name / "1.png").touch()
    assert sorted(class_sizes(root)[0]) == sorted(["cat", "dog", name])
