"""Clouds drawn by a `Stream`, and the same by plain loops."""

from itertools import cycle
from types import SimpleNamespace

import numpy as np
from actopo.points.norms import l2_norms
from actopo.points.sampling import Stream

BATCHES = (3, 1, 8, 5)


def draw(method, activations, labels, batches=BATCHES, **settings):
    """Cloud of activations that come in batches of such sizes, in turn: its points and where they are from."""
    shape = activations.shape
    stream, sizes, flat, norms, start = Stream(method, shape, labels, **settings), cycle(batches), [], [], 0
    while start < shape[0]:
        batch = activations[start : start + next(sizes)]
        norm = l2_norms(batch.reshape(-1, shape[3]))
        here = stream.take(norm.reshape(batch.shape[:3]))
        flat.append(here + start * shape[1] * shape[2])
        norms.append(norm[here])
        start += len(batch)
    flat = np.concatenate(flat)
    points = activations.reshape(-1, shape[3])[flat]
    return SimpleNamespace(points=points, flat=flat, norm=np.concatenate(norms), **stream.provenance(flat))


def largest_first(values, p):
    """Positions of the `p` largest values of each image, by sorting a list."""
    return [sorted(range(len(own)), key=lambda k: -own[k])[:p] for own in values.reshape(len(values), -1).tolist()]


def quotas(labels, cap):
    """Points of each class by the method of largest remainders, the lower class first where remainders are equal."""
    labels = np.asarray(labels).tolist()
    classes = sorted(set(labels))
    shares = {label: divmod(cap * labels.count(label), len(labels)) for label in classes}
    quota = {label: whole for label, (whole, _) in shares.items()}
    for label in sorted(classes, key=lambda label: -shares[label][1])[: cap - sum(quota.values())]:
        quota[label] += 1
    return quota
