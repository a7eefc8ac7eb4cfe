"""The limits of a suite that follow a pool: at a stated rate of false alarms on its members."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import SettingError
from deri_gate.gate.limit_kinds import ARGUMENTS, LIMIT_KINDS, SUBSCORE_AT_LEAST, VALUE_AT_MOST
from deri_gate.gate.misses import check_can_be_missed
from deri_gate.gate.proposing import own_limit, own_score
from deri_gate.gate.share_limits import outwards
from deri_gate.scoring.reach import reach_of
from deri_gate.scoring.score import score_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.gate.proposing import Seen
    from deri_gate.gate.records import Bound
    from deri_gate.metrics.base import Metric
    from deri_gate.schemas.suite import SuiteDocument, SuiteExpectation
    from deri_gate.scoring.pool import Pool
    from deri_gate.scoring.reach import ScoreRange

SCORE = "DERI1000"
CRITICAL_SHARE = 0.1  # of the false alarms: a redraw fails ten times as rarely as it warns
VALUE_BOUNDS = {kind.type: kind.bound for kind in LIMIT_KINDS.values() if kind.reads == "raw"}


@dataclass(frozen=True, kw_only=True)
class LimitChange:
    """A limit of the earlier suite, and what became of it.

    Attributes:
        metric: Metric or share.
        kind: Type of the expectation.
        severity: "critical" or "warning".
        old: Limit of the earlier suite; None where it has no single number.
        new: Limit of the new one; None where it was left out.
        reason: Why, a sentence.
        crossed_by: Members of the pool that miss it as they are.
    """

    metric: str
    kind: str
    severity: str
    old: float | None
    new: float | None
    reason: str
    crossed_by: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FollowingSuite:
    """A suite for a pool, and each of its limits against the suite it was made of."""

    suite: SuiteDocument
    changes: tuple[LimitChange, ...]


@dataclass(frozen=True, kw_only=True)
class _Members:
    """The pool's datasets as they were measured, and the rate for each limit."""

    seen: Mapping[str, Seen]
    metrics: Mapping[str, Metric]
    pool: Pool
    each: float

    @cached_property
    def reach(self) -> ScoreRange:
        """Ends of the scores with the pool."""
        return reach_of(tuple(self.metrics.values()), self.pool)

    def nearest(self, metric: str, bound: Bound, rate: float) -> tuple[float, str] | None:
        """Limit that no member's redraw crosses more often than this, and whose member it is."""
        limits = {
            name: own_limit(self.metrics[metric], seen, bound, rate)
            for name, seen in self.seen.items()
            if metric in seen.values
        }
        return _farthest(limits, bound)

    def nearest_score(self, rate: float) -> tuple[float, str] | None:
        """DERI1000 below which no member's redraw falls more often than this."""
        limits = {
            name: own_score(seen.scored.deri1000, seen.scored, rate)
            for name, seen in self.seen.items()
            if seen.scored.deri1000 is not None
        }
        return _farthest(limits, "at_least")


def follow(
    suite: SuiteDocument,
    members: Mapping[str, Seen],
    metrics: Sequence[Metric],
    pool: Pool,
    *,
    false_alarms: float,
) -> FollowingSuite:
    """Put a suite's limits on metrics, subscores and DERI1000 where the pool's members are.

    A limit on a metric lies where another draw of the member nearest to it hardly comes. One on
    a subscore or DERI1000 is in units of the pool already: it is only moved away from members.
    Limits on faults, such as leaks or names of patients, are no matter of the pool and stay.

    Args:
        suite: The earlier suite; severities and ids are kept.
        members: The pool's datasets by name, as they were measured.
        metrics: In the definitions they were measured with.
        pool: They form it.
        false_alarms: Chance that another draw of a member crosses any of the warnings that
            follow the pool, above 0 and below 1; a tenth of it for the critical limits.
    """
    known = {metric.name: metric for metric in metrics}
    count = sum(_follows(entry, known) for entry in suite.expectations)
    by = _Members(seen=members, metrics=known, pool=pool, each=false_alarms / max(1, count))
    made = [_followed(entry, by) for entry in suite.expectations]
    kept = _told_apart([(entry, change) for entry, change in made if entry is not None])
    document = suite.model_copy(
        update={
            "expectations": tuple(kept),
            "meta": {
                **(suite.meta or {}),
                "false_alarms": false_alarms,
                "pool": f"{pool.name}, numbers {pool.numbers_hash}",
                "purpose": "Proposed by deri-gate for datasets like those of the pool: another "
                f"draw of a member crosses a warning that follows the pool with a chance of "
                f"{false_alarms:g} at most, a critical limit with {_critical(false_alarms):g}.",
            },
        }
    )
    return FollowingSuite(suite=document, changes=tuple(change for _, change in made))


def _critical(rate: float) -> float:
    return rate * CRITICAL_SHARE


def _follows(entry: SuiteExpectation, known: Mapping[str, Metric]) -> bool:
    metric = entry.kwargs.get("metric")
    if entry.type in VALUE_BOUNDS:
        return metric in known or (metric == SCORE and VALUE_BOUNDS[entry.type] == "at_least")
    return entry.type == SUBSCORE_AT_LEAST.type and metric in known


