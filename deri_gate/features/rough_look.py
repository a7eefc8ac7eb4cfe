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
PAGE = 64  # columns whose places follow each other
CLOSELY = 64  # rows whose candidates' vectors are held at once
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

    def products(self, rows: IntArray, part: slice) -> Products:
        """Products of some rows and what lies in a part of the places, shape (n, m).

        `NOWHERE` for the images of a row's group.
        """
        made = whole_products(self.rough[self.place[rows]], self.rough[part])
        if self.groups is not None:
            made[self.groups[rows, None] == self.groups[self.order[part]]] = NOWHERE
        return made

    def nearest(self, rows: IntArray, products: Products, pages: IntArray) -> IntArray:
        """Positions of those that are nearest to each of some rows, shape (n, m).

        Args:
            rows: Positions, shape (n,).
            products: With what was looked at for each, shape (n, w), `NOWHERE` for nothing.
            pages: Places of the first of every `PAGE` columns, which the others follow.

        Returns:
            The row's own position where too few were looked at.
        """
        parts = [slice(start, start + CLOSELY) for start in range(0, len(rows), CLOSELY)]
        return np.concatenate([self._nearest(rows[p], products[p], pages[p]) for p in parts])

    def _nearest(self, rows: IntArray, products: Products, pages: IntArray) -> IntArray:
        near = highest_columns(products, min(ROUGH, products.shape[1]))
        nothing = np.take_along_axis(products, near, axis=1) == NOWHERE
        places = np.take_along_axis(pages, near // PAGE, axis=1) + near % PAGE
        every = np.where(nothing, rows[:, None], self.order[np.where(nothing, 0, places)])
        closer = np.matmul(self.low[every], self.low[rows][:, :, None])[:, :, 0]
        closer[nothing] = -np.inf
        best = largest(closer, min(CANDIDATES, near.shape[1]))
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
