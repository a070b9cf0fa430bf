"""Files are whole or absent, and the same content is the same bytes."""

import io
import json
import os
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
from actopo.checksums import DamagedFile
from actopo.errors import InputError
from actopo.files import (
    by_folder,
    link_or_copy,
    load_array,
    load_arrays,
    load_json,
    load_named,
    load_table,
    replacing,
    save_array,
    save_arrays,
    save_bytes,
    save_json,
    save_table,
    without_apostrophes,
    writing_arrays,
)


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.json"
    save_json(path, {"old": 1})
    with pytest.raises(RuntimeError, match="full"), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("disk full")
    assert load_json(path) == {"old": 1}
    assert sorted(file.name for file in tmp_path.iterdir()) == [".a.json.sha256", "a.json"]


def test_a_failure_in_an_archive_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), writing_arrays(tmp_path / "a.npz") as add:
        add("x", np.zeros(3))
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "folder"
    for name in ("one", "two"):
        with replacing(path) as temporary:
            temporary.mkdir()
            (temporary / name).write_text(name)
    assert sorted(file.name for file in path.iterdir()) == [".two.sha256", "two"]
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.mkdir()
        raise RuntimeError
    assert [file.name for file in tmp_path.iterdir()] == ["folder"]


def test_a_file_does_not_take_the_place_of_a_folder(tmp_path):
    (tmp_path / "own/thesis").mkdir(parents=True)
    with pytest.raises(InputError, match="own cannot be written"):
        save_json(tmp_path / "own", {})
    assert [path.name for path in tmp_path.rglob("*")] == ["own", "thesis"]


def test_arrays_round_trip_with_the_same_bytes(tmp_path):
    arrays = {"a": np.arange(6.0).reshape(2, 3), "empty": np.empty((0, 2)), "b.c": np.array([True, False])}
    save_arrays(tmp_path / "1.npz", **arrays)
    time.sleep(2.1)  # the clock of a zip archive ticks every two seconds
    save_arrays(tmp_path / "2.npz", **arrays)
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()
    loaded = load_arrays(tmp_path / "1.npz")
    assert loaded.files == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype


def test_a_mapped_array_cannot_be_changed(tmp_path):
    save_array(tmp_path / "a.npy", np.arange(3))
    assert load_array(tmp_path / "a.npy").flags.writeable
    assert not load_array(tmp_path / "a.npy", mapped=True).flags.writeable


@pytest.mark.parametrize("mapped", [False, True])
def test_an_archive_is_no_single_array(tmp_path, mapped):
    np.savez(tmp_path / "a.npz", x=np.arange(3))
    (tmp_path / "a.npz").rename(tmp_path / "a.npy")
    with pytest.raises(DamagedFile, match="it is no single array"):
        load_array(tmp_path / "a.npy", mapped)


def test_bytes_behind_an_array_are_told(tmp_path):
    array = io.BytesIO()
    np.save(array, np.arange(3))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", array.getvalue())
        archive.writestr("y.npy", array.getvalue() + b"more")
    arrays = load_arrays(tmp_path / "a.npz")
    assert arrays["x"].tolist() == [0, 1, 2]
    with pytest.raises(DamagedFile, match="y has more bytes than its array"):
        arrays["y"]


def test_objects_are_neither_written_nor_read(tmp_path):
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        save_array(tmp_path / "a.npy", np.array([{}, []], dtype=object))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("compact", [False, True])
def test_json_is_strict(tmp_path, compact):
    value = {"x": np.float64("nan"), 1: [np.int64(2), np.inf], "m": np.eye(2), "t": (1, "ä")}
    save_json(tmp_path / "a.json", value, compact)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text.count("\n") == 1 or not compact
    assert json.loads(text) == {"x": None, "1": [2, None], "m": [[1, 0], [0, 1]], "t": [1, "ä"]}
    assert "NaN" not in text


def test_table(tmp_path):
    save_table(tmp_path / "a.csv", pd.DataFrame({"x": [1, 2], "y": ["a", "b"]}))
    assert (tmp_path / "a.csv").read_text() == "x,y\n1,a\n2,b\n"


