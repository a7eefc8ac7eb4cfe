"""What goes into the gate and what comes out of it, free of Great Expectations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.scoring import Scored

Status = Literal["pass", "warn", "fail", "unknown"]
Severity = Literal["critical", "warning"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the small table that is judged: one metric, score or share of one dataset."""

    metric: str
    raw: float | None  # in the metric's own unit and direction; None when not measured
    subscore: float | None  # 0 (worst) to 100 (best); None when not measured, or there is none
    weight: float | None  # its share in U; None when it has none


@dataclass(frozen=True, kw_only=True)
class Check:
    """One limit, and what the gate made of it."""

    name: str  # "subscore of sharpness at least 5"; unique in a suite
    metric: str  # the metric it is about; empty when it is about several, or about the table
    severity: Severity  # what a miss means: critical fails the gate, warning warns
    observed: float | None  # the number held against the limit; None when there is not one number
    limit: float | None  # in the unit of `observed`; None when there is not one number
    status: Status
    reason: str  # why the limit is what it is, from the expectation's meta; may be empty
    detail: str = ""  # why it is unknown; empty otherwise


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The gate's answer for one dataset."""

    verdict: Status
    checks: tuple[Check, ...]  # in the order of the suite
    validation: dict[str, Any]  # plain JSON: the same input gives the same bytes


def rows_of(
    values: Mapping[str, float | None], scored: Scored, shares: Mapping[str, float]
) -> list[Row]:
    """The small long table that is judged: a row a metric, then the scores, then the shares.

    Args:
        values: Raw value by metric, None where it was not measured.
        scored: What they are worth.
        shares: What else may be limited, such as the share of unreadable images.
    """
    metrics = [
        Row(metric=k, raw=v, subscore=scored.subscores[k], weight=scored.weights.get(k))
        for k, v in values.items()
    ]
    others = {"DERI1000": scored.deri1000, "U": scored.u, **shares}
    return metrics + [Row(metric=k, raw=v, subscore=None, weight=None) for k, v in others.items()]
