"""Look for candidates by vectors as bytes, and then among many of these by the vectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from deri_gate.features.byte_products import in_bytes, whole_products
from deri_gate.features.neighbours import largest
from deri_gate.runtime.large_arrays import blocks_of, large_array

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.byte_products import Bytes, Products

CANDIDATES = 64  # of each image, itself included where no group is left out
ROUGH = 256  # images that are looked at more closely for these, as bytes are near to a hundredth
GROUP = 8  # columns of which the highest is looked at first
NOWHERE = 1 - 2**31  # product of what is left out
TINY = 1e-9  # highest value of vectors that are zero


@dataclass(frozen=True, kw_only=True)
class RoughLook:
    """A look for candidates by bytes, and then, among many of these, by the vectors themselves.

    Attributes:
        low: The vectors in few directions, shape (N, e).
        rough: All of them as bytes, in one scale, in another order, shape (N, e).
        order: Position of each of these, shape (N,).
        place: Place of each position in that order, shape (N,).
        groups: Number of the group of each image, whose images are left out; None to leave none.
    """

    low: FloatArray = field(repr=False)
    rough: Bytes = field(repr=False)
    order: IntArray = field(repr=False)
    place: IntArray = field(repr=False)
    groups: IntArray | None = field(repr=False)

    @classmethod
    def of(cls, low: FloatArray, order: IntArray, groups: IntArray | None) -> Self:
        """Hold vectors as bytes, in this order of their positions."""
        highest = max(float(np.abs(low[rows]).max()) for rows in blocks_of(low))
        rough = large_array(low.shape, "i1")
        for rows in blocks_of(low):
            rough[rows] = in_bytes(low[order[rows]] / max(highest, TINY))
        return cls(low=low, rough=rough, order=order, place=np.argsort(order), groups=groups)

    def candidates(self, rows: IntArray, among: list[slice]) -> IntArray:
        """Positions that may be near each of some rows, shape (n, m).

        Args:
            rows: Positions, shape (n,).
            among: Places to look at, in parts.
        """
        places = np.concatenate([np.arange(part.start, part.stop) for part in among])
        own, ends = self.rough[self.place[rows]], np.cumsum([p.stop - p.start for p in among])
        alike = np.empty((len(rows), len(places)), dtype=np.int32)
        for part, end in zip(among, ends.tolist(), strict=True):
            alike[:, end - (part.stop - part.start) : end] = whole_products(own, self.rough[part])
        if self.groups is not None:
            alike[self.groups[rows, None] == self.groups[self.order[places]]] = NOWHERE
        near = highest_columns(alike, min(ROUGH, len(places)))
        every = self.order[places[near]]
        closer = np.matmul(self.low[every], self.low[rows][:, :, None])[:, :, 0]
        closer[np.take_along_axis(alike, near, axis=1) == NOWHERE] = -np.inf
        best = largest(closer, min(CANDIDATES, len(places)))
        return np.take_along_axis(every, best, axis=1)


def highest_columns(products: Products, number: int) -> IntArray:
    """Columns of the highest products of each row, in no order, shape (n, number).

    They lie in so many groups with the highest maxima. Columns of a group lie apart, so that the
    maxima of many groups are found at once.
    """
    rows, count = products.shape
    groups = count // GROUP
    if groups <= number:
        return largest(products, number)
    maxima = products[:, : groups * GROUP].reshape(rows, GROUP, groups).max(axis=1)
    chosen = np.argpartition(maxima, -number, axis=1)[:, -number:]
    inside = (chosen[:, :, None] + np.arange(GROUP) * groups).reshape(rows, -1)
    rest = np.broadcast_to(np.arange(groups * GROUP, count), (rows, count - groups * GROUP))
    left = np.concatenate([inside, rest], axis=1)
    best = np.argpartition(np.take_along_axis(products, left, axis=1), -number, axis=1)
    return np.asarray(np.take_along_axis(left, best[:, -number:], axis=1))
