"""Hypotheses about changed images, kind by kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.changes.edited import edited_images
from deri_gate.changes.held_against import HeldAgainst
from deri_gate.changes.hypothesis import Hypothesis, any_way, many_beside, worst_of
from deri_gate.changes.masks import moved_masks
from deri_gate.changes.turned import turn_test
from deri_gate.stats.clusters import class_counts, number_of
from deri_gate.stats.composition_tests import Drawn, composition, fewer_groups
from deri_gate.stats.extremes import EXTREME, MOST_OF_THEM, UNLIKELY, more_extremes
from deri_gate.stats.rank_tests import (
    RankTest,
    more_common,
    more_common_among,
    pairs_worsened,
    stratified_rank_test,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.changes.pair import DatasetPair
    from deri_gate.changes.records import Kind
    from deri_gate.changes.reference import ReferenceScores
    from deri_gate.stats.clusters import Groups

FAINT = 0.02  # belief that is as good as none
DOUBT_TRIFLE = 0.1  # of the logarithm of belief: a tenth less
UNEVEN = 0.02  # of the effective number of classes (Hill 1973) that new images may cost
LARGER = 1.5  # times as large as the largest class was, one may be with them
LIKELY = 0.1  # p of what must hold besides, but need not be sure


def hypotheses(sides: DatasetPair) -> list[Hypothesis]:
    """Test all hypotheses that there are images for."""
    return [
        *_added(sides),
        *_removed(sides),
        *edited_images(sides),
        *_relabelled(sides),
        *moved_masks(sides),
    ]


def _added(sides: DatasetPair) -> Iterator[Hypothesis]:
    """New images beside the base's of their class."""
    new = sides.matched.added
    if not new.size:
        return
    groups, ask = sides.grouping("added", new), _New(HeldAgainst(sides, new), sides, new)
    for metric, others, head in sides.pixels(sides.known):
        yield ask.twice(metric.name, head[new], others)
    if not sides.looks_problem:
        scores, placed = sides.newcomers(new)
        yield ask.twice("novelty", placed.novelty, scores.novelty)
        yield ask.twice("label_noise", -placed.belief, -scores.belief)
        yield ask.twice("separation", -placed.separation, -scores.separation)
    for shape in sides.shapes:
        yield any_way(ask.once(shape.about, head[new], base) for base, head in shape.both_ways)
    yield turn_test(sides, new, partial(ask.once, "orientation"))
    yield _more_often("duplicates", new, *sides.grouped(), groups)
    yield from () if sides.apart else _joining(sides, new, groups)


@dataclass(frozen=True)
class _New:
    """New images, to be asked about beside known ones.

    Attributes:
        held: Known images beside them.
        sides: Base and head.
        new: Their positions in the head, shape (n,).
    """

    held: HeldAgainst
    sides: DatasetPair
    new: IntArray

    def once(self, about: str, values: FloatArray, others: FloatArray) -> Hypothesis:
        """Test whether they rank higher than the others."""
        finding = stratified_rank_test(values, *self.held.beside(others))
        groups = number_of(self.sides.grouping("added", self.new))
        return Hypothesis(
            kind="added", about=about, finding=finding, positions=self.new, groups=groups
        )

    def twice(self, about: str, values: FloatArray, others: FloatArray) -> Hypothesis:
        """Test all of them and the few extremes, and what the worst images would have shown."""
        others = self.held.comparable(others)
        test = self._surer(about, values, others)
        if self.sides.groups is None and many_beside(values, *self.held.beside(others)[:3]):
            return test
        worst = self._surer(about, worst_of(values, others), others)
        return test.beside_worst(worst.finding)

    def _surer(self, about: str, values: FloatArray, others: FloatArray) -> Hypothesis:
        beside = self.held.beside(others)
        ranks = self.once(about, values, others)
        test = _or_by_few(ranks, more_extremes(values, *beside), beside[-1])
        p = max(test.finding.p, _unlikely(self.held.p_beside_own(values, others)))
        return replace(test, finding=test.finding._replace(p=p), shared=self.held.shared)


