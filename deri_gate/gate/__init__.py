"""The gate: limits written as Great Expectations suites, held against a table of scores.

Great Expectations takes seconds to import, so it is imported when something is judged, or ahead
of that in another process: this module, `records`, `kept` and `worker` are free of it;
`expectations`, `construction` and `judging` are not. `suite` reads a suite without it, so that a
wrong one is refused at once. What was judged before is kept, and loads nothing.
"""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from deri_gate.gate.records import Check, Judgement, Row, Waiver, both, rows_of
from deri_gate.gate.worker import LostError, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date
    from pathlib import Path
    from types import ModuleType

    from deri_gate.gate.declared import Suite

__all__ = ["Check", "Judgement", "Row", "Waiver", "begin_loading", "both", "judge", "loaded_ahead",
           "refuse_untaken", "rows_of"]  # fmt: skip

GREAT_EXPECTATIONS = "great_expectations"
_one_at_a_time = threading.Lock()  # GX keeps one current context for the whole process
_apart: WorkerProcess | None = None  # where to judge instead of here


@contextmanager
def loaded_ahead() -> Iterator[None]:
    """Judge in another process, which loads Great Expectations meanwhile: see `begin_loading`.

    Where it is loaded already there is nothing to gain, and nothing is started.
    """
    global _apart  # noqa: PLW0603  # one process has one gate
    if _apart is not None or GREAT_EXPECTATIONS in sys.modules:
        yield
        return
    _apart = WorkerProcess()
    try:
        yield
    finally:
        ended, _apart = _apart, None
        if ended is not None:
            ended.close()


def begin_loading() -> None:
    """Start the other process now, if there is to be one: something new will be judged."""
    ahead = _apart
    if ahead is not None:
        ahead.start()


def load() -> ModuleType:
    """Import what judges: Great Expectations' remarks on its own dependencies are kept quiet."""
    with _quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of what GX imports, once
        from deri_gate.gate import judging  # noqa: PLC0415  # here, where its warnings are caught
    return judging


def refuse_untaken(suite: Suite) -> None:
    """Refuse a suite that Great Expectations would not take as it is meant.

    Args:
        suite: A suite whose file shows no fault.

    Raises:
        SettingError: If an expectation in it is not one that it takes.
    """
    _called(_check_constructed, suite)


def judge(rows: Sequence[Row], suite: Path, *, today: date | None = None) -> Judgement:
    """Judge a dataset's scores by the limits of a suite.

    The verdict is the first of these that any check calls for:

    1. unknown: a check could not be judged, whatever its severity: what was declared and not
       measured is not passed, and nothing beside it may hide that the gate is blind there.
    2. fail: a critical limit is missed.
    3. warn: a limit of severity warning is missed.
    4. pass: every check was judged and holds.

    Args:
        rows: One for each metric, measured or not, and one for each score or share that a suite
            may limit. A metric that is not among them counts as misspelt.
        suite: A file in Great Expectations' own suite format.
        today: On which waivers are looked at; the present day, in UTC, when None.

    Returns:
        The verdict, every check in the order of the suite, and Great Expectations' own result.

    Raises:
        SettingError: If the suite cannot be read, or any part of it would not be judged as meant.
        ValueError: If two rows are about the same metric.
    """
    return _kept_or_judged(rows, suite, today or datetime.now(UTC).date())


def _kept_or_judged(rows: Sequence[Row], path: Path, today: date) -> Judgement:
    from deri_gate.gate import kept, suite  # noqa: PLC0415  # they load every metric

    def judged() -> Judgement:
        read = suite.read_suite(path, [row.name for row in rows])
        there: Judgement = _called(_judge, rows, read, today)
        return there

    return kept.kept_judgement(rows, path, today, judged)


def _called(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call the function in the process that is ready for it, or here."""
    global _apart  # noqa: PLW0603
    with _one_at_a_time:
        if _apart is not None and GREAT_EXPECTATIONS not in sys.modules:
            try:
                return _apart.call(function, *arguments)
            except LostError:
                _apart.close()
                _apart = None
        load()
        return function(*arguments)


def _check_constructed(suite: Suite) -> None:
    load().check_constructed(suite)


def _judge(rows: Sequence[Row], suite: Suite, today: date) -> Judgement:
    with _quiet():
        judged: Judgement = load().judge_rows(rows, suite, today)
    return judged


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep to itself what Great Expectations logs: what it has to say is in the checks."""
    log, nowhere = logging.getLogger("great_expectations"), logging.NullHandler()
    before, log.propagate = log.propagate, False
    log.addHandler(nowhere)
    try:
        yield
    finally:
        log.removeHandler(nowhere)
        log.propagate = before
