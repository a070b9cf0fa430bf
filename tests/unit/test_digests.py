"""Digests change with what code does and what environments pin, and with nothing else."""

import hashlib
import os

import pytest
from actopo import digests
from actopo.digests import (
    code_digest,
    environment_digest,
    file_code_digest,
    file_digest,
    files_behind,
    import_digest,
    imported_files,
    network_digest,
    source_digest,
)
from actopo.same_results import SAME_RESULTS


def test_an_environment_is_what_it_pins():
    """Whatever the order of its packages."""
    one = ["python=3.11", "numpy=1.26", {"pip": ["b==2", "a==1"]}]
    other = [{"pip": ["a==1", "b==2"]}, "numpy=1.26", "python=3.11"]
    assert environment_digest(one) == environment_digest(other)
    changed = [["python=3.11", "numpy=2.0", one[2]], [*one[:2], {"pip": ["b==2", "a==2"]}], one[:2]]
    # A package by pip is another than that of conda.
    changed += [[*one[:2], "a==1", "b==2"]]
    digests = {environment_digest(dependencies) for dependencies in [one, *changed]}
    assert len(digests) == 1 + len(changed)


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    """Function that writes files of scripts and modules, by path and text, and forgets what was read of them."""
    for name, value in {"SCRIPTS": tmp_path, "IGNORED": tmp_path / "actopo/job.py"}.items():
        monkeypatch.setattr(digests, name, value)

    def write(files):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        forget()
        return tmp_path

    def forget():
        """As a new process does."""
        for cached in (digests.code_digest, digests._read, digests._known):
            cached.cache_clear()

    yield write
    forget()


FILES = {
    "run.py": "from actopo.job import log\nfrom actopo.a.one import f\nprint(f(1))\n",
    "actopo/__init__.py": '"""Package."""\n',
    "actopo/job.py": "from actopo.b.unseen import g\ndef log():\n    pass\n",
    "actopo/a/__init__.py": '"""Room."""\n',
    "actopo/a/one.py": '"""One."""\nfrom actopo.a import two\ndef f(x):\n    return two.g(x)\n',
    "actopo/a/two.py": "import numpy as np\ndef g(x):\n    import actopo.b.three as three\n    return three.h(x)\n",
    "actopo/b/three.py": "from actopo.a.two import g\ndef h(x):\n    return x + 1\n",
    "actopo/b/unseen.py": "def g(x):\n    return x\n",
}
FOLLOWED = ["actopo/a/one.py", "actopo/a/two.py", "actopo/b/three.py", "run.py"]


def test_files_behind_a_script_are_all_that_it_imports(scripts):
    root = scripts(FILES)
    assert files_behind("run") == [root / path for path in FOLLOWED]
    assert files_behind("actopo.b.three") == [root / path for path in FOLLOWED[1:3]]
    assert imported_files(root / "actopo/a/one.py") == (root / "actopo/a/two.py",)
    # Whole modules, names in them and modules of a room, at any depth of a file.
    assert imported_files(root / "actopo/a/two.py") == (root / "actopo/b/three.py",)
    assert imported_files(root / "actopo/b/unseen.py") == ()


@pytest.mark.parametrize(
    ("path", "text", "matters"),
    [
        *((path, FILES[path] + "X = 1\n", True) for path in FOLLOWED),
        ("actopo/b/unseen.py", "X = 1\n", False),
        ("actopo/job.py", "X = 1\n", False),
        ("actopo/b/three.py", FILES["actopo/b/three.py"].replace("+ 1", "+ 2"), True),
        ("actopo/b/three.py", FILES["actopo/b/three.py"].replace("return x", "# more\n\n    return  x"), False),
        ("actopo/b/three.py", '"""New."""\n' + FILES["actopo/b/three.py"], False),
        ("actopo/b/three.py", FILES["actopo/b/three.py"].replace("    return", '    """H."""\n    return'), False),
        ("actopo/b/three.py", FILES["actopo/b/three.py"].replace("    return", '    x = "H."\n    return'), True),
        ("run.py", FILES["run.py"].replace("print", "'Not documentation'\nprint"), True),
    ],
)
def test_digest_changes_with_what_code_does(scripts, path, text, matters):
    scripts(FILES)
    before = code_digest("run")
    assert len(before) == 16
    scripts({path: text})
    assert (code_digest("run") != before) == matters
    scripts(FILES)
    assert code_digest("run") == before


def test_digest_knows_where_code_lies(scripts):
    scripts({"one.py": "X = 1\n", "two.py": "X = 1\n", "actopo/one.py": "X = 1\n"})
    assert len({code_digest(name) for name in ("one", "two", "actopo.one")}) == 3


