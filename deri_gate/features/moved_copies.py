"""Copies that were moved or cut out anywhere, and mirrored or turned a little, before storing.

Whole pictures are not alike then, nor are they about their middles. So all are compared by the
strength of their waves. The likest pairs have to be one picture when laid over each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.features.likeness import products_of
from deri_gate.features.overlaid_copies import EDITED
from deri_gate.features.overlay import crosswise, one_when_laid_over
from deri_gate.features.ring_waves import (
    DIRECTIONS,
    SHADING,
    ring_waves,
    seen_at,
    strength_of_detail,
    strengths_of,
    turned_by,
    waves_that_count,
)
from deri_gate.features.waves import SIDE
from deri_gate.runtime.engine import map_in_order

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.found_pairs import FoundPairs
    from deri_gate.features.picture_set import PictureSet
    from deri_gate.features.shiftless import ShiftlessSpread

    Pictures = npt.NDArray[np.uint8]

FARTHEST = 8  # pixels of a thumbnail by which one may be moved
MARGIN = 4  # pixels of a border that are not compared
AS_ONE = 0.75  # correlation of the details of a pair, when one is moved onto the other
CROSSWISE = 0.1  # least part of the slopes across the main ones; edges that run one way have less
FEWEST = 6.0  # waves that count in a picture
FAINT = 4.0  # grey levels of detail below which rounding would be compared
STEPS = range(-3, 4)  # 32nds of half a turn by which one may be turned besides
TURNED = 4.0  # degrees from which on it is turned back: a lesser turn is too unsure
OF_EACH = 10  # pairs of a picture that are laid over each other, the likest
MOST = 2_000  # pairs that are laid over each other in all: six seconds
BLOCK = 256  # pairs at a time
TINY = 1e-6  # strength of a wave, or length of a detail, that is none


def moved_copies(
    likely: FoundPairs, common: ShiftlessSpread, pictures: PictureSet, zooms: tuple[float, ...]
) -> FoundPairs:
    """Pairs, of likely ones, that are one picture when the one is moved onto the other.

    Args:
        likely: Pairs whose waves are alike. Of many, the likest of each picture are looked at.
        common: What the pictures have in common.
        pictures: All pictures of the set.
        zooms: How many times larger one of two may be.
    """
    likely = likely.kept(_likest(likely))
    starts = range(0, len(likely.pairs), BLOCK)
    parts = (likely.pairs[start : start + BLOCK] for start in starts)

    def confirmed(pairs: IntArray) -> BoolArray:
        left, right = _as_seen(pairs, common, pictures.thumbnails, zooms)
        return one_when_moved(left, right)

    one = map_in_order(confirmed, parts, workers=pictures.workers)
    return likely.kept(np.concatenate([np.empty(0, dtype=bool), *one]))


def _likest(likely: FoundPairs) -> IntArray:
    """Numbers of the pairs that are among the likest few of either picture, up to `MOST`."""
    order = np.lexsort((likely.pairs[:, 1], likely.pairs[:, 0], -likely.likeness))
    ends = likely.pairs[order].ravel()
    grouped = np.argsort(ends, kind="stable")
    _, first = np.unique(ends[grouped], return_index=True)
    ranks = np.empty(len(ends), dtype=np.int64)
    ranks[grouped] = np.arange(len(ends)) - np.repeat(first, np.diff(np.append(first, len(ends))))
    return np.sort(order[ranks.reshape(-1, 2).min(axis=1) < OF_EACH][:MOST])


def _as_seen(
    pairs: IntArray, common: ShiftlessSpread, thumbnails: Pictures, zooms: tuple[float, ...]
) -> tuple[Pictures, Pictures]:
    """Pictures of pairs as they are likest: either seen larger and turned, mirrored or not."""
    ends = [thumbnails[own] for own in pairs.T]
    ways = [(0, zoom) for zoom in zooms] + [(1, zoom) for zoom in zooms[1:]]
    curves, signs = zip(
        *(_by_turn(ends[side], ends[1 - side], zoom, common) for side, zoom in ways), strict=True
    )
    best = np.argmax([curve.max(axis=0) for curve in curves], axis=0)
    for i, way in enumerate(best.tolist()):
        side, zoom = ways[way]
        curve = curves[way][:, i]
        degrees = _degrees_at_best(curve)
        seen = seen_at(ends[side][i], zoom, degrees if abs(degrees) >= TURNED else 0.0)
        ends[side][i] = seen if signs[way][curve.argmax(), i] > 0 else seen[:, ::-1]
    return ends[0], ends[1]


def _by_turn(
    seen: Pictures, others: Pictures, zoom: float, common: ShiftlessSpread
) -> tuple[FloatArray, FloatArray]:
    """Likeness of pairs by the turn of the first, (7, M), and its part that a mirror reverses."""
    strengths, right, kept = (
        strengths_of(seen, zoom),
        common.vectors(strengths_of(others)),
        common.kept,
    )
    turned = [common.vectors(turned_by(strengths, steps)) for steps in STEPS]
    askew = np.stack([products_of(left[:, kept:], right[:, kept:]) for left in turned])
    upright = [products_of(left[:, :kept], right[:, :kept]) for left in turned]
    return np.stack(upright) + np.abs(askew), askew


def _degrees_at_best(curve: FloatArray) -> float:
    """Turn at which a likeness is highest, between the steps at which it is known, in degrees."""
    best = int(np.argmax(curve))
    place = float(STEPS[best])
    if 0 < best < len(curve) - 1:
        before, at, after = curve[best - 1 : best + 2].tolist()
        place += float(
            np.clip((before - after) / min(before + after - 2 * at, -TINY) / 2, -0.5, 0.5)
        )
    return place * 180 / DIRECTIONS


def one_when_moved(left: Pictures, right: Pictures, workers: int = 1) -> BoolArray:
    """True for pairs of pictures that are one when the one is moved onto the other, shape (M,).

    Args:
        left: 32 x 32 grey levels each, as large as the others, shape (M, 32, 32).
        right: The other of each pair.
        workers: Threads; 0 for as many as there are processors.
    """
    half = _shifts(left, right) / 2  # each is moved half of the way, so that each lacks little
    left, right = _moved(left, half), _moved(right, -half)
    one = _rich(left) & _rich(right) & (_correlation(left, right) >= AS_ONE)
    one[one] = np.minimum(crosswise(left[one]), crosswise(right[one])) >= CROSSWISE
    one[one] = one_when_laid_over(left[one], right[one], EDITED, workers)
    return one


def _details(pictures: Pictures) -> FloatArray:
    """Levels of pictures without their shading, shape (M, 32, 32)."""
    levels = pictures.astype(np.float32)
    for picture in levels:
        picture -= cv2.GaussianBlur(picture, (0, 0), SHADING)  # noqa: PLW2901  # in place
    return levels


def _shifts(left: Pictures, right: Pictures) -> FloatArray:
    """Pixels, along and down, by which the first of a pair lies farther than the second, (M, 2).

    They are where the correlation is highest whose waves were brought half of the way to one
    strength: coarse ones would hide the place, and fine ones are noise.
    """
    slope = np.hanning(SIDE + 2)[1:-1]
    window = np.outer(slope, slope).astype(np.float32)
    waves = [np.fft.rfft2(_details(some) * window, (2 * SIDE, 2 * SIDE)) for some in (left, right)]
    both = waves[0] * np.conj(waves[1])
    both /= np.sqrt(np.maximum(np.abs(both), TINY))
    steps = np.arange(-FARTHEST, FARTHEST + 1)
    at = np.fft.irfft2(both, (2 * SIDE, 2 * SIDE))[:, steps][:, :, steps]
    best = at.reshape(len(at), -1).argmax(axis=1)
    return np.stack([steps[best % len(steps)], steps[best // len(steps)]], axis=1).astype(float)


def _moved(pictures: Pictures, shifts: FloatArray) -> Pictures:
    """Each picture seen so many pixels farther along and down, shape (M, 32, 32)."""
    at = np.tile(np.eye(2, 3), (len(pictures), 1, 1))
    at[:, :, 2] = shifts
    how = {"flags": cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, "borderMode": cv2.BORDER_REFLECT}
    moved = np.empty_like(pictures)
    for i, picture in enumerate(pictures):
        moved[i] = cv2.warpAffine(picture, at[i], (SIDE, SIDE), **how)
    return moved


def _correlation(left: Pictures, right: Pictures) -> FloatArray:
    """Correlation of the details of pairs without their borders, shape (M,)."""
    inner = slice(MARGIN, -MARGIN)
    one, other = (_details(some)[:, inner, inner].reshape(len(some), -1) for some in (left, right))
    one, other = (some - some.mean(axis=1, keepdims=True) for some in (one, other))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.asarray((one * other).sum(axis=1) / np.maximum(lengths, TINY))


def _rich(pictures: Pictures) -> BoolArray:
    """True for pictures that show more than an edge or a shade, shape (M,)."""
    waves = ring_waves(pictures)
    return (waves_that_count(waves) >= FEWEST) & (strength_of_detail(waves) >= FAINT)
