"""The emulated GPU of these tests."""

import pytest
import torch
from actopo.arithmetic import exact_arithmetic
from emulated_cuda import emulated_cuda


@pytest.fixture(autouse=True)
def _one_thread():
    """Networks of this size only lose time to threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def _without_tf32():
    """Products as in all that the package computes."""
    with exact_arithmetic():
        yield


@pytest.fixture
def _without_compiler(monkeypatch):
    """PyTorch's compiler traces nothing where a mode sees all operations."""
    monkeypatch.setattr(torch, "compile", lambda model, **options: lambda images: model(images))


@pytest.fixture
def cuda():
    """What is done on the device while the test runs."""
    with emulated_cuda() as device:
        yield device
