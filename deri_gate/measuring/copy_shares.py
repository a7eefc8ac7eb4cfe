"""Shares of copies, without the cases that a person has accepted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from deri_gate.measuring.copies import contradictions_of
from deri_gate.measuring.shares import Share

if TYPE_CHECKING:
    from collections.abc import Collection

    from deri_gate.measuring.evidence import Evidence


def copy_shares(evidence: Evidence, accepted: Collection[tuple[str, str]]) -> dict[str, Share]:
    """Share of the images that are exact copies, and of those whose copy has another label.

    Args:
        evidence: The judged images.
        accepted: Path and reason of each accepted case. An accepted image is no copy too many.
    """
    ids, shown = evidence.ids, evidence.images.shown
    groups = Counter(shown)
    taken = Counter(
        one for path, one in zip(ids, shown, strict=True) if (path, "duplicates") in accepted
    )
    extra = sum(max(0, count - 1 - taken[one]) for one, count in groups.items())
    settled = {path for path, reason in accepted if reason == "contradiction"}
    conflicts = len(contradictions_of(evidence.pictures, settled))
    count = max(1, len(shown))
    return {
        "exact_copies": Share(value=extra / count),
        "conflicting_copies": Share(value=conflicts / count),
    }
