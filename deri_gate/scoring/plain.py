"""Scores without their intervals, of many datasets in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.metrics.catalogue import METRICS
from deri_gate.scoring.yardstick import counted_metrics, deri1000_from, yardstick_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.arrays import FloatArray
    from deri_gate.metrics.base import Metric
    from deri_gate.scoring.pool import Pool
    from deri_gate.scoring.yardstick import Yardstick


@dataclass(frozen=True, kw_only=True)
class PlainScore:
    """Score without its intervals: what is asked of many datasets in turn.

    Attributes:
        subscores: By metric that counts, 0 to 100.
        deri1000: None when nothing counts.
    """

    subscores: Mapping[str, float]
    deri1000: float | None


def plain_scores(
    rows: Sequence[Mapping[str, float | None]],
    pool: Pool,
    *,
    metrics: tuple[Metric, ...] = METRICS,
) -> list[PlainScore]:
    """Score many datasets against one pool, whose centres are found once.

    Args:
        rows: Raw values by metric id, a mapping a dataset.
        pool: The reference pool.
        metrics: In the definitions that the values and the pool were measured with.
    """
    centred: dict[tuple[str, ...], tuple[Yardstick, tuple[FloatArray, ...]]] = {}
    scores = []
    for values in rows:
        counted = counted_metrics(metrics, values, pool)
        if not counted:
            scores.append(PlainScore(subscores={}, deri1000=None))
            continue
        names = tuple(m.name for m in counted)
        if names not in centred:
            stick = yardstick_of(counted, pool)
            centred[names] = (stick, stick.centre(stick.values))
        scores.append(_plain(*centred[names], values))
    return scores


def _plain(
    stick: Yardstick, centre: tuple[FloatArray, ...], values: Mapping[str, float | None]
) -> PlainScore:
    median, spread, mu, sigma = centre
    subscores = stick.subscores(stick.scaled(values), median, spread)
    names = (m.name for m in stick.metrics)
    return PlainScore(
        subscores=dict(zip(names, subscores.tolist(), strict=True)),
        deri1000=float(deri1000_from(stick.u(subscores), mu, sigma)),
    )


def deri1000_of(
    values: Mapping[str, float | None], pool: Pool, *, metrics: tuple[Metric, ...] = METRICS
) -> float | None:
    """DERI1000 alone; as in `score_values`, without its intervals."""
    return plain_scores([values], pool, metrics=metrics)[0].deri1000
