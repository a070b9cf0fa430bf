"""The emulation itself: what a GPU refuses, what it waits for, and what it leaves alone."""

import copy

import numpy as np
import pytest
import torch
from emulated_cuda import emulated_cuda

pytestmark = pytest.mark.usefixtures("_without_tf32")


def test_tensors_lie_where_they_are_put(cuda):
    host, device = torch.ones(2, 3), torch.ones(2, 3, device="cuda")
    made = [device + 1, device[0], device.T.contiguous(), torch.zeros_like(device), device.new_zeros(4), device.clone()]
    made += [host.to("cuda"), host.cuda(), host.to(device), torch.as_tensor(host.numpy(), device="cuda")]
    made += [torch.tensor([1, 2], device="cuda"), torch.arange(3, device=device.device), copy.deepcopy(device)]
    assert [tensor.device.type for tensor in made] == ["cuda"] * len(made)
    assert all(tensor.is_cuda for tensor in made)
    back = [device.cpu(), device.to("cpu"), device.to(host), torch.zeros(3), host + 1]
    assert [tensor.device.type for tensor in back] == ["cpu"] * len(back)
    assert not any(tensor.is_cuda for tensor in back)


@pytest.mark.parametrize(
    "mix",
    [
        lambda host, device: device + host,
        lambda host, device: host.add_(device),
        lambda host, device: torch.cat([host, device]),
        lambda host, device: host @ device.T,
        lambda host, device: host[device.argmax(dim=1)],
        lambda host, device: torch.nn.functional.linear(device, host),
        lambda host, device: torch.where(device > 0, device, host),
        lambda host, device: torch.stack([host.sum(), device.sum()]),
        lambda host, device: host.sum().add_(device.sum()),
        lambda host, device: torch.add(device.sum(), 1, out=host.sum()),
        lambda host, device: device.index_add_(0, torch.zeros(2, device="cuda", dtype=torch.int64), host),
    ],
)
def test_memories_are_not_mixed(cuda, mix):
    with pytest.raises(RuntimeError, match="expected all tensors to be on the same device"):
        mix(torch.ones(2, 3), torch.ones(2, 3, device="cuda"))


def test_numbers_of_the_host_and_indices_may_take_part(cuda):
    device = torch.arange(6.0, device="cuda").reshape(2, 3)
    assert (device * torch.tensor(2.0)).device.type == "cuda"
    assert not cuda.to_device
    assert device[torch.tensor([1])].tolist() == [[3, 4, 5]]
    assert cuda.to_device == [1]


def test_no_array_of_numpy_is_made_of_what_lies_on_the_device(cuda):
    device = torch.ones(3, device="cuda")
    for make in (device.numpy, lambda: np.asarray(device), lambda: np.array(device[1:])):
        with pytest.raises(TypeError, match="can't convert cuda"):
            make()
    np.testing.assert_array_equal(device.cpu().numpy(), np.ones(3))


def test_what_the_host_waits_for_is_recorded(cuda):
    device = torch.arange(4.0, device="cuda")
    device.add_(1).relu_().sum()
    assert cuda.waits == []
    float(device.sum()), bool(device.any()), device.nonzero(), device[device > 2], device.cpu(), device.tolist()
    numbers, copies = ["_local_scalar_dense"] * 2, ["copy to the host"] * 2
    assert cuda.waits == [*numbers, "nonzero", "index", *copies]
    assert cuda.to_host == [4, 4]
    cuda.forget()
    device.copy_(torch.zeros(4))
    torch.zeros(4).copy_(device)
    assert (cuda.to_device, cuda.to_host, cuda.waits) == ([4], [4], ["copy to the host"])
    device[0].copy_(torch.tensor(1.0))
    assert cuda.to_device == [4, 1]


