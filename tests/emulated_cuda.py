"""
A CUDA device that is emulated in the memory of the host, for tests on machines without one.

All tensors lie in host memory; storages of those that a program puts on "cuda" are tagged as memory of the device.
What a GPU would refuse is refused: an operation on tensors of both memories (but for those that PyTorch allows), and
an array of NumPy from a tensor of the device. What a GPU would wait for is recorded: operations whose result the host
needs, and copies from one memory to the other.

A `TorchDispatchMode` sees all operations, those of the backward pass too. A `TorchFunctionMode` stands in for what
would ask the driver: where a tensor lies, and moves and factories with a device. Half precision is that of the CPU.

The device has random numbers, CUDA graphs (`emulated_graph`) and streams (`emulated_streams`) of its own. What it does
with single operations stands in `emulated_operations`.
"""

import sys
import warnings
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from unittest.mock import patch
from weakref import WeakSet

import torch
from emulated_graph import Capture, EmulatedGraph, Generator
from emulated_operations import WITHOUT_DATA, arguments_of, check, gives_view, waits_for
from emulated_streams import EmulatedStream, Memory
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

HOST, DEVICE = torch.device("cpu"), torch.device("cuda", 0)
REFUSED = "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
PROTOTYPE = "Synchronization debug mode is a prototype feature and does not yet detect all synchronizing operations"
FROM_DATA = (torch.as_tensor, torch.tensor, torch.asarray)


@dataclass
class EmulatedCuda:
    """
    What a program did on the device.

    Attributes
    ----------
    waits : list of str
        Operations for which the host waited, copies to the host included.
    to_device, to_host : list of int
        Number of elements of every copy.
    largest : int
        Number of elements of the largest tensor on the device.
    index_limit : int
        Elements of a tensor that operations with indices of 32 bits refuse.
    warns : bool
        Whether PyTorch was asked to warn of what the host waits for.
    generator : emulated_graph.Generator
        Random numbers of the device.
    stream : emulated_streams.EmulatedStream
        The current stream.
    capture : emulated_graph.Capture or None
        The graph that is being captured, of which nothing is computed.
    graphs : weakref.WeakSet
        All graphs that are in memory.
    replays : int
        How often graphs were replayed.
    """

    waits: list = field(default_factory=list)
    to_device: list = field(default_factory=list)
    to_host: list = field(default_factory=list)
    largest: int = 0
    index_limit: int = 2**31
    warns: bool = False
    generator: Generator = field(default_factory=Generator)
    stream: EmulatedStream | None = None
    capture: Capture | None = None
    graphs: WeakSet = field(default_factory=WeakSet)
    replays: int = 0
    _storages: dict = field(default_factory=dict)
    _host: EmulatedStream = field(default_factory=EmulatedStream)
    _has_warned: bool = False

    def forget(self):
        """Begin a new record."""
        self.waits, self.to_device, self.to_host, self.largest = [], [], [], 0

    def holds(self, tensor):
        """Whether a tensor lies on the device."""
        return tensor.untyped_storage()._cdata in self._storages

    def place(self, tensor, on_device=True):
        """Note where a tensor lies."""
        storage = tensor.untyped_storage()
        if not on_device:
            self._storages.pop(storage._cdata, None)
            return
        if len(self._storages) > 20_000:
            self._storages = {key: own for key, own in self._storages.items() if not own.reference.expired()}
        if storage._cdata not in self._storages:
            self._storages[storage._cdata] = Memory(storage, self.stream, self.capture is not None)
        self.largest = max(self.largest, tensor.numel())

    def use(self, func, arguments):
        """Note what an operation reads and writes, in the current stream; what gives a view does neither."""
        for tensor, is_written in () if gives_view(func) else arguments:
            if self.holds(tensor):
                self._memory(tensor).use(func.overloadpacket.__name__, self.stream, self._host, is_written)

    def write(self, tensor, name):
        """Note that something writes a tensor, in the current stream."""
        self._memory(tensor).use(name, self.stream, self._host, True)

    def _memory(self, tensor):
        return self._storages[tensor.untyped_storage()._cdata]

    def wait(self, name):
        """Record that the host waits for the current stream."""
        self.refuse_in_capture()
        self._host.wait_stream(self.stream)
        self.waits.append(name)
        self.warn()

    def wait_for(self, stream):
        """Wait for one stream, of which `set_sync_debug_mode` does not warn."""
        self.refuse_in_capture()
        self._host.wait_stream(stream)
        self.waits.append("synchronize")

    def set_sync_debug_mode(self, mode):
        """Warn, or do not, and say once what PyTorch says of that."""
        self.warns = mode in ("warn", 1)
        if not self._has_warned:
            warnings.warn(PROTOTYPE, stacklevel=2)
        self._has_warned = True

    def synchronize(self, index=None):
        """Wait for the whole device, of which `set_sync_debug_mode` does not warn."""
        self.refuse_in_capture()
        self._host.wait_for_all()
        self.waits.append("synchronize")

    def refuse_in_capture(self):
        """What CUDA says of all that cannot be captured."""
        if self.capture is not None:
            self.capture.is_valid = False
            raise RuntimeError("CUDA error: operation not permitted when stream is capturing")

    def warn(self):
        """What PyTorch says in `set_sync_debug_mode("warn")`, of copies to the device too."""
        if self.warns:
            warnings.warn("called a synchronizing CUDA operation", stacklevel=2)

    def copied(self, n_elements, to_device):
        """Record a copy between the memories."""
        self.refuse_in_capture()
        if to_device:
            self.to_device.append(n_elements)
            self.warn()
        else:
            self.to_host.append(n_elements)
            self.wait("copy to the host")

    @contextmanager
    def in_stream(self, stream):
        """Let a stream be the current one, as `torch.cuda.stream` does, which leaves it if the block fails."""
        before, self.stream = self.stream, stream
        try:
            yield
        finally:
            self.stream = before

    def moved(self, tensor, to_device, dtype=None, layout=None):
        """Copy of a tensor in the other memory."""
        self.copied(tensor.numel(), to_device)
        layout = torch.preserve_format if layout is None else layout
        moved = tensor.to(HOST, dtype or tensor.dtype, copy=True, memory_format=layout)
        self.place(moved, to_device)
        if not to_device:
            self._host.wait_stream(self.stream)
        return moved

    def compute(self, func, args, kwargs):
        """Run an operation, if a GPU would."""
        name, arguments = func.overloadpacket.__name__, arguments_of(func, args, kwargs)
        tensors = [tensor for tensor, _ in arguments]
        if name in WITHOUT_DATA or not any(map(self.holds, tensors)):
            # A factory: its result is put on the device, or is none of a graph's.
            return func(*args, **kwargs) if self.capture is None else self.capture.run(func, args, kwargs)
        check(self, func, arguments)
        if self.capture is None:
            self.use(func, arguments)
        if waits_for(name, tensors):
            self.wait(name)
        with self.generator.drawing(func):
            result = func(*args, **kwargs) if self.capture is None else self.capture.run(func, args, kwargs)
        if name != "copy_":
            for leaf in (result,) if isinstance(result, torch.Tensor) else tree_leaves(result):
                if isinstance(leaf, torch.Tensor):
                    self.place(leaf)
        return result


