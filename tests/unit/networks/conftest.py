"""A file of the user's that builds a network."""

import pytest

from unit.networks.examples import NET


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(NET)
    return path