def test_a_change_that_changes_no_result(scripts, monkeypatch):
    file, texts = "actopo/b/three.py", [FILES["actopo/b/three.py"].replace("+ 1", f"+ {x}") for x in (1, 2, 3)]
    root, found = scripts(FILES), []
    entry = {"was": file_code_digest(root / file)}
    monkeypatch.setitem(digests.SAME_RESULTS, file, entry)
    scripts({file: texts[1]})
    entry["now"] = file_code_digest(root / file)
    for text in texts:
        scripts({file: text})
        found.append(code_digest("run"))
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("file", SAME_RESULTS)
def test_changes_that_change_no_result_are_those_of_the_files_that_are_here(file):
    now = file_code_digest(digests.SCRIPTS / file)
    assert SAME_RESULTS[file]["now"] == now != SAME_RESULTS[file]["was"], (
        f"{file} was edited, and its digest is {now}: renew the entry if results stay what they were, or remove it"
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("from . import two", "line 2: relative imports"),
        ("from .two import g", "line 2: relative imports"),
        ("from ..b.three import h", "line 2: relative imports"),
        ("from actopo.a import g", "line 2: actopo.a.g is no module; import from the module that defines it"),
        ("from actopo import a", "line 2: actopo.a is no module"),
        ("from actopo import *", r"line 2: actopo\.\* is no module"),
        ("import actopo", "line 2: actopo is no module"),
        ("import actopo.a", "line 2: actopo.a is no module"),
        ("import actopo.absent", "line 2: actopo.absent is no module"),
        ("def f():\n    from actopo.absent import g", "line 3: actopo.absent.g is no module"),
    ],
)
def test_imports_that_cannot_be_followed_are_refused(scripts, line, words):
    root = scripts(
        FILES | {"actopo/a/__init__.py": "from actopo.a.two import g\n", "actopo/a/one.py": f"X = 1\n{line}\n"}
    )
    with pytest.raises(ImportError, match=words) as caught:
        imported_files(root / "actopo/a/one.py")
    assert "one.py" in str(caught.value)
    for name in ("run", "actopo.a.one"):
        with pytest.raises(ImportError, match=words):
            code_digest(name)


def test_every_script_can_be_followed():
    scripts = [path.stem for path in digests.SCRIPTS.glob("*.py")]
    assert len({code_digest(script) for script in scripts}) == len(scripts) > 20
    behind = {str(path.relative_to(digests.SCRIPTS)) for path in files_behind("train_model")}
    assert {"train_model.py", "actopo/networks/training.py", "actopo/errors.py"} <= behind
    assert "actopo/job.py" not in behind
    assert not any(path.startswith("actopo/figures") for path in behind)


def test_network_digest_is_of_the_users_file(tmp_path):
    file = tmp_path / "net.py"
    network = {"module": f"{file}:build"}
    assert network_digest(network) == network_digest({"architecture": "alexnet"}) == ""
    file.write_text("one")
    first = network_digest(network)
    assert len(first) == 16
    assert network_digest({"module": f"{file}:other"}) == first
    file.write_text("two")
    assert network_digest(network) != first


NETWORK_FILES = {
    "net.py": "import numpy, blocks.conv as conv\ndef build():\n    from widths import WIDTH\n    import lost",
    "blocks/__init__.py": "",
    "blocks/conv.py": "from .. import above\nfrom . import activations\nfrom .norms.batch import Norm",
    "blocks/activations.py": "import net",
    "blocks/norms/batch.py": "",
    "blocks/norms.py": "",
    "widths.py": "from tables import *\nfrom starred import *",
    "tables.py": "\0 no code",
    "starred/__init__.py": "__all__ = ['named']",
    "starred/named.py": "",
    "other.py": "",
    "blocks/other.py": "",
    # A package of this name is there.
    "blocks.py": "other",
}


@pytest.fixture
def network_files(tmp_path):
    """A network's file that imports others beside it."""
    for name, text in NETWORK_FILES.items():
        path = tmp_path / "net" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "net"


@pytest.mark.parametrize("name", NETWORK_FILES)
def test_source_digest_is_of_the_files_that_are_imported(network_files, name):
    first = source_digest(network_files / "net.py")
    assert first != file_digest(network_files / "net.py")
    (network_files / name).write_text(NETWORK_FILES[name] + "\n# edited")
    assert (source_digest(network_files / "net.py") != first) == ("other" not in name and name != "blocks.py")


def test_source_digest_does_not_depend_on_the_folder(network_files, tmp_path):
    first = source_digest(network_files / "net.py")
    network_files.rename(tmp_path / "elsewhere")
    assert source_digest(tmp_path / "elsewhere/net.py") == first
    # Nor on what nobody imports; without imports it is that of the file.
    assert source_digest(tmp_path / "elsewhere/other.py") == file_digest(tmp_path / "elsewhere/other.py")


def test_source_digest_is_what_it_was(network_files):
    """Of a network's file it decides what is trained again, so that another order of files would cost all networks."""
    assert source_digest(network_files / "net.py") == "f71f04ca5bcff77a"


