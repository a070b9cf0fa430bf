"""What the listing refuses, it says in one message, as Snakemake does."""

import subprocess
import sys

import list_layers
import pytest
from actopo.errors import InputError

pytestmark = pytest.mark.usefixtures("forked_questions")


def listing(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["list_layers.py", *map(str, arguments)])
    list_layers.main()


@pytest.fixture
def config(tmp_path):
    def write(text):
        file = tmp_path / "mine.yaml"
        file.write_text(text)
        return file

    return write


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("homology: {model: absent}", "homology.model: 'absent' is not under models; choose one of resnet18_a"),
        ("models: null", "models: null is not a mapping"),
        ("data: null", "data: null is not a mapping"),
        ("data: {size: big}", "data.size: 'big' is not a whole number"),
        ("- data\n- models", "has no keys; write some at its top"),
        ("data: [", "is no YAML that can be read: while parsing"),
        ("data: 2026-13-45", "is no YAML that can be read: month must be in 1..12"),
        (f"data: {'1' * 5000}", "is no YAML that can be read: Exceeds the limit"),
        ("data: " + "[" * 5000, "is no YAML that can be read: maximum recursion depth"),
        ("run: &run [*run]", "run.0.0: a configuration has 30 levels at most"),
        ("data: {root: ~nosuchuser/x, dataset: image_folder}", "data.root: there is no user whose home '~nosuchuser'"),
        ("models: {resnet18_a: {module: absent.py:build}}", "models.resnet18_a.module: there is no file absent.py"),
        (
            "models: {x: {architecture: resnet19, weights: DEFAULT, seeds: 1}}\nhomology: {model: x}",
            "models.x: unknown architecture 'resnet19'; did you mean resnet1",
        ),
    ],
)
def test_a_wrong_config_is_refused(text, words, config, monkeypatch, capsys):
    with pytest.raises(InputError) as caught:
        listing(monkeypatch, config(text))
    assert words in str(caught.value)
    assert not capsys.readouterr().out


def test_layers_that_are_wrong_are_for_the_listing_to_mend(config, monkeypatch, capsys):
    listing(monkeypatch, config("mapper: {layers: [absent]}\nfigures: {row: 99}"))
    assert [line for line in capsys.readouterr().out.splitlines() if ":" in line] == [
        "resnet18_a: resnet18_cifar, images of 32 x 32 x 3",
        "resnet18_b: resnet18_cifar, images of 32 x 32 x 3",
    ]


def test_names_of_models_do_not_swallow_config_files(config, monkeypatch, capsys):
    listing(monkeypatch, "--models", "resnet18_b,resnet18_a", config("data: {size: 16}"))
    assert [line for line in capsys.readouterr().out.splitlines() if ":" in line] == [
        "resnet18_b: resnet18_cifar, images of 16 x 16 x 3",
        "resnet18_a: resnet18_cifar, images of 16 x 16 x 3",
    ]
    with pytest.raises(InputError, match="no model absent; the config has resnet18_a, resnet18_b"):
        listing(monkeypatch, "--models", "absent")


def test_costs_of_every_layer_stand_below(config, monkeypatch, capsys):
    listing(monkeypatch, config("data: {dataset: digits, root: null, size: 16, channels: 1}"))
    own, other = capsys.readouterr().out.split("resnet18_b")
    heads = [line for line in own.splitlines() if line.startswith("points and disk")]
    assert len(heads) == 1
    assert "homology study, for one network and a batch of 1000 images" in heads[0]
    # 1438 images for training, at 2 x 2 positions of 512 channels in the last layer.
    assert "mapper study, for one network and 1438 images" in other
    last = other.rstrip().splitlines()[-1]
    assert last.split()[:2] == ["16", "4"]
    assert f"{1438 * 4} ({1438 * 4 * (4 * 512 + 28) / 1e6:.1f} MB)" in last


def test_networks_of_the_studies_are_listed_compared_ones_too(monkeypatch, capsys, config):
    training = "{epochs: 2, batch_size: 8, learning_rate: 0.1, schedule: triangular, peak_epoch: 1}"
    own = f"{{architecture: resnet18_cifar, width: 2, shortcut: A, seeds: 1, training: {training}}}"
    pair = "comparison: {networks: [{model: resnet18_a}, {model: narrow}], sampling: null}"
    listing(monkeypatch, config(f"models: {{narrow: {own}, other: {own}}}\n{pair}"))
    lines = capsys.readouterr().out.splitlines()
    listed = [line.split(":")[0] for line in lines if ": resnet18_cifar, images of" in line]
    assert listed == ["resnet18_a", "resnet18_b", "narrow"]


def test_a_reader_that_has_enough():
    """As `list_layers.py | head` does, which ends before the listing."""
    command = [sys.executable, list_layers.__file__]
    listed = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    listed.stdout.close()
    assert listed.stderr.read() == ""
    assert listed.wait() == 0
