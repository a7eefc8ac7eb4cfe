"""Patients of DICOM files by their IDs, and by the studies and series that hold their images.

A study is of one patient, as a series is of one study (PS3.3 A.1). Programs that make IDs
pseudonyms may give each file, or each split, another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.data.dicom.facts import Facts

STUDY = "DICOM StudyInstanceUID"
_NO_PATIENT = ("study-", "series-")  # begin names of what no file with a PatientID is of
_FEW = 12  # up to so many may be one for each folder that a program wrote, no patients or studies


def patients_by_study(facts: Mapping[int, Facts]) -> tuple[dict[int, str], str]:
    """Patient of each file, those whose studies or series are shared taken for one, and a note.

    Where that would leave hardly any patient, the numbers stand for whatever a program wrote
    together, and only the note says that they are shared.

    Args:
        facts: By position of an image in a DICOM file, its header's facts.
    """
    by_id = {i: fact.patient for i, fact in facts.items() if fact.patient}
    if not by_id:
        return {}, ""
    roots = _joined([(fact.patient, *fact.studies) for fact in facts.values()])
    joined = {
        i: roots[names[0]]
        for i, fact in facts.items()
        if (names := _names(fact)) and not roots[names[0]].startswith(_NO_PATIENT)
    }
    before, left = len({*by_id.values()}), len({*joined.values()})
    if joined == by_id:
        return by_id, ""
    told = f"studies or series are shared by several of {counted(before, 'PatientID')}"
    if left == 1 < before or (left <= _FEW and 2 * left < before):
        return by_id, f"{told}, which would leave {left:,}: only the IDs tell patients apart"
    if before == left:
        more = len(joined) - len(by_id)
        return joined, f"the patient of {counted(more, 'DICOM file')} is known by study or series"
    return joined, f"{told}, who are taken for {left:,}"


def studies_of(facts: Mapping[int, Facts]) -> dict[int, str]:
    """Study of each file, where there are more than a few, and one of them holds several files."""
    roots = _joined([fact.studies for fact in facts.values()])
    studies = {i: roots[fact.studies[0]] for i, fact in facts.items() if fact.studies}
    kinds = len({*studies.values()})
    return studies if _FEW < kinds < len(studies) else {}


def _names(fact: Facts) -> list[str]:
    """Patient, study and series of a file, which join it with others."""
    return [name for name in (fact.patient, *fact.studies) if name]


def _joined(files: Sequence[Sequence[str]]) -> dict[str, str]:
    """Each name with that of all names which files join with it: the first in order.

    Patients are hashes in hexadecimal digits, so that they come before studies and series.
    """
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while (above := root.setdefault(name, name)) != name:
            root[name] = name = root[above]
        return name

    for names in files:
        known = [find(name) for name in names if name]
        for name in known:
            root[find(name)] = min(map(find, known))
    return {name: find(name) for name in root}
