"""
Steps of training in a CUDA graph, which launches all kernels of a step at once.

The step of a small batch takes less time on a GPU than the launches of its hundreds of kernels on the host. A captured
step is launched once, and reads its batch, labels and learning rate from places in the memory of the device, into which
they are copied before. It has the kernels of the step that was captured, in their order, and so its bits; dropout too,
since a replay draws from PyTorch's generator of the device at the place at which kernels that are launched one by one
would.

Nothing is computed but the training. The first batches are trained kernel by kernel, as is every batch of another size:
by them libraries choose their algorithms and load their kernels, which is not possible in a capture. A capture launches
nothing, so that weights, statistics and random numbers stay what they are.

What a network does on the host is captured as it was in one step. So the last of the first steps shows whether the host
waits for the device within it, as for a number that decides what is done next, or draws random numbers of its own, as
for layers that are left out of some batches. Such a step is not captured. A count of the batches is not seen.
"""

import logging
import random
import warnings
from contextlib import contextmanager
from functools import cache

import numpy as np
import torch

# Batches that are trained kernel by kernel before the capture.
WARM_UP = 3
# Graphs whose capture PyTorch could not end. They keep their memory, and its allocator goes on asking them whether a
# stream is their own.
_UNENDED = []
log = logging.getLogger(__name__)


@contextmanager
def graphed(step, optimiser, device):
    """
    Yield a function that trains as `step` does, and captures it when it knows it; the block has a stream of its own.

    Kernels of one stream run in the order of their launches. A capture wants another stream than the default one, and
    all that has to do with the training is launched into it. At the end the memory of the graph is given back.

    Parameters
    ----------
    step : callable (batch, labels, rate)
        Trains on the input of a batch (a float tensor) and its labels (an int64 tensor), with a learning rate, a float
        or a float32 tensor without dimensions on the device. It gives the loss, a tensor without dimensions, and calls
        nothing on the host that changes from one batch to the next.
    optimiser : torch.optim.Optimizer
        The optimiser that it calls, with fused kernels, and with its state in place.
    device : torch.device
        A GPU, with its index.

    Yields
    ------
    callable (batch, labels, rate)
        The same step, for a rate that is a float with the precision of float32. The loss is overwritten by the next.
    """
    before, stream = torch.cuda.current_stream(device), _stream(device)
    stream.wait_stream(before)
    step = _GraphedStep(step, optimiser)
    try:
        with torch.cuda.stream(stream):
            yield step
    finally:
        # Also what is saved after an interruption is read when it is complete.
        before.wait_stream(stream)
        step.free()


@cache
def _stream(device):
    """One stream for all trainings of a process, since cuBLAS keeps memory for each stream that it has seen."""
    return torch.cuda.Stream(device)


class _GraphedStep:
    def __init__(self, step, optimiser):
        self._step, self._optimiser = step, optimiser
        self._size, self._n_steps, self._is_possible = None, 0, True
        self._graph, self._places, self._loss = None, (), None
        if _UNENDED:
            self._give_up("the capture of an earlier one could not be ended, and still has its memory")

    def __call__(self, batch, truth, rate):
        self._size = len(batch) if self._size is None else self._size
        if not self._is_possible or len(batch) != self._size:
            return self._step(batch, truth, rate)
        self._n_steps += 1
        if self._n_steps < WARM_UP:
            return self._step(batch, truth, rate)
        if self._n_steps == WARM_UP:
            return self._watched(batch, truth, rate)
        if self._graph is None and not self._capture(batch, truth):
            return self._step(batch, truth, rate)
        own_batch, own_truth, own_rate = self._places
        own_batch.copy_(batch)
        own_truth.copy_(truth)
        own_rate.fill_(rate)
        self._graph.replay()
        return self._loss

    def free(self):
        """Give back the memory of the graph, in which the gradients lie too."""
        self._graph, self._places, self._loss = None, (), None
        self._optimiser.zero_grad(set_to_none=True)
        torch.cuda.empty_cache()

    def _watched(self, batch, truth, rate):
        """Train kernel by kernel, and see whether the host waits for the device, or draws numbers of its own."""
        mode, numbers = torch.cuda.get_sync_debug_mode(), _host_numbers()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                loss = self._step(batch, truth, rate)
            finally:
                torch.cuda.set_sync_debug_mode(mode)
        if waits := waits_among(caught):
            self._give_up(f"within a batch it waits for the GPU ({waits[0].filename}, line {waits[0].lineno})")
        elif _host_numbers() != numbers:
            self._give_up("it draws random numbers on the host")
        return loss

    def _capture(self, batch, truth):
        """Capture the step, and return whether that was possible."""
        graph, places = torch.cuda.CUDAGraph(), (batch.clone(), truth.clone(), torch.zeros((), device=batch.device))
        failure, is_ended = None, False
        try:
            with _capturable(self._optimiser), torch.cuda.graph(graph, stream=_stream(batch.device)):
                try:
                    self._loss = self._step(*places)
                except RuntimeError as error:
                    failure = str(error)
            is_ended = True
        except RuntimeError as error:
            # The end of a capture raises an error of its own, which does not say what went wrong.
            failure = failure or str(error)
            if isinstance(error.__context__, (SystemExit, KeyboardInterrupt)):
                raise error.__context__ from None
        if failure is None:
            self._graph, self._places = graph, places
            return True
        self._clear(graph, is_ended, batch.device)
        self._give_up("PyTorch says: " + failure.partition("\n")[0])
        return False

    def _clear(self, graph, is_ended, device):
        """Set back what a capture that failed leaves behind; its memory too, if PyTorch could end it."""
        # In PyTorch 2.10 the generator would refuse to give numbers: it takes itself for captured.
        generator = torch.cuda.default_generators[device.index]
        generator.graphsafe_set_state(generator.clone_state())
        # What the scaler of the loss gives the optimiser for a step.
        for name in ("grad_scale", "found_inf"):
            vars(self._optimiser).pop(name, None)
        self._loss = None
        if is_ended:
            graph.reset()
        else:
            _UNENDED.append(graph)

    def _give_up(self, reason):
        self._is_possible = False
        log.warning("training.cuda_graph has no effect, since the network cannot be captured: %s", reason)


def waits_among(caught):
    """Warnings of PyTorch's debug mode that the host waits; it also warns that it does not see everything that does."""
    return [warning for warning in caught if "called a synchronizing CUDA operation" in str(warning.message)]


def _host_numbers():
    """State of the generators of the host that have no owner: of Python, NumPy and PyTorch."""
    _, keys, *place = np.random.get_state()  # noqa: NPY002
    return random.getstate(), keys.tolist(), place, torch.get_rng_state().tolist()


@contextmanager
def _capturable(optimiser):
    """AdamW wants to be told; its fused kernels are the same."""
    groups = [group for group in optimiser.param_groups if "capturable" in group]
    for group in groups:
        group["capturable"] = True
    try:
        yield
    finally:
        for group in groups:
            group["capturable"] = False
