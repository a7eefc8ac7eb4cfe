"""Shares of copies, without the cases that a person has accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.hashes import firsts_of
from deri_gate.measuring.copies import contradictions_of
from deri_gate.measuring.decisions import settled_for
from deri_gate.measuring.shares import Share, not_looked_at

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from deri_gate.measuring.evidence import Evidence


UNLABELLED = "not every image has a label to compare"
OF_LABELS = ("conflicting_copies", "contradictions", "likely_contradictions", "missing_labels")


def of_labels(shares: Mapping[str, Share], *sides: Evidence | None) -> dict[str, Share]:
    """The shares; those on labels are not looked at where they are 0 and an image has none.

    Args:
        shares: Shares by name. One of these that is above 0 stays.
        sides: Images that they are about.
    """
    whole = all(all(side.dataset.labels) for side in sides if side)
    return {
        name: share if whole or share.value or name not in OF_LABELS else not_looked_at(UNLABELLED)
        for name, share in shares.items()
    }


def copy_shares(evidence: Evidence, accepted: Collection[tuple[str, str]]) -> dict[str, Share]:
    """Share of the images that are exact copies, and of those whose copy has another label.

    Args:
        evidence: The judged images.
        accepted: Path and reason of each accepted case. An accepted image is no copy too many.
    """
    ids, first = evidence.ids, firsts_of(evidence.images.shown)
    kept = settled_for(accepted, "duplicates")
    taken = first[[i for i, path in enumerate(ids) if path in kept]]
    groups, settled_of = (np.bincount(some, minlength=len(first)) for some in (first, taken))
    extra = int(np.maximum(0, groups - 1 - settled_of).sum())
    conflicts = len(contradictions_of(evidence.pictures, settled_for(accepted, "contradiction")))
    count = max(1, len(first))
    shares = {
        "exact_copies": Share(value=extra / count),
        "conflicting_copies": Share(value=conflicts / count),
    }
    return of_labels(shares, evidence)
