"""The report as a person reads it on a terminal: the worst first, and at the end what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.columns import Columns
from rich.style import Style
from rich.text import Text

from deri_gate.reports.advice import advice_on
from deri_gate.reports.console_tables import checks_table, metrics_table, suspects_table
from deri_gate.reports.explained import member_text
from deri_gate.reports.finding_lines import finding_lines, some_lines
from deri_gate.reports.headline import headline_of
from deri_gate.reports.lines import (
    checks_not_looked_at,
    compared_text,
    difference_text,
    metric_lines,
    missed,
    missed_once,
    not_looked_at_by_reason,
    unjudged_splits,
)
from deri_gate.reports.screen import STYLES, Screen, columns, grouped, laid_out
from deri_gate.reports.tally import suspects_by_look
from deri_gate.reports.text import LONGEST_TEXT, limits_text, number, printable, whole
from deri_gate.reports.units import words_of
from deri_gate.reports.words import Detail, class_words, verdict_words
from deri_gate.runtime.counts import counted, listed
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from deri_gate.reports.report import Report

PAGE = "report.html"
MOST_TESTS, MOST_FINDINGS, MOST_ADVICE = 5, 5, 3
LOW = 10  # subscore below which advice is given though no limit is missed
PLAIN = Screen()


def as_text(
    report: Report,
    *,
    screen: Screen = PLAIN,
    detail: Detail = Detail.NORMAL,
    folder: Path | None = None,
) -> str:
    """The report in about 30 lines: headline, missed limits, suspects, verdict and what to do.

    Args:
        report: What is told.
        screen: Width and colours of the place where it is printed.
        detail: `QUIET` for the last lines alone, `FULL` for all limits, metrics and reasons.
        folder: Folder of the report's files, which is told at the end; None for none, as where no
            option shows more.
    """
    full = detail is Detail.FULL
    end = [_end(report, folder, full=full)]
    if detail is Detail.QUIET:
        return laid_out(end, screen)
    told = missed(report) if full else missed_once(report)
    parts = [
        _head(report),
        _titled("Limits missed", checks_table(told, screen, detail=detail)),
        _change(report, full=full),
        _titled("Suspects", _suspects(report)),
        _findings(report, full=full),
        _unmeasured(report),
        _titled("Metrics", metrics_table(report, screen)) if full else _subscores(report),
        _passed(report, screen, detail, more="; -v shows them, and all values" if folder else ""),
        *end,
    ]
    return laid_out([part for part in parts if part is not None], screen)


def _titled(title: str, part: RenderableType | None) -> RenderableType | None:
    return None if part is None else grouped(Text(title, style="bold"), part)


def _head(report: Report) -> RenderableType:
    info, scored = report.metrics.dataset, report.scored
    verdict = Text(verdict_words(report).upper(), style=STYLES[report.verdict])
    parts = [verdict.append(f"  {printable(info.name)}", style="not bold default")]
    parts.append(Text(printable(headline_of(report).text, LONGEST_TEXT)))
    if report.drift:  # scores of a batch and a larger baseline do not compare
        pass
    elif report.change:
        score = report.change.deri1000
        parts.append(
            Text(f"{scored.title} {whole(score.base)} -> {whole(score.head)}, "
                 f"{difference_text(score)}")
        )  # fmt: skip
    elif scored.deri1000 is not None:
        between = limits_text(scored.interval)
        parts.append(
            Text(f"{scored.title} {scored.deri1000:.0f}{between}   U {number(scored.u, 3)} of 100")
        )
    member = member_text(scored)
    parts += [Text(member)] if member else []
    parts.append(Text(_facts(report), style="dim"))
    return grouped(*parts)


def _facts(report: Report) -> str:
    info = report.metrics.dataset
    facts = [counted(info.images, "image")]
    facts += [f"{info.unreadable:,} unreadable"] if info.unreadable else []
    facts.append(class_words(info))
    facts += [f"split {printable(info.split)}"] if info.split else []
    facts += [printable(info.read_as.line, LONGEST_TEXT)] if info.read_as.line else []
    facts.append(f"pool {printable(report.pool.name)} {report.pool.hash}")
    return ", ".join([*facts, f"profile {report.profile.name}"])


def _suspects(report: Report) -> RenderableType | None:
    """Suspects of metrics, copies in other splits, and images that look odd."""
    leaked = report.leaks.copies if report.leaks else ()
    return suspects_table(metric_lines(report), suspects_by_look(report.table), leaked)


def _change(report: Report, *, full: bool) -> RenderableType | None:
    """Changes against the base, and significant differences for the worse."""
    change = report.change
    if change is None:
        return None
    sure = sorted(change.shown_tests, key=lambda test: test.adjusted_p)
    most = len(sure) if full else MOST_TESTS
    said = [compared_text(report), *(test.sentence for test in sure[:most])]
    if len(sure) > most:
        said.append(f"and {counted(len(sure) - most, 'more such result')} in {PAGE}")
    title = "Change" if report.drift is None else "Drift"
    return _titled(title, grouped(*(Text(printable(text, LONGEST_TEXT)) for text in said)))


def _findings(report: Report, *, full: bool) -> RenderableType | None:
    findings = report.metrics.findings
    most = 10 * MOST_FINDINGS if full else MOST_FINDINGS
    if not findings:
        return None
    shown = some_lines(finding_lines(findings), most)
    table = [Text(f"{f.kind}: {f.named(printable)}: {printable(f.detail, 200)}") for f in shown]
    left = len(findings) - sum(f.count for f in shown)
    if left:
        more = counted(left, "more finding")
        table.append(Text(f"and {more} in metrics.json", style="dim"))
    return _titled("Findings", grouped(*table))


def _unmeasured(report: Report) -> RenderableType | None:
    """A line a reason, with all metrics that have no value for it."""
    lines = metric_lines(report)
    reasons = dict.fromkeys(line.reason for line in lines if line.reason)
    said = [
        Text(f"{listed([line.metric.name for line in lines if line.reason == reason])}: {reason}")
        for reason in reasons
    ]
    return _titled("Not measured", grouped(*said)) if said else None


def _subscores(report: Report) -> RenderableType | None:
    """All subscores side by side, in the colours of their statuses."""
    cells = [
        Text(f"{line.metric.name} ").append(
            line.subscore, style=STYLES[line.status] if line.status else ""
        )
        for line in metric_lines(report)
        if not line.reason
    ]
    title = "Subscores, 0 to 100, 50 in the middle of the pool"
    return _titled(title, Columns(cells, padding=(0, 3))) if cells else None


def _passed(report: Report, screen: Screen, detail: Detail, *, more: str) -> RenderableType:
    """The limits that are kept: all of them at full detail, otherwise their number."""
    passed = [check for check in report.checks if check.status is Status.PASS]
    others = unjudged_splits(report)
    unseen = [f"Not looked at: {others}"] if others else []
    if detail is Detail.FULL:
        absent = checks_not_looked_at(report)
        table = _titled("Other limits", checks_table([*passed, *absent], screen, detail=detail))
        return grouped(table, _dim(unseen))
    said = [
        f"Not looked at: {listed(rows)}: {reason}"
        for reason, rows in not_looked_at_by_reason(report).items()
    ]
    kept = [f"{counted(len(passed), 'limit')} passed{more}."] if passed else []
    return _dim([*said, *unseen, *kept])


def _dim(texts: Sequence[str]) -> RenderableType:
    """Sentences that are read last, one below the other."""
    return grouped(*(Text(printable(text, LONGEST_TEXT), style="dim") for text in texts))


def _end(report: Report, folder: Path | None, *, full: bool) -> RenderableType:
    """Verdict in words, what to do next, and where the report is."""
    table = columns("", "")
    table.columns[1].no_wrap = False
    verdict = Text(verdict_words(report).capitalize(), style=STYLES[report.verdict])
    table.add_row(
        "Verdict", verdict.append(f": {counts_text(report, full=full)}", style="not bold default")
    )
    table.add_row("Next", Text(_next(report)))
    if folder is not None:
        place = Text(
            printable(str(folder / PAGE), LONGEST_TEXT),
            style=Style(link=(folder.absolute() / PAGE).as_uri()),
            overflow="fold",
        )
        table.add_row("Report", place)
    return table


def counts_text(report: Report, *, full: bool = False) -> str:
    """Numbers of limits by what became of them: "1 limit failed, 4 warned and 33 passed".

    Args:
        report: Holds the limits.
        full: Whether limits that warn of a number that fails count, too.
    """
    told = missed(report) if full else missed_once(report)
    number_of = {
        "not judged": sum(c.status is Status.UNKNOWN for c in report.checks),
        "failed": sum(c.status is Status.FAIL for c in report.checks),
        "warned": sum(c.status is Status.WARN and not c.waived for c in told),
        "waived": sum(c.waived for c in report.checks),
        "passed": sum(c.status is Status.PASS for c in report.checks),
    }
    (first, count), *rest = [(deed, n) for deed, n in number_of.items() if n] or [("judged", 0)]
    return listed([f"{counted(count, 'limit')} {first}", *(f"{n:,} {deed}" for deed, n in rest)])


def _next(report: Report) -> str:
    """Advice on the worst of the missed limits, each once."""
    checks = [check for check in missed(report) if not check.waived]
    advice = dict.fromkeys(text for check in checks if (text := advice_on(check)))
    if advice:
        return " ".join([*advice][:MOST_ADVICE])
    if checks:
        return f"See why {printable(words_of(checks[0]))} is missed."
    return _next_when_calm(report)


def _next_when_calm(report: Report) -> str:
    """Advice where no limit is missed: on the lowest subscore if it is far below the pool's."""
    lines, waived = metric_lines(report), any(check.waived for check in report.checks)
    known = {
        line.metric: subscore
        for line in lines
        if (subscore := report.scored.subscores[line.metric.name]) is not None
    }
    lowest = min(known, key=lambda metric: known[metric], default=None)
    if lowest is not None and known[lowest] < LOW and report.drift is None:  # small batches are low
        about = f"{lowest.name}, {number(known[lowest], 3)} of 100"
        held = "Only waived limits are missed." if waived else "No limit is missed."
        return f"{held} The lowest subscore is {about}: {lowest.advice}"
    suspects = any(line.suspects for line in lines)
    calm = "Only waived limits are missed." if waived else "Nothing needs to be done."
    return calm + (" The suspects are worth a look." if suspects else "")
