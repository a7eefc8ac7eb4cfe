"""Is the tonal range used?"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.picture import MANY, grey
from deri_gate.data.picture_stack import PictureStack
from deri_gate.metrics.base import Metric

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray, IntArray
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
    return float(exposure_of(PictureStack.of(picture))[0])


def exposure_of(pictures: PictureStack) -> FloatArray:
    """Exposure of pictures of one shape, shape (N,)."""
    count, channels, levels = pictures.histograms.shape
    unused = _unused(pictures.histograms.reshape(-1, levels))
    return np.asarray(unused.reshape(count, channels).mean(axis=1))


def _unused(counts: IntArray) -> FloatArray:
    """Share of 8 bits that each histogram does not carry, shape (N, 256) to (N,)."""
    pixels = int(counts[0].sum())
    bits = _bits(counts / pixels) if pixels >= MANY else _bits_by_count(pixels)[counts]
    return np.asarray(np.clip(1.0 + bits.sum(axis=1) / 8, 0.0, 1.0))


def _bits(p: FloatArray) -> FloatArray:
    """Terms of the entropy of levels with these shares, in bits; none is above 0."""
    return np.asarray(p * np.log2(np.where(p > 0, p, 1.0)))


@lru_cache(maxsize=64)
def _bits_by_count(pixels: int) -> FloatArray:
    """Terms of levels that 0, 1, 2, ... of so many pixels have."""
    return _bits(np.arange(pixels + 1) / pixels)


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
    of_pictures=exposure_of,
)
METRIC = replace(METRIC, paper=replace(METRIC, of_image=paper_exposure, of_pictures=None))
