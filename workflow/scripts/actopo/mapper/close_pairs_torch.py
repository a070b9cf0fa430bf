"""Pairs of points within a radius, with products on a torch device; see `actopo.mapper.close_pairs`."""

import numpy as np
import torch

from actopo.mapper.close_pairs import Cloud
from actopo.mapper.exact_distances import are_within
from actopo.mapper.union_find import unite


class TorchCloud(Cloud):
    """As `Cloud`, with products on a torch device."""

    def _set(self, *arrays):
        super()._set(*arrays)
        self.on_device = [self.put(array) for array in (self.z, self.low, self.high)]

    def put(self, array):
        return torch.from_numpy(array).to(self.device)

    def select(self, rows):
        return _TorchRows(self, rows)


class _TorchRows:
    """As `Rows`, with decisions on whole products; the host decides the pairs that these leave undecided."""

    def __init__(self, cloud, rows):
        self.cloud, self.rows = cloud, rows
        on_device = cloud.put(rows)
        self.z, self.low, self.high = (array[on_device] for array in cloud.on_device)

    def multiply(self, a, b):
        cloud = self.cloud
        z, low, high = (array[a:b] for array in cloud.on_device)
        product = self.z @ z.T
        self.start, self.near = a, product >= self.high[:, None] + high
        i, j = self._where((product >= self.low[:, None] + low) & ~self.near)
        pairs = cloud.order[self.rows[i]], cloud.order[a + j]
        self.near[cloud.put(i), cloud.put(j)] = cloud.put(are_within(cloud.points, *pairs, cloud.squared))

    def count(self, limit, counts, found):
        total = counts + self.near.sum(dim=1).cpu().numpy()
        if found.shape[1]:
            few = np.flatnonzero(total < limit)
            i, j = self._where(self.near[self.cloud.put(few)])
            found[few[i], counts[few[i]] + np.arange(len(i)) - np.searchsorted(i, i)] = self.start + j
        counts[:] = np.minimum(total, limit)

    def first_links(self, row_roots, column_roots):
        put = self.cloud.put
        other = self.near & (put(row_roots)[:, None] != put(column_roots))
        return torch.where(other.any(dim=1), other.to(torch.uint8).argmax(dim=1), -1).cpu().numpy()

    def unite(self, parent, linked):
        i, j = self._where(self.near[self.cloud.put(linked)])
        unite(parent, self.rows[linked[i]], self.start + j)

    @staticmethod
    def _where(mask):
        return (index.cpu().numpy() for index in mask.nonzero(as_tuple=True))
