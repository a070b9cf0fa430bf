"""Check sums are beside their files, never another file's, and say what to do about a damaged file."""

import os
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
import torch
from actopo import checksums
from actopo.checksums import DamagedFile, check, move, remove, sum_file, written_by
from actopo.files import (
    load_array,
    load_arrays,
    load_json,
    load_table,
    replacing,
    save_array,
    save_arrays,
    save_json,
    save_table,
)
from actopo.networks.weights import load_tensors, save_tensors
from faults.examples import written_example

KINDS = {
    "a.npy": (lambda path: save_array(path, np.arange(20.0)), load_array),
    "mapped.npy": (lambda path: save_array(path, np.arange(20.0)), lambda path: load_array(path, mapped=True)),
    "a.npz": (lambda path: save_arrays(path, x=np.arange(9.0), y=np.eye(2)), lambda path: dict(load_arrays(path))),
    "a.json": (lambda path: save_json(path, {"a": [1, 2.5], "b": "text"}), load_json),
    "a.csv": (lambda path: save_table(path, pd.DataFrame({"x": [1.25, 2], "class": ["a", "b"]})), load_table),
    "a.safetensors": (lambda path: save_tensors(path, {"w": torch.arange(6.0)}, run="a"), load_tensors),
}


@pytest.fixture(params=KINDS)
def written(request, tmp_path):
    """A file of every kind, and its reader."""
    return written_example(KINDS, request.param, tmp_path)


def flip(path, byte, bit):
    """Change one bit, in a new file, so that no process takes it for one that it has checked."""
    content = bytearray(path.read_bytes())
    content[byte] ^= 1 << bit
    spoil(path, bytes(content))


def spoil(path, content):
    new = path.with_name("new")
    new.write_bytes(content)
    os.replace(new, path)


def test_every_flipped_bit_is_found(written):
    path, read = written
    whole = path.read_bytes()
    for place in range(8 * len(whole)):
        flip(path, *divmod(place, 8))
        with pytest.raises(DamagedFile):
            read(path)
        spoil(path, whole)
    read(path)


def test_every_flipped_bit_of_a_check_sum_is_found(written):
    path, read = written
    sums = sum_file(path)
    whole, found = sums.read_bytes(), 0
    for place in range(8 * len(whole)):
        checksums._checked.clear()
        flip(sums, *divmod(place, 8))
        try:
            read(path)
        except DamagedFile as error:
            found += str(sums) in str(error)
        spoil(sums, whole)
    # The name of the rule alone can become another name.
    assert found > 8 * (len(whole) - len("make_it"))


@pytest.mark.parametrize("has_sum", [True, False])
def test_a_file_cut_anywhere_is_found(written, has_sum):
    path, read = written
    whole = path.read_bytes()
    if not has_sum:
        sum_file(path).unlink()
        if path.suffix == ".csv":
            pytest.skip("nothing in a table says how long it is")
    # Without a check sum the last line feed is not missed.
    for length in range(len(whole) if has_sum else len(whole) - 1):
        spoil(path, whole[:length])
        with pytest.raises(DamagedFile, match=r"damaged|empty"):
            read(path)


def test_the_message_says_what_who_and_what_to_do(written):
    path, read = written
    flip(path, 0, 0)
    with pytest.raises(DamagedFile) as caught:
        read(path)
    message = str(caught.value)
    assert message == (
        f"{path} is damaged: its content is not that which was written; rule make_it makes it: to make it again, "
        f"rm {path} and run the same command as before, first with -- {path} at its end: if it comes out the same, "
        f"nothing else runs (if you changed the file on purpose, rm {sum_file(path)} instead)"
    )
    path.unlink()
    with pytest.raises(DamagedFile, match="is missing; rule make_it makes it: to make it again, rm "):
        read(path)


def test_a_file_changed_on_purpose_is_read_without_its_check_sum(written):
    path, read = written
    read(path)
    sum_file(path).unlink()
    checksums._checked.clear()
    read(path)
    assert checksums.rule_of(path) is None


