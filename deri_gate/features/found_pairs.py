"""Pairs of pictures that were found, gathered from several looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

    Pairs = IntArray  # shape (M, 2), positions, the first smaller

AT_ONCE = 2**12  # pairs of a batch


@dataclass(frozen=True)
class FoundPairs:
    """Pairs, how like they are, and the orientation of the second of each.

    Attributes:
        pairs: Positions, the first smaller, shape (M, 2).
        likeness: Likeness of each pair, shape (M,).
        turns: Orientation in which the second shows what the first does, shape (M,).
    """

    pairs: Pairs
    likeness: FloatArray
    turns: IntArray

    def kept(self, some: BoolArray | IntArray) -> FoundPairs:
        """Chosen pairs, by a mask or by their numbers."""
        return FoundPairs(self.pairs[some], self.likeness[some], self.turns[some])


_NOTHING = np.empty((0, 2), dtype=np.int64), np.empty(0)
NO_PAIRS = FoundPairs(*_NOTHING, np.empty(0, dtype=np.int64))


def batched_pairs(parts: Iterable[FoundPairs]) -> Iterator[FoundPairs]:
    """Pairs in batches of one size, whatever number comes at a time."""
    waiting: list[FoundPairs] = []
    count = 0
    for part in parts:
        waiting.append(part)
        count += len(part.pairs)
        if count >= AT_ONCE:
            whole = joined(waiting)
            full = len(whole.pairs) - len(whole.pairs) % AT_ONCE
            for start in range(0, full, AT_ONCE):
                yield whole.kept(np.arange(start, start + AT_ONCE))
            waiting = [whole.kept(np.arange(full, len(whole.pairs)))]
            count -= full
    yield joined([NO_PAIRS, *waiting])


def joined(parts: list[FoundPairs]) -> FoundPairs:
    """All pairs of several looks, one after the other."""
    return FoundPairs(
        pairs=np.concatenate([part.pairs for part in parts]),
        likeness=np.concatenate([part.likeness for part in parts]),
        turns=np.concatenate([part.turns for part in parts]),
    )


def best_of(parts: list[FoundPairs]) -> FoundPairs:
    """Each pair once: as it is if that was confirmed, else in the likest orientation."""
    every = joined(parts)
    order = np.lexsort(
        (every.turns, -every.likeness, every.turns > 0, every.pairs[:, 1], every.pairs[:, 0])
    )
    ranked = every.kept(order)
    new = np.ones(len(order), dtype=bool)
    new[1:] = (ranked.pairs[1:] != ranked.pairs[:-1]).any(axis=1)
    return ranked.kept(new)
