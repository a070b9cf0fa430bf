"""Streams of the emulated device (`emulated_cuda`), and which of them have to wait for each other."""

from itertools import count

from torch.multiprocessing.reductions import StorageWeakRef


class EmulatedStream:
    """
    A stream: it runs everything at once here, but knows after what of other streams a GPU would run it.

    Moments are numbers of operations of the whole device, which a subclass has.
    """

    _moments, _device = count(1), None

    def __init__(self, device=None, is_default=False):
        self.is_default, self._waited, self._waited_for_all = is_default, {}, 0

    def wait_stream(self, other):
        """Go on when another stream is done with all that it has got so far."""
        for stream, moment in {**other._waited, other: next(self._moments)}.items():
            self._waited[stream] = max(moment, self._waited.get(stream, 0))
        self._waited_for_all = max(self._waited_for_all, other._waited_for_all)

    def synchronize(self):
        """Let the host wait for it."""
        self._device.wait_for(self)

    def wait_for_all(self):
        """Go on when all streams are done."""
        self._waited_for_all = next(self._moments)

    def is_after(self, other, moment):
        """Whether what comes next is done after something that another stream did."""
        return other is self or moment <= max(self._waited_for_all, self._waited.get(other, 0))


class Memory:
    """
    Storage of the device, and what was last done with it.

    Parameters
    ----------
    storage : UntypedStorage
    stream : EmulatedStream
        The stream in which it was made.
    is_captured : bool
        Whether that was a capture, which writes nothing.
    """

    def __init__(self, storage, stream, is_captured):
        # As long as there is a weak reference, no other storage has the same address.
        self.reference, self._read = StorageWeakRef(storage), {}
        self._written = stream, 0 if is_captured else next(stream._moments)

    def use(self, name, stream, host, is_written):
        """
        Note that an operation reads or writes it in a stream.

        Raises
        ------
        RuntimeError
            If neither the stream nor the host has waited for what is still done with it in another one: a GPU would
            do both at any time.
        """
        for other, moment in [self._written, *(self._read.items() if is_written else ())]:
            if not (stream.is_after(other, moment) or host.is_after(other, moment)):
                raise RuntimeError(f"{name}: a stream uses memory of another one that it has not waited for")
        moment = next(stream._moments)
        if is_written:
            self._written, self._read = (stream, moment), {}
        else:
            self._read[stream] = moment
