"""Stand-in for safetensors.torch."""

from __future__ import annotations

import json

import torch

from safetensors._format import NAMES, ORDER, safe_open


def save(tensors, metadata=None):
    """Bytes of a file of contiguous tensors in the memory of the host, with texts."""
    header, content, place = {} if metadata is None else {"__metadata__": metadata}, [], 0
    for name in sorted(tensors, key=lambda name: (ORDER.index(NAMES[tensors[name].dtype]), name)):
        tensor = tensors[name]
        data = tensor.reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
        entry = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [place, place + len(data)]}
        header[name], place = entry, place + len(data)
        content.append(data)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *content])


def load_file(path):
    """All tensors of a file."""
    with safe_open(path) as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
