"""Likeness of two pictures of a set, whatever the turn: by waves along rings and directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from deri_gate.features.likeness import SURELY, different_among, products_of
from deri_gate.features.ring_waves import unturned
from deri_gate.stats.tails import foretold, foretold_each

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.picture_set import PictureSet

    Pictures = npt.NDArray[np.uint8]

WIDTH = 128  # leading directions that are compared
NOISE = 0.1  # part of the mean spread of a direction that is noise
LEAST = 0.5  # likeness below which two pictures are never one
FALSE = 0.0005  # pairs of different pictures, a picture, that may be taken for one in a look
FALSE_OF_ONE = 0.03  # different pictures that may be taken for a copy, by a picture's own limit
PLAINLY = 0.97  # likeness from which two pictures are one, however many are like them
BLOCK = 1024  # pictures at a time
TINY = 1e-9  # spread of pictures that are all one


@dataclass(frozen=True, kw_only=True)
class TurnlessSpread:
    """What the pictures of a set have in common in strengths that no turn changes.

    Attributes:
        mean: Mean strengths, shape (d,).
        matrix: Weights that give departures from the mean one spread in all directions, those in
            which pictures differ most first, shape (d, at most 128).
        shifted: True if only strengths are seen that no shift changes either.
    """

    mean: FloatArray
    matrix: FloatArray
    shifted: bool

    @classmethod
    def of(cls, thumbnails: Pictures, *, shifted: bool) -> Self:
        """Learn it from different pictures, shape (n, 32, 32)."""
        seen = _seen(thumbnails, 1.0, shifted=shifted).astype(np.float64)
        mean = seen.mean(axis=0)
        strength, directions = np.linalg.eigh((seen - mean).T @ (seen - mean) / len(seen))
        weights = 1 / np.sqrt(np.maximum(strength, 0.0) + NOISE * strength.mean() + TINY)
        matrix = (directions * weights)[:, ::-1][:, :WIDTH]
        return cls(mean=mean.astype(np.float32), matrix=matrix.astype(np.float32), shifted=shifted)

    def vectors(self, thumbnails: Pictures, zoom: float = 1.0) -> FloatArray:
        """Unit vectors of pictures, shape (M, at most 128); zeros for flat ones.

        Args:
            thumbnails: 32 x 32 grey levels each, shape (M, 32, 32).
            zoom: How many times larger they are seen.
        """
        seen = _seen(thumbnails, zoom, shifted=self.shifted)
        vectors = (seen - self.mean) @ self.matrix
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), TINY)
        vectors[~seen.any(axis=1)] = 0.0
        return np.asarray(vectors)


def _seen(thumbnails: Pictures, zoom: float, *, shifted: bool) -> FloatArray:
    rings, circles = unturned(thumbnails, zoom)
    return circles if shifted else np.concatenate([rings, circles], axis=1)


@dataclass(frozen=True, kw_only=True)
class TurnlessLook:
    """Comparison of pictures whatever the turn, with one of two seen larger.

    Attributes:
        spread: What the pictures have in common.
        zoom: How many times larger one of two is seen.
        sample: Positions of different pictures of the set, shape (n,).
        shown: Vectors of the sample as it is, and seen larger, each (n, d).
        limit: Likeness from which two pictures may be one.
        count: Number of pictures of the set.
    """

    spread: TurnlessSpread
    zoom: float
    sample: IntArray
    shown: tuple[FloatArray, FloatArray]
    limit: float
    count: int

    @classmethod
    def of(cls, spread: TurnlessSpread, zoom: float, pictures: PictureSet) -> Self:
        """Learn from the sample of a set how like different pictures are."""
        sample = pictures.likeness.crowding.sample
        plain, larger = (spread.vectors(pictures.thumbnails[sample], z) for z in (1.0, zoom))
        likeness = plain @ larger.T
        np.maximum(likeness, likeness.T.copy(), out=likeness)
        alone = np.flatnonzero(different_among(likeness, SURELY))
        among = np.ones((len(alone), len(alone)), dtype=bool)
        count = len(pictures.thumbnails)
        limit = foretold(likeness[np.ix_(alone, alone)], FALSE / count, among)
        return cls(
            spread=spread,
            zoom=zoom,
            sample=sample[alone],
            shown=(plain[alone], larger[alone]),
            limit=max(LEAST, limit),
            count=count,
        )

    def confirmed(self, pairs: IntArray, thumbnails: Pictures) -> FloatArray:
        """Likeness of pairs that are more alike than either is like others, else -1; shape (M,).

        Args:
            pairs: Positions, shape (M, 2).
            thumbnails: Those of all pictures of the set, shape (N, 32, 32).
        """
        positions, ends = np.unique(pairs, return_inverse=True)
        starts = range(0, len(positions), BLOCK)
        parts = [self._own(positions[start : start + BLOCK], thumbnails) for start in starts]
        plain, larger, limits = (
            np.concatenate([np.empty((0, *shape)), *some], dtype=np.float32)
            for shape, some in zip(
                ((self.shown[0].shape[1],), (self.shown[0].shape[1],), ()),
                zip(*parts, strict=True) if parts else ((), (), ()),
                strict=True,
            )
        )
        here, there = ends.reshape(-1, 2).T
        likeness = np.maximum(
            products_of(plain[here], larger[there]), products_of(larger[here], plain[there])
        )
        own = np.minimum(np.maximum(limits[here], limits[there]), PLAINLY)
        return np.where(likeness >= np.maximum(own, self.limit), likeness, -1.0)

    def _own(
        self, positions: IntArray, thumbnails: Pictures
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Vectors of pictures, as they are and seen larger, and the likeness that each asks for."""
        some = thumbnails[positions]
        plain, larger = self.spread.vectors(some), self.spread.vectors(some, self.zoom)
        others = np.maximum(plain @ self.shown[1].T, larger @ self.shown[0].T)
        others[positions[:, None] == self.sample] = -1.0  # it is no other
        return plain, larger, foretold_each(others, FALSE_OF_ONE / self.count)
