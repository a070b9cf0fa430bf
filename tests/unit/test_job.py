"""The device of a job, of which the GPUs are made up, and its log."""

import json
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch
from actopo import gpu, job
from actopo.errors import InputError
from actopo.job import choose_device, log_device, settings


@pytest.fixture
def gpus(monkeypatch):
    """Function that pretends that there are so many GPUs, and returns the list of those that jobs take."""
    taken = []

    def pretend(count):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "set_device", taken.append)
        monkeypatch.setattr(job, "_run_a_kernel", lambda: None)
        return taken

    monkeypatch.setattr(gpu, "_held", {})
    for variable in gpu.ALLOCATIONS:
        monkeypatch.delenv(variable, raising=False)
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


@pytest.mark.parametrize(
    ("variable", "value"), [("SLURM_JOB_GPUS", "0"), ("SLURM_STEP_GPUS", "1"), ("CUDA_VISIBLE_DEVICES", "GPU-8a5c")]
)
def test_a_gpu_that_was_given_and_cannot_be_used(gpus, monkeypatch, variable, value):
    gpus(0)
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError, match=rf"given a GPU \({variable}={value} .* set device to cpu"):
        choose_device("auto")
    assert choose_device("cpu") == "cpu"
    gpus(1)
    assert choose_device("auto") == "cuda"


def test_a_gpu_that_cannot_compute(gpus, monkeypatch):
    def fail():
        raise RuntimeError("CUDA error: no kernel image is available for execution on the device\nCompile with")

    gpus(1)
    monkeypatch.setattr(job, "_run_a_kernel", fail)
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_80"])
    for name in ("auto", "cuda"):
        with pytest.raises(
            InputError, match=r"\(CUDA error: no kernel .* device\); .* has kernels for sm_75, sm_80: an"
        ):
            choose_device(name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has",
            "the memory of the GPU is not enough (CUDA out of",
        ),
        ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling", "the memory of the GPU is not enough"),
        ("CUDA error: out of memory", "the memory of the GPU is not enough"),
        ("CUDA driver error: out of memory", "the memory of the GPU is not enough"),
        ("cuDNN error: CUDNN_STATUS_ALLOC_FAILED", "the memory of the GPU is not enough"),
        ("[enforce fail] DefaultCPUAllocator: can't allocate memory", "there is too little memory"),
    ],
)
def test_memory_that_is_not_enough_is_told_by_its_place(text, words):
    assert f"error in train_model: {words}" in job._message("train_model", RuntimeError(text))


def test_a_network_that_does_not_run_in_mixed_precision():
    error = RuntimeError("expected dtype float for `end` but got dtype c10::BFloat16")
    assert "RuntimeError: expected dtype" in job._message("train_model", error)
    assert "set training.precision: fp32" in job._message("train_model", error)
    assert job._message("train_model", RuntimeError("another")) is None
    assert job._message("sample_points", error) is None


@pytest.mark.parametrize("value", ["", "-1", "NoDevFiles"])
def test_gpus_that_are_hidden(gpus, monkeypatch, value):
    gpus(0)
    # A run on one machine, inside an allocation that has no GPU.
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
    assert choose_device("auto") == "cpu"


def test_device_precision_and_threads_in_the_log(gpus, monkeypatch, caplog):
    gpus(1)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Tesla K80")
    caplog.set_level("INFO")
    log_device("cuda", 4, "fp16")
    log_device("cpu", 1)
    assert caplog.messages == [
        "device: cuda (Tesla K80), precision: fp16, threads: 4",
        "device: cpu, precision: fp32, threads: 1",
    ]


def test_settings_are_the_params_with_packed_ones_unpacked():
    packed = {"network": {"architecture": "alexnet", "width": None}, "layers": [0, 16], "name": "Müsli"}
    params = {"tap": "relu", "n": 3, "none": None, "listed": ["a", {"b": 1}], "empty": "{}", "all": json.dumps(packed)}
    found = settings(SimpleNamespace(params=params))
    assert vars(found) == params | {"empty": {}, "all": packed}


@pytest.mark.parametrize("text", ["", "{", "{a}", "{}{}", "[1, 2]", "null", "1"])
def test_other_texts_stay_texts(text):
    assert settings(SimpleNamespace(params={"text": text})).text == text


def test_a_message_has_a_line_of_its_own_beside_a_progress_bar(tmp_path):
    program = """
import logging, sys
from types import SimpleNamespace
from actopo.job import progress, start_logging
start_logging(SimpleNamespace(log=[sys.argv[1]], rule="train_model"))
logging.info("before")
with progress(2, "batch", "seed 0") as bar:
    bar.update()
    logging.info("epoch 1")
    bar.update()
"""
    log = tmp_path / "job.log"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program, str(log)], env=environment, check=True)
    lines = re.split(r"[\r\n]+", log.read_text())
    told = [line.split(" ", 2)[2] for line in lines if re.match(r"\d{4}-\d\d-\d\d ", line)]
    assert told == ["before", "epoch 1"]
    assert [line for line in lines if line.startswith("seed 0: 100%")]
