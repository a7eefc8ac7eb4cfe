"""Pairs of many pictures that may be one: looked for in cells, once for each comparison.

A comparison of two views that would confirm a pair is made in all directions here, in blocks: what
does not reach the limit in any of them is no pair. Only the others are compared in every way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.byte_products import in_bytes
from deri_gate.features.cell_blocks import ComparedViews
from deri_gate.features.found_pairs import as_they_are
from deri_gate.features.likeness import COVERED
from deri_gate.features.orientations import upright_forms
from deri_gate.features.picture_set import in_halves
from deri_gate.features.waves import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import BoolArray, FloatArray
    from deri_gate.features.byte_products import Bytes
    from deri_gate.features.cells import CellSpread
    from deri_gate.features.found_pairs import FoundPairs
    from deri_gate.features.orientations import UprightForms
    from deri_gate.features.picture_set import PictureSet

LOOKS = ((0, None), (0, 1), (2, 3), (4, None), (5, None), (6, None), (7, None))
ROUNDING = 0.02  # by which likeness here, of bytes, may be lower than the views' own
TURNED = 0.04  # by which that of upright forms, which are whitened otherwise, may be lower


def plausible_of_many(pictures: PictureSet, spread: CellSpread) -> Iterator[FoundPairs]:
    """Pairs that reach the limit in one of the comparisons; of the others the likest are noted."""
    for block in spread(_looks_at(pictures)):
        pictures.proposals.note(block.queries, block.others, block.likeness)
        if len(block.pairs):
            yield as_they_are(*block.pairs.T)


def _looks_at(pictures: PictureSet) -> Iterator[ComparedViews]:
    limits, codes = pictures.likeness.limits, dict[int, "Bytes"]()
    for entries, queries in LOOKS:
        shown = (entries,) if queries is None else (entries, queries)
        codes = {view: codes[view] for view in shown if view in codes}
        codes |= {
            view: pictures.codes(view, WIDTH, in_bytes) for view in shown if view not in codes
        }
        limit = limits.covered if (entries, entries) in COVERED else limits.framed
        yield ComparedViews(
            entries=codes[entries],
            queries=None if queries is None else codes[queries],
            least=limit - ROUNDING,
            known=pictures.proposals.likeness,
        )


def turned_of_many(pictures: PictureSet, spread: CellSpread) -> Iterator[FoundPairs]:
    """Pairs of which one may be the other, mirrored or turned.

    A plain form is compared with all others. Two doubtful ones seldom are all that two pictures
    share, and are looked for in fewer cells.
    """
    limit = pictures.likeness.limits.turned - TURNED
    sample = pictures.likeness.crowding.sample
    forms = upright_forms(pictures.thumbnails, sample, pictures.workers, coded=_by_halves)
    yield from _alike_forms(forms, limit, forms.plain, spread)
    forms = forms.kept(~forms.plain)
    yield from _alike_forms(forms, limit, None, spread)


def _alike_forms(
    forms: UprightForms[np.int8], limit: float, asks: BoolArray | None, spread: CellSpread
) -> Iterator[FoundPairs]:
    views = ComparedViews(
        entries=forms.codes,
        queries=None,
        least=limit,
        asks=asks,
        brief=asks is None,
        known=np.full(len(forms.codes), np.inf, dtype=np.float32),  # pairs alone are asked for
    )
    for block in spread([views]):
        if len(block.pairs):
            here, there = block.pairs.T
            yield forms.pairs(here, there, np.zeros(len(here)))


def _by_halves(vectors: FloatArray) -> Bytes:
    """Vectors in half precision, by which few pictures are compared, as bytes."""
    return in_bytes(in_halves(vectors))
