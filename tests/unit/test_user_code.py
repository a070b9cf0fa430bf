"""Functions of files of the user's: what such a file may do, and what is said of one that does not work."""

import re
import sys

import pytest
from actopo.errors import InputError
from actopo.user_code import SCRIPTS, load_function, require_function


@pytest.fixture(autouse=True)
def modules(monkeypatch, tmp_path):
    """What a test adds to the path and to the modules is gone after it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def refusal(action, *arguments):
    with pytest.raises(InputError) as caught:
        action(*arguments)
    return str(caught.value)


def test_a_file_imports_its_neighbours_through_a_link(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code/neighbour_of_it.py").write_text("def two(): return 2\n")
    (tmp_path / "code/of_a_user.py").write_text("def build():\n    from neighbour_of_it import two\n    return two()\n")
    (tmp_path / "link.py").symlink_to(tmp_path / "code/of_a_user.py")
    before = list(sys.path)
    for _ in range(2):
        assert load_function(f"{tmp_path}/link.py:build", "module")() == 2
    # After all libraries, so that no file of the user's hides one, and before the scripts of the workflow.
    scripts = str(SCRIPTS)
    libraries = [place for place in before if place != scripts]
    assert sys.path == [*libraries, str(tmp_path / "code"), *[scripts] * before.count(scripts)]


def test_dataclasses_find_the_module_of_a_file(tmp_path):
    (tmp_path / "with_dataclass.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass, field\n"
        "@dataclass\nclass Sizes:\n    width: int = 2\n"
        "def build(): return Sizes().width\n"
    )
    assert load_function(f"{tmp_path}/with_dataclass.py:build", "module")() == 2
    assert sys.modules["with_dataclass"].__file__ == f"{tmp_path}/with_dataclass.py"


def test_a_module_that_has_the_name_of_a_file_is_kept(tmp_path):
    (tmp_path / "re.py").write_text("def build(): return 2\n")
    assert load_function(f"{tmp_path}/re.py:build", "module")() == 2
    assert sys.modules["re"] is re


def test_a_home_is_looked_up(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "at_home.py").write_text("def build(): return 2\n")
    assert load_function("~/at_home.py:build", "module")() == 2
    require_function("~/at_home.py:build")


@pytest.mark.parametrize("place", ["build", ":build", "{}:build", "{}/lost.py:build", "{}/net.py"])
def test_no_file(tmp_path, place):
    (tmp_path / "net.py").write_text("def build(): ...\n")
    place = place.format(tmp_path)
    assert refusal(load_function, place, "module") == (
        f"there is no file for module {place!r}; write path/to/file.py:function"
    )


def test_no_file_where_snakemake_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refusal(require_function, "lost.py:build") == f"there is no file lost.py in {tmp_path}, where Snakemake runs"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import absent_package", "ModuleNotFoundError: No module named 'absent_package'"),
        ("x = {}['y']", "KeyError: 'y'"),
        ("import sys; sys.exit(3)", "it calls sys.exit(3); leave that to the block of if __name__ == '__main__'"),
        ("raise SystemExit", "it calls sys.exit(None); leave that to the block of if __name__ == '__main__'"),
    ],
)
def test_a_file_that_cannot_be_imported(tmp_path, text, said):
    (tmp_path / "net.py").write_text(text)
    assert (
        refusal(load_function, f"{tmp_path}/net.py:build", "module") == f"{tmp_path}/net.py cannot be imported: {said}"
    )


@pytest.mark.parametrize(
    ("text", "loaded", "read"),
    [
        ("def bulid(): ...\ndef other(): ...", "bulid", "bulid"),
        ("", "none", "none"),
        ("def a(): ...\ndef b(): ...\ndef c(): ...\ndef d(): ...\ndef e(): ...\ndef f(): ...", *["a, b, c, d, e"] * 2),
        # Neither what is no function, nor what is not for others.
        ("buil = 3\nscale = 2\ndef _built(): ...\ndef zoo(): ...", "zoo", "_built"),
        ("built = max", "built", "none"),
    ],
)
def test_functions_that_a_file_has(tmp_path, text, loaded, read):
    (tmp_path / "net.py").write_text(text)
    said = f"{tmp_path}/net.py has no function 'build'; it has "
    assert refusal(load_function, f"{tmp_path}/net.py:build", "module") == said + loaded
    assert refusal(require_function, f"{tmp_path}/net.py:build") == said + read


def test_what_is_no_function(tmp_path):
    (tmp_path / "net.py").write_text("build = 3\ndef other(): ...\n")
    assert refusal(load_function, f"{tmp_path}/net.py:build", "module").endswith(
        "has no function 'build'; it has other"
    )


def test_what_is_no_python(tmp_path):
    (tmp_path / "net.py").write_text("def build(:\n")
    said = refusal(require_function, f"{tmp_path}/net.py:build")
    assert said == f"{tmp_path}/net.py cannot be read as Python (invalid syntax (<unknown>, line 1))"
