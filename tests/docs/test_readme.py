"""The configs that README.md and docs/your_network.md show are complete: laid over config.yaml, they are in order."""

import re
import shutil
import zipfile
from pathlib import Path

import pytest
import yaml
from actopo.config.config_files import over_defaults
from actopo.config.validate import validate
from actopo.networks.build import build
from actopo.networks.weights import save_tensors

pytestmark = pytest.mark.usefixtures("forked_questions")

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
BLOCKS = [
    block
    for page in ("docs/your_network.md", "README.md")
    for block in re.findall(r"```yaml\n# (\S+)\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.S)
]


def test_the_pages_show_two_configs():
    assert [name for name, _ in BLOCKS] == ["mine.yaml", "network.yaml"]


@pytest.mark.parametrize(("name", "text"), BLOCKS)
def test_a_config_of_the_pages_is_in_order(name, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("photographs.zip", "w") as archive:
        for i in range(5000):
            archive.writestr(f"{'cat' if i % 2 else 'dog'}/{i}.png", b"not read")
    shutil.copy(ROOT / "docs/examples/small_network.py", "my_network.py")
    save_tensors("my_network.safetensors", build(module="my_network.py:build", n_classes=2, seed=0).state_dict())
    (tmp_path / name).write_text(text)
    validate(over_defaults(ROOT, [name]), yaml.safe_load(SCHEMA.read_text(encoding="utf-8")))
