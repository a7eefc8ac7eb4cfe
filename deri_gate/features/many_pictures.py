"""Pairs of many pictures that may be one: looked for in cells, once for each comparison.

A comparison of two views that would confirm a pair is made in all directions here, in blocks: what
does not reach the limit in any of them is no pair. Only the others are compared in every way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.cell_blocks import ComparedViews
from deri_gate.features.cells import alike_in_cells
from deri_gate.features.found_pairs import as_they_are
from deri_gate.features.likeness import COVERED
from deri_gate.features.orientations import upright_forms
from deri_gate.features.waves import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.features.found_pairs import FoundPairs
    from deri_gate.features.picture_set import PictureSet

LOOKS = ((0, None), (0, 1), (2, 3), (4, None), (5, None), (6, None), (7, None))
ROUNDING = 0.01  # by which likeness here may be lower than the views' own
TURNED = 0.1  # by which that of upright forms, which are whitened otherwise, may be lower


def plausible_of_many(pictures: PictureSet) -> Iterator[FoundPairs]:
    """Pairs that reach the limit in one of the comparisons; of the others the likest are noted."""
    for block in alike_in_cells(_looks_at(pictures)):
        pictures.proposals.note(block.queries, block.others, block.likeness)
        here, there = block.pairs.T
        yield as_they_are(here, there)


def _looks_at(pictures: PictureSet) -> Iterator[ComparedViews]:
    limits = pictures.likeness.limits
    for entries, queries in LOOKS:
        limit = limits.covered if (entries, entries) in COVERED else limits.framed
        yield ComparedViews(
            entries=pictures.codes(entries, WIDTH),
            queries=None if queries is None else pictures.codes(queries, WIDTH),
            least=limit - ROUNDING,
        )


def turned_of_many(pictures: PictureSet) -> Iterator[FoundPairs]:
    """Pairs of which one may be the other, mirrored or turned."""
    forms = upright_forms(pictures.thumbnails, pictures.likeness.crowding.sample)
    limit = pictures.likeness.limits.turned - TURNED
    for block in alike_in_cells([ComparedViews(entries=forms.codes, queries=None, least=limit)]):
        here, there = block.pairs.T
        yield forms.pairs(here, there, np.zeros(len(here)))
