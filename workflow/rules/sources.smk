# Where the workflow's own files are: its folder, or Snakemake's cache where it is a module from a git repository.
import os
import shutil
import sys
from pathlib import Path

import yaml


def source_file(path):
    """A file of the workflow by its path from here, fetched where the workflow is a module from a git repository."""
    return Path(workflow.source_path(path))


def scripts_folder():
    """
    Folder of the scripts and of the package that they import.

    Snakemake fetches the files of a module from a git repository one by one into a cache, where a script is not beside
    the package, and names may end in the commit: then all files are fetched, and are given their names there.
    """
    own = Path(workflow.current_basedir.join("../scripts").get_path_or_uri(secret_free=True))
    if own.is_dir():
        return own.resolve()
    names = source_file("../scripts/files.txt").read_text(encoding="utf-8").split()
    fetched = {name: source_file(f"../scripts/{name}") for name in names}
    # Jobs find what is beside their script.
    folder = fetched["train_model.py"].parent
    for name, file in fetched.items():
        place = folder / name
        if not place.is_file() or place.read_bytes() != file.read_bytes():
            place.parent.mkdir(parents=True, exist_ok=True)
            temporary = place.with_suffix(f".{os.getpid()}.part")
            shutil.copy(file, temporary)
            temporary.replace(place)
    return folder


def read_yaml(path):
    """What a YAML file of the workflow holds."""
    return yaml.load(source_file(path).read_text(encoding="utf-8"), yaml.CSafeLoader)


SCRIPTS = scripts_folder()
if str(SCRIPTS) not in sys.path:
    sys.path.insert(0, str(SCRIPTS))
