"""Remainder of a picture where another is laid over it: little of a copy, much of others.

A copy can be moved and scaled a little, and its levels and its blur be changed, until it is the
other but for noise and for what was drawn on it. The next slice of a scan, or a second shot, can
not: its outlines run elsewhere.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.cosines import blurred, coarser_waves, cosines_at, noise_of
from deri_gate.features.waves import SIDE
from deri_gate.runtime.engine import map_in_order
from deri_gate.stats.spread import quantile

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    from numpy.typing import DTypeLike

    from deri_gate.arrays import BoolArray, FloatArray

    Pictures = npt.NDArray[np.uint8]

VERSION = 3  # of what is left over; part of the key under which it is kept
MARGIN, BLOCK = 4, 4  # pixels that a border reaches into, and the sides of what is judged as one
BLOCKS = (SIDE - 2 * MARGIN) // BLOCK  # along each side
CENTRES = np.arange(MARGIN, SIDE - MARGIN) + 0.5 - SIDE / 2  # of the pixels that are compared
SCALES = (0.0, -0.05, 0.05, -0.1, 0.1)  # logarithms of the scales that are tried first
ROUNDS = ((2.0, 6), (1.0, 6))  # blur in pixels, and how often the fit is improved at it
FARTHEST = np.array([0.15, 0.15, 3.0, 3.0])  # logarithms of the scales, and pixels
FAR = 10.0  # grey levels of difference beyond which a pixel counts no more against a scale
OUTLIER = 4.7  # usual differences from which a pixel is no part of the fit (Tukey's biweight)
STEADY = np.diag([1e-6, 1e-3, 0.3])  # holds the levels of a pair to what a copy may have
LIKE_BEFORE = np.array([0.0, 255e-3, 0.0])  # levels as they are, which the above holds them to
BLURS = ((1.0, 1.0), (1.4, 1.0), (1.0, 1.4), (1.8, 1.0), (1.0, 1.8))  # at which two are compared
SHADING = 4.0  # sigma, in pixels, of what is no detail
UNSURE = 8.0  # grey levels of detail below which rounding and saving would be compared
OF_NOISE = 0.16  # part of the variance of noise that is left in the worst of the blurred blocks
MOST = 0.95  # share of the blocks that have to fit
TINY = 1e-9  # slopes of a flat picture, which has none
AT_ONCE = 24  # pairs that are laid over each other at once, as a processor's cache holds
ROUNDING = 0.02  # by which the share may be wrong in single precision: thirty times the usual most


def left_over(left: Pictures, right: Pictures, workers: int = 1) -> FloatArray:
    """Difference of pairs of pictures that nothing explains, as a share of their detail, (M,).

    It is that of all blocks of 4 x 4 pixels but the worst twentieth. A third of the picture may
    be left out on one side, where words may be. The lower of the two ways to lay one over the
    other counts. 0 for pictures that are one.

    Args:
        left: 32 x 32 grey levels each, shape (M, 32, 32).
        right: The other of each pair.
        workers: Threads; 0 for as many as there are processors.
    """
    return _some_at_once(_left_either_way, left, right, workers)


def one_when_laid_over(left: Pictures, right: Pictures, most: float, workers: int = 1) -> BoolArray:
    """True for pairs of pictures of which at most this share is left over, shape (M,).

    Single precision, which takes half the time, tells it of most.

    Args:
        left: 32 x 32 grey levels each, shape (M, 32, 32).
        right: The other of each pair.
        most: Share of the detail.
        workers: Threads; 0 for as many as there are processors.
    """
    shares = _some_at_once(_left_roughly, left, right, workers, 4 * AT_ONCE)
    open_ = np.flatnonzero(np.abs(shares - most) <= ROUNDING)
    shares[open_] = left_over(left[open_], right[open_], workers)
    return np.asarray(shares <= most)


def left_outside(left: Pictures, right: Pictures, workers: int = 1) -> FloatArray:
    """Difference of pairs of pictures outside a third on one side, as a share of their detail.

    None is moved. What covers a third would draw the fit of the whole away from where the rest
    lies. The side on which least is left counts; shape (M,).

    Args:
        left: 32 x 32 grey levels each, shape (M, 32, 32).
        right: The other of each pair.
        workers: Threads; 0 for as many as there are processors.
    """
    return _some_at_once(_left_beside_a_third, left, right, workers)


def _some_at_once(
    share_of: Callable[[Pictures, Pictures, FloatArray], FloatArray],
    left: Pictures,
    right: Pictures,
    workers: int,
    at_once: int = AT_ONCE,
) -> FloatArray:
    """Shares of all pairs, of so many pairs at once as memory is set aside for."""

    def shares_from(start: int) -> FloatArray:
        some = slice(start, start + at_once)
        added = np.abs(noise_of(left[some]) - noise_of(right[some]))
        return share_of(left[some], right[some], added)

    starts = range(0, len(left), at_once)
    return np.concatenate([np.empty(0), *map_in_order(shares_from, starts, workers=workers)])


def _left_either_way(left: Pictures, right: Pictures, added: FloatArray) -> FloatArray:
    return _lower_of_both(coarser_waves(left), coarser_waves(right), added)


def _left_roughly(left: Pictures, right: Pictures, added: FloatArray) -> FloatArray:
    one, other = (coarser_waves(some).astype(np.float32) for some in (left, right))
    return _lower_of_both(one, other, added)


def _lower_of_both(one: FloatArray, other: FloatArray, added: FloatArray) -> FloatArray:
    return np.minimum(_left_of(one, other, added), _left_of(other, one, added))


def _left_beside_a_third(left: Pictures, right: Pictures, added: FloatArray) -> FloatArray:
    waves, others = (blurred(coarser_waves(pictures), 1.0) for pictures in (left, right))
    seen, goal = _in_place(waves), _in_place(others)
    detail = goal - _in_place(blurred(others, SHADING))
    rests = [
        goal - _levelled(seen, goal, np.broadcast_to(shown, goal.shape))[0]
        for shown in _without_a_third()
    ]
    return np.asarray(np.min([_share(rest, detail, added) for rest in rests], axis=0))


@cache
def _without_a_third() -> tuple[FloatArray, ...]:
    """Weights of the compared pixels, without a third on each side in turn, (24, 24) each."""
    low = np.arange(len(CENTRES)) >= len(CENTRES) // 3
    every = np.ones((len(CENTRES), len(CENTRES)))
    return tuple(every * band for side in (low, low[::-1]) for band in (side, side[:, None]))


def crosswise(pictures: Pictures) -> FloatArray:
    """Part of the slopes that run across the main ones, 0 to 0.5, shape (M,).

    A straight edge has 0: it can be laid over every other straight edge.

    Args:
        pictures: 32 x 32 grey levels each, shape (M, 32, 32).
    """
    waves, (cosines, slopes) = blurred(coarser_waves(pictures), 1.0), cosines_at(CENTRES)
    beside, below = cosines @ waves @ slopes.T, slopes @ waves @ cosines.T
    across, high, both = (
        (one * other).sum(axis=(1, 2))
        for one, other in ((beside, beside), (below, below), (beside, below))
    )
    most = np.hypot(across - high, 2 * both)
    return np.asarray((across + high - most) / 2 / np.maximum(across + high, TINY))


def _left_of(moved: FloatArray, still: FloatArray, added: FloatArray) -> FloatArray:
    """Share of the detail that is left when the one is laid over the other, shape (M,).

    Args:
        moved: Waves of those that are laid over, shape (M, 20, 20).
        still: Waves of the others.
        added: Variance of the noise that one has more than the other, shape (M,).
    """
    at, trust = _laid_over(moved, still)
    there = _cosines_of(at, moved.dtype)
    best = np.full(len(moved), np.inf)
    for own, theirs in BLURS:
        aim = blurred(still, theirs)
        goal = _in_place(aim)
        levelled, _ = _levelled(_seen(blurred(moved, own), there), goal, trust)
        detail = goal - _in_place(blurred(aim, SHADING))
        best = np.minimum(best, _share(goal - levelled, detail, added))
    return best


def _laid_over(moved: FloatArray, still: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Scales and shift at which one fits the other, (M, 4), and how far each pixel counts."""
    at = _likeliest_scale(moved, still)
    trust: FloatArray = np.ones((len(at), len(CENTRES), len(CENTRES)), dtype=moved.dtype)
    for sigma, rounds in ROUNDS:
        waves, goal = blurred(moved, sigma), _in_place(blurred(still, sigma))
        for _ in range(rounds):
            at, trust = _improved(waves, goal, at, trust)
    return at, trust


