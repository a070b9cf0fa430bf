"""
Files of several layers: those that are there, and those that a run makes for layers that no file holds yet.

Points, diagrams and receptive fields of several layers are computed together and lie in one file, since one pass
through a network gives all of them. The files of one network, batch and sampling lie in one folder, and each has the
set of its layers in its name: `layers0-16.npz`. A layer that is wanted later comes into a file of its own, and the
other files stay as they are.

A plan depends on the files that are there, and must be the same in Snakemake's own process and in the processes of its
jobs, where other files have come or are just being made anew. It is, for three reasons. The file of a layer depends on
that layer and on what the run needs alone: of those that hold it, the one with the most layers that are needed, and of
these the one with the fewest others, so that a file that somebody asked for by its name takes none from the run's own
unless it holds more of the needed layers than each of them.
A new file of the run holds no layer of a file that was there. And a job reads the files of a layer only when they are
complete.
"""

import os
import re
from functools import cache

from actopo.keys import layer_set_name, layers_of_set

# Names of files have at most 255 bytes, and those of logs also have those of the folders in them.
LONGEST_SET = 100
SET = r"\d+(-\d+)?(\.\d+(-\d+)?)*"


def choose_files(folder, layers, needed, ending=".npz"):
    """
    Names of the files of some layers.

    Parameters
    ----------
    folder : str
        Folder of the files; it need not exist. It is listed once in a process.
    layers : iterable of int
        Layers that are asked for.
    needed : iterable of int
        Layers that the run needs of this folder. Those of them that no file holds come into one new file, or into
        several if its name would be too long; others that are asked for come into a file of their own.
    ending : str, default ".npz"
        What names end in. Empty for folders of files.

    Returns
    -------
    list of str
        Names, each once, that together hold the layers.
    """
    return list(_choose(files_there(folder, ending), frozenset(layers), frozenset(needed), ending))


@cache
def _choose(there, asked, needed, ending):
    """Names of the files of some layers, which are the same for many folders."""
    ranked = sorted(there, key=lambda file: (-len(needed.intersection(file[1])), len(file[1])))
    held = {layer: name for name, own in reversed(ranked) for layer in own}
    for new in (needed - held.keys(), asked - needed - held.keys()):
        for part in _parts(frozenset(new)):
            held |= dict.fromkeys(part, f"layers{layer_set_name(part)}{ending}")
    return tuple(dict.fromkeys(held[layer] for layer in sorted(asked)))


@cache
def files_there(folder, ending=".npz"):
    """Files of a folder that are named by their layers, sorted by name: a tuple of pairs of name and layers."""
    pattern = re.compile(rf"layers({SET}){re.escape(ending)}")
    try:
        names = sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple((name, tuple(layers_of_set(match[1]))) for name in names if (match := pattern.fullmatch(name)))


@cache
def _parts(layers):
    """Layers in as few parts as the length of their names allows, in ascending order."""
    parts = []
    for layer in sorted(layers):
        if parts and len(layer_set_name([*parts[-1], layer])) <= LONGEST_SET:
            parts[-1].append(layer)
        else:
            parts.append([layer])
    return parts
