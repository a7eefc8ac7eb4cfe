"""Likeness asked of pictures that many of their set are much like: single strokes, small spots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.waves import FULL, ORIENTATIONS, inner, turned_waves, waves_of
from deri_gate.runtime.engine import map_in_order
from deri_gate.stats.tails import foretold_each

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.waves import Region
    from deri_gate.features.whitening import Whitening

    Pictures = npt.NDArray[np.uint8]

CLOSEST = inner(1.6)  # without 5 % a side
FALSE = 0.1  # different pictures that may be taken for one of a picture's copies, by its own limit
PLAINLY = 0.995  # likeness from which two pictures are one, however many are like them
BLOCK = 1024  # pictures at a time


@dataclass(frozen=True, kw_only=True)
class Crowding:
    """Different pictures of a set, to which others are compared.

    Attributes:
        whitenings: By window, what the pictures of the set have in common in it.
        sample: Their positions, shape (n,).
        shown: Their thumbnails, shape (n, 32, 32).
        count: Number of pictures in the set.
    """

    whitenings: Mapping[Region, Whitening]
    sample: IntArray
    shown: Pictures
    count: int

    def limits(
        self,
        positions: IntArray,
        thumbnails: Pictures,
        *,
        turned: bool,
        false: float = FALSE,
        workers: int = 1,
    ) -> FloatArray:
        """Likeness that only a copy of each picture has, shape (M,).

        Args:
            positions: Positions of the pictures, shape (M,).
            thumbnails: Their thumbnails, shape (M, 32, 32).
            turned: True to see the others in all orientations but their own.
            false: Different pictures that may be taken for a copy of each.
            workers: Threads; 0 for as many as there are processors.
        """
        window = FULL if turned else CLOSEST
        whitening = self.whitenings[window]
        waves = waves_of(self.shown, window)
        seen = [turned_waves(waves, o) for o in range(1, ORIENTATIONS)] if turned else [waves]
        others = [whitening.whole(some).astype(np.float32).T for some in seen]

        def limits_from(start: int) -> FloatArray:
            some = slice(start, start + BLOCK)
            vectors = whitening.whole(waves_of(thumbnails[some], window)).astype(np.float32)
            likeness = vectors @ others[0]
            for other in others[1:]:
                np.maximum(likeness, vectors @ other, out=likeness)
            likeness[positions[some, None] == self.sample] = -1.0  # it is no other
            return foretold_each(likeness, false / self.count)

        starts = range(0, len(positions), BLOCK)
        limits = np.concatenate([np.empty(0), *map_in_order(limits_from, starts, workers=workers)])
        return np.asarray(np.minimum(limits, PLAINLY))

    def distinct(
        self,
        pairs: IntArray,
        likeness: FloatArray,
        turned: BoolArray,
        thumbnails: Pictures,
        *,
        false: float = FALSE,
        workers: int = 1,
    ) -> BoolArray:
        """True for pairs that are more alike than either is like others, shape (M,).

        Args:
            pairs: Positions, shape (M, 2).
            likeness: Likeness of each pair, shape (M,).
            turned: True for pairs of which one is mirrored or turned, shape (M,).
            thumbnails: Thumbnails of all pictures of the set, shape (N, 32, 32).
            false: Different pictures that may be taken for a copy of each.
            workers: Threads; 0 for as many as there are processors.
        """
        kept = np.zeros(len(pairs), dtype=bool)
        for way in (False, True):
            rows = np.flatnonzero(turned == way)
            positions, ends = np.unique(pairs[rows], return_inverse=True)
            limits = self.limits(
                positions, thumbnails[positions], turned=way, false=false, workers=workers
            )
            kept[rows] = likeness[rows] >= limits[ends.reshape(-1, 2)].max(axis=1)
        return kept
