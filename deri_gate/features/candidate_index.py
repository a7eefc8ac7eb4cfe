"""Candidates for the neighbours of many images, by the leading directions of their vectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from deri_gate.features.neighbours import (
    BLOCK_BYTES,
    largest,
    nearest_first,
    products,
    unit_vectors,
)
from deri_gate.runtime.large_arrays import large_array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deri_gate.arrays import FloatArray, IntArray

CANDIDATES = 64  # of each image, itself included where no group is left out
FITTED = 20_000  # images that directions and lists are made from
PER_LIST = 1_000  # images in a list, about
ROUNDS = 8  # of k-means
SEED = 0


class CandidateIndex(Protocol):
    """A way to find candidates."""

    def candidates(self, rows: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
        """Block by block, some of these rows, and positions that may be near each, shape (n, m)."""

    def parts(self, rows: IntArray, least: int) -> list[IntArray]:
        """Rows in parts, ascending, whose candidates are made in the blocks of the whole."""


def leading_directions(embeddings: FloatArray, number: int) -> FloatArray:
    """Directions in which the vectors have most of their length, shape (d, number).

    Not centred: products of the vectors are what they shall keep.
    """
    some = embeddings[_drawn(len(embeddings), FITTED)].astype(np.float64)
    axes = np.linalg.eigh(some.T @ some)[1][:, ::-1]
    return np.ascontiguousarray(axes[:, :number], dtype=np.float32)


def _drawn(count: int, most: int) -> IntArray:
    """Positions of so many images at most, drawn at random, ascending.

    Every n-th image would be of some classes only, where the classes take turns.
    """
    return np.sort(np.random.default_rng(SEED).permutation(count)[:most])


def along_directions(vectors: FloatArray, axes: FloatArray) -> FloatArray:
    """Vectors in some directions, shape (N, e), in a file if they are large.

    Args:
        vectors: Vectors, shape (N, d).
        axes: The directions, shape (d, e).
    """
    low = large_array((len(vectors), axes.shape[1]), np.result_type(vectors, axes))
    return np.matmul(vectors, axes, out=low)


def nearest_by(
    index: CandidateIndex,
    embeddings: FloatArray,
    rows: IntArray,
    k: int,
    *,
    groups: IntArray | None = None,
    tick: Callable[[int], object] = lambda done: done,
) -> IntArray:
    """The k nearest of each row among its candidates, by the whole vectors.

    Args:
        index: Where candidates come from.
        embeddings: Unit vectors, shape (N, d).
        rows: Positions, ascending, shape (n,).
        k: How many.
        groups: Number of the group of each image, whose images are left out, shape (N,); None
            where each is one of its own.
        tick: Told how many rows are done.

    Returns:
        Shape (n, k), nearest first; -1 where there are fewer candidates of other groups.
    """
    units = np.arange(len(embeddings)) if groups is None else groups
    nearest = np.full((len(rows), k), -1, dtype=np.int64)
    for some, near in index.candidates(rows):
        alike = np.matmul(embeddings[near], embeddings[some][:, :, None])[:, :, 0]
        alike[units[near] == units[some, None]] = -np.inf
        others = np.where(np.isneginf(alike), -1, near)
        best = nearest_first(others, alike)[:, :k]
        nearest[np.searchsorted(rows, some), : best.shape[1]] = best
        tick(len(some))
    return nearest


@dataclass(frozen=True, kw_only=True)
class WholeIndex:
    """Candidates among all images.

    Attributes:
        low: The vectors in few directions, shape (N, e).
        groups: Number of the group of each image, whose images are left out; None to leave none.
    """

    low: FloatArray = field(repr=False)
    groups: IntArray | None = field(default=None, repr=False)

    def candidates(self, rows: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
        """Candidates, block by block; the order of the rows is its own."""
        size = _rows_in_a_block(len(self.low))
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            alike = products(self.low[some], self.low)
            if self.groups is not None:
                alike[self.groups[some, None] == self.groups] = -np.inf
            yield some, largest(alike, min(CANDIDATES, len(self.low)))

    def parts(self, rows: IntArray, least: int) -> list[IntArray]:
        """Rows in parts of whole blocks, at least so many a part."""
        size = _rows_in_a_block(len(self.low))
        step = -(-least // size) * size
        return [rows[start : start + step] for start in range(0, len(rows), step)]


@dataclass(frozen=True, kw_only=True)
class ListIndex:
    """Candidates among the images of the lists that lie nearest to an image's own.

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
        for group in self._by_list(rows):
            members = self._near(int(self.lists.of[group[0]]))
            vectors = self.low[members]
            size = _rows_in_a_block(len(members))
            for start in range(0, len(group), size):
                some = group[start : start + size]
                alike = products(self.low[some], vectors)
                if self.groups is not None:
                    alike[self.groups[some, None] == self.groups[members]] = -np.inf
                yield some, members[largest(alike, min(CANDIDATES, len(members)))]

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

    def _near(self, number: int) -> IntArray:
        """The images of a list and of those around it, ascending; enough to choose from."""
        nearest = self.lists.around(number)
        sizes = np.cumsum(self.lists.sizes[nearest])
        enough = int(np.searchsorted(sizes, 4 * CANDIDATES)) + 1
        taken = nearest[: max(self.probes, enough)]
        return np.sort(np.concatenate([self.lists.members[one] for one in taken]))


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
    def members(self) -> list[IntArray]:
        """Positions of the images of each list."""
        return np.split(np.argsort(self.of, kind="stable"), np.cumsum(self.sizes)[:-1])

    def around(self, number: int) -> IntArray:
        """Numbers of all lists, those nearest to one of them first."""
        return np.argsort(-(self.centres @ self.centres[number]), kind="stable")

    def distances(self, rows: IntArray, others: IntArray) -> IntArray:
        """Number of lists that are nearer to the own list of each row than another image's.

        Args:
            rows: Positions of images, shape (n,).
            others: Positions of others for each, -1 for none, shape (n, k).

        Returns:
            Shape (n, k); more than there are lists for none.
        """
        own, places = np.unique(self.of[rows], return_inverse=True)
        apart = np.argsort([self.around(number) for number in own.tolist()], axis=1)
        found = apart[places[:, None], self.of[others]]
        return np.where(others < 0, len(self.centres) + 1, found)


def lists_of(low: FloatArray) -> Lists:
    """Put the images into lists of about `PER_LIST` by k-means of their directions.

    Args:
        low: The vectors in few directions, shape (N, e).
    """
    number = max(2, len(low) // PER_LIST)
    some = unit_vectors(low[_drawn(len(low), max(FITTED, 30 * number))])
    centres = some[np.linspace(0, len(some) - 1, number).astype(np.int64)]
    for _ in range(ROUNDS):
        own = _nearest_centre(some, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, own, some)
        filled = np.bincount(own, minlength=number) > 0
        centres = np.where(filled[:, None], unit_vectors(sums), centres)
    return Lists(of=_nearest_centre(unit_vectors(low), centres), centres=centres)


def _nearest_centre(vectors: FloatArray, centres: FloatArray) -> IntArray:
    size = _rows_in_a_block(len(centres))
    return np.concatenate(
        [
            (vectors[start : start + size] @ centres.T).argmax(axis=1)
            for start in range(0, len(vectors), size)
        ]
    )


def _rows_in_a_block(width: int) -> int:
    """Rows of similarities that are held at once, with the vectors of their candidates."""
    return max(1, min(512, BLOCK_BYTES // (4 * width)))
