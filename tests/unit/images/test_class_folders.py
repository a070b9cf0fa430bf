"""Names of classes, as reading the images finds them, without reading one."""

import zipfile

import pytest
from actopo.errors import InputError
from actopo.images.class_folders import class_names, count_others


@pytest.fixture
def root(tmp_path):
    for name in ("train/dog/1.png", "train/cat/1.png", "test/dog/2.jpg", "test/cat/2.jpg", "test/cat/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"not read")
    return tmp_path


def test_of_a_folder_and_its_archive(root, tmp_path_factory):
    archive = tmp_path_factory.mktemp("archive") / "images.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in root.rglob("*.*"):
            file.write(path, path.relative_to(root))
    assert class_names(root) == class_names(archive) == ["cat", "dog"]


def test_another_layout_is_refused(root):
    (root / "test/owl").mkdir()
    with pytest.raises(InputError, match="no image in class folder test/owl"):
        class_names(root)


def test_other_files_are_counted():
    names = ["cat/", "cat/1.png", "cat/notes.txt", "README", ".hidden/x.txt", "__MACOSX/y.txt"]
    assert count_others(names) == {".txt": 1, "no suffix": 1}
