"""Tables of labels: what they may say of images, and what is refused of them before anything runs."""

import pytest
from actopo.config.data import part_sizes
from actopo.config.labels import label_problems

from unit.config.examples import changed, class_folders


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Of each class, 20 for training and 5 for tests."""
    return class_folders(tmp_path_factory.mktemp("images"), cat=25, dog=25)


def said_of(file, data, part="train", **choice):
    config = changed("data", data)
    config["mapper"] |= {"part": part, "labels": {"breed": {"file": str(file), "column": "breed"} | choice}}
    found = list(label_problems(config, part_sizes(config["data"])))
    return [line.replace(str(file), "FILE").removeprefix("mapper.labels.breed.") for line in found]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n\nimage,breed\n\n0,a\n\n", None),
        ("image,breed,breed\n0,a,b\n", "file: FILE has column 'breed' twice; rename one"),
        ("image,breed,image\n0,a,0\n", "file: FILE has column 'image' twice; rename one"),
        ("file,file ,breed\ncat/0.png,cat/0.png,a\n", "file: FILE has column 'file' twice; rename one"),
        ("image,x,x,breed\n0,1,2,a\n", None),
        ("image,breed\n39,a\n", None),
        ("image,breed\n39.0,a\n", None),
        (
            "image,breed\n40,a\n",
            "file: FILE names image '40', and the images have the numbers 0 to 39; their files belong in a column file",
        ),
        (
            "image,breed\n0.5,a\n",
            "file: FILE names image '0.5', and the images have the numbers 0 to 39; their files belong",
        ),
        ("breed,image\na,0\nb\n", "file: FILE names image '', and the images have the numbers 0 to 39; their files"),
        # A short row has no label, and a short row without a file names no image.
        ("file,breed\ncat/0.png,a\ncat/1.png\n", None),
        ("breed,file\na,cat/0.png\nb\n", None),
        ("file,breed\ncat/0.png\n", "file: FILE gives no image a value of 'breed'; look at its rows"),
        ("breed,file\na\n", "file: FILE gives no image a value of 'breed'; look at its rows"),
        # Where images have files, those count.
        ("image,file,breed\n99,cat/0.png,a\n", None),
        (
            "image,file,breed\n0,cat/99.png,a\n",
            "file: FILE names no image of part train: its first file is 'cat/99.png', and there is 'cat/0.png'",
        ),
        # As in tables of ours, and as on Windows.
        ("file,breed\n'cat/0.png,a\n", None),
        ("file,breed\ncat\\0.png,a\n", None),
        ("file,breed\n./cat/0.png,a\n", None),
        (
            "file,breed\ncat/0.png,a\n'cat/0.png,b\n",
            "file: FILE gives image 'cat/0.png' the labels 'a' and 'b'; give it one",
        ),
        (
            "file,breed\ncat/0.png,1\ncat/0.png,x\n",
            "file: FILE gives image 'cat/0.png' the labels '1' and 'x'; give it",
        ),
        (
            "file,breed\ncat/0.png,x\ncat/0.png,1\n",
            "file: FILE gives image 'cat/0.png' the labels 'x' and '1'; give it",
        ),
        (
            "file,breed\ncat/0.png,1\ncat/0.png,2\n",
            "file: FILE gives image 'cat/0.png' the labels '1' and '2'; give it",
        ),
        # Columns of the reader's country.
        ("image;breed\n3;1,5\n", "column: FILE has no column 'breed'; its columns are separated by ';'"),
        # Half of the labels are numbers, and most of them.
        ("image,breed\n0,1\n1,2\n2,x\n3,y\n", None),
        (
            "image,breed\n0,1\n1,2\n2,x\n3,y\n4,3\n",
            "kind: FILE has 'x' in column 'breed', most of whose labels are numb",
        ),
    ],
)
def test_a_table(tmp_path, images, text, said):
    (tmp_path / "labels.csv").write_text(text)
    found = said_of(tmp_path / "labels.csv", images)
    assert [line[: len(said or "")] for line in found] == ([] if said is None else [said])


@pytest.mark.parametrize(("number", "is_refused"), [(9, False), (10, True)])
def test_images_are_those_of_the_part(tmp_path, images, number, is_refused):
    (tmp_path / "labels.csv").write_text(f"image,breed\n{number},a\n")
    said = "file: FILE names image '10', and the images have the numbers 0 to 9; their files belong in a column file"
    assert said_of(tmp_path / "labels.csv", images, part="test") == ([said] if is_refused else [])


def test_images_of_a_part_that_has_a_folder(tmp_path):
    data = class_folders(tmp_path / "images", train_cat=2, train_dog=2, test_cat=2, test_dog=1)
    file = tmp_path / "labels.csv"
    file.write_text("file,breed\ntest/dog/0.png,a\n")
    assert not said_of(file, data, part="test")
    assert said_of(file, data, part="train") == [
        "file: FILE names no image of part train: its first file is 'test/dog/0.png', and there is 'train/cat/0.png'"
    ]


def test_images_that_are_no_files_have_numbers(tmp_path):
    file, data = tmp_path / "labels.csv", changed("data.root", str(tmp_path))["data"]
    file.write_text("image,breed\n49999,a\n")
    assert not said_of(file, data)
    file.write_text("image,file,breed\n50000,x.png,a\n")
    assert said_of(file, data) == ["file: FILE names image '50000', and the images have the numbers 0 to 49999"]
    # Their files are not known.
    file.write_text("file,breed\nx.png,a\n")
    assert not said_of(file, data)


def test_a_file_that_is_no_table(tmp_path, images, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.csv").write_bytes("image,breed\n0,Möps\n".encode("latin-1"))
    [line] = said_of(tmp_path / "labels.csv", images)
    assert line.startswith("file: FILE is no table of labels ('utf-8' codec can't decode byte 0xf6 in position ")
    assert line.endswith("); write UTF-8 .csv")
    assert said_of("lost.csv", images) == [f"file: there is no file FILE in {tmp_path}, where Snakemake runs"]


def test_words_that_are_classes(tmp_path, images):
    (tmp_path / "labels.csv").write_text("image,breed\n0,1\n1,x\n2,3\n")
    assert not said_of(tmp_path / "labels.csv", images, kind="classes")


def test_a_home_is_looked_up(tmp_path, images, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "labels.csv").write_text("image,breed\n0,a\n")
    assert not said_of("~/labels.csv", images)
