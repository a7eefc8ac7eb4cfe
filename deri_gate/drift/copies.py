"""Images of the batch that the baseline has already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.drift.records import Copies
from deri_gate.features.near_duplicates import DISTANCE, near_groups

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
    """Positions in batch and baseline of one group of near duplicates each."""
    pictures = np.concatenate([baseline.images.thumbnails, batch.images.thumbnails])
    groups = near_groups(pictures, distance=DISTANCE).tolist()
    count = len(baseline.ids)
    first: dict[int, int] = {}
    for position, group in enumerate(groups[:count]):
        first.setdefault(group, position)
    return [(i, first[g]) for i, g in enumerate(groups[count:]) if g >= 0 and g in first]
