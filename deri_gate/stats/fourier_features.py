"""Embeddings as rows whose means tell distributions apart: the test on embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray

FREQUENCIES = 256  # of random Fourier features; a row has twice as many numbers
FOR_SCALE = 500  # vectors whose distances say how wide the kernel is
AT_ONCE = 16_384  # vectors brought into features at a time


def fourier_rows(embeddings: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Random Fourier features of a Gaussian kernel (Rahimi and Recht, 2007).

    The squared distance between two mean rows is the squared maximum mean discrepancy (MMD) of
    Gretton et al. (2012), up to the error of the features: 0 for equal distributions, 2 at most.
    The kernel is as wide as the median distance of all vectors. Neither that nor the features
    know which images are the batch, so a permutation test of them is exact.

    Args:
        embeddings: Unit vectors, shape (N, d).
        rng: Seeded.

    Returns:
        Shape (N, 2 * FREQUENCIES), single precision, each row of length 1. Memory is linear in N.
    """
    width = max(_median_distance(embeddings, rng), 1e-6)
    directions = rng.standard_normal((embeddings.shape[1], FREQUENCIES)).astype(np.float32)
    directions /= np.float32(width)
    rows = np.empty((len(embeddings), 2 * FREQUENCIES), dtype=np.float32)
    for start in range(0, len(embeddings), AT_ONCE):
        phase = embeddings[start : start + AT_ONCE].astype(np.float32) @ directions
        rows[start : start + AT_ONCE, :FREQUENCIES] = np.cos(phase)
        rows[start : start + AT_ONCE, FREQUENCIES:] = np.sin(phase)
    rows /= np.float32(np.sqrt(FREQUENCIES))
    return rows


def _median_distance(embeddings: FloatArray, rng: np.random.Generator) -> float:
    some = embeddings[rng.permutation(len(embeddings))[:FOR_SCALE]].astype(float)
    squares = (some**2).sum(axis=1)
    between = squares[:, None] + squares - 2 * some @ some.T
    above = between[np.triu_indices(len(some), k=1)]
    return float(np.sqrt(max(0.0, np.median(above)))) if above.size else 0.0
