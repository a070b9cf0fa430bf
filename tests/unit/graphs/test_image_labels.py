"""Tables of labels: what they may lack, and what is refused."""

import numpy as np
import pytest
from actopo.errors import InputError
from actopo.graphs.image_labels import image_labels, read_label_table

FILES = ["train/cat/a.png", "train/cat/b.png", "train/dog/ü c.png", "train/dog/d.png"]
NONE = [None] * 4


def read(tmp_path, text, column="breed", files=FILES, **kwargs):
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return image_labels(read_label_table(path), column, files, source="labels.csv", **kwargs)


def test_classes_of_files_in_any_order(tmp_path):
    text = "file,breed\ntrain/dog/ü c.png,pug\n./train/cat/a.png,\ntrain\\cat\\b.png, NA \ntest/x.png,tabby\n"
    found = read(tmp_path, text)
    assert found.class_names == ["NA", "pug"]
    assert found.values.tolist() == [-1, 0, 1, -1]
    assert found.is_known.tolist() == [False, True, True, False]
    # One row is of an image of another part.
    assert found.n_unknown == 1


def test_names_of_files_may_be_copied_from_a_table_of_ours(tmp_path):
    """There a name that begins as a formula does has an apostrophe."""
    labels = read(tmp_path, "file,breed\n'=1+1/a.png,x\n=1+1/b.png,y\n", files=["=1+1/a.png", "=1+1/b.png"])
    assert (labels.values.tolist(), labels.class_names) == ([0, 1], ["x", "y"])


def test_names_of_files_may_have_spaces_around_them(tmp_path):
    """Of the name itself, or of the table alone."""
    files = [" lead/a.png", "b.png ", "lead/c.png"]
    labels = read(tmp_path, "file,breed\n lead/a.png,x\nb.png , y\n lead/c.png,z\n", files=files)
    assert (labels.values.tolist(), labels.class_names) == ([0, 1, 2], ["x", "y", "z"])


def test_numbers_of_image_numbers(tmp_path):
    found = read(tmp_path, "image,size\n3,1e2\n0,-2\n1,\n", "size", NONE)
    np.testing.assert_array_equal(found.values, [-2, np.nan, np.nan, 100])
    assert found.class_names is None
    assert found.is_known.tolist() == [True, False, False, True]
    # Numbers may be the codes of classes.
    found = read(tmp_path, "image,size\n3,10\n0,9\n1,10\n", "size", NONE, kind="classes")
    assert (found.class_names, found.values.tolist()) == (["10", "9"], [1, 0, -1, 0])


def test_files_count_where_images_have_them(tmp_path):
    text = "image,file,breed\n0,train/dog/d.png,pug\n"
    assert read(tmp_path, text).values.tolist() == [-1, -1, -1, 0]
    assert read(tmp_path, text, files=NONE).values.tolist() == [0, -1, -1, -1]
    assert read(tmp_path, "image,breed\n2,pug\n").values.tolist() == [-1, -1, 0, -1]


def test_a_mark_of_the_byte_order_and_equal_rows_do_no_harm(tmp_path):
    text = "\ufeffimage,breed\n1,pug\n1,pug\n"
    assert read(tmp_path, text).values.tolist() == [-1, 0, -1, -1]


@pytest.mark.parametrize(
    ("text", "kwargs", "words"),
    [
        ("image,race\n0,pug\n", {}, "labels.csv has no column 'breed'; it has image, race"),
        ("name,breed\na.png,pug\n", {}, "does not say which images its rows are of; add a column file"),
        ("file,breed\na.png,pug\n", {"files": NONE}, "add a column image"),
        ("file,breed\nb.png,pug\n", {}, "names none of the images: its first file is 'b.png', that of the images"),
        ("image,breed\n0,pug\n4,cat\n", {}, "names image '4', and the images have the numbers 0 to 3"),
        ("image,breed\n-1,pug\n", {}, "names image '-1'"),
        ("image,breed\n1.5,pug\n", {}, "names image '1.5'"),
        ("image,breed\n,pug\n", {}, "names image nan"),
        ("image,breed\n0,pug\n0,tabby\n", {}, "gives image train/cat/a.png the labels 'pug' and 'tabby'; give it one"),
        ("image,breed\n0,\n", {}, "gives none of the 4 images a value of 'breed'"),
        ("image,breed\n", {}, "gives none of the 4 images a value of 'breed'"),
        (
            "image,breed\n0,3\n1,three\n",
            {"kind": "numbers"},
            "has 'three' in column 'breed', which is no",
        ),
        ("image,breed\n0,inf\n", {"kind": "numbers"}, "has 'inf'"),
        ("image,breed\n0,3\n1,NA\n2,4\n", {}, "has 'NA' in column 'breed', most of whose labels are numbers"),
        ("", {}, "labels.csv is no table of labels"),
        ('image,breed\n0,"pug\n', {}, "labels.csv is no table of labels"),
        ("image,breed,breed \n0,pug,cat\n", {}, "labels.csv has column 'breed' twice; rename one"),
    ],
)
def test_refused(tmp_path, text, kwargs, words):
    with pytest.raises(InputError, match=words):
        read(tmp_path, text, **kwargs)


def test_other_encodings_are_named(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes("image,breed\n0,Möps\n".encode("latin-1"))
    with pytest.raises(InputError, match="write UTF-8"):
        read_label_table(path)
