"""The configs that the README shows are complete: laid over config.yaml, they are in order."""

import re
import shutil
import zipfile

import pytest
import yaml
from actopo.config.validate import validate
from list_layers import DEFAULT, ROOT, SCHEMA, merged

BLOCKS = re.findall(r"```yaml\n# (\S+)\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.S)


def test_the_readme_shows_two_configs():
    assert [name for name, _ in BLOCKS] == ["mine.yaml", "network.yaml"]


@pytest.mark.parametrize(("name", "text"), BLOCKS)
def test_a_config_of_the_readme_is_in_order(name, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("photographs.zip", "w") as archive:
        for kind in ("cat", "dog"):
            archive.writestr(f"{kind}/1.png", b"not read")
    shutil.copy(ROOT / "docs/examples/small_network.py", "my_network.py")
    (tmp_path / "my_network.safetensors").touch()
    (tmp_path / name).write_text(text)
    validate(merged([DEFAULT, name]), yaml.safe_load(SCHEMA.read_text(encoding="utf-8")))
