"""Rates of detection and of false alarms against the base."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.gate.records import Status
from deri_gate.runtime.spreadsheet import csv_text
from deri_gate.schemas.base import ProfileInfo, rounded
from deri_gate.schemas.study import (
    AgainstBase,
    DetectionDataset,
    DetectionDocument,
    SuiteInfo,
    TallyInfo,
    WrongVerdict,
    is_scenario,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from deri_gate.metrics.profile import Profile
    from deri_gate.runtime.spreadsheet import TableCell
    from deri_gate.schemas.study import DetectionBudget
    from deri_gate.study.detection.against import JudgedHead

HONEST = "honest"
COLUMNS = ("name", "way", "cases", "failed", "warned", "share")


ALARMS = (Status.FAIL, Status.UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Outcomes of simulated changes of one kind.

    Attributes:
        cases: How many there were.
        failed: How many of them fail, or could not be judged, which is no pass either.
        warned: How many of the others warn.
    """

    cases: int
    failed: int
    warned: int

    @property
    def share(self) -> float:
        """Share of the cases that fail, 0 to 1."""
        return self.failed / self.cases if self.cases else 0.0


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The heads of one dataset were judged, or could not be made."""

    name: str
    fingerprint: str
    images: int
    classes: int


@dataclass(frozen=True, kw_only=True)
class Detection:
    """All verdicts, and with what they were reached.

    Attributes:
        datasets: What was measured.
        verdicts: One a head, in order.
        profile: With which definitions.
        suite: Limits on a change.
        budget: The settings that decide how much was measured.
    """

    datasets: Sequence[Measurement]
    verdicts: Sequence[JudgedHead]
    profile: Profile
    suite: Path
    budget: DetectionBudget

    @property
    def damaged(self) -> list[JudgedHead]:
        """Outcomes of damaged changes."""
        return [
            verdict
            for verdict in self.verdicts
            if verdict.way != HONEST and not is_scenario(verdict.name)
        ]

    @property
    def scenarios(self) -> list[JudgedHead]:
        """Outcomes of scenarios: pictures that are changed, and need not be worse."""
        return [verdict for verdict in self.verdicts if is_scenario(verdict.name)]

    @property
    def honest(self) -> list[JudgedHead]:
        """Outcomes of honest changes."""
        return [verdict for verdict in self.verdicts if verdict.way == HONEST]


def tally(verdicts: Iterable[JudgedHead]) -> Tally:
    """Count them."""
    statuses = [verdict.status for verdict in verdicts]
    return Tally(
        cases=len(statuses),
        failed=sum(status in ALARMS for status in statuses),
        warned=statuses.count(Status.WARN),
    )


def tallies(verdicts: Sequence[JudgedHead]) -> dict[str, dict[str, Tally]]:
    """By name and way, in the order in which they were met."""
    places: dict[str, dict[str, list[JudgedHead]]] = {}
    for verdict in verdicts:
        places.setdefault(verdict.name, {}).setdefault(verdict.way, []).append(verdict)
    return {name: {way: tally(some) for way, some in ways.items()} for name, ways in places.items()}


def detection_document(detection: Detection) -> DetectionDocument:
    """`detection.json`: rates by group, and each head that the gate got wrong."""
    return DetectionDocument(
        schema_version=1,
        datasets=tuple(DetectionDataset(**vars(dataset)) for dataset in detection.datasets),
        profile=ProfileInfo(name=detection.profile.name, hash=detection.profile.hash),
        suite=SuiteInfo(
            name=detection.suite.stem, hash=hashlib.sha256(detection.suite.read_bytes()).hexdigest()
        ),
        budget=detection.budget,
        against_base=AgainstBase(
            detection={
                name: {way: _numbers(one) for way, one in ways.items()}
                for name, ways in tallies([*detection.damaged, *detection.scenarios]).items()
            },
            detected=_numbers(tally(detection.damaged)),
            false_alarms={
                name: _numbers(ways[HONEST]) for name, ways in tallies(detection.honest).items()
            },
            false_alarm=_numbers(tally(detection.honest)),
        ),
        not_detected=tuple(
            _case(verdict) for verdict in detection.damaged if verdict.status not in ALARMS
        ),
        alarms=tuple(_case(verdict) for verdict in detection.honest if verdict.status in ALARMS),
    )


def detection_table(detection: Detection) -> str:
    """`detection.csv`: a row a group and way, then what is honest."""
    rows: list[list[TableCell]] = []
    every = (detection.damaged, detection.scenarios, detection.honest)
    for name, ways in [pair for some in every for pair in tallies(some).items()]:
        for way, verdict in ways.items():
            rows.append(
                [name, way, verdict.cases, verdict.failed, verdict.warned, f"{verdict.share:.9g}"]
            )
    return csv_text(COLUMNS, rows)


def _numbers(counts: Tally) -> TallyInfo:
    return TallyInfo(
        cases=counts.cases,
        failed=counts.failed,
        warned=counts.warned,
        share=rounded(counts.share),
    )


def _case(verdict: JudgedHead) -> WrongVerdict:
    return WrongVerdict(
        dataset=verdict.dataset,
        name=verdict.name,
        way=verdict.way,
        seed=verdict.seed,
        least_p=rounded(verdict.least_p),
        checks=verdict.missed,
    )
