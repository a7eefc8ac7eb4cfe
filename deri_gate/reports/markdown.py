"""The report as a pull request shows it: no pixels, nothing a file name could smuggle in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.changes.records import SHOWN
from deri_gate.gate.records import Status
from deri_gate.reports.finding_lines import finding_lines, some_lines
from deri_gate.reports.headline import changed_classes, headline_of
from deri_gate.reports.lines import (
    compared_text,
    difference_text,
    limit_text,
    metric_lines,
    not_looked_at_by_reason,
    observed_text,
    other_checks,
    suspects_text,
    unjudged_splits,
)
from deri_gate.reports.markdown_blocks import MOST_NAMES, folded_block, look_blocks, masks_block
from deri_gate.reports.markdown_limits import MOST_CHECKS, marked_status, missed_text
from deri_gate.reports.sufficiency import coverage_text, curve_text
from deri_gate.reports.tables import markdown_row
from deri_gate.reports.text import code, escaped, limits_text, number, whole
from deri_gate.reports.words import marked_report, size_words
from deri_gate.runtime.counts import counted, listed
from deri_gate.runtime.figures import in_unit, probability

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deri_gate.measuring.leakage import LeakedGroup
    from deri_gate.reports.lines import Line
    from deri_gate.reports.report import Report

MOST_BYTES = 60_000  # a comment may have 65,536 characters; the rest is for what stands around
MOST_FINDINGS = 20


def as_markdown(report: Report, *, most_bytes: int = MOST_BYTES) -> str:
    """`summary.md`: verdict, score, a row a metric, folded blocks with the suspects.

    Args:
        report: What is reported.
        most_bytes: The text is no longer in UTF-8; what does not fit is left out from the end,
            and that is said.
    """
    lines = metric_lines(report, most=MOST_NAMES)
    head = [_head(report), missed_text(report)]
    blocks = [
        *_change_blocks(report),
        *_leaks(report),
        *_metric_blocks(lines),
        *look_blocks(report),
        *masks_block(report),
        *_findings(report),
        *_not_measured(lines),
        *_not_looked_at(report),
        _sufficiency(report),
        folded_block("All metrics", [_table(report, lines)], 1),
        _others(report),
    ]
    parts = [part for part in (*head, *blocks) if part]
    return _fitted(parts, _foot(report), most_bytes)


def _fitted(parts: Iterable[str], foot: str, most_bytes: int) -> str:
    left_out = "_Not all that was found fits here; `report.html` has it._"
    room = most_bytes - len(left_out.encode()) - len(foot.encode()) - 8
    kept, full = [], False
    for part in parts:
        size = len(part.encode()) + 2
        if size > room:
            full = True
            continue
        room -= size
        kept.append(part)
    return "\n\n".join([*kept, *([left_out] if full else []), foot]) + "\n"


def _head(report: Report) -> str:
    info, change = report.metrics.dataset, report.change
    split = f", split {code(info.split)}" if info.split else ""
    facts = size_words(info) + split
    parts = [
        f"## {marked_report(report)}: {code(info.name)}",
        f"**{escaped(headline_of(report).text)}**",
        " · ".join(part for part in (_score(report), facts) if part),
    ]
    if info.read_as.line:
        parts.append(f"{escaped(info.read_as.line[:1].upper() + info.read_as.line[1:])}.")
    if change:
        parts.append(escaped(compared_text(report)))
        parts += [f"Classes {escaped(text)}." for text in changed_classes(change, MOST_NAMES)]
    return "\n\n".join(parts)


def _score(report: Report) -> str:
    scored, change = report.scored, report.change
    if report.drift is not None:  # scores of a batch and a larger baseline do not compare
        return ""
    if change is None:
        u = f"{limits_text(scored.interval)} · U {number(scored.u, 3)} of 100"
        return f"**{scored.title} {whole(scored.deri1000)}**{u}"
    score = change.deri1000
    moved = "" if score.difference is None else f", difference {difference_text(score)}"
    return f"**{scored.title} {whole(score.base)} → {whole(score.head)}**{moved}"


def _table(report: Report, lines: Sequence[Line]) -> str:
    if report.change is None:
        heads = ("metric", "value", "subscore", "limit", "status", "suspects")
        rows = [(_title(m), m.value, m.subscore, *_limit(m), str(m.suspects or "")) for m in lines]
        ruler = "|---|--:|--:|---|---|--:|"
    else:
        heads = ("metric", "base", "head", "difference", "limit", "status")
        rows = [(_title(m), m.base, m.value, m.difference, *_limit(m)) for m in lines]
        ruler = "|---|--:|--:|--:|---|---|"
    return "\n".join([markdown_row(heads), ruler, *map(markdown_row, rows)])


def _title(line: Line) -> str:
    return f"{line.metric.title} (`{line.metric.name}`)"


def _limit(line: Line) -> tuple[str, str]:
    return escaped(line.limit, 160), marked_status(line.status)


def _others(report: Report) -> str:
    """Checks that no row of the table is about, when they pass."""
    passed = [check for check in other_checks(report) if check.status is Status.PASS]
    if not passed:
        return ""
    lines = [
        f"* {escaped(check.row)}: {observed_text(check)} ({escaped(limit_text(check), 160)})"
        for check in passed[:MOST_CHECKS]
    ]
    title = f"{counted(len(passed), 'other check')} {'passes' if len(passed) == 1 else 'pass'}"
    return folded_block(title, lines, len(passed))


def _metric_blocks(lines: Sequence[Line]) -> list[str]:
    """A block a metric: those that miss a limit first."""
    order = sorted(lines, key=lambda line: line.status in (None, Status.PASS))
    return [_metric_block(m) for m in order if m.worst or _misses(m)]


def _misses(line: Line) -> bool:
    return any(check.status in (Status.WARN, Status.FAIL) for check in line.checks)


def _metric_block(line: Line) -> str:
    unit = line.metric.unit
    classes = ", ".join(
        f"{code(part.name)} {in_unit(part.value, unit)} ({counted(part.images, 'image')})"
        for part in line.classes
    )
    advice = f"{line.metric.advice} {escaped(line.note)}".strip()
    before = f"{advice}\n\nWorst classes: {classes}" if classes else advice
    mark = marked_status(line.status) if _misses(line) else ""
    title = f"{mark} {line.metric.title}: {suspects_text(line)}".strip()
    return folded_block(title, [f"* {code(name)}" for name in line.worst], line.suspects, before)


def _not_measured(lines: Sequence[Line]) -> list[str]:
    """One line on all metrics without a value, and why."""
    said = [f"`{line.metric.name}` ({escaped(line.reason)})" for line in lines if line.reason]
    return [f"Not measured: {', '.join(said)}."] if said else []


def _not_looked_at(report: Report) -> list[str]:
    """One line on limits that there was nothing to hold against, and splits not judged."""
    said = [
        f"{listed([f'`{escaped(row)}`' for row in rows])} ({escaped(reason)})"
        for reason, rows in not_looked_at_by_reason(report).items()
    ]
    said += [escaped(others)] if (others := unjudged_splits(report)) else []
    return [f"Not looked at: {'; '.join(said)}."] if said else []


def _sufficiency(report: Report) -> str:
    """Paragraph on thin classes and regions, and on what more images would bring."""
    if report.sufficiency is None:
        return ""
    coverage = coverage_text(report.sufficiency, report.class_titles, code)
    return "\n\n".join(part for part in (coverage, curve_text(report.sufficiency)) if part)


def _change_blocks(report: Report) -> list[str]:
    """A block for each thing that the changed images are surely worse in."""
    tests = report.change.tests if report.change else ()
    names = report.change.files.names if report.change else ()
    lines = [f"* {code(name)}" for name in names[:MOST_NAMES]]
    return [
        *(
            [
                folded_block(
                    f"Beside the judged images: {counted(len(names), 'change')}", lines, len(names)
                )
            ]
            if names
            else []
        ),
        *(
            folded_block(
                f"{escaped(test.title)}: effect {number(test.effect, 2)}, "
                f"adjusted p {probability(test.adjusted_p)}",
                [f"* {code(name)}" for name in test.images[:MOST_NAMES]],
                len(test.images),
                escaped(test.sentence),
            )
            for test in sorted(tests, key=lambda test: (test.adjusted_p, test.name))
            if test.adjusted_p < SHOWN
        ),
    ]


def _leaks(report: Report) -> list[str]:
    leaks = report.leaks
    if leaks is None or not (leaks.pairs or leaks.groups or leaks.patients):
        return []
    lines = [
        f"* {code(pair.image)} ({escaped(pair.split)}) {'is' if pair.exact else 'looks like'} "
        f"{code(pair.other)} ({escaped(pair.other_split)})"
        f"{', ' * bool(pair.turn)}{escaped(pair.turn)}"
        for pair in leaks.pairs[:MOST_NAMES]
    ]
    groups = () if leaks.groups == leaks.patients else leaks.groups  # patients are the groups
    lines += _leaked("patient", leaks.patients) + _leaked("group", groups)
    counts = {"image": leaks.pairs, "patient": leaks.patients, "group": groups}
    title = ", ".join(counted(len(of), noun) for noun, of in counts.items() if of)
    total = sum(map(len, counts.values()))
    return [folded_block(f"In several splits: {title}", lines, total)]


def _leaked(noun: str, groups: Sequence[LeakedGroup]) -> list[str]:
    return [
        f"* {noun} {code(group.group)}: "
        + ", ".join(f"{count} in {escaped(split)}" for split, count in group.images)
        for group in groups[:MOST_NAMES]
    ]


def _findings(report: Report) -> list[str]:
    findings = report.metrics.findings
    if not findings:
        return []
    shown = some_lines(finding_lines(findings), MOST_FINDINGS)
    lines = [f"* {escaped(f.kind)}: {f.named(code)}: {escaped(f.detail)}" for f in shown]
    left = len(findings) - sum(line.count for line in shown)
    return [folded_block(counted(len(findings), "finding"), lines, len(lines) + left)]


def _foot(report: Report) -> str:
    profile = report.metrics.profile
    return (
        f"<sub>pool {escaped(report.pool.name)} {report.pool.hash} · profile "
        f"{profile.name} {profile.hash} · seed {report.profile.seed} · "
        f"fingerprint {report.metrics.dataset.fingerprint[:16]}</sub>"
    )
