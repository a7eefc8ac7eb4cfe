"""Neighbours of a dataset's images: kept, updated from an earlier state, or found."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import UnmeasurableError
from deri_gate.features import forms
from deri_gate.features.far_neighbours import spread_by
from deri_gate.features.namespaces import neighbours_kind
from deri_gate.features.neighbour_search import (
    EXACT_BELOW,
    SAMPLE,
    VERSION,
    NeighbourSearch,
    search_neighbours,
)
from deri_gate.features.neighbours import updated_neighbours
from deri_gate.runtime.figures import percent

if TYPE_CHECKING:
    from deri_gate.arrays import IntArray
    from deri_gate.measuring.evidence import Evidence

_RECALL = struct.Struct("<d")
_EXACT = -1.0  # in place of a recall


def searched_neighbours(evidence: Evidence, origin: IntArray) -> NeighbourSearch:
    """The nearest images of each of a dataset's images.

    Args:
        evidence: The dataset and what is known of it.
        origin: Position of each image in the earlier state, -1 for none, shape (N,).

    Raises:
        UnmeasurableError: With too few images for k neighbours.
    """
    count, k = len(evidence.dataset), evidence.profile.neighbours
    if count <= k:
        raise UnmeasurableError(f"too few images for {k} neighbours: {count}")
    earlier = evidence.earlier
    if earlier is not None and len(earlier.dataset) > k:
        before = earlier.neighbour_search
        updated = updated_neighbours(
            evidence.embeddings,
            k,
            earlier=before.positions,
            origin=origin,
            device=evidence.context.machine.device,
        )
        return NeighbourSearch(positions=updated, recall=before.recall)

    start = 0 if count < EXACT_BELOW else _RECALL.size
    fits = forms.positions(count, k)
    which = "neighbours" if not start else f"neighbour-search-{VERSION}"
    kept = evidence.kept(
        neighbours_kind(evidence.profile, which=which),
        lambda: _found(evidence),
        lambda raw: (
            len(raw) > start and fits(raw[start:]) and 0 <= (_recall_in(raw, start) or 0) <= 1
        ),
    )
    positions = np.frombuffer(kept[start:], dtype=np.int32).reshape(-1, k).astype(np.int64)
    return NeighbourSearch(positions=positions, recall=_recall_in(kept, start))


def _found(evidence: Evidence) -> bytes:
    """Neighbours that are looked for now, and before them, of a large set, the recall."""
    count, machine = len(evidence.dataset), evidence.context.machine
    with machine.bar(count, "looking for neighbours") as bar:
        made = search_neighbours(
            evidence.embeddings,
            evidence.profile.neighbours,
            device=machine.device,
            tick=bar.update,
            spread=spread_by(machine),
        )
    recall = _EXACT if made.recall is None else made.recall
    head = b"" if count < EXACT_BELOW else _RECALL.pack(recall)
    return head + made.positions.astype(np.int32).tobytes()


def _recall_in(raw: bytes, size: int) -> float | None:
    """The recall before the positions; None where every pair was compared."""
    recall = float(_RECALL.unpack(raw[:size])[0]) if size else _EXACT
    return None if recall == _EXACT else recall


def search_note(evidence: Evidence) -> str:
    """Sentence on neighbours that may lack true ones; "" where every pair was compared."""
    asked = "neighbours" in evidence.wanted and len(evidence.dataset) > evidence.profile.neighbours
    if not asked or (recall := evidence.neighbour_search.recall) is None:
        return ""
    return (
        f"nearest images by an index, which found {percent(recall)} of those of {SAMPLE:,} images"
    )
