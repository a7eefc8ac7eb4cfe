"""Look at a set by what no turn, or no shift, changes: how like two of its pictures have to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from deri_gate.features.likeness import SURELY, different_among, products_of
from deri_gate.features.ring_waves import strengths_of
from deri_gate.stats.tails import foretold, foretold_each

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.picture_set import PictureSet
    from deri_gate.features.ring_waves import Strengths

    Pictures = npt.NDArray[np.uint8]
    Sample = tuple[Strengths, Strengths]  # of the sample of a set as it is, and seen larger

PLAINLY = 0.97  # likeness from which two pictures are one, however many are like them
BLOCK = 1024  # pictures at a time
SELDOM = 0.05  # share of pairs of different pictures that fit better than what is asked of a copy
SOME = 128  # pairs of different pictures by which that is told: seven hundredths of a second
TELLS = 80  # pictures of a sample of which copies can be told, and left out
MOST_COPIES, FOR_EACH = 15, 40  # copies of one in a sample that are left out, and of how many


class CommonPart(Protocol):
    """Common part of the pictures of a set, and what each has beside it."""

    @property
    def kept(self) -> int:
        """Number of the leading values that a mirror leaves as they are; it reverses the others."""

    def vectors(self, strengths: Strengths) -> FloatArray:
        """Unit vectors of pictures by what they differ in, shape (M, d); zeros for flat ones."""


@dataclass(frozen=True)
class Asked:
    """Likeness that is asked of two pictures.

    Attributes:
        least: Likeness below which they are never one.
        false: Pairs of different pictures, a picture, that may be taken for one in a look.
        false_of_one: Different pictures that may be taken for a copy, by a picture's own limit.
    """

    least: float
    false: float
    false_of_one: float


def mirrored_or_not(left: FloatArray, right: FloatArray, kept: int) -> FloatArray:
    """Likeness of all pictures to all others, mirrored or not, shape (n, m).

    Args:
        left: Unit vectors, shape (n, d).
        right: Others, shape (m, d).
        kept: Number of the leading values that a mirror leaves as they are.
    """
    either = np.abs(left[:, kept:] @ right[:, kept:].T)
    return np.asarray(left[:, :kept] @ right[:, :kept].T + either)


def pairs_mirrored_or_not(left: FloatArray, right: FloatArray, kept: int) -> FloatArray:
    """Likeness of pairs of pictures, mirrored or not, shape (M,)."""
    return np.asarray(
        products_of(left[:, :kept], right[:, :kept])
        + np.abs(products_of(left[:, kept:], right[:, kept:]))
    )


@dataclass(frozen=True, kw_only=True)
class SetLook:
    """Comparison of pictures by what they differ in, with one of two seen larger.

    Attributes:
        common: What the pictures have in common.
        zoom: How many times larger one of two is seen.
        asked: How like two pictures have to be.
        sample: Positions of different pictures of the set, shape (n,).
        shown: Vectors of the sample as it is, and seen larger, each (n, d).
        limit: Likeness from which two pictures may be one.
        count: Number of pictures of the set.
    """

    common: CommonPart
    zoom: float
    asked: Asked
    sample: IntArray
    shown: tuple[FloatArray, FloatArray]
    limit: float
    count: int

    @classmethod
    def of(
        cls, common: CommonPart, zoom: float, asked: Asked, pictures: PictureSet, seen: Sample
    ) -> Self:
        """Learn from the sample of a set how like different pictures are."""
        shown = common.vectors(seen[0]), common.vectors(seen[1])
        likeness = mirrored_or_not(*shown, common.kept)
        np.maximum(likeness, likeness.T.copy(), out=likeness)
        np.fill_diagonal(likeness, -1.0)
        count = len(pictures.thumbnails)
        alone = np.flatnonzero(_without_copies(likeness, asked.false_of_one / count))
        among = np.ones((len(alone), len(alone)), dtype=bool)
        tells = len(likeness) >= TELLS
        limit = foretold(likeness[np.ix_(alone, alone)], asked.false / count, among) if tells else 0
        return cls(
            common=common,
            zoom=zoom,
            asked=asked,
            sample=pictures.likeness.crowding.sample[alone],
            shown=(shown[0][alone], shown[1][alone]),
            limit=max(asked.least, limit),
            count=count,
        )

    def different(self) -> IntArray:
        """Positions of some pairs of the sample, whose pictures are no copies, shape (M, 2)."""
        left, right = np.triu_indices(len(self.sample), 1)
        some = np.linspace(0, len(left), min(len(left), SOME), endpoint=False).astype(np.int64)
        return self.sample[np.stack([left[some], right[some]], axis=1)]

    def own_limits(self, positions: IntArray, thumbnails: Pictures) -> FloatArray:
        """Likeness that only a copy of each picture has, by what others are like it, (M,).

        Args:
            positions: Positions of the pictures, shape (M,).
            thumbnails: Those of all pictures of the set, shape (N, 32, 32).
        """
        limits, kept = np.empty(len(positions)), self.common.kept
        share = self.asked.false_of_one / self.count
        for start in range(0, len(positions), BLOCK):
            own = positions[start : start + BLOCK]
            shown = thumbnails[own]
            plain, larger = (
                self.common.vectors(strengths_of(shown, zoom)) for zoom in (1.0, self.zoom)
            )
            others = np.maximum(
                mirrored_or_not(plain, self.shown[1], kept),
                mirrored_or_not(larger, self.shown[0], kept),
            )
            others[own[:, None] == self.sample] = -1.0  # it is no other
            limits[start : start + BLOCK] = foretold_each(others, share)
        return np.clip(limits, self.limit, max(PLAINLY, self.limit))


def seldom_reached(fits: FloatArray) -> float:
    """Fit that few pairs of different pictures exceed; -1 where none is known.

    Patterns and simple shapes fit each other wherever one is moved or turned enough.
    """
    return float(np.quantile(fits, 1 - SELDOM)) if len(fits) else -1.0


def _without_copies(likeness: FloatArray, share: float) -> BoolArray:
    """True for pictures of a sample without those that may be copies of an earlier one, (n,).

    Of a set that was augmented as a whole each picture has a copy in the sample. Such copies would
    say that different pictures are as alike. So of two that are more alike than either is like its
    others, but for the likest few of these, one is left out.

    Args:
        likeness: Likeness of all pictures of the sample, -1 of each to itself, shape (n, n).
        share: Different pictures that may be taken for a copy.
    """
    own = foretold_each(likeness, share, max(1, min(MOST_COPIES, len(likeness) // FOR_EACH)))
    likely = likeness >= np.maximum(own[:, None], own)
    surely = np.where(likely & (own >= 0), 1.0, likeness)
    return different_among(surely, SURELY)
