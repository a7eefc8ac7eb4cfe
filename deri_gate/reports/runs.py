"""`run.json`, written and read: all that may differ between two equal runs."""

from __future__ import annotations

from datetime import datetime

from deri_gate.reports.report import RunInfo
from deri_gate.schemas.run import RunDocument


def run_document(run: RunInfo) -> RunDocument:
    """`run.json`: all that may differ between two equal runs."""
    return RunDocument(
        schema_version=1,
        started=run.started.isoformat(timespec="seconds"),
        seconds={step: round(spent, 3) for step, spent in run.seconds.items()},
        decoded=run.decoded,
        embedded=run.embedded,
        peak_memory_mib=run.peak_memory_mib,
        machine=dict(run.machine),
        versions=dict(run.versions),
    )


def run_from(document: RunDocument) -> RunInfo:
    """Time, machine and versions of `run.json`.

    Raises:
        ValueError: If the start is no time.
    """
    return RunInfo(
        started=datetime.fromisoformat(document.started),
        seconds=dict(document.seconds),
        decoded=document.decoded,
        embedded=document.embedded,
        peak_memory_mib=document.peak_memory_mib,
        machine=dict(document.machine),
        versions=dict(document.versions),
    )
