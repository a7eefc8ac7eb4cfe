"""Copies that were moved or cut out anywhere, and mirrored or turned a little, before storing.

Whole pictures are not alike then, nor are they about their middles. So all are compared by the
strength of their waves. The likest pairs have to be one picture when laid over each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.features.details import inner_part, shifts_between, spread_of, without_shading
from deri_gate.features.likeness import products_of
from deri_gate.features.overlaid_copies import EDITED
from deri_gate.features.overlay import one_when_laid_over
from deri_gate.features.ring_waves import (
    DIRECTIONS,
    seen_at,
    shows_enough,
    strengths_of,
)
from deri_gate.features.set_look import seldom_reached
from deri_gate.features.shiftless import TURNS
from deri_gate.features.waves import SIDE
from deri_gate.runtime.engine import map_in_order

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.found_pairs import FoundPairs
    from deri_gate.features.picture_set import PictureSet
    from deri_gate.features.ring_waves import Strengths
    from deri_gate.features.shiftless import ShiftlessSpread

    Pictures = npt.NDArray[np.uint8]

AS_ONE = 0.75  # correlation of the details of a pair, when one is moved onto the other
WIDELY = 0.25  # share of a picture over which its details are spread; of fewer, more has to fit
CROSSWISE = 0.12  # least part of the slopes across the main ones; edges that run one way have less
FEWEST = 6.0  # waves that count in a picture
TURNED = 4.0  # degrees from which on it is turned back: a lesser turn is too unsure
OF_EACH = 6  # pairs of a picture that are looked at, the likest
AT_ONCE = 4_000  # pairs that are moved onto each other at a time: two seconds
LAID_OVER = 1_000  # of these, pairs that fit and are laid over each other at a time: as long
FRUITFUL = 0.1  # share of these that are one picture, below which no more are looked at
MOST = 20_000  # pairs that are looked at in all
BLOCK = 256  # pairs at a time
TINY = 1e-6  # strength of a wave, or length of a detail, that is none


def moved_copies(
    likely: FoundPairs,
    common: ShiftlessSpread,
    pictures: PictureSet,
    zooms: tuple[float, ...],
    different: IntArray,
) -> FoundPairs:
    """Pairs, of likely ones, that are one picture when the one is moved onto the other.

    Patterns fit each other wherever one is a period on. So what is asked is learnt from different
    pictures, too.

    Args:
        likely: Pairs whose waves are alike. Of many, the likest of each picture are looked at.
        common: What the pictures have in common.
        pictures: All pictures of the set.
        zooms: How many times larger one of two may be.
        different: Positions of some pairs of different pictures, shape (K, 2).
    """
    order = _likest(likely)
    one = np.zeros(len(likely.pairs), dtype=bool)
    least = seldom_reached(moved_onto(*pictures.thumbnails[different.T])[2])
    for start in range(0, min(len(order), MOST), AT_ONCE):
        rows = order[start : start + AT_ONCE]
        left, right, fit = _moved(likely.pairs[rows], common, pictures, zooms)
        fit[fit < least] = -1.0
        one[rows] = one_of_those_that_fit(left, right, fit, pictures.workers)
        if one[rows].mean() < FRUITFUL:
            break
    return likely.kept(one)


def _moved(
    pairs: IntArray, common: ShiftlessSpread, pictures: PictureSet, zooms: tuple[float, ...]
) -> tuple[Pictures, Pictures, FloatArray]:
    """Pairs of pictures as they are likest, moved onto each other, and how well they fit."""

    def moved(some: IntArray) -> tuple[Pictures, Pictures, FloatArray]:
        return moved_onto(*_as_seen(some, common, pictures.thumbnails, zooms))

    parts = (pairs[start : start + BLOCK] for start in range(0, len(pairs), BLOCK))
    every = zip(*map_in_order(moved, parts, workers=pictures.workers), strict=True)
    left, right, fit = (np.concatenate(some) for some in every)
    return left, right, fit


def _likest(likely: FoundPairs) -> IntArray:
    """Numbers of the pairs that are among the likest few of either picture, the likest first."""
    order = np.lexsort((likely.pairs[:, 1], likely.pairs[:, 0], -likely.likeness))
    ends = likely.pairs[order].ravel()
    grouped = np.argsort(ends, kind="stable")
    _, first = np.unique(ends[grouped], return_index=True)
    ranks = np.empty(len(ends), dtype=np.int64)
    ranks[grouped] = np.arange(len(ends)) - np.repeat(first, np.diff(np.append(first, len(ends))))
    return np.asarray(order[ranks.reshape(-1, 2).min(axis=1) < OF_EACH])


def _as_seen(
    pairs: IntArray, common: ShiftlessSpread, thumbnails: Pictures, zooms: tuple[float, ...]
) -> tuple[Pictures, Pictures]:
    """Pictures of pairs as they are likest: either seen larger and turned, mirrored or not."""
    ends = [thumbnails[own] for own in pairs.T]
    strengths = [[strengths_of(own, zoom) for zoom in zooms] for own in ends]
    plain = [common.vectors(own[0]) for own in strengths]
    ways = [(0, zoom) for zoom in range(len(zooms))] + [(1, zoom) for zoom in range(1, len(zooms))]
    by_way = (_by_turn(strengths[side][zoom], plain[1 - side], common) for side, zoom in ways)
    curves, signs = zip(*by_way, strict=True)
    best = np.argmax([curve.max(axis=0) for curve in curves], axis=0)
    for i, way in enumerate(best.tolist()):
        side, zoom = ways[way]
        curve = curves[way][:, i]
        degrees = _degrees_at_best(curve)
        turned_back = degrees if abs(degrees) >= TURNED else 0.0
        seen = seen_at(ends[side][i], zooms[zoom], turned_back)
        ends[side][i] = seen if signs[way][curve.argmax(), i] > 0 else seen[:, ::-1]
    return ends[0], ends[1]


def _by_turn(
    seen: Strengths, others: FloatArray, common: ShiftlessSpread
) -> tuple[FloatArray, FloatArray]:
    """Likeness of pairs by the turn of the first, (7, M), and its part that a mirror reverses."""
    kept = common.kept
    turned = common.turned(seen)
    askew = np.stack([products_of(left[:, kept:], others[:, kept:]) for left in turned])
    upright = [products_of(left[:, :kept], others[:, :kept]) for left in turned]
    return np.stack(upright) + np.abs(askew), askew


def _degrees_at_best(curve: FloatArray) -> float:
    """Turn at which a likeness is highest, between the steps at which it is known, in degrees."""
    best = int(np.argmax(curve))
    place = float(TURNS[best])
    if 0 < best < len(curve) - 1:
        before, at, after = curve[best - 1 : best + 2].tolist()
        place += float(
            np.clip((before - after) / min(before + after - 2 * at, -TINY) / 2, -0.5, 0.5)
        )
    return place * 180 / DIRECTIONS


def moved_onto(left: Pictures, right: Pictures) -> tuple[Pictures, Pictures, FloatArray]:
    """Pairs of pictures with the one moved onto the other, and how well they fit then.

    Args:
        left: 32 x 32 grey levels each, as large as the others, shape (M, 32, 32).
        right: The other of each pair.

    Returns:
        Both, each moved half of the way, so that each lacks little; and the correlation of their
        details, -1 for pairs that do not fit or of which one shows too little to tell, shape (M,).
    """
    if not len(left):
        return left, right, np.empty(0)
    half = shifts_between(left, right) / 2
    left, right = _farther(left, half), _farther(right, -half)
    rich = shows_enough(left, FEWEST, CROSSWISE) & shows_enough(right, FEWEST, CROSSWISE)
    one, other = without_shading(left), without_shading(right)
    fit = _correlation(one, other)
    spread = np.minimum(spread_of(one), spread_of(other))
    least = 1 - (1 - AS_ONE) * np.minimum(spread / WIDELY, 1.0)
    return left, right, np.where(rich & (fit >= least), fit, -1.0)


def one_of_those_that_fit(
    left: Pictures, right: Pictures, fit: FloatArray, workers: int = 1
) -> BoolArray:
    """True for pairs that are one picture, of those that `moved_onto` gives; shape (M,).

    Args:
        left: 32 x 32 grey levels each, shape (M, 32, 32).
        right: The other of each pair.
        fit: Correlation of their details, -1 for those that do not fit, shape (M,). Those that
            fit best are asked first, and no more when hardly any is one.
        workers: Threads; 0 for as many as there are processors.
    """
    rows = np.argsort(-fit, kind="stable")[: int((fit >= AS_ONE).sum())]
    one = np.zeros(len(fit), dtype=bool)
    for start in range(0, len(rows), LAID_OVER):
        some = rows[start : start + LAID_OVER]
        one[some] = one_when_laid_over(left[some], right[some], EDITED, workers)
        if one[some].mean() < FRUITFUL:
            break
    return one


def _farther(pictures: Pictures, shifts: FloatArray) -> Pictures:
    """Each picture seen so many pixels farther along and down, shape (M, 32, 32)."""
    at = np.tile(np.eye(2, 3), (len(pictures), 1, 1))
    at[:, :, 2] = shifts
    how = {"flags": cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_REFLECT}
    seen = np.empty_like(pictures)
    for i, picture in enumerate(pictures):
        seen[i] = cv2.warpAffine(picture, at[i], (SIDE, SIDE), **how)
    return seen


def _correlation(one: FloatArray, other: FloatArray) -> FloatArray:
    """Correlation of the details of pairs without their borders, shape (M,)."""
    one, other = (inner_part(some) for some in (one, other))
    one, other = (some - some.mean(axis=(1, 2), keepdims=True) for some in (one, other))
    lengths = np.linalg.norm(one, axis=(1, 2)) * np.linalg.norm(other, axis=(1, 2))
    return np.asarray((one * other).sum(axis=(1, 2)) / np.maximum(lengths, TINY))
