"""Checkpoints of training as safetensors files, each complete or absent; a damaged one is not used."""

import hashlib
import json
import logging
from pathlib import Path

from actopo.checksums import DamagedFile, remove
from actopo.networks.weights import load_tensors, save_tensors


class Checkpoint:
    """
    Checkpoint of a training run, kept in one file.

    Parameters
    ----------
    path : str or Path
    run : JSON-ready value
        Everything that determines the run's result. A file written by any other run is ignored.
    """

    def __init__(self, path, run):
        self.path = Path(path)
        self.run = hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()

    def load(self):
        """Return the tensors of the last `save` of the same run, or None."""
        if not self.path.exists():
            return None
        try:
            tensors, about = load_tensors(self.path)
        except DamagedFile:
            logging.warning("the checkpoint %s is damaged; starting anew", self.path)
            return None
        if about.get("run") == self.run:
            logging.info("going on from the checkpoint %s", self.path)
            return tensors
        logging.info("the checkpoint %s belongs to another run; starting anew", self.path)
        return None

    def save(self, tensors):
        """Replace the file by one with these tensors."""
        save_tensors(self.path, tensors, run=self.run)

    def remove(self):
        """Remove the file, once the run is finished."""
        remove(self.path)
