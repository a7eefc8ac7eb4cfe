"""Candidates for the neighbours of very many images, in lists of images that lie together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.byte_products import in_bytes, whole_products
from deri_gate.features.candidate_index import (
    FITTED,
    drawn_positions,
    rows_at_once,
    side_by_side,
)
from deri_gate.features.neighbours import unit_vectors
from deri_gate.features.rough_look import NOWHERE, PAGE, TINY, RoughLook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.byte_products import Bytes, Products

PER_LIST = 1_000  # images in a list, about
ROUNDS = 8  # of k-means


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Images that lie together.

    Attributes:
        of: Number of the list of each image, shape (N,).
        centres: Unit vector of each list, shape (L, e).
    """

    of: IntArray = field(repr=False)
    centres: FloatArray = field(repr=False)

    @cached_property
    def sizes(self) -> IntArray:
        """Number of images in each list."""
        return np.bincount(self.of, minlength=len(self.centres))

    @cached_property
    def order(self) -> IntArray:
        """Positions of all images, list by list."""
        return np.argsort(self.of, kind="stable")

    @cached_property
    def starts(self) -> IntArray:
        """Place in that order of the first image of each list."""
        return np.cumsum(self.sizes) - self.sizes

    def nearness(self, vectors: FloatArray) -> IntArray:
        """Nearness of each list's centre to each vector, shape (n, L); no two are equal.

        Whole numbers, so that the lists of a vector depend on no block and no thread.

        Args:
            vectors: Some vectors in few directions, shape (n, e).
        """
        number = np.arange(len(self.centres))
        return self._products(vectors).astype(np.int64) * len(number) - number

    def nearest(self, vectors: FloatArray) -> IntArray:
        """Number of the list whose centre is nearest to each vector, shape (n,)."""
        size = rows_at_once(len(self.centres))
        starts = range(0, len(vectors), size)
        blocks = (vectors[start : start + size] for start in starts)
        return np.concatenate([self._products(block).argmax(axis=1) for block in blocks])

    def chosen(self, vectors: FloatArray, probes: int) -> BoolArray:
        """True for so many lists nearest to each vector, shape (n, L)."""
        nearness = self.nearness(vectors)
        last = max(0, len(self.centres) - probes)
        return nearness >= np.partition(nearness, last, axis=1)[:, last, None]

    def distances(self, vectors: FloatArray, others: IntArray) -> IntArray:
        """Number of lists that are nearer to a vector than the one which holds another image.

        Args:
            vectors: Some vectors in few directions, shape (n, e).
            others: Positions of others for each, -1 for none, shape (n, k).

        Returns:
            Shape (n, k); more than there are lists for none.
        """
        apart = np.argsort(np.argsort(-self.nearness(vectors), axis=1), axis=1)
        found = np.take_along_axis(apart, self.of[others], axis=1)
        return np.where(others < 0, len(self.centres) + 1, found)

    def _products(self, vectors: FloatArray) -> Products:
        highest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), TINY)
        return whole_products(in_bytes(vectors / highest), self._rough)

    @cached_property
    def _rough(self) -> Bytes:
        return in_bytes(self.centres / max(float(np.abs(self.centres).max()), TINY))


