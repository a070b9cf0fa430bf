"""CUDA graphs of the emulation: a replay computes from what lies in its places, as on a GPU, and from nothing else."""

import pytest
import torch
from emulated_cuda import emulated_cuda

pytestmark = pytest.mark.usefixtures("_without_tf32")


def capture(function):
    """Graph of a function, and what the function returned in the capture."""
    graph, stream = torch.cuda.CUDAGraph(), torch.cuda.Stream()
    with torch.cuda.stream(stream), torch.cuda.graph(graph, stream=stream):
        made = function()
    return graph, made


def on_device(*values):
    return torch.tensor(values, device="cuda")


def test_a_capture_computes_nothing(cuda):
    x = on_device(1.0, 2.0)
    graph, y = capture(lambda: x.add_(1) * 2)
    assert x.tolist() == [1, 2]
    assert y.isnan().all()
    graph.replay()
    assert (x.tolist(), y.tolist()) == ([2, 3], [4, 6])
    graph.replay()
    assert (x.tolist(), y.tolist()) == ([3, 4], [6, 8])
    assert cuda.replays == 2


def test_a_replay_takes_what_lies_in_its_places(cuda):
    x, factor = on_device(1.0, 2.0), on_device(3.0)
    graph, y = capture(lambda: x * factor)
    x.copy_(on_device(5.0, 6.0))
    factor.fill_(10.0)
    graph.replay()
    assert y.tolist() == [50, 60]


def test_numbers_and_new_tensors_of_the_host_are_not_seen(cuda):
    holder = {"x": on_device(1.0), "number": 3.0, "zero_dim": torch.tensor(3.0)}
    kept = holder["x"]
    graph, y = capture(lambda: (holder["x"] * holder["number"], holder["x"] * holder["zero_dim"]))
    holder["zero_dim"].fill_(7.0)
    holder.update(x=on_device(5.0), number=7.0)
    graph.replay()
    assert [float(value) for value in y] == [3, 3]
    assert float(kept) == 1


def test_what_a_replay_writes_is_waited_for(cuda):
    x, stream = on_device(1.0, 2.0), torch.cuda.Stream()
    graph, y = capture(lambda: x * 2)
    with torch.cuda.stream(stream):
        graph.replay()
    with pytest.raises(RuntimeError, match="a stream uses memory of another one"):
        y.add(1)
    stream.synchronize()
    assert y.tolist() == [2, 4]


def test_a_tensor_that_was_freed_is_not_read(cuda):
    holder = [on_device(1.0)]
    graph, _ = capture(lambda: holder[0] + 1)
    graph.replay()
    holder[0] = on_device(1.0)
    with pytest.raises(RuntimeError, match="illegal memory access"):
        graph.replay()


def test_what_is_made_in_the_capture_is_made_in_each_replay(cuda):
    """As the scale of a loss would be, if a capture were its first step."""
    total = {}

    def count():
        total.setdefault("x", torch.zeros((), device="cuda")).add_(1)
        return total["x"]

    graph, x = capture(count)
    for _ in range(3):
        graph.replay()
    assert float(x) == 1


def test_views_and_the_backward_pass(cuda):
    torch.manual_seed(0)
    layer, x = torch.nn.Linear(3, 2).to("cuda"), torch.randn(4, 3, device="cuda")

    def gradient():
        layer.zero_grad()
        layer(x).T[0].square().sum().backward()
        return layer.weight.grad

    graph, found = capture(gradient)
    x.copy_(torch.randn(4, 3, device="cuda"))
    graph.replay()
    captured = found.clone()
    assert torch.equal(captured, gradient())


def test_random_numbers_are_those_without_a_graph(cuda):
    """A capture takes none; those of the host are others."""
    x = torch.ones(100, device="cuda")

    def draw():
        return torch.nn.functional.dropout(x), torch.rand(5, device="cuda")

    torch.manual_seed(3)
    expected = [draw() for _ in range(3)]
    host = torch.rand(1)
    torch.manual_seed(3)
    graph, found = capture(draw)
    for own in expected:
        graph.replay()
        assert all(torch.equal(mine, other) for mine, other in zip(found, own, strict=True))
    assert torch.equal(torch.rand(1), host)


@pytest.mark.parametrize(
    "wait",
    [
        lambda x: float(x.sum()),
        lambda x: x.cpu(),
        lambda x: x[x > 0],
        lambda x: x.copy_(torch.zeros(2)),
        lambda x: torch.tensor([1.0], device="cuda"),
        lambda x: torch.cuda.synchronize(),
    ],
)
def test_what_waits_is_refused_and_the_generator_is_stuck(cuda, wait):
    """Until it has another state."""
    x = on_device(1.0, 2.0)
    with pytest.raises(RuntimeError, match="due to a previous error during capture") as caught:
        capture(lambda: wait(x.add_(1)))
    assert "not permitted when stream is capturing" in str(caught.value.__context__)
    assert x.tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="Offset increment outside graph capture"):
        torch.nn.functional.dropout(x)
    [generator] = torch.cuda.default_generators
    generator.graphsafe_set_state(generator.clone_state())
    assert torch.nn.functional.dropout(x).shape == x.shape


def test_the_default_stream_is_not_captured(cuda):
    with pytest.raises(RuntimeError, match="non-default stream"):
        torch.cuda.CUDAGraph().capture_begin()


def test_graphs_are_freed():
    with emulated_cuda() as cuda:
        x = on_device(1.0)
        graph, _ = capture(lambda: x + 1)
        assert len(cuda.graphs) == 1
        del graph
        assert not cuda.graphs
