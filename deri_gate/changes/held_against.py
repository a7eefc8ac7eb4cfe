"""Known images that new ones are held against: those of a small split alone, or all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.stats.clusters import Groups
from deri_gate.stats.rank_tests import stratified_rank_test

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.changes.pair import DatasetPair

OTHERWISE = 0.1  # p of a difference, from which on a split counts as one of another kind


@dataclass(frozen=True)
class HeldAgainst:
    """New images and the known ones beside them.

    Attributes:
        sides: Base and head; values of known images are of the base's, or of all of them.
        new: Positions of the new images in the head, shape (n,).
    """

    sides: DatasetPair
    new: IntArray

    def beside(self, others: FloatArray) -> tuple[IntArray, FloatArray, IntArray, Groups | None]:
        """Strata of the new images, values of the others, their strata, and groups of both."""
        count = len(others)
        groups = self._groups and self._groups._replace(others=self._groups.others[:count])
        return self.sides.strata[1][self.new], others, self.sides.known_strata[:count], groups

    def comparable(self, others: FloatArray) -> FloatArray:
        """Values of all known images, or of the base's own if these are of another kind.

        A split that was taken elsewhere may be darker than the judged images, or harder to tell.
        Its new images are so, too, and no worse for it.
        """
        count, strata = len(self.sides.base.evidence.dataset), self.sides.known_strata
        own, rest = (others[:count], strata[:count]), (others[count:], strata[count:])
        if not len(rest[0]):
            return others
        ways = (stratified_rank_test(s * own[0], own[1], s * rest[0], rest[1]) for s in (1, -1))
        return own[0] if 2 * min(way.p for way in ways) < OTHERWISE else others

    def p_beside_own(self, values: FloatArray, others: FloatArray) -> float:
        """P of the new images' values beside the base's own; 0 where there are no others.

        A small split may be of a slightly other look, too slight to be sure of. Its new images
        share it, and stand out from the judged ones alone.
        """
        own = others[: len(self.sides.base.evidence.dataset)]
        if len(own) == len(others):
            return 0.0
        return stratified_rank_test(values, *self.beside(own)).p

    @cached_property
    def shared(self) -> float:
        """Correlation with a rank test of as many other new images beside the same known ones.

        Two Mann-Whitney statistics of n images each beside the same m: n / (n + m + 1). Classes
        count by their new images, as in `stratified_rank_test`.
        """
        strata, new = np.unique(self.sides.strata[1][self.new], return_counts=True)
        known = self.sides.known_strata
        theirs = np.bincount(known + 1, minlength=strata.max() + 2)[strata + 1]  # -1: no class
        theirs[theirs == 0] = len(known)
        return float(np.average(new / (new + theirs + 1), weights=new))

    @cached_property
    def _groups(self) -> Groups | None:
        """New images of one group count as no more together than the largest known group has.

        Otherwise a name that they share would say that all of them are one patient's, of whom
        nothing can be known.
        """
        numbers = self.sides.known_groups
        if numbers is None:
            return None
        known, head = numbers
        return Groups(head[self.new], known, most=int(np.bincount(known).max()))
