"""Cells of many vectors that lie together, in which pairs of them that are alike are looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.features.candidates import CROWDED, leading, of_a_crowd

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray

    Vectors = npt.NDArray[np.float16]
    Numbers = npt.NDArray[np.int32]

LOOKS, MORE_LOOKS = 6, 12  # cells that a query looks into
STRICT = 0.9  # likeness below which more are needed: two that are less alike lie farther apart
CELLS = 12.0  # square of the number of cells, an entry: as many as make the work least
SEED, ROUNDS = 0, 3  # of k-means, by which cells are made
FITTED, OF_A_CENTRE = 20_000, 12  # vectors that it sees at least, in all and of a centre
ROWS, COLUMNS = 1024, 2048  # of a block of likenesses
AT_ONCE = 128  # vectors that are compared with all centres at once, as a processor's cache holds


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
    seen = entries if queries is None else queries
    for rows, columns in _cells(entries, queries, LOOKS if least >= STRICT else MORE_LOOKS):
        for begin in range(0, len(columns), COLUMNS):
            some = columns[begin : begin + COLUMNS]
            right = entries[some].astype(np.float32).T
            for start in range(0, len(rows), ROWS):
                asking = rows[start : start + ROWS]
                yield _alike(seen[asking].astype(np.float32) @ right, asking, some, least)


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
    entries: Vectors, queries: Vectors | None, looks: int
) -> Iterator[tuple[IntArray, IntArray]]:
    """Queries that look into each cell, and the entries in it; flat pictures are like none."""
    filled = np.flatnonzero(entries.any(axis=1))
    if not filled.size:
        return
    centres = _centres(entries, filled)
    most = min(looks, len(centres))
    if queries is None:
        asking, likest = filled, _likest_centres(entries, filled, centres, most)
        home = likest[:, 0]
    else:
        asking = np.flatnonzero(queries.any(axis=1))
        likest = _likest_centres(queries, asking, centres, most)
        home = _likest_centres(entries, filled, centres, 1)[:, 0]
    inside = filled[np.argsort(home, kind="stable")]
    visitors = asking[np.argsort(likest.ravel(), kind="stable") // most]
    ends = [np.cumsum(np.bincount(of.ravel(), minlength=len(centres))) for of in (likest, home)]
    start = [0, 0]
    for number in range(len(centres)):
        end = [int(of[number]) for of in ends]
        yield visitors[start[0] : end[0]], inside[start[1] : end[1]]
        start = end


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


def _likest_centres(
    vectors: Vectors, positions: IntArray, centres: FloatArray, most: int
) -> Numbers:
    """Numbers of the centres that vectors are likest, likest first, shape (n, most)."""
    centres_of = np.empty((len(positions), most), dtype=np.int32)
    done = 0
    for start in range(0, len(positions), ROWS):
        some = leading(vectors[positions[start : start + ROWS]])
        for likeness in _to_centres(some, centres):
            own = slice(done, done + len(likeness))
            rows = np.arange(len(likeness))
            for k in range(most):  # each is a pass; to sort a part costs more
                centres_of[own, k] = likest = likeness.argmax(axis=1)
                likeness[rows, likest] = -np.inf
            done = own.stop
    return centres_of


def _to_centres(vectors: FloatArray, centres: FloatArray) -> Iterator[FloatArray]:
    """Likeness of vectors to centres, some vectors at a time."""
    for start in range(0, len(vectors), AT_ONCE):
        yield vectors[start : start + AT_ONCE] @ centres.T
