"""Stand-ins of `benchmarks/gpu.py` for packages that a bare machine lacks: they read and write as these do."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import save

ROOT = Path(__file__).parents[2]
STAND_INS = ROOT / "benchmarks" / "stand_ins"
CONFIGS = [*ROOT.glob("config/*.yaml"), *ROOT.glob("profiles/*/config.yaml"), *ROOT.glob("docs/examples/*.yaml")]


@pytest.fixture
def own_yaml():
    spec = importlib.util.spec_from_file_location("own_yaml", STAND_INS / "yaml.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def own_safetensors(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "safetensors"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(STAND_INS))
    import safetensors.torch

    assert Path(safetensors.__file__).parent.parent == STAND_INS
    yield safetensors
    for name in [name for name in sys.modules if name.partition(".")[0] == "safetensors"]:
        del sys.modules[name]


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_configurations_are_read_as_by_pyyaml(own_yaml, path):
    text = path.read_text(encoding="utf-8")
    assert repr(own_yaml.safe_load(text)) == repr(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "a: 1\nb:\n  c: [1, 2.5, x y, 'it''s', \"a # b\", null]  # comment\n  d: {e: {f: [true, -3]}, g: }\n",
        "a:\n- 1\n- b: 2\n  c: 3\n-\n  d: 4\n- [5,\n   6]\nz: 1_000\n",
        "a: 5.0e-4\nb: 1e5\nc: .5\nd: -0.1\ne: +3\nf: ~\ng: No thing\nh: x:y\ni: timm:vit_tiny\n0: 1\n",
        '{"a": [1, {"b": "c"}]}',
    ],
)
def test_what_is_written_otherwise_is_read_as_by_pyyaml(own_yaml, text):
    assert repr(own_yaml.safe_load(text)) == repr(yaml.safe_load(text))


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x\n", "a: |\n  text\n", "a: [1, 2\n", "a: !!str 1\n", "a: {1}\n"])
def test_other_yaml_is_refused(own_yaml, text):
    with pytest.raises(own_yaml.YAMLError):
        own_yaml.safe_load(text)


def test_files_of_tensors_have_the_bytes_of_safetensors(own_safetensors, tmp_path):
    types = [torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16]
    types += [torch.int8, torch.uint8, torch.bool]
    generator = torch.Generator().manual_seed(0)
    tensors = {
        f"{size}.{dtype}": (50 * torch.randn(3, size, generator=generator)).to(dtype)
        for size in (2, 0, 1)
        for dtype in types
    } | {"number": torch.tensor(3.5), "Zähler": torch.zeros(2, dtype=torch.int64)}
    for about in ({"run": "abc é"}, {}, None):
        assert own_safetensors.torch.save(tensors, about) == save(tensors, about)
        (tmp_path / "file").write_bytes(save(tensors, about))
        with own_safetensors.safe_open(tmp_path / "file", framework="pt") as file:
            assert (file.metadata() or {}) == (about or {})
            assert set(file.keys()) == set(tensors)
            assert all(torch.equal(file.get_tensor(name), tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"", lambda data: b"\xff" * 20])
def test_a_damaged_file_of_tensors_is_refused(own_safetensors, tmp_path, damage):
    (tmp_path / "file").write_bytes(damage(save({"a": torch.ones(3)})))
    with pytest.raises(own_safetensors.SafetensorError):
        own_safetensors.safe_open(tmp_path / "file")
