"""Explanations against masks, as rows that a suite may limit.

The mean over the explained images with a mask that says something. A suite that names such a row
for a dataset without masks, or for a run that explained nothing, gets unknown: not measured is
not passed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.explain.masks import MASK_ROWS
from deri_gate.gate.records import Row
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from deri_gate.explain.masks import MaskExplanations


def mask_rows(masks: MaskExplanations | None) -> list[Row]:
    """A row a figure, measured or not."""
    if masks is None:
        about = "no explanation was compared with a mask"
    else:
        judged = counted(int(masks.judged.sum()), "image")
        about = f"over {judged}; explained images with a mask: {masks.masked}"
    return [
        Row(metric=name, raw=_mean(masks, figure), subscore=None, weight=None, about=about)
        for name, figure in MASK_ROWS.items()
    ]


def _mean(masks: MaskExplanations | None, figure: str) -> float | None:
    if masks is None or not masks.judged.any():
        return None
    return float(getattr(masks, figure)[masks.judged].mean())
