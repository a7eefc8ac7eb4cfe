"""Splits whose whole pictures differ from the judged one in light, colour, detail or handling.

What a network is tested on should differ from what it learns by chance alone, or on purpose. A
split that another program finished is neither, and nobody sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.explain.properties import (
    colour_properties,
    compression_properties,
    handling_properties,
)
from deri_gate.explain.telling import can_be_told
from deri_gate.measuring.class_looks import look_properties
from deri_gate.measuring.shares import Share, not_looked_at
from deri_gate.runtime.figures import percent

if TYPE_CHECKING:
    from deri_gate.arrays import IntArray
    from deri_gate.features.image_table import ImageTable
    from deri_gate.measuring.evidence import Evidence

MOST = 4000  # images of a split that are looked at
TOLD = 0.4  # strength from which on a split is a finding: the shipped limit


def split_look_of(evidence: Evidence, others: Evidence | None) -> tuple[Share, tuple[Finding, ...]]:
    """Share of the images of the split that is told best, and a finding for each that is told.

    Args:
        evidence: The images of the judged split.
        others: Those of the other splits; None when there are none.
    """
    if others is None or others.dataset.splits is None:
        return not_looked_at("the dataset has no splits to compare"), ()
    rng = np.random.default_rng(evidence.profile.seed)
    own = _sample(np.arange(len(evidence.dataset)), rng)
    told = []
    for split in dict.fromkeys(others.dataset.splits):
        places = np.flatnonzero(np.array(others.dataset.splits) == split)
        beside = _sample(places, rng)
        if can_be_told(np.arange(len(own) + len(beside)) >= len(own)):
            told.append((*_strongest(evidence.images, own, others.images, beside), split))
    if not told:
        return not_looked_at("no other split has images enough to tell"), ()
    sentences = [(strength, split, _sentence(strength, what)) for strength, what, split in told]
    best = max(sentences, key=lambda one: one[0])
    return Share(value=best[0], note=f"split {best[1]}: {best[2]}" if best[0] else ""), tuple(
        Finding(kind="split_look", path=split, detail=sentence)
        for strength, split, sentence in sentences
        if strength >= TOLD
    )


def _sample(places: IntArray, rng: np.random.Generator) -> IntArray:
    chosen = rng.choice(places, MOST, replace=False) if len(places) > MOST else places
    return np.sort(chosen)


def _strongest(
    table: ImageTable, own: IntArray, others: ImageTable, beside: IntArray
) -> tuple[float, str]:
    """Share of the other split's images that the best property tells, and its name."""
    of_split = np.arange(len(own) + len(beside)) >= len(own)
    thumbnails, span, appearance, acquisition, chroma = (
        np.concatenate([mine[own], theirs[beside]])
        for mine, theirs in (
            (table.thumbnails, others.thumbnails),
            (table.span, others.span),
            (table.appearance, others.appearance),
            (table.acquisition, others.acquisition),
            (table.chroma, others.chroma),
        )
    )
    properties = look_properties(thumbnails, span, appearance)
    properties += [one for one in handling_properties(appearance) if not one.subject]
    properties += compression_properties(acquisition) + colour_properties(chroma)
    return max(((one.strength(of_split), one.name) for one in properties), key=lambda one: one[0])


def _sentence(strength: float, what: str) -> str:
    return f"{percent(strength)} of its images or more differ from the judged split by {what}"
