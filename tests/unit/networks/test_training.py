"""Training: augmentation, reproducibility and interruption."""

import os
import signal
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from actopo.errors import InputError
from actopo.networks import training
from actopo.networks.checkpoints import Checkpoint
from actopo.networks.inputs import to_input
from actopo.networks.recipe import Recipe
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.networks.training import (
    accuracy,
    augment,
    batches_of,
    batches_per_epoch,
    choose_precision,
    draw_augmentation,
    memory_format,
    train,
)
from actopo.networks.weights import save_tensors

from unit.networks.examples import bright_and_dark

MEAN, STD = [0.5] * 3, [0.25] * 3


RECIPE = Recipe(epochs=3, batch_size=16, learning_rate=0.05, peak_epoch=1, cutout=4, precision="fp32")


@pytest.fixture(scope="module")
def data():
    return bright_and_dark(50, 16)


def run(data, recipe=RECIPE, seed=1, **kwargs):
    torch.set_num_threads(1)
    model = resnet18_cifar(2, "A", 2, seed=seed)
    metrics = train(model, *data, MEAN, STD, recipe, seed, **kwargs)
    return model, metrics


def assert_same_weights(a, b):
    for (name, left), right in zip(a.state_dict().items(), b.state_dict().values(), strict=True):
        assert torch.equal(left, right), name


@pytest.mark.parametrize("flip", [0, 1])
@pytest.mark.parametrize("cutout", [0, 3, 20])
@pytest.mark.parametrize("fill", ["mean", "black"])
def test_augmentation_by_brute_force(flip, cutout, fill):
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (6, 9, 7, 3), dtype=np.uint8)
    mean, std = [0.5, 0.4, 0.3], [0.2, 0.3, 0.25]
    normalised = to_input(images, mean, std).permute(0, 2, 3, 1).numpy()
    empty = to_input(np.zeros_like(images[:1]), mean, std)[0, :, 0, 0].numpy() if fill == "black" else 0
    recipe = Recipe(translate=2, translate_fill=fill, cutout=cutout)
    draw = draw_augmentation(6, (9, 7), recipe, seed=0, epoch=4)
    draw["flip"][:] = flip
    chosen = torch.tensor([4, 0, 5])
    tensors = {name: torch.as_tensor(values) for name, values in draw.items()}
    batch = augment(torch.as_tensor(images), mean, std, chosen, tensors, recipe)
    assert batch.is_contiguous(memory_format=torch.channels_last)
    for out, i in zip(batch.permute(0, 2, 3, 1).numpy(), chosen.tolist(), strict=True):
        expected = np.zeros_like(normalised[i]) + empty
        for r in range(9):
            for c in range(7):
                # Row and column of the original that lands at (r, c): mirrored, then shifted by 2 - offset.
                row, column = r + draw["row"][i] - 2, (6 - c if flip else c) + draw["column"][i] - 2
                if 0 <= row < 9 and 0 <= column < 7:
                    expected[r, c] = normalised[i, row, column]
        top, left = draw["cut_row"][i], draw["cut_column"][i]
        expected[top : top + cutout, left : left + cutout] = 0
        np.testing.assert_array_equal(out, expected)


def test_draws_cover_their_ranges_and_depend_on_seed_and_epoch():
    recipe = Recipe(translate=2, cutout=8)
    draw = draw_augmentation(5000, (32, 20), recipe, seed=0, epoch=0)
    assert sorted(draw["order"]) == list(range(5000))
    assert set(draw["row"]) == set(draw["column"]) == set(range(5))
    assert set(draw["cut_row"]) == set(range(25))
    assert set(draw["cut_column"]) == set(range(13))
    assert abs(draw["flip"].mean() - 0.5) < 0.05
    for other in ((1, 0), (0, 1)):
        assert not np.array_equal(draw["order"], draw_augmentation(5000, (32, 32), recipe, *other)["order"])
    assert not draw_augmentation(50, (32, 32), Recipe(flip=False), 0, 0)["flip"].any()


def test_it_learns_and_reports(data):
    model, metrics = run(data, Recipe(epochs=6, batch_size=16, learning_rate=0.05, peak_epoch=2, cutout=0))
    assert metrics["loss"][-1] < 0.5 * metrics["loss"][0]
    assert accuracy(model, *data, MEAN, STD) > 0.95
    assert metrics["images_per_second"] > 0


