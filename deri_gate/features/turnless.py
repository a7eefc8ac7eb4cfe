"""Common part of the pictures of a set whatever the turn: of waves along rings and directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from deri_gate.features.ring_waves import unturned

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray
    from deri_gate.features.ring_waves import Strengths

WIDTH = 128  # leading directions that are compared
NOISE = 0.1  # part of the mean spread of a direction that is noise
FEW = 40  # pictures of which as much is noise as the mean spread: their own spread is all they say
TINY = 1e-9  # spread of pictures that are all one


@dataclass(frozen=True, kw_only=True)
class TurnlessSpread:
    """Common part of the pictures of a set, in strengths that no turn changes.

    Attributes:
        mean: Mean strengths, shape (d,).
        matrix: Weights that give departures from the mean one spread in all directions, those in
            which pictures differ most first, shape (d, at most 128).
    """

    mean: FloatArray
    matrix: FloatArray

    @classmethod
    def of(cls, strengths: Strengths) -> Self:
        """Learn it from the strengths of the waves of different pictures."""
        seen = unturned(strengths).astype(np.float64)
        mean = seen.mean(axis=0)
        strength, directions = np.linalg.eigh((seen - mean).T @ (seen - mean) / len(seen))
        weights = 1 / np.sqrt(np.maximum(strength, 0.0) + noise_among(strength, len(seen)))
        matrix = (directions * weights)[:, ::-1][:, :WIDTH]
        return cls(mean=mean.astype(np.float32), matrix=matrix.astype(np.float32))

    @property
    def kept(self) -> int:
        """Number of the leading values that a mirror leaves as they are: all."""
        return int(self.matrix.shape[1])

    def vectors(self, strengths: Strengths) -> FloatArray:
        """Unit vectors of pictures, shape (M, at most 128); zeros for flat ones."""
        seen = unturned(strengths)
        vectors = (seen - self.mean) @ self.matrix
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), TINY)
        vectors[~seen.any(axis=1)] = 0.0
        return np.asarray(vectors)


def noise_among(spread: FloatArray, count: int) -> float:
    """Spread that a direction has by noise, of the spread in all directions, shape (d,).

    Few pictures lie equally far from each other in directions of their own. If these were given
    one spread, a copy would lie as far as any other.

    Args:
        spread: Variance of the pictures in each direction.
        count: Number of the pictures.
    """
    return float((NOISE + (FEW / count) ** 2) * spread.mean() + TINY)
