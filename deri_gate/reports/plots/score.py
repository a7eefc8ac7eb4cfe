"""The score among those of the pool, and each subscore with its limit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.gate.records import MISSED, Status
from deri_gate.reports.lines import metric_lines
from deri_gate.reports.plots.scene import WIDTH, Box, Mark, Scene, Stroke, Words, shortened
from deri_gate.reports.text import whole
from deri_gate.scoring.plain import plain_scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deri_gate.reports.lines import Line
    from deri_gate.reports.plots.scene import Shape
    from deri_gate.reports.report import Report
    from deri_gate.scoring.pool import Pool

LEAST, MOST = 700.0, 1300.0  # of the line, at least
STEP = 100
LINE_Y = 30  # height of the line with the pool
EDGE = 14  # free units on both sides
ROW = 24  # units a subscore
NAMES, ENDS = 182, 92  # units for the names of metrics, and for number, symbol and cause
CAUSES = {"raw": "value", "change": "change", "difference": "to base"}  # of a missed limit
SYMBOLS = {
    Status.PASS: "✓",
    Status.WARN: "!",
    Status.FAIL: "✗",
    Status.UNKNOWN: "?",
    Status.NOT_LOOKED_AT: "-",
}


@dataclass(frozen=True)
class _Line:
    """Linear scale from values to units."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return self.start + (self.end - self.start) * (inside - self.low) / (self.high - self.low)


def pool_scores(report: Report, pool: Pool) -> dict[str, float]:
    """DERI1000 of each dataset of the pool, by name, over the metrics that count here."""
    metrics = tuple(m for m in report.profile.metrics if m.name in report.scored.weights)
    rows = [{m.name: member.metrics.get(m.name) for m in metrics} for member in pool.datasets]
    scores = plain_scores(rows, pool, metrics=metrics)
    return {
        member.name: score.deri1000
        for member, score in zip(pool.datasets, scores, strict=True)
        if score.deri1000 is not None and math.isfinite(score.deri1000)
    }


def score_scene(report: Report, pool: Pool) -> Scene | None:
    """DERI1000 on a line with every dataset of the pool; None without a score."""
    score = report.scored.deri1000
    if score is None:
        return None
    members = pool_scores(report, pool)
    before = report.change.deri1000.base if report.change else None
    caption = "Each grey dot is a dataset of the pool. The band is one standard deviation."
    if before is not None:
        caption += " The open circle is the base."
    interval = report.scored.interval or (score, score)
    return Scene(
        name="score",
        title=report.scored.title,
        description=f"{score:.0f}, among {len(members)} datasets of the pool",
        caption=caption,
        height=66,
        shapes=tuple(_score_shapes(members, score, interval, before)),
    )


def _score_shapes(
    members: Mapping[str, float], score: float, interval: tuple[float, float], before: float | None
) -> Iterator[Shape]:
    """The line, and on it the pool, the interval, the base and the score."""
    line = _line_over([*members.values(), score, *interval, *([] if before is None else [before])])
    band = line.at(1100) - line.at(900)
    yield Box(x=line.at(900), y=18, width=band, height=24, tone="band",
              title="one standard deviation of the pool")  # fmt: skip
    yield Stroke(points=((EDGE, LINE_Y), (WIDTH - EDGE, LINE_Y)), tone="line", width=2)
    yield from _ticks(line)
    for name, value in sorted(members.items(), key=lambda one: (one[1], one[0])):
        yield _dot(line, value, name, radius=4, tone="soft")
    low, high = interval
    if low < high:
        points = ((line.at(low), LINE_Y), (line.at(high), LINE_Y))
        yield Stroke(points=points, tone="mark", width=5, opacity=0.6)
    if before is not None:
        yield _dot(line, before, "base", radius=6, hollow=True)
    yield _dot(line, score, "here", radius=7)
    yield Words(x=line.at(score), y=12, text=f"{score:.0f}", anchor="middle",
                tone="mark", size=13, bold=True)  # fmt: skip


