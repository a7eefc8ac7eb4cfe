"""The report as JUnit XML, which every CI system shows: a suite a dataset, a case a check."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from deri_gate.gate.records import Status
from deri_gate.measuring.shares import ACCEPTED
from deri_gate.reports.lines import observed_text
from deri_gate.reports.text import number
from deri_gate.reports.units import bound_text, words_of
from deri_gate.reports.words import NOT_LOOKED_AT
from deri_gate.runtime.output import defused

if TYPE_CHECKING:
    from deri_gate.gate.records import Check
    from deri_gate.reports.report import Report

# What XML 1.0 has no place for, not even escaped: controls, lone surrogates, non-characters. To
# compile a set of what has a place takes 5 ms of every start.
ILLEGAL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def as_junit(report: Report) -> str:
    """`junit.xml`: failure for a critical limit missed, error for unknown, skipped for the rest.

    The rest is what a waiver lets through, and what the dataset has nothing to look at for.
    A missed limit of severity warning passes, as JUnit has no warnings; the suite's output has
    them. Nothing is used that only some of the schemas in use allow.
    """
    info, run = report.metrics.dataset, report.run
    seconds = f"{sum(run.seconds.values()):.3f}"
    counts = {
        "tests": len(report.checks),
        "failures": sum(check.status is Status.FAIL for check in report.checks),
        "errors": sum(check.status is Status.UNKNOWN for check in report.checks),
        "skipped": sum(_skipped(check) for check in report.checks),
    }
    numbers = {name: str(count) for name, count in counts.items()}
    suites = Element("testsuites")
    suite = SubElement(
        suites,
        "testsuite",
        {
            "name": legal(info.name),
            "package": "deri-gate",
            "id": "0",
            "timestamp": run.started.strftime("%Y-%m-%dT%H:%M:%S"),
            "hostname": "localhost",  # the schema wants one; which machine it was is in run.json
            "time": seconds,
            **numbers,
        },
    )
    properties = SubElement(suite, "properties")
    for name, value in _facts(report).items():
        SubElement(properties, "property", {"name": name, "value": legal(value)})
    for check in report.checks:
        _case(suite, check, info.name)
    warned = [check for check in report.checks if check.status is Status.WARN and not check.waived]
    SubElement(suite, "system-out").text = legal(
        "\n".join(f"warning: {words_of(check)}: {_said(check)}" for check in warned)
    )
    SubElement(suite, "system-err")
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def legal(text: str) -> str:
    """The text without characters that XML cannot hold, and without a runner's commands.

    Programs that show it print it line by line into the log of a run.
    """
    return ILLEGAL.sub("\ufffd", defused(text))


def _facts(report: Report) -> dict[str, str]:
    return {
        "verdict": report.verdict,
        report.scored.title: number(report.scored.deri1000, 6),
        "pool": f"{report.pool.name} {report.pool.hash}",
        "profile": f"{report.metrics.profile.name} {report.metrics.profile.hash}",
        "seed": str(report.profile.seed),
        "fingerprint": report.metrics.dataset.fingerprint,
        **{f.kind: f.detail for f in report.metrics.findings if f.kind == ACCEPTED},
    }


def _case(suite: Element, check: Check, dataset: str) -> None:
    named = {"name": legal(check.name), "classname": legal(f"{dataset}.{check.row}")}
    case = SubElement(suite, "testcase", {**named, "time": "0"})
    said = legal(_said(check))
    if _skipped(check):
        SubElement(case, "skipped", {"message": said})
    elif check.status is Status.FAIL:
        SubElement(case, "failure", {"message": said, "type": "limit missed"}).text = said
    elif check.status is Status.UNKNOWN:
        SubElement(case, "error", {"message": said, "type": "could not judge"}).text = said


def _skipped(check: Check) -> bool:
    """True if JUnit shall not count it as passed: it is waived, or nothing was looked at."""
    return check.waived or check.status is Status.NOT_LOOKED_AT


def _said(check: Check) -> str:
    known = check.observed is not None
    observed = f"is {observed_text(check)}" if known else ""
    if known and (bound := bound_text(check)):
        observed += f", {bound}"
    if check.status is Status.NOT_LOOKED_AT:
        observed = NOT_LOOKED_AT
    return ". ".join(part for part in (observed, check.detail, check.reason) if part)