def test_the_loss_is_the_mean_over_images(data):
    """Also where the last batch is smaller: three of 16 images, and one of 2."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(768, 2))
    images, labels = data
    with torch.no_grad():
        logits = model(torch.from_numpy((images / 255 - 0.5) / 0.25).float().permute(0, 3, 1, 2))
        expected = torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels)).item()
    recipe = replace(RECIPE, learning_rate=1e-12, flip=False, translate=0, cutout=0)
    metrics = train(model, images, labels, MEAN, STD, recipe, 1)
    assert metrics["loss"] == pytest.approx([expected] * 3, rel=1e-5)


def test_accuracy_counts_every_image_once():
    class Brightness(torch.nn.Module):
        def forward(self, x):
            level = x.mean(dim=(1, 2, 3))
            return torch.stack([-level, level], dim=1)

    images = np.zeros((2501, 4, 4, 3), dtype=np.uint8)
    images[::3] = 255
    truth = (np.arange(2501) % 3 == 0).astype(np.int64)
    assert accuracy(Brightness(), images, truth, MEAN, STD) == 1
    truth[[0, 1300, 2500]] ^= 1
    assert accuracy(Brightness(), images, truth, MEAN, STD) == pytest.approx(1 - 3 / 2501)


def test_accuracy_of_no_images_is_unknown(data):
    images, labels = data
    assert np.isnan(accuracy(resnet18_cifar(2, "A", 2, seed=0), images[:0], labels[:0], MEAN, STD))


def test_same_seed_same_bytes_other_seed_other_weights(data, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        save_tensors(tmp_path / name, run(data, seed=seed)[0].state_dict())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_seeds_trained_in_one_process_are_those_trained_alone(data, precision):
    """Whatever ran before, and whoever draws from the global generator meanwhile."""
    recipe = replace(RECIPE, epochs=2, precision=precision)
    alone = run(data, recipe, seed=2)
    state = torch.get_rng_state()
    run(data, recipe, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    after = run(data, recipe, seed=2, progress=lambda _: torch.rand(3))
    assert after[1]["loss"] == alone[1]["loss"]
    assert_same_weights(after[0], alone[0])


def test_a_job_that_was_killed_goes_on_to_the_same_weights(data, tmp_path):
    """The kill comes at the end of the second epoch, when the disk has the checkpoint of the first."""
    np.savez(tmp_path / "data.npz", images=data[0], labels=data[1])
    script = """
import os, signal, numpy as np
from actopo.networks.checkpoints import Checkpoint
from unit.networks.test_training import run
data = np.load("data.npz")
batches = []
def progress(_):
    batches.append(1)
    if len(batches) == 8:
        os.kill(os.getpid(), signal.SIGKILL)