class _Operations(TorchDispatchMode):
    def __init__(self, device):
        super().__init__()
        self.device = device

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        with torch._C.DisableTorchFunction():
            return self.device.compute(func, args, kwargs or {})


class _Functions(TorchFunctionMode):
    """Functions that ask where a tensor lies, or say where one shall lie."""

    def __init__(self, device):
        super().__init__()
        self.device = device
        tensor = torch.Tensor
        self.own = {
            tensor.device.__get__: lambda x: DEVICE if device.holds(x) else HOST,
            tensor.is_cuda.__get__: device.holds,
            tensor.is_cpu.__get__: lambda x: not device.holds(x),
            tensor.cpu: lambda x, **kwargs: self.to(x, "cpu"),
            tensor.cuda: lambda x, *args, **kwargs: self.to(x, "cuda"),
            tensor.to: self.to,
            tensor.numpy: self.numpy,
            tensor.__array__: self.numpy,
            tensor.tolist: lambda x: (self.to(x, "cpu")).tolist(),
            tensor.__deepcopy__: self.deepcopy,
            tensor.new_tensor: self.new_tensor,
            **{own: partial(self.read, own) for own in (tensor.__repr__, tensor.__format__)},
        }

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is torch.Tensor.__array__:
            return self.numpy(args[0]).__array__(*args[1:], **kwargs)
        if func in self.own:
            return self.own[func](*args, **kwargs)
        if kwargs.get("device") is None:
            return func(*args, **kwargs)
        for leaf in tree_leaves(args[0]) if func in FROM_DATA and isinstance(args[0], list | tuple) else ():
            if isinstance(leaf, torch.Tensor) and self.device.holds(leaf):
                self.device.copied(leaf.numel(), False)
        on_device = torch.device(kwargs["device"]).type == "cuda"
        kwargs = {**kwargs, "device": HOST}
        if func in FROM_DATA and isinstance(args[0], torch.Tensor):
            return self.to(func(*args, **kwargs), DEVICE if on_device else HOST)
        with self.device.generator.drawing() if on_device else nullcontext():
            made = func(*args, **kwargs)
        if on_device:
            # A tensor of given data may share the memory of these.
            made = self.device.moved(made, True) if func in FROM_DATA else made
            self.device.place(made)
        return made

    def to(self, tensor, *args, copy=False, **kwargs):
        if args and isinstance(args[0], torch.Tensor):
            args = (self.own[torch.Tensor.device.__get__](args[0]), args[0].dtype, *args[1:])
        device, dtype, _, layout = torch._C._nn._parse_to(*args, **kwargs)
        held = self.device.holds(tensor)
        on_device = held if device is None else device.type == "cuda"
        if on_device != held:
            return self.device.moved(tensor, on_device, dtype, layout)
        layout = torch.preserve_format if layout is None else layout
        return tensor.to(dtype or tensor.dtype, copy=copy, memory_format=layout)

    def numpy(self, tensor, **kwargs):
        if self.device.holds(tensor):
            raise TypeError(REFUSED)
        return tensor.numpy(**kwargs)

    def read(self, func, tensor, *args, **kwargs):
        if self.device.holds(tensor):
            self.device.copied(tensor.numel(), False)
        return func(tensor, *args, **kwargs)

    def new_tensor(self, tensor, data, device=None, **kwargs):
        device = self.own[torch.Tensor.device.__get__](tensor) if device is None else device
        return self.to(tensor.new_tensor(data, device=HOST, **kwargs), device)

    def deepcopy(self, tensor, memo):
        copied = tensor.__deepcopy__(memo)
        if self.device.holds(tensor):
            self.device.place(copied)
        return copied


