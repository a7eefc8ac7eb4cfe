"""The quality gap of the explanations, as rows that a suite may limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.gate.records import Row
from deri_gate.measuring.quality_gap import GAP_ROWS
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.measuring.quality_gap import QualityGap

LACKS = "no parts of images were removed: a profile of the paper's words measures it"


def gap_rows(gaps: Mapping[str, QualityGap]) -> list[Row]:
    """A row a figure, measured or not: what a suite names and nobody saw is unknown.

    Args:
        gaps: The gaps by the name of the row.
    """
    return [_row(name, gaps.get(name)) for name in GAP_ROWS]


def _row(name: str, gap: QualityGap | None) -> Row:
    if gap is None:
        return Row(metric=name, raw=None, subscore=None, weight=None, about=LACKS)
    low, high = gap.interval
    about = f"over {counted(gap.images, 'image')}; 95 % between {low:.3g} and {high:.3g}"
    return Row(metric=name, raw=gap.value, subscore=None, weight=None, about=about)
