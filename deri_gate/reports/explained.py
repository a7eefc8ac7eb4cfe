"""Raw values, and how a score comes of them: what the pool makes of each metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.profile import profile_named
from deri_gate.reports.tables import aligned
from deri_gate.reports.text import LONGEST_TEXT, number, printable, whole
from deri_gate.runtime.counts import counted
from deri_gate.runtime.figures import figure, in_unit

if TYPE_CHECKING:
    from deri_gate.schemas.metrics import MetricsDocument
    from deri_gate.scoring.pool import Pool
    from deri_gate.scoring.score import Scored


@dataclass(frozen=True, kw_only=True)
class ScoredMetrics:
    """A `metrics.json`, the pool it was held against, and what came out."""

    metrics: MetricsDocument
    pool: Pool
    scored: Scored


def as_explained(result: ScoredMetrics) -> str:
    """The pool's median and spread by metric, mu and sigma, and the score, as a table.

    Median and spread are on the metric's scale: natural logarithms where it says log.
    """
    scored = result.scored
    rows = [("metric", "value", "scale", "median", "spread", "subscore", "weight")]
    for metric in profile_named(result.pool.profile.name).metrics:
        typical = scored.typical.get(metric.name)
        value = result.metrics.metrics.get(metric.name)
        rows.append(
            (
                metric.name,
                number(value.value if value else None),
                metric.scale,
                number(typical.median if typical else None),
                number(typical.spread if typical else None),
                number(scored.subscores[metric.name], 3),
                number(scored.weights.get(metric.name), 3),
            )
        )
    pool_between = (
        "" if scored.pool_interval is None else "{:.0f} to {:.0f}".format(*scored.pool_interval)
    )
    member = member_text(scored)
    return (
        f"pool {printable(result.pool.name)} {result.pool.hash}: "
        f"{len(result.pool.datasets)} datasets, mu {number(scored.mu)}, "
        f"sigma {number(scored.sigma)}\n\n{aligned(rows, left=len(rows[0]))}\n\n"
        f"U {number(scored.u)}   {scored.title} {number(scored.deri1000)}   "
        f"over resamples of the pool {pool_between}   weights {printable(scored.weights_used)}\n"
        + (f"{member}\n" if member else "")
    )


def member_text(scored: Scored) -> str:
    """Sentence on a dataset of the pool itself, which counts among its own judges; or nothing."""
    if scored.member is None:
        return ""
    alone = scored.member.without_itself
    score = (
        "Too few datasets are left to score it against the others."
        if alone is None
        else f"Against the others alone it has {scored.title} {whole(alone)}."
    )
    return f"This dataset is in the pool, as {printable(scored.member.name)}. {score}"


def as_values(document: MetricsDocument) -> str:
    """A line a metric: value, interval, images to look at; or why there is no value."""
    rows = [("metric", "value", "interval", "suspects", "")]
    units = {metric.name: metric.unit for metric in METRICS}
    for name, metric in document.metrics.items():
        unit = units.get(name, "")
        between = " to ".join(figure(end, unit) for end in metric.interval or ())
        remark = metric.note or f"not measured: {metric.reason}" * (metric.value is None)
        value = in_unit(metric.value, unit)
        rows.append((name, value, between, str(metric.suspects or ""), remark))
    info = document.dataset
    head = (
        f"{printable(info.name)}: {counted(info.images, 'image')}, {info.unreadable:,} unreadable"
    )
    read_as = printable(info.read_as.line, LONGEST_TEXT)
    table = aligned(rows, left=len(rows[0]))
    return "\n".join(part for part in (head, read_as, table) if part) + "\n"
