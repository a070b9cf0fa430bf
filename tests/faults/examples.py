"""What cases of several files share: damages, and what makes an end a good one."""

import os

from actopo.checksums import removal, written_by

DAMAGES = ("flipped", "cut", "emptied", "missing")


def damage(path, kind):
    """Damage a file: one flipped bit in its middle, its last third cut off, emptied, or removed."""
    content = bytearray(path.read_bytes())
    if kind == "missing":
        path.unlink()
        return
    if kind == "flipped":
        content[len(content) // 2] ^= 1
    elif kind == "cut":
        content = content[: len(content) * 2 // 3]
    else:
        content = b""
    # Another file, as after a crash: a process that has checked the old one must not take it for that.
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content)
    os.replace(new, path)


def problem_of(done, *words):
    """What is wrong with the end of a process that should end with one message with these words; empty if nothing."""
    text = done.stdout + done.stderr
    if done.returncode == 0:
        return "it went on without a word"
    if done.returncode < 0:
        return f"it died by signal {-done.returncode}"
    if "Traceback" in text:
        return f"a traceback: {text[-1500:]}"
    missing = [word for word in words if word not in text]
    return f"{missing} missing in: {text[-1500:]}" if missing else ""


def remedy(path):
    """The command that a message about a damaged file gives."""
    return f"to make it again, {removal(path)} and run the same command as before"


def written_example(kinds, name, folder):
    """Write one of some kinds of files, `{name: (write, read)}`, as a job of rule `make_it`; its path and reader."""
    write, read = kinds[name]
    written_by("make_it")
    write(folder / name)
    written_by(None)
    return folder / name, read
