"""Additions of DICOM headers to a dataset: patients, findings and notes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Column, Dataset, Finding
from deri_gate.data.readers.left_over import without_images
from deri_gate.data.readers.patients import PATIENT
from deri_gate.data.readers.studies import STUDY, patients_by_study, studies_of
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deri_gate.arrays import BoolArray
    from deri_gate.data.dicom.facts import Facts

SHORT_HASH = 8  # digits of a patient's hash that are shown


@dataclass(frozen=True, kw_only=True)
class _Files:
    """The DICOM files of a dataset: by position of the image, what its header says."""

    facts: Mapping[int, Facts]

    def count(self, test: Callable[[Facts], object]) -> int:
        return sum(1 for fact in self.facts.values() if test(fact))


def with_headers(dataset: Dataset, facts: Mapping[int, Facts]) -> tuple[Dataset, BoolArray]:
    """The dataset with what the headers of its DICOM files say, and which images are left.

    PatientID gives the groups where there are none, or else the study. Objects of an
    archive that are no pictures are left out and counted.

    Args:
        dataset: Dataset as its reader made it.
        facts: By position of an image in a DICOM file, its header's facts.

    Returns:
        The dataset, and for each image as given whether it stayed, shape (N,).

    Raises:
        DatasetError: If no picture is left.
    """
    keep = np.ones(len(dataset), dtype=bool)
    keep[[i for i, fact in facts.items() if fact.beside]] = False
    files = _Files(facts=facts)
    if not facts:
        return dataset, keep
    private = _privacy(dataset, files)  # also of objects that are left out: they are handed in, too
    dataset, files = _without_objects(dataset, files, keep)
    patients, notes = _patients(dataset, files)
    dataset = _with_patients(dataset, patients)
    reading = dataset.reading
    told = replace(
        dataset,
        findings=(*dataset.findings, *private),
        reading=replace(
            reading,
            notes=(*reading.notes, *_notes(files), *notes),
            headers=len(facts),
        ),
    )
    return told, keep


def _without_objects(dataset: Dataset, files: _Files, keep: BoolArray) -> tuple[Dataset, _Files]:
    """The dataset without objects that are no pictures, each of which is a finding."""
    beside = {i: fact.beside for i, fact in files.facts.items() if fact.beside}
    if not beside:
        return dataset, files
    if len(beside) == len(dataset):
        kinds = ", ".join(sorted(set(beside.values())))
        fix = "Export the images themselves."
        raise DatasetError(f"its DICOM files are no pictures: {kinds}", dataset.name, fix)
    told = tuple(
        Finding(kind="ignored", path=dataset.ids[i], detail=f"DICOM without a picture: {kind}")
        for i, kind in beside.items()
    )
    place = np.cumsum(keep) - 1
    facts = {int(place[i]): fact for i, fact in files.facts.items() if i not in beside}
    return without_images(dataset, ~keep, "DICOM, no picture", told), _Files(facts=facts)


def _patients(dataset: Dataset, files: _Files) -> tuple[Column | None, list[str]]:
    """The column of patients, or else of studies; None where it would separate nothing; notes."""
    known, shared = patients_by_study(files.facts)
    carrying = files.count(lambda one: one.patient)
    if len({*known.values()}) < 2:  # noqa: PLR2004  # one patient, or none, separates nothing
        note = f"{_of(carrying, len(files.facts))} one and the same PatientID, which groups none"
        studies = studies_of(files.facts)
        column = Column(STUDY, _short(studies, len(dataset), "")) if studies else None
        return column, [note] if carrying else []
    lacking = len(files.facts) - carrying
    notes = [f"{_of(lacking, len(files.facts))} no PatientID"] if lacking else []
    names = _short(known, len(dataset), "patient-")
    return Column(PATIENT, names), [*notes, *filter(None, [shared])]


def _short(known: Mapping[int, str], count: int, before: str) -> tuple[str, ...]:
    """Hashes as they are shown, "" for an image without one: longer where short ones meet."""
    ends = {i: name.rpartition("-")[2] for i, name in known.items()}
    distinct = {*ends.values()}
    short = {end[:SHORT_HASH] for end in distinct}
    digits = SHORT_HASH if len(short) == len(distinct) else 2 * SHORT_HASH
    kinds = {i: before or f"{known[i].partition('-')[0]}-" for i in ends}
    return tuple(f"{kinds[i]}{ends[i][:digits]}" if i in ends else "" for i in range(count))


def _with_patients(dataset: Dataset, patients: Column | None) -> Dataset:
    """The dataset grouped by patients where it has no groups, or else with them beside those."""
    if patients is None:
        return dataset
    if dataset.groups is not None:
        return replace(dataset, metadata=(*dataset.metadata, patients))
    return replace(
        dataset,
        groups=patients.values,
        group_columns=(patients,),
        reading=replace(dataset.reading, group_column=patients.name),
    )


def _privacy(dataset: Dataset, files: _Files) -> list[Finding]:
    """A finding for each file with identifying tags: their names, never a value."""
    return [
        Finding(
            kind="privacy",
            path=dataset.ids[i],
            detail=f"identifying tags: {', '.join(fact.identifying)} (values are not shown)",
        )
        for i, fact in sorted(files.facts.items())
        if fact.identifying
    ]


def _notes(files: _Files) -> list[str]:
    """Notes for people on all files together, with counts."""
    total = len(files.facts)
    told = (
        (
            files.count(lambda one: one.grey and not one.windowed),
            "no window: shown by the full range of their bits",
        ),
        (
            files.count(lambda one: one.presented),
            "a presentation LUT that asks for other grey values (not applied: viewers differ)",
        ),
        (files.count(lambda one: one.overlays), "overlays, which are not drawn"),
        (
            files.count(lambda one: one.indirect),
            "an institution, a station or an accession number in their headers",
        ),
    )
    return [f"{_of(count, total)} {words}" for count, words in told if count]


def _of(count: int, total: int) -> str:
    carry = "carries" if count == 1 else "carry"
    return f"{count:,} of {total:,} DICOM files {carry}"