run((data["images"], data["labels"]), save=Checkpoint("run.checkpoint", "run").save, progress=progress)
"""
    paths = os.pathsep.join(sys.path)
    killed = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env=os.environ | {"PYTHONPATH": paths})
    assert killed.returncode == -signal.SIGKILL
    checkpoint = Checkpoint(tmp_path / "run.checkpoint", "run").load()
    assert len(checkpoint["loss"]) == 1
    assert_same_weights(run(data, checkpoint=checkpoint)[0], run(data)[0])


def test_progress_counts_batches_within_epochs(data):
    """Of 16, 16, 16 and 2 images, before and after a pause."""
    assert [batches_per_epoch(n, 16) for n in (1, 16, 17, 18, 50)] == [1, 1, 1, 2, 4]
    steps, states = [], []
    run(data, progress=steps.append, save=lambda state: states.append(deepcopy(state)))
    assert steps == [1] * 12
    resumed = []
    run(data, progress=resumed.append, checkpoint=states[1])
    assert resumed == [8, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("precision", "optimizer"),
    [("fp32", "sgd"), ("bf16", "sgd"), ("fp16", "sgd"), ("fp32", "adamw"), ("fp16", "adamw")],
)
@pytest.mark.parametrize("stop_after", [1, 2])
def test_interrupted_run_ends_with_the_same_weights(data, tmp_path, precision, optimizer, stop_after):
    recipe = replace(RECIPE, epochs=4, precision=precision, optimizer=optimizer)
    states = []
    whole, metrics = run(data, recipe, save=lambda state: states.append(deepcopy(state)))

    class Killed(Exception):
        pass

    checkpoint = Checkpoint(tmp_path / "run.checkpoint", ["the same run"], interval=0)
    saved = []

    def save_and_stop(tensors):
        checkpoint.keep(tensors)
        saved.append(1)
        if len(saved) == stop_after:
            raise Killed

    with pytest.raises(Killed):
        run(data, recipe, save=save_and_stop)
    assert Checkpoint(tmp_path / "run.checkpoint", ["another run"]).load() is None
    states_again = []
    resumed, again = run(
        data, recipe, checkpoint=checkpoint.load(), save=lambda state: states_again.append(deepcopy(state))
    )
    assert again["loss"] == metrics["loss"]
    assert_same_weights(whole, resumed)
    for left, right in zip(states[stop_after:], states_again, strict=True):
        assert left.keys() == right.keys()
        assert all(torch.equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_what_is_kept_is_the_network_on_its_way_and_changes_no_training(data, precision):
    """Kept and evaluated at every epoch, going on from a checkpoint, and stopped at the epoch."""
    recipe = replace(RECIPE, epochs=4, precision=precision)
    whole, metrics = run(data, recipe)
    states, kept = [], {}

    def keep_with(model):
        def keep(epoch, facts):
            accuracy(model, *data, MEAN, STD)
            kept.setdefault(epoch, []).append((deepcopy(model.state_dict()), facts))

        return keep

    def keeping(**kwargs):
        torch.set_num_threads(1)
        model = resnet18_cifar(2, "A", 2, seed=1)
        return model, train(model, *data, MEAN, STD, recipe, 1, keep=keep_with(model), **kwargs)

    again, same = keeping(save=lambda state: states.append(deepcopy(state)))
    assert same["loss"] == metrics["loss"]
    assert_same_weights(whole, again)
    resumed, same = keeping(checkpoint=states[1])
    assert same["loss"] == metrics["loss"]
    assert_same_weights(whole, resumed)
    for stop in (1, 3):
        stopped, part = run(data, recipe, stop=stop)
        assert part["loss"] == metrics["loss"][:stop]
        for state, facts in kept[stop]:
            assert facts == {"loss": metrics["loss"][:stop], "precision": precision}
            assert all(torch.equal(state[name], tensor) for name, tensor in stopped.state_dict().items())
    assert {epoch: len(found) for epoch, found in kept.items()} == {1: 1, 2: 1, 3: 2, 4: 2}


def dropping(seed):
    torch.manual_seed(seed)
    block = torch.nn.Linear(8, 8)
    twice = torch.nn.Sequential(block, torch.nn.Dropout(0.5), block)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(768, 8), twice, torch.nn.Linear(8, 2))


class Drawing(torch.nn.Linear):
    """A linear map that notes a number that it draws in each pass."""

    def forward(self, x):
        self.drawn = [*getattr(self, "drawn", []), float(torch.rand(()))]
        return super().forward(x.flatten(1))


def test_what_is_drawn_differs_from_epoch_to_epoch_and_between_seeds(data):
    found = []
    for seed in (1, 2):
        model = Drawing(768, 2)
        train(model, *data, MEAN, STD, RECIPE, seed)
        found += model.drawn
    assert len(set(found)) == len(found) == 2 * 3 * batches_per_epoch(50, 16)


def test_what_dropout_draws_depends_on_seed_and_epoch_alone(data, tmp_path):
    """In a job of its own, after another network, and going on from a checkpoint; and a module may be there twice."""
    alone, after, resumed = dropping(1), dropping(1), dropping(1)
    checkpoints = [Checkpoint(tmp_path / f"{epoch}.safetensors", "run") for epoch in (1, 2)]
    unused = iter(checkpoints)
    train(alone, *data, MEAN, STD, RECIPE, 1, save=lambda tensors: next(unused).save(tensors))
    train(dropping(2), *data, MEAN, STD, RECIPE, 2)
    before = torch.random.get_rng_state()
    train(after, *data, MEAN, STD, RECIPE, 1)
    assert torch.equal(torch.random.get_rng_state(), before)
    train(resumed, *data, MEAN, STD, RECIPE, 1, checkpoint=checkpoints[0].load())
    assert_same_weights(alone, after)
    assert_same_weights(alone, resumed)


def test_auxiliary_classifiers_are_refused(data):
    class Two(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(768, 2)

        def forward(self, x):
            logits = self.linear(x.flatten(1))
            return (logits, logits) if self.training else logits

    with pytest.raises(InputError, match="gives tuple and no tensor of logits"):
        train(Two(), *data, MEAN, STD, RECIPE, 1)


def test_a_loss_that_is_not_finite_stops_with_epoch_batch_and_rate(data):
    recipe = Recipe(epochs=2, batch_size=16, learning_rate=1e30, peak_epoch=0.01, precision="fp32")
    with pytest.raises(InputError, match=r"not finite in epoch 1 .*batch.*learning rate"):
        run(data, recipe)


def test_a_first_step_that_the_scaler_skips_changes_nothing():
    """In fp16 the scale begins too high; all that it may cost is the step."""

    class Overflows(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(2))
            self.calls = 0

        def forward(self, x):
            self.calls += 1
            logits = x.mean(dim=(2, 3))[:, :2] * self.weight
            if self.calls == 1:
                logits.register_hook(lambda gradient: gradient * torch.inf)
            return logits

    images, labels = np.full((4, 2, 2, 3), 200, np.uint8), np.array([0, 1, 1, 1])
    recipe = Recipe(epochs=2, batch_size=4, learning_rate=0.1, schedule="step", cutout=0, precision="fp16")
    model, after_first = Overflows(), {}
    train(model, images, labels, MEAN, STD, recipe, 0, save=lambda state: after_first.update(deepcopy(state)))
    assert torch.equal(after_first["model.weight"], torch.ones(2))
    assert torch.equal(after_first["momentum.weight"], torch.zeros(2))
    assert torch.isfinite(model.weight).all()
    assert not torch.equal(model.weight, torch.ones(2))


@pytest.mark.parametrize(("epochs", "n_batches"), [(2, 8), (50, 32)])
def test_gradients_that_are_never_finite_in_fp16_are_told(epochs, n_batches):
    """At the end of a short training, and of a long one when it is sure."""

    class RootOfZero(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(2))

        def forward(self, x):
            # The slope of the root at 0 is infinite.
            return x.mean(dim=(2, 3))[:, :2] * self.weight + (0 * self.weight).abs().sqrt()

    images, labels = np.full((16, 2, 2, 3), 200, np.uint8), np.arange(16) % 2
    recipe = Recipe(epochs=epochs, batch_size=4, learning_rate=0.1, peak_epoch=1, cutout=0, precision="fp16")
    with pytest.raises(InputError, match=f"in fp16 no gradient of {n_batches} batches was finite"):
        train(RootOfZero(), images, labels, MEAN, STD, recipe, 0)


def test_compiled_networks_are_used(data, monkeypatch):
    """The compiler itself is PyTorch's; here it only traces."""
    traced = []

    def trace(model, dynamic, options):
        def forward(x):
            traced.append(tuple(x.shape))
            return model(x)

        return forward

    monkeypatch.setattr(torch, "compile", trace)
    compiled = run(data, replace(RECIPE, epochs=1, compile=True))[0]
    assert [shape[0] for shape in traced] == [16, 16, 16, 2]
    assert_same_weights(compiled, run(data, replace(RECIPE, epochs=1))[0])


