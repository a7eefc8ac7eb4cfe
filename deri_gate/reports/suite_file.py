"""`deri-gate check --write-suite`: limits for a dataset that was just checked."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import SettingError
from deri_gate.gate import judge, rows_of
from deri_gate.gate.definitions import with_definitions
from deri_gate.gate.proposing import Seen, propose
from deri_gate.gate.records import MISSED
from deri_gate.measuring.shares import Share
from deri_gate.reports.units import words_of
from deri_gate.runtime.files import ready_folder, write_text
from deri_gate.schemas.metrics import NOT_ASKED
from deri_gate.schemas.suite import FALSE_ALARMS, as_suite_text
from deri_gate.scoring.pool import Pool

if TYPE_CHECKING:
    from deri_gate.gate.records import Check
    from deri_gate.reports.report import Report
    from deri_gate.schemas.metrics import MetricsDocument
    from deri_gate.scoring.score import Scored


def write_suite(
    report: Report, path: str | Path, *, false_alarms: float = FALSE_ALARMS, force: bool = False
) -> Path:
    """Write limits that the dataset does not fail, and another draw of its source mostly passes.

    Args:
        report: Report on the dataset.
        path: The suite's file.
        false_alarms: Chance that another draw crosses any of the limits, above 0 and below 1.
        force: Replace a file that says something else.

    Raises:
        SettingError: If the file is there and says something else, or cannot be written.
    """
    path = Path(path)
    if not isinstance(report.pool, Pool):
        what = "a report that was read from files has no pool to propose limits from"
        raise SettingError(what, path, "Give --write-suite to `deri-gate check`.")
    seen = seen_of(report.metrics, report.scored)
    suite = propose(
        seen, report.profile.metrics, report.pool, false_alarms=false_alarms, name=path.stem
    )
    profile = report.profile
    text = as_suite_text(with_definitions(suite, profile.name, profile.definitions_of))
    refuse_other(path, text, force=force)
    _try_out(text, report, path)
    write_text(text, ready_folder(path.parent, "--write-suite") / path.name)
    return path


def seen_of(document: MetricsDocument, scored: Scored) -> Seen:
    """Measured values of a dataset, as limits are proposed of them."""
    known = {k: metric for k, metric in document.metrics.items() if metric.value is not None}
    return Seen(
        values={k: found.value for k, found in known.items() if found.value is not None},
        resamples={
            k: np.array(found.resamples, dtype=float)
            for k, found in known.items()
            if found.resamples
        },
        shares={k: share.value for k, share in document.shares.items() if share.value is not None},
        images=document.dataset.images,
        scored=scored,
        absent=[
            *(k for k, share in document.shares.items() if share.value is None),
            *(
                k
                for k in document.metrics.keys() - known
                if document.metrics[k].reason != NOT_ASKED
            ),
        ],
    )


def _try_out(text: str, report: Report, path: Path) -> None:
    """Read the suite as `check --suite` does, and hold the dataset to it, before it is written.

    Raises:
        SettingError: If it cannot be read, or the dataset does not pass: nothing is written then.
    """
    document = report.metrics
    values = {name: metric.value for name, metric in document.metrics.items()}
    reasons = {k: metric.reason or "" for k, metric in document.metrics.items()}
    shares = {
        name: Share(value=share.value, reason=share.reason or "", note=share.note or "")
        for name, share in document.shares.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        tried = Path(folder) / "suite.json"
        tried.write_text(text, encoding="utf-8")
        try:
            judgement = judge(rows_of(values, report.scored, shares, reasons=reasons), tried)
        except SettingError as error:
            raise SettingError(f"no suite could be made: {error.what}", path, error.fix) from error
    missed = [words_of(c) for c in judgement.checks if c.status in MISSED and not _of_faults(c)]
    if missed:
        fix = "Give a lower --false-alarms, or write the limits by hand."
        raise SettingError(f"the dataset does not pass {missed[0]!r}", path, fix)


def _of_faults(check: Check) -> bool:
    """True for a warning on what no image should be: it stays, so that the fault stays told."""
    return check.severity == "warning" and check.limit == 0 and check.bound == "at_most"


def refuse_other(path: Path, text: str, *, force: bool) -> None:
    """Keep a file that somebody wrote.

    Raises:
        SettingError: If it is there, says something else, and is not to be replaced.
    """
    if force or not path.exists():
        return
    if not path.is_file() or path.read_bytes() != text.encode():
        fix = "Give another name, or --force to replace it."
        raise SettingError("is there already, and says something else", path, fix)
