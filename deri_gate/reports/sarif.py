"""Missed limits as SARIF 2.1.0, which GitHub's code scanning and many editors read."""

# ruff: noqa: N815  # the names are the standard's

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from deri_gate import __version__
from deri_gate.reports.advice import advice_on
from deri_gate.reports.lines import missed
from deri_gate.reports.text import LONGEST_TEXT, number, printable
from deri_gate.schemas.base import JsonRecord, as_json
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from deri_gate.gate.records import Check
    from deri_gate.reports.report import Report


class Message(JsonRecord):
    """Plain text."""

    text: str


class Rule(JsonRecord):
    """A limit."""

    id: str
    shortDescription: Message


class Driver(JsonRecord):
    """The program, with the limits that are missed."""

    name: Literal["deri-gate"]
    version: str
    rules: tuple[Rule, ...]


class Tool(JsonRecord):
    """Holder of the program's description."""

    driver: Driver


class Artifact(JsonRecord):
    """A file, percent-encoded and relative to the repository."""

    uri: str


class PhysicalLocation(JsonRecord):
    """Place in a file."""

    artifactLocation: Artifact


class Location(JsonRecord):
    """Place of a result."""

    physicalLocation: PhysicalLocation


class Suppression(JsonRecord):
    """Reason for which a result does not count."""

    kind: Literal["external"] = "external"
    justification: str


class SarifResult(JsonRecord):
    """A missed limit."""

    ruleId: str
    ruleIndex: int
    level: Literal["error", "warning"]
    message: Message
    locations: tuple[Location, ...]
    suppressions: tuple[Suppression, ...] = ()


class Run(JsonRecord):
    """Outcome of one run."""

    tool: Tool
    results: tuple[SarifResult, ...]


class Log(JsonRecord):
    """A SARIF file."""

    version: Literal["2.1.0"] = "2.1.0"
    runs: tuple[Run, ...]


def as_sarif(report: Report, file: str | None = None) -> str:
    """A log of one run: a rule a missed limit, and a result for it.

    Args:
        report: What is reported.
        file: Path that git knows, which the results are anchored to; the dataset's name if None.
    """
    checks = missed(report)
    where = Artifact(uri=quote(printable(file or report.metrics.dataset.name)))
    place = Location(physicalLocation=PhysicalLocation(artifactLocation=where))
    rules = tuple(Rule(id=_id(c), shortDescription=Message(text=_id(c))) for c in checks)
    driver = Driver(name="deri-gate", version=__version__, rules=rules)
    results = tuple(_result(i, check, place) for i, check in enumerate(checks))
    return as_json(Log(runs=(Run(tool=Tool(driver=driver), results=results),)))


def said_of(check: Check) -> str:
    """The number that is held against a limit, with what is known of it, as plain text."""
    observed = "unknown" if check.observed is None else f"is {number(check.observed)}"
    parts = (f"{check.name}: {observed}", check.detail, check.reason, advice_on(check))
    return printable(". ".join(part.rstrip(".") for part in parts if part) + ".", LONGEST_TEXT)


def _id(check: Check) -> str:
    return printable(check.name, LONGEST_TEXT)


def _result(number_of_rule: int, check: Check, place: Location) -> SarifResult:
    why = printable(check.detail, LONGEST_TEXT)
    return SarifResult(
        ruleId=_id(check),
        ruleIndex=number_of_rule,
        level="warning" if check.status is Status.WARN else "error",
        message=Message(text=said_of(check)),
        locations=(place,),
        suppressions=(Suppression(justification=why),) if check.waived else (),
    )
