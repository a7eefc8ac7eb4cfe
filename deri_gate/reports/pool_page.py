"""Pages on pools: one file each, no network, no script, everything escaped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment

from deri_gate.reports.linking import divided
from deri_gate.reports.pool_text import (
    ABOUT_CENTRES,
    ABOUT_METRICS,
    centre_rows,
    damage_rows,
    member_rows,
    metric_rows,
    points,
    pool_diff_sentences,
    score_rows,
)
from deri_gate.reports.text import LONGEST_NAME, LONGEST_TEXT, number, printable, whole
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deri_gate.schemas.pool_report import MemberReport, PoolDiff, PoolReport

TEMPLATE = Path(__file__).parent / "pool.html.jinja"
MOST_IN_MATRIX = 24  # datasets: a wider table of influences is not read
STRONGEST = 0.5  # opacity of the full colour, on which a number can still be read
FULL = 100.0  # points of DERI1000 at which a cell of the influences has its full colour
PLACES = 1000  # width of a plot


@dataclass(frozen=True, kw_only=True)
class PlotDot:
    """A value on a line from 0 to `PLACES`."""

    x: float
    said: str
    hollow: bool = False


@dataclass(frozen=True, kw_only=True)
class PlotLine:
    """Row of a plot: dots, and bars from one place to another."""

    name: str
    dots: tuple[PlotDot, ...] = ()
    bar: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Rows over one axis, drawn from numbers alone."""

    title: str
    lines: tuple[PlotLine, ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, kw_only=True)
class MatrixCell:
    """Change of one score, and the strength of its colour."""

    said: str
    worse: bool
    strength: float


def pool_page(report: PoolReport) -> str:
    """`pool-report.html`: members, spreads, influences, weights, damage."""
    return _render(
        title=f"Pool {printable(report.pool.name)}",
        hash=report.pool.hash,
        report=report,
        found=None,
        plots=[_scores(report), _subscores(report), _weights(report)],
        members=member_rows(report.datasets),
        metrics=metric_rows(report),
        about=ABOUT_METRICS,
        damage=damage_rows(report) if report.damage else [],
        matrix=_matrix(report),
        warnings=report.warnings,
    )


def pool_diff_page(difference: PoolDiff) -> str:
    """`pool-diff.html`: datasets, scores and centres of two pools."""
    first, second = (printable(pool.name) for pool in difference.pools)
    return _render(
        title=f"Pool {first} and {second}",
        hash=f"{difference.pools[0].hash} → {difference.pools[1].hash}",
        report=None,
        found=difference,
        plots=[_both_scores(difference)],
        sentences=pool_diff_sentences(difference),
        scores=score_rows(difference),
        centres=centre_rows(difference),
        about=ABOUT_CENTRES,
        warnings=difference.warnings,
    )


def _render(**values: object) -> str:
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    page.filters.update(
        counted=counted,
        number=number,
        divided=divided,
        shown=lambda name: printable(str(name), LONGEST_NAME),
        said=lambda text: printable(str(text), LONGEST_TEXT),
    )
    return page.from_string(TEMPLATE.read_text("utf-8")).render(places=PLACES, **values)


def _scores(report: PoolReport) -> Plot:
    own = [(member.name, member.DERI1000, member.without_itself) for member in report.datasets]
    return _score_plot("DERI1000 of each dataset; open: against the others alone", own)


def _both_scores(difference: PoolDiff) -> Plot:
    own = [
        (name, dataset.scores[1], dataset.scores[0])
        for name, dataset in difference.datasets.items()
    ]
    return _score_plot("DERI1000 by the second pool; open: by the first", own)


def _score_plot(title: str, rows: Sequence[tuple[str, float | None, float | None]]) -> Plot:
    known = [value for _, *pair in rows for value in pair if value is not None] or [1000.0]
    low = 100 * (min(*known, 900) // 100)
    high = 100 * -(-max(*known, 1100) // 100)

    def place(value: float) -> float:
        return round(PLACES * (value - low) / (high - low), 1)

    lines = tuple(
        PlotLine(
            name=printable(name, 24),
            dots=tuple(
                PlotDot(x=place(value), said=f"{printable(name)}: {whole(value)}", hollow=hollow)
                for value, hollow in ((before, True), (after, False))
                if value is not None
            ),
        )
        for name, after, before in rows
    )
    step = 100 if high - low <= 1000 else 100 * -(-(high - low) // 1000)  # noqa: PLR2004
    ticks = [low + step * i for i in range(int((high - low) // step) + 1)]
    return Plot(title=title, lines=lines, ticks=tuple((place(v), f"{v:.0f}") for v in ticks))


def _subscores(report: PoolReport) -> Plot:
    """Row of each metric, a dot for each dataset at its subscore."""
    return Plot(
        title="Subscores of the datasets, 50 the pool's median",
        lines=tuple(
            PlotLine(
                name=metric,
                dots=tuple(
                    PlotDot(x=10 * value, said=f"{printable(member.name)}: {value:.0f}")
                    for member in report.datasets
                    if (value := member.subscores.get(metric)) is not None
                ),
            )
            for metric in report.metrics
        ),
        ticks=tuple((10.0 * at, str(at)) for at in range(0, 101, 25)),
    )


def _weights(report: PoolReport) -> Plot:
    """Row of each metric: the weight in use, and that of damage to probes with its interval."""
    used = report.weights[report.used]
    ends = [end for one in report.fitted.values() for end in (one.interval or (one.weight,))]
    most = max([*used.values(), *ends, 0.1])

    def place(value: float) -> float:
        return round(PLACES * value / most, 1)

    lines = []
    for metric in report.metrics:
        dots = [PlotDot(x=place(used.get(metric, 0.0)), said=f"{used.get(metric, 0.0):.3f}")]
        fitted = report.fitted.get(metric)
        if fitted is not None:
            said = f"from damage to probes: {fitted.weight:.3f}"
            dots.append(PlotDot(x=place(fitted.weight), said=said, hollow=True))
        between = fitted.interval if fitted else None
        bar = (place(between[0]), place(between[1])) if between else None
        lines.append(PlotLine(name=metric, dots=tuple(dots), bar=bar))
    title = f"Weights in use ({printable(report.used)})"
    if report.fitted:
        title += "; open, with 95 % interval: fitted to what damage costs the probes"
    ticks = tuple((place(most * i / 4), number(most * i / 4, 2)) for i in range(5))
    return Plot(title=title, lines=tuple(lines), ticks=ticks)


def _matrix(report: PoolReport) -> list[tuple[str, list[MatrixCell]]]:
    """Row of each dataset that is left out: change of every other's score; empty if too wide."""
    names = [member.name for member in report.datasets]
    if len(names) > MOST_IN_MATRIX or not any(member.moves for member in report.datasets):
        return []
    return [
        (printable(member.name, 24), list(map(_matrix_cell, _changes(member, names))))
        for member in report.datasets
    ]


def _changes(left_out: MemberReport, names: Iterable[str]) -> Iterable[float | None]:
    return (left_out.moves.get(name) for name in names)


def _matrix_cell(change: float | None) -> MatrixCell:
    if change is None:
        return MatrixCell(said="", worse=False, strength=0.0)
    strength = round(STRONGEST * min(1.0, abs(change) / FULL), 2)
    return MatrixCell(said=points(change), worse=change < 0, strength=strength)
