"""Missed limits as SARIF 2.1.0, which GitHub's code scanning and many editors read."""

# ruff: noqa: N815  # the names are the standard's

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from pydantic import Field

from deri_gate import __version__
from deri_gate.reports.advice import advice_on
from deri_gate.reports.lines import missed, observed_text
from deri_gate.reports.text import LONGEST_TEXT, printable
from deri_gate.reports.units import words_of
from deri_gate.schemas.base import JsonRecord, as_json
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.gate.records import Check
    from deri_gate.reports.report import Report


SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


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


class LineRange(JsonRecord):
    """Lines of a file; a dataset has none, and the first stands for all."""

    startLine: int = 1
    endLine: int = 1


class PhysicalLocation(JsonRecord):
    """Place in a file."""

    artifactLocation: Artifact
    region: LineRange = LineRange()  # code scanning refuses a place without a line


class Location(JsonRecord):
    """Place of a result."""

    physicalLocation: PhysicalLocation


class Suppression(JsonRecord):
    """Reason for which a result does not count."""

    kind: Literal["external"] = "external"
    justification: str


class Fingerprint(JsonRecord):
    """Identity of a result: equal as long as it is the same limit of the same dataset."""

    limit: str


class SarifResult(JsonRecord):
    """A missed limit."""

    ruleId: str
    ruleIndex: int
    level: Literal["error", "warning"]
    message: Message
    locations: tuple[Location, ...]
    partialFingerprints: Fingerprint
    suppressions: tuple[Suppression, ...] = ()


class Run(JsonRecord):
    """Outcome of one run."""

    tool: Tool
    results: tuple[SarifResult, ...]


class Log(JsonRecord):
    """A SARIF file."""

    schema_address: str = Field(default=SCHEMA, serialization_alias="$schema")
    version: Literal["2.1.0"] = "2.1.0"
    runs: tuple[Run, ...]


def as_sarif(report: Report, file: str | None = None) -> str:
    """A log of one run: a rule a missed limit, and a result for it.

    Args:
        report: What is reported.
        file: Path that git knows, which the results are anchored to; the dataset's name if None.
    """
    checks = missed(report)
    name = report.metrics.dataset.name
    where = Artifact(uri=quote(printable(file or name)))
    place = Location(physicalLocation=PhysicalLocation(artifactLocation=where))
    ids = list(dict.fromkeys(map(_id, checks)))  # two suites may ask for the same: one rule
    rules = tuple(Rule(id=one, shortDescription=Message(text=one)) for one in ids)
    driver = Driver(name="deri-gate", version=__version__, rules=rules)
    results = tuple(
        _result(check, place, ids.index(_id(check)), fingerprint)
        for check, fingerprint in zip(checks, fingerprints(name, checks), strict=True)
    )
    return as_json(Log(runs=(Run(tool=Tool(driver=driver), results=results),)))


def fingerprints(name: str, checks: Sequence[Check]) -> list[str]:
    """An identity for each missed limit of a dataset, all different, the same in every run."""
    seen = Counter[str]()
    digests = []
    for check in checks:
        seen[check.name] += 1
        again = "" if seen[check.name] == 1 else f"\0{seen[check.name]}"
        text = f"{name}\0{check.name}{again}".encode("utf-8", "backslashreplace")
        digests.append(hashlib.sha256(text).hexdigest())
    return digests


def said_of(check: Check) -> str:
    """The number that is held against a limit, with what is known of it, as plain text."""
    observed = "unknown" if check.observed is None else f"is {observed_text(check)}"
    parts = (f"{words_of(check)}: {observed}", check.detail, check.reason, advice_on(check))
    return printable(". ".join(part.rstrip(".") for part in parts if part) + ".", LONGEST_TEXT)


def _id(check: Check) -> str:
    return printable(check.name, LONGEST_TEXT)


def _result(check: Check, place: Location, rule: int, fingerprint: str) -> SarifResult:
    why = printable(check.detail, LONGEST_TEXT)
    return SarifResult(
        ruleId=_id(check),
        ruleIndex=rule,
        level="warning" if check.status is Status.WARN else "error",
        message=Message(text=said_of(check)),
        locations=(place,),
        partialFingerprints=Fingerprint(limit=fingerprint),
        suppressions=(Suppression(justification=why),) if check.waived else (),
    )
