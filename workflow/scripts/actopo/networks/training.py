"""
Training of image classifiers from seeds.

All images stay in the memory of the device in 8 bits, and augmentation is one gather per batch, on a GPU for several
batches at a time, so no loader process is needed. Every random number of an epoch
(order, shifts, flips, cutouts) is drawn from a generator seeded by (seed, epoch): a run that was
interrupted continues from the checkpoint of its last whole epoch exactly as if it had never stopped, and
no run depends on what the process did before.

The default recipe is that of Purvine et al. (2023) for their hundred networks: SGD with momentum, learning
rate linear from 0 to its peak and back, flips, shifts and cutout, half precision.
"""

import logging
import math
import time
from contextlib import nullcontext

import numpy as np
import torch
from torch.nn import functional

from actopo.arithmetic import exact_arithmetic
from actopo.errors import InputError
from actopo.networks.build import require_gradient
from actopo.networks.choices import PRECISIONS
from actopo.networks.cuda_graph import graphed
from actopo.networks.inputs import images_per_pass, place, to_input
from actopo.networks.optimisers import make_optimiser, optimiser_state, restore_optimiser
from actopo.networks.weights import load_weights

DTYPES = {name: getattr(torch, dtype) for name, dtype in PRECISIONS.items()}
EVALUATION_BATCH = 1000
# Size of the network input that is made at a time on a GPU, whose kernels take longer to launch than to run on a batch.
AUGMENTED_BYTES = 1 << 28
# Batches between two checks of the loss: on a GPU each check waits for the batches before it.
CHECK_INTERVAL = 16
SURE = 32  # Batches in which a training in fp16 finds a scale, if there is one.
log = logging.getLogger(__name__)


def choose_precision(precision, device):
    """Resolve `auto`: the fastest precision in which `device` computes natively."""
    if precision != "auto":
        return precision
    if torch.device(device).type == "cuda":
        return "fp16"
    return "bf16" if _cpu_has_bf16() else "fp32"


def _cpu_has_bf16():
    """Whether the CPU computes in bfloat16; PyTorch 2.10 has another name for the question."""
    if hasattr(torch.cpu, "get_capabilities"):
        return torch.cpu.get_capabilities().get("avx512_bf16", False)
    return torch.cpu._is_avx512_bf16_supported()


def draw_augmentation(n_images, shape, recipe, seed, epoch):
    """
    Draw all random choices of one epoch.

    Parameters
    ----------
    n_images : int
    shape : (h, w)
    recipe : Recipe
    seed, epoch : int

    Returns
    -------
    dict of int64 ndarrays of shape (n_images,)
        `order`; `row` and `column`, the shift as an offset into the padded image; `flip`, 0 or 1;
        `cut_row` and `cut_column`, the upper left corner of the cutout.
    """
    rng = np.random.default_rng([seed, epoch])
    h, w = shape
    side = recipe.cutout
    return {
        "order": rng.permutation(n_images),
        "row": rng.integers(0, 2 * recipe.translate + 1, n_images),
        "column": rng.integers(0, 2 * recipe.translate + 1, n_images),
        "flip": rng.integers(0, 2, n_images) * int(recipe.flip),
        "cut_row": rng.integers(0, max(h - side, 0) + 1, n_images),
        "cut_column": rng.integers(0, max(w - side, 0) + 1, n_images),
    }


def augment(images, mean, std, chosen, draw, recipe):
    """
    Network input for one batch: normalised images, shifted, flipped and cut.

    Parameters
    ----------
    images : uint8 tensor of shape (N, h, w, c)
    mean, std : sequence or tensor of c floats
        As in `to_input`.
    chosen : int64 tensor of shape (b,)
        Indices of the images.
    draw : dict of int64 tensors of shape (N,)
        As `draw_augmentation` returns them.
    recipe : Recipe

    Returns
    -------
    float32 tensor of shape (b, c, h, w), in channels-last memory
        0, the mean of the normalisation, in the cutout; 0 or normalised black where a shift leaves the image empty.
    """
    h, w = images.shape[1:3]
    down = torch.arange(h, device=images.device)
    right = torch.arange(w, device=images.device)
    row = down + (draw["row"][chosen, None] - recipe.translate)
    column = torch.where(draw["flip"][chosen, None] == 1, right.flip(0), right)
    column = column + (draw["column"][chosen, None] - recipe.translate)
    gathered = images[chosen[:, None, None], row.clamp(0, h - 1)[:, :, None], column.clamp(0, w - 1)[:, None, :]]
    empty = ((row < 0) | (row >= h))[:, :, None] | ((column < 0) | (column >= w))[:, None, :]
    if recipe.translate_fill == "black":
        gathered, empty = gathered.masked_fill_(empty[..., None], 0), torch.zeros_like(empty)
    if recipe.cutout:
        below, beyond = down - draw["cut_row"][chosen, None], right - draw["cut_column"][chosen, None]
        cut_rows, cut_columns = (below >= 0) & (below < recipe.cutout), (beyond >= 0) & (beyond < recipe.cutout)
        empty |= cut_rows[:, :, None] & cut_columns[:, None, :]
    return to_input(gathered, mean, std, images.device).masked_fill_(empty[:, None], 0)


