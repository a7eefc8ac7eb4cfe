"""The gate: limits written as Great Expectations suites, held against a table of scores.

Great Expectations takes seconds to import, so it is imported when something is judged, or ahead
of that in another process: this module, `records`, `kept` and `worker` are free of it;
`expectations`, `suite` and `judging` are not. What was judged before is kept, and loads nothing.
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
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import date
    from pathlib import Path
    from types import ModuleType

__all__ = ["Check", "Judgement", "Row", "Waiver", "begin_loading", "both", "check_suite", "judge",
           "loaded_ahead", "rows_of"]  # fmt: skip

_one_at_a_time = threading.Lock()  # GX keeps one current context for the whole process
_apart: WorkerProcess | None = None  # where to judge instead of here


@contextmanager
def loaded_ahead() -> Iterator[None]:
    """Judge in another process, which loads Great Expectations meanwhile: see `begin_loading`.

    Where it is loaded already there is nothing to gain, and nothing is started.
    """
    global _apart  # noqa: PLW0603  # one process has one gate
    if _apart is not None or "great_expectations" in sys.modules:
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


def check_suite(suite: Path, metrics: Collection[str]) -> None:
    """Make sure that a suite can be judged, before anything is measured for it.

    Args:
        suite: A file in Great Expectations' own suite format.
        metrics: What there will be rows for.

    Raises:
        SettingError: If the suite cannot be read, or any part of it would not be judged as meant.
    """
    _called(_check_suite, suite, metrics)


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
    from deri_gate.gate.kept import kept_judgement  # noqa: PLC0415  # a comment's job lacks a cache

    day = today or datetime.now(UTC).date()
    return kept_judgement(rows, suite, day, lambda: _called(_judge, rows, suite, day))


def _called(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call the function in the process that is ready for it, or here."""
    global _apart  # noqa: PLW0603
    with _one_at_a_time:
        if _apart is not None:
            try:
                return _apart.call(function, *arguments)
            except LostError:
                _apart.close()
                _apart = None
        load()
        return function(*arguments)


def _check_suite(suite: Path, metrics: Collection[str]) -> None:
    load().read_suite(suite, metrics)


def _judge(rows: Sequence[Row], suite: Path, today: date) -> Judgement:
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
