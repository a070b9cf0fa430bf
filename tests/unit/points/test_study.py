"""Batches, and the network and images of a job."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from actopo.files import save_json
from actopo.networks.batch_norm import fit_batch_norm
from actopo.networks.build import build
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.networks.weights import save_tensors
from actopo.points.noise import gaussian_noise
from actopo.points.study import batches, some_of, study_of

from unit.images.examples import error_of


def test_batches_are_disjoint_and_stable():
    ten = batches(103, 10, 10, seed=5)
    assert ten.shape == (10, 10)
    assert ten.dtype == np.int64
    assert len(np.unique(ten)) == 100
    assert 0 <= ten.min() < ten.max() < 103
    for n in range(1, 10):
        np.testing.assert_array_equal(batches(103, 10, n, seed=5), ten[:n])
    assert (batches(103, 10, 10, seed=6) != ten).any()
    np.testing.assert_array_equal(np.sort(batches(12, 4, 3, seed=0), axis=None), np.arange(12))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((100, 10, 11), ["homology.batches: 11 batches", "homology.batch_size 10", "there are 100", "at most 10"]),
        ((100, 101, 1), ["homology.batch_size to at most 100"]),
        ((100, 10, 0), ["homology.batches is 0"]),
        ((100, 0, 10), ["homology.batch_size is 0"]),
    ],
)
def test_impossible_batches(arguments, words):
    message = error_of(batches, *arguments, seed=0)
    assert all(word in message for word in words)


@pytest.fixture
def job(tmp_path):
    """Function that makes the job of a network of two channels, with weights or without."""
    images = np.random.default_rng(0).integers(0, 256, (23, 12, 12, 3), dtype=np.uint8)
    np.save(tmp_path / "images.npy", images)
    meta = {"image_shape": [12, 12, 3], "class_names": ["a", "b", "c"], "mean": [0.5] * 3, "std": [0.25, 0.5, 0.2]}
    save_json(tmp_path / "meta.json", meta)

    def make(weights="", seed=4, subset="all"):
        files = {"weights": weights, "images": tmp_path / "images.npy", "meta": tmp_path / "meta.json"}
        files["train_images"] = tmp_path / "images.npy"
        return SimpleNamespace(
            input=SimpleNamespace(**files),
            wildcards=SimpleNamespace(seed=str(seed), subset=subset),
            resources=SimpleNamespace(device="cpu"),
            threads=torch.get_num_threads(),
        )

    make.images = images
    return make


def params(noise=None, batch_norm=""):
    network = {"architecture": "resnet18_cifar", "width": 2, "shortcut": "A"}
    drawn = {"batch_size": 5, "seed": 3}
    read = {"layers": {"layers": [0, 16]}, "tap": "relu", "batches": drawn, "noise": noise}
    return SimpleNamespace(network=network, batch_norm=batch_norm, **read)


def test_all_images_of_an_untrained_network(job):
    arguments, index = study_of(job(), params())
    np.testing.assert_array_equal(index, np.arange(23))
    np.testing.assert_array_equal(arguments["images"], job.images)
    assert arguments["mean"] == [0.5] * 3
    assert (arguments["layers"], arguments["tap"], arguments["device"]) == ([0, 16], "relu", "cpu")
    assert arguments["perturb"] is arguments["given"] is None
    same, other = (resnet18_cifar(2, "A", 3, seed=seed).state_dict() for seed in (4, 5))
    state = arguments["model"].state_dict()
    assert all(torch.equal(tensor, same[name]) for name, tensor in state.items())
    assert not torch.equal(state["conv.weight"], other["conv.weight"])


def test_batches_are_those_of_the_study_and_noise_goes_by_the_place_in_the_file(job):
    noise = {"sigma": 0.3, "units": "pixel", "seed": 8}
    for batch in range(4):
        arguments, index = study_of(job(subset=f"batch{batch}"), params(noise))
        np.testing.assert_array_equal(index, batches(23, 5, 4, seed=3)[batch])
        np.testing.assert_array_equal(arguments["images"], job.images[index])
        expected = gaussian_noise(index[1:4], (12, 12, 3), std=[0.25, 0.5, 0.2], **noise)
        np.testing.assert_array_equal(arguments["perturb"](range(1, 4)), expected)


@pytest.mark.parametrize("n_classes", [3, 7])
def test_weights_bring_their_own_classes(job, tmp_path, n_classes):
    state = resnet18_cifar(2, "A", n_classes, seed=11).state_dict()
    save_tensors(tmp_path / "w.safetensors", state, **({"n_classes": "7"} if n_classes == 7 else {}))
    arguments, _ = study_of(job(tmp_path / "w.safetensors"), params())
    found = arguments["model"].state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in found.items())


def test_what_a_config_says_of_layouts_is_passed_on(job):
    said = params()
    said.layers["layout"] = {"channels": "first"}
    assert study_of(job(), said)[0]["given"] == {"channels": "first"}


@pytest.mark.parametrize("is_published", [False, True])
def test_published_weights_have_their_own_input(job, tmp_path, is_published):
    """Those of GoogLeNet take images that were normalised in another way."""
    state = build("googlenet", n_classes=3, pretrained=True).state_dict()
    # Classes of weights that were not trained here are noted.
    save_tensors(tmp_path / "w.safetensors", state, **({"n_classes": "3"} if is_published else {}))
    said = params()
    said.network = {"architecture": "googlenet"}
    assert study_of(job(tmp_path / "w.safetensors"), said)[0]["model"].transform_input == is_published


def test_batch_norms_are_fitted_to_some_training_images_where_there_are_no_weights(job, tmp_path):
    drawn = {"n_images": 9, "seed": 5}
    model = study_of(job(), params(batch_norm=drawn))[0]["model"]
    expected = resnet18_cifar(2, "A", 3, seed=4)
    fit_batch_norm(expected, some_of(job.images, **drawn), [0.5] * 3, [0.25, 0.5, 0.2])
    found = model.state_dict()
    assert all(torch.equal(tensor, found[name]) for name, tensor in expected.state_dict().items())
    assert not torch.equal(found["bn.running_var"], torch.ones(2))
    state = resnet18_cifar(2, "A", 3, seed=11).state_dict()
    save_tensors(tmp_path / "w.safetensors", state)
    trained = study_of(job(tmp_path / "w.safetensors"), params(batch_norm=drawn))[0]["model"].state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in trained.items())


def test_some_images_are_distinct_and_in_order():
    images = np.arange(50)
    some = some_of(images, 20, seed=1)
    assert len(some) == 20
    assert (np.diff(some) > 0).all()
    np.testing.assert_array_equal(some, some_of(images, 20, seed=1))
    assert (some != some_of(images, 20, seed=2)).any()
    np.testing.assert_array_equal(some_of(images, 60, seed=1), images)
