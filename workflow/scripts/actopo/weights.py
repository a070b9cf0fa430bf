"""Weights and checkpoints as safetensors files, whole or absent."""

import hashlib
import json
import logging
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from actopo.io import save_bytes


def save_tensors(path, tensors, **metadata):
    """Write a dict of tensors; `metadata` are texts."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # The format knows no sharing: each name of a module that a network has twice gets a copy.
    seen = set()
    for name, tensor in tensors.items():
        if tensor.untyped_storage().data_ptr() in seen:
            tensors[name] = tensor.clone()
        seen.add(tensor.untyped_storage().data_ptr())
    save_bytes(path, save(tensors, metadata))


def load_tensors(path):
    """Read a dict of tensors and the texts that were written with them."""
    with safe_open(path, framework="pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118 - not a dict


class Checkpoint:
    """
    The state of an unfinished run, kept in one file.

    Parameters
    ----------
    path : str or Path
    run : JSON-ready value
        What decides the run's result. A file written by any other run is ignored.
    """

    def __init__(self, path, run):
        self.path = Path(path)
        self.run = hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()

    def load(self):
        """Tensors of the last `save` of the same run, or None."""
        if not self.path.exists():
            return None
        try:
            with safe_open(self.path, framework="pt") as file:
                if (file.metadata() or {}).get("run") == self.run:
                    logging.info("going on from the checkpoint %s", self.path)
                    return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        except SafetensorError as error:
            logging.warning("the checkpoint %s cannot be read (%s); starting anew", self.path, error)
            return None
        logging.info("the checkpoint %s belongs to another run; starting anew", self.path)
        return None

    def save(self, tensors):
        """Replace the file."""
        save_tensors(self.path, tensors, run=self.run)

    def remove(self):
        """Remove the file: the run is finished."""
        self.path.unlink(missing_ok=True)
