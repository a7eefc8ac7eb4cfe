"""The history of comparisons: a small table in a file that git and DVC track and draw.

A row a comparison, in the order in which they were made. What the rule of `watching` makes of them
is written beside, for pictures and people; it follows from the p-values, and is worked out anew
each time.
"""

from __future__ import annotations

import csv
import io
import math
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deri_gate.drift.cells import (
    BETWEEN,
    LEAST_P,
    count_in,
    date_in,
    fingerprint_in,
    names_in_cell,
    number_in,
)
from deri_gate.drift.cusum import HIGHEST, watched
from deri_gate.drift.kinds import KINDS, SIGNED
from deri_gate.drift.records import CERTAIN
from deri_gate.errors import SettingError, words_of_error
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.spreadsheet import cell_read, csv_text
from deri_gate.runtime.strict import fault_of
from deri_gate.runtime.system import alone_in

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
_OF_PIXELS = ("intensity", "colour", "sharpness", "noise_artifacts", "exposure", "resolution")
_TELLING = 3  # effects other than 0 that must be the same, for pictures to be
NEW = ("colour", "orientation")  # features that older histories lack, the newest first
EARLIER = tuple(
    tuple(name for name in COLUMNS if name.partition(".")[2] not in NEW[: number + 1])
    for number in range(len(NEW))
)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One row.

    Attributes:
        date: Date of the batch, ISO; empty in a row that is yet to be added, where it has none.
        batch: Its name.
        batch_fingerprint: Identity of its images with names and labels.
        images: How many could be read.
        baseline: Name of what it was compared with.
        baseline_fingerprint: Identity of that.
        profile: Hash of the profile of both.
        deri1000: DERI1000 of the batch, as text; empty when it has none.
        effects: By feature; None when it was not tested.
        ps: By feature, the adjusted p that counts; None when it was not tested.
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
        """Identity that two rows of one batch, compared twice, have in common."""
        return self.batch_fingerprint, self.baseline_fingerprint


def read_history(path: Path, *, profile: str) -> list[Comparison]:
    """The comparisons so far; none when there is no such file.

    Raises:
        SettingError: If it is not a history, or one of another profile.
    """
    try:
        content = read_regular_file(path)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _useless(f"cannot be read ({words_of_error(error)})", path) from error
    try:
        comparisons = parsed_history(content)
    except ValueError as error:
        raise _useless(fault_of(error), path) from error
    if other := next(
        (comparison for comparison in comparisons if comparison.profile != profile), None
    ):
        what = f"is a history of the profile {other.profile[:32]}, and this one is {profile}"
        fix = "Numbers of two profiles do not compare: name another file with --history."
        raise SettingError(what, path, fix)
    return comparisons


def parsed_history(content: bytes) -> list[Comparison]:
    """The comparisons in a history file, every cell held to what it can be.

    Raises:
        ValueError: If it is not a history; says which line.
    """
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
    except csv.Error as error:
        raise ValueError(f"is not valid CSV: {error}") from error
    if not lines or tuple(lines[0]) not in (COLUMNS, *EARLIER):
        raise ValueError("has other columns than a history of this version")
    columns = tuple(lines[0])
    comparisons = []
    for number, cells in enumerate(lines[1:], start=2):
        if len(cells) != len(columns):
            raise ValueError(f"line {number} has {len(cells)} cells, not {len(columns)}")
        row = dict.fromkeys(COLUMNS, "") | dict(zip(columns, cells, strict=True))
        try:
            comparisons.append(_comparison(row))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    about = [comparison.about for comparison in comparisons]
    if len(set(about)) < len(about):
        raise ValueError("tells one batch and baseline twice")
    return comparisons


def _useless(what: str, path: Path) -> SettingError:
    return SettingError(what, path, "Name another file with --history, or restore this one.")


def _comparison(row: Mapping[str, str]) -> Comparison:
    def numbers(what: str, low: float, high: float) -> dict[str, float | None]:
        return {n: number_in(row, f"{what}.{n}", low, high) for n in NAMES}

    numbers("score", 0, HIGHEST + 1e-3)  # worked out anew, but held to what it can be
    for name in NEWS:
        names_in_cell(row, name, NAMES)
    return Comparison(
        date=date_in(row, "date"),
        batch=cell_read(row["batch"]),
        batch_fingerprint=fingerprint_in(row, "batch_fingerprint"),
        images=count_in(row, "images"),
        baseline=cell_read(row["baseline"]),
        baseline_fingerprint=fingerprint_in(row, "baseline_fingerprint"),
        profile=row["profile"],
        deri1000=_score(row),
        effects=numbers("effect", -math.inf, math.inf),
        ps=numbers("p", LEAST_P, 1),
    )


