"""
Check sums of the files of a run, so that a damaged file is refused by the job that reads it.

Beside every file `name` that a job may read lies `.name.sha256`, in the format of sha256sum, with the rule that made
the file in a comment. A file of its own serves all formats alike, and leaves the files to other programs as they are. A
file without a check sum, from an earlier version of actopo, is read on trust.

A check sum is removed before its file is replaced, and put in its place afterwards: a killed job leaves a file without
a check sum, and never a file with another's.
"""

import hashlib
import os
import re
import shlex
from pathlib import Path

from actopo.errors import InputError

WHOLE = " makes the whole folder"
LINE = re.compile(rf"(?:# rule (?P<rule>\w+)(?P<whole>{WHOLE})?\n)?(?P<sha256>[0-9a-f]{{64}})  (?P<name>[^\n]+)\n")
# State of files whose check sum this process has found right.
_checked = set()
_writer = {"rule": None}


class DamagedFile(InputError):
    """
    A file of the run that is missing or not as it was written: which, and how to make it again.

    Parameters
    ----------
    path : str or Path
    reason : str
        What is wrong with it, as the end of a sentence that begins with the path.
    sums : Path, optional
        Its check sum, if it is that from which the file differs.
    """

    def __init__(self, path, reason, sums=None):
        rule = rule_of(path)
        maker = f"rule {rule} makes it" if rule else "it is a file of this run"
        message = f"{path} {reason}; {maker}: to make it again, {removal(path)} and run the same command as before"
        target = Path(path).parent if _is_of_folder(path) else path
        message += f", first with -- {shlex.quote(str(target))} at its end: if it comes out the same, nothing else runs"
        if sums is not None:
            message += f" (if you changed the file on purpose, rm {_quoted(sums)} instead)"
        super().__init__(message)


def written_by(rule):
    """Name the rule whose job this process is; it is noted beside the files that are written."""
    _writer["rule"] = rule


def sum_file(path):
    """Path of the check sum of a file."""
    path = Path(path)
    return path.with_name(f".{path.name}.sha256")


def rule_of(path):
    """Rule that made a file, None where its check sum does not say."""
    found = _note(path)
    return found and found["rule"]


def recorded_sum(path):
    """Check sum with which a file was written; None if it has none, or a damaged one."""
    found = _note(path)
    return found and found["sha256"]


def removal(path):
    """Command after which Snakemake makes a file again: it removes the file, or the whole folder that a rule makes."""
    target = Path(path).parent if _is_of_folder(path) else Path(path)
    return f"rm{' -r' if os.path.isdir(target) else ''} {_quoted(target)}"


def publish(temporary, path):
    """Rename a complete file or folder to its place, with check sums."""
    temporary, path = Path(temporary), Path(path)
    if temporary.is_dir():
        for file in sorted(file for file in temporary.rglob("*") if file.is_file()):
            rule = _writer["rule"] and f"{_writer['rule']}{WHOLE}"
            _write(sum_file(file), _sha256(file), file.name, rule)
        os.replace(temporary, path)
        return
    _replace(temporary, path, _sha256(temporary), _writer["rule"])


def move(path, target):
    """Move a file with its check sum."""
    found = _read(path)
    if found is None:
        sum_file(target).unlink(missing_ok=True)
        os.replace(path, target)
        return
    _replace(Path(path), Path(target), found["sha256"], found["rule"])
    sum_file(path).unlink()


def remove(path):
    """Remove a file and its check sum, if they are there."""
    for file in (Path(path), sum_file(path)):
        file.unlink(missing_ok=True)


def check(path):
    """
    Compare a file with its check sum; each state of a file once in a process.

    Raises
    ------
    DamagedFile
        If the file is missing or not as it was written, or its check sum is damaged.
    """
    try:
        state = os.stat(path)
        key = (os.path.abspath(path), state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        if key in _checked:
            return
        found = _read(path)
        is_right = found is None or found["sha256"] == _sha256(path)
    except FileNotFoundError:
        raise DamagedFile(path, "is missing") from None
    except OSError as error:
        raise DamagedFile(path, f"cannot be read ({error.strerror or error})") from error
    if not is_right:
        what = "is empty" if not state.st_size else "is damaged: its content is not that which was written"
        raise DamagedFile(path, what, sum_file(path))
    _checked.add(key)


def _read(path):
    """Check sum of a file and what stands with it; None if it has none."""
    sums = sum_file(path)
    try:
        text = sums.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        text = ""
    found = LINE.fullmatch(text)
    if found is None or found["name"] != Path(path).name:
        raise DamagedFile(path, "has a damaged check sum", sums)
    return found


def _replace(temporary, path, sha256, rule):
    sums = sum_file(path)
    new = sums.with_name(f"{sums.name}.part")
    try:
        _write(new, sha256, path.name, rule)
        sums.unlink(missing_ok=True)
        os.replace(temporary, path)
        os.replace(new, sums)
    finally:
        new.unlink(missing_ok=True)


def _write(sums, sha256, name, rule=None):
    comment = f"# rule {rule}\n" if rule else ""
    sums.write_text(f"{comment}{sha256}  {name}\n", encoding="utf-8")


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _note(path):
    """What stands beside a file, None where that is nothing or damaged."""
    try:
        return LINE.fullmatch(sum_file(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def _is_of_folder(path):
    """Whether a rule makes the whole folder in which a file is."""
    found = _note(path)
    return bool(found and found["whole"])


def _quoted(path):
    return shlex.quote(os.path.abspath(path))