def _joining(sides: DatasetPair, new: IntArray, groups: Groups | None) -> Iterator[Hypothesis]:
    """Test what new images do to the split that they join."""
    yield _more_often("leaks", new, *sides.leaked(), groups)
    yield from _classes("added", sides, sides.membership, new)


def _or_by_few(test: Hypothesis, p: float, groups: Groups | None) -> Hypothesis:
    """The surer of a test and that of its few extremes, counted twice; it tells of those alone."""
    ranks, few = test.finding, test.finding.contributions > EXTREME
    surer = min(1.0, 2 * min(ranks.p, p))
    if p >= min(ranks.p, UNLIKELY) or not 0 < few.mean() < MOST_OF_THEM:
        return replace(test, finding=ranks._replace(p=surer))
    told = ranks.contributions[few]
    return replace(
        test,
        finding=ranks._replace(p=surer, effect=2 * float(told.mean()) - 1, contributions=told),
        positions=test.positions[few],
        groups=0 if groups is None else len(np.unique(groups.asked[few])),
        among=len(few),
    )


def _removed(sides: DatasetPair) -> Iterator[Hypothesis]:
    """Removed images beside those that stay."""
    gone, evidence = sides.matched.removed, sides.base.evidence
    if not gone.size:
        return
    kept = np.setdiff1d(np.arange(len(evidence.dataset)), gone)
    if not kept.size:
        return
    if not sides.looks_problem:
        strata, novelty = sides.strata[0], sides.own.novelty
        groups = sides.grouping("removed", gone)
        finding = stratified_rank_test(
            novelty[gone], strata[gone], novelty[kept], strata[kept], groups
        )
        yield Hypothesis(
            kind="removed",
            about="diversity",
            finding=finding,
            positions=gone,
            groups=number_of(groups),
        )
    yield from _classes("removed", sides, evidence.membership, gone)
    left = np.setdiff1d(gone, sides.matched.went)  # of patients that go to another split, all do
    if evidence.dataset.groups is not None and left.size:
        p = fewer_groups(evidence.dataset.groups, left, sides.generator())
        finding = RankTest(float(p < 1), p, np.full(len(left), np.nan))
        yield Hypothesis(
            kind="removed", about="groups", finding=finding, positions=left, direction="different"
        )


def _relabelled(sides: DatasetPair) -> Iterator[Hypothesis]:
    """Images of new labels: whether the base believes the new ones less than the old ones.

    One by one, whatever they belong to: a label that was changed is no chance of the draw. What a
    patient's other images say speaks for and against both labels alike.
    """
    before, after = sides.matched.pairs[sides.matched.new_labels].T
    if not after.size or sides.looks_problem:
        return
    own, placed = sides.reference.own, sides.placed(after, before)
    was, now = (np.log(side + FAINT) for side in (own.belief[before], placed.belief))
    lower = _lower_standing(sides, before, after, placed)
    finding = _less_believed(sides, after, was - now, lower, -placed.belief)
    doubt, least = worst_of(was - now, was - now), worst_of(lower, lower)
    worst = _less_believed(sides, after, doubt, least, worst_of(now, -own.belief))
    test = Hypothesis(kind="relabelled", about="label_noise", finding=finding, positions=after)
    yield test.beside_worst(worst)


def _less_believed(
    sides: DatasetPair, after: IntArray, doubt: FloatArray, lower: FloatArray, now: FloatArray
) -> RankTest:
    """Test of relabelled images: by pairs, among known images, and by their place in a class."""
    own, classes, present = sides.reference.own, sides.known_strata, sides.strata[1][after]
    fall, second = pairs_worsened(doubt, DOUBT_TRIFLE), pairs_worsened(lower, 0.0)
    among = stratified_rank_test(now, present, -own.belief, classes)
    sure = min(1.0, 2 * min(fall.p, among.p))
    return fall._replace(p=max(sure, _unlikely(fall.p), _unlikely(second.p)))


