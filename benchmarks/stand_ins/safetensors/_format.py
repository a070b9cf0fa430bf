"""
Files of safetensors, as the stand-in reads and writes them.

A file is the length of a header in 8 bytes, the header as JSON, with the type, the shape and the place of each tensor,
padded with spaces to a multiple of 8, and the tensors in the order of the sizes of their elements, then of their names.
"""

import json
from pathlib import Path

import torch

NAMES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
# The types in the order in which the format puts them.
ORDER = ["I64", "F64", "F32", "I32", "BF16", "F16", "I16", "I8", "U8", "BOOL"]
TYPES = {name: dtype for dtype, name in NAMES.items()}


class SafetensorError(Exception):
    """A file that is none of the format."""


class safe_open:
    """A file, whose tensors are read by name."""

    def __init__(self, path, framework="pt"):
        self.data = bytearray(Path(path).read_bytes())
        try:
            self.start = 8 + int.from_bytes(self.data[:8], "little")
            self.header = json.loads(self.data[8 : self.start])
            self.about = self.header.pop("__metadata__", None)
            end = max((entry["data_offsets"][1] for entry in self.header.values()), default=0)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise SafetensorError(f"the header cannot be read: {error}") from error
        if self.start + end != len(self.data):
            raise SafetensorError("it is not as long as its header says")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def keys(self):
        """Names of the tensors."""
        return list(self.header)

    def metadata(self):
        """Texts of the header, or None."""
        return self.about

    def get_tensor(self, name):
        """One tensor."""
        entry = self.header[name]
        first, last = entry["data_offsets"]
        if first == last:
            return torch.empty(entry["shape"], dtype=TYPES[entry["dtype"]])
        content = self.data[self.start + first : self.start + last]
        return torch.frombuffer(content, dtype=TYPES[entry["dtype"]]).reshape(entry["shape"])