@dataclass(frozen=True, kw_only=True)
class ListIndex:
    """Candidates among the images of the lists that lie nearest to each image.

    Attributes:
        low: The vectors in few directions, shape (N, e).
        lists: The lists.
        probes: Number of lists that are looked through.
        groups: Number of the group of each image, whose images are left out; None to leave none.
    """

    low: FloatArray = field(repr=False)
    lists: Lists = field(repr=False)
    probes: int
    groups: IntArray | None = field(default=None, repr=False)

    def candidates(self, rows: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
        """Candidates, block by block; the order of the rows is its own."""
        yield from side_by_side(self._nearest, self._blocks(rows))

    @cached_property
    def _look(self) -> RoughLook:
        return RoughLook.of(self.low, self.lists.order, self.groups)

    def _blocks(self, rows: IntArray) -> Iterator[IntArray]:
        """Rows of one list, so many at a time: they share more of their lists than others do."""
        size = rows_at_once(self.probes * PER_LIST)
        for group in self._by_list(rows):
            yield from (group[start : start + size] for start in range(0, len(group), size))

    def _nearest(self, rows: IntArray) -> IntArray:
        """Candidates of some rows, each of which looks into lists of its own."""
        chosen = self.lists.chosen(self.low[rows], self.probes)
        size = rows_at_once(int((chosen @ self.lists.sizes).max()))  # some lists are far longer
        parts = [slice(start, start + size) for start in range(0, len(rows), size)]
        return np.concatenate([self._nearest_in(rows[p], chosen[p]) for p in parts])

    def _nearest_in(self, rows: IntArray, chosen: BoolArray) -> IntArray:
        """Candidates in chosen lists; a list is multiplied once with all rows that look into it."""
        lengths = -(-self.lists.sizes // PAGE)  # of lists in pages
        ends = np.cumsum(chosen * lengths, axis=1)
        products = np.full((len(rows), ends[:, -1].max(), PAGE), NOWHERE, dtype=np.int32)
        pages = np.zeros(products.shape[:2], dtype=np.int64)
        for number in np.flatnonzero(chosen.any(axis=0) & (lengths > 0)).tolist():
            own = np.flatnonzero(chosen[:, number])
            turn = np.arange(lengths[number])
            at = own[:, None], ends[own, number, None] - lengths[number] + turn
            start = self.lists.starts[number]
            part = slice(start, start + self.lists.sizes[number])
            products[at] = _in_pages(self._look.products(rows[own], part))
            pages[at] = start + PAGE * turn
        return self._look.nearest(rows, products.reshape(len(rows), -1), pages)

    def parts(self, rows: IntArray, least: int) -> list[IntArray]:
        """Rows in parts of whole lists, at least so many a part."""
        parts: list[IntArray] = []
        waiting: list[IntArray] = []
        count = 0
        for group in self._by_list(rows):
            waiting.append(group)
            count += len(group)
            if count >= least:
                parts.append(np.sort(np.concatenate(waiting)))
                waiting, count = [], 0
        return [*parts, np.sort(np.concatenate(waiting))] if waiting else parts

    def _by_list(self, rows: IntArray) -> list[IntArray]:
        """Rows of each list that has any of them."""
        order = rows[np.argsort(self.lists.of[rows], kind="stable")]
        return np.split(order, np.flatnonzero(np.diff(self.lists.of[order])) + 1)


def _in_pages(products: Products) -> Products:
    """Products in pages, shape (n, m) to (n, pages, `PAGE`); the rest of the last is `NOWHERE`."""
    rest = -products.shape[1] % PAGE
    padded = np.pad(products, ((0, 0), (0, rest)), constant_values=NOWHERE)
    return padded.reshape(len(products), -1, PAGE)


def lists_of(low: FloatArray) -> Lists:
    """Put the images into lists of about `PER_LIST` by k-means of their directions.

    Args:
        low: The vectors in few directions, shape (N, e).
    """
    number = max(2, len(low) // PER_LIST)
    some = unit_vectors(low[drawn_positions(len(low), max(FITTED, 30 * number))])
    lists = Lists(
        of=np.zeros(0, dtype=np.int64),
        centres=some[np.linspace(0, len(some) - 1, number).astype(np.int64)],
    )
    for _ in range(ROUNDS):
        own = lists.nearest(some)
        sums = np.zeros_like(lists.centres)
        np.add.at(sums, own, some)
        filled = np.bincount(own, minlength=number) > 0
        lists = replace(lists, centres=np.where(filled[:, None], unit_vectors(sums), lists.centres))
    return replace(lists, of=lists.nearest(low))
