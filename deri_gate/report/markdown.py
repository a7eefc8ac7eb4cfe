"""The report as a pull request shows it: no pixels, nothing a file name could smuggle in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deri_gate.report.lines import limit_text, metric_lines, other_checks
from deri_gate.report.text import number, printable

if TYPE_CHECKING:
    from deri_gate.report.report import Report

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+.!|<>~@&$-])")
MOST_NAMES = 10
MOST_FINDINGS = 20
VERDICTS = {
    "pass": "✅ passed",
    "warn": "⚠️ passed with warnings",
    "fail": "❌ failed",
    "unknown": "❔ could not judge",
}


def escaped(name: str) -> str:
    """A name as plain Markdown text: no link, mention, markup or table border."""
    return SPECIAL.sub(lambda found: f"&#{ord(found[1])};", printable(name))


def as_markdown(report: Report) -> str:
    """`summary.md`: verdict, score, a row a metric, folded blocks with the images to blame."""
    parts = [_head(report), _table(report), _other(report), *_blocks(report), _foot(report)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(report: Report) -> str:
    info, scored = report.metrics.dataset, report.scored
    between = "" if scored.interval is None else " ({:.0f} to {:.0f})".format(*scored.interval)
    score = "-" if scored.deri1000 is None else f"{scored.deri1000:.0f}{between}"
    split = f", split {escaped(info.split)}" if info.split else ""
    return (
        f"## {VERDICTS[report.verdict]}: {escaped(info.name)}\n\n"
        f"**DERI1000 {score}** · U {number(scored.u, 3)} of 100 · {info.images} images, "
        f"{info.unreadable} unreadable, {info.classes} classes{split}"
    )


def _table(report: Report) -> str:
    rows = [
        "| metric | value | subscore | weight | limit | status | blamed |",
        "|---|--:|--:|--:|---|---|--:|",
    ]
    rows += [
        f"| {line.metric.title} (`{line.metric.name}`) | {line.value} | {line.subscore} | "
        f"{line.weight} | {escaped(line.limit)} | {_status(line.status)} | {line.blamed or ''} |"
        for line in metric_lines(report)
    ]
    return "\n".join(rows)


def _status(status: str) -> str:
    return VERDICTS[status].split()[0] + f" {status}" if status else ""


def _other(report: Report) -> str:
    return "\n".join(
        f"* {_status(check.status)}: {escaped(check.metric)} is {number(check.observed)} "
        f"({escaped(limit_text(check))})"
        for check in other_checks(report)
    )


def _blocks(report: Report) -> list[str]:
    blocks = []
    for line in metric_lines(report, most=MOST_NAMES):
        if line.reason:
            blocks.append(f"`{line.metric.name}` was not measured: {escaped(line.reason)}")
        if not line.worst:
            continue
        names = "\n".join(f"* {escaped(name)}" for name in line.worst)
        more = line.blamed - len(line.worst)
        rest = f"\n* and {more} more in `images.parquet`" if more else ""
        blocks.append(
            f"<details><summary>{line.metric.title}: {line.blamed} images to look at. "
            f"{line.metric.advice}</summary>\n\n{names}{rest}\n\n</details>"
        )
    if report.metrics.findings:
        blocks.append(_findings(report))
    return blocks


def _findings(report: Report) -> str:
    findings = report.metrics.findings
    shown = "\n".join(
        f"* {escaped(f.kind)}: {escaped(f.path)}: {escaped(f.detail)}"
        for f in findings[:MOST_FINDINGS]
    )
    more = len(findings) - MOST_FINDINGS
    rest = f"\n* and {more} more in `metrics.json`" if more > 0 else ""
    return f"<details><summary>{len(findings)} findings</summary>\n\n{shown}{rest}\n\n</details>"


def _foot(report: Report) -> str:
    missed = [check for check in report.checks if check.status != "pass"]
    reasons = "\n".join(
        f"* {_status(check.status)}: {escaped(check.name)}. {escaped(check.reason)}"
        + (f" {escaped(check.detail)}" if check.detail else "")
        for check in missed
    )
    facts = (
        f"<sub>pool {escaped(report.pool.name)} {report.pool.hash} · profile "
        f"{report.profile.name} {report.profile.hash} · seed {report.profile.seed} · "
        f"fingerprint {report.metrics.dataset.fingerprint[:16]}</sub>"
    )
    return f"{reasons}\n\n{facts}" if reasons else facts