def batches_of(order, batch_size):
    """Split `order` into batches; a single remaining image joins the last batch, since batch norm needs two."""
    pieces = list(order.split(batch_size))
    return [*pieces[:-2], torch.cat(pieces[-2:])] if len(pieces) > 1 and len(pieces[-1]) == 1 else pieces


def batches_per_epoch(n_images, batch_size):
    """Number of batches of `batches_of`."""
    return len(batches_of(torch.arange(n_images), batch_size))


def accuracy(model, images, labels, mean, std, device="cpu", dtype=torch.float32):
    """Share of images (uint8, (N, h, w, c)) with the largest logit at the label, nan if N is 0; autocast to `dtype`."""
    model.eval()
    with torch.inference_mode(), exact_arithmetic(), _autocast(device, dtype):
        right = torch.zeros((), dtype=torch.int64, device=device)
        step = images_per_pass(EVALUATION_BATCH, images.shape[1:])
        for start in range(0, len(images), step):
            batch = to_input(images[start : start + step], mean, std, device)
            truth = torch.as_tensor(labels[start : start + step], device=device)
            right += (model(batch).argmax(dim=1) == truth).sum()
    return int(right) / len(images) if len(images) else float("nan")


def _autocast(device, dtype):
    device_type = torch.device(device).type
    return nullcontext() if dtype == torch.float32 else torch.autocast(device_type, dtype=dtype)


def memory_format(model, device):
    """
    Memory layout in which a network is trained: channels last, which is faster, unless that is unsafe.

    On a CPU with AVX2 alone, the library that PyTorch uses for convolutions writes beyond its memory in the gradient
    of a 1x1 convolution with a stride and fewer than 8 channels.

    Parameters
    ----------
    model : torch.nn.Module
    device : str or torch.device

    Returns
    -------
    torch.memory_format
    """
    unsafe = any(
        isinstance(module, torch.nn.Conv2d)
        and module.in_channels < 8
        and set(module.kernel_size) == {1}
        and max(module.stride) > 1
        for module in model.modules()
    )
    on_cpu = torch.device(device).type == "cpu"
    return torch.contiguous_format if unsafe and on_cpu else torch.channels_last


