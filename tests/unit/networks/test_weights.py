"""Weights from files and by name, and how they find their network."""

import hashlib
import pickle
import re
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torchvision
from actopo.errors import InputError
from actopo.networks.build import build, count_outputs
from actopo.networks.resnet18_cifar import resnet18_cifar
from actopo.networks.weights import (
    download_state,
    load_pretrained,
    load_tensors,
    load_weights,
    read_state,
    save_tensors,
)
from safetensors.torch import save_file, save_model
from torch import nn


def test_weights_that_do_not_fit_are_listed():
    state = resnet18_cifar(2, "A", 4, seed=0).state_dict()
    with pytest.raises(InputError, match=r"missing: .*shortcut"):
        load_weights(resnet18_cifar(2, "B", 4), state)
    with pytest.raises(InputError, match=r"head.weight is \(4, 16\), not \(5, 16\)"):
        load_weights(resnet18_cifar(2, "A", 5), state)


ALEXNET = {"architecture": "alexnet"}


@pytest.mark.parametrize("kind", ["safetensors", "pth", "wrapped.pt"])
def test_weights_bring_their_classes(tmp_path, kind):
    state = build("squeezenet1_1", n_classes=6, seed=2).state_dict()
    path = tmp_path / f"weights.{kind}"
    if kind == "safetensors":
        save_file(state, path)
    else:
        prefixed = {f"module.{name}": tensor for name, tensor in state.items()}
        torch.save(state if kind == "pth" else {"epoch": 3, "state_dict": prefixed}, path)
    model = load_pretrained({"architecture": "squeezenet1_1"}, str(path), 2, 3)
    assert count_outputs(model, (64, 64, 3)) == 6
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())


def test_own_network_may_take_its_seed(tmp_path):
    """Also where the number of its classes is looked for."""
    code = "import torch\ndef build(n_classes, seed):\n    torch.manual_seed(int(seed))\n"
    (tmp_path / "net.py").write_text(
        code + "    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3, n_classes))\n"
    )
    network = {"module": f"{tmp_path}/net.py:build"}
    save_file(build(**network, n_classes=7, seed=0).state_dict(), tmp_path / "own.safetensors")
    assert load_pretrained(network, str(tmp_path / "own.safetensors"), 2, 3)[1].out_features == 7


def test_own_network_without_classes_keeps_its_own(tmp_path, file):
    save_file(build(module=f"{file}:fixed").state_dict(), tmp_path / "w.safetensors")
    model = load_pretrained({"module": f"{file}:fixed"}, str(tmp_path / "w.safetensors"), 2, 3)
    assert count_outputs(model, (8, 8, 3)) == 7


def test_auxiliary_classifiers_are_left_out_and_the_input_is_shifted(tmp_path):
    whole = torchvision.models.googlenet(weights=None, aux_logits=True, init_weights=False, num_classes=5)
    save_file(whole.state_dict(), tmp_path / "g.safetensors")
    model = load_pretrained({"architecture": "googlenet"}, str(tmp_path / "g.safetensors"), 10, 3)
    assert count_outputs(model, (64, 64, 3)) == 5
    assert model.transform_input
    assert not build("googlenet").transform_input


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.pop("0.bias"), r"1 missing: 0\.bias"),
        (lambda state: state.update(extra=torch.zeros(1)), "1 not in the network: extra"),
        (lambda state: state.update({"0.weight": torch.zeros(2, 2)}), r"0\.weight is \(2, 2\), not \(2, 3, 3, 3\)"),
    ],
)
def test_weights_that_do_not_fit_are_named(tmp_path, file, change, words):
    state = build(module=f"{file}:fixed").state_dict()
    change(state)
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(InputError, match=words):
        load_pretrained({"module": f"{file}:fixed"}, str(tmp_path / "w.pth"), 2, 3)


class Harm:
    def __reduce__(self):
        return (Path.touch, (Path("harm"),))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_files_that_are_no_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("text.pth").write_text("no")
    Path("text.safetensors").write_text("no")
    torch.save(nn.Linear(2, 2), "module.pth")
    torch.save([torch.zeros(2)], "list.pth")
    Path("harm.pth").write_bytes(pickle.dumps(Harm()))
    for name in ("text.pth", "text.safetensors", "module.pth", "harm.pth"):
        with pytest.raises(InputError, match=f"{name} cannot be read as a state dict"):
            read_state(name)
    with pytest.raises(InputError, match=r"list\.pth are no state dict"):
        read_state("list.pth")
    with pytest.raises(InputError, match="do not exist"):
        read_state("absent.pth")
    assert not Path("harm").exists()


