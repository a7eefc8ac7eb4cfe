"""Likeness of two pictures of a set, whatever the turn: by waves along rings and directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from deri_gate.features.likeness import SURELY, different_among
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
    """Common part of the pictures of a set, in strengths that no turn changes.

    Attributes:
        mean: Mean strengths, shape (d,).
        matrix: Weights that give departures from the mean one spread in all directions, those in
            which pictures differ most first, shape (d, at most 128).
    """

    mean: FloatArray
    matrix: FloatArray

    @classmethod
    def of(cls, thumbnails: Pictures) -> Self:
        """Learn it from different pictures, shape (n, 32, 32)."""
        seen = unturned(thumbnails).astype(np.float64)
        mean = seen.mean(axis=0)
        strength, directions = np.linalg.eigh((seen - mean).T @ (seen - mean) / len(seen))
        weights = 1 / np.sqrt(np.maximum(strength, 0.0) + NOISE * strength.mean() + TINY)
        matrix = (directions * weights)[:, ::-1][:, :WIDTH]
        return cls(mean=mean.astype(np.float32), matrix=matrix.astype(np.float32))

    def vectors(self, thumbnails: Pictures, zoom: float = 1.0) -> FloatArray:
        """Unit vectors of pictures, shape (M, at most 128); zeros for flat ones.

        Args:
            thumbnails: 32 x 32 grey levels each, shape (M, 32, 32).
            zoom: How many times larger they are seen.
        """
        seen = unturned(thumbnails, zoom)
        vectors = (seen - self.mean) @ self.matrix
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), TINY)
        vectors[~seen.any(axis=1)] = 0.0
        return np.asarray(vectors)


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

    def own_limits(self, positions: IntArray, thumbnails: Pictures) -> FloatArray:
        """Likeness that only a copy of each picture has, by what others are like it, (M,).

        Args:
            positions: Positions of the pictures, shape (M,).
            thumbnails: Those of all pictures of the set, shape (N, 32, 32).
        """
        limits = np.empty(len(positions))
        for start in range(0, len(positions), BLOCK):
            own = positions[start : start + BLOCK]
            plain, larger = (
                self.spread.vectors(thumbnails[own], zoom) for zoom in (1.0, self.zoom)
            )
            others = np.maximum(plain @ self.shown[1].T, larger @ self.shown[0].T)
            others[own[:, None] == self.sample] = -1.0  # it is no other
            limits[start : start + BLOCK] = foretold_each(others, FALSE_OF_ONE / self.count)
        return np.clip(limits, self.limit, max(PLAINLY, self.limit))
