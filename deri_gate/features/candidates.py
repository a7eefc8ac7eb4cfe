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
ROWS, COLUMNS = 1024, 4096  # of a block of likenesses that is looked at
AT_ONCE = 128  # rows of it that are held, as many as a processor's cache holds
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
    quick, whole = leading(sample), sample.astype(np.float32)
    closer = np.clip(CLOSER * ALL_ALONG / max(1, count), CLOSER, QUICK)
    looks = ((quick, QUICK), (whole, float(closer)))
    limits = [foretold(some @ some.T, pairs / max(1, count), agree) for some, pairs in looks]
    return FirstLook(quick=max(LEAST, limits[0]), closer=max(LEAST, limits[1]))


def close_pairs(
    entries: Vectors, queries: Vectors | None, look: FirstLook
) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """Pairs of an entry and another's query that may be alike, a bounded number at a time.

    Where many pictures of a block are all alike, each is a pair of one of them that is in their
    midst, not of all: thousands of copies would make millions of pairs.

    Args:
        entries: Unit vectors, leading directions first, shape (N, 64).
        queries: Those of the same pictures seen otherwise; None to compare entries themselves.
        look: From which likeness on pairs are given.

    Yields:
        Positions of queries and of entries, and the likeness of each pair in 64 directions.
    """
    seen = entries if queries is None else queries
    ordered = queries is None
    for rows, columns in _blocks(len(entries), ordered=ordered):
        left, right = seen[rows].astype(np.float32), entries[columns].astype(np.float32)
        down, across = np.divmod(_alike(leading(left), leading(right), look.quick), len(columns))
        here, there = rows[down], columns[across]
        counts = here < there if ordered else here != there
        if np.count_nonzero(counts) > CROWDED * (len(rows) + len(columns)):
            alike = np.zeros((len(rows), len(columns)), dtype=bool)
            alike[down[counts], across[counts]] = True
            down, across = np.nonzero(of_a_crowd(left @ right.T, alike))
        else:
            down, across = down[counts], across[counts]
        likeness = _products_at(left, right, down, across)
        close = likeness >= look.closer
        yield rows[down[close]], columns[across[close]], likeness[close]


def _alike(left: FloatArray, right: FloatArray, limit: float) -> IntArray:
    """Places of a block of likenesses that reach the limit, counted row by row."""
    parts = [
        np.flatnonzero(left[start : start + AT_ONCE] @ right.T >= limit) + start * len(right)
        for start in range(0, len(left), AT_ONCE)
    ]
    return np.concatenate(parts)


def _blocks(count: int, *, ordered: bool) -> Iterator[Block]:
    """Positions of queries and entries to compare, a bounded number at a time."""
    for start in range(0, count, ROWS):
        for begin in range(start if ordered else 0, count, COLUMNS):
            rows = np.arange(start, min(start + ROWS, count))
            yield rows, np.arange(begin, min(begin + COLUMNS, count))


def leading(vectors: npt.NDArray[np.number]) -> FloatArray:
    """Leading directions alone, at unit length, shape (N, 32)."""
    some = vectors[:, :LOOK].astype(np.float32)
    lengths = np.linalg.norm(some, axis=1, keepdims=True)
    return np.asarray(some / np.maximum(lengths, 1e-6))


def _products_at(
    left: FloatArray, right: FloatArray, here: IntArray, there: IntArray
) -> FloatArray:
    """Products of vectors at positions, shape (M,)."""
    cosines = np.empty(len(here), dtype=np.float32)
    for start in range(0, len(here), 2**16):
        some = slice(start, start + 2**16)
        cosines[some] = np.einsum("nd,nd->n", left[here[some]], right[there[some]])
    return cosines


def of_a_crowd(likeness: FloatArray, alike: BoolArray) -> BoolArray:
    """Pairs of a block that are left when the plainly alike are taken together.

    A row that is plainly like many columns stands for the other rows that are like these.
    Every row keeps a pair.

    Args:
        likeness: Likeness of all pairs of the block, shape (n, m).
        alike: True for pairs that are alike, shape (n, m).
    """
    plain = alike & (likeness >= PLAIN)
    keep = alike & ~plain
    counts = plain.sum(axis=1)
    while counts.max() >= CROWDED:
        middle = int(counts.argmax())
        columns = np.flatnonzero(plain[middle])
        keep[middle, columns] = True
        counts -= plain[:, columns].sum(axis=1)  # to count all anew would take most of the time
        plain[:, columns] = False
    keep |= plain
    lost = np.flatnonzero(alike.any(axis=1) & ~keep.any(axis=1))
    keep[lost, np.where(alike[lost], likeness[lost], -2.0).argmax(axis=1)] = True
    return keep