def train(
    model,
    images,
    labels,
    mean,
    std,
    recipe,
    seed,
    device="cpu",
    checkpoint=None,
    save=None,
    progress=None,
    stop=None,
    keep=None,
    cuda_graph=False,
):
    """
    Train `model` in place.

    Parameters
    ----------
    model : torch.nn.Module
        Maps (b, c, h, w) to logits.
    images : uint8 ndarray of shape (N, h, w, c)
    labels : int64 ndarray of shape (N,)
    mean, std : sequence of c floats
        Normalisation, in units of the full scale.
    recipe : Recipe
    seed : int
        Seed of the order and the augmentation; the caller has set the initial weights.
    device : str or torch.device
    checkpoint : dict of tensors, optional
        Tensors that `save` received after an earlier epoch of the same run; training continues from there.
    save : callable, optional
        Called after each epoch but the last with a dict of tensors.
    progress : callable, optional
        Called with 1 after each batch, and with the batches of the epochs that `checkpoint` has, before the first; an
        epoch has `batches_per_epoch`. Loss and speed of each epoch are logged.
    stop : int, optional
        Number of epochs after which to stop, where the rest is not needed; the learning rate goes by the recipe.
    keep : callable (epoch, facts), optional
        Called after each epoch, before `save`, with its number, which counts from 1, and with the `loss` and
        `precision` of the result until then. It may evaluate the network, and must not change its tensors.
    cuda_graph : bool, default False
        Whether a GPU is given all kernels of a batch at a time (`actopo.networks.cuda_graph`); weights are the same.

    Returns
    -------
    dict
        `loss`: mean training loss of every epoch; `precision`: the one used; `seconds`: wall time of the
        epochs run by this call; `images_per_second`: median over those epochs, None if there were none.

    Raises
    ------
    InputError
        If the loss stops being finite; names epoch, batch and learning rate. If gradients never are, in fp16. If both
        `cuda_graph` and `recipe.compile` are true.
    """
    if cuda_graph and recipe.compile:
        raise InputError("training takes a CUDA graph or torch.compile; set training.cuda_graph or compile to false")
    precision = choose_precision(recipe.precision, device)
    dtype = DTYPES[precision]
    layout = memory_format(model, device)
    place(model, device, layout)
    parameters = dict(model.named_parameters())
    optimiser = make_optimiser(parameters, recipe)
    scaler = torch.amp.GradScaler(torch.device(device).type, enabled=precision == "fp16")
    first_scale = scaler.get_scale()
    losses = _restore(checkpoint, model, parameters, optimiser, scaler, recipe) if checkpoint is not None else []
    if progress is not None and losses:
        progress(len(losses) * batches_per_epoch(len(images), recipe.batch_size))
    # Kernels are chosen by fixed rules and not by timing, so that the same seed gives the same weights.
    forward = torch.compile(model, dynamic=False, options={"deterministic": True}) if recipe.compile else model

    images, truth = torch.as_tensor(images, device=device), torch.as_tensor(labels, device=device)
    mean, std = (torch.as_tensor(values, dtype=torch.float32, device=device) for values in (mean, std))

    def inputs(batches, draw):
        """Network input of each batch in turn."""
        for some in _together(batches, images):
            chosen = some[0] if len(some) == 1 else torch.cat(some)
            pieces = [*augment(images, mean, std, chosen, draw, recipe).split([len(piece) for piece in some])][::-1]
            # No name keeps an input, so that its memory is free when the network has taken it.
            while pieces:
                yield pieces.pop().contiguous(memory_format=layout)

    def give_logits(batch):
        with _autocast(device, dtype):
            return forward(batch)

    begin, rates = time.perf_counter(), []
    devices = [torch.device(device)] if torch.device(device).type == "cuda" else []
    if cuda_graph and not devices:
        log.info("training.cuda_graph has no effect on a CPU")
    step = _make_step(give_logits, optimiser, scaler)
    # By fixed algorithms the same seed gives the same weights.
    with (
        exact_arithmetic(),
        torch.random.fork_rng(devices),
        graphed(step, optimiser, images.device) if cuda_graph and devices else nullcontext(step) as step,
    ):
        for epoch in range(len(losses), recipe.epochs if stop is None else stop):
            model.train()
            # Dropout depends on seed and epoch alone, not on earlier training or on the checkpoint resumed from.
            torch.manual_seed(int(np.random.default_rng([seed, epoch]).integers(1 << 63)))
            epoch_begin = time.perf_counter()
            loss, scale = _epoch(inputs, step, images, truth, recipe, seed, epoch, progress, scaler)
            losses.append(loss)
            done = (epoch + 1) * batches_per_epoch(len(images), recipe.batch_size)
            if epoch + 1 == recipe.epochs or done >= SURE:
                _require_a_step(scale, first_scale, done)
            rates.append(len(images) / (time.perf_counter() - epoch_begin))
            if keep is not None:
                keep(epoch + 1, {"loss": list(losses), "precision": precision})
            if save is not None and epoch + 1 < recipe.epochs:
                save(_checkpoint(model, parameters, optimiser, scaler, losses, recipe))
            log.info("epoch %d: loss %.4f, %.0f images/s", epoch + 1, losses[-1], rates[-1])
    return {
        "loss": losses,
        "precision": precision,
        "seconds": time.perf_counter() - begin,
        "images_per_second": float(np.median(rates)) if rates else None,
    }


