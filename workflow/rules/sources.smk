# Where the workflow's own files are: its folder, or Snakemake's cache where it is a module from a git repository.
import importlib.util
import os
import shutil
import sys
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError

ONE_VERSION = "give all modules of a Snakefile one version, from one place"


def source_file(path):
    """A file of the workflow by its path from here, fetched where the workflow is a module from a git repository."""
    return Path(workflow.source_path(path))


def own_scripts():
    """Paths of all scripts, and of what they import or read, from their folder."""
    return source_file("../scripts/files.txt").read_text(encoding="utf-8").split()


def differs_from(other):
    """Whether another folder has other scripts, or another version of the package; only the latter is installed."""
    names = [name for name in own_scripts() if "actopo" in sys.modules or name.startswith("actopo/")]
    pairs = [(SCRIPTS / name, other / name) for name in names]
    # What Snakemake fetches from git has no last line break.
    return any(not file.is_file() or own.read_bytes().rstrip() != file.read_bytes().rstrip() for own, file in pairs)


def scripts_folder():
    """
    Folder of the scripts and of the package that they import.

    Snakemake fetches the files of a module from a git repository one by one into a cache, where a script is not beside
    the package, and names may end in the commit: then all files are fetched, and are given their names there.
    """
    own = Path(workflow.current_basedir.join("../scripts").get_path_or_uri(secret_free=True))
    if own.is_dir():
        return own.resolve()
    fetched = {name: source_file(f"../scripts/{name}") for name in own_scripts()}
    # Jobs find what is beside their script.
    folder = fetched["train_model.py"].parent
    for name, file in fetched.items():
        place = folder / name
        is_there = place.is_file()
        if not is_there or place.read_bytes() != file.read_bytes():
            if is_there and "actopo" in sys.modules:
                raise WorkflowError(f"modules of actopo have different versions of {name}; {ONE_VERSION}")
            place.parent.mkdir(parents=True, exist_ok=True)
            temporary = place.with_suffix(f".{os.getpid()}.part")
            shutil.copy(file, temporary)
            temporary.replace(place)
    return folder


def read_yaml(path):
    """What a YAML file of the workflow holds."""
    return yaml.load(source_file(path).read_text(encoding="utf-8"), yaml.CSafeLoader)


SCRIPTS = scripts_folder()
# Python imports a package once: digests and checks of a second module would be those of the first one's code. Jobs take
# the package that Python finds first: one that is installed comes before that of the workflow.
FOUND = importlib.util.find_spec("actopo")
FOUND = Path(FOUND.origin).parents[1] if FOUND and FOUND.origin else SCRIPTS
if FOUND != SCRIPTS and differs_from(FOUND):
    if "actopo" in sys.modules:
        raise WorkflowError(f"{SCRIPTS} has not the version of actopo that is in use, from {FOUND}; {ONE_VERSION}")
    raise WorkflowError(
        f"Python finds another version of actopo in {FOUND} than that of the workflow in {SCRIPTS}, and jobs would use it; "
        "take it away (pip uninstall actopo, or out of PYTHONPATH), or install this one"
    )
if str(SCRIPTS) not in sys.path:
    sys.path.insert(0, str(SCRIPTS))
