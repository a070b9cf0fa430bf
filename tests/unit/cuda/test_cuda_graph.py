"""Training in an emulated CUDA graph: the bits of kernels that are launched one by one, and no further wait."""

import logging
import random
import re
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from actopo.errors import InputError
from actopo.networks import training
from actopo.networks.choices import OPTIMIZERS
from actopo.networks.cuda_graph import WARM_UP
from actopo.networks.recipe import Recipe
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.networks.training import accuracy, train
from emulated_cuda import emulated_cuda

from unit.networks.examples import bright_and_dark

NORMALISATION = [0.5] * 3, [0.25] * 3
# Batches of 7, and one of 5 at the end of an epoch.
RECIPE = Recipe(epochs=2, batch_size=7, learning_rate=0.05, peak_epoch=1, cutout=4, precision="fp32")
FULL = 5


@pytest.fixture(autouse=True)
def unended(monkeypatch):
    """Graphs whose capture could not be ended, none at first, as in a job of its own."""
    graphs = []
    monkeypatch.setattr("actopo.networks.cuda_graph._UNENDED", graphs)
    return graphs


@pytest.fixture(scope="module")
def data():
    return bright_and_dark(40, 8)


def small():
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(3, 4, 3, stride=2), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Dropout(0.3)]
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(36, 2))


def run(data, recipe, make=small, **options):
    """Tensors after the training, and of the last checkpoint; losses; what was done on the device."""
    states = []
    with emulated_cuda() as cuda:
        model = make()
        options = {
            "save": lambda state: states.append({name: tensor.cpu() for name, tensor in state.items()})
        } | options
        metrics = train(model, *data, *NORMALISATION, recipe, 1, "cuda", **options)
        found = {name: tensor.cpu() for name, tensor in model.state_dict().items()}
    return found, states, metrics["loss"], cuda


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    for name, tensor in found.items():
        assert torch.equal(tensor, expected[name]), name


def compare(data, recipe, make=small, n_replays=None, **options):
    """Whether both ways give the same bits; return what the one with a graph gave."""
    expected = run(data, recipe, make, **options)
    found = run(data, recipe, make, cuda_graph=True, **options)
    assert_same(found[0], expected[0])
    assert found[2] == expected[2]
    for state, other in zip(found[1], expected[1], strict=True):
        assert_same(state, other)
    assert expected[3].replays == 0
    assert found[3].replays == (FULL * recipe.epochs - WARM_UP if n_replays is None else n_replays)
    return found


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_bits_are_those_without_a_graph(data, precision, optimizer):
    """Of weights, statistics of batch norm, momenta and losses."""
    compare(data, replace(RECIPE, precision=precision, optimizer=optimizer))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_networks_of_the_paper(data, optimizer):
    recipe = replace(RECIPE, precision="fp16", optimizer=optimizer, schedule="step", milestones=(1,))
    compare(data, recipe, lambda: resnet18_cifar(2, "B", 2, seed=1))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("exponent", [16, 40])
def test_the_scale_of_the_loss_lives_on_the_device(data, monkeypatch, optimizer, exponent):
    """Steps are skipped in replays, and the scale falls and grows there."""
    scaler = partial(torch.amp.GradScaler, init_scale=2.0**exponent, growth_interval=3)
    monkeypatch.setattr(torch.amp, "GradScaler", scaler)
    recipe = replace(RECIPE, epochs=8, precision="fp16", optimizer=optimizer)
    _, states, _, _ = compare(data, recipe)
    changes = np.diff([exponent, *(np.log2(float(state["scale"])) for state in states)])
    assert changes.min() < 0 < changes.max()


