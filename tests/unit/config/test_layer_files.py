"""Which files hold the layers that a run needs: the same answer to whoever asks, whenever."""

import random
import re

import pytest
from actopo.config import layer_files
from actopo.config.layer_files import LONGEST_SET, SET, choose_files, files_there
from actopo.keys import layer_set_name, layers_of_set


def files_of(folder, *sets):
    """A folder in which the files of some sets of layers are, and no other."""
    files_there.cache_clear()
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name in sets:
        (folder / f"layers{name}.npz").touch()
    return str(folder)


def chosen(folder, layers, needed=None):
    names = choose_files(folder, layers, layers if needed is None else needed)
    return [name.removeprefix("layers").removesuffix(".npz") for name in names]


def test_one_file_where_there_is_none(tmp_path):
    files_there.cache_clear()
    assert chosen(str(tmp_path / "none"), [8, 0, 1, 2]) == ["0-2.8"]
    # Whoever asks for some of the layers reads the file of all.
    assert chosen(str(tmp_path / "none"), [1], [8, 0, 1, 2]) == ["0-2.8"]


def test_a_new_layer_comes_into_a_file_of_its_own(tmp_path):
    folder = files_of(tmp_path / "points", "0-2", "8")
    assert chosen(folder, [0, 1, 2, 8]) == ["0-2", "8"]
    assert chosen(folder, [0, 1, 2, 5, 8, 9]) == ["0-2", "5.9", "8"]
    assert chosen(folder, [8, 5], [0, 5, 8, 9]) == ["5.9", "8"]


def test_fewer_layers_need_no_file(tmp_path):
    folder = files_of(tmp_path / "points", "0-16", "20")
    assert chosen(folder, [3]) == ["0-16"]
    assert chosen(folder, [20]) == ["20"]


def test_a_layer_that_the_run_does_not_need_is_no_part_of_its_file(tmp_path):
    folder = files_of(tmp_path / "points", "0-2")
    assert chosen(folder, [3, 5], [0, 1, 3, 4]) == ["3-4", "5"]
    # It is read from a file that is there.
    assert chosen(folder, [1, 5], [3]) == ["0-2", "5"]


def test_a_layer_of_two_files_is_read_from_that_of_the_run(tmp_path):
    """Not from one that somebody asked for by its name, with fewer or with more layers."""
    for name in ("2", "0-1", "0-9", "2.5", "0.2.4.6"):
        folder = files_of(tmp_path / "points", "0.2.4", name)
        assert chosen(folder, [0, 2, 4]) == ["0.2.4"]
        assert chosen(folder, [2], [0, 2, 4]) == ["0.2.4"]
    # Of two alike, the first by name.
    folder = files_of(tmp_path / "points", "0-3", "3-6")
    assert chosen(folder, [3]) == ["0-3"]


def test_the_order_in_which_a_folder_is_listed_does_not_matter(tmp_path, monkeypatch):
    folder = files_of(tmp_path / "points", "0-3", "3-6")
    for there in (["layers0-3.npz", "layers3-6.npz"], ["layers3-6.npz", "layers0-3.npz"]):
        files_there.cache_clear()
        monkeypatch.setattr(layer_files.os, "listdir", lambda _, there=there: there)
        assert chosen(folder, [3]) == ["0-3"]
    files_there.cache_clear()


def test_other_files_are_left_out(tmp_path):
    folder = files_of(tmp_path / "points")
    names = ".layers1.npz.part", "layers1.npz.part", "layers.npz", "layers1.npy", "layersa.npz", "1.npz", "layers1_npz"
    for name in names:
        (tmp_path / "points" / name).touch()
    assert chosen(folder, [1, 2]) == ["1-2"]
    assert choose_files(folder, [1, 2], [1, 2], ending="") == ["layers1-2"]


def test_long_names_are_divided(tmp_path):
    files_there.cache_clear()
    layers = range(0, 300, 2)
    names = chosen(str(tmp_path / "none"), layers)
    assert 1 < len(names) < 10
    assert max(map(len, names)) <= LONGEST_SET
    assert [layer for name in names for layer in layers_of_set(name)] == list(layers)


@pytest.mark.parametrize("layers", [[0], [10_000], [1, 2, 3], [1, 3, 4, 10_007]])
def test_names_fit_the_pattern_of_the_wildcard(layers):
    assert re.fullmatch(SET, layer_set_name(layers))


@pytest.mark.parametrize("seed", range(200))
def test_a_job_finds_the_files_that_were_planned(tmp_path, seed):
    """
    Its process looks later: other planned files have come, and files that are made anew are gone for the moment.

    Those that it reads are there.
    """
    rng = random.Random(seed)
    span = rng.choice([6, 20, 400])
    some = lambda most: rng.sample(range(span), rng.randint(0, min(most, span)))  # noqa: E731
    before = {layer_set_name(own) for own in (some(5) for _ in range(rng.randint(0, 5))) if own}
    needed = some(span)
    folder = files_of(tmp_path / "points", *before)
    planned = set(chosen(folder, needed))
    assert set(needed) <= {layer for name in planned for layer in layers_of_set(name)}
    # New files take no layer from those that were there.
    held = {layer for name in before for layer in layers_of_set(name)}
    assert not held & {layer for name in planned - before for layer in layers_of_set(name)}
    for _ in range(5):
        asked = rng.sample(needed, rng.randint(0, len(needed)))
        files_of(tmp_path / "points", *before)
        wanted = chosen(folder, asked, needed)
        assert set(wanted) <= planned
        gone = {name for name in before if rng.random() < 0.3}
        come = {name for name in planned if rng.random() < 0.5}
        files_of(tmp_path / "points", *(before - gone), *come, *wanted)
        assert chosen(folder, asked, needed) == wanted
