"""A hypothesis about changed images, tested and not yet corrected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.changes.records import Direction, Kind
    from deri_gate.stats.rank_tests import RankTest


MANY = 20  # images: more of them, beside more known ones, are sure if they are the worst of all


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """A test before correction.

    Attributes:
        kind: Kind of change: added, removed, modified or relabelled images.
        about: Property that is tested, such as a metric.
        finding: Effect and p of the test.
        positions: Positions of the images that it tells of, in the head; of removed ones, in the
            base.
        direction: Direction that is bad.
        groups: Number of their groups, where chance draws whole groups; otherwise 0.
        among: Number of all images that were tested, where it tells of a few; otherwise 0.
        answers: Parent hypothesis, "" for none. This one is reported only if the parent is
            significant, and is not counted in the correction.
        shared: Correlation with a test of as many other new images beside the same known ones, 0
            to 1; otherwise 0.
        together: Whether the p is that of the images of all splits, where it is less.
        worst: Finding of as many images, were each worse than all known ones; None where that is
            not asked.
    """

    kind: Kind
    about: str
    finding: RankTest
    positions: IntArray
    direction: Direction = "worse"
    groups: int = 0
    among: int = 0
    answers: str = ""
    shared: float = 0.0
    together: bool = False
    worst: RankTest | None = None

    def beside_worst(self, worst: RankTest) -> Hypothesis:
        """Hypothesis with the finding of the worst images, unless none of its own has a value."""
        return replace(self, worst=worst if np.isfinite(self.finding.contributions).any() else None)


def many_beside(
    values: FloatArray, strata: IntArray, others: FloatArray, other_strata: IntArray
) -> bool:
    """True for more values than `MANY`, each of a class of which as many are known."""
    new, known = strata[np.isfinite(values)], other_strata[np.isfinite(others)]
    beside = np.bincount(known + 1, minlength=new.max(initial=-1) + 2)[new + 1]  # -1: no class
    return len(new) > MANY and bool(beside.min() > MANY)


def counted_twice(surer: RankTest) -> RankTest:
    """The surer of two tests, as one of the two had to be chosen."""
    return surer._replace(p=min(1.0, 2 * surer.p))


def worst_of(values: FloatArray, others: FloatArray) -> FloatArray:
    """Values far above all others, each another one; NaN where there was none."""
    known = others[np.isfinite(others)]
    highest, spread = known.max(initial=0.0), np.ptp(known) if known.size else 0.0
    steps = np.linspace(2.0, 3.0, len(values)) * (1.0 + abs(highest) + spread)
    return np.where(np.isfinite(values), highest + steps, np.nan)


def any_way(tests: Iterable[Hypothesis]) -> Hypothesis:
    """The test of several directions with the smallest p, counted as often as there are."""
    every = [*tests]
    surest = min(every, key=lambda one: one.finding.p)
    p, asked = surest.finding.p, any(test.finding.open for test in every)
    finding = surest.finding._replace(p=min(1.0, len(every) * p), open=asked)
    return replace(surest, finding=finding, direction="different")