@pytest.mark.parametrize(
    "read",
    [
        lambda x: torch.allclose(x, x),
        lambda x: torch.histc(x),
        lambda x: torch.linalg.inv(x),
        lambda x: torch.linalg.eigh(x),
        lambda x: f"{x[0, 0]}",
        lambda x: repr(x),
        lambda x: torch.tensor([x[0, 0], 1.0], device="cuda"),
        lambda x: torch.cuda.current_stream().synchronize(),
    ],
)
def test_what_waits_without_saying_so(cuda, read):
    read(torch.eye(2, device="cuda"))
    assert cuda.waits


def test_a_number_of_the_host_that_is_copied(cuda):
    """By `where` alone."""
    x = torch.ones(2, device="cuda")
    torch.where(x > 0, torch.tensor(0.0), x)
    assert cuda.to_device == [1]


def test_products_in_float32_are_exact(cuda):
    torch.backends.cuda.matmul.fp32_precision = "none"
    torch.backends.cudnn.conv.fp32_precision = "tf32"
    x = torch.ones(2, 2, device="cuda")
    for product in (lambda x: x @ x, lambda x: torch.nn.functional.conv1d(x[None], x[None])):
        with pytest.raises(RuntimeError, match="may be rounded to TF32"):
            product(x)
        with torch.inference_mode(), pytest.raises(RuntimeError, match="may be rounded to TF32"):
            product(x)
        product(x.bfloat16())
        product(x.double())


def test_waits_in_inference_mode(cuda):
    with torch.inference_mode():
        device = torch.ones(2, device="cuda").sum()
        int(device), bool(device > 0), float(device)
    int(device)
    assert len(cuda.waits) == 4


def test_the_backward_pass_is_seen(cuda):
    layer = torch.nn.Linear(3, 2).to("cuda")
    loss = layer(torch.ones(4, 3, device="cuda")).sum()
    loss.backward()
    assert layer.weight.grad.device.type == "cuda"
    layer.zero_grad()
    assert not cuda.waits

    class WithHostMemory(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, gradient):
            return gradient * torch.ones(gradient.shape)

    loss = WithHostMemory.apply(layer(torch.ones(4, 3, device="cuda"))).sum()
    with pytest.raises(RuntimeError, match="same device"):
        loss.backward()


def test_indices_of_32_bits(cuda):
    cuda.index_limit = 100
    assert torch.ones(99, device="cuda").nonzero().shape == (99, 1)
    with pytest.raises(RuntimeError, match="nonzero of 100 elements"):
        torch.ones(100, device="cuda").nonzero()
    assert cuda.largest == 100


@pytest.mark.parametrize(
    "wait",
    [
        lambda stream, x: torch.cuda.current_stream().wait_stream(stream),
        lambda stream, x: torch.cuda.synchronize(),
        lambda stream, x: wait_in(stream, x),
    ],
)
@pytest.mark.parametrize("use", [lambda x: x + 1, lambda x: x.cpu(), lambda x: x.zero_(), lambda x: x[0].clone()])
def test_a_stream_waits_for_what_another_one_writes(cuda, wait, use):
    x, stream = torch.ones(2, device="cuda"), torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        x.add_(1)
    with pytest.raises(RuntimeError, match="a stream uses memory of another one that it has not waited for"):
        use(x)
    wait(stream, x)
    use(x)


def wait_in(stream, x):
    """Let the host wait for what a stream does with a tensor."""
    with torch.cuda.stream(stream):
        x.tolist()


def test_a_stream_waits_before_it_writes_what_another_one_reads(cuda):
    x, stream = torch.ones(2, device="cuda"), torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    _ = x + 1
    with torch.cuda.stream(stream):
        _ = x + 1
        with pytest.raises(RuntimeError, match="add_: a stream uses memory of another one"):
            x.add_(1)
    torch.cuda.synchronize()
    with torch.cuda.stream(stream):
        x.add_(1)


def test_nothing_of_it_is_left_behind():
    before = torch.cuda.is_available(), torch.autocast
    with emulated_cuda() as device:
        tensor = torch.ones(2, device="cuda")
        assert torch.cuda.is_available()
    assert (torch.cuda.is_available(), torch.autocast) == before
    assert tensor.device.type == "cpu"
    assert device.holds(tensor)