@pytest.mark.parametrize("interval", [1, 2, 16])
def test_the_first_batch_whose_loss_is_not_finite_is_named(data, monkeypatch, interval):
    """However seldom the loss is looked at. An epoch has the batches 16, 16, 16 and 2 images."""

    class Breaks(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = torch.nn.Parameter(torch.zeros(2))
            self.calls = 0

        def forward(self, x):
            self.calls += 1
            return x.mean(dim=(2, 3))[:, :2] + self.bias + (torch.nan if self.calls == 7 else 0)

    monkeypatch.setattr(training, "CHECK_INTERVAL", interval)
    recipe = replace(RECIPE, schedule="step", milestones=(1,), learning_rate=0.25)
    with pytest.raises(InputError, match=r"in epoch 2 at batch 3 of 4, with learning rate 0\.025;"):
        train(Breaks(), *data, MEAN, STD, recipe, 0)


def test_precision():
    assert choose_precision("bf16", "cpu") == "bf16"
    assert choose_precision("auto", "cuda") == "fp16"
    assert choose_precision("auto", "cpu") in ("bf16", "fp32")


@pytest.mark.parametrize(("has_bf16", "expected"), [(True, "bf16"), (False, "fp32")])
def test_a_cpu_trains_in_bf16_where_it_computes_in_it(monkeypatch, has_bf16, expected):
    monkeypatch.setattr(training, "_cpu_has_bf16", lambda: has_bf16)
    assert choose_precision("auto", "cpu") == expected


def test_a_single_image_left_over_is_not_a_batch_of_its_own(data):
    images, labels = data[0][:17, :8, :8], data[1][:17]
    _, metrics = run((images, labels), Recipe(epochs=1, batch_size=16, learning_rate=0.01, peak_epoch=1))
    assert np.isfinite(metrics["loss"]).all()
    assert [len(piece) for piece in batches_of(torch.arange(17), 16)] == [17]
    assert [len(piece) for piece in batches_of(torch.arange(34), 16)] == [16, 16, 2]
    assert [len(piece) for piece in batches_of(torch.arange(1), 16)] == [1]


@pytest.mark.parametrize(
    ("shortcut", "width", "device", "layout"),
    [
        ("A", 2, "cpu", torch.channels_last),
        ("B", 2, "cpu", torch.contiguous_format),
        ("B", 4, "cpu", torch.contiguous_format),
        ("B", 8, "cpu", torch.channels_last),
        ("B", 2, "cuda", torch.channels_last),
        ("B", 2, torch.device("cuda", 1), torch.channels_last),
        ("B", 2, torch.device("cpu"), torch.contiguous_format),
    ],
)
def test_layout_in_memory_is_safe_for_narrow_shortcuts(shortcut, width, device, layout):
    assert memory_format(resnet18_cifar(width, shortcut, 2), device) == layout


@pytest.mark.parametrize(
    ("settings", "layout"),
    [
        ({"kernel_size": 1, "stride": 2}, torch.contiguous_format),
        ({"kernel_size": 1, "stride": (1, 2)}, torch.contiguous_format),
        ({"kernel_size": 1, "stride": 1}, torch.channels_last),
        ({"kernel_size": 3, "stride": 2}, torch.channels_last),
        ({"kernel_size": (1, 3), "stride": 2}, torch.channels_last),
    ],
)
def test_layout_in_memory_depends_on_kernel_and_stride(settings, layout):
    assert memory_format(torch.nn.Sequential(torch.nn.Conv2d(7, 9, **settings)), "cpu") == layout
    assert memory_format(torch.nn.Sequential(torch.nn.Conv2d(8, 9, **settings)), "cpu") == torch.channels_last


def test_networks_with_narrow_shortcuts_are_trained(data):
    (first, metrics), (second, _) = (_trained_with_projections(data) for _ in range(2))
    assert len(metrics["loss"]) == RECIPE.epochs
    assert np.isfinite(metrics["loss"]).all()
    assert metrics["loss"][-1] < metrics["loss"][0]
    assert_same_weights(first, second)


def _trained_with_projections(data):
    model = resnet18_cifar(2, "B", 2, seed=1)
    return model, train(model, *data, MEAN, STD, RECIPE, seed=1)


def test_arithmetic_is_that_of_the_same_seed():
    """Full float32 and fixed algorithms, in training and in accuracy; outside of them nothing is changed."""
    seen = []

    class Watched(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(3 * 8 * 8, 2)

        def forward(self, x):
            seen.append(arithmetic())
            return self.layer(x.flatten(1))

    def arithmetic():
        cudnn = torch.backends.cudnn
        return cudnn.conv.fp32_precision, cudnn.deterministic, cudnn.benchmark

    images, labels = np.zeros((8, 8, 8, 3), np.uint8), np.arange(8) % 2
    before, model, same = arithmetic(), Watched(), ([0.5] * 3, [0.25] * 3)
    train(model, images, labels, *same, Recipe(epochs=1, batch_size=4, peak_epoch=1), 0)
    accuracy(model, images, labels, *same)
    assert seen == [("ieee", True, False)] * 3
    assert arithmetic() == before
