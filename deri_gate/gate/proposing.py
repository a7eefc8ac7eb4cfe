"""Limits for a dataset, from its own resamples and the pool, at a stated rate of false alarms."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.errors import SettingError
from deri_gate.gate.misses import check_can_be_missed
from deri_gate.gate.share_limits import (
    RAW,
    ProposedLimit,
    limits_on_shares,
    most_of,
    outwards,
    shipped_limits,
    shipped_on,
)
from deri_gate.metrics.catalogue import METRICS
from deri_gate.runtime.figures import figure
from deri_gate.schemas.suite import SuiteDocument, SuiteExpectation
from deri_gate.scoring.reach import reach_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from deri_gate.arrays import FloatArray
    from deri_gate.gate.records import Bound
    from deri_gate.metrics.base import Metric
    from deri_gate.scoring.pool import Pool
    from deri_gate.scoring.reach import ScoreRange
    from deri_gate.scoring.score import Scored

COUNTED = ("duplicates", "label_noise")  # shares of the images: chance moves even one of none
LOWEST_SCORE = 780.0  # below all of the pool, within reach of damage; see dataset_gate.json
HALF_WIDTH = 1.959964  # standard deviations from the middle of a 95 % interval to its end


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Measured values of the dataset that limits are proposed for.

    Attributes:
        values: Raw value by metric measured.
        resamples: By metric, its values over bootstrap resamples of the images, shape (B,).
        shares: Shares of the images that may be limited too, by name, 0 to 1.
        absent: Names of shares that the dataset has nothing for, such as leaks without splits, and
            of metrics that were asked for in vain.
        images: How many there are.
        scored: What it is worth.
    """

    values: Mapping[str, float]
    resamples: Mapping[str, FloatArray]
    shares: Mapping[str, float]
    images: int
    scored: Scored
    absent: Collection[str] = ()


def propose(
    seen: Seen, metrics: Sequence[Metric], pool: Pool, *, false_alarms: float, name: str
) -> SuiteDocument:
    """A suite that the dataset does not fail, and that another draw of its source mostly passes.

    For each number there is a warning where another draw of as many images from the same
    source would hardly come, and a critical limit where, besides, no dataset of the pool is. It is
    no looser than the shipped one, if the dataset keeps that. What has no value here has the
    shipped limits, or where there are none, one beyond the pool, not demanded. Without them
    DERI1000 would lack it unseen. What no image should be, such as unreadable, warns as in the
    shipped suite, whatever there is.

    Args:
        seen: What was measured.
        metrics: In the definitions it was measured with.
        pool: What it was scored against.
        false_alarms: Chance that another draw crosses any of the warnings, above 0 and below 1;
            split evenly among them.
        name: Name of the suite.
    """
    known = [m for m in metrics if m.name in seen.values]
    score = seen.scored.deri1000 is not None
    each = false_alarms / (len(known) + len(seen.shares) + score)
    limits = [limit for m in known for limit in _no_looser(m, seen, pool, each)]
    limits += limits_on_shares(seen.shares, seen.images, each)
    limits += _of_score(seen.scored, each) if score else []
    # Another time, a metric that has no value here may have one: both must leave room.
    reaches = [reach_of(some, pool) for some in (known, metrics)]
    otherwise_defined = {m.name for m in metrics if m not in METRICS}
    absent = {*seen.absent} - otherwise_defined
    beyond = [m for m in metrics if m.name in otherwise_defined & {*seen.absent}]
    limits = _told_apart([one for one in limits if all(_can_be_missed(one, r) for r in reaches)])
    return SuiteDocument(
        name=name,
        expectations=(
            *map(_expectation, limits),
            *map(_not_demanded, [*_shipped_limits(absent), *_beyond_the_pool(beyond, pool)]),
        ),
        meta={
            "false_alarms": false_alarms,
            "images": seen.images,
            "import_first": "deri_gate.expectations",  # or Great Expectations loads none of it
            "pool": f"{pool.name} {pool.hash}",
            "purpose": "Proposed by deri-gate: warnings where another draw of the same source "
            f"comes with a chance of {false_alarms:g} at most, over all of them together.",
        },
    )


def _shipped_limits(absent: Collection[str]) -> list[SuiteExpectation]:
    """Limits of the shipped suites on these, for the day on which there is one to look at."""
    return [
        entry
        for entry in shipped_limits()
        if entry.kwargs["metric"] in absent and entry.type.startswith(RAW)
    ]


def _beyond_the_pool(absent: Sequence[Metric], pool: Pool) -> list[SuiteExpectation]:
    """A limit on each of these, such as a plugin's: the worst of the pool that can be missed."""
    found = []
    for metric in absent:
        bound: Bound = "at_least" if metric.sign > 0 else "at_most"
        others = [m.metrics[metric.name] for m in pool.datasets if metric.name in m.metrics]
        tried = [
            ProposedLimit(
                metric=metric.name,
                bound=bound,
                value=outwards(value, bound),
                severity="critical",
                reason="It has no value here; no dataset of the pool is beyond.",
            )
            for value in sorted(others, key=lambda v: metric.sign * v)
        ]
        found += [one for one in tried if _is_within(one, metric)][:1]
    return [_expectation(limit) for limit in found]


def _is_within(limit: ProposedLimit, metric: Metric) -> bool:
    """True if the metric can be worse than the limit, which can be kept."""
    at_least = limit.bound == "at_least"
    misses = metric.low < limit.value if at_least else limit.value < metric.high
    return misses and metric.low <= limit.value <= metric.high and _can_be_missed(limit, None)