def _line_over(values: Sequence[float]) -> _Line:
    """A line from one full step to another, with all values on it."""
    low = min(LEAST, STEP * (min(values) // STEP))
    high = max(MOST, STEP * (max(values) // STEP + 1))
    return _Line(low, high, EDGE, WIDTH - EDGE)


def _dot(
    line: _Line, value: float, name: str, *, radius: int, tone: str = "mark", hollow: bool = False
) -> Mark:
    return Mark(x=line.at(value), y=LINE_Y, radius=radius, tone=tone, hollow=hollow,
                title=f"{name}: {value:.0f}")  # fmt: skip


def _ticks(line: _Line) -> Iterator[Shape]:
    span = int(line.high - line.low) // STEP
    step = STEP * (1 + span // 9)
    value = step * -(-line.low // step)
    while value <= line.high:
        x = line.at(value)
        yield Stroke(points=((x, 24), (x, 36)), tone="line")
        yield Words(x=x, y=58, text=f"{value:.0f}", anchor="middle", size=11)
        value += step


def subscore_scene(report: Report, pool: Pool) -> Scene:
    """A bar a subscore: its length is the value; the symbol behind it is the status."""
    lines = metric_lines(report)
    members = _pool_subscores(report, pool)
    scale = _Line(0, 100, NAMES, WIDTH - ENDS)
    middle = scale.at(50)
    height = ROW * len(lines) + 22
    shapes: list[Shape] = [
        Stroke(points=((middle, 0), (middle, height - 18)), tone="line", width=1.5)
    ]
    for place, line in enumerate(lines):
        shapes += _bar(report, line, ROW * place, scale, members.get(line.metric.name, ()))
    shapes += [
        Words(x=scale.at(v), y=height - 5, text=f"{v}", anchor="middle", size=11)
        for v in (0, 50, 100)
    ]
    shown = ", ".join(
        f"{line.metric.title} {whole(report.scored.subscores[line.metric.name])}" for line in lines
    )
    return Scene(
        name="subscores",
        title="Subscores",
        description=shown,
        caption="0 to 100, higher is better; 50 is the median of the pool. Short lines are the "
        "datasets of the pool, a long one is the limit. Behind the status stands what misses its "
        "limit." + (" The open circle is the base." if report.change else ""),
        height=height,
        shapes=tuple(shapes),
    )


def _bar(
    report: Report, line: Line, top: float, scale: _Line, members: tuple[float, ...]
) -> Iterator[Shape]:
    name, y = line.metric.name, top + 6
    score = report.scored.subscores[name]
    yield Words(x=0, y=top + 15, text=shortened(line.metric.title, 30), size=11, tone="ink")
    yield Box(x=scale.start, y=y, width=scale.end - scale.start, height=10, tone="band")
    if score is not None:
        yield Box(x=scale.start, y=y, width=scale.at(score) - scale.start, height=10, tone="mark",
                  opacity=0.75, title=f"{line.metric.title}: {score:.0f}")  # fmt: skip
    for value in members:
        x = scale.at(value)
        yield Stroke(points=((x, y + 2), (x, y + 8)), tone="soft", opacity=0.7)
    for check in line.checks:
        if check.column == "subscore" and check.slice is None and check.limit is not None:
            x = scale.at(check.limit)
            yield Stroke(points=((x, y - 3), (x, y + 13)), tone="fail", width=1.5,
                         title=check.name)  # fmt: skip
    change = report.change.differences.get(name) if report.change else None
    if change and change.subscore_base is not None:
        yield Mark(x=scale.at(change.subscore_base), y=y + 5, radius=4, tone="mark", hollow=True,
                   title=f"base: {change.subscore_base:.0f}")  # fmt: skip
    yield Words(x=WIDTH - 64, y=top + 15, text=whole(score), anchor="end", size=11.5, tone="ink")
    if line.status is not None:
        tone = "soft" if line.status is Status.NOT_LOOKED_AT else line.status.value
        yield Words(x=WIDTH - 56, y=top + 15, text=SYMBOLS[line.status], size=12.5, tone=tone,
                    bold=True)  # fmt: skip
        yield Words(x=WIDTH - 42, y=top + 15, text=_cause(line), size=10, tone=tone)


def _cause(line: Line) -> str:
    """Column that the worst missed limit is about: it tells why a long bar can fail."""
    checks = [c for c in line.checks if c.status is line.status and c.status in MISSED]
    return "" if not checks else CAUSES.get(checks[0].column, "subscore")


def _pool_subscores(report: Report, pool: Pool) -> dict[str, tuple[float, ...]]:
    """By metric, the subscores of the pool's datasets."""
    metrics = report.profile.metrics
    rows = [{m.name: member.metrics.get(m.name) for m in metrics} for member in pool.datasets]
    subscores: dict[str, list[float]] = {}
    for scored in plain_scores(rows, pool, metrics=metrics):
        for name, score in scored.subscores.items():
            subscores.setdefault(name, []).append(score)
    return {name: tuple(scores) for name, scores in subscores.items()}
