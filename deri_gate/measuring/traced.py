"""Findings on photos whose tags name a person, a place or one device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.data.traces import LOOKED, trace_names
from deri_gate.measuring.shares import Share, not_looked_at

if TYPE_CHECKING:
    from deri_gate.measuring.evidence import Evidence


def trace_findings(evidence: Evidence) -> list[Finding]:
    """A finding for each image with such tags: their names, never a value."""
    traces = evidence.images.traces
    return [
        Finding(
            kind="privacy",
            path=evidence.ids[i],
            detail=f"photo tags: {', '.join(trace_names(int(traces[i])))} (values are not shown)",
        )
        for i in np.flatnonzero(traces & ~LOOKED).tolist()
    ]


def traced_share(*sides: Evidence) -> Share:
    """Share of the images of all splits with such tags; nothing to look at where none is a file."""
    traces = np.concatenate([side.images.traces for side in sides])
    looked = int((traces & LOOKED > 0).sum())
    if not looked:
        why = "no image lies in a file that could carry tags of photos"
        return not_looked_at(why, of_tags=True)
    note = f"looked for in {looked:,} of {len(traces):,} images" if looked < len(traces) else ""
    value = float((traces & ~LOOKED > 0).sum() / len(traces))
    return Share(value=value, note=note, of_tags=True)