def _not_demanded(entry: SuiteExpectation) -> SuiteExpectation:
    return entry.model_copy(update={"meta": {**(entry.meta or {}), "demanded": False}})


def _can_be_missed(limit: ProposedLimit, reach: ScoreRange | None) -> bool:
    """True if the reader of suites accepts it: at the end of the range a limit limits nothing."""
    entry = _expectation(limit)
    try:
        check_can_be_missed(entry.type, entry.kwargs, [limit.metric], limit.metric, reach)
    except SettingError:
        return False
    return True


def _told_apart(limits: Sequence[ProposedLimit]) -> list[ProposedLimit]:
    """The limits without warnings that say what a critical one says already."""
    critical = {(limit.metric, limit.value) for limit in limits if limit.severity == "critical"}
    return [
        limit
        for limit in limits
        if limit.severity == "critical" or (limit.metric, limit.value) not in critical
    ]


def _no_looser(metric: Metric, seen: Seen, pool: Pool, each: float) -> list[ProposedLimit]:
    """Limits on a metric, and the shipped ones that the dataset keeps, where these are stricter.

    A small dataset, or one of random labels, moves so much by chance that nothing would fail.
    """
    own = _of_metric(metric, seen, pool, each)
    shipped = shipped_on(metric.name) if metric in METRICS else []
    kept = [limit for limit in shipped if limit.keeps(seen.values[metric.name])]
    if not own:
        return kept
    for limit in kept:
        failing = [one.value for one in own if one.severity == "critical"]
        if limit.severity == "critical" and not any(map(limit.keeps, failing)):
            own = [*(one for one in own if limit.keeps(one.value)), limit]
    return own


def _of_metric(metric: Metric, seen: Seen, pool: Pool, each: float) -> list[ProposedLimit]:
    value = seen.values[metric.name]
    bound: Bound = "at_least" if metric.sign > 0 else "at_most"
    own = own_limit(metric, seen, bound, each)
    others = [m.metrics[metric.name] for m in pool.datasets if metric.name in m.metrics]
    worst = min([own, *others], key=lambda v: metric.sign * v)
    there = "falls below" if metric.sign > 0 else "rises above"
    said = figure(value, metric.unit)
    here = f"{said} here; another draw of this source {there} with a chance of {each:.2g}."
    beyond = f"{said} here; no dataset of the pool is beyond, and chance hardly goes there."
    tiers = (("warning", own, here), ("critical", worst, beyond))
    return [
        ProposedLimit(
            metric=metric.name,
            bound=bound,
            value=outwards(limit, bound),
            severity=severity,  # type: ignore[arg-type]  # mypy widens the literals in a tuple
            reason=reason,
        )
        for severity, limit, reason in tiers
        if metric.low < limit < metric.high  # at the end of the range it would limit nothing
    ]


def own_limit(metric: Metric, seen: Seen, bound: Bound, each: float) -> float:
    """Limit that another draw crosses with this probability (root two spreads apart)."""
    value = seen.values[metric.name]
    here = float(metric.on_scale(np.array(value)))
    resamples = seen.resamples.get(metric.name, np.array([value]))
    drawn = metric.on_scale(resamples[np.isfinite(resamples)])
    spread = _spread_towards(bound, drawn - here)
    away = float(scipy.stats.norm.isf(each)) * math.sqrt(2) * spread
    limit = here - away if bound == "at_least" else here + away
    limit = math.exp(limit) if metric.scale == "log" else limit
    if bound == "at_least":
        return min(limit, value)  # a value below the scale's smallest is not on the scale
    counted = metric.name in COUNTED
    return max(limit, value, most_of(value, seen.images, each) if counted else value)


def _spread_towards(bound: Bound, away: FloatArray) -> float:
    """Root mean square of the resamples' distances on the side of the limit.

    At an end of a metric's range all resamples lie on one side: their standard deviation about
    their own mean would be little more than half of this.
    """
    beyond = away[away < 0] if bound == "at_least" else away[away > 0]
    return float(np.sqrt((beyond**2).mean())) if beyond.size else 0.0


def own_score(score: float, scored: Scored, each: float) -> float:
    """DERI1000 below which another draw falls with this probability."""
    low, high = scored.image_interval or (score, score)
    spread = (high - low) / (2 * HALF_WIDTH)
    return score - float(scipy.stats.norm.isf(each)) * math.sqrt(2) * spread


def _of_score(scored: Scored, each: float) -> list[ProposedLimit]:
    assert scored.deri1000 is not None
    own = own_score(scored.deri1000, scored, each)
    said = f"{scored.deri1000:.0f} here"
    tiers = (
        ("warning", own, f"{said}; another draw falls below with a chance of {each:.2g}."),
        (
            "critical",
            min(own, LOWEST_SCORE),
            f"{said}; 780 is 2.2 standard deviations of a pool below its mean.",
        ),
    )
    return [
        ProposedLimit(
            metric="DERI1000",
            bound="at_least",
            value=float(math.floor(limit)),
            severity=severity,  # type: ignore[arg-type]  # mypy widens the literals in a tuple
            reason=reason,
        )
        for severity, limit, reason in tiers
    ]


def _expectation(limit: ProposedLimit) -> SuiteExpectation:
    argument = "minimum" if limit.bound == "at_least" else "maximum"
    kind = f"expect_value_to_be_{limit.bound}"
    known_by = f"deri-gate:{limit.severity}:{kind}:{limit.metric}"
    return SuiteExpectation(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, known_by)),
        kwargs={"metric": limit.metric, argument: limit.value},
        meta={"reason": limit.reason},
        severity=limit.severity,
        type=kind,
    )
