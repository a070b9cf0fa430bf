"""
CIFAR-10 and Fashion-MNIST: found on this machine or fetched once, verified, and read by torchvision.

Sources in order: extracted files in the given folder, complete archives there, a Fashion-MNIST that the operating
system has installed, the network. A download is written to ``<archive>.part``, from which a
later attempt resumes, and gets the archive's name only if its md5 is right.
"""

import fcntl
import gzip
import hashlib
import logging
import os
import tarfile
import tempfile
import zlib
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np

from actopo.errors import InputError

TIMEOUT = 60
CHUNK = 1 << 16
# Where Debian's package dataset-fashion-mnist has its files.
INSTALLED_FASHION_MNIST = ("/usr/share/datasets/fashion-mnist",)
# Check sums of the unpacked files. Debian compresses them again without name and date, so the md5 sums of its .gz
# files differ; with both put back into the gzip headers (2017-08-31 10:50:27 and :06 UTC) they equal torchvision's.
FASHION_MNIST_SHA256 = {
    "train-images-idx3-ubyte.gz": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte.gz": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte.gz": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte.gz": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}

log = logging.getLogger(__name__)


def load_downloaded(dataset, root):
    """
    Read a data set that is kept in a folder, after downloading it if this machine does not have it.

    Parameters
    ----------
    dataset : {"cifar10", "fashion_mnist"}
    root : Path
        Folder to look into and to keep a download in.

    Returns
    -------
    parts : list of tuple
        Images, uint8 of shape (N, h, w, c), and labels, int64 of shape (N,), of the training and the test part.
    class_names : list of str
        Names in the order of the labels.
    origin : str
        Place where the images were found, for the provenance.

    Raises
    ------
    InputError
        If the data set is missing and cannot be downloaded.
    """
    # torch takes seconds to import, and neither digits nor image folders need it.
    from torchvision import datasets

    source = {"cifar10": datasets.CIFAR10, "fashion_mnist": datasets.FashionMNIST}[dataset]
    # `root` may name the archive, or the folder that it unpacks to, instead of their folder.
    if root.is_file() or root.name == getattr(source, "base_folder", None):
        root = root.parent
    origin = f"torchvision.datasets.{source.__name__}"
    # Of the extracted files of Fashion-MNIST torchvision looks whether they are there, and no more.
    others = _other_files(root / _archives(source)[0]) if dataset == "fashion_mnist" else []
    if others:
        log.warning("not the files of Fashion-MNIST, so that they are extracted anew: %s", ", ".join(others))
    loaded = None if others else _read(source, root)
    if loaded is None and dataset == "fashion_mnist" and not all(_found(source, root)[0].values()):
        loaded, folder = _read_installed(source)
        origin = folder or origin
    loaded = loaded or _download(source, root, dataset)
    parts = []
    for part in loaded:
        images = np.asarray(part.data)
        parts.append((images[..., None] if images.ndim == 3 else images, np.asarray(part.targets, np.int64)))
    return parts, list(loaded[0].classes), origin


def fetch(url, target, md5):
    """
    Download a file, resuming from ``<target>.part`` if an earlier attempt was cut off.

    Parameters
    ----------
    url : str
    target : Path
        Path of the file, which appears only when it is complete; replaced if it exists.
    md5 : str
        Check sum of the complete file.

    Raises
    ------
    OSError, HTTPException
        If the server cannot be reached, refuses, breaks off (the ``.part`` is kept) or sends another file (the
        ``.part`` is removed), or another process is downloading the same file.
    """
    from torchvision.datasets.utils import check_integrity

    part = target.with_name(f"{target.name}.part")
    with part.open("ab") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another process may have renamed the file between its opening and the lock.
            ours = os.path.samestat(os.fstat(stream.fileno()), part.stat())
        except (BlockingIOError, FileNotFoundError):
            ours = False
        if not ours:
            raise ConnectionError(f"another run is fetching {target.name} now; start again when it has")
        try:
            resumed = False
            if not check_integrity(part, md5):
                resumed = _append(url, stream)
            if resumed and not check_integrity(part, md5):
                # The existing part was not the beginning of this file.
                stream.truncate(0)
                _append(url, stream)
            if not check_integrity(part, md5):
                stream.truncate(0)
                raise ConnectionError(f"{url} sent a file whose md5 is not {md5}")
            part.replace(target)
        finally:
            if os.fstat(stream.fileno()).st_size == 0:
                part.unlink()


def _append(url, stream):
    """Download the missing part of the open file; return whether the download resumed instead of starting over."""
    have = os.fstat(stream.fileno()).st_size
    headers = {"User-Agent": "actopo", **({"Range": f"bytes={have}-"} if have else {})}
    try:
        response = urlopen(Request(url, headers=headers), timeout=TIMEOUT)
    except HTTPError as error:
        if error.code != 416 or not have:
            raise
        # The server has no more bytes, but the file is not the right one: start over.
        error.close()
        stream.truncate(0)
        return _append(url, stream)
    with response:
        # A server without support for ranges sends the whole file.
        if response.status != 206:
            have = 0
            stream.truncate(0)
        total = None if response.length is None else have + response.length
        try:
            while piece := response.read(CHUNK):
                stream.write(piece)
        finally:
            stream.flush()
    size = os.fstat(stream.fileno()).st_size
    if total is not None and size < total:
        raise ConnectionError(f"{url} broke off after {size} of {total} bytes; start again to fetch the rest")
    return have > 0


def _archives(source):
    """Folder below `root` that torchvision keeps the archives in, and their names, md5 sums and addresses."""
    if hasattr(source, "resources"):
        raw = Path(source.__name__, "raw")
        return raw, [(name, md5, [mirror + name for mirror in source.mirrors]) for name, md5 in source.resources]
    return Path(), [(source.filename, source.tgz_md5, [source.url])]


def _found(source, root):
    """Path of each archive that is complete in `root`, None for the others; and the names of damaged ones."""
    from torchvision.datasets.utils import check_integrity

    raw, archives = _archives(source)
    whole, damaged = {}, []
    for name, md5, _ in archives:
        paths = [path for path in (root / raw / name, root / name) if path.is_file()]
        whole[name] = next((path for path in paths if check_integrity(path, md5)), None)
        if paths and whole[name] is None:
            damaged.append(name)
    return whole, damaged


def _other_files(folder):
    """Files with the names of those of Fashion-MNIST that are others, or damaged."""
    paths = {folder / name.removesuffix(".gz"): sha256 for name, sha256 in FASHION_MNIST_SHA256.items()}
    return [
        str(path)
        for path, sha256 in paths.items()
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != sha256
    ]


def _read(source, root):
    """Both parts from extracted files, None if they are not there."""
    try:
        return [source(root, train=train) for train in (True, False)]
    # The files are missing, have another check sum, or their extraction was cut off.
    except (RuntimeError, ValueError, AssertionError, LookupError, OSError):
        return None


def _read_installed(source):
    """Both parts of Fashion-MNIST from the operating system's folder, and the folder; two None if there is none."""
    for folder in INSTALLED_FASHION_MNIST:
        with tempfile.TemporaryDirectory() as staging:
            raw = Path(staging, _archives(source)[0])
            raw.mkdir(parents=True)
            try:
                for name, sha256 in FASHION_MNIST_SHA256.items():
                    content = gzip.decompress(Path(folder, name).read_bytes())
                    if hashlib.sha256(content).hexdigest() == sha256:
                        (raw / name.removesuffix(".gz")).write_bytes(content)
            except (OSError, EOFError, zlib.error):
                continue
            if loaded := _read(source, Path(staging)):
                return loaded, folder
    return None, None


def _download(source, root, dataset):
    """Download the archives that `root` lacks and extract them; a file appears there only when it is complete."""
    raw, archives = _archives(source)
    damaged = []
    try:
        root.mkdir(parents=True, exist_ok=True)
        whole, damaged = _found(source, root)
        for name, md5, urls in archives:
            if whole[name] is None:
                whole[name] = root / raw / name
                whole[name].parent.mkdir(parents=True, exist_ok=True)
                _fetch_from_any(urls, whole[name], md5)
        # Archives in a folder without write permission are extracted elsewhere, each time.
        writable = os.access(root, os.W_OK)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=root if writable else None) as staging:
            staging = Path(staging)
            (staging / raw).mkdir(parents=True, exist_ok=True)
            for name, path in whole.items():
                (staging / raw / name).symlink_to(path.resolve())
            source(staging, download=True)
            loaded = [source(staging, train=train) for train in (True, False)]
            for path in sorted(staging.rglob("*")):
                if writable and path.is_file() and not path.is_symlink():
                    target = root / path.relative_to(staging)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    path.replace(target)
        return loaded
    except (RuntimeError, OSError, EOFError, HTTPException, tarfile.TarError, zlib.error) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        origin = ", ".join(dict.fromkeys(url.rpartition("/")[0] for _, _, urls in archives for url in urls))
        wanted = ", ".join(f"{name} (md5 {md5})" for name, md5, _ in archives)
        also = f" {', '.join(damaged)} in data.root has another md5 and was not used." if damaged else ""
        raise InputError(
            f"data.dataset '{dataset}' is not in data.root '{root}', and fetching it from {origin} failed: "
            f"{reason}.{also} Put {wanted} into data.root by hand, or use data.dataset: image_folder."
        ) from error


def _fetch_from_any(urls, target, md5):
    for url in urls[:-1]:
        try:
            return fetch(url, target, md5)
        except (OSError, HTTPException):
            continue
    return fetch(urls[-1], target, md5)
