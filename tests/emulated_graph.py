"""
Random numbers and CUDA graphs of the emulated device (`emulated_cuda`).

A capture records operations with the places of their tensors in memory, and with the numbers of the host that they were
given, which stay what they were. A replay runs these operations on these places. So a graph shows what is wrong in its
use as on a GPU: it computes from what lies in its places, and not from a new tensor or a new number.

A capture computes nothing. The operations do run, so that their results have shapes, but everything that they wrote is
then set back, and memory of the graph itself is filled with nan, until the first replay.
"""

from contextlib import contextmanager

import torch
from emulated_operations import arguments_of
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import _disable_current_modes
from torch.utils._pytree import tree_flatten, tree_leaves, tree_unflatten

INVALID = "CUDA error: operation failed due to a previous error during capture"


class Generator:
    """The generator of the device: that of the host with a state of its own."""

    def __init__(self):
        self._state, self._is_stuck = torch.Generator().manual_seed(0).get_state(), False

    def manual_seed(self, seed):
        """Begin anew."""
        self._state = torch.Generator().manual_seed(seed).get_state()

    def get_state(self):
        """State as a tensor of bytes."""
        return self._state.clone()

    def set_state(self, state):
        """Go on from a state."""
        self._state = state.clone()

    def clone_state(self):
        """Return a generator at the same place."""
        other = Generator()
        other.set_state(self._state)
        return other

    def graphsafe_set_state(self, other):
        """Take the state of another generator, and with it whether that is captured."""
        self._state, self._is_stuck = other._state, other._is_stuck

    def fail(self):
        """After a capture that failed, PyTorch 2.10 takes every further number for one of the capture."""
        self._is_stuck = True

    @contextmanager
    def drawing(self, func=None):
        """Let an operation, or all of the block, take its random numbers from here."""
        if func is not None and torch.Tag.nondeterministic_seeded not in func.tags:
            yield
            return
        if self._is_stuck:
            raise RuntimeError("Offset increment outside graph capture encountered unexpectedly.")
        host = torch.default_generator.get_state()
        torch.default_generator.set_state(self._state)
        try:
            yield
        finally:
            self._state = torch.default_generator.get_state()
            torch.default_generator.set_state(host)


class _Place:
    """
    Where a tensor lies in the memory of the device.

    Parameters
    ----------
    tensor : Tensor
    is_own : bool
        Whether it lies in the memory of the graph, which stays. Other memory may be freed before a replay.
    """

    def __init__(self, tensor, is_own):
        storage = tensor.untyped_storage()
        self._storage, self._dtype = storage if is_own else StorageWeakRef(storage), tensor.dtype
        self._layout = tensor.storage_offset(), tensor.size(), tensor.stride()

    def tensor(self):
        """The tensor that lies there now."""
        storage = self._storage
        if isinstance(storage, StorageWeakRef):
            storage = torch.UntypedStorage._new_with_weak_ptr(storage.cdata)
            if storage is None:
                raise RuntimeError("CUDA error: an illegal memory access was encountered: a graph's tensor was freed")
        return torch.empty(0, dtype=self._dtype).set_(storage, *self._layout)


class Capture:
    """Operations of a graph, with what they found in memory."""

    def __init__(self, device):
        self.device, self.is_valid = device, True
        self._records, self._own, self._before = [], {}, {}
        self._random_state = device.generator.get_state()

    def run(self, func, args, kwargs):
        """Run an operation and record it."""
        leaves, spec = tree_flatten((args, kwargs))
        used = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
        for tensor in used:
            storage = tensor.untyped_storage()
            if self.device.holds(tensor) and storage._cdata not in self._own:
                self._before.setdefault(storage._cdata, (storage, storage.clone()))
        places = [self._place(leaf) if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]
        result = func(*args, **kwargs)
        known = {tensor.untyped_storage()._cdata for tensor in used}
        made = [leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
        new = [tensor.untyped_storage()._cdata not in known for tensor in made]
        for tensor, is_new in zip(made, new, strict=True):
            if is_new:
                self._own[tensor.untyped_storage()._cdata] = tensor.untyped_storage()
        outputs = [_Place(tensor, True) if is_new else None for tensor, is_new in zip(made, new, strict=True)]
        self._records.append((func, places, spec, outputs, made))
        return result

    def _place(self, tensor):
        storage = tensor.untyped_storage()
        if storage._cdata in self._own:
            return _Place(tensor, True)
        # A number of the host is given to the kernel as it is now.
        return _Place(tensor, False) if self.device.holds(tensor) else tensor.detach().clone()

    def end(self):
        """Set back what was written, and return operations on the device."""
        with _disable_current_modes():
            for storage, content in self._before.values():
                storage.copy_(content)
            held = [record for record in self._records if any(map(self.device.holds, record[-1])) or not record[-1]]
            for _, _, _, outputs, made in held:
                for place, tensor in zip(outputs, made, strict=True):
                    if place is not None and self.device.holds(tensor):
                        _bytes(tensor.untyped_storage()).fill_(255)
        self.device.generator.set_state(self._random_state)
        return [record[:-1] for record in held]


def _bytes(storage):
    return torch.empty(0, dtype=torch.uint8).set_(storage)


class EmulatedGraph:
    """Stands for `torch.cuda.CUDAGraph`, within PyTorch's own `torch.cuda.graph`; a subclass has the device."""

    _device = None

    def __init__(self):
        self._records = None
        self._device.graphs.add(self)

    def capture_begin(self, pool=None, capture_error_mode="global"):
        """Record all further operations on the device."""
        if self._device.stream.is_default:
            raise RuntimeError("CUDA graphs must be captured on a non-default stream.")
        self._device.capture = Capture(self._device)

    def capture_end(self):
        """End the record."""
        capture, self._device.capture = self._device.capture, None
        records = capture.end()
        if not capture.is_valid:
            self._device.generator.fail()
            raise RuntimeError(INVALID)
        self._records = records

    def reset(self):
        """Forget the record, and with it the memory of the graph."""
        self._records = None

    def replay(self):
        """Run what was recorded."""
        if self._records is None:
            raise RuntimeError("Called CUDAGraph::replay without a preceding successful capture.")
        self._device.replays += 1
        with _disable_current_modes(), torch.no_grad():
            for func, places, spec, outputs in self._records:
                leaves = [place.tensor() if isinstance(place, _Place) else place for place in places]
                args, kwargs = tree_unflatten(leaves, spec)
                self._device.use(func, arguments_of(func, args, kwargs))
                with self._device.generator.drawing(func):
                    result = func(*args, **kwargs)
                made = [leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
                for place, tensor in zip(outputs, made, strict=True):
                    if place is not None:
                        place.tensor().copy_(tensor)
                        self._device.write(place.tensor(), "a graph")
