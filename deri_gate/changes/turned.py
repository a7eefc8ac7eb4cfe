"""Changed images that look mirrored or turned beside those of their class."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.orientation import TURNS, best_turn, likeness_turned, orientation_rows
from deri_gate.stats.extremes import UNLIKELY

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.changes.hypothesis import Hypothesis
    from deri_gate.changes.pair import DatasetPair

MOST = 4096  # images of the base that are looked at
WAYS = len(TURNS) - 1  # of which the likeliest is tested
NEARLY = 0.5  # of the gain by the best turn: some turns look alike


def turn_test(
    sides: DatasetPair, positions: IntArray, test: Callable[[FloatArray, FloatArray], Hypothesis]
) -> Hypothesis:
    """Test whether images, all of them or some, fit the base better when turned.

    Those that are told of have to fit one turn together: noise and blur make a layout fainter, and
    turn it nowhere.

    Args:
        sides: Base and head.
        positions: Those of the images in the head.
        test: Test of their values, shape (n,), among those of the base, shape (N,), NaN for those
            that were not looked at; higher is suspected.
    """
    looked = _Looked(sides, positions)
    gains, usual = looked.gains()
    whole = looked.turn_of(np.ones(len(positions), dtype=bool))
    every = test(gains[whole], usual[whole])
    turn, hit, others = _turned_more_often(gains, usual)
    some = test(hit.astype(float), others)
    ps = [every.finding.p if whole else 1.0, some.finding.p if looked.turn_of(hit) == turn else 1.0]
    sure = every.finding._replace(p=min(1.0, 2 * WAYS * min(ps)), open=bool(looked.known.any()))
    if ps[1] >= ps[0] or sure.p >= UNLIKELY:
        return replace(every, finding=sure, direction="different")
    told = sure._replace(effect=1.0, contributions=gains[turn][hit])
    among = 0 if hit.all() else len(hit)
    return replace(
        some, finding=told, positions=positions[hit], among=among, groups=0, direction="different"
    )


def _turned_more_often(gains: FloatArray, usual: FloatArray) -> tuple[int, BoolArray, FloatArray]:
    """Turn that more images fit than of the base, which of them, and of the base 0 or 1."""
    known = np.isfinite(usual[0])
    fits, theirs = _fits(gains), _fits(np.nan_to_num(usual))
    more = fits.mean(axis=1) - theirs[:, known].mean(axis=1)
    turn = 1 + int(np.argmax(more[1:]))
    return turn, fits[turn], np.where(known, theirs[turn], np.nan)


def _fits(gains: FloatArray) -> BoolArray:
    """True where a turn fits better than none, and hardly less than the best, shape (8, n)."""
    return np.asarray((gains > 0) & (gains >= NEARLY * gains.max(axis=0)))


def turn_of(sides: DatasetPair, positions: IntArray) -> str:
    """Words for how images of the head seem to be turned; empty where no turn explains them."""
    return TURNS[_Looked(sides, positions).turn_of(np.ones(len(positions), dtype=bool))]


class _Looked:
    """Layouts of some images of the head, and of those of the base that they are held against."""

    def __init__(self, sides: DatasetPair, positions: IntArray) -> None:
        base, head = sides.base.evidence.images.thumbnails, sides.head.evidence.images.thumbnails
        before, after = sides.matched.pairs.T
        drawn = sides.generator().permutation(len(base))[:MOST]
        self.some = np.union1d(drawn, before[np.isin(after, positions)])
        self.count = len(base)
        self.known, self.rows = orientation_rows(base[self.some]), orientation_rows(head[positions])
        self.strata, self.own = sides.strata[0][self.some], sides.strata[1][positions]
        self.usual = self._usual(self.own)

    def turn_of(self, some: BoolArray) -> int:
        """Number of the turn that explains how some images differ, shape (n,); 0 for none."""
        if not some.any():
            return 0
        return best_turn(self.usual[some].mean(axis=0), self.rows[some].mean(axis=0))

    def gains(self) -> tuple[FloatArray, FloatArray]:
        """Gain of each image by each turn, shape (8, n); of the base, shape (8, N).

        One of the base is left out of its class; NaN for those that were not looked at.
        """
        sizes = _sizes(self.strata)[:, None]
        rest = (self._usual(self.strata) * sizes - self.known) / np.maximum(sizes - 1, 1)
        turns = range(len(TURNS))
        usual = np.full((len(TURNS), self.count), np.nan)
        usual[:, self.some] = [likeness_turned(self.known, rest, turn) for turn in turns]
        return np.stack([likeness_turned(self.rows, self.usual, turn) for turn in turns]), usual

    def _usual(self, strata: IntArray) -> FloatArray:
        """Mean layout of the class of each image, of all images where the base has none of it."""
        usual = np.tile(self.known.mean(axis=0), (len(strata), 1))
        for stratum in np.intersect1d(strata, self.strata):
            usual[strata == stratum] = self.known[self.strata == stratum].mean(axis=0)
        return usual


def _sizes(strata: IntArray) -> IntArray:
    """Number of images of the class of each, shape (N,)."""
    _, number, counts = np.unique(strata, return_inverse=True, return_counts=True)
    return np.asarray(counts[number])
