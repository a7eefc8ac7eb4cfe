"""Cells of many vectors that lie together, in which pairs of them that are alike are looked for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.features.candidates import CROWDED, leading, of_a_crowd

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

    Vectors = npt.NDArray[np.float16] | npt.NDArray[np.float32]
    Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Number of cells that a query looks into.

    Attributes:
        fewest: Likest cells that every query looks into.
        usual: Cells that the gap would leave on average, were there neither fewest nor most.
    """

    fewest: int
    usual: int

    @property
    def most(self) -> int:
        """Cells that none looks into more than: all may be hardly less like than the likest."""
        return MOST * self.usual


VERSION = 3  # of the pairs that are found in cells; part of the key under which they are kept
MOST = 8  # times the usual number of cells
OF_GAPS = 1000  # queries by which it is chosen how far
STRICT = 0.9  # likeness below which more are needed: two that are less alike lie farther apart
CELLS = 12.0  # square of the number of cells, an entry: as many as make the work least
SEED, ROUNDS = 0, 3  # of k-means, by which cells are made
FITTED, OF_A_CENTRE = 20_000, 12  # vectors that it sees at least, in all and of a centre
ROWS, COLUMNS = 1024, 2048  # of a block of likenesses
READY = 100_000  # vectors up to which all are held as they are multiplied; of more, a part is
AT_ONCE = 128  # vectors that are compared with all centres at once, as a processor's cache holds
LOOKS = Reach(fewest=6, usual=6)
MORE_LOOKS = Reach(fewest=12, usual=24)


@dataclass(frozen=True, kw_only=True)
class Alike:
    """Pairs of a block that are alike, and what each query is likest of the others.

    Attributes:
        queries: Positions of the queries, shape (R,).
        others: Entry that each is likest of those that are not alike, shape (R,).
        likeness: How like that one is, shape (R,).
        pairs: Positions of the query and of the entry of each pair, shape (M, 2).
    """

    queries: IntArray
    others: IntArray
    likeness: FloatArray
    pairs: IntArray


def alike_in_cells(entries: Vectors, queries: Vectors | None, least: float) -> Iterator[Alike]:
    """Pairs of an entry and another's query that are alike, block by block.

    Where many of a block are all alike, each is a pair of one that is in their midst, not of all:
    thousands of copies would make millions of pairs.

    Args:
        entries: Unit vectors, leading directions first, shape (N, d).
        queries: Those of the same pictures seen otherwise; None to compare entries themselves.
        least: Likeness from which two are alike.
    """
    looks = LOOKS if least >= STRICT else MORE_LOOKS
    if len(entries) <= READY:
        entries = entries.astype(np.float32)
        queries = None if queries is None else queries.astype(np.float32)
    seen = entries if queries is None else queries
    for rows, columns in _cells(entries, queries, looks):
        for begin in range(0, len(columns), COLUMNS):
            some = columns[begin : begin + COLUMNS]
            right = entries[some].astype(np.float32, copy=False).T
            for start in range(0, len(rows), ROWS):
                asking = rows[start : start + ROWS]
                yield _alike(
                    seen[asking].astype(np.float32, copy=False) @ right, asking, some, least
                )


def _alike(likeness: FloatArray, rows: IntArray, columns: IntArray, least: float) -> Alike:
    """Pairs of one block, whose likenesses are written over; its columns ascend."""
    own = np.minimum(np.searchsorted(columns, rows), len(columns) - 1)
    itself = np.flatnonzero(columns[own] == rows)
    likeness[itself, own[itself]] = -1.0
    places = np.flatnonzero(likeness >= least)
    down, across = np.divmod(places, len(columns))
    if len(down) > CROWDED * sum(likeness.shape):
        alike = np.zeros(likeness.shape, dtype=bool)
        alike[down, across] = True
        down, across = np.nonzero(of_a_crowd(likeness, alike))
    likeness.ravel()[places] = -1.0
    best = likeness.argmax(axis=1)
    return Alike(
        queries=rows,
        others=columns[best],
        likeness=likeness[np.arange(len(rows)), best],
        pairs=np.stack([rows[down], columns[across]], axis=1),
    )


def _cells(
    entries: Vectors, queries: Vectors | None, looks: Reach
) -> Iterator[tuple[IntArray, IntArray]]:
    """Queries that look into each cell, and the entries in it; flat pictures are like none."""
    filled = np.flatnonzero(entries.any(axis=1))
    if not filled.size:
        return
    centres = _centres(entries, filled)
    asking = filled if queries is None else np.flatnonzero(queries.any(axis=1))
    visits = _visits(entries if queries is None else queries, asking, centres, looks)
    home = visits.home if queries is None else _homes(entries, filled, centres)
    inside = filled[np.argsort(home, kind="stable")]
    visitors = asking[visits.queries[np.argsort(visits.cells, kind="stable")]]
    ends = [
        np.cumsum(np.bincount(of, minlength=len(centres))).tolist() for of in (visits.cells, home)
    ]
    for start, end in pairwise(zip(*([0, *of] for of in ends), strict=True)):
        yield visitors[start[0] : end[0]], inside[start[1] : end[1]]


