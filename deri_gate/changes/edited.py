"""Hypotheses about edited images: new content under a known name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.changes.explanations import explained_changes
from deri_gate.changes.hypothesis import MANY, Hypothesis, any_way, counted_twice, worst_of
from deri_gate.changes.turned import turn_test
from deri_gate.stats.extremes import MOST_OF_THEM, UNLIKELY, became_extreme
from deri_gate.stats.rank_tests import TRIFLE, pairs_worsened, stratified_rank_test
from deri_gate.stats.spread import scaled_mad

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.changes.pair import DatasetPair

BELIEF_TRIFLE = 0.05  # half a neighbour of ten, or five points of probability
FAR = 8.0  # grey levels of a thumbnail, in the mean, from which on another picture is shown
TOGETHER = 4096  # pictures that are compared at once, in 100 MB
FURTHER = 4.0  # times as far as the median of all that were edited


def edited_images(sides: DatasetPair) -> Iterator[Hypothesis]:
    """Test images that show something new against what they were, as the base sees both.

    All images of a patient may be edited in one way; that is no chance of the draw. So pairs count
    one by one, whatever they belong to. Among other images they count as groups do.
    """
    places = np.flatnonzero(sides.new_pictures)
    if not places.size:
        return
    edited = _Edited(sides=sides, places=places)
    far = edited.far
    further = _Edited(sides=sides, places=places[far]) if far.any() else None
    yield from edited.beside(further, _Edited.pixels)
    if not sides.looks_problem:
        yield from edited.beside(further, _Edited.looks)
    if not sides.explains_problem:
        yield from edited.explanations()
    yield from edited.duplicates()
    yield from edited.shapes()
    yield edited.turned()


@dataclass(frozen=True, kw_only=True)
class _Edited:
    """Images that show something new.

    Attributes:
        sides: Base and head.
        places: Their places among the pairs of both, shape (n,).
    """

    sides: DatasetPair
    places: IntArray

    @property
    def before(self) -> IntArray:
        """Their positions in the base, shape (n,)."""
        before: IntArray = self.sides.matched.pairs[self.places, 0]
        return before

    @property
    def after(self) -> IntArray:
        """Their positions in the head, shape (n,)."""
        after: IntArray = self.sides.matched.pairs[self.places, 1]
        return after

    @property
    def far(self) -> BoolArray:
        """True for pictures that changed far more than most, shape (n,); none where not few."""
        parts = range(0, len(self.places), TOGETHER)
        change = np.concatenate([self._change(slice(i, i + TOGETHER)) for i in parts])
        far = change > max(FAR, FURTHER * float(np.median(change)))
        return far if far.mean() < MOST_OF_THEM else np.zeros_like(far)

    def _change(self, some: slice) -> FloatArray:
        """Grey levels by which thumbnails changed, and their colours; root of the mean square."""
        base, head = (side.evidence.images for side in (self.sides.base, self.sides.head))
        grey, colour = (
            np.square(now[self.after[some]].astype(float) - was[self.before[some]])
            .reshape(len(self.places[some]), -1)
            .mean(axis=1)
            for was, now in ((base.thumbnails, head.thumbnails), (base.chroma, head.chroma))
        )
        return np.asarray(np.sqrt(grey + colour))

    def beside(
        self, few: _Edited | None, tested: Callable[[_Edited], Iterator[Hypothesis]]
    ) -> Iterator[Hypothesis]:
        """Test these images and those few that changed far more, and give the surer one of each.

        Where all are saved anew in another form and few of them spoilt, the many go up and down,
        and their number hides the few.
        """
        if few is None:
            yield from tested(self)
            return
        for every, some in zip(tested(self), tested(few), strict=True):
            surer = min(every, some, key=lambda one: one.finding.p)
            p = counted_twice(surer.finding).p
            told = (
                every if surer is every or p >= UNLIKELY else replace(some, among=len(self.after))
            )
            worst = every.worst and counted_twice(
                min(filter(None, (every.worst, some.worst)), key=lambda one: one.p)
            )
            yield replace(told, finding=told.finding._replace(p=p), worst=worst)

    def pixels(self) -> Iterator[Hypothesis]:
        """Metrics of the pixels."""
        for metric, base, head in self.sides.pixels(self.sides.base.evidence):
            spread = max(_spread(base), metric.spread_floor)
            yield self._tested_twice(metric.name, base, head[self.after], TRIFLE * spread, spread)

    def looks(self) -> Iterator[Hypothesis]:
        """Scores of edited images against the base; a new label is another hypothesis."""
        own = self.sides.own
        placed = self.sides.placed(self.after, self.before)
        relabelled = self.sides.matched.new_labels[self.places]
        same_label = np.where(relabelled, np.nan, 0.0)
        for about, base, now, trifle in (
            ("novelty", own.novelty, placed.novelty, TRIFLE * _spread(own.novelty)),
            ("label_noise", -own.belief, -placed.belief + same_label, BELIEF_TRIFLE),
            ("separation", -own.separation, -placed.separation + same_label,
             TRIFLE * _spread(own.separation)),
        ):  # fmt: skip
            yield self._tested_twice(about, base, now, trifle, trifle / TRIFLE)

    def explanations(self) -> Iterator[Hypothesis]:
        """Figures of explanations, which only the pairs have."""
        for about, was, now in explained_changes(self.sides, self.before, self.after):
            pairs = pairs_worsened(now - was, TRIFLE * _spread(was))
            yield Hypothesis(kind="modified", about=about, finding=pairs, positions=self.after)

    def duplicates(self) -> Iterator[Hypothesis]:
        """Membership in a group of near duplicates."""
        base, head = self.sides.grouped()
        yield self._tested("duplicates", base.astype(float), head[self.after].astype(float), 0.0)

    def shapes(self) -> Iterator[Hypothesis]:
        """Sizes, modes and colours, of which no direction is the bad one."""
        for shape in self.sides.shapes:
            yield any_way(
                self._tested(shape.about, base, head[self.after], shape.trifle)
                for base, head in shape.both_ways
            )

    def turned(self) -> Hypothesis:
        """Orientation of what they show."""
        return turn_test(
            self.sides,
            self.after,
            lambda now, base: self._tested("orientation", base, now, 0.0),
        )

    def _tested_twice(
        self, about: str, base: FloatArray, now: FloatArray, trifle: float, far: float
    ) -> Hypothesis:
        """Test edited images, and what the worst of all would have shown."""
        test = self._surer(about, base, now, trifle, far)
        if np.isfinite(now - base[self.before]).sum() > MANY:  # of pairs, which need no others
            return test
        worst = self._surer(about, base, worst_of(now, base), trifle, far)
        return test.beside_worst(worst.finding)

    def _surer(
        self, about: str, base: FloatArray, now: FloatArray, trifle: float, far: float
    ) -> Hypothesis:
        """Test all pairs, and the few that became extreme by a change beyond `far`.

        Where all are written anew and a few spoilt, the many say little or the contrary.
        """
        strata, test = self.sides.strata[0], self._tested(about, base, now, trifle)
        p, few = became_extreme(
            base[self.before], now, strata[self.before], base, strata, least=far
        )
        surer = min(1.0, 2 * min(test.finding.p, p))
        if p >= min(test.finding.p, UNLIKELY) or few.mean() >= MOST_OF_THEM:
            return replace(test, finding=test.finding._replace(p=surer))
        told = test.finding.contributions[few]
        finding = test.finding._replace(p=surer, effect=1.0, contributions=told)
        return replace(test, finding=finding, positions=self.after[few], among=len(few))

    def _tested(self, about: str, base: FloatArray, now: FloatArray, trifle: float) -> Hypothesis:
        """Test pairs, and values among those of the base; few pairs alone are never significant.

        Args:
            about: Property that is tested.
            base: Values of all images of the base, higher is worse, shape (N,).
            now: Values of the edited images, shape (n,).
            trifle: Differences of pairs up to this are ties.
        """
        strata, groups = self.sides.strata[0], self.sides.grouping("modified", self.before)
        pairs = pairs_worsened(now - base[self.before], trifle)
        among = stratified_rank_test(now, strata[self.before], base, strata, groups)
        p = min(1.0, 2 * min(pairs.p, among.p)) if pairs.effect > 0 else 1.0
        finding = pairs._replace(p=p)
        return Hypothesis(kind="modified", about=about, finding=finding, positions=self.after)


def _spread(values: FloatArray) -> float:
    """Robust spread; 0 where no value is known."""
    return float(scaled_mad(values)) if np.isfinite(values).any() else 0.0
