"""Is the tonal range used?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.picture import grey, histogram
from deri_gate.metrics.base import Metric

if TYPE_CHECKING:
    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Picture

DARK, BRIGHT = 5, 250  # grey levels from which on a pixel counts as clipped, in the paper's words


def exposure(picture: Picture) -> float:
    """Tonal information that the 256 levels could carry and do not: 1 - entropy / 8 bits.

    Clipped at either end, washed out, too dark or too bright: each merges levels. By the data
    processing inequality no tone curve can raise the entropy of a channel, so that wrong
    exposure or gamma in either direction never improves this value, where the clipped share
    does not see brightening at all. The background of a cut-out counts, as it carries nothing.

    Args:
        picture: (H, W) or (H, W, 3), uint8; channels count alike.

    Returns:
        No unit, 0 (all levels equally common) to 1 (one level only). Lower is better.
    """
    channels = 1 if picture.ndim == 2 else picture.shape[2]  # noqa: PLR2004
    return float(np.mean([_unused(histogram(picture, c)) for c in range(channels)]))


def _unused(counts: IntArray) -> float:
    p = counts[counts > 0] / counts.sum()
    return min(1.0, max(0.0, 1.0 + float(p @ np.log2(p)) / 8))


def paper_exposure(picture: Picture) -> float:
    """Share of the grey pixels clipped near black or near white."""
    levels = grey(picture)
    return float(np.mean((levels <= DARK) | (levels >= BRIGHT)))


METRIC = Metric(
    name="exposure",
    title="Exposure",
    better="lower",
    low=0.0,
    high=1.0,
    unit="",
    spread_floor=0.02,
    hurt_by="exposure",
    advice="Check exposure, window and gamma of the export. Remove blank images.",
    source="Shannon (1948); Cover and Thomas (2006), theorem 2.8.1; DERI1000, section 3.2",
    published_weight=0.0143,
    of_image=exposure,
)
METRIC = replace(METRIC, paper=replace(METRIC, of_image=paper_exposure))
