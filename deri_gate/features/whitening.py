"""Likeness beyond what all pictures of a set have in common: whitened waves.

Chest films, fundus pictures and cells in wells look much alike. What tells two of them apart is
how each departs from the mean picture, in units of how far the pictures of the set do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.waves import WAVES, WIDTH, unshaded

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray

COMMON = 20  # pictures of a set whose mean is half trusted
USUAL = 100  # pictures of a set whose spread counts as much as that of pictures at large
NOISE = 0.1  # part of the mean spread of a wave that is noise: saving again changes that much


@dataclass(frozen=True, kw_only=True)
class Whitening:
    """Common part of the pictures of a set.

    Attributes:
        mean: Mean waves, shape (99,).
        matrix: Weights that give departures from the mean one spread in all directions, (99, 99).
        leading: Directions in which the pictures differ most, weighed as above, (99, 99); the
            first of them survive saving, noise and blur best.
    """

    mean: FloatArray
    matrix: FloatArray
    leading: FloatArray

    def whole(self, waves: FloatArray) -> FloatArray:
        """Unit vectors whose products are likenesses; zeros for flat pictures."""
        return _units(waves, (waves - self.mean) @ self.matrix)

    def coarse(self, waves: FloatArray, directions: int) -> FloatArray:
        """Unit vectors in the leading directions, for a first look; single precision."""
        matrix = self.leading[:, :directions].astype(np.float32)
        return _units(waves, (waves - self.mean.astype(np.float32)) @ matrix)


def whitening_of(waves: FloatArray) -> Whitening:
    """Learn what pictures have in common; of few, pictures at large are the guide.

    Args:
        waves: Waves of different pictures, in the window that is to be compared, shape (N, 99).
    """
    seen = waves[waves.any(axis=1)].astype(np.float64)
    count = len(seen)
    mean = seen.sum(axis=0) / (count + COMMON)
    apart = seen - mean
    spread = (apart.T @ apart + USUAL * np.diag(_at_large())) / (count + USUAL)
    strength, directions = np.linalg.eigh(spread)
    weights = 1 / np.sqrt(strength + NOISE / WIDTH)
    leading = (directions * weights)[:, ::-1]
    return Whitening(mean=mean, matrix=(directions * weights) @ directions.T, leading=leading)


def _at_large() -> FloatArray:
    """Spread of each wave in pictures at large, whose power falls with the square of frequency."""
    rows, columns = np.mgrid[0:WAVES, 0:WAVES]
    power = (unshaded().astype(np.float64) ** 2).ravel()[1:] / (rows**2 + columns**2).ravel()[1:]
    return np.asarray(power / power.sum())


def _units(waves: FloatArray, vectors: FloatArray) -> FloatArray:
    """Vectors at unit length, written over; zeros for flat pictures."""
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    vectors[~waves.any(axis=1)] = 0.0
    return vectors
