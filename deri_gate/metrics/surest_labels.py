"""Labels of the images whose class is surest: where these are denied, labels are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.stats.intervals import wilson_lower_bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

SUREST = 0.2  # share of the images, those whose likeliest class is likeliest
LEAST = 10  # images in that share
CELLS = 2**22  # of images by classes, held at once


def denied_at_least(neighbours: IntArray, membership: csr_array, out_of_fold: FloatArray) -> float:
    """Share of the surest images that bear another label: lower bound (95 %); 0 for few images.

    Where classes look alike, images are outvoted whose labels are right. The surest are not, so
    this share follows that of the wrong labels in easy sets and in hard ones.

    Args:
        neighbours: Positions of each image's k nearest, itself left out, shape (N, k).
        membership: Which image is of which class, 0/1, shape (N, K).
        out_of_fold: Class probabilities by the probe without the image, shape (N, K).
    """
    if SUREST * len(neighbours) < LEAST:
        return 0.0
    surest, denied = surest_of(neighbours, membership, out_of_fold)
    return wilson_lower_bound(float(denied.mean()), len(surest))


def surest_of(
    neighbours: IntArray, membership: csr_array, out_of_fold: FloatArray
) -> tuple[IntArray, BoolArray]:
    """The images whose likeliest class is surest, and which of them do not bear it.

    Args:
        neighbours: Positions of each image's k nearest, itself left out, shape (N, k).
        membership: Which image is of which class, 0/1, shape (N, K).
        out_of_fold: Class probabilities by the probe without the image, shape (N, K).

    Returns:
        Positions, surest first, and as many truth values.
    """
    votes = neighbour_votes(neighbours, membership)
    count, k = neighbours.shape
    likeliest, belief = np.empty(count, dtype=np.int64), np.empty(count)
    for rows in class_blocks(*membership.shape):
        beliefs = out_of_fold[rows] + votes[rows].toarray() / k
        likeliest[rows], belief[rows] = beliefs.argmax(axis=1), beliefs.max(axis=1)
    surest = np.argsort(-belief, kind="stable")[: int(SUREST * count)]
    own = np.asarray(membership[surest, likeliest[surest]]).ravel() > 0
    return surest, ~own


def class_blocks(count: int, classes: int) -> Iterator[slice]:
    """Rows of an array of images by classes, some at a time."""
    step = max(1, CELLS // max(1, classes))
    for start in range(0, count, step):
        yield slice(start, start + step)


def neighbour_votes(
    neighbours: IntArray, membership: csr_array, weights: FloatArray | None = None
) -> csr_array:
    """Weight of each class among the neighbours of each image, shape (N, K).

    Args:
        neighbours: Positions of each image's k nearest, shape (N, k).
        membership: Which image is of which class, 0/1, shape (N, K).
        weights: Weight of each image as a neighbour, shape (N,); 1 for all when None.
    """
    count, k = neighbours.shape
    ends = np.arange(0, count * k + 1, k)
    asked = neighbours.ravel()
    said = np.ones(count * k) if weights is None else weights[asked]
    votes = scipy.sparse.csr_array((said, asked, ends), shape=(count, len(neighbours)))
    return scipy.sparse.csr_array(votes @ membership)
