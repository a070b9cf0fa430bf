"""Where a job takes the activations of a study from: a dump on disk, or the network."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from actopo.points.dumps import Dump


class Source(NamedTuple):
    """
    Activations of some layers.

    Attributes
    ----------
    index, shapes, read, sample
        Those of an `actopo.points.dumps.Dump`; the functions take their arguments by name.
    steps : (int, str)
        How many steps of progress they tell, and of what.
    """

    index: np.ndarray
    shapes: dict
    read: Callable
    sample: Callable
    steps: tuple


def source_of(job, params):
    """
    Activations of a job.

    Parameters
    ----------
    job : the `snakemake` object of a script
        With `activations` and `sums` among its inputs, or what `actopo.points.study.study_of` needs.
    params : types.SimpleNamespace
        Its settings.

    Returns
    -------
    Source
    """
    if job.input.activations:
        dump = Dump(job.input.activations, params.layers["layers"], job.input.sums)
        return Source(dump.index, dump.shapes, dump.read, dump.sample, (len(dump.shapes), "layer"))
    # PyTorch takes seconds to import.
    from actopo.points.activations import dump_activations, sample_activations
    from actopo.points.study import study_of, study_shapes

    study, index = study_of(job, params)
    read, sample = partial(dump_activations, **study), partial(sample_activations, **study)
    return Source(index, study_shapes(study), read, sample, (len(index), "image"))
