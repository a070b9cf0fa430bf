"""What is generated is what lies in the repository."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_configuration_reference_is_up_to_date():
    command = [sys.executable, str(ROOT / "docs/describe_config.py")]
    made = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    assert (ROOT / "config/README.md").read_text(encoding="utf-8") == made.stdout, "run `make docs`"
