"""Changed images that look mirrored or turned beside those of their class."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.orientation import TURNS, best_turn, likeness_turned, orientation_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.changes.hypothesis import Hypothesis
    from deri_gate.changes.pair import DatasetPair

MOST = 4096  # images of the base that are looked at
WAYS = len(TURNS) - 1  # of which the likeliest is tested


def turn_test(
    sides: DatasetPair, positions: IntArray, test: Callable[[FloatArray, FloatArray], Hypothesis]
) -> Hypothesis:
    """Test whether images fit the base better when turned than its own images do.

    All of them together have to fit one turn: noise and blur make a layout fainter, and turn it
    nowhere.

    Args:
        sides: Base and head.
        positions: Those of the images in the head.
        test: Test of their values, shape (n,), among those of the base, shape (N,), NaN for those
            that were not looked at; higher is suspected.
    """
    looked = _Looked(sides, positions)
    turn = looked.turn
    found = test(*looked.values(turn))
    p = min(1.0, WAYS * found.finding.p) if turn else 1.0
    finding = found.finding._replace(p=p, open=bool(looked.known.any()))
    return replace(found, finding=finding, direction="different")


def turn_of(sides: DatasetPair, positions: IntArray) -> str:
    """Words for how images of the head seem to be turned; empty where no turn explains them."""
    return TURNS[_Looked(sides, positions).turn]


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

    @property
    def turn(self) -> int:
        """Number of the turn that explains how they differ; 0 for none."""
        return best_turn(self._usual(self.own).mean(axis=0), self.rows.mean(axis=0))

    def values(self, turn: int) -> tuple[FloatArray, FloatArray]:
        """Gain by a turn of each image, and of each of the base that is left out of its class."""
        others, sizes = np.full(self.count, np.nan), _sizes(self.strata)[:, None]
        rest = (self._usual(self.strata) * sizes - self.known) / np.maximum(sizes - 1, 1)
        others[self.some] = likeness_turned(self.known, rest, turn)
        return likeness_turned(self.rows, self._usual(self.own), turn), others

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