def _score(row: Mapping[str, str]) -> str:
    number_in(row, "deri1000", -math.inf, math.inf)
    return row["deri1000"]


def dated(new: Comparison, history: Sequence[Comparison], today: date) -> Comparison:
    """With the day on which the batch was first compared, unless its images say of themselves."""
    known = [comparison.date for comparison in history if comparison.about == new.about]
    return new if new.date else replace(new, date=[*known, today.isoformat()][0])


def refuse_sent_again(new: Comparison, history: Sequence[Comparison], path: Path) -> None:
    """Refuse the images of an earlier batch under another name: nothing new was looked at.

    Raises:
        SettingError: If the history tells them by that name.
    """
    for known in history:
        if known.about == new.about and known.batch != new.batch:
            what = f"tells the batch {known.batch!r} of {known.date}, and {new.batch!r} holds the"
            what += " same images under the same names"
            fix = f"Send the new images; or give --name {known.batch!r} to compare it again."
            raise SettingError(what, path, fix)


def seen_before(about: tuple[str, str], rows: Sequence[Comparison]) -> Comparison | None:
    """An earlier batch of another name whose pictures measure as those of this one, if any.

    The same pictures under other names, or saved again without loss. A camera that fails sends
    equal pictures, too, so that nothing is refused for it.

    Args:
        about: What identifies the row of this batch.
        rows: The comparisons of its baseline, its own among them.
    """
    place = next(i for i, row in enumerate(rows) if row.about == about)
    own = rows[place]
    return next(
        (row for row in rows[:place] if row.batch != own.batch and _measure_alike(row, own)), None
    )


def _measure_alike(one: Comparison, other: Comparison) -> bool:
    """True if as many images have the same effect on all that was measured of the pixels."""
    both = [(one.effects.get(name), other.effects.get(name)) for name in _OF_PIXELS]
    known = [(a, b) for a, b in both if a is not None and b is not None]
    telling = sum(a != 0 for a, _ in known)
    alike = all(math.isclose(a, b, rel_tol=1e-4) for a, b in known)
    return one.images == other.images and telling >= _TELLING and alike


def with_added(history: Sequence[Comparison], new: Comparison) -> list[Comparison]:
    """The history with one more comparison, and with what the rule makes of each.

    A batch that was compared with this baseline before takes its old place: running a pipeline
    again tells nothing new. Every baseline has a sequence of its own. A drift to the other side
    of one that goes on is a new one.
    """
    position = next((i for i, row in enumerate(history) if row.about == new.about), len(history))
    rows = [*history[:position], new, *history[position + 1 :]]
    for baseline in dict.fromkeys(row.baseline_fingerprint for row in rows):
        sequence = [i for i, row in enumerate(rows) if row.baseline_fingerprint == baseline]
        for i, row in zip(sequence, _watched_rows([rows[i] for i in sequence]), strict=True):
            rows[i] = row
    return rows


def _watched_rows(sequence: Sequence[Comparison]) -> Iterator[Comparison]:
    """The comparisons with one baseline, each with what the rule makes of it."""
    starts: dict[str, Comparison] = {}  # of each drift that goes on, where it began
    for row, watch in zip(sequence, watched([row.ps for row in sequence]), strict=True):
        turned = {name for name in watch.ongoing if _contrary(name, starts[name], row)}
        started = tuple(n for n in watch.drifting if n in watch.started or n in turned)
        starts = {name: row if name in started else starts[name] for name in watch.drifting}
        since = {name: start.date for name, start in starts.items()}
        yield replace(row, watch=replace(watch, started=started, since=since))


def _contrary(name: str, start: Comparison, now: Comparison) -> bool:
    """True if a feature in drift has surely gone to the other side by now: another drift.

    A source that was too sharp and is too blurred now was not mended; it changed again.
    """
    before, after, p = start.effects.get(name), now.effects.get(name), now.ps.get(name)
    if KINDS[name].unit not in SIGNED or before is None or after is None or p is None:
        return False
    return p < CERTAIN and before * after < 0


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
