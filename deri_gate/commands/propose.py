"""`deri-gate check --write-suite`: limits for a dataset that was just checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import SettingError
from deri_gate.gate.proposing import Seen, as_suite_text, propose
from deri_gate.report.writing import write_text

if TYPE_CHECKING:
    from deri_gate.report.report import Report

FALSE_ALARMS = 0.01


def write_suite(
    report: Report, path: str | Path, *, false_alarms: float = FALSE_ALARMS, force: bool = False
) -> Path:
    """Write limits that the dataset passes, and another draw of its source mostly passes.

    Args:
        report: Of the dataset, checked.
        path: The suite's file.
        false_alarms: Chance that another draw crosses any of the limits, above 0 and below 1.
        force: Replace a file that says something else.

    Raises:
        SettingError: If the file is there and says something else, or cannot be written.
    """
    path = Path(path)
    seen = Seen(
        values={k: found.value for k, found in report.metrics.metrics.items()
                if found.value is not None},
        resamples={k: np.array(found.resamples, dtype=float)
                   for k, found in report.metrics.metrics.items() if found.resamples},
        shares={k: found.value for k, found in report.metrics.shares.items()
                if found.value is not None},
        images=report.metrics.dataset.images,
        scored=report.scored,
    )  # fmt: skip
    suite = propose(
        seen, report.profile.metrics, report.pool, false_alarms=false_alarms, name=path.stem
    )
    text = as_suite_text(suite)
    refuse_other(path, text, force=force)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(text, path)
    return path


def refuse_other(path: Path, text: str, *, force: bool) -> None:
    """Keep a file that somebody wrote.

    Raises:
        SettingError: If it is there, says something else, and is not to be replaced.
    """
    if not force and path.exists() and path.read_bytes() != text.encode():
        fix = "Give another name, or --force to replace it."
        raise SettingError("is there already, and says something else", path, fix)