def test_a_copy_of_a_folder_is_whole(written, tmp_path):
    path, read = written
    shutil.copytree(path.parent, tmp_path / "copy")
    read(tmp_path / "copy" / path.name)


def test_sha256sum_agrees(written):
    path, _ = written
    done = subprocess.run(["sha256sum", "-c", sum_file(path).name], cwd=path.parent, capture_output=True, text=True)
    assert done.stdout == f"{path.name}: OK\n"
    assert done.returncode == 0


def test_names_with_spaces_are_quoted(tmp_path):
    path = tmp_path / "an ünusual name's.json"
    save_json(path, {})
    load_json(path)
    spoil(path, b"")
    with pytest.raises(DamagedFile) as caught:
        load_json(path)
    command = str(caught.value).split("again, ")[1].split(" and run")[0]
    subprocess.run(command, shell=True, check=True)
    assert not path.exists()


@pytest.mark.parametrize("broken", range(3))
def test_a_kill_between_two_steps_leaves_no_wrong_check_sum(tmp_path, monkeypatch, broken):
    path = tmp_path / "a.json"
    save_json(path, {"old": 1})
    steps = iter([broken == 0, broken == 1, broken == 2])

    def dying(step):
        def stop(*arguments, **kwargs):
            if next(steps, False):
                raise SystemExit
            return step(*arguments, **kwargs)

        return stop

    monkeypatch.setattr(checksums.os, "replace", dying(os.replace))
    monkeypatch.setattr(checksums.Path, "unlink", dying(checksums.Path.unlink))
    with pytest.raises(SystemExit):
        save_json(path, {"new": 2})
    monkeypatch.undo()
    assert load_json(path) in ({"old": 1}, {"new": 2})


def test_a_file_moves_with_its_check_sum(tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    written_by("make_first")
    save_json(first, {"a": 1})
    written_by(None)
    save_json(second, {"b": 2})
    move(first, second)
    assert load_json(second) == {"a": 1}
    assert checksums.rule_of(second) == "make_first"
    flip(second, 3, 0)
    with pytest.raises(DamagedFile):
        load_json(second)
    remove(second)
    remove(second)
    assert not list(tmp_path.iterdir())


def test_a_file_without_a_check_sum_moves_alone(tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text("{}")
    save_json(second, {"b": 2})
    move(first, second)
    assert load_json(second) == {}


def test_files_of_a_folder_have_check_sums(tmp_path):
    written_by("make_it")
    with replacing(tmp_path / "folder") as folder:
        folder.mkdir()
        np.save(folder / "a.npy", np.arange(3))
    written_by(None)
    assert load_array(tmp_path / "folder/a.npy").tolist() == [0, 1, 2]
    flip(tmp_path / "folder/a.npy", -1, 0)
    # Snakemake knows the folder alone.
    with pytest.raises(DamagedFile, match=f"rule make_it makes it: to make it again, rm -r {tmp_path}/folder and run"):
        load_array(tmp_path / "folder/a.npy")


def test_a_file_that_is_read_again_is_not_hashed_again(tmp_path, monkeypatch):
    save_json(tmp_path / "a.json", {})
    check(tmp_path / "a.json")
    monkeypatch.setattr(checksums, "_sha256", None)
    check(tmp_path / "a.json")
    os.utime(tmp_path / "a.json", (0, 0))
    with pytest.raises(TypeError):
        check(tmp_path / "a.json")


def test_a_file_that_is_changed_in_place_with_its_time_is_hashed_again(tmp_path):
    path = tmp_path / "a.json"
    save_json(path, {"a": 1})
    check(path)
    written = path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes().replace(b"1", b"2"))
    os.utime(path, ns=(written, written))
    with pytest.raises(DamagedFile, match="is damaged"):
        check(path)


def test_an_array_that_is_not_there(tmp_path):
    save_arrays(tmp_path / "a.npz", x=np.zeros(1))
    with pytest.raises(DamagedFile, match="has no array y; it has x; "):
        load_arrays(tmp_path / "a.npz")["y"]
