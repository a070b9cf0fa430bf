"""What the keys of a configuration stand for."""

import hashlib
import os
import zipfile
from pathlib import Path

# In the order of the rows of figures and tables.
SAMPLING_METHODS = ("foreground", "background", "random", "full", "top_l2")


def seed_list(seeds):
    """Seeds of a model: a number n stands for 0 to n - 1."""
    return list(range(seeds)) if isinstance(seeds, int) else list(seeds)


def image_size(config, model):
    """Keys of `data` that a model has of its own: the size of its images, and what is scaled to before the crop."""
    return {key: value for key, value in (config["models"][model].get("input") or {}).items() if value is not None}


def image_shape(config, model):
    """Height, width and channels of the images that a model is given."""
    size = image_size(config, model).get("size", config["data"]["size"])
    return size, size, config["data"]["channels"]


def sampling_order(samplings):
    """Samplings that are not null, by method and then by name: laying one config over another mixes up their order."""
    kept = {name: sampling for name, sampling in samplings.items() if sampling is not None}
    return dict(sorted(kept.items(), key=lambda item: (SAMPLING_METHODS.index(item[1]["method"]), item[0])))


def image_listing(dataset, root):
    """
    Digest of what an image folder or .zip holds, without reading the images.

    Names and sizes of the files of a folder, names and check sums of the members of a .zip: a copy, a clone
    or a `touch` changes nothing, an added or removed image does, and so does an edited one, unless it lies in
    a folder and has as many bytes as before. Empty for other data sets, and for a .zip that cannot be listed,
    which the job that reads it reports.
    """
    if dataset != "image_folder":
        return ""
    root = Path(root).expanduser()
    if not root.exists():
        return ""
    if root.is_dir():
        files = [
            Path(folder, name)
            for folder, _, names in os.walk(root, followlinks=True)
            for name in names
            if not name.startswith(".")
        ]
        # A link to nowhere is listed too; the job that reads it reports it.
        entries = [f"{file.relative_to(root)} {file.stat().st_size if file.exists() else None}" for file in files]
    else:
        try:
            with zipfile.ZipFile(root) as archive:
                entries = [f"{member.filename} {member.CRC}" for member in archive.infolist()]
        except zipfile.BadZipFile:
            return ""
    return hashlib.sha256("\n".join(sorted(entries)).encode()).hexdigest()[:16]
