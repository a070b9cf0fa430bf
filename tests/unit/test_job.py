"""The device of a job. The GPUs are made up."""

import json
from types import SimpleNamespace

import pytest
import torch
from actopo import gpu
from actopo.errors import InputError
from actopo.job import choose_device, settings


@pytest.fixture
def gpus(monkeypatch):
    """Function that pretends that there are so many GPUs, and returns the list of those that jobs take."""
    taken = []

    def pretend(count):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "set_device", taken.append)
        return taken

    monkeypatch.setattr(gpu, "_held", {})
    return pretend


@pytest.mark.parametrize("name", ["auto", "cuda"])
def test_a_job_has_the_gpu_that_it_claims(gpus, name, tmp_path, monkeypatch):
    taken = gpus(2)
    monkeypatch.setattr(gpu, "lock_folder", lambda: tmp_path)
    for names in ("", "1,0"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", names)
        assert choose_device(name) == "cuda"
        gpu._held = {tmp_path.parent: gpu._held.pop(tmp_path)}
    # The second time the job sees the two in reverse order, and the one called 0 is taken.
    assert taken == [0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gpu0.lock", "gpu1.lock"]


def test_an_only_gpu_is_the_first(gpus):
    taken = gpus(1)
    assert choose_device("auto") == "cuda"
    assert taken == [0]


@pytest.mark.parametrize(("name", "count"), [("auto", 0), ("cpu", 0), ("cpu", 2)])
def test_a_job_on_the_cpu_takes_no_gpu(gpus, name, count):
    taken = gpus(count)
    assert choose_device(name) == "cpu"
    assert taken == []


def test_a_gpu_that_is_not_there(gpus):
    gpus(0)
    with pytest.raises(InputError, match="no GPU here"):
        choose_device("cuda")


def test_settings_are_the_params_with_packed_ones_unpacked():
    packed = {"network": {"architecture": "alexnet", "width": None}, "layers": [0, 16], "name": "Müsli"}
    params = {"tap": "relu", "n": 3, "none": None, "listed": ["a", {"b": 1}], "empty": "{}", "all": json.dumps(packed)}
    found = settings(SimpleNamespace(params=params))
    assert vars(found) == params | {"empty": {}, "all": packed}


@pytest.mark.parametrize("text", ["", "{", "{a}", "{}{}", "[1, 2]", "null", "1"])
def test_other_texts_stay_texts(text):
    assert settings(SimpleNamespace(params={"text": text})).text == text
