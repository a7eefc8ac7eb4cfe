"""Pairs of vectors that may be alike, found by a first look at their leading directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.stats.tails import foretold

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

    Vectors = npt.NDArray[np.float16]
    Block = tuple[IntArray, IntArray]

LOOK, CODE = 32, 64  # leading directions of the first look, and of all that is compared here
EXACT = 20_000  # pictures up to which all are compared with all
OF_A_CELL, MOST_CELLS = 400, 4096  # entries of a cell, about, and cells
LOOKS = 12  # cells that a query looks into
ROWS, COLUMNS = 1024, 4096  # of a block of likenesses that is held at once
CROWDED = 8  # pairs a picture of a block, from which on plain ones are taken together
QUICK, CLOSER = 30.0, 0.3  # pairs of different pictures, a picture, that may pass each look
ALL_ALONG = 1_000_000  # pictures from which on so few pass; more do of fewer pictures
LEAST = 0.4  # likeness below which no pair is looked at
PLAIN = 0.9  # likeness of pairs that may be taken together


@dataclass(frozen=True, kw_only=True)
class FirstLook:
    """Likeness from which pairs are looked at closely.

    Attributes:
        quick: In the first 32 leading directions.
        closer: In 64 of them.
    """

    quick: float
    closer: float


def first_look(sample: Vectors, count: int, agree: BoolArray) -> FirstLook:
    """Likeness at which a set of many pictures is left with few pairs to compare.

    Args:
        sample: Unit vectors of different pictures, leading directions first, shape (n, 64).
        count: Number of pictures.
        agree: True for pairs of the sample that colours do not tell apart, shape (n, n).
    """
    quick, whole = _quick(sample), sample.astype(np.float32)
    closer = np.clip(CLOSER * ALL_ALONG / max(1, count), CLOSER, QUICK)
    looks = ((quick, QUICK), (whole, float(closer)))
    limits = [foretold(some @ some.T, pairs / max(1, count), agree) for some, pairs in looks]
    return FirstLook(quick=max(LEAST, limits[0]), closer=max(LEAST, limits[1]))


def close_pairs(
    entries: Vectors, queries: Vectors | None, look: FirstLook
) -> Iterator[tuple[IntArray, IntArray]]:
    """Pairs of an entry and another's query that may be alike, a bounded number at a time.

    Where many pictures of a block are all alike, each is a pair of one of them that is in their
    midst, not of all: thousands of copies would make millions of pairs.

    Args:
        entries: Unit vectors, leading directions first, shape (N, 64).
        queries: Those of the same pictures seen otherwise; None to compare entries themselves.
        look: From which likeness on pairs are given.

    Yields:
        Positions of queries and of entries.
    """
    ready = entries.astype(np.float32)  # once: halves are slow to multiply
    seen = ready if queries is None else queries.astype(np.float32)
    quick = _quick(entries)
    left = quick if queries is None else _quick(queries)
    ordered = queries is None and len(entries) <= EXACT
    for rows, columns in _blocks(left, quick, ordered=ordered):
        alike = left[rows] @ quick[columns].T >= look.quick
        alike &= rows[:, None] < columns if ordered else rows[:, None] != columns
        if np.count_nonzero(alike) > CROWDED * sum(alike.shape):
            alike = _of_a_crowd(seen[rows], ready[columns], alike)
        here, there = (p[k] for p, k in zip((rows, columns), np.nonzero(alike), strict=True))
        close = products(seen, ready, here, there) >= look.closer
        yield here[close], there[close]


def _blocks(left: FloatArray, quick: FloatArray, *, ordered: bool) -> Iterator[Block]:
    """Positions of queries and entries to compare, a bounded number at a time.

    Up to 20,000 pictures all are compared with all. Of more, an entry is in the cell of the centre
    that it is likest, and a query is compared with the cells of those that it is likest.
    """
    count = len(quick)
    if count > EXACT:
        for rows, columns in _cells(left, quick):
            for start in range(0, len(rows), ROWS):
                for begin in range(0, len(columns), COLUMNS):
                    yield rows[start : start + ROWS], columns[begin : begin + COLUMNS]
        return
    for start in range(0, count, ROWS):
        for begin in range(start if ordered else 0, count, COLUMNS):
            rows = np.arange(start, min(start + ROWS, count))
            yield rows, np.arange(begin, min(begin + COLUMNS, count))


def _cells(left: FloatArray, quick: FloatArray) -> Iterator[Block]:
    """Queries that look into each cell, and the entries in it."""
    number = min(MOST_CELLS, len(quick) // OF_A_CELL)
    centres = quick[np.linspace(0, len(quick) - 1, number).astype(int)]
    home = np.concatenate([part[:, 0] for part in _likest_centres(quick, centres, 1)])
    looks = np.concatenate(list(_likest_centres(left, centres, min(LOOKS, number))))
    entries, queries = np.argsort(home, kind="stable"), np.argsort(looks.ravel(), kind="stable")
    ends = [np.searchsorted(np.sort(of), np.arange(number + 1)) for of in (home, looks.ravel())]
    for cell in range(number):
        inside = entries[ends[0][cell] : ends[0][cell + 1]]
        visitors = queries[ends[1][cell] : ends[1][cell + 1]] // looks.shape[1]
        yield visitors, inside


def _likest_centres(vectors: FloatArray, centres: FloatArray, most: int) -> Iterator[IntArray]:
    """Numbers of the centres that vectors are likest, shape (n, most), in no order."""
    for start in range(0, len(vectors), COLUMNS):
        likeness = vectors[start : start + COLUMNS] @ centres.T
        yield np.argpartition(-likeness, most - 1, axis=1)[:, :most].astype(np.int32)


def _quick(vectors: Vectors) -> FloatArray:
    """Leading directions alone, at unit length."""
    some = vectors[:, :LOOK].astype(np.float32)
    lengths = np.linalg.norm(some, axis=1, keepdims=True)
    return np.asarray(some / np.maximum(lengths, 1e-6))


def products(left: FloatArray, right: FloatArray, here: IntArray, there: IntArray) -> FloatArray:
    """Products of vectors at positions, shape (M,)."""
    found = np.empty(len(here), dtype=np.float32)
    for start in range(0, len(here), 2**16):
        some = slice(start, start + 2**16)
        found[some] = np.einsum("nd,nd->n", left[here[some]], right[there[some]])
    return found


def _of_a_crowd(left: FloatArray, right: FloatArray, alike: BoolArray) -> BoolArray:
    """Pairs of a block that are left when the plainly alike are taken together.

    A row that is plainly like many columns stands for the other rows that are like these.
    Every row keeps a pair.
    """
    likeness = left @ right.T
    plain = alike & (likeness >= PLAIN)
    keep = alike & ~plain
    while True:
        counts = plain.sum(axis=1)
        middle = int(counts.argmax())
        if counts[middle] < CROWDED:
            break
        columns = plain[middle].copy()
        keep[middle] |= columns
        plain[:, columns] = False
    keep |= plain
    lost = np.flatnonzero(alike.any(axis=1) & ~keep.any(axis=1))
    keep[lost, np.where(alike[lost], likeness[lost], -2.0).argmax(axis=1)] = True
    return keep
