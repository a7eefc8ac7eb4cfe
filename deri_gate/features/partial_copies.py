"""Copies that lack a part: cut on some sides only, or with a third of the picture covered.

Comparing all pictures in so many ways would take too long. Each picture is compared with the one
that it is likest of those that were looked at and not found to be one with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Self

import numpy as np

from deri_gate.features.colours import colours_among
from deri_gate.features.likeness import SURELY, different_among
from deri_gate.features.waves import FULL, SIDE, WIDTH, Region, waves_in
from deri_gate.features.whitening import Whitening, whitening_of
from deri_gate.runtime.engine import map_in_order
from deri_gate.stats.tails import foretold, foretold_each

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.picture_set import PictureSet

    Pictures = npt.NDArray[np.uint8]
    Numbers = npt.NDArray[np.int32]

CUT, COVERED = 1.6, 11.0  # pixels of a thumbnail: 5 % of a side, and what words may take
ONE_SIDE = tuple(
    replace(FULL, **{side: CUT if side in ("top", "left") else SIDE - CUT})
    for side in ("top", "bottom", "left", "right")
)
CORNERS = tuple(
    replace(FULL, **{down: getattr(a, down), across: getattr(b, across)})
    for a, down in zip(ONE_SIDE[:2], ("top", "bottom"), strict=True)
    for b, across in zip(ONE_SIDE[2:], ("left", "right"), strict=True)
)
THIRDS = (
    Region(top=COVERED), Region(bottom=SIDE - COVERED),
    Region(left=COVERED), Region(right=SIDE - COVERED),
)  # fmt: skip
WAYS = (
    tuple((FULL, window) for window in (*ONE_SIDE, *CORNERS)),
    tuple((window, window) for window in THIRDS),
)  # what is seen of the copy, and of the other; by what may have been done to it
LEAST = 0.86  # likeness below which two pictures are never one: skies with one edge reach 0.84
FALSE = 0.0005  # pairs of different pictures, a picture, that may be taken for one
FALSE_OF_ONE = 0.03  # different pictures that may be taken for a copy, by a picture's own limit
ROUNDING = 0.001  # by which likeness in single precision may be lower
BLOCK = 1024  # pairs at a time


@dataclass(frozen=True)
class Proposals:
    """The likest other of each picture, of those that are not known to be one with it.

    Attributes:
        likeness: How like that one is, -1 before there is one, shape (N,).
        others: Its position, shape (N,).
    """

    likeness: FloatArray
    others: IntArray

    @classmethod
    def of(cls, count: int) -> Self:
        """Begin with no pair found."""
        return cls(np.full(count, -1.0, dtype=np.float32), np.full(count, -1, dtype=np.int64))

    def add(self, pairs: IntArray, likeness: FloatArray) -> None:
        """Keep what is likest of some pairs.

        Args:
            pairs: Positions, shape (M, 2).
            likeness: Likeness of each pair, shape (M,).
        """
        both, twice = np.concatenate([pairs, pairs[:, ::-1]]), np.tile(likeness, 2)
        higher = twice > self.likeness[both[:, 0]]
        both, twice = both[higher], twice[higher]
        order = np.lexsort((both[:, 1], -twice, both[:, 0]))
        own, first = np.unique(both[order, 0], return_index=True)
        best = order[first]
        self.likeness[own] = twice[best]
        self.others[own] = both[best, 1]

    def note(self, pictures: Numbers, others: Numbers, likeness: FloatArray) -> None:
        """Keep what is likest, of one other of each of some different pictures.

        Args:
            pictures: Positions, each once, shape (M,).
            others: Position of an other of each.
            likeness: How like that one is.
        """
        higher = likeness > self.likeness[pictures]
        self.likeness[pictures[higher]] = likeness[higher]
        self.others[pictures[higher]] = others[higher]

    def likest(self, most: int, known: IntArray) -> IntArray:
        """The likest of these pairs, so many at most, each once and in order, shape (M, 2).

        Args:
            most: How many.
            known: Pairs that are one, as another look has told; shape (K, 2).
        """
        own = np.flatnonzero(self.others >= 0)
        own = own[np.argsort(-self.likeness[own], kind="stable")]
        pairs = np.sort(np.stack([own, self.others[own]], axis=1), axis=1)
        numbers, taken = (some[:, 0] * len(self.others) + some[:, 1] for some in (pairs, known))
        first = np.unique(numbers, return_index=True)[1]
        first = np.sort(first[~np.isin(numbers[first], taken)])[:most]
        return np.asarray(pairs[first[np.argsort(numbers[first])]])


def partial_copies(pairs: IntArray, pictures: PictureSet) -> tuple[IntArray, FloatArray]:
    """Pairs of pictures of which one is the other without a part.

    Args:
        pairs: Positions of the pairs to look at, shape (M, 2).
        pictures: All pictures of the set.

    Returns:
        Those that are one picture, and how like they are; more than either is like others.
    """
    best = np.full(len(pairs), -1.0)
    parts = [pairs[start : start + BLOCK] for start in range(0, len(pairs), BLOCK)]
    for views in WAYS if len(pairs) else ():
        sample = pictures.likeness.crowding.sample
        way = _Way.of(views, pictures.thumbnails, sample, pictures.colours)
        confirmed = partial(way.confirmed, thumbnails=pictures.thumbnails)
        likeness = map_in_order(confirmed, parts, workers=pictures.workers)
        np.maximum(best, np.concatenate([*likeness]), out=best)
    return pairs[best > 0], best[best > 0]


@dataclass(frozen=True, kw_only=True)
class _Way:
    """Comparison of pictures of which one may lack a part.

    Attributes:
        views: What is seen of the copy, and of the other.
        whitenings: What pictures of the set have in common, by view.
        sample: Positions of different pictures, shape (n,).
        shown: These as the copy and as the other, by view.
        limit: Likeness from which two pictures are one.
        count: Number of pictures of the set.
    """

    views: tuple[tuple[Region, Region], ...]
    whitenings: tuple[Whitening, ...]
    sample: IntArray
    shown: tuple[tuple[FloatArray, FloatArray], ...]
    limit: float
    count: int

    @classmethod
    def of(
        cls,
        views: tuple[tuple[Region, Region], ...],
        thumbnails: Pictures,
        sample: IntArray,
        colours: FloatArray,
    ) -> Self:
        shown = thumbnails[sample]
        waves = waves_in(shown, {window for _, window in views})
        whitenings = tuple(whitening_of(waves[window]) for _, window in views)
        known = cls(
            views=views,
            whitenings=whitenings,
            sample=sample,
            shown=tuple(_seen(shown, views, whitenings)),
            limit=LEAST,
            count=len(thumbnails),
        )
        likeness = known._among(shown)
        alone = different_among(likeness, SURELY)
        agree = colours_among(colours[sample[alone]])
        limit = foretold(likeness[alone][:, alone], FALSE / len(thumbnails), agree)
        return replace(
            known,
            sample=sample[alone],
            shown=tuple((a[alone], b[alone]) for a, b in known.shown),
            limit=max(LEAST, limit),
        )

    def confirmed(self, pairs: IntArray, thumbnails: Pictures) -> FloatArray:
        """Likeness of pairs that are one, -1 of the others, shape (M,)."""
        likeness = np.full(len(pairs), -1.0)
        quick = self.likeness(*thumbnails[pairs.T], quick=True)
        near = np.flatnonzero(quick >= self.limit - ROUNDING)
        likeness[near] = self.likeness(*thumbnails[pairs[near].T])
        kept = np.flatnonzero(likeness >= self.limit)
        own = self.limits(pairs[kept], thumbnails) if kept.size else np.empty(0)
        confirmed = np.full(len(pairs), -1.0)
        one = kept[likeness[kept] >= own]
        confirmed[one] = likeness[one]
        return confirmed

    def likeness(self, left: Pictures, right: Pictures, *, quick: bool = False) -> FloatArray:
        """Likeness of pairs in the best view, shape (M,); quickly made, it is rounded more."""
        best = np.full(len(left), -1.0)
        both = (_seen(some, self.views, self.whitenings, quick=quick) for some in (left, right))
        for (a, b), (c, d) in zip(*both, strict=True):
            for one, two in _either_way(a, b, c, d):
                np.maximum(best, np.einsum("nd,nd->n", one, two), out=best)
        return best

    def _among(self, thumbnails: Pictures) -> FloatArray:
        """Likeness of pictures to those of the sample in the best view, shape (M, n)."""
        best = np.full((len(thumbnails), len(self.shown[0][0])), -1.0, dtype=np.float32)
        seen = _seen(thumbnails, self.views, self.whitenings)
        for (a, b), (c, d) in zip(seen, self.shown, strict=True):
            for one, two in _either_way(a, b, c, d):
                np.maximum(best, one @ two.T, out=best)
        return best

    def limits(self, pairs: IntArray, thumbnails: Pictures) -> FloatArray:
        """Likeness that only a copy of either has, by what other pictures are like it, (M,)."""
        positions, ends = np.unique(pairs, return_inverse=True)
        likeness = self._among(thumbnails[positions])
        likeness[positions[:, None] == self.sample] = -1.0  # it is no other
        limits = foretold_each(likeness, FALSE_OF_ONE / self.count)
        return np.asarray(limits[ends.reshape(-1, 2)].max(axis=1))


def _seen(
    thumbnails: Pictures,
    views: tuple[tuple[Region, Region], ...],
    whitenings: tuple[Whitening, ...],
    *,
    quick: bool = False,
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Pictures as the copy and as the other, as unit vectors, view by view."""
    waves = waves_in(thumbnails, {some for pair in views for some in pair})
    for whitening, pair in zip(whitenings, views, strict=True):
        vectors = {
            window: whitening.coarse(waves[window], WIDTH)
            if quick
            else whitening.whole(waves[window]).astype(np.float32)
            for window in dict.fromkeys(pair)
        }
        yield vectors[pair[0]], vectors[pair[1]]


def _either_way(
    copy: FloatArray, whole: FloatArray, other_copy: FloatArray, other_whole: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Vectors to compare where either may be the copy; once if a copy is seen as a whole is."""
    once = (copy, other_whole)
    return (once,) if copy is whole else (once, (whole, other_copy))