class _Autocast(torch.autocast):
    def __init__(self, device_type, *args, **kwargs):
        super().__init__("cpu" if device_type == "cuda" else device_type, *args, **kwargs)


@contextmanager
def emulated_cuda():
    """
    Emulate a machine with one GPU.

    Yields
    ------
    EmulatedCuda
    """
    device = EmulatedCuda()
    stream = type("Stream", (EmulatedStream,), {"_device": device})
    device.stream = stream(is_default=True)
    # The attribute of this name is removed from torch.optim.
    optimisers = sys.modules["torch.optim.optimizer"]
    by_device = optimisers._group_tensors_by_device_and_dtype

    def grouped(lists, with_indices=False):
        found = by_device(lists, with_indices)
        return {
            (DEVICE if device.holds(group[0][0][0]) else place, dtype): group for (place, dtype), group in found.items()
        }

    driver = {
        "is_available": lambda: True,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "set_device": lambda index: None,
        "get_device_name": lambda index=None: "an emulated GPU",
        "is_current_stream_capturing": lambda: device.capture is not None,
        "get_rng_state": lambda index=None: device.generator.get_state(),
        "set_rng_state": lambda state, index=None: device.generator.set_state(state),
        "manual_seed_all": device.generator.manual_seed,
        "default_generators": (device.generator,),
        "synchronize": device.synchronize,
        "empty_cache": lambda: None,
        "get_sync_debug_mode": lambda: int(device.warns),
        "set_sync_debug_mode": device.set_sync_debug_mode,
        "Stream": stream,
        "stream": device.in_stream,
        "current_stream": lambda index=None: device.stream,
        "CUDAGraph": type("CUDAGraph", (EmulatedGraph,), {"_device": device}),
        "reset_peak_memory_stats": lambda index=None: None,
        # Elements of the largest tensor stand for what all of them take.
        "max_memory_allocated": lambda index=None: device.largest,
        "memory_reserved": lambda index=None: len(device.graphs) * device.largest,
    }
    with ExitStack() as stack:
        stack.enter_context(patch.multiple(torch.cuda, **driver))
        stack.enter_context(patch.object(torch, "autocast", _Autocast))
        stack.enter_context(patch.object(torch._C, "_host_emptyCache", lambda: None, create=True))
        stack.enter_context(patch.object(optimisers, "_group_tensors_by_device_and_dtype", grouped))
        stack.enter_context(_Operations(device))
        stack.enter_context(_Functions(device))
        yield device
