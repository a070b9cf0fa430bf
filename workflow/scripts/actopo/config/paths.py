"""Checks of the paths that a configuration names: whether they can be paths on this machine at all."""

from pathlib import Path

from actopo.errors import shown


def path_problems(config):
    """Messages about texts that no file can be called; whether there is a file is checked elsewhere."""
    for where, text in _paths(config):
        try:
            Path(text).expanduser().exists()
        except RuntimeError:
            home = Path(text).parts[0]
            yield f"{where}: there is no user whose home {shown(home)} could be; write another path"
        except OSError as error:
            yield f"{where}: {shown(text)} cannot be looked at ({error.strerror}); write another path"


def _paths(config):
    """Path of the key and text of every path in a configuration."""
    foreground, lens = config["mapper"]["foreground"], config["mapper"]["lens"]
    found = [("data.root", config["data"]["root"])]
    found += [(f"mapper.foreground.{key}", foreground[key]) for key in ("masks", "weights")]
    found += [(f"mapper.labels.{name}.file", item["file"]) for name, item in config["mapper"]["labels"].items() if item]
    for name, model in config["models"].items():
        found.append((f"models.{name}.weights", model.get("weights")))
        found.append((f"models.{name}.module", _file_of(model.get("module"))))
    found += [("mapper.lens", _file_of(item)) for item in (lens if isinstance(lens, list) else [lens])]
    return [(where, text) for where, text in found if text is not None]


def _file_of(function):
    """The file in `path/to/file.py:function`."""
    return function.rpartition(":")[0] if isinstance(function, str) else None
