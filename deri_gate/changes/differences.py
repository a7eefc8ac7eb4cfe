"""Head minus base, number by number, with intervals over images drawn together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.changes.records import Difference
from deri_gate.measuring.measure import bootstrap, resampled
from deri_gate.scoring.score import scores_over
from deri_gate.stats.intervals import interval

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray
    from deri_gate.changes.matching import Matched
    from deri_gate.measuring.measure import Measured
    from deri_gate.scoring.pool import Pool
    from deri_gate.scoring.score import Scored
    from deri_gate.stats.intervals import Interval

ROUNDING = 1e-12  # relative to the values: a difference below is what the order of sums makes
Draws = dict[str, "FloatArray"]  # by metric, its values over resamples, shape (B,)


def drawn_together(base: Measured, head: Measured, matched: Matched) -> tuple[Draws, Draws]:
    """Values of both over resamples in which a shared image counts as often in each.

    The images of both, each pair once, are drawn as one set; so what both share cancels out of
    the difference, and only what changed makes it uncertain.
    """
    count = len(head.evidence.dataset) + len(matched.removed)
    weights = bootstrap(count, np.random.default_rng(head.evidence.profile.seed))
    of_head = np.arange(len(head.evidence.dataset))
    of_base = np.empty(len(base.evidence.dataset), dtype=np.int64)
    of_base[matched.pairs[:, 0]] = matched.pairs[:, 1]
    of_base[matched.removed] = len(of_head) + np.arange(len(matched.removed))
    return tuple(  # type: ignore[return-value]  # of two
        {
            m.name: resampled(m, side.answers[m.name], side.values[m.name], weights[:, columns])
            for m in side.evidence.profile.metrics
            if m.name in side.answers
        }
        for side, columns in ((base, of_base), (head, of_head))
    )


def metric_differences(
    base: Measured, head: Measured, draws: tuple[Draws, Draws], scored: tuple[Scored, Scored]
) -> dict[str, Difference]:
    """By metric of the profile, in report order."""
    return {
        name: _difference(
            base.values.get(name),
            value,
            _between(draws[0].get(name), draws[1].get(name)),
            scored[0].subscores.get(name),
            scored[1].subscores.get(name),
        )
        for name, value in head.values.items()
    }


def score_differences(
    base: Measured,
    head: Measured,
    draws: tuple[Draws, Draws],
    scored: tuple[Scored, Scored],
    pool: Pool,
) -> tuple[Difference, Difference]:
    """DERI1000 and U; without a difference when they count other metrics in base and head."""
    comparable = set(scored[0].weights) == set(scored[1].weights)
    differences = []
    over = [
        scores_over(side.values, pool, drawn, metrics=side.evidence.profile.metrics)
        for side, drawn in zip((base, head), draws, strict=True)
    ]
    for name in ("deri1000", "u"):
        values = getattr(scored[0], name), getattr(scored[1], name)
        drawn = [None if scores is None else scores[name] for scores in over]
        differences.append(
            _difference(values[0], values[1], _between(drawn[0], drawn[1]))
            if comparable
            else Difference(base=values[0], head=values[1], difference=None, interval=None)
        )
    return differences[0], differences[1]


def share_differences(base: Measured, head: Measured) -> dict[str, Difference]:
    """By share that a suite may limit."""
    return {
        name: _difference(base.shares[name].value, share.value, None)
        for name, share in head.shares.items()
    }


def untagged_shares(base: Measured, head: Measured) -> frozenset[str]:
    """Shares that tags of files alone had in the base, where the head has no such tags."""
    return frozenset(
        name
        for name, share in head.shares.items()
        if share.value is None and share.of_tags and base.shares[name].of_tags
    )


def _between(base: FloatArray | None, head: FloatArray | None) -> Interval | None:
    if base is None or head is None:
        return None
    between = _minus(head, base)
    return interval(between) if np.isfinite(between).any() else None


def _minus(head: FloatArray, base: FloatArray) -> FloatArray:
    """Head minus base, exactly 0 where they differ by rounding alone."""
    largest = np.maximum(np.abs(head), np.abs(base))
    return np.where(np.abs(head - base) <= ROUNDING * largest, 0.0, head - base)


def _difference(
    base: float | None,
    head: float | None,
    between: Interval | None,
    subscore_base: float | None = None,
    subscore_head: float | None = None,
) -> Difference:
    known = base is not None and head is not None
    difference = float(_minus(np.array(head), np.array(base))) if known else None
    if between is not None and difference is not None:
        between = min(between[0], difference), max(between[1], difference)
    return Difference(
        base=base,
        head=head,
        difference=difference,
        interval=between if difference is not None else None,
        subscore_base=subscore_base,
        subscore_head=subscore_head,
    )