def test_epochs_in_between_and_an_early_end(data):
    """A network that is evaluated after each epoch goes on in the mode of training."""
    seen = []

    def keeper(model):
        def keep(epoch, facts):
            seen.append((epoch, accuracy(model, *data, *NORMALISATION, "cuda"), facts["loss"]))

        return keep

    recipe, results = replace(RECIPE, epochs=4), []
    for cuda_graph in (False, True):
        model = small()
        with emulated_cuda():
            train(model, *data, *NORMALISATION, recipe, 1, "cuda", stop=3, keep=keeper(model), cuda_graph=cuda_graph)
            results.append({name: tensor.cpu() for name, tensor in model.state_dict().items()})
    assert_same(*results)
    assert seen[:3] == seen[3:]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_goes_on_from_a_checkpoint_of_either_way(data, optimizer):
    recipe = replace(RECIPE, epochs=4, precision="fp16", optimizer=optimizer)
    whole, _, losses, _ = run(data, recipe)
    for cuda_graph in (False, True):
        made = run(data, recipe, cuda_graph=not cuda_graph)[1][1]
        resumed, _, again, cuda = run(data, recipe, checkpoint=deepcopy(made), cuda_graph=cuda_graph)
        assert_same(resumed, whole)
        assert again == losses
        assert cuda.replays == cuda_graph * (2 * FULL - WARM_UP)


def test_trainings_that_are_too_short(data):
    """Without a batch after those that are trained kernel by kernel, or without a second size."""
    compare(data, replace(RECIPE, epochs=3, batch_size=40), n_replays=0)
    compare(data, replace(RECIPE, epochs=3, batch_size=8), n_replays=15 - WARM_UP)


def test_a_graph_is_freed_with_its_network(data):
    """The next network of the job has the memory; gradients lie in that of the graph."""
    with emulated_cuda() as cuda:
        for seed in range(3):
            model = small()
            train(model, *data, *NORMALISATION, RECIPE, seed, "cuda", cuda_graph=True)
            assert not cuda.graphs
            assert all(parameter.grad is None for parameter in model.parameters())
            assert cuda.stream.is_default
        assert cuda.replays == 3 * (2 * FULL - WARM_UP)


def test_what_an_interruption_leaves(data):
    """The default stream goes on, and the graph is freed."""
    with emulated_cuda() as cuda:
        seen = []

        def end(_):
            seen.append(cuda.stream.is_default)
            if cuda.replays:
                raise SystemExit

        model = small()
        with pytest.raises(SystemExit):
            train(model, *data, *NORMALISATION, RECIPE, 1, "cuda", progress=end, cuda_graph=True)
        assert not any(seen)
        assert cuda.stream.is_default
        assert not cuda.graphs
        # The default stream has waited for the last batch.
        assert all(tensor.cpu().isfinite().all() for tensor in model.state_dict().values())


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_no_batch_waits_for_more(data, precision, monkeypatch):
    """But for the capture itself: the check of the loss, and its mean at the end of an epoch; nothing is copied."""
    monkeypatch.setattr(training, "CHECK_INTERVAL", 2)
    seen = []

    def note(cuda):
        return lambda _: seen.append((len(cuda.waits), len(cuda.to_device), cuda.replays))

    with emulated_cuda() as cuda:
        recipe = replace(RECIPE, epochs=3, precision=precision)
        train(small(), *data, *NORMALISATION, recipe, 1, "cuda", progress=note(cuda), cuda_graph=True)
    waits, copies, replays = np.diff(seen[FULL::], axis=0).T
    # Six batches an epoch: the mean of the last one falls into the next.
    assert waits.tolist() == [1, 1, 0, 1, 0, 1] * 2
    assert replays.tolist() == [1, 1, 1, 1, 1, 0] * 2
    assert set(copies[1:6]) == {0}


class Asks(torch.nn.Module):
    """A network with dropout whose host does something in each pass that cannot be captured."""

    def __init__(self, wait):
        super().__init__()
        self.body, self.wait = small(), wait

    def forward(self, x):
        logits = self.body(x)
        self.wait(logits)
        return logits