def test_names_of_weights():
    with pytest.raises(InputError, match="no weights 'IMAGENET' for alexnet; choose one of DEFAULT, IMAGENET1K_V1"):
        load_pretrained(ALEXNET, "IMAGENET", 10, 3)
    with pytest.raises(InputError, match="only torchvision's and timm's networks have weights by name"):
        load_pretrained({"architecture": "resnet18_cifar", "width": 2, "shortcut": "A"}, "DEFAULT", 10, 3)


@pytest.fixture
def server(tmp_path):
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def published(url):
    """Weights of torchvision's kind at another address."""
    real = torchvision.models.AlexNet_Weights.IMAGENET1K_V1
    weights = SimpleNamespace(url=url)
    weights.get_state_dict = partial(type(real).get_state_dict, weights)
    return weights


def test_download(tmp_path, server, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    state = {"weight": torch.arange(3.0)}
    torch.save(state, tmp_path / "w.pth")
    digest = hashlib.sha256((tmp_path / "w.pth").read_bytes()).hexdigest()[:8]
    (tmp_path / "w.pth").rename(tmp_path / f"good-{digest}.pth")
    (tmp_path / "bad-00000000.pth").write_bytes(b"no")
    found = download_state(published(f"{server}/good-{digest}.pth"))
    assert torch.equal(found["weight"], state["weight"])
    for name in ("bad-00000000.pth", "absent-00000000.pth"):
        with pytest.raises(InputError, match=f"could not be downloaded .*{server}/{name} elsewhere"):
            download_state(published(f"{server}/{name}"))
    assert [path.name for path in (tmp_path / "home").rglob("*.*")] == [f"good-{digest}.pth"]


def test_no_network(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(InputError, match="could not be downloaded"):
        download_state(published("http://127.0.0.1:9/w-00000000.pth"))


HEADS = """
import torch
from torch import nn

class Projection(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.W = nn.Parameter(torch.randn(shape))

def columns(n_classes):
    return Projection((12, n_classes))

def prototypes(n_classes):
    return Projection((1, n_classes, 12))

def pairs(n_classes):
    return nn.Linear(12, 2 * n_classes)

def other(n_classes):
    return nn.Linear(12, n_classes + 1)

def transposed(n_classes):
    return nn.ConvTranspose2d(12, n_classes, 2)

def two(n_classes):
    return nn.Sequential(nn.Linear(12, 3 * n_classes), nn.Linear(3 * n_classes, n_classes))
"""


@pytest.mark.parametrize("head", ["columns", "prototypes", "pairs", "other", "transposed", "two"])
def test_weights_bring_their_classes_on_any_axis(tmp_path, head):
    (tmp_path / "heads.py").write_text(HEADS)
    network = {"module": f"{tmp_path}/heads.py:{head}"}
    state = build(**network, n_classes=5, seed=1).state_dict()
    save_file(state, tmp_path / "w.safetensors")
    loaded = load_pretrained(network, str(tmp_path / "w.safetensors"), 12, 3).state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in state.items())


def test_shared_weights_may_have_one_name_in_a_file(tmp_path):
    """As `save_model` of safetensors writes them."""
    (tmp_path / "tied.py").write_text(
        "from torch import nn\ndef build(n_classes):\n"
        "    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 12), nn.Linear(12, 12), nn.Linear(12, n_classes))\n"
        "    network[2].weight = network[1].weight\n    return network\n"
    )
    network = {"module": f"{tmp_path}/tied.py:build"}
    model = build(**network, n_classes=4, seed=1)
    save_model(model, str(tmp_path / "w.safetensors"))
    loaded = load_pretrained(network, str(tmp_path / "w.safetensors"), 4, 3)
    assert all(torch.equal(tensor, loaded.state_dict()[name]) for name, tensor in model.state_dict().items())
    state = {name: tensor for name, tensor in model.state_dict().items() if not name.endswith("2.bias")}
    with pytest.raises(InputError, match=r"1 missing: 2\.bias"):
        load_weights(model, state)


@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod.", "module._orig_mod."])
@pytest.mark.parametrize("kind", ["safetensors", "pth", "pth.tar"])
def test_wrapped_networks(tmp_path, file, prefix, kind):
    settings = {"module": f"{file}:build"}
    model, path = build(**settings, n_classes=6, n_channels=3, seed=4), tmp_path / f"weights.{kind}"
    state = {f"{prefix}{name}": tensor for name, tensor in model.state_dict().items()}
    if kind == "safetensors":
        save_file(state, path)
    else:
        torch.save({"net": state, "epoch": 3}, path)
    loaded = load_pretrained(settings, str(path), 10, 3).state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in model.state_dict().items())


