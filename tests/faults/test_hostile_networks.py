"""Weights and network files of the user's never run what they should not, and are refused by name."""

import json
import pickle
import warnings
import zipfile
from contextlib import suppress

import pytest
import torch
from actopo.config.layers import layers_of
from actopo.errors import InputError
from actopo.networks.weights import load_pretrained, read_state

from faults.examples import problem_of

NET = """
from torch import nn
def build(n_classes=2, n_channels=3):
    return nn.Sequential(nn.Conv2d(n_channels, 2, 3), nn.Flatten(), nn.Linear(72, n_classes))
"""


@pytest.fixture
def network(tmp_path):
    (tmp_path / "net.py").write_text(NET)
    return {"module": f"{tmp_path / 'net.py'}:build"}


class Runs:
    """A pickle that writes a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def sparse():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.eye(3).to_sparse_csr()


TENSORS = {
    "integer keys": ({0: torch.ones(2), "w": torch.ones(2)}, "names that are no texts: 0"),
    "sparse": ({"w": torch.eye(3).to_sparse()}, "sparse tensors: 'w'"),
    "sparse rows": ({"w": sparse()}, "sparse tensors: 'w'"),
    "meta": ({"w": torch.ones(2, device="meta")}, "tensors without values (meta): 'w'"),
    "complex": ({"w": torch.ones(2, dtype=torch.complex64)}, "complex tensors: 'w'"),
    "quantised": ({"w": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}, "quantised tensors: 'w'"),
    "many": ({str(i): torch.ones(1, device="meta") for i in range(9)}, "'0', '1', '2' ...;"),
    "no tensors": ({"w": 3}, "are no state dict"),
    "a list": ([torch.ones(2)], "are no state dict"),
    "nested": ({"state_dict": {"model": {"w": "text"}}}, "are no state dict"),
}


@pytest.mark.parametrize("case", TENSORS)
def test_tensors_that_are_no_weights(tmp_path, case):
    state, words = TENSORS[case]
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(InputError) as caught:
        read_state(tmp_path / "w.pth")
    assert f"the weights {tmp_path / 'w.pth'} " in str(caught.value)
    assert words in str(caught.value)


def pickles(path, marker):
    """Files that would run something, by name."""
    evil = Runs(marker)
    with open(path / "plain.pth", "wb") as file:
        pickle.dump({"w": evil}, file)
    torch.save({"w": torch.ones(2), "extra": evil}, path / "new.pth")
    torch.save({"w": torch.ones(2), "extra": evil}, path / "old.pt", _use_new_zipfile_serialization=False)
    with open(path / "script.pth", "wb") as file:
        file.write(b"cos\nsystem\n(S'touch " + str(marker).encode() + b"'\ntR.")


@pytest.mark.parametrize("name", ["plain.pth", "new.pth", "old.pt", "script.pth"])
def test_pickles_do_not_run_and_nobody_is_told_to_let_them(tmp_path, name, network):
    marker = tmp_path / "ran"
    pickles(tmp_path, marker)
    with pytest.raises(InputError) as caught:
        load_pretrained(network, str(tmp_path / name), 2, 3)
    assert not marker.exists()
    message = str(caught.value)
    assert f"the weights {tmp_path / name} cannot be read as a state dict (" in message
    assert not [word for word in ("weights_only", "trust", "safe_globals", "allowlist", "arbitrary") if word in message]


DAMAGED = {
    "empty.pth": b"",
    "text.pth": b"no weights",
    "zeros.pth": bytes(1000),
    "empty.safetensors": b"",
    "text.safetensors": b"no weights at all",
    "header.safetensors": (2**40).to_bytes(8, "little") + b"{}",
    "lying.safetensors": b"\x40\0\0\0\0\0\0\0"
    + b'{"w":{"dtype":"F32","shape":[9999999999],"data_offsets":[0,4]}}  '
    + bytes(4),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_files_that_hold_no_weights(tmp_path, name):
    (tmp_path / name).write_bytes(DAMAGED[name])
    with pytest.raises(InputError, match="cannot be read as a state dict"):
        read_state(tmp_path / name)


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_files_that_are_cut_off(tmp_path, keep):
    torch.save({"w": torch.ones(2000)}, tmp_path / "w.pth")
    content = (tmp_path / "w.pth").read_bytes()
    (tmp_path / "w.pth").write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(InputError, match="cannot be read as a state dict"):
        read_state(tmp_path / "w.pth")


def test_a_tensor_that_claims_to_be_large_is_refused_by_its_shape(tmp_path, network):
    """It has one number, and a shape of 10^12 of them."""
    torch.save({"0.weight": torch.ones(1).expand(10**6, 10**6)}, tmp_path / "w.pth")
    with pytest.raises(InputError, match=r"0\.weight is"):
        load_pretrained(network, str(tmp_path / "w.pth"), 2, 3)


def test_members_of_weights_stay_in_their_file(tmp_path):
    torch.save({"w": torch.ones(2)}, tmp_path / "w.pth")
    with zipfile.ZipFile(tmp_path / "w.pth", "a") as archive:
        archive.writestr("../../escaped", b"out")
    with suppress(InputError):
        read_state(tmp_path / "w.pth")
    assert not list(tmp_path.parent.parent.rglob("escaped"))


# Code at the top of the file or in its function, and what the message says.
MODULES = {
    "exits when imported": ("import sys\nsys.exit(0)\n", "cannot be imported: it calls sys.exit(0)"),
    "exits with a text": ("raise SystemExit('done')\n", "cannot be imported: it calls sys.exit('done')"),
    "exits when called": ("import sys\ndef build():\n    sys.exit(3)\n", "could not be built: it calls sys.exit(3)"),
    "exits in forward": (
        "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.conv = nn.Conv2d(3, 2, 3)\n    def forward(self, x):\n        raise SystemExit(0)\n"
        "def build():\n    return Net()\n",
        "the network cannot take an image of 8 x 8 x 3 (SystemExit: 0)",
    ),
    "an unusual error in forward": (
        "from torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.conv = nn.Conv2d(3, 2, 3)\n    def forward(self, x):\n        return x.absent\n"
        "def build():\n    return Net()\n",
        "the network cannot take an image of 8 x 8 x 3 (AttributeError: 'Tensor' object has no attribute 'absent')",
    ),
    "ends the process": ("import os\nos._exit(0)\n", "net.py:build ended the process that lists its layers, with exit"),
    "ends the process as if it failed": (
        "import os\nos._exit(7)\n",
        "with exit code 7; take calls such as os._exit out",
    ),
    "kills the process": ("import os\nos.kill(os.getpid(), 9)\n", "with signal 9"),
    "an error of several lines": (
        "def build():\n    raise ValueError('first\\nsecond\\nlast')\n",
        "could not be built: ValueError: first second last",
    ),
    "an error and words at the end": (
        "import atexit\natexit.register(print, 'bye')\ndef build():\n    raise ValueError('wrong')\n",
        "could not be built: ValueError: wrong",
    ),
    "an error and bytes that are no text": (
        "import os\nos.write(2, b'\\xff\\xfe\\n')\ndef build():\n    raise ValueError('wrong')\n",
        "could not be built: ValueError: wrong",
    ),
}


@pytest.fixture
def asked(forked, tmp_path, monkeypatch):
    """The process that lists layers is a child that has PyTorch already."""

    def run(command, **_):
        done = forked(tmp_path, module=command[2], arguments=command[3:])
        return done

    monkeypatch.setattr("actopo.answers.subprocess.run", run)


@pytest.mark.parametrize("case", MODULES)
def test_a_network_file_that_goes_wrong_is_told_whole(tmp_path, case, asked):
    source, words = MODULES[case]
    (tmp_path / "net.py").write_text(source)
    with pytest.raises(InputError) as caught:
        layers_of({"module": f"{tmp_path / 'net.py'}:build"}, (8, 8, 3))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


# Code before that of a good network, which is listed nevertheless.
NOISY = {
    "prints when imported": "print('hello')\n",
    "prints without an end of line": "print('hello', end='')\n",
    "prints at exit": "import atexit\natexit.register(print, '[1, 2]')\n",
    "writes bytes that are no text": "import os\nos.write(1, b'\\xff\\xfe')\nos.write(2, b'\\xff')\n",
    "closes its output": "import os\nos.close(1)\n",
    "replaces its output": "import io, sys\nsys.stdout = io.StringIO()\n",
    "ends the process at exit": "import atexit, os\natexit.register(os._exit, 0)\n",
}


@pytest.mark.parametrize("case", NOISY)
def test_a_network_file_that_talks_is_listed(tmp_path, case, asked):
    (tmp_path / "net.py").write_text(NOISY[case] + NET)
    found = layers_of({"module": f"{tmp_path / 'net.py'}:build"}, (8, 8, 3))
    assert [(layer["name"], layer["shape"], layer["taps"]) for layer in found] == [("0", [6, 6, 2], ["conv"])]


@pytest.mark.parametrize("content", [b"", b"{", b'{"found": [1], "sha256": "0"}', b"[]", b"\xff"])
def test_a_damaged_list_of_layers_is_made_again(tmp_path, content, asked, network):
    expected = layers_of(network, (8, 8, 3), tmp_path / "cache")
    [cached] = (tmp_path / "cache").iterdir()
    assert json.loads(cached.read_text())["found"] == expected
    cached.write_bytes(content)
    assert layers_of(network, (8, 8, 3), tmp_path / "cache") == expected


def test_a_network_file_that_goes_wrong_ends_a_job_with_one_message(forked, tmp_path):
    from faults.conftest import SCRIPTS

    (tmp_path / "net.py").write_text("import sys\nsys.exit(0)\n")
    (tmp_path / "meta.json").write_text(json.dumps({"image_shape": [8, 8, 3], "class_names": ["a", "b"]}))
    job = {
        "rule": "import_weights",
        "input": {"meta": "meta.json"},
        "output": {"weights": "w.safetensors", "metrics": "w.json"},
        "params": {"network": json.dumps({"module": "net.py:build"}), "weights": "w.pth"},
        "wildcards": {"seed": "0"},
        "resources": {},
        "threads": 1,
        "log": [],
    }
    torch.save({"w": torch.ones(2)}, tmp_path / "w.pth")
    done = forked(tmp_path, script=str(SCRIPTS / "import_weights.py"), job=job)
    assert not problem_of(done, "error in import_weights: net.py cannot be imported: it calls sys.exit(0)")
