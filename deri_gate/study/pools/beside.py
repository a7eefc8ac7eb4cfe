"""The files of a study that lie beside a pool's `pool.json`, read where they are."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.spreadsheet import cell_read
from deri_gate.runtime.strict import faults_told, validated
from deri_gate.schemas.impact import Impact
from deri_gate.schemas.pool_report import SelectionInfo
from deri_gate.schemas.study import DetectionDocument, SensitivityDocument
from deri_gate.study.weights.selection import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.scoring.pool import Pool

Document = TypeVar("Document", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class StudyFiles:
    """Documents that lie beside a pool; None or nothing where one does not.

    Attributes:
        impact: Weights that follow from damage to probes.
        sensitivity: Effect of damage on subscores.
        detection: Detection against the base.
        selection: Ranking of the candidates.
        names: Names of the files that were read.
    """

    impact: Impact | None
    sensitivity: SensitivityDocument | None
    detection: DetectionDocument | None
    selection: tuple[SelectionInfo, ...]
    names: tuple[str, ...]


def is_study_of(study: SensitivityDocument, pool: Pool) -> bool:
    """Tell whether a study was measured with this pool; a licence that was corrected is no other.

    Args:
        study: What damage does to subscores, and by which pool.
        pool: The pool as it is.
    """
    if study.numbers:
        return study.numbers == pool.numbers_hash
    return study.pool.hash == pool.hash


def files_beside(pool: Path) -> StudyFiles:
    """Read what lies beside a pool's file.

    Args:
        pool: The pool's `pool.json`.

    Raises:
        SettingError: If a file is there and is not what its name says.
    """
    folder = pool.parent
    impact = _document(folder / "impact.json", Impact)
    sensitivity = _document(folder / "sensitivity.json", SensitivityDocument)
    detection = _document(folder / "detection.json", DetectionDocument)
    selection = _selection(folder / "selection.csv")
    read = {
        "impact.json": impact is not None,
        "sensitivity.json": sensitivity is not None,
        "detection.json": detection is not None,
        "selection.csv": bool(selection),
    }
    return StudyFiles(
        impact=impact,
        sensitivity=sensitivity,
        detection=detection,
        selection=selection,
        names=tuple(name for name, there in read.items() if there),
    )


def _content(path: Path) -> bytes | None:
    with faults_told("cannot be read", path, "Mend it or remove it."):
        try:
            return read_regular_file(path)
        except FileNotFoundError:
            return None


def _document(path: Path, model: type[Document]) -> Document | None:
    content = _content(path)
    if content is None:
        return None
    fix = "Make it again with `dvc repro`, or remove it."
    with faults_told("is not what its name says", path, fix):
        return validated(content, model)


def _selection(path: Path) -> tuple[SelectionInfo, ...]:
    content = _content(path)
    if content is None:
        return ()
    fix = "Make it again with `deri-gate calibrate`, or remove it."
    with faults_told("is not a ranking of candidates", path, fix):
        try:
            return _ranking(content.decode("utf-8", errors="replace"))
        except (TypeError, csv.Error) as error:  # a short row, a long cell
            raise ValueError(str(error)) from error


def _ranking(text: str) -> tuple[SelectionInfo, ...]:
    rows = csv.DictReader(io.StringIO(text))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise ValueError("other columns")
    return tuple(
        SelectionInfo(
            dataset=cell_read(row["dataset"]),
            distance=_number(row["distance"]),
            balanced_accuracy=_number(row["balanced_accuracy"]),
            accuracy=_number(row["accuracy"]),
            auc=_number(row["auc"]),
            chosen=row["chosen"] == "1",
        )
        for row in rows
    )


def _number(cell: str) -> float | None:
    return float(cell) if cell else None
