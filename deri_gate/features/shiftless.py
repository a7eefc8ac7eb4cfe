"""Common part of the pictures of a set wherever they lie: of the strength of their waves.

Where a picture lies changes the phase of its waves, and hardly their strength. A mirror exchanges
the directions of those that run obliquely.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from deri_gate.features.ring_waves import CYCLES, DIRECTIONS, Strengths, turned_by, unshifted
from deri_gate.features.turnless import TINY, WIDTH, noise_among

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import FloatArray

TURNS = range(-3, 4)  # 32nds of half a turn by which a picture may be turned
FAINTEST = 1.0  # length of the waves of a flat picture, which is left as it is


@dataclass(frozen=True, kw_only=True)
class ShiftlessSpread:
    """Common part of the pictures of a set, in strengths that no shift changes.

    Attributes:
        mean: Mean of those that a mirror leaves, shape (204,); that of the others is 0, as each
            picture may be mirrored.
        matrices: Weights that give departures from the mean one spread in all directions, of those
            that a mirror leaves and of those that it reverses; shapes (204, k) and (180, 128 - k).
    """

    mean: FloatArray
    matrices: tuple[FloatArray, FloatArray]

    @classmethod
    def of(cls, strengths: Strengths) -> Self:
        """Learn it from the strengths of the waves of different pictures."""
        left, reversed_ = (part.astype(np.float64) for part in unshifted(strengths))
        mean = left.mean(axis=0)
        parts = [np.linalg.eigh(seen.T @ seen / len(seen)) for seen in (left - mean, reversed_)]
        every = np.concatenate([size for size, _ in parts])
        noise = noise_among(every, len(left))
        taken = np.zeros(len(every), dtype=bool)
        taken[np.argsort(every, kind="stable")[-WIDTH:]] = True  # of equal ones, such as 0, a part
        matrices = (
            ((ways / np.sqrt(np.maximum(size, 0.0) + noise))[:, some])[:, ::-1]
            for (size, ways), some in zip(parts, np.split(taken, [len(parts[0][0])]), strict=True)
        )
        first, second = (matrix.astype(np.float32) for matrix in matrices)
        return cls(mean=mean.astype(np.float32), matrices=(first, second))

    @property
    def kept(self) -> int:
        """Number of the leading values that a mirror leaves as they are; it reverses the others."""
        return int(self.matrices[0].shape[1])

    def vectors(self, strengths: Strengths) -> FloatArray:
        """Unit vectors of pictures, shape (M, 128); zeros for flat ones."""
        return np.asarray(self._by(self._upright, strengths)[0])

    def turned(self, strengths: Strengths) -> FloatArray:
        """Unit vectors of pictures that are turned by each of the steps, shape (7, M, 128)."""
        return self._by(self._turns, strengths)

    @cached_property
    def _upright(self) -> FloatArray:
        return self._factors([0])

    @cached_property
    def _turns(self) -> FloatArray:
        return self._factors(TURNS)

    def _factors(self, steps: Sequence[int]) -> FloatArray:
        """Matrix from strengths by direction to vectors, turn by turn, (384, steps x 128).

        Each strength, turned and split, goes through the weights once. So a picture takes one
        product.
        """
        each = np.eye(len(CYCLES) * DIRECTIONS, dtype=np.float32)
        every = Strengths(each, each.reshape(-1, len(CYCLES), DIRECTIONS))
        parts = (
            part @ matrix
            for step in steps
            for part, matrix in zip(unshifted(turned_by(every, step)), self.matrices, strict=True)
        )
        return np.concatenate([*parts], axis=1)

    def _by(self, factors: FloatArray, strengths: Strengths) -> FloatArray:
        waves = strengths.by_direction.reshape(len(strengths.by_direction), -1)
        lengths = np.linalg.norm(waves, axis=1, keepdims=True)
        vectors = (waves @ factors) / np.maximum(lengths, FAINTEST)
        vectors = vectors.reshape(len(waves), -1, WIDTH)
        vectors[:, :, : self.kept] -= self.mean @ self.matrices[0]
        vectors /= np.maximum(np.linalg.norm(vectors, axis=2, keepdims=True), TINY)
        vectors[~waves.any(axis=1)] = 0.0
        return np.asarray(vectors.swapaxes(0, 1))
