"""Belief of the base in the labels of an image, of which there may be several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray, IntArray

ENOUGH = 20  # images with as many labels, so that others are held against these alone


def least_belief(
    nearest: BoolArray,
    members: BoolArray,
    predicted: FloatArray | None,
    known: BoolArray,
    *,
    most: int,
) -> FloatArray:
    """Belief in the least likely label of each image, 0 to 1; NaN where the base has none of them.

    Of an image with more labels than any other the likeliest count: how little the least of so
    many right ones is believed, nobody knows.

    Args:
        nearest: Whether each of the nearest images is of each class, shape (n, k, K).
        members: Whether each image is, shape (n, K).
        predicted: Probability of each class by a probe, shape (n, K); None where there is none.
        known: Whether the base has images of the class, shape (K,).
        most: Labels of an image that count.
    """
    each = nearest.mean(axis=1)
    each = each if predicted is None else (each + predicted) / 2
    asked = members & known
    belief = np.where(asked, each, 1.0).min(axis=1)
    for row in np.flatnonzero(asked.sum(axis=1) > most).tolist():
        belief[row] = np.sort(each[row, asked[row]])[-most]
    belief[~members[:, known].any(axis=1)] = np.nan
    return np.asarray(belief)


def standing(
    belief: FloatArray, labels: IntArray, others: FloatArray, other_labels: IntArray
) -> FloatArray:
    """Share of the others with as many labels that are believed less, ties half; NaN stays.

    The more labels an image has, the less likely is the least of them. So a right label that is
    added is no doubt, and a wrong one is. Where few others have as many labels, those with more
    count as well. If they still are few, one that is believed still less is added to them: they
    may happen to be believed much.

    Args:
        belief: In the least likely label of each image, shape (n,).
        labels: Number of its labels that count, shape (n,); some other has as many.
        others: Belief of the base's images, shape (m,).
        other_labels: Number of their labels, shape (m,).
    """
    stands = np.full(len(belief), np.nan)
    there = np.isfinite(others)
    for number in np.unique(labels):
        rows = np.flatnonzero((labels == number) & np.isfinite(belief))
        alike = others[there & (other_labels == number)]
        if len(alike) < ENOUGH:
            alike = others[there & (other_labels >= number)]
        few = len(alike) < ENOUGH
        among = np.sort(alike)
        low, high = (np.searchsorted(among, belief[rows], side) for side in ("left", "right"))
        stands[rows] = ((low + high) / 2 + few) / (len(among) + few)
    return stands
