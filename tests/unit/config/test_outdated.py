"""What is removed of a run, and above all what is not."""

import pytest
from actopo.checksums import sum_file
from actopo.config.outdated import is_network, outdated_files, remove_files
from actopo.errors import InputError
from actopo.files import save_bytes, save_json


@pytest.fixture
def run(tmp_path):
    """A run with two networks, of which one is asked for, and files of a user's."""
    folder = tmp_path / "results/run"
    for name in (
        "summary.json",
        "notes.json",
        "models/a/seed0.json",
        "models/a/seed1.json",
        "models/a/seed0.training/metrics.json",
        "models/a/seed2.training/metrics.json",
        "models/a/.locks/seed0",
        "points/a/seed0/homology.batch0.top_l2/layers0-3.npz",
        "points/a/seed0/homology.batch0.top_l2/layers4.npz",
        "points/a/seed1/homology.batch0.top_l2/layers0-3.npz",
        "activations/a/seed0/mapper.all.bn/layers3/layer03.npy",
        "activations/a/seed0/mapper.all.bn/layers4/layer04.npy",
        "mine/table.json",
    ):
        save_json(folder / name, {})
    save_bytes(folder / "figures/old.png", b"12345")
    return folder


WANTED = (
    "models/a/seed0.json",
    "models/a/seed0.safetensors",
    "points/a/seed0/homology.batch0.top_l2/layers0-3.npz",
    "activations/a/seed0/mapper.all.bn/layers3",
)


def names(folder, paths):
    return {path.relative_to(folder).as_posix() for path in paths}


def outdated(run):
    return outdated_files(run, [run / name for name in WANTED])


def test_what_is_not_asked_for_is_found_with_its_size(run):
    found = outdated(run)
    assert names(run, found) == {
        "models/a/seed1.json",
        "models/a/seed2.training/metrics.json",
        "points/a/seed0/homology.batch0.top_l2/layers4.npz",
        "points/a/seed1/homology.batch0.top_l2/layers0-3.npz",
        "activations/a/seed0/mapper.all.bn/layers4/layer04.npy",
        "figures/old.png",
    }
    assert found[run / "figures/old.png"] == 5
    assert list(found) == sorted(found)


def test_names_are_compared_as_paths(run):
    wanted = [run / "points" / ".." / name for name in WANTED]
    assert outdated_files(run, wanted) == outdated(run)


def test_a_network_and_its_training_folder_are_one_file(run):
    made = run / "models/a/seed1.training/metrics.json"
    made.parent.mkdir()
    made.hardlink_to(run / "models/a/seed1.json")
    found = outdated(run)
    sizes = [found[path] for path in (run / "models/a/seed1.json", made)]
    assert sorted(sizes) == [0, made.stat().st_size]
    remove_files(run, found)
    assert not made.parent.exists()


def test_what_a_killed_job_left_half_written_is_found(run):
    half = ("points/a/seed0/homology.batch0.top_l2/.layers0-3.npz.part", "models/a/.seed0.safetensors.part")
    half += ("activations/a/seed0/mapper.all.bn/.layers3.part/layer03.npy",)
    for name in half:
        (run / name).parent.mkdir(exist_ok=True)
        (run / name).write_bytes(b"12")
    before = outdated(run)
    assert set(half) <= names(run, before)
    remove_files(run, before)
    assert not [path for path in run.rglob("*.part")]
    assert (run / "activations/a/seed0/mapper.all.bn/layers3/layer03.npy").exists()


def test_networks_are_told_apart(run):
    networks = names(run, filter(lambda path: is_network(run, path), outdated(run)))
    assert networks == {"models/a/seed1.json", "models/a/seed2.training/metrics.json"}
    assert not is_network(run, run / "models/a/receptive_fields.bn/layers1.npz")
    assert not is_network(run, run / "points/a/seed1/x.npz")
    assert not is_network(run, run / "models/seed0.json")


def test_removal_takes_check_sums_and_empty_folders_and_nothing_else(run):
    (run / "activations/a/seed0/mapper.all.bn/layers4/.snakemake_timestamp").touch()
    found = outdated(run)
    kept = {path for path in run.rglob("*") if path.is_file() and path not in found}
    kept -= {sum_file(path) for path in found}
    kept = {path for path in kept if path.name != ".snakemake_timestamp"}
    assert sum_file(run / "points/a/seed1/homology.batch0.top_l2/layers0-3.npz").exists()
    remove_files(run, found)
    assert {path for path in run.rglob("*") if path.is_file()} == kept
    assert not [path for path in run.rglob("*") if path.is_dir() and not list(path.iterdir())]
    assert outdated(run) == {}
    # A second time, or after somebody else, there is nothing to do.
    remove_files(run, found)


def test_links_are_left_alone(run, tmp_path):
    outside = tmp_path / "outside"
    save_json(outside / "points/precious.json", {})
    (run / "points/a/link").symlink_to(outside)
    (run / "points/a/file.npz").symlink_to(outside / "points/precious.json")
    (run / "diagrams").symlink_to(outside / "points")
    found = outdated(run)
    assert not [path for path in found if "link" in path.parts or path.name in ("file.npz", "precious.json")]
    remove_files(run, found)
    assert (outside / "points/precious.json").exists()
    assert (run / "points/a/link").is_symlink()
    (tmp_path / "results/other").symlink_to(run)
    with pytest.raises(InputError, match="other is a link"):
        outdated_files(tmp_path / "results/other", [])


def test_a_run_that_is_not_there(tmp_path):
    assert outdated_files(tmp_path / "none", []) == {}
