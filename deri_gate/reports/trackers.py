"""Callbacks that write a report into an experiment tracker: `check(.., callbacks=[..])`."""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deri_gate.reports.text import printable
from deri_gate.runtime.extras import extra

if TYPE_CHECKING:
    from deri_gate.reports.report import Report


def tracked_numbers(report: Report) -> dict[str, float]:
    """Numbers of a report by name, those that were measured: metrics, subscores, score, counts."""
    info = report.metrics.dataset
    numbers: dict[str, float | None] = {
        **{f"metric/{name}": metric.value for name, metric in report.metrics.metrics.items()},
        **{f"subscore/{name}": value for name, value in report.subscores.items()},
        "U": report.scored.u,
        report.scored.title: report.deri1000,
        "images": info.images,
        "unreadable": info.unreadable,
        "passed": float(report.passed),
        **_statuses(report),
    }
    return {
        name: float(value)
        for name, value in numbers.items()
        if value is not None and math.isfinite(value)
    }


def _statuses(report: Report) -> dict[str, float]:
    """Count limits that fail, warn, or could not be judged."""
    statuses = [check.status.value for check in report.checks]
    return {f"limits/{one}": float(statuses.count(one)) for one in ("fail", "warn", "unknown")}


def tracked_facts(report: Report) -> dict[str, str]:
    """Words of a report by name: which dataset, by which definitions, with which verdict."""
    info = report.metrics.dataset
    return {
        "dataset": printable(info.name),
        "fingerprint": info.fingerprint,
        "split": printable(info.split or ""),
        "profile": report.metrics.profile.hash,
        "pool": report.pool.hash,
        "verdict": str(report.verdict),
    }


@dataclass(frozen=True, kw_only=True)
class MlflowLogger:
    """Writes a report into the active run of MLflow, or into a new one.

    Attributes:
        prefix: Stands before each name, such as "train/": several datasets can share a run.
        artifacts: Whether the report's files are kept with the run, where there are any.
    """

    prefix: str = ""
    artifacts: bool = True

    def __call__(self, report: Report) -> None:
        """Write numbers as metrics, facts as tags, and the report's folder as artifacts.

        Raises:
            SettingError: If MLflow is not installed.
        """
        with extra("mlflow", "callbacks"):
            import mlflow  # noqa: PLC0415 - of an extra

        numbers, facts = tracked_numbers(report), tracked_facts(report)
        with nullcontext() if mlflow.active_run() else mlflow.start_run():
            mlflow.log_metrics({self.prefix + name: value for name, value in numbers.items()})
            mlflow.set_tags({f"deri_gate.{self.prefix}{name}": v for name, v in facts.items()})
            if self.artifacts and report.folder is not None:
                mlflow.log_artifacts(str(report.folder), f"{self.prefix}deri-gate")


@dataclass(frozen=True, kw_only=True)
class DvcliveLogger:
    """Writes a report into a run of DVCLive.

    Attributes:
        live: The run; None for one of its own, which ends with the report.
        prefix: Stands before each name, such as "train/": several datasets can share a run.
    """

    live: Any = None
    prefix: str = ""

    def __call__(self, report: Report) -> None:
        """Write numbers as metrics of the summary, without plots, and facts as parameters.

        Raises:
            SettingError: If DVCLive is not installed.
        """
        if self.live is not None:
            self._write(self.live, report)
            return
        with extra("dvclive", "callbacks"):
            from dvclive import Live  # noqa: PLC0415 - of an extra

        with Live() as live:
            self._write(live, report)

    def _write(self, live: Any, report: Report) -> None:
        for name, value in tracked_numbers(report).items():
            live.log_metric(self.prefix + name, value, plot=False)
        for name, fact in tracked_facts(report).items():
            live.log_param(f"deri_gate/{self.prefix}{name}", fact)