def _likeliest_scale(moved: FloatArray, still: FloatArray) -> FloatArray:
    best, lowest = np.zeros((len(moved), 4)), np.full(len(moved), np.inf)
    waves, goal = blurred(moved, ROUNDS[0][0]), _in_place(blurred(still, ROUNDS[0][0]))
    for scale in SCALES:
        at = np.array([[scale, scale, 0.0, 0.0]])
        seen = _seen(waves, _cosines_of(at, waves.dtype))
        levelled, _ = _levelled(seen, goal, np.ones_like(goal))
        cost = np.minimum(np.abs(goal - levelled), FAR).mean(axis=(1, 2))
        best[cost < lowest] = at
        lowest = np.minimum(lowest, cost)
    return best


def _places(at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Places of the compared pixels in the picture that is moved, along and down, each (M, 24)."""
    scales = np.exp(at[:, :2])
    return CENTRES * scales[:, :1] + at[:, 2:3], CENTRES * scales[:, 1:] + at[:, 3:]


def _cosines_of(at: FloatArray, dtype: DTypeLike) -> tuple[FloatArray, FloatArray]:
    """Cosines at the compared pixels, down and along: shapes (M, 24, 20) and (M, 20, 24)."""
    along, down = (cosines_at(places, dtype) for places in _places(at))
    return down[0], along[0].transpose(0, 2, 1)


@cache
def _unmoved(dtype: DTypeLike) -> tuple[FloatArray, FloatArray]:
    """Cosines of a picture that is not moved, for any number of pictures."""
    return _cosines_of(np.zeros((1, 4)), dtype)


def _in_place(waves: FloatArray) -> FloatArray:
    """Grey levels of the compared pixels of pictures that are not moved, shape (M, 24, 24)."""
    return _seen(waves, _unmoved(waves.dtype))


def _seen(waves: FloatArray, cosines: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Grey levels of the compared pixels, shape (M, 24, 24)."""
    down, along = cosines
    return np.asarray(down @ waves @ along)


def _levelled(
    seen: FloatArray, goal: FloatArray, trust: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Grey levels as a parabola brings them closest to others, and its slope at each pixel."""
    level = seen / 255
    powers = np.stack([np.ones_like(level), level, level**2], axis=1).reshape(len(level), 3, -1)
    weighed = powers * trust.reshape(len(level), 1, -1)
    towards = weighed @ goal.reshape(len(level), -1, 1) + LIKE_BEFORE[:, None]
    factors = np.linalg.solve(weighed @ powers.transpose(0, 2, 1) + STEADY, towards)
    factors = factors.astype(level.dtype, copy=False)
    added, linear, square = factors[..., None].swapaxes(0, 1)
    return added + level * (linear + square * level), (linear + 2 * square * level) / 255


def _improved(
    waves: FloatArray, goal: FloatArray, at: FloatArray, trust: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """One round of Gauss and Newton: where the picture lies better, and how far pixels count."""
    dtype = waves.dtype
    (along, slopes_along), (down, slopes_down) = (cosines_at(some, dtype) for some in _places(at))
    across, rows = along.transpose(0, 2, 1), down @ waves
    levelled, slope = _levelled(rows @ across, goal, trust)
    rest = goal - levelled
    trust = _trust(rest)
    beside = slope * (rows @ slopes_along.transpose(0, 2, 1))
    below = slope * (slopes_down @ waves @ across)
    wider, higher = (CENTRES * scale[:, None, None] for scale in np.exp(at[:, :2]).T)
    turned = higher.transpose(0, 2, 1)
    steps = (beside * wider.astype(dtype), below * turned.astype(dtype), beside, below)
    matrix = np.stack(steps, axis=1).reshape(len(at), 4, -1)
    weighed = matrix * trust.reshape(len(at), 1, -1)
    square = weighed @ matrix.transpose(0, 2, 1)
    square += np.eye(4) * (0.02 * square + 1e-3)  # Levenberg and Marquardt
    step = np.linalg.solve(square, weighed @ rest.reshape(len(at), -1, 1))[..., 0]
    return np.clip(at + step, -FARTHEST, FARTHEST), trust


def _trust(rest: FloatArray) -> FloatArray:
    """Weight of each pixel: none where something was drawn over it."""
    size = np.abs(rest)
    usual = 1.4826 * quantile(size.reshape(len(size), -1), 0.5)[:, None, None] + 1.0
    return np.asarray(np.clip(1 - (size / (OUTLIER * usual)) ** 2, 0.0, 1.0) ** 2)


def _share(rest: FloatArray, detail: FloatArray, added: FloatArray) -> FloatArray:
    """Remainder in the worst of the blocks that have to fit, as a share of the detail, (M,)."""
    blocks = (rest**2).reshape(-1, BLOCKS, BLOCK, BLOCKS, BLOCK).mean(axis=(2, 4))
    blocks = np.maximum(0.0, blocks - OF_NOISE * added[:, None, None])
    third = BLOCKS // 3
    shown = (
        blocks,
        blocks[:, third:], blocks[:, :-third], blocks[:, :, third:], blocks[:, :, :-third],
    )  # fmt: skip
    worst = [quantile(some.reshape(len(some), -1), MOST) for some in shown]
    return np.asarray(np.sqrt(np.min(worst, axis=0) / ((detail**2).mean(axis=(1, 2)) + UNSURE**2)))
