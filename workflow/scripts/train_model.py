"""One network from one seed, and those of the seeds that share its job: weights, accuracy, loss curve and timing."""

import json
import logging
import time
from pathlib import Path

from actopo.errors import InputError
from actopo.io import load_json, save_json
from actopo.job import choose_device, progress, start_logging
from actopo.trays import Tray

start_logging(snakemake)

meta = load_json(snakemake.input.meta)
run = (*(getattr(snakemake.params, name) for name in ("network", "source", "recipe", "code")), meta["provenance"])
own, others = int(snakemake.wildcards.seed), snakemake.params.others


def tray_of(seed):
    """Tray of the network of another seed, or of this one."""
    return Tray(Path(snakemake.output.weights).with_name(f"seed{seed}.safetensors"), run, snakemake.resources.device)


def fill(tray, seed):
    """Train one network."""
    # Another job may have filled the tray, and then there is no need of all this.
    import numpy as np
    import torch
    from actopo.networks import build, count_outputs
    from actopo.training import PRECISIONS, Recipe, accuracy, train
    from actopo.weights import Checkpoint, save_tensors

    tray.metrics.unlink(missing_ok=True)
    device = choose_device(snakemake.resources.device)
    torch.set_num_threads(snakemake.threads)
    recipe, normalisation = Recipe(**json.loads(snakemake.params.recipe)), (meta["mean"], meta["std"])
    sizes = {"n_classes": len(meta["class_names"]), "n_channels": meta["image_shape"][-1]}
    model = build(**json.loads(snakemake.params.network), **sizes, seed=seed)
    n_outputs = count_outputs(model, meta["image_shape"])
    if n_outputs != sizes["n_classes"]:
        raise InputError(
            f"the network tells {n_outputs} classes apart, and the images have {sizes['n_classes']}; let its function "
            "take n_classes, or set data.classes"
        )
    parts = {
        part: tuple(np.load(snakemake.input[f"{part}_{kind}"]) for kind in ("images", "labels"))
        for part in ("train", "test")
    }
    checkpoint = Checkpoint(tray.checkpoint, (*run, device))
    with progress(recipe.epochs, "epoch", f"seed {seed}") as bar:
        metrics = train(
            model,
            *parts["train"],
            *normalisation,
            recipe,
            seed,
            device,
            checkpoint.load(),
            checkpoint.save,
            bar.update,
        )
    precision = PRECISIONS[metrics["precision"]]
    for part, (images, labels) in parts.items():
        metrics[f"{part}_accuracy"] = accuracy(model, images, labels, *normalisation, device, precision)
    save_tensors(tray.weights, model.state_dict())
    about = {"seed": seed, "device": device, "threads": snakemake.threads, "run": tray.run}
    save_json(tray.metrics, {**about, **metrics})
    checkpoint.remove()


def fill_others():
    """Train the networks of the other seeds that nobody has trained or is training."""
    for seed in others:
        tray = tray_of(seed)
        with tray.claim() as mine:
            if not mine or tray.is_done():
                continue
            try:
                fill(tray, seed)
            except InputError as error:
                # To be told by the job of that seed, which is not this one.
                logging.warning("seed %d: %s", seed, error)


def make():
    """Deliver this job's own network. Until then a killed job leaves it in its tray, where the next one finds it."""
    tray = tray_of(own)
    if tray.is_full():
        logging.info("seed %d was trained by the job of another seed", own)
    elif tray.is_done():
        logging.info("seed %d was trained by a job that an earlier run had left behind", own)
        return
    else:
        fill(tray, own)
        fill_others()
    tray.deliver()


done = waiting = False
while not done:
    with tray_of(own).claim(shared=bool(others)) as mine:
        if mine:
            make()
            done = True
    if not done:
        if not waiting:
            logging.info("seed %d is being trained by another process; waiting for it", own)
        waiting = True
        time.sleep(1)
