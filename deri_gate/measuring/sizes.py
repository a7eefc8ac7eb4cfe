"""Sizes of images: what is blurred, noisy or full of blocks by its pixels depends on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.image_table import ImageTable

LEAST = 20  # images of about one size, of fewer one cannot tell what is usual of it
LEAST_OF_CLASS = 10  # images of one class and size, of fewer the size alone tells
PER_OCTAVE = 2  # steps: within an octave pictures differ by their size, too


def octaves_of(table: ImageTable) -> FloatArray:
    """Binary logarithm of the shorter side of each image, shape (N,)."""
    return np.log2(np.minimum(table.height, table.width))


def size_strata(octaves: FloatArray, classes: IntArray) -> list[IntArray]:
    """Numbers of the size of each image, then of its class and size; none if all are alike.

    Sizes are counted from their median, so that images of about one size are never taken apart. A
    size of few images joins the next.

    Args:
        octaves: Binary logarithm of the shorter side of each image, shape (N,).
        classes: Number of its class, shape (N,).
    """
    if not len(octaves):
        return []
    # A value that occurs, and not the mean of two: no ratio of whole numbers is halfway then.
    away = octaves - np.quantile(octaves, 0.5, method="lower")
    if not _joined(np.rint(away)).any():
        return []
    sizes = _joined(np.rint(PER_OCTAVE * away))
    pairs = classes * (sizes.max() + 1) + sizes
    _, both, counts = np.unique(pairs, return_inverse=True, return_counts=True)
    return [sizes, np.where(counts[both] < LEAST_OF_CLASS, -1, both)]


def _joined(steps: FloatArray) -> IntArray:
    """Number of each step, from the least; those of few images have the number of the next."""
    _, numbers, counts = np.unique(steps, return_inverse=True, return_counts=True)
    joined, images = np.zeros(len(counts), dtype=np.int64), 0
    for i, count in enumerate(counts.tolist()):
        full = images >= LEAST and counts[i:].sum() >= LEAST
        joined[i] = joined[max(0, i - 1)] + full
        images = count if full else images + count
    return joined[numbers]
