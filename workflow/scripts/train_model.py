"""
One network from one seed, and those of the seeds that share its job: weights, accuracy, loss curve and timing.

Or the network at an epoch of its training: what the training left on its way, or what a training until there gives.
"""

import logging
from functools import cache
from pathlib import Path

from actopo.checksums import DamagedFile
from actopo.errors import InputError
from actopo.files import load_array, load_json, save_json
from actopo.job import choose_device, log_device, progress, settings, start_logging
from actopo.keys import epoch_number
from actopo.networks.recipe import Recipe
from actopo.networks.seeds_per_job import TrainingFolder, run_of, train_or_take

start_logging(snakemake)

params, meta = settings(snakemake), load_json(snakemake.input.meta)
run = run_of(snakemake.params, meta)
recipe, own_epoch = Recipe(**params.recipe), epoch_number(snakemake.wildcards.epoch)
kept_epochs = sorted({*params.keep, *([] if own_epoch is None else [own_epoch])})
if kept_epochs and kept_epochs[-1] >= recipe.epochs:
    raise InputError(f"epoch {kept_epochs[-1]} is not before the last of {recipe.epochs} epochs; see training.keep")
# Others are not looked at by epoch.
keepers = {*params.keepers, *([] if own_epoch is None else [int(snakemake.wildcards.seed)])}


def folder_of(seed, epoch=own_epoch):
    """Where the network of a seed is trained, and where it is put at an epoch that is kept."""
    weights = Path(snakemake.output.weights).with_name(f"seed{seed}.safetensors")
    if epoch is None:
        return TrainingFolder(weights, run, snakemake.resources.device)
    weights = weights.with_suffix(f".epoch{epoch}.safetensors")
    return TrainingFolder(weights, (*run, epoch), snakemake.resources.device)


@cache
def load_parts():
    """Images and labels of both parts, once for all networks of the job."""
    from actopo.images.part_digest import part_digest

    parts = {
        part: tuple(load_array(snakemake.input[f"{part}_{kind}"]) for kind in ("images", "labels"))
        for part in ("train", "test")
    }
    for part, arrays in parts.items():
        if part_digest(*arrays) != meta["provenance"]["sha256"][part]:
            raise DamagedFile(snakemake.input.meta, f"describes other images than those of the {part} part beside it")
    return parts


def train_network(_, seed):
    """Train the network of a seed, as far as is needed, and keep it at its end and at epochs."""
    # Another job may have trained the network already, and then there is no need of all this.
    import torch
    from actopo.networks.build import build, count_outputs
    from actopo.networks.checkpoints import Checkpoint
    from actopo.networks.training import DTYPES, accuracy, batches_per_epoch, choose_precision, train
    from actopo.networks.weights import save_tensors

    whole, wanted = folder_of(seed, None), kept_epochs if seed in keepers else []
    missing = [epoch for epoch in wanted if not folder_of(seed, epoch).is_done()]
    stop = recipe.epochs if own_epoch is None else missing[-1]
    device = choose_device(snakemake.resources.device)
    torch.set_num_threads(snakemake.threads)
    normalisation = (meta["mean"], meta["std"])
    log_device(device, snakemake.threads, choose_precision(recipe.precision, device))
    sizes = {"n_classes": len(meta["class_names"]), "n_channels": meta["image_shape"][-1]}
    model = build(**params.network, **sizes, seed=seed)
    n_outputs = count_outputs(model, meta["image_shape"])
    if n_outputs != sizes["n_classes"]:
        raise InputError(
            f"the network tells {n_outputs} classes apart, and the images have {sizes['n_classes']}; let its function "
            "take n_classes, or set data.classes"
        )
    parts = load_parts()

    def write(folder, facts):
        folder.metrics.unlink(missing_ok=True)
        precision = DTYPES[facts["precision"]]
        for part, (images, labels) in parts.items():
            facts[f"{part}_accuracy"] = accuracy(model, images, labels, *normalisation, device, precision)
        save_tensors(folder.weights, model.state_dict())
        about = {"seed": seed, "device": device, "threads": snakemake.threads, "run": folder.run}
        save_json(folder.metrics, {**about, **facts})

    def keep(epoch, facts):
        if epoch in missing:
            folder = folder_of(seed, epoch)
            folder.begin()
            write(folder, facts)

    checkpoint = Checkpoint(whole.checkpoint, (*run, device))
    state = checkpoint.load()
    # An epoch that a checkpoint has behind it cannot be had from there.
    if state is not None and own_epoch is not None and len(state["loss"]) >= missing[0]:
        state = None
    saved, steps = (state, checkpoint.keep), stop * batches_per_epoch(len(parts["train"][1]), recipe.batch_size)
    options = {"stop": stop, "keep": keep, "cuda_graph": snakemake.params.cuda_graph}
    with checkpoint.written_at_the_end(), progress(steps, "batch", f"seed {seed}, {stop} epochs") as bar:
        metrics = train(model, *parts["train"], *normalisation, recipe, seed, device, *saved, bar.update, **options)
    if own_epoch is None:
        write(whole, metrics)
    else:
        compare_losses(metrics["loss"], load_json(whole.delivered[1]))
    checkpoint.remove()


def compare_losses(losses, whole):
    """Warn if a training until an epoch is another one than that of the network which is there; `whole` tells of it."""
    if losses != whole["loss"][: len(losses)]:
        logging.warning(
            "the network that is there had other losses until epoch %d (device %s, threads %d), so that this epoch is "
            "not on the way of its training, but on that of another; train both on one device with as many threads",
            len(losses),
            whole["device"],
            whole["threads"],
        )


train_or_take(int(snakemake.wildcards.seed), params.others, folder_of, train_network)
