"""Edited copies of one picture with several labels: likely contradictions, which a person decides.

A copy that was cropped, framed or written on may show what the other does not: a defect, or a mark
that the classes are about. So these are told apart from pictures that are the same.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.orientations import WORDS
from deri_gate.measuring.copies import (
    Contradiction,
    contradictions_of,
    finding_of,
    turned_contradictions_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Finding
    from deri_gate.measuring.copies import Images

SECOND = "what looks like the next slice or a second shot of"
NOTHING: Mapping[str, Collection[str]] = MappingProxyType({})


def edited_contradictions_of(
    images: Images, settled: Mapping[str, Collection[str]] = NOTHING
) -> list[Contradiction]:
    """Every further image that is an edited copy of an earlier one of another label, in order.

    Args:
        images: The images.
        settled: By kind of finding, ids of the images whose label a person has accepted; see
            `contradictions_of`.
    """
    same, sure = settled.get("contradiction", ()), settled.get("likely_contradiction", ())
    named = {pair.image for pair in contradictions_of(images) + turned_contradictions_of(images)}
    known = {i for i in named if images.ids[i] not in same}
    partner_of: dict[int, int] = {}
    for pair in _with_other_labels(images).tolist():
        first, later = sorted(pair, key=images.order)
        kept = [images.ids[i] in sure for i in (first, later)]
        image, other = (first, later) if kept == [False, True] else (later, first)
        if image not in known and not all(kept):
            partner_of[image] = min(other, partner_of.get(image, other), key=images.order)
    return [
        Contradiction(image=i, other=partner_of[i]) for i in sorted(partner_of, key=images.order)
    ]


def _with_other_labels(images: Images) -> IntArray:
    """Listed pairs of two labels that are not one picture, of millions few, shape (M, 2)."""
    numbers: dict[tuple[str, ...], int] = {}
    labels = [numbers.setdefault(label, len(numbers)) for label in images.labels]
    pairs = images.listed_duplicates.pairs
    first, later = images.turned_groups[pairs].T
    own, other = np.array(labels, dtype=np.int64)[pairs].T
    other_label = (own != other) & ~images.unlabelled[pairs].any(axis=1)
    return np.asarray(pairs[other_label & ((first < 0) | (first != later))])


def edited_contradiction_findings(
    images: Images, settled: Mapping[str, Collection[str]] = NOTHING
) -> list[Finding]:
    """Findings that name both images and both labels.

    Args:
        images: The images.
        settled: Ids of the images whose label a person has accepted, by kind of finding.
    """
    listed = images.listed_duplicates
    found = edited_contradictions_of(images, settled)
    ends = np.array([(one.image, one.other) for one in found], dtype=np.int64).reshape(-1, 2)
    count = np.array([len(images.ids), 1])
    numbers, wanted = listed.pairs @ count, np.sort(ends, axis=1) @ count
    rows = np.searchsorted(numbers, wanted)
    told = zip(found, listed.turns[rows].tolist(), images.second_shots[rows].tolist(), strict=True)
    return [
        finding_of(
            images, one, kind="likely_contradiction", what=SECOND if second else _edited(turn)
        )
        for one, turn, second in told
    ]


def _edited(turn: int) -> str:
    return f"an edited copy{WORDS[turn] and f', {WORDS[turn]},'} of"