def test_import_digest_is_of_the_files_of_a_path_in_pythonpath(network_files, tmp_path, monkeypatch):
    """The first folder that has the module, as for Python, and no library."""
    (tmp_path / "later").mkdir()
    (tmp_path / "later/widths.py").write_text("other")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert import_digest("blocks.conv.Conv") == ""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", "/lost", str(network_files), str(tmp_path / "later")]))
    assert import_digest("sklearn.cluster.HDBSCAN") == import_digest("lost.Conv") == import_digest("../other") == ""
    names = ["other.Other", "widths.Width", "blocks.conv.Conv"]
    before = [import_digest(name) for name in names]
    assert len({*before, ""}) == 4
    for edited, changed in (
        ("blocks/norms/batch.py", [False, False, True]),
        ("tables.py", [False, True, True]),
        ("blocks.py", [False, False, False]),
    ):
        (network_files / edited).write_text("edited")
        now = [import_digest(name) for name in names]
        assert [one != other for one, other in zip(now, before, strict=True)] == changed, edited
        before = now
    network_files.rename(tmp_path / "moved")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "moved"))
    assert [import_digest(name) for name in names] == before


def test_import_digest_goes_through_all_folders_of_the_user(tmp_path, monkeypatch):
    """What is installed there, as on many clusters, is a library; what Python passes over is no error."""
    for folder, name in (("a", "mine"), ("b", "helper"), ("site-packages", "library"), ("other", "library")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.py").write_text("import helper, library\n")
    (tmp_path / "other/library-1.0.dist-info").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    odd = [str(tmp_path / "loop"), "x" * 300, str(tmp_path / "a/mine.py"), "\udcff"]
    paths = [*odd, *(str(tmp_path / name) for name in ("site-packages", "other", "a", "b"))]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    assert import_digest("library.Clusterer") == ""
    first = import_digest("mine.Clusterer")
    for edited, changes in (("b/helper", True), ("other/library", False), ("site-packages/library", False)):
        (tmp_path / f"{edited}.py").write_text("edited")
        assert (import_digest("mine.Clusterer") != first) == changes, edited
        first = import_digest("mine.Clusterer")


def test_a_file_is_known_by_what_it_holds(tmp_path):
    """Wherever it lies; a digest that is kept is taken until the file has another size or time."""
    file, moved, cache = tmp_path / "a.pth", tmp_path / "elsewhere.pth", tmp_path / "cache"
    assert file_digest(file) == file_digest(tmp_path, cache) == ""
    file.write_bytes(b"one")
    moved.write_bytes(b"one")
    digest = file_digest(file, cache)
    assert digest == file_digest(moved, cache) == file_digest(file) == hashlib.sha256(b"one").hexdigest()[:16]
    assert len(list(cache.iterdir())) == 2
    for path in cache.iterdir():
        path.write_text("0" * 16)
    assert file_digest(file, cache) == "0" * 16
    file.write_bytes(b"other")
    assert file_digest(file, cache) == hashlib.sha256(b"other").hexdigest()[:16]
    for path in cache.iterdir():
        path.write_text("damaged")
    assert file_digest(moved, cache) == digest


def test_other_weights_of_the_same_size_and_time_are_others(tmp_path):
    """Programs that unpack set the time at which a file was written."""
    file, cache = tmp_path / "a.pth", tmp_path / "cache"
    file.write_bytes(b"one")
    first, written = file_digest(file, cache), file.stat().st_mtime_ns
    file.write_bytes(b"two")
    os.utime(file, ns=(written, written))
    assert file_digest(file, cache) == hashlib.sha256(b"two").hexdigest()[:16] != first


def test_what_was_read_is_kept_for_other_processes(scripts, monkeypatch):
    root = scripts(FILES)
    first = code_digest("run")
    assert (root / digests.KNOWN).is_file()
    scripts({})
    with monkeypatch.context() as patch:
        patch.setattr(digests, "_parse", None)
        assert code_digest("run") == first
    # A file is known by its content; and what a name stands for depends on the files that there are.
    scripts({"actopo/b/three.py": FILES["actopo/b/three.py"].replace("+ 1", "+ 2")})
    assert code_digest("run") != first
    (root / "actopo/a/two.py").unlink()
    scripts({})
    with pytest.raises(ImportError, match="no module"):
        code_digest("run")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 1}'])
def test_a_damaged_file_of_what_was_read(scripts, content):
    root = scripts(FILES)
    first = code_digest("run")
    (root / digests.KNOWN).write_text(content)
    scripts({})
    assert code_digest("run") == first


def test_a_folder_that_cannot_be_written(scripts):
    root = scripts({**FILES, "actopo/__pycache__": "a file"})
    assert len(code_digest("run")) == 16
    assert (root / "actopo/__pycache__").read_text() == "a file"
