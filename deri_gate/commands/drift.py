"""`deri-gate ci drift`: what comes in now against the dataset that it is to join."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deri_gate.commands.ci import JudgedDataset, append, not_judged, path_of, relative_keys
from deri_gate.commands.ci_fetch import pull_missing
from deri_gate.commands.compare import compare
from deri_gate.data.readers.options import PLAIN, ReadOptions
from deri_gate.errors import DeriGateError, SettingError
from deri_gate.github.api import Hosting
from deri_gate.github.commits import repo_root
from deri_gate.github.drift_pairs import SECTION, drift_pairs
from deri_gate.github.history_branch import HISTORY, fetch_histories, keep_histories
from deri_gate.github.reports import kept_reports
from deri_gate.github.settings import PARAMS, GateSettings, read_yaml, settings_at
from deri_gate.reports.github import commands_of
from deri_gate.reports.markdown import as_markdown
from deri_gate.reports.pictures.setting import pictures_setting
from deri_gate.reports.terminal import as_text
from deri_gate.runtime.files import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deri_gate.github.drift_pairs import DriftPair
    from deri_gate.runtime.engine import Machine


@dataclass(frozen=True, kw_only=True)
class WatchedBatch:
    """A batch and what it is compared with, as paths in the repository.

    Attributes:
        batch: What comes in.
        baseline: What it is to join.
        dataset: Name of the baseline under the gate, "" for one that only the pipeline names.
        reading: Options by which both are read.
    """

    batch: str
    baseline: str
    dataset: str = ""
    reading: ReadOptions = field(default=PLAIN)


def drift_all(*, out: Path, machine: Machine, branch: str = "") -> list[JudgedDataset]:
    """Judge each batch that params.yaml names against its dataset, a folder of reports each.

    Batches are named under `gate.drift`, or under `drift` as the pipeline has them. What DVC
    tracks of both and is not there, as after a checkout, is pulled first.

    A folder that is there already goes on: its `history.csv` says what is news. What keeps one
    batch from being judged is its result, and hides no other's.

    Args:
        out: Holds the reports.
        machine: How to compute.
        branch: Branch of the remote that keeps the histories; "" for none.

    Returns:
        A result a batch; none where params.yaml names none.

    Raises:
        SettingError: If the settings cannot be read.
        GitError: If the branch cannot be read or written.
        HostingError: If there is a branch, and no token to write it.
    """
    root = repo_root()
    settings = _settings(root)
    compared = {} if settings is None else comparisons(settings, root)
    if settings is None or not compared:
        return []
    hosting = Hosting.from_environment() if branch else None
    folder = kept_reports(out, root)
    tip = None if hosting is None else fetch_histories(branch, compared, folder, root, hosting)
    done = [
        _judged(name, one, settings, out=folder / name, root=root, machine=machine)
        for name, one in compared.items()
    ]  # fmt: skip
    if hosting is not None:
        keep_histories(branch, folder, root, hosting, parent=tip)
    return done


def _settings(root: Path) -> GateSettings | None:
    """Settings of the gate; the usual ones where only the pipeline names batches."""
    settings = settings_at(None, root)
    if settings is not None or not (root / PARAMS).exists():
        return settings
    pairs = _pairs(root)
    return GateSettings(datasets={k: v.baseline.path for k, v in pairs.items()}) if pairs else None


def _pairs(root: Path) -> Mapping[str, DriftPair]:
    section = read_yaml(read_regular_file(root / PARAMS), PARAMS).get(SECTION)
    return drift_pairs(section, PARAMS)


def comparisons(settings: GateSettings, root: Path) -> dict[str, WatchedBatch]:
    """Comparisons by name: those of `gate.drift`, and those of the pipeline's section `drift`.

    Raises:
        SettingError: If that section names something else than batch and baseline, or one name
            stands for two comparisons, of which one would not be looked at.
    """
    found = {
        name: WatchedBatch(
            batch=batch,
            baseline=settings.datasets.get(name, ""),
            dataset=name,
            reading=settings.options_of(name),
        )
        for name, batch in settings.drift.items()
    }
    for name, pair in _pairs(root).items():
        known = WatchedBatch(
            batch=pair.batch.path, baseline=pair.baseline.path, reading=pair.reading
        )
        first = found.setdefault(name, known)
        if (first.batch, first.baseline) != (known.batch, known.baseline):
            what = f"gate.drift.{name} and {SECTION}.{name} are two comparisons"
            raise SettingError(what, PARAMS, "Give one of them another name.")
    return found


def _judged(
    name: str,
    one: WatchedBatch,
    settings: GateSettings,
    *,
    out: Path,
    root: Path,
    machine: Machine,
) -> JudgedDataset:
    try:
        baseline = path_of(name, settings) if one.dataset else one.baseline
        for path in (one.batch, baseline):
            pull_missing(path, root, one.reading.root)
        report = compare(
            os.path.relpath(root / one.batch),
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
            **relative_keys(one.reading, root),
        )
    except DeriGateError as error:
        judged, summary = not_judged(name, error, None)
    else:
        notes, text = tuple(commands_of(report)), as_text(report)
        judged = JudgedDataset(name=name, status=report.verdict, text=text, annotations=notes)
        summary = as_markdown(report)
    append("GITHUB_STEP_SUMMARY", summary)
    return judged