@pytest.mark.parametrize(
    ("wait", "message"),
    [
        (lambda logits: float(logits.detach().sum()), r"within a batch it waits for the GPU \(.*py, line \d+\)"),
        (lambda logits: logits.detach().cpu(), r"within a batch it waits for the GPU \(.*py, line \d+\)"),
        (lambda logits: random.random(), "it draws random numbers on the host"),
        (lambda logits: np.random.rand(), "it draws random numbers on the host"),  # noqa: NPY002
        (lambda logits: torch.rand(()), "it draws random numbers on the host"),
        # What PyTorch does not warn of is found by the capture.
        (lambda logits: torch.cuda.synchronize(), "PyTorch says: CUDA error: operation not permitted when stream is"),
    ],
)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_network_that_cannot_be_captured_is_trained_without(data, caplog, wait, message, optimizer):
    with caplog.at_level(logging.WARNING):
        found = compare(data, replace(RECIPE, precision="fp16", optimizer=optimizer), lambda: Asks(wait), n_replays=0)
    [text] = [record.getMessage() for record in caplog.records]
    assert re.search(f"the network cannot be captured: {message}", text)
    assert not found[3].warns


def test_a_failure_within_the_optimiser_leaves_nothing(data, caplog, monkeypatch):
    """What the scaler gave it for that step would count in the next."""
    step, failed = torch.optim.SGD.step, []

    def failing(self, *arguments):
        if torch.cuda.is_current_stream_capturing():
            failed.append(1)
            raise RuntimeError("out of memory")
        return step(self, *arguments)

    monkeypatch.setattr(torch.optim.SGD, "step", failing)
    with caplog.at_level(logging.WARNING):
        cuda = compare(data, replace(RECIPE, precision="fp16"), n_replays=0)[3]
    assert failed == [1]
    assert "PyTorch says: out of memory" in caplog.text
    # The capture could be ended, so that its memory is free again.
    assert not cuda.graphs


def test_after_a_capture_that_cannot_be_ended_no_other_is_tried(data, caplog, unended):
    """Each would keep as much memory."""
    recipe = replace(RECIPE, epochs=1)
    for make in (lambda: Asks(lambda logits: torch.cuda.synchronize()), small):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            found = run(data, recipe, make, cuda_graph=True)
        assert len(caplog.records) == 1
        assert len(unended) == 1
        assert found[3].replays == 0
    assert "the capture of an earlier one could not be ended" in caplog.text
    assert_same(found[0], run(data, recipe)[0])


def test_an_interruption_of_a_capture_ends_the_training(data, monkeypatch):
    """Also where the capture cannot be ended, so that PyTorch raises an error of its own."""
    step = torch.optim.SGD.step

    def ended(self, *arguments):
        if torch.cuda.is_current_stream_capturing():
            with suppress(RuntimeError):
                torch.cuda.synchronize()
            raise SystemExit(143)
        return step(self, *arguments)

    monkeypatch.setattr(torch.optim.SGD, "step", ended)
    with emulated_cuda(), pytest.raises(SystemExit, match="143"):
        train(small(), *data, *NORMALISATION, RECIPE, 1, "cuda", cuda_graph=True)


def test_an_error_of_the_network_is_its_own(data):
    """It comes with the first batch."""

    class Two(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = small()

        def forward(self, x):
            return self.body(x), x

    with emulated_cuda(), pytest.raises(InputError, match="gives tuple and no tensor of logits"):
        train(Two(), *data, *NORMALISATION, RECIPE, 1, "cuda", cuda_graph=True)


def test_a_loss_that_is_not_finite_is_named(data):
    recipe = replace(RECIPE, learning_rate=1e30, peak_epoch=0.01)
    with emulated_cuda(), pytest.raises(InputError, match=r"not finite in epoch 1"):
        train(small(), *data, *NORMALISATION, recipe, 1, "cuda", cuda_graph=True)


def test_a_cpu_has_no_graph(data, caplog):
    models = small(), small()
    with caplog.at_level(logging.INFO):
        for model, cuda_graph in zip(models, (False, True), strict=True):
            train(model, *data, *NORMALISATION, RECIPE, 1, "cpu", cuda_graph=cuda_graph)
    assert_same(*(model.state_dict() for model in models))
    assert caplog.text.count("training.cuda_graph has no effect on a CPU") == 1


def test_not_together_with_the_compiler(data):
    with pytest.raises(InputError, match="cuda_graph or compile"):
        train(small(), *data, *NORMALISATION, replace(RECIPE, compile=True), 1, "cpu", cuda_graph=True)