def _lower_standing(
    sides: DatasetPair, before: IntArray, after: IntArray, placed: ReferenceScores
) -> FloatArray:
    """Places that an image loses by a new label, in shares of a class.

    Belief is led by how common a class is: it doubts each image that leaves a common class for
    a rare one, also where that is right. The place among the images of a class is not.
    """
    reference, classes, present = sides.reference.own, sides.known_strata, sides.strata[1][after]
    by_belief, by_separation = (
        stratified_rank_test(others[before], classes[before], others, classes).contributions
        - stratified_rank_test(now, present, others, classes).contributions
        for others, now in (
            (reference.belief, placed.belief),
            (reference.separation, placed.separation),
        )
    )
    none = np.isnan(by_separation)  # of all classes at once: there are no others
    return np.where(none, by_belief, (by_belief + by_separation) / 2)


def _unlikely(p: float) -> float:
    """The p of a second opinion that is needed: no obstacle once it is below one in ten."""
    return 0.0 if p < LIKELY else p


def _more_often(
    about: str, new: IntArray, others: BoolArray, every: BoolArray, groups: Groups | None
) -> Hypothesis:
    """Test whether a property is more common in new images than in those of the base."""
    hit = every[new]
    if groups is None:
        p = more_common(int(hit.sum()), len(new), int(others.sum()), len(others))
    else:
        p = more_common_among(hit, others, groups)
    known = bool(hit.any() or others.any())
    effect = float(hit.mean() - others.mean())
    finding = RankTest(effect, p, np.where(hit, 1.0, np.nan), open=known)
    return Hypothesis(
        kind="added", about=about, finding=finding, positions=new, groups=number_of(groups)
    )


def _classes(
    kind: Kind, sides: DatasetPair, membership: csr_array, positions: IntArray
) -> Iterator[Hypothesis]:
    """Test class composition and class balance of added or removed images."""
    base, counts = _counts(sides.base.evidence.membership), _counts(membership[positions])
    sign = 1 if kind == "added" else -1
    rest = base if kind == "added" else base - counts
    groups = sides.grouping(kind, positions)
    whole = _whole(groups, sides, membership[positions])
    p = composition(counts, rest, sides.generator(), came=kind == "added", whole=whole)
    mixed = bool(np.count_nonzero(counts + rest) > 1)
    fall = _evenness(base) - _evenness(base + sign * counts)
    usual = base / max(1, base.sum())  # none where the base has no labels
    common = np.asarray(membership[positions] @ usual).ravel()
    harmless = fall <= 0 or (kind == "added" and _still_even(base, base + counts))
    worse = RankTest(fall, 1.0 if harmless else p, sign * common, open=mixed)
    yield Hypothesis(
        kind=kind,
        about="imbalance",
        finding=worse,
        positions=positions,
        groups=number_of(groups),
        answers="composition",
    )
    distance = float(np.abs(counts / max(1, counts.sum()) - usual).sum() / 2)
    other = RankTest(distance, p, np.full(len(positions), np.nan), open=mixed)
    yield Hypothesis(
        kind=kind,
        about="composition",
        finding=other,
        positions=positions,
        direction="different",
        groups=number_of(groups),
    )


def _whole(groups: Groups | None, sides: DatasetPair, asked: csr_array) -> Drawn | None:
    """Class counts of the groups that came or went whole, then of those they are among."""
    if groups is None or sides.groups is None:
        return None
    own = np.unique(groups.asked[groups.whole])
    came = class_counts(asked, groups.asked)[own]
    base = class_counts(sides.base.evidence.membership, sides.groups[0])
    return Drawn(np.concatenate([came, np.delete(base, own[own < len(base)], axis=0)]), len(came))


def _counts(membership: csr_array) -> IntArray:
    return np.asarray(membership.sum(axis=0)).ravel().round().astype(np.int64)


def _still_even(before: IntArray, after: IntArray) -> bool:
    """True if new images are sure to be uneven, but too few of one class to harm."""
    fall, most = _evenness(before) - _evenness(after), LARGER * before.max()
    return bool(fall <= UNEVEN * (1 - _evenness(before)) and after.max() <= most)


def _evenness(counts: IntArray) -> float:
    shares = counts / max(1, counts.sum())
    return float(1 - (shares**2).sum())