def _centres(entries: Vectors, filled: IntArray) -> FloatArray:
    """Centres of cells, by k-means of a sample."""
    number = min(round((CELLS * len(filled)) ** 0.5), len(filled))
    order = np.random.default_rng(SEED).permutation(filled)
    some = leading(entries[order[: max(FITTED, OF_A_CENTRE * number)]])
    centres = some[:number]
    for _ in range(ROUNDS):
        home = np.concatenate([part.argmax(axis=1) for part in _to_centres(some, centres)])
        own = (np.ones(len(some), dtype=np.float32), (home, np.arange(len(some))))
        sums = scipy.sparse.csr_array(own, shape=(number, len(some))) @ some
        centres = np.where(sums.any(axis=1, keepdims=True), leading(sums), centres)
    return np.asarray(centres)


@dataclass(frozen=True, kw_only=True)
class _Visits:
    """Cells that queries look into.

    Attributes:
        home: Likest centre of each query, shape (Q,).
        queries: Number of the query of each visit, shape (V,).
        cells: Cell of each, shape (V,).
    """

    home: Numbers
    queries: Numbers
    cells: Numbers


def _visits(vectors: Vectors, asking: IntArray, centres: FloatArray, looks: Reach) -> _Visits:
    """Cells whose centres a query is hardly less like than the likest: so many on average.

    One in the midst of its cell looks into few, one between many cells into more.
    """
    order = np.random.default_rng(SEED + 1).permutation(asking)  # not those that centres began as
    gap = _gap(leading(vectors[order[:OF_GAPS]]), centres, looks)
    home, queries, cells = [], [], []
    done = 0
    for start in range(0, len(asking), ROWS):
        for likeness in _to_centres(leading(vectors[asking[start : start + ROWS]]), centres):
            home.append(likeness.argmax(axis=1).astype(np.int32))
            row, column = np.nonzero(_near(likeness, home[-1], gap, looks))
            queries.append(row.astype(np.int32) + np.int32(done))
            cells.append(column.astype(np.int32))
            done += len(likeness)
    none = [np.empty(0, dtype=np.int32)]
    whole = (np.concatenate(none + parts) for parts in (home, queries, cells))
    return _Visits(**dict(zip(("home", "queries", "cells"), whole, strict=True)))


def _near(likeness: FloatArray, home: Numbers, gap: float, looks: Reach) -> BoolArray:
    """True for the cells that each query looks into; likeness to its home is written over."""
    rows = np.arange(len(likeness))
    least = likeness[rows, home] - gap
    likeness[rows, home] = np.inf  # so that it is among so many of equals
    near = likeness >= least[:, None]
    counts = near.sum(axis=1)
    for wrong, number in ((counts < looks.fewest, looks.fewest), (counts > looks.most, looks.most)):
        some = np.flatnonzero(wrong)
        if some.size and number < likeness.shape[1]:
            likest = np.argpartition(-likeness[some], number - 1, axis=1)[:, :number]
            near[some] = False
            near[some[:, None], likest] = True
        else:
            near[some] = True
    return near


def _gap(some: FloatArray, centres: FloatArray, looks: Reach) -> float:
    """Margin below the likeness of the likest centre, for so many looks a query."""
    likeness = some @ centres.T
    gaps = (likeness.max(axis=1, keepdims=True) - likeness).ravel()
    most = min(looks.usual * len(some), len(gaps)) - 1
    return float(np.partition(gaps, most)[most]) if most >= 0 else 0.0


def _homes(vectors: Vectors, positions: IntArray, centres: FloatArray) -> IntArray:
    """Number of the centre that each vector is likest, shape (n,)."""
    homes = [
        likeness.argmax(axis=1)
        for start in range(0, len(positions), ROWS)
        for likeness in _to_centres(leading(vectors[positions[start : start + ROWS]]), centres)
    ]
    return np.concatenate(homes)


def _to_centres(vectors: FloatArray, centres: FloatArray) -> Iterator[FloatArray]:
    """Likeness of vectors to centres, some vectors at a time."""
    for start in range(0, len(vectors), AT_ONCE):
        yield vectors[start : start + AT_ONCE] @ centres.T
