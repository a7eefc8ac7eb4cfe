"""Candidates for the neighbours of many images, by the leading directions of their vectors."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from deri_gate.features.neighbours import BLOCK_BYTES, nearest_first
from deri_gate.features.rough_look import PAGE, RoughLook
from deri_gate.runtime.engine import map_in_order
from deri_gate.runtime.large_arrays import large_array
from deri_gate.runtime.threads import one_blas_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from deri_gate.arrays import FloatArray, IntArray

PART, AT_ONCE = 4096, 256  # vectors that are multiplied at once, and with how many others
FITTED = 20_000  # images that directions and lists are made from
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
    some = embeddings[drawn_positions(len(embeddings), FITTED)].astype(np.float64)
    axes = np.linalg.eigh(some.T @ some)[1][:, ::-1]
    return np.ascontiguousarray(axes[:, :number], dtype=np.float32)


def drawn_positions(count: int, most: int) -> IntArray:
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
        size = rows_at_once(len(self.low))
        blocks = (rows[start : start + size] for start in range(0, len(rows), size))
        yield from side_by_side(self._nearest, blocks)

    def _nearest(self, rows: IntArray) -> IntArray:
        count = len(self.low)
        products = np.empty((len(rows), count), dtype=np.int32)
        for part in (slice(start, start + PART) for start in range(0, count, PART)):
            products[:, part] = self._look.products(rows, part)
        pages = np.arange(0, count, PAGE)
        return self._look.nearest(rows, products, np.broadcast_to(pages, (len(rows), len(pages))))

    @cached_property
    def _look(self) -> RoughLook:
        return RoughLook.of(self.low, np.arange(len(self.low)), self.groups)

    def parts(self, rows: IntArray, least: int) -> list[IntArray]:
        """Rows in parts of whole blocks, at least so many a part."""
        size = rows_at_once(len(self.low))
        step = -(-least // size) * size
        return [rows[start : start + step] for start in range(0, len(rows), step)]


def side_by_side(
    search: Callable[[IntArray], IntArray], blocks: Iterable[IntArray]
) -> Iterator[tuple[IntArray, IntArray]]:
    """Rows of each block and what is found for them, looked for by several threads."""
    with one_blas_thread() as threads:
        yield from map_in_order(lambda rows: (rows, search(rows)), blocks, workers=threads)


def rows_at_once(width: int) -> int:
    """Rows of similarities that are held at once, with the vectors of their candidates."""
    return max(1, min(AT_ONCE, BLOCK_BYTES // (8 * width)))
