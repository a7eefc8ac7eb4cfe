"""Images of the batch that the baseline has already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.drift.records import Copies

if TYPE_CHECKING:
    from deri_gate.measuring.evidence import Evidence


def copies_of(baseline: Evidence, batch: Evidence) -> Copies:
    """Each image of the batch with the first image of the baseline that is, or shows, the same."""
    first: dict[str, int] = {}
    for position, key in enumerate(baseline.images.shown):
        first.setdefault(key, position)
    exact = [(i, first[key]) for i, key in enumerate(batch.images.shown) if key in first]
    known = {i for i, _ in exact}
    near = [(i, b) for i, b in _near(baseline, batch) if i not in known]
    return Copies(
        exact=tuple((batch.ids[i], baseline.ids[b]) for i, b in exact),
        near=tuple((batch.ids[i], baseline.ids[b]) for i, b in near),
        images=len(batch.ids),
    )


def _near(baseline: Evidence, batch: Evidence) -> list[tuple[int, int]]:
    """Positions in batch and baseline of images that show one picture."""
    both, count = baseline.pictures + batch.pictures, len(baseline.ids)
    first = both.listed_duplicates.first_among(np.arange(len(both.ids)) < count)
    return [(i, b) for i, b in enumerate(first[count:].tolist()) if b >= 0]
