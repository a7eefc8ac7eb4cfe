"""The quality gap of the explanations: their quality minus that of the inverse order (QGE)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.stats.intervals import interval, mean_resamples

if TYPE_CHECKING:
    from deri_gate.measuring.measure import Measured
    from deri_gate.stats.intervals import Interval

GAP_ROWS = {
    "quality_gap_irof": "irof_gap",
    "quality_gap_pixel_flipping": "pixel_flipping_gap",
}  # name of the row: figure of the explanations


@dataclass(frozen=True, kw_only=True)
class QualityGap:
    """Mean quality gap over the explained images.

    Attributes:
        value: -1 to 1; around 0 the explanations order an image's parts no better than their
            inverse does, below 0 worse.
        interval: Interval of another draw of the explained images, 95 %.
        images: Explained images that have a gap.
    """

    value: float
    interval: Interval
    images: int


def quality_gaps(measured: Measured) -> dict[str, QualityGap]:
    """Find the gaps of explanations that were made; nothing is explained for this alone.

    Profile standard removes no parts of images, so it has none.

    Args:
        measured: The measured dataset.

    Returns:
        By the name of the row; rows without any image that has a gap are left out.
    """
    profile = measured.evidence.profile
    if not any(
        m.name in measured.answers and "paper_explanations" in m.needs for m in profile.metrics
    ):
        return {}
    seen = measured.evidence.paper_explanations
    gap_of = {}
    for name, figure in GAP_ROWS.items():
        gaps = getattr(seen, figure)
        gaps = gaps[np.isfinite(gaps)]
        if gaps.size:
            value = float(gaps.mean())
            low, high = interval(mean_resamples(gaps, np.random.default_rng(profile.seed)))
            gap_of[name] = QualityGap(
                value=value, interval=(min(low, value), max(high, value)), images=gaps.size
            )
    return gap_of
