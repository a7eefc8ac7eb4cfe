"""The history of comparisons: a small table in a file that git and DVC track and draw.

A row a comparison, in the order in which they were made. What the rule of `watching` makes of them
is written beside, for pictures and people; it follows from the p-values, and is worked out anew
each time.
"""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deri_gate.drift.aspects import KINDS
from deri_gate.drift.watching import watched
from deri_gate.errors import SettingError
from deri_gate.spreadsheet import cell_read, csv_text
from deri_gate.system import alone_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from deri_gate.drift.records import Watch

NAMES = tuple(KINDS)
SAID = ("date", "batch", "batch_fingerprint", "images", "baseline", "baseline_fingerprint",
        "profile", "deri1000")  # fmt: skip
FOUND = tuple(f"{what}.{name}" for what in ("effect", "p", "score") for name in NAMES)
NEWS = ("drifting", "started", "ended")
COLUMNS = (*SAID, *FOUND, *NEWS)
BETWEEN = "|"  # aspects in one cell


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One row.

    Attributes:
        date: Of the batch, ISO; empty in a row that is yet to be added, where it has none.
        batch: Its name.
        batch_fingerprint: Identity of its images with names and labels.
        images: How many could be read.
        baseline: Name of what it was compared with.
        baseline_fingerprint: Identity of that.
        profile: Hash of the profile of both.
        deri1000: Of the batch, as text; empty when it has none.
        effects: By aspect; None when it was not tested.
        ps: By aspect, the corrected p that counts; None when it was not tested.
        watch: What the rule makes of it; None in a row that is yet to be added.
    """

    date: str
    batch: str
    batch_fingerprint: str
    images: int
    baseline: str
    baseline_fingerprint: str
    profile: str
    deri1000: str
    effects: Mapping[str, float | None]
    ps: Mapping[str, float | None]
    watch: Watch | None = None

    @property
    def about(self) -> tuple[str, str]:
        """What two rows of one batch, compared twice, have in common."""
        return self.batch_fingerprint, self.baseline_fingerprint


def read_history(path: Path, *, profile: str) -> list[Comparison]:
    """The comparisons so far; none when there is no such file.

    Raises:
        SettingError: If it is not a history, or one of another profile.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise _useless("cannot be read", path) from error
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise _useless(f"is not valid CSV: {error}", path) from error
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise _useless("has other columns than a history of this version", path)
    for row in rows:
        if row["profile"] != profile:
            what = f"is a history of the profile {row['profile']}, and this one is {profile}"
            fix = "Numbers of two profiles do not compare: name another file with --history."
            raise SettingError(what, path, fix)
    try:
        return [_comparison(row) for row in rows]
    except (ValueError, TypeError) as error:
        raise _useless(f"holds what is no number: {error}", path) from error


def _useless(what: str, path: Path) -> SettingError:
    return SettingError(what, path, "Name another file with --history, or restore this one.")


def _comparison(row: Mapping[str, str]) -> Comparison:
    def numbers(what: str) -> dict[str, float | None]:
        return {n: float(cell) if (cell := row[f"{what}.{n}"]) else None for n in NAMES}

    return Comparison(
        date=cell_read(row["date"]),
        batch=cell_read(row["batch"]),
        batch_fingerprint=row["batch_fingerprint"],
        images=int(row["images"]),
        baseline=cell_read(row["baseline"]),
        baseline_fingerprint=row["baseline_fingerprint"],
        profile=row["profile"],
        deri1000=cell_read(row["deri1000"]),
        effects=numbers("effect"),
        ps=numbers("p"),
    )


def dated(new: Comparison, history: Sequence[Comparison], today: date) -> Comparison:
    """With the day on which the batch was first compared, unless its images say of themselves."""
    known = [one.date for one in history if one.about == new.about]
    return new if new.date else replace(new, date=[*known, today.isoformat()][0])


def with_added(history: Sequence[Comparison], new: Comparison) -> list[Comparison]:
    """The history with one more comparison, and with what the rule makes of each.

    A batch that was compared with this baseline before takes its old place: running a pipeline
    again tells nothing new. Every baseline has a sequence of its own.
    """
    places = [i for i, one in enumerate(history) if one.about == new.about]
    rows = [*history]
    if places:
        rows[places[0]] = new
    else:
        rows.append(new)
    for baseline in dict.fromkeys(one.baseline_fingerprint for one in rows):
        own = [i for i, one in enumerate(rows) if one.baseline_fingerprint == baseline]
        for i, watch in zip(own, watched([rows[i].ps for i in own]), strict=True):
            rows[i] = replace(rows[i], watch=watch)
    return rows


def as_csv(history: Sequence[Comparison]) -> str:
    """The file's content; the same for the same comparisons."""
    return csv_text(COLUMNS, map(_cells, history))


def _cells(one: Comparison) -> list[str]:
    assert one.watch is not None
    numbers = {"effect": one.effects, "p": one.ps, "score": one.watch.scores}
    return [
        *(str(getattr(one, name)) for name in SAID),
        *(_number(numbers[what].get(name)) for what in numbers for name in NAMES),
        *(BETWEEN.join(getattr(one.watch, name)) for name in NEWS),
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


@contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """Let no other process of this machine change the file meanwhile.

    The folder is locked, which leaves no lock file behind. Where the system has no such lock, the
    file is still written whole, but of two comparisons at the same moment one row may be lost.
    """
    with alone_in(path.absolute().parent):
        yield
