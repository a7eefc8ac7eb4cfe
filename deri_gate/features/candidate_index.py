"""Candidates for the neighbours of many images, by the leading directions of their vectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from deri_gate.features.neighbours import BLOCK_BYTES, nearest_first, unit_vectors
from deri_gate.features.rough_look import CANDIDATES, RoughLook
from deri_gate.runtime.engine import map_in_order
from deri_gate.runtime.large_arrays import large_array
from deri_gate.runtime.threads import one_blas_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from deri_gate.arrays import FloatArray, IntArray

PART, AT_ONCE = 4096, 256  # vectors that are multiplied at once, and with how many others
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


def evenly_spread(axes: FloatArray) -> FloatArray:
    """Axes of the same space, none of which holds more of the vectors than others, by chance.

    Products stay as they are, and bytes hold them better: the leading directions take most of a
    byte's range for themselves, and leave little to the others.
    """
    turn = np.linalg.qr(np.random.default_rng(SEED).standard_normal((axes.shape[1],) * 2))[0]
    return np.ascontiguousarray(axes @ turn, dtype=axes.dtype)


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
        size, count = _rows_in_a_block(len(self.low)), len(self.low)
        among = [slice(start, min(start + PART, count)) for start in range(0, count, PART)]
        blocks = (rows[start : start + size] for start in range(0, len(rows), size))
        look = self._look
        yield from _side_by_side((some, partial(look.candidates, some, among)) for some in blocks)

    @cached_property
    def _look(self) -> RoughLook:
        return RoughLook.of(self.low, np.arange(len(self.low)), self.groups)

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
        look, blocks = self._look, self._blocks(rows)
        yield from _side_by_side(
            (some, partial(look.candidates, some, among)) for some, among in blocks
        )

    @cached_property
    def _look(self) -> RoughLook:
        return RoughLook.of(self.low, self.lists.order, self.groups)

    def _blocks(self, rows: IntArray) -> Iterator[tuple[IntArray, list[slice]]]:
        """Rows of one list, so many at a time, and where to look for what is near them."""
        for group in self._by_list(rows):
            among = self._near(int(self.lists.of[group[0]]))
            size = _rows_in_a_block(sum(part.stop - part.start for part in among))
            for start in range(0, len(group), size):
                yield group[start : start + size], among

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

    def _near(self, number: int) -> list[slice]:
        """Places of a list and of those around it; enough images to choose from."""
        nearest = self.lists.around(number)
        sizes = np.cumsum(self.lists.sizes[nearest])
        enough = int(np.searchsorted(sizes, 4 * CANDIDATES)) + 1
        taken = np.sort(nearest[: max(self.probes, enough)])
        ends = np.cumsum(self.lists.sizes)
        return [slice(int(ends[one] - self.lists.sizes[one]), int(ends[one])) for one in taken]


def _side_by_side(
    tasks: Iterable[tuple[IntArray, Callable[[], IntArray]]],
) -> Iterator[tuple[IntArray, IntArray]]:
    """Rows and what is found for them, looked for by several threads."""
    with one_blas_thread() as threads:
        yield from map_in_order(lambda task: (task[0], task[1]()), tasks, workers=threads)


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
    return max(1, min(AT_ONCE, BLOCK_BYTES // (8 * width)))
