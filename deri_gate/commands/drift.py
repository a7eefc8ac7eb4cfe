"""`deri-gate ci drift`: what comes in now against the dataset that it is to join."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deri_gate.commands.ci import JudgedDataset, append, not_judged, path_of, reading_of
from deri_gate.commands.ci_fetch import pull_missing
from deri_gate.commands.compare import compare
from deri_gate.errors import DeriGateError
from deri_gate.github.commits import repo_root
from deri_gate.github.reports import kept_reports
from deri_gate.github.settings import settings_at
from deri_gate.reports.github import commands_of
from deri_gate.reports.markdown import as_markdown
from deri_gate.reports.pictures.setting import pictures_setting
from deri_gate.reports.terminal import as_text

HISTORY = "history.csv"  # in the folder of each batch

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.github.settings import GateSettings
    from deri_gate.runtime.engine import Machine


def drift_all(*, out: Path, machine: Machine) -> list[JudgedDataset]:
    """Judge each batch that `gate.drift` names against its dataset, a folder of reports each.

    What DVC tracks of both and is not there, as after a checkout, is pulled first.

    A folder that is there already goes on: its `history.csv` says what is news. What keeps one
    batch from being judged is its result, and hides no other's.

    Args:
        out: Holds the reports.
        machine: How to compute.

    Returns:
        A result a batch; none where params.yaml has no settings of the gate.

    Raises:
        SettingError: If the settings cannot be read.
    """
    root = repo_root()
    settings = settings_at(None, root)
    if settings is None:
        return []
    folder = kept_reports(out, root)
    return [_judged(name, settings, folder / name, root, machine) for name in settings.drift]


def _judged(
    name: str, settings: GateSettings, out: Path, root: Path, machine: Machine
) -> JudgedDataset:
    try:
        batch, baseline = settings.drift[name], path_of(name, settings)
        for path in (batch, baseline):
            pull_missing(path, root)
        report = compare(
            os.path.relpath(root / batch),
            baseline=os.path.relpath(root / baseline),
            out=out,
            history=out / HISTORY,
            pictures=pictures_setting(None, usual="none"),
            pool=str(root / settings.pool) if settings.pool_is_path else settings.pool,
            profile=settings.profile,
            metrics="data" if settings.metrics == "all" else settings.metrics,
            seed=settings.seed,
            name=f"{name}, as it comes in",
            machine=machine,
            **reading_of(name, settings, root),
        )
    except DeriGateError as error:
        judged, summary = not_judged(name, error, None)
    else:
        notes, text = tuple(commands_of(report)), as_text(report)
        judged = JudgedDataset(name=name, status=report.verdict, text=text, annotations=notes)
        summary = as_markdown(report)
    append("GITHUB_STEP_SUMMARY", summary)
    return judged
