"""
Checkpoints of training as safetensors files, each complete or absent; a damaged one is not used.

On a GPU an epoch takes less time than to write its checkpoint. So the state after an epoch is kept in memory, on the
device, and written when the last was written a minute ago, or when the process is asked to end.
"""

import hashlib
import json
import logging
import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from actopo.checksums import DamagedFile, remove
from actopo.networks.weights import load_tensors, save_tensors

# Seconds from one checkpoint to the next.
INTERVAL = 60.0


class Checkpoint:
    """
    Checkpoint of a training run, kept in one file.

    Parameters
    ----------
    path : str or Path
    run : JSON-ready value
        Everything that determines the run's result. A file written by any other run is ignored.
    interval : float, default 60
        Seconds after which `keep` writes the file again; 0 for every time.
    """

    def __init__(self, path, run, interval=INTERVAL):
        self.path = Path(path)
        self.run = hashlib.sha256(json.dumps(run, sort_keys=True).encode()).hexdigest()
        self.interval, self._written, self._kept = interval, time.monotonic(), {}
        self._is_newer, self._asked = False, None

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
        self._written, self._is_newer = time.monotonic(), False

    def keep(self, tensors):
        """
        Write these tensors, if the file is older than the interval; else keep a copy of them in memory.

        Raises
        ------
        SystemExit
            If the process was asked to end inside of `written_at_the_end`, and goes on.
        """
        if time.monotonic() - self._written >= self.interval:
            self.save(tensors)
        else:
            self._copy(tensors)
        if self._asked is not None:
            raise SystemExit(self._asked)

    def _copy(self, tensors):
        # While it is copied, there is no whole state to write.
        self._is_newer = False
        if not self._kept:
            self._kept = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        for name, tensor in tensors.items():
            if self._kept[name].shape == tensor.shape:
                self._kept[name].copy_(tensor.detach())
            else:
                self._kept[name] = tensor.detach().clone()
        self._is_newer = True

    @contextmanager
    def written_at_the_end(self):
        """
        Write what is kept in memory, if the process is asked to end (SIGTERM, Ctrl-C) inside the block.

        Raises
        ------
        SystemExit
            At SIGTERM.
        """

        def end(number, _):
            # Python ignores what is raised in a finaliser or a callback: then the next `keep` ends the process.
            self._asked = 128 + number
            raise SystemExit(self._asked)

        # Python runs handlers in the main thread alone.
        is_main = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGTERM, end) if is_main else None
        try:
            yield
        except (SystemExit, KeyboardInterrupt):
            if is_main:
                # What is written now is not to be interrupted.
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if self._is_newer:
                self.save(self._kept)
                logging.info("asked to end; the checkpoint %s is that of the last whole epoch", self.path)
            raise
        finally:
            if is_main:
                signal.signal(signal.SIGTERM, before)

    def remove(self):
        """Remove the file, once the run is finished."""
        remove(self.path)
