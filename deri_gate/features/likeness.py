"""Likeness of two pictures of a set, however one was cropped, framed, written on or turned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.candidates import CODE, FirstLook, first_look
from deri_gate.features.colours import colours_among
from deri_gate.features.crowding import CLOSEST, Crowding
from deri_gate.features.waves import (
    FULL,
    ORIENTATIONS,
    WIDTH,
    Region,
    inner,
    turned_waves,
    waves_in,
    waves_of,
)
from deri_gate.features.whitening import Whitening, whitening_of
from deri_gate.stats.tails import foretold

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

    Vectors = npt.NDArray[np.floating]
    Views = tuple[tuple[int, int], ...]

CLOSER = inner(0.8)  # without 2.5 % a side
INSIDE = inner(3.0)  # no border, and nothing that it smears into
DEEP = inner(4.3)  # what that is in a picture of which 5 % a side were cut
UPPER, LOWER = replace(INSIDE, bottom=24.0), replace(INSIDE, top=8.0)
LEFT, RIGHT = replace(INSIDE, right=24.0), replace(INSIDE, left=8.0)
WINDOWS = (FULL, CLOSER, CLOSEST, INSIDE, DEEP, UPPER, LOWER, LEFT, RIGHT)
VIEWS = (
    (CLOSEST, CLOSEST), (FULL, CLOSEST), (CLOSER, CLOSER), (FULL, CLOSER),
    (UPPER, UPPER), (LOWER, LOWER), (LEFT, LEFT), (RIGHT, RIGHT), (INSIDE, INSIDE),
    (DEEP, DEEP), (INSIDE, DEEP),
)  # fmt: skip  # what is seen of a picture, and what of the set it is compared with
EQUAL = ((0, 0),)  # views of two pictures that are compared
CROPPED = ((0, 1), (1, 0), (2, 3), (3, 2))
COVERED = ((4, 4), (5, 5), (6, 6), (7, 7))  # a quarter left out, which may be written over
INNERMOST, CROPPED_INNERMOST = ((8, 8),), ((9, 10), (10, 9))
INSIDE_TOO = 0.4  # likeness of the insides, which pictures in equal frames do not have
EVERYWHERE = 0.2  # likeness whichever quarter is left out; those with equal words lack it
LEAST = 0.78  # likeness below which two pictures are never one
LEAST_TURNED = 0.92  # that in another orientation: two eyes, or hands, mirror each other
SAMPLE = 1024  # pictures of a set from which is learnt what they have in common
PLAINLY = 0.95  # likeness without whitening from which a sample holds one of two pictures
SURELY = 0.9  # likeness from which it does
AT_ONCE = 512  # thumbnails that a processor's cache holds
FALSE = 0.003  # pairs of different pictures, a picture, that may be taken for one


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Likeness from which two pictures are one: more in sets of pictures that are much alike.

    Attributes:
        framed: In one of the framings.
        covered: With a quarter of the picture left out.
        turned: In another orientation.
    """

    framed: float
    covered: float
    turned: float


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Likeness of pictures of a set, beyond what all have in common.

    Attributes:
        whitenings: By window, what the pictures of the set have in common in it.
        limits: From which likeness two of them are one.
        look: From which likeness on pairs are worth comparing.
        crowding: Some different pictures of the set, and the likeness that others ask for.
    """

    whitenings: Mapping[Region, Whitening]
    limits: Limits
    look: FirstLook
    crowding: Crowding

    def vectors(self, thumbnails: npt.NDArray[np.uint8]) -> Vectors:
        """Views of pictures, as unit vectors, shape (N, 11, 99)."""
        waves = waves_in(thumbnails, WINDOWS)
        vectors = np.empty((len(thumbnails), len(VIEWS), WIDTH), dtype=np.float16)
        for view, (window, as_in) in enumerate(VIEWS):
            vectors[:, view] = self.whitenings[as_in].whole(waves[window])
        return vectors

    def confirmed(self, left: Vectors, right: Vectors) -> tuple[BoolArray, FloatArray, FloatArray]:
        """Say which pairs of pictures are one, and how like they are, shape (M,).

        Args:
            left: Views of the first of each pair, shape (M, 11, 99).
            right: Views of the second.

        Returns:
            True for those that are one, their likeness, and the likeness of any in the best view.
        """
        whole = _likest(left, right, INNERMOST) >= INSIDE_TOO
        equal, cropped = _likest(left, right, EQUAL), _likest(left, right, CROPPED)
        part = _likest(left, right, CROPPED_INNERMOST) >= INSIDE_TOO
        framed = np.maximum(np.where(whole, equal, -1.0), np.where(part, cropped, -1.0))
        same = framed >= self.limits.framed
        quarters = _each(left, right, COVERED)
        covered = np.where(quarters.min(axis=0) >= EVERYWHERE, quarters.max(axis=0), -1.0)
        best = np.maximum(np.maximum(equal, cropped), quarters.max(axis=0))
        return same | (covered >= self.limits.covered), np.where(same, framed, covered), best

    def turned(
        self, thumbnails: npt.NDArray[np.uint8], orientations: IntArray, window: Region
    ) -> Vectors:
        """Pictures in other orientations, as unit vectors, shape (N, 99).

        Args:
            thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
            orientations: Orientation of each, shape (N,).
            window: Part that is looked at.
        """
        waves = waves_of(thumbnails, window)
        for orientation in np.unique(orientations).tolist():
            own = orientations == orientation
            waves[own] = turned_waves(waves[own], orientation)
        return self.whitenings[window].whole(waves).astype(np.float16)


def likeness_of(thumbnails: npt.NDArray[np.uint8], colours: FloatArray) -> Likeness:
    """Learn how like different pictures of a set are.

    Args:
        thumbnails: 32 x 32 grey levels each, no two the same, shape (N, 32, 32).
        colours: Mean colours, by which alone pictures may be known for different, shape (N, 2).
    """
    sample = _sample(thumbnails)
    waves = waves_in(thumbnails[sample], WINDOWS)
    whitenings = {window: whitening_of(waves[window]) for window in WINDOWS}
    views = [whitenings[as_in].whole(waves[window]) for window, as_in in VIEWS]
    seen = (turned_waves(waves[FULL], o) for o in range(1, ORIENTATIONS))
    turned = [whitenings[FULL].whole(waves[FULL]), *(whitenings[FULL].whole(some) for some in seen)]
    every = [
        _highest(views, EQUAL + CROPPED),
        _highest(views, COVERED),
        _highest(turned, tuple((0, o) for o in range(1, ORIENTATIONS))),
    ]
    alone = different_among(np.maximum(np.maximum(every[0], every[1]), every[2]), SURELY)
    agree = colours_among(colours[sample][alone])
    share = FALSE / max(1, len(thumbnails))
    limits = [foretold(likeness[alone][:, alone], share, agree) for likeness in every]
    leasts = (LEAST, LEAST, LEAST_TURNED)
    framed, covered, turn = (max(pair) for pair in zip(limits, leasts, strict=True))
    codes = whitenings[CLOSEST].coarse(waves[CLOSEST][alone], CODE).astype(np.float16)
    return Likeness(
        whitenings=whitenings,
        limits=Limits(framed=framed, covered=covered, turned=turn),
        look=first_look(codes, len(thumbnails), agree),
        crowding=Crowding(
            whitenings=whitenings,
            sample=sample[alone],
            shown=thumbnails[sample[alone]],
            count=len(thumbnails),
        ),
    )


def _sample(thumbnails: npt.NDArray[np.uint8]) -> IntArray:
    """Positions of pictures from the whole set, whatever its order; of plain copies one."""
    order = np.argsort(contents_of(thumbnails), kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(len(order), SAMPLE)).astype(int)]
    waves = waves_of(thumbnails[chosen], FULL)
    return np.asarray(chosen[different_among(waves @ waves.T, PLAINLY)])


def different_among(likeness: FloatArray, limit: float) -> BoolArray:
    """True for pictures that are not like any earlier one that is kept."""
    kept = np.ones(len(likeness), dtype=bool)
    for i in range(len(likeness)):
        if kept[i]:
            kept[i + 1 :] &= likeness[i, i + 1 :] < limit
    return kept


def contents_of(thumbnails: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """A number for what each thumbnail holds, shape (N,); different ones seldom share one."""
    words = np.ascontiguousarray(thumbnails).reshape(len(thumbnails), -1).view(np.uint64)
    odd = np.random.default_rng(0).integers(0, 2**63, words.shape[1], dtype=np.uint64)
    numbers = np.empty(len(words), dtype=np.uint64)
    for start in range(0, len(words), AT_ONCE):
        some = words[start : start + AT_ONCE]
        mixed = (some ^ (some >> np.uint64(29))) * (2 * odd + np.uint64(1))
        numbers[start : start + AT_ONCE] = (mixed ^ (mixed >> np.uint64(32))).sum(axis=1)
    return numbers


def _highest(views: list[FloatArray], pairs: Views) -> FloatArray:
    """Likeness of all pairs of pictures in the best of some comparisons, shape (n, n)."""
    vectors = {view: views[view].astype(np.float32) for view in {v for pair in pairs for v in pair}}
    best = np.full((len(views[0]), len(views[0])), -1.0, dtype=np.float32)
    for a, b in pairs:
        if (b, a) not in pairs or a <= b:  # the other is the same, seen from the other side
            np.maximum(best, vectors[a] @ vectors[b].T, out=best)
    return np.maximum(best, best.T)


def _each(left: Vectors, right: Vectors, pairs: Views) -> FloatArray:
    """Likeness in each of some comparisons, shape (comparisons, M)."""
    return np.stack([products_of(left[:, a], right[:, b]) for a, b in pairs])


def _likest(left: Vectors, right: Vectors, pairs: Views) -> FloatArray:
    return np.asarray(_each(left, right, pairs).max(axis=0))


def products_of(left: Vectors, right: Vectors) -> FloatArray:
    """Products of rows; summed up row by row, so that they do not depend on other rows."""
    products = np.einsum(
        "nd,nd->n", left.astype(np.float32, copy=False), right.astype(np.float32, copy=False)
    )
    return np.asarray(products)
