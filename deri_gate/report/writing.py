"""The files of a report, each whole or not there at all."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from typing import IO, TYPE_CHECKING

from deri_gate.errors import SettingError
from deri_gate.report.changes import change_document, leaks_document
from deri_gate.report.documents import as_json, scores_document, subscores_document
from deri_gate.report.junit import as_junit
from deri_gate.report.markdown import as_markdown
from deri_gate.report.page import as_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from deri_gate.report.report import Report, Run


def ready_folder(out: Path, option: str = "--out") -> Path:
    """Make the folder, and make sure that it can be written, before minutes are spent.

    Args:
        out: Where files will go.
        option: Which named it.

    Raises:
        SettingError: If it cannot.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise SettingError(
            f"cannot be written ({error.strerror})", f"{option} {out}", "Choose another folder."
        ) from error
    return out


def write_report(report: Report, out: Path) -> None:
    """All files of a report; `scores.json`, which carries the verdict, comes last."""
    write_table(report.images, out / "images.parquet")
    write_text(as_json(report.metrics), out / "metrics.json")
    write_text(as_json(subscores_document(report.scored, report.pool)), out / "subscores.json")
    write_text(as_json(report.validation), out / "validation.json")
    write_text(as_markdown(report), out / "summary.md")
    write_text(as_junit(report), out / "junit.xml")
    write_text(as_page(report), out / "report.html")
    write_text(as_json(_run_document(report.run)), out / "run.json")
    if report.change is not None:
        write_text(as_json(change_document(report.change)), out / "changes.json")
    if report.leaks is not None and len(report.leaks.splits) > 1:
        write_text(as_json(leaks_document(report.leaks)), out / "leaks.json")
    write_text(as_json(scores_document(report.scored, report.judgement)), out / "scores.json")


def write_text(text: str, path: Path) -> None:
    """Write beside, then rename: a reader sees the old file or the new one.

    Raises:
        SettingError: If there is no space, or no right to write.
    """
    write_bytes(text.encode("utf-8", errors="backslashreplace"), path)


def write_bytes(content: bytes, path: Path) -> None:
    """The same for anything else, such as a picture."""
    _replace(path, lambda beside: beside.write(content))


def write_table(table: pd.DataFrame, path: Path) -> None:
    """The same for a table, as parquet."""
    _replace(path, lambda beside: table.to_parquet(beside, index=False))


def _replace(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a new file and give it the name: a link that stood there is replaced, not followed."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.unlink(missing_ok=True)
        with beside.open("xb") as file:  # refuses a link, wherever it leads
            write(file)
        beside.replace(path)
    except OSError as error:
        raise SettingError(
            f"cannot be written ({error.strerror or error})", path, "Make room, or use --out."
        ) from error
    finally:
        beside.unlink(missing_ok=True)


def _run_document(run: Run) -> dict[str, object]:
    plain = dataclasses.asdict(run)
    plain["started"] = run.started.isoformat(timespec="seconds")
    plain["seconds"] = {step: round(spent, 3) for step, spent in run.seconds.items()}
    return plain