def _followed(entry: SuiteExpectation, by: _Members) -> tuple[SuiteExpectation | None, LimitChange]:
    if not _follows(entry, by.metrics):
        return entry, _kept(entry, by)
    rate = by.each if entry.severity == "warning" else _critical(by.each)
    metric, bound = entry.kwargs["metric"], VALUE_BOUNDS.get(entry.type, "at_least")
    if metric == SCORE:
        nearest = by.nearest_score(rate)
    elif entry.type == SUBSCORE_AT_LEAST.type:
        nearest = _subscore(by, metric, rate)
    else:
        nearest = by.nearest(metric, bound, rate)
    if nearest is None:
        return entry, _kept(entry, by, "No member of the pool has a value.")
    limit, member = nearest
    old = _limit_of(entry)
    if entry.type == SUBSCORE_AT_LEAST.type or metric == SCORE:
        stays = old is not None and old <= limit
        limit = old if stays and old is not None else outwards(limit, bound)
        reason = _reason(entry, member, rate, stays=stays)
    else:
        limit, reason = outwards(limit, bound), _reason(entry, member, rate, stays=False)
    return _replaced(entry, bound, limit, reason, by.reach)


def _subscore(by: _Members, metric: str, rate: float) -> tuple[float, str] | None:
    """Subscore of the raw value that no member's redraw is worse than more often than this."""
    sign = by.metrics[metric].sign
    worst = by.nearest(metric, "at_least" if sign > 0 else "at_most", rate)
    if worst is None:
        return None
    scored = score_values({metric: worst[0]}, by.pool, metrics=tuple(by.metrics.values()))
    subscore = scored.subscores.get(metric)
    return None if subscore is None else (subscore, worst[1])


def _replaced(
    entry: SuiteExpectation, bound: Bound, limit: float, reason: str, reach: ScoreRange
) -> tuple[SuiteExpectation | None, LimitChange]:
    """The expectation with its new limit; None where nothing could miss it any more."""
    argument, metric = ARGUMENTS[bound], entry.kwargs["metric"]
    kwargs = {"metric": metric, argument: limit}
    change = _change(entry, limit, reason)
    try:
        check_can_be_missed(entry.type, kwargs, [metric], metric, reach)
    except SettingError:
        left_out = "Left out: redraws of members come to the end of the scale."
        return None, _change(entry, None, left_out)
    meta = {**(entry.meta or {}), "reason": reason}
    return entry.model_copy(update={"kwargs": kwargs, "meta": meta}), change


def _kept(entry: SuiteExpectation, by: _Members, why: str = "") -> LimitChange:
    """A limit that stays, and the members that miss it as they are."""
    old, metric = _limit_of(entry), str(entry.kwargs.get("metric"))
    bound = VALUE_BOUNDS.get(entry.type)
    crossed = tuple(
        name
        for name, seen in by.seen.items()
        if old is not None and bound and _misses(seen.shares.get(metric), old, bound)
    )
    reason = why or "Stays: it is about a fault, not about the pool."
    return LimitChange(
        metric=metric, kind=entry.type, severity=entry.severity or "critical",
        old=old, new=old, reason=reason, crossed_by=crossed,
    )  # fmt: skip


def _change(entry: SuiteExpectation, new: float | None, reason: str) -> LimitChange:
    return LimitChange(
        metric=str(entry.kwargs["metric"]), kind=entry.type,
        severity=entry.severity or "critical", old=_limit_of(entry), new=new, reason=reason,
    )  # fmt: skip


def _reason(entry: SuiteExpectation, member: str, rate: float, *, stays: bool) -> str:
    there = "rises above" if entry.type == VALUE_AT_MOST.type else "falls below"
    if stays:
        return f"As before: another draw of {member} {there} it with a chance below {rate:.2g}."
    return f"Another draw of {member}, the nearest member, {there} with a chance of {rate:.2g}."


def _told_apart(
    kept: Sequence[tuple[SuiteExpectation, LimitChange]],
) -> list[SuiteExpectation]:
    """Without warnings that say what a critical limit says already."""
    critical = {
        (change.metric, change.kind, change.new)
        for _, change in kept
        if change.severity == "critical"
    }
    return [
        entry
        for entry, change in kept
        if change.severity == "critical"
        or change.new is None
        or (change.metric, change.kind, change.new) not in critical
    ]


def _limit_of(entry: SuiteExpectation) -> float | None:
    limits = [entry.kwargs[name] for name in ARGUMENTS.values() if name in entry.kwargs]
    return float(limits[0]) if len(limits) == 1 and isinstance(limits[0], int | float) else None


def _misses(value: float | None, limit: float, bound: Bound) -> bool:
    if value is None:
        return False
    return value < limit if bound == "at_least" else value > limit


def _farthest(limits: Mapping[str, float], bound: Bound) -> tuple[float, str] | None:
    """The loosest limit, and whose it is; the first by name of equal ones."""
    there = {name: limit for name, limit in limits.items() if math.isfinite(limit)}
    if not there:
        return None
    sign = 1 if bound == "at_least" else -1
    name = min(sorted(there), key=lambda one: sign * there[one])
    return float(np.float64(there[name])), name