def _together(batches, images):
    """Lists of batches whose input is made at a time: on a CPU, where they stay in its cache, one by one."""
    if images.device.type == "cpu":
        return [[chosen] for chosen in batches]
    size = 4 * images[0].numel() * max(len(chosen) for chosen in batches)
    step = max(1, AUGMENTED_BYTES // size)
    return [batches[start : start + step] for start in range(0, len(batches), step)]


def _make_step(give_logits, optimiser, scaler):
    """Return the function that trains on the input of a batch, its labels and a learning rate, and returns the loss."""

    def step(batch, truth, rate):
        for group in optimiser.param_groups:
            group["lr"] = rate
        logits = give_logits(batch)
        # The backward pass has its memory.
        del batch
        if not isinstance(logits, torch.Tensor):
            raise InputError(
                f"in training the network gives {type(logits).__name__} and no tensor of logits; switch its "
                "auxiliary classifiers off (arguments: {aux_logits: false}), or let it give one tensor"
            )
        require_gradient(logits)
        loss = functional.cross_entropy(logits.float(), truth)
        optimiser.zero_grad(set_to_none=True)
        scaler.scale(loss).backward()
        scaler.step(optimiser)
        scaler.update()
        return loss.detach()

    return step


def _epoch(inputs, step, images, truth, recipe, seed, epoch, progress, scaler):
    """Train for an epoch: the mean loss, and its scale then; `inputs` yields the input of batches, given their draw."""
    draw = draw_augmentation(len(images), images.shape[1:3], recipe, seed, epoch)
    draw = {name: torch.as_tensor(values, device=images.device) for name, values in draw.items()}
    batches = batches_of(draw["order"], recipe.batch_size)
    sizes = torch.tensor([len(chosen) for chosen in batches], dtype=torch.float64, device=images.device)
    losses = torch.zeros_like(sizes)
    stream = inputs(batches, draw)
    for index, chosen in enumerate(batches):
        rate = recipe.rate(epoch + index / len(batches))
        # Kernels of a CUDA graph read the rate from the memory of the device, in float32.
        rate = float(np.float32(rate)) if images.is_cuda else rate
        losses[index] = step(next(stream), truth[chosen], rate)
        if index % CHECK_INTERVAL == CHECK_INTERVAL - 1 or index == len(batches) - 1:
            _require_finite(losses, epoch, recipe)
        if progress is not None:
            progress(1)
    # In one copy from the device.
    total, scale = torch.stack([losses @ sizes, scaler.scale(torch.ones_like(sizes[0]))]).tolist()
    return total / len(images), scale


def _require_finite(batch_losses, epoch, recipe):
    wrong = (~torch.isfinite(batch_losses)).nonzero()
    if len(wrong):
        batch = int(wrong[0])
        raise InputError(
            f"the training loss is not finite in epoch {epoch + 1} at batch {batch + 1} of {len(batch_losses)}, with "
            f"learning rate {recipe.rate(epoch + batch / len(batch_losses)):.4g}; lower training.learning_rate, raise "
            "training.peak_epoch or set training.precision to fp32"
        )


def _require_a_step(scale, first_scale, n_batches):
    """In fp16 a step whose gradients are not finite is left out and halves the scale."""
    if scale == np.float32(math.ldexp(first_scale, -n_batches)):
        raise InputError(
            f"in fp16 no gradient of {n_batches} batches was finite, and such steps are left out, so that the network "
            "is not trained; set training.precision to bf16, or to fp32, which names a batch whose loss is not finite"
        )


def _checkpoint(model, parameters, optimiser, scaler, losses, recipe):
    state = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    state |= optimiser_state(optimiser, parameters, recipe)
    state["loss"] = torch.tensor(losses, dtype=torch.float64)
    if scaler.is_enabled():
        state["scale"] = torch.tensor(scaler.get_scale(), dtype=torch.float64)
        state["growth"] = torch.tensor(scaler.state_dict()["_growth_tracker"])
    return state


def _restore(checkpoint, model, parameters, optimiser, scaler, recipe):
    state = {name.removeprefix("model."): tensor for name, tensor in checkpoint.items() if name.startswith("model.")}
    load_weights(model, state)
    restore_optimiser(checkpoint, optimiser, parameters, recipe)
    if scaler.is_enabled():
        scaler.load_state_dict(
            scaler.state_dict() | {"scale": float(checkpoint["scale"]), "_growth_tracker": int(checkpoint["growth"])}
        )
    return checkpoint["loss"].tolist()
