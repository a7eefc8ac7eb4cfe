"""Decisions of people on suspects: a table for `git diff`, and what it changes of a manifest."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import asdict, astuple, dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError, words_of_error
from deri_gate.measuring.shares import UNREADABLE
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.spreadsheet import cell_read, csv_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


SEPARATORS = (",", ";", "\t")
CONFLICT = re.compile(r"(<{7}|={7}|>{7})($| )")
DECISIONS = ("accept", "relabel", "drop")
FIX = "Write accept, relabel or drop, and who decided, when (2026-01-31) and why."


@dataclass(frozen=True, kw_only=True)
class ReviewCase:
    """One reason to look at one image, and what a person decided.

    Attributes:
        path: Image, by its path inside the dataset.
        reason: Metric id, kind of damage or kind of finding.
        score: Value that made it a suspect, three digits; "" where there is none.
        suggestion: Label that is suggested, or what was found.
        decision: "accept", "relabel", "drop", or "" while it is open.
        label: The right label, for "relabel".
        who: Person who decided.
        when: Day of the decision, ISO 8601.
        why: Reason in words.
        until: Last day on which an acceptance holds; "" for ever.
        content: Hash of the image, with its labels or its path where the reason is about them; a
            decision is on this content alone.
    """

    path: str
    reason: str
    score: str = ""
    suggestion: str = ""
    decision: str = ""
    label: str = ""
    who: str = ""
    when: str = ""
    why: str = ""
    until: str = ""
    content: str

    @property
    def key(self) -> tuple[str, str]:
        """Scope of an acceptance: the content, and the reason."""
        return self.content, self.reason

    @property
    def row(self) -> tuple[str, str, str]:
        """Identity of the line: of equal images one may stay, and another one go."""
        return self.path, *self.key

    def accepted(self, today: date) -> bool:
        """True if it need not be looked at again."""
        in_time = not self.until or date.fromisoformat(self.until) >= today
        return self.decision == "accept" and in_time

    def is_open(self, today: date) -> bool:
        """True while nobody has decided, or when the acceptance has ended."""
        return not self.accepted(today) if self.decision == "accept" else not self.decision


@dataclass(frozen=True, kw_only=True)
class Decisions:
    """Decisions that change a dataset.

    Attributes:
        drops: Ids of the images that go.
        labels: The new label of each other image that gets one, by its id.
    """

    drops: frozenset[str]
    labels: Mapping[str, str]


COLUMNS = tuple(field.name for field in fields(ReviewCase))


def read_cases(path: Path) -> tuple[ReviewCase, ...]:
    """Read a table of cases.

    Args:
        path: CSV as `cases_text` has it.

    Raises:
        SettingError: If it cannot be read, or a decision is incomplete or against another one;
            names the line.
    """
    rows = _rows(path)
    _refuse_conflict(rows, path)
    if not rows or sorted(rows[0]) != sorted(COLUMNS):
        raise SettingError("is no list of cases", path, f"Its columns are {', '.join(COLUMNS)}.")
    cases, decided = list[ReviewCase](), dict[tuple[str, ...], tuple[str, ...]]()
    for number, row in enumerate(rows[1:], 2):
        if not any(row) or row == rows[0]:
            continue  # a blank line, or the header of a second list below the first
        if len(row) != len(COLUMNS):
            raise _bad(path, number, "has another number of columns")
        case = ReviewCase(**dict(zip(rows[0], map(cell_read, row), strict=True)))
        if problem := _problem(case):
            raise _bad(path, number, problem)
        said = (case.decision, case.label, case.until)
        if case.decision and decided.setdefault(case.row, said) != said:
            raise _bad(path, number, "decides otherwise than an earlier line on the same case")
        cases.append(case)
    return tuple(cases)


def _rows(path: Path) -> list[list[str]]:
    try:
        text = read_regular_file(path).decode("utf-8-sig")
        head = text.partition("\n")[0]
        separator = max(SEPARATORS, key=head.count)  # spreadsheets write other ones in some places
        lines = io.StringIO(text, newline="")
        return list(csv.reader(lines, strict=True, delimiter=separator))
    except OSError as error:
        what = f"cannot be read ({words_of_error(error)})"
        raise SettingError(what, path, "Name a list.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettingError(f"is no CSV in UTF-8: {error}", path, "Save it as such.") from error


def _refuse_conflict(rows: list[list[str]], path: Path) -> None:
    """Raise for a merge of git that two decisions on one line have stopped."""
    marks = [number for number, row in enumerate(rows, 1) if row and CONFLICT.match(row[0])]
    if marks:
        what = f"line {marks[0]} is a mark of a merge that git could not end"
        raise SettingError(what, path, "Keep one of both lines, and delete the marks.")


def _problem(case: ReviewCase) -> str:
    """Reason why a row cannot be used; empty if it can."""
    if not case.decision:  # what stands beside it would do nothing, and be written over
        said = (case.label, case.who, case.when, case.why, case.until)
        return "says something, but has no decision" if any(map(str.strip, said)) else ""
    if case.decision not in DECISIONS:
        return f"has the decision {case.decision!r}"
    if not all((case.who.strip(), case.when.strip(), case.why.strip())):
        return "does not say who decided, when and why"
    if case.reason == UNREADABLE and case.decision == "accept":
        return "accepts a file that cannot be read, so nobody can have looked at it: drop it"
    return _contradiction(case) or _no_day(case)


def _contradiction(case: ReviewCase) -> str:
    """Reason why a decision and what belongs to it do not fit; empty if they do."""
    if case.decision == "relabel" and not case.label:
        return "relabels without a label"
    if case.decision != "relabel" and case.label:
        return f"has the decision {case.decision}, and a label, which only relabel takes"
    if case.decision != "accept" and case.until:
        return f"has the decision {case.decision}, and an end, which only accept takes"
    return ""


def _no_day(case: ReviewCase) -> str:
    """Name of what is no day; empty if all are."""
    for day in filter(None, (case.when, case.until)):
        try:
            date.fromisoformat(day)
        except ValueError:
            return f"has {day!r} for a day"
    return ""


def _bad(path: Path, number: int, problem: str) -> SettingError:
    return SettingError(f"line {number} {problem}", path, FIX)


def cases_text(cases: Iterable[ReviewCase]) -> str:
    """The cases as CSV in a fixed order, so that a decision changes one line."""
    ordered = sorted(cases, key=lambda case: (case.path, case.reason, case.content))
    return csv_text(COLUMNS, [astuple(case) for case in ordered])


def merged(new: Iterable[ReviewCase], known: Iterable[ReviewCase]) -> list[ReviewCase]:
    """New cases, with what was decided before; decided ones stay though no longer suspected.

    The line of a decision stays as the person saw it, whatever score the image has now.

    Args:
        new: Cases as they are found now.
        known: Cases of the table.
    """
    decided = {case.row: case for case in known if case.decision}
    accepted = {case.key: case for case in decided.values() if case.decision == "accept"}
    keep = ("decision", "label", "who", "when", "why", "until")
    cases = {}
    for case in new:
        elsewhere = accepted.get(case.key)
        said = asdict(elsewhere) if elsewhere else {}
        moved_here = replace(case, **{name: said[name] for name in keep if name in said})
        cases[case.row] = decided.get(case.row, moved_here)
    moved = {case.key for case in cases.values()}
    stay = {row: case for row, case in decided.items() if not {case.key} & moved & accepted.keys()}
    return list((stay | cases).values())


def settled_for(accepted: Iterable[tuple[str, str]], reason: str) -> frozenset[str]:
    """Ids of the images of which a person has accepted the case of one reason.

    Args:
        accepted: Path and reason of each accepted case.
        reason: Metric id or kind of finding.
    """
    return frozenset(path for path, about in accepted if about == reason)


def decisions_of(cases: Iterable[ReviewCase], classes: Iterable[str], path: Path) -> Decisions:
    """Decisions that change the images of a dataset, and are no longer lines of a list.

    Args:
        cases: Cases of the table, on content that is there.
        classes: Labels that there are.
        path: The table, for errors.

    Raises:
        SettingError: If a label is none of the dataset's, or one image gets two labels.
    """
    known, labels, drops = set(classes), dict[str, str](), set[str]()
    for case in cases:
        if case.decision == "drop":
            drops.add(case.path)
        elif case.decision == "relabel":
            if case.label not in known:
                fix = f"Write one of {', '.join(sorted(known)[:20])}."
                raise SettingError(f"relabels {case.path} to {case.label!r}", path, fix)
            if labels.setdefault(case.path, case.label) != case.label:
                raise SettingError(f"gives {case.path} two labels", path, "Decide on one.")
    labels = {image: label for image, label in labels.items() if image not in drops}
    return Decisions(drops=frozenset(drops), labels=labels)
