"""Weights are a file by their ending or by being there, and a name otherwise."""

import pytest
from actopo.networks.choices import WEIGHT_FILES, is_weight_file


@pytest.mark.parametrize("ending", WEIGHT_FILES)
def test_an_ending_of_weights_is_a_file_that_may_be_missing(ending):
    assert is_weight_file(f"absent{ending}")


def test_other_names_are_files_where_they_are_there(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DEFAULT", "IMAGENET1K_V1", str(tmp_path / "net.tar"), str(tmp_path), "~/net.tar"):
        assert not is_weight_file(name)
    (tmp_path / "net.tar").write_bytes(b"")
    assert is_weight_file(str(tmp_path / "net.tar"))
    assert is_weight_file("~/net.tar")
