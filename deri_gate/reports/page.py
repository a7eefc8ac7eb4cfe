"""The report as one file for people: no network, no script, no pixels of the dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment

from deri_gate.reports.lines import limit_text, metric_lines, missed, other_checks
from deri_gate.reports.member import member_text
from deri_gate.reports.text import LONGEST_TEXT, number, printable, signed, whole
from deri_gate.reports.words import VERDICT_WORDS, status_text, status_word
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from deri_gate.changes.records import Difference
    from deri_gate.explain.shortcuts import Shortcut
    from deri_gate.gate.records import Status
    from deri_gate.reports.report import Report
    from deri_gate.stats.intervals import Interval

TEMPLATE = Path(__file__).parent / "page.html.jinja"
MOST_NAMES = 100  # of images, a list
MOST_MAPS = 10  # of heat maps
COOLEST = 0.1  # heat of a cell that is drawn
SURE = 0.05  # adjusted p from which on a test found nothing
LOWEST, HIGHEST = 600.0, 1400.0  # of the scale on which the score is drawn: four deviations


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The score on a line from bad to good, in per cent of the line's length."""

    head: float
    low: float
    high: float
    base: float | None
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, kw_only=True)
class HeatMap:
    """Map of how well each place of the picture tells one class, with the images that show it."""

    shortcut: Shortcut
    side: int
    cells: tuple[tuple[int, int, float], ...]  # column, row and heat of those that tell


@dataclass(frozen=True, kw_only=True)
class ChartBar:
    """A subscore against the pool, 0 to 100, 50 the pool's median."""

    title: str
    name: str
    head: float | None
    base: float | None
    status: Status | None


def as_page(report: Report) -> str:
    """`report.html`: verdict, score with its interval, subscores, limits, worst classes, names."""
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page.filters.update(
        counted=counted,
        number=number,
        signed=signed,
        whole=whole,
        status=status_text,
        status_word=status_word,
        shown=lambda name: printable(str(name), 160),
        said=lambda text: printable(str(text), LONGEST_TEXT),
    )
    change = report.change
    tests = sorted(change.tests if change else (), key=lambda test: (test.corrected_p, test.name))
    return page.from_string(TEMPLATE.read_text("utf-8")).render(
        report=report,
        info=report.metrics.dataset,
        change=change,
        tests=[test for test in tests if test.corrected_p < SURE],
        calm=[test for test in tests if not test.corrected_p < SURE],
        verdict=VERDICT_WORDS[report.verdict].capitalize(),
        lines=metric_lines(report, most=MOST_NAMES),
        missed=missed(report),
        others=other_checks(report),
        limit_text=limit_text,
        member=member_text(report.scored),
        scale=_scale(report.scored.deri1000, report.scored.interval, _score(report)),
        bars=_bars(report),
        most=MOST_NAMES,
        maps=_heat_maps(report),
    )


def _score(report: Report) -> Difference | None:
    return report.change.deri1000 if report.change else None


def _scale(score: float | None, between: Interval | None, change: Difference | None) -> Scale:
    low, high = between or (score, score)
    return Scale(
        head=_place(score) or 0.0,
        low=_place(low) or 0.0,
        high=_place(high) or 0.0,
        base=_place(change.base) if change else None,
        ticks=tuple((_place(v) or 0.0, f"{v:.0f}") for v in range(700, 1301, 100)),
    )


def _place(score: float | None) -> float | None:
    """Place of a score on the line, in per cent; beyond its ends it lies on them."""
    if score is None:
        return None
    inside = min(max(score, LOWEST), HIGHEST)
    return round(100 * (inside - LOWEST) / (HIGHEST - LOWEST), 2)


def _bars(report: Report) -> list[ChartBar]:
    changes = report.change.differences if report.change else {}
    return [
        ChartBar(
            title=line.metric.title,
            name=line.metric.name,
            head=report.scored.subscores[line.metric.name],
            base=_base(changes.get(line.metric.name)),
            status=line.status,
        )
        for line in metric_lines(report)
    ]


def _heat_maps(report: Report) -> list[HeatMap]:
    """One for each place that gives a class away: drawn from numbers, without pixels."""
    told = report.shortcuts.told if report.shortcuts else ()
    return [
        HeatMap(
            shortcut=one,
            side=len(one.heat),
            cells=tuple(
                (int(x), int(y), round(float(one.heat[y, x]), 2))
                for y, x in zip(*(one.heat >= COOLEST).nonzero(), strict=True)
            ),
        )
        for one in told
        if one.heat is not None
    ][:MOST_MAPS]


def _base(change: Difference | None) -> float | None:
    return change.subscore_base if change else None
