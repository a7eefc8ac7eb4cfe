"""Pairs of many pictures that may be one: looked for in cells, once for each comparison.

A comparison of two views that would confirm a pair is made in all directions here, in blocks: what
does not reach the limit in any of them is no pair. Only the others are compared in every way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.cells import alike_in_cells
from deri_gate.features.found_pairs import FoundPairs
from deri_gate.features.likeness import COVERED
from deri_gate.features.orientations import upright_forms
from deri_gate.features.waves import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deri_gate.arrays import IntArray
    from deri_gate.features.picture_set import PictureSet

LOOKS = ((0, None), (0, 1), (2, 3), (4, None), (5, None), (6, None), (7, None))
ROUNDING = 0.01  # by which likeness here may be lower than the views' own
TURNED = 0.1  # by which that of upright forms, which are whitened otherwise, may be lower
HELD = 2**21  # pairs that are held until each of them is left but once


def plausible_of_many(pictures: PictureSet) -> Iterator[FoundPairs]:
    """Pairs that reach the limit in one of the comparisons; of the others the likest are noted."""
    for numbers in _once(_looked_at(pictures)):
        pairs = np.stack(np.divmod(numbers, len(pictures.thumbnails)), axis=1)
        pairs = pairs[pictures.agree(pairs)]
        yield FoundPairs(pairs, np.zeros(len(pairs)), np.zeros(len(pairs), dtype=np.int64))


def _looked_at(pictures: PictureSet) -> Iterator[IntArray]:
    """Numbers of the pairs of each block, of all looks."""
    count = len(pictures.thumbnails)
    for entries, queries in LOOKS:
        own = pictures.codes(entries, WIDTH)
        seen = None if queries is None else pictures.codes(queries, WIDTH)
        limits = pictures.likeness.limits
        limit = limits.covered if (entries, entries) in COVERED else limits.framed
        for block in alike_in_cells(own, seen, limit - ROUNDING):
            pictures.proposals.note(block.queries, block.others, block.likeness)
            yield _numbers(block.pairs, count)


def _once(parts: Iterable[IntArray]) -> Iterator[IntArray]:
    """Numbers in order, each once as far as so many can be held."""
    waiting: list[IntArray] = []
    count = 0
    for part in parts:
        waiting.append(part)
        count += len(part)
        if count >= HELD:
            waiting = [np.unique(np.concatenate(waiting))]
            count = len(waiting[0])
            if count >= HELD // 2:
                yield waiting.pop()
                count = 0
    yield np.unique(np.concatenate([np.empty(0, dtype=np.int64), *waiting]))


def turned_of_many(pictures: PictureSet) -> Iterator[FoundPairs]:
    """Pairs of which one may be the other, mirrored or turned."""
    forms = upright_forms(pictures.thumbnails, pictures.likeness.crowding.sample)
    limit = pictures.likeness.limits.turned - TURNED
    count = len(forms.owners)
    alike = (_numbers(block.pairs, count) for block in alike_in_cells(forms.codes, None, limit))
    for numbers in _once(alike):
        here, there = np.divmod(numbers, count)
        yield forms.pairs(here, there, np.zeros(len(here)))


def _numbers(pairs: IntArray, count: int) -> IntArray:
    """One number for each pair of so many, in whichever order, shape (M,)."""
    return np.asarray(pairs.min(axis=1) * count + pairs.max(axis=1))
