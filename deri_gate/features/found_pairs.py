"""Pairs of pictures that were found, gathered from several looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.waves import ORIENTATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

    Pairs = IntArray  # shape (M, 2), positions, the first smaller

AT_ONCE = 2048  # pairs of a batch
HELD = 2**23  # pairs that are held until each of them is left but once
LOOSE = 2**20  # pairs that are held until those among them that came before are dropped
PIECE = 2**16  # pairs that are made of their numbers at a time


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
_NO_NUMBERS = np.empty(0, dtype=np.int64)
NO_PAIRS = FoundPairs(*_NOTHING, _NO_NUMBERS)


def as_they_are(here: IntArray, there: IntArray) -> FoundPairs:
    """Pairs of pictures that are not turned, in whichever order they come; how like, is not known.

    Args:
        here: Positions of pictures, shape (M,).
        there: Positions of the others.
    """
    pairs = np.stack([np.minimum(here, there), np.maximum(here, there)], axis=1)
    return FoundPairs(pairs, np.zeros(len(pairs)), np.zeros(len(pairs), dtype=np.int64))


def pairs_once(parts: Iterable[FoundPairs], count: int) -> Iterator[FoundPairs]:
    """Pairs of each orientation once, as far as so many can be held; likeness is lost.

    They keep the order in which they first come: those of a cell lie together, and share pictures.

    Args:
        parts: Pairs, a bounded number at a time.
        count: Number of pictures.
    """
    numbers = (
        (part.pairs[:, 0] * count + part.pairs[:, 1]) * ORIENTATIONS + part.turns for part in parts
    )
    for some in numbers_once(numbers):
        pairs, turns = np.divmod(some, ORIENTATIONS)
        yield FoundPairs(np.stack(np.divmod(pairs, count), axis=1), np.zeros(len(some)), turns)


def numbers_once(parts: Iterable[IntArray]) -> Iterator[IntArray]:
    """Numbers in the order in which they first come, each once as far as so many can be held.

    What comes again is dropped some at a time: to put all in order would take five times as much.
    """
    known, count = _NO_NUMBERS, 0
    new: list[IntArray] = []
    for part in _gathered(parts, min(LOOSE, HELD)):
        count += len(part)
        known, first = _first_of_each(part, known)
        new.append(first)
        if count >= HELD:
            count = len(known)
            if count >= HELD // 2:
                yield from new
                known, new, count = _NO_NUMBERS, [], 0
    yield from new


def _gathered(parts: Iterable[IntArray], least: int) -> Iterator[IntArray]:
    """Numbers of several parts together, at least so many but for the last."""
    waiting: list[IntArray] = []
    count = 0
    for part in parts:
        waiting.append(part)
        count += len(part)
        if count >= least:
            whole = np.concatenate(waiting)
            waiting.clear()
            count = 0
            yield whole
    yield np.concatenate([_NO_NUMBERS, *waiting])


def _first_of_each(numbers: IntArray, known: IntArray) -> tuple[IntArray, IntArray]:
    """All known numbers, ascending, with these; and those of these that are new, in their order."""
    values, first = np.unique(numbers, return_index=True)
    fresh = np.searchsorted(known, values, side="right") == np.searchsorted(known, values)
    ascending = np.concatenate([known, values[fresh]])
    ascending.sort(kind="stable")  # two runs, which it merges
    return ascending, numbers[np.sort(first[fresh])]


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
