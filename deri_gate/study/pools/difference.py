"""`pool-diff.json`: what a second pool has otherwise than a first, and what that moves."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from deri_gate.metrics.profile import profile_named
from deri_gate.reports.text import printable
from deri_gate.schemas.base import PoolInfo, ProfileInfo, rounded
from deri_gate.schemas.pool_report import CentreChange, ChangedMember, PoolDiff, ScoreChange
from deri_gate.scoring.plain import deri1000_of
from deri_gate.scoring.weights import alike, as_shares
from deri_gate.study.pools.centre import metric_spread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.metrics.base import Metric
    from deri_gate.schemas.pool import Member
    from deri_gate.scoring.pool import Pool

ABOUT = ("version", "licence", "source", "images", "classes")
MUCH = 50.0  # points of DERI1000: half a standard deviation of a pool


def pool_difference(first: Pool, second: Pool) -> PoolDiff:
    """Compare two pools: datasets, centres, weights, and the scores that follow.

    Args:
        first: The pool as it was.
        second: The pool as it is now.
    """
    metrics = tuple(
        m for m in profile_named(second.profile.name).metrics
        if first.profile.compares(m.name, second.profile)
    )  # fmt: skip
    names = {m.name for m in metrics}
    a, b = ({member.name: member for member in pool.datasets} for pool in (first, second))
    scores = _scores(first, second, metrics)
    every = set(first.weights) | set(second.weights)
    return PoolDiff(
        schema_version=1,
        pools=(_identity(first), _identity(second)),
        profiles=(_profile(first), _profile(second)),
        same=first.to_json() == second.to_json(),
        powers=(first.power, second.power),
        added=tuple(sorted(b.keys() - a.keys())),
        removed=tuple(sorted(a.keys() - b.keys())),
        changed=tuple(
            change for name in sorted(a.keys() & b.keys())
            if (change := _changed(a[name], b[name], names)) is not None
        ),
        comparable=tuple(m.name for m in metrics),
        not_comparable=tuple(sorted(every - names)),
        metrics={m.name: _centre(m, first, second) for m in metrics},
        weights=_weights(first, second),
        datasets=scores,
        order_changed=_order(scores),
        warnings=_warnings(first, second, scores, every - names),
    )  # fmt: skip


def _identity(pool: Pool) -> PoolInfo:
    return PoolInfo(name=pool.name, hash=pool.hash)


def _profile(pool: Pool) -> ProfileInfo:
    return ProfileInfo(name=pool.profile.name, hash=pool.profile.hash)


def _changed(before: Member, after: Member, names: set[str]) -> ChangedMember | None:
    changed = ChangedMember(
        name=after.name,
        fingerprint_changed=before.fingerprint != after.fingerprint,
        provenance_changed=tuple(
            key for key in ABOUT if getattr(before, key) != getattr(after, key)
        ),
        values_changed=tuple(
            sorted(n for n in names if before.metrics.get(n) != after.metrics.get(n))
        ),
    )
    differs = changed.fingerprint_changed or changed.provenance_changed or changed.values_changed
    return changed if differs else None


def _centre(metric: Metric, first: Pool, second: Pool) -> CentreChange:
    before, after = metric_spread(metric, first), metric_spread(metric, second)
    known = before.median is not None and after.median is not None and bool(before.spread)
    return CentreChange(
        median=(before.median, after.median),
        spread=(before.spread, after.spread),
        moved=rounded((after.median - before.median) / before.spread) if known else None,  # type: ignore[operator]
    )


def _weights(first: Pool, second: Pool) -> dict[str, tuple[float, float]]:
    """Shares in U by metric, heaviest of the second first."""
    a, b = as_shares(first.weights), as_shares(second.weights)
    names = sorted(a.keys() | b.keys(), key=lambda name: (-b.get(name, 0.0), name))
    return {name: (a.get(name, 0.0), b.get(name, 0.0)) for name in names}


def _scores(first: Pool, second: Pool, shared: tuple[Metric, ...]) -> dict[str, ScoreChange]:
    """Scores of every dataset of both: by the pool's own values, or by those of the only one.

    Over all metrics where both pools have a dataset; over the comparable ones where one has.
    """
    a, b = ({member.name: member for member in pool.datasets} for pool in (first, second))
    scores = {}
    for name in sorted(a.keys() | b.keys()):
        own, other = a.get(name, b.get(name)), b.get(name, a.get(name))
        both = name in a and name in b
        before = _score(own, first, None if both else shared)
        after = _score(other, second, None if both else shared)
        moved = None if before is None or after is None else rounded(after - before)
        scores[name] = ScoreChange(
            scores=(rounded(before), rounded(after)),
            difference=moved,
            values_of="both" if both else "first" if name in a else "second",
        )
    return scores


def _score(one: Member | None, pool: Pool, shared: tuple[Metric, ...] | None) -> float | None:
    if one is None:
        return None
    metrics = profile_named(pool.profile.name).metrics if shared is None else shared
    return deri1000_of(one.metrics, pool, metrics=metrics)


def _order(scores: Mapping[str, ScoreChange]) -> tuple[tuple[str, str], ...]:
    """Pairs of datasets of which the first scored less before, and scores more now."""
    pairs = []
    for one, other in combinations(scores, 2):
        before, after = (
            None
            if (x := scores[one].scores[at]) is None or (y := scores[other].scores[at]) is None
            else x - y
            for at in (0, 1)
        )
        if before is not None and after is not None and before * after < 0:
            pairs.append((one, other) if before < 0 else (other, one))
    return tuple(pairs)


def _other_weights(first: Pool, second: Pool) -> list[str]:
    """A sentence for each set of weights, not in use, that only one pool has or that differs."""
    said = []
    for name in sorted(first.other_weights.keys() | second.other_weights.keys()):
        a, b = (pool.other_weights.get(name) for pool in (first, second))
        if a is None or b is None:
            which = "second" if a is None else "first"
            said.append(f"Only the {which} pool has the weights {printable(name)}.")
        elif not alike(as_shares(a), as_shares(b)):
            said.append(f"The weights {printable(name)} differ, which are not in use.")
    return said


def _warnings(
    first: Pool, second: Pool, scores: Mapping[str, ScoreChange], other: set[str]
) -> tuple[str, ...]:
    warnings = []
    if other:
        names = ", ".join(sorted(map(printable, other)))
        warnings.append(f"Defined otherwise, and so not compared: {names}.")
    if first.power != second.power:
        warnings.append(f"The mean has power {second.power:g}, no longer {first.power:g}.")
    warnings += _other_weights(first, second)
    warnings += [
        f"{printable(name)} scores {abs(score.difference):.0f} points "
        f"{'more' if score.difference > 0 else 'less'} by the second pool."
        for name, score in scores.items()
        if score.difference is not None and abs(score.difference) >= MUCH
    ]
    return tuple(warnings)