@pytest.mark.parametrize("prefix", ["net.", "model._orig_mod.", "module.module."])
def test_a_training_may_keep_more_than_the_network(tmp_path, file, prefix):
    """As the weights of a loss, beside the network of a Lightning module, which may be compiled."""
    settings = {"module": f"{file}:build"}
    model = build(**settings, n_classes=6, n_channels=3, seed=4)
    state = {f"{prefix}{name}": tensor for name, tensor in model.state_dict().items()} | {"loss.weight": torch.ones(6)}
    torch.save({"state_dict": state}, tmp_path / "weights.ckpt")
    loaded = load_pretrained(settings, str(tmp_path / "weights.ckpt"), 10, 3).state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in model.state_dict().items())
    del state[prefix + next(iter(loaded))]
    torch.save({"state_dict": state}, tmp_path / "weights.ckpt")
    with pytest.raises(InputError, match="do not fit the network"):
        load_pretrained(settings, str(tmp_path / "weights.ckpt"), 10, 3)


def test_of_several_networks_in_a_file_the_one_that_fits_is_taken(tmp_path, file):
    """As of a small network beside a large one, whose first layers have the same names."""
    settings = {"module": f"{file}:build"}
    model = build(**settings, n_classes=6, n_channels=3, seed=4)
    state = {f"net.{name}": tensor for name, tensor in model.state_dict().items()}
    first, tensor = next(iter(model.state_dict().items()))
    torch.save({f"model.{first}": 0 * tensor, **state}, tmp_path / "weights.pth")
    loaded = load_pretrained(settings, str(tmp_path / "weights.pth"), 10, 3).state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in model.state_dict().items())


def test_tensors_that_share_their_memory_are_written(tmp_path):
    shared = torch.arange(12.0).reshape(4, 3)
    tensors = {"a": shared, "tied": shared, "part": shared[1:], "turned": shared.T, "last": shared[3]}
    save_tensors(tmp_path / "w.safetensors", tensors)
    found, _ = load_tensors(tmp_path / "w.safetensors")
    assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())


def test_files_of_older_versions(tmp_path):
    """Without counters of batches, and with the names that torchvision's DenseNet files have."""
    model = build("densenet121", n_classes=5, seed=2)
    state = {
        re.sub(r"(denselayer\d+\.(norm|conv))([12])", r"\1.\3", name): tensor
        for name, tensor in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    assert "features.denseblock1.denselayer1.norm.1.weight" in state
    torch.save(state, tmp_path / "old.pth")
    loaded = load_pretrained({"architecture": "densenet121"}, str(tmp_path / "old.pth"), 10, 3).state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in model.state_dict().items())


def test_modules_that_look_at_the_version_of_a_state(tmp_path):
    model = build("mnasnet0_5", n_classes=3, seed=2)
    save_file(model.state_dict(), tmp_path / "net.safetensors")
    loaded = load_pretrained({"architecture": "mnasnet0_5"}, str(tmp_path / "net.safetensors"), 10, 3).state_dict()
    assert all(torch.equal(tensor, loaded[name]) for name, tensor in model.state_dict().items())


def test_files_of_one_s_own_import_their_neighbours(tmp_path):
    """And may want numbers while they are built."""
    (tmp_path / "blocks_of_mine.py").write_text("from torch import nn\nStem = nn.Conv2d\n")
    (tmp_path / "with_neighbour.py").write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "import torch\nfrom torch import nn\nfrom blocks_of_mine import Stem\n"
        "@dataclass\nclass Sizes:\n    width: int = 2\n"
        "def build(n_classes):\n"
        "    [x.item() for x in torch.linspace(0, 1, 3)]\n"
        "    width = Sizes().width\n"
        "    return nn.Sequential(Stem(3, width, 3), nn.Flatten(), nn.Linear(width * 36, n_classes))\n"
    )
    settings = {"module": f"{tmp_path / 'with_neighbour.py'}:build"}
    torch.save(build(**settings, n_classes=4).state_dict(), tmp_path / "net.pth")
    assert count_outputs(load_pretrained(settings, str(tmp_path / "net.pth"), 10, 3), (8, 8, 3)) == 4


def test_a_name_of_weights_needs_a_network_of_torchvision(file):
    with pytest.raises(InputError, match="there is no file of weights 'DEFAULT'"):
        load_pretrained({"module": f"{file}:build"}, "DEFAULT", 10, 3)
    with pytest.raises(InputError, match="drop 'depth'"):
        build("resnet18_cifar", arguments={"depth": 3}, width=2, shortcut="A")


def test_a_neighbour_may_have_the_name_of_a_script(tmp_path):
    """Nothing imports the scripts of the workflow, which lie in a folder of the path."""
    (tmp_path / "train_model.py").write_text("from torch import nn\nclass Net(nn.Linear):\n    pass\n")
    (tmp_path / "file_with_such_a_neighbour.py").write_text(
        "from train_model import Net\ndef build(n_classes):\n    return Net(3, n_classes)\n"
    )
    try:
        model = build(module=f"{tmp_path}/file_with_such_a_neighbour.py:build", n_classes=4)
    finally:
        sys.modules.pop("train_model", None)
    assert model.out_features == 4
