"""Training, evaluation and resumption on an emulated GPU: the losses of the CPU, and no wait but for the loss."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from actopo.networks import training
from actopo.networks.build import build, count_outputs
from actopo.networks.checkpoints import Checkpoint
from actopo.networks.choices import OPTIMIZERS
from actopo.networks.recipe import Recipe
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.networks.training import accuracy, augment, train
from actopo.networks.weights import load_tensors, save_tensors
from emulated_cuda import emulated_cuda

from unit.networks.examples import bright_and_dark

NORMALISATION = [0.5] * 3, [0.25] * 3
# Rates of four batches an epoch, which float32 holds: a GPU rounds them to it.
RECIPE = Recipe(epochs=2, batch_size=10, learning_rate=3 / 64, peak_epoch=1, cutout=4)
PRECISIONS = ["fp32", "bf16", "fp16"]


@pytest.fixture(scope="module")
def data():
    return bright_and_dark(40, 16)


def run(data, recipe, device, **keep):
    model = resnet18_cifar(2, "A", 2, seed=1)
    return model, train(model, *data, *NORMALISATION, recipe, 1, device, **keep)


def assert_same_weights(model, expected):
    """Whether a network has the weights of one on the host."""
    for (name, tensor), other in zip(model.state_dict().items(), expected.state_dict().values(), strict=True):
        assert torch.equal(tensor.cpu(), other), name


@pytest.mark.usefixtures("_without_compiler")
@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_is_that_of_the_host(data, precision, compile, optimizer):
    recipe = replace(RECIPE, precision=precision, compile=compile, optimizer=optimizer)
    expected, metrics = run(data, recipe, "cpu")
    with emulated_cuda() as cuda:
        model, found = run(data, recipe, "cuda")
        assert {tensor.device.type for tensor in model.state_dict().values()} == {"cuda"}
        assert found["loss"] == metrics["loss"]
        assert found["precision"] == precision
        assert_same_weights(model, expected)
        # Parameters, buffers, images and labels, once each; what is larger than the images is not on the device.
        assert data[0].size in cuda.to_device


@pytest.mark.parametrize("n_batches", [1, 2, 3, 100])
def test_images_of_several_batches_are_augmented_at_a_time(data, n_batches, monkeypatch):
    """With the bits of each batch alone, also where a single image joins the last batch."""
    images, labels = data[0][:31], data[1][:31]
    recipe = replace(RECIPE, precision="fp32")
    _, metrics = run((images, labels), recipe, "cpu")
    monkeypatch.setattr(training, "AUGMENTED_BYTES", n_batches * 11 * 4 * images[0].size)
    seen = []
    monkeypatch.setattr(training, "augment", lambda *args: seen.append(len(args[3])) or augment(*args))
    with emulated_cuda() as cuda:
        assert run((images, labels), recipe, "cuda")[1]["loss"] == metrics["loss"]
        inputs = max(seen) * images[0].size
        assert cuda.largest >= inputs
    # Batches of 10, 10 and 11 images.
    expected = {1: [10, 10, 11], 2: [20, 11]}.get(n_batches, [31])
    assert seen == expected * recipe.epochs


def test_what_is_augmented_at_a_time_has_indices_of_32_bits():
    """Inputs of 4 bytes; a batch that is larger is one piece, as the convolutions take it."""
    assert training.AUGMENTED_BYTES / 4 < 2**31


def test_a_gpu_trains_in_half_precision_by_itself(data, cuda):
    assert run(data, replace(RECIPE, epochs=1), "cuda")[1]["precision"] == "fp16"


@pytest.mark.parametrize(
    ("precision", "interval", "optimizer"),
    [*((precision, interval, "sgd") for precision in PRECISIONS for interval in (1, 2, 16)), ("fp16", 2, "adamw")],
)
def test_an_epoch_waits_for_the_loss_alone(data, cuda, precision, interval, optimizer, monkeypatch):
    """Every `interval` batches and at the end, however many batches there are; and nothing is copied for a batch."""
    monkeypatch.setattr(training, "CHECK_INTERVAL", interval)
    waits, copies = [], []
    for n_batches in (4, 8):
        cuda.forget()
        seen = []
        size = len(data[1]) // n_batches
        recipe = replace(RECIPE, epochs=2, batch_size=size, precision=precision, optimizer=optimizer)
        run(data, recipe, "cuda", progress=lambda _: seen.append((len(cuda.waits), len(cuda.to_device))))  # noqa: B023
        assert len(seen) == 2 * n_batches
        waits.append(np.diff(seen[n_batches - 1 :: n_batches], axis=0)[:, 0].tolist())
        copies.append(np.diff(seen[n_batches - 1 :: n_batches], axis=0)[:, 1].tolist())
    # The check's, and that of the mean loss, with its scale.
    assert waits == [[-(-n_batches // interval) + 1] for n_batches in (4, 8)]
    assert copies[0] == copies[1]
    assert set(cuda.waits) <= {"nonzero", "copy to the host"}


@pytest.mark.parametrize("interval", [0, 60])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_checkpoints_are_written_and_resumed(data, precision, interval, tmp_path):
    """Each epoch, or when the process is asked to end."""
    recipe = replace(RECIPE, epochs=3, precision=precision)
    whole, _ = run(data, recipe, "cpu")
    with emulated_cuda():
        checkpoint = Checkpoint(tmp_path / "checkpoint", "run", interval)

        def save_and_stop(tensors):
            checkpoint.keep(tensors)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt), checkpoint.written_at_the_end():
            run(data, recipe, "cuda", save=save_and_stop)
        resumed, _ = run(data, recipe, "cuda", checkpoint=checkpoint.load())
        assert_same_weights(resumed, whole)
        save_tensors(tmp_path / "weights", resumed.state_dict())
    found, _ = load_tensors(tmp_path / "weights")
    assert all(torch.equal(tensor, found[name]) for name, tensor in whole.state_dict().items())


@pytest.mark.parametrize("precision", PRECISIONS)
def test_accuracy_waits_once(data, precision, monkeypatch):
    monkeypatch.setattr(training, "EVALUATION_BATCH", 7)
    model, _ = run(data, RECIPE, "cpu")
    expected = accuracy(deepcopy(model), *data, *NORMALISATION, "cpu", training.DTYPES[precision])
    with emulated_cuda() as cuda:
        model.to("cuda")
        cuda.forget()
        assert accuracy(model, *data, *NORMALISATION, "cuda", training.DTYPES[precision]) == expected
        assert cuda.waits == ["item"]


def test_a_loss_that_is_not_finite_is_named(data, cuda):
    recipe = replace(RECIPE, learning_rate=1e30, peak_epoch=0.01, precision="fp32")
    with pytest.raises(training.InputError, match=r"not finite in epoch 1"):
        run(data, recipe, "cuda")


def test_a_network_that_is_returned_on_the_gpu_is_built_on_the_cpu(tmp_path):
    (tmp_path / "net.py").write_text(
        "import torch\nfrom torch import nn\ndef build(n_classes):\n"
        "    network = nn.Sequential(nn.Flatten(), nn.Linear(12, n_classes))\n"
        "    return network.to('cuda' if torch.cuda.is_available() else 'cpu')\n"
    )
    with emulated_cuda():
        network = build(module=f"{tmp_path}/net.py:build", n_classes=4)
        assert {parameter.device.type for parameter in network.parameters()} == {"cpu"}
        assert count_outputs(network, (2, 2, 3)) == 4
