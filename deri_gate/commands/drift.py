"""`deri-gate ci drift`: what comes in now against the dataset that it is to join."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.commands.ci import Judged, append, path_of
from deri_gate.commands.compare import compare
from deri_gate.errors import SettingError
from deri_gate.pull_request.git import top
from deri_gate.pull_request.settings import PARAMS, settings_at
from deri_gate.report.github import commands_of
from deri_gate.report.markdown import as_markdown
from deri_gate.report.terminal import as_text

if TYPE_CHECKING:
    from deri_gate.engine import Machine


def drift_all(*, out: Path, machine: Machine) -> list[Judged]:
    """Judge each batch that `gate.drift` names against its dataset, a folder of reports each.

    Args:
        out: Holds the reports.
        machine: How to compute.

    Raises:
        DeriGateError: If there are no settings, or a batch cannot be judged.
    """
    root = top(Path.cwd())
    settings = settings_at(None, root)
    if settings is None:
        raise SettingError("has no settings of the gate", PARAMS, "Run `deri-gate init`.")
    done = []
    for name, batch in settings.drift.items():
        report = compare(
            root / batch,
            baseline=root / path_of(name, settings),
            out=out / name,
            pool=str(root / settings.pool) if settings.pool_is_path else settings.pool,
            profile=settings.profile,
            metrics="data" if settings.metrics == "all" else settings.metrics,
            seed=settings.seed,
            name=f"{name}, as it comes in",
            machine=machine,
        )
        append("GITHUB_STEP_SUMMARY", as_markdown(report))
        notes, text = tuple(commands_of(report)), as_text(report)
        done.append(Judged(name=name, status=report.verdict, text=text, annotations=notes))
    return done
