"""Settings of PyTorch's arithmetic: what they are inside the block, and that they come back."""

import pytest
import torch
from actopo.arithmetic import exact_arithmetic

cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul


def state():
    return cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.conv.fp32_precision, matmul.fp32_precision


def test_float32_is_float32_inside_and_what_it_was_afterwards():
    before = state()
    with exact_arithmetic():
        assert state() == (True, False, True, "ieee", "ieee")
        with exact_arithmetic():
            assert state() == (True, False, True, "ieee", "ieee")
        assert state() == (True, False, True, "ieee", "ieee")
    assert state() == before


def test_settings_come_back_after_an_error():
    before = state()
    with pytest.raises(ZeroDivisionError), exact_arithmetic():
        raise ZeroDivisionError
    assert state() == before


def test_settings_of_the_caller_are_kept(monkeypatch):
    monkeypatch.setattr(cudnn, "benchmark", True)
    monkeypatch.setattr(matmul, "fp32_precision", "tf32")
    with exact_arithmetic():
        assert state()[1] is False
        assert matmul.fp32_precision == "ieee"
    assert (cudnn.benchmark, matmul.fp32_precision) == (True, "tf32")