@pytest.mark.parametrize("column", ["class", "sampling", "name", "name_a", "name_b"])
def test_names_stay_texts(tmp_path, column):
    """Modules of an `nn.Sequential` have numbers for names."""
    names = ["1", "NA", "None", "nan", "null"]
    save_table(tmp_path / "a.csv", pd.DataFrame({column: names, "purity": [0.5, np.nan, 1, 1, 1]}))
    table = load_table(tmp_path / "a.csv")
    assert table[column].tolist() == names
    assert table.purity.isna().tolist() == [False, True, False, False, False]
    # Where all of them are numbers, too, as those of digits.
    save_table(tmp_path / "a.csv", pd.DataFrame({column: ["7", "08"]}))
    assert load_table(tmp_path / "a.csv")[column].tolist() == ["7", "08"]


def test_spreadsheets_compute_nothing(tmp_path):
    names = ["=1+1", "+1", "-1", "@x", "'", "'=1", "''", "cat", "a=b", "\t=1", ""]
    table = pd.DataFrame({"class": names, "class_b": names[::-1], "number": [-1.5, *range(10)], "seed": -1})
    save_table(tmp_path / "a.csv", table)
    lines = (tmp_path / "a.csv").read_text().splitlines()[1:]
    assert not any(line[0] in "=+-@\t" for line in lines)
    assert lines[0].startswith("'=1+1,")
    read = load_table(tmp_path / "a.csv")
    assert read["class"].fillna("").tolist() == names
    assert read["class_b"].fillna("").tolist() == names[::-1]
    assert read.number.tolist() == table.number.tolist()
    # Rows of a table that was sorted or filtered.
    save_table(tmp_path / "a.csv", table.iloc[[3, 7, 0]])
    assert load_table(tmp_path / "a.csv")["class"].tolist() == ["@x", "cat", "=1+1"]


def test_apostrophes_of_a_users_own_table_stay():
    table = pd.DataFrame({"file": ["'tis.png", "'=1", "''a", "'", "b'"], "n": range(5)})
    assert without_apostrophes(table)["file"].tolist() == ["'tis.png", "=1", "'a", "'", "b'"]


def test_what_a_killed_job_left_is_removed(tmp_path):
    (tmp_path / ".folder.part").mkdir()
    (tmp_path / ".folder.part/half").write_text("half")
    with replacing(tmp_path / "folder") as temporary:
        temporary.mkdir()
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert not list((tmp_path / "folder").iterdir())


def test_numbers_of_a_table_come_back_to_the_last_digit(tmp_path):
    written = pd.DataFrame({"value": np.random.default_rng(0).normal(size=2000) * 10.0 ** np.arange(-250, 250, 0.25)})
    save_table(tmp_path / "a.csv", written)
    np.testing.assert_array_equal(load_table(tmp_path / "a.csv")["value"], written["value"])


def test_bytes_are_written_whole(tmp_path):
    save_bytes(tmp_path / "a.bin", b"one")
    save_bytes(tmp_path / "a.bin", b"two")
    assert (tmp_path / "a.bin").read_bytes() == b"two"
    with pytest.raises(TypeError):
        save_bytes(tmp_path / "a.bin", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]
    assert (tmp_path / "a.bin").read_bytes() == b"two"


def test_arrays_of_several_files(tmp_path):
    one, two = tmp_path / "1.npz", tmp_path / "2.npz"
    save_arrays(one, a=np.arange(2), b=np.arange(3))
    save_arrays(two, b=np.arange(9), c=np.arange(4))
    assert [len(array) for array in load_named([one, two], ["c", "b", "a", "c"])] == [4, 3, 2, 4]
    assert [len(array) for array in load_named([two, one], ["b"])] == [9]
    assert load_named(str(one), []) == load_named([], []) == []
    for paths, kind in (([one, two], DamagedFile), (one, DamagedFile), ([], KeyError)):
        with pytest.raises(kind, match="missing"):
            load_named(paths, ["missing"])


@pytest.mark.parametrize("has_links", [True, False])
def test_a_second_name_takes_the_place_of_another_and_leaves_that_file_alone(tmp_path, monkeypatch, has_links):
    for name in ("first", "second"):
        (tmp_path / name).write_text(name)
    link_or_copy(tmp_path / "first", tmp_path / "other")
    if not has_links:
        monkeypatch.setattr(os, "link", lambda *_: os.stat(tmp_path / "nowhere"))
    link_or_copy(tmp_path / "second", tmp_path / "other")
    assert [(tmp_path / name).read_text() for name in ("first", "second", "other")] == ["first", "second", "second"]
    assert (tmp_path / "second").samefile(tmp_path / "other") == has_links


def test_paths_of_one_folder_belong_together():
    assert by_folder([]) == []
    assert by_folder(["b/1", "a/1", "b/0", "c/1"]) == [["b/1", "b/0"], ["a/1"], ["c/1"]]
