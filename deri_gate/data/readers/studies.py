"""Patients of DICOM files by their IDs, and by what else only files of one person share.

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
_KINDS_SAID = {
    "study": "studies", "series": "series", "request": "accession numbers",
    "image": "SOPInstanceUIDs", "person": "names with dates of birth",
}  # fmt: skip
_KINDS = tuple(_KINDS_SAID)
_SPLITS = 3  # IDs that one person may have: one in each of training, validation and test
_STRAY = 20  # one shared value in so many may be of more
_FEW = 12  # up to so many may be one for each folder that a program wrote, no patients or studies


def patients_by_study(facts: Mapping[int, Facts]) -> tuple[dict[int, str], str]:
    """Patient of each file, those taken for one who share what only one has, and a note.

    Where studies and series would leave hardly any patient, the numbers stand for whatever a
    program wrote together, and only the note says that they are shared.

    Args:
        facts: By position of an image in a DICOM file, its header's facts.
    """
    by_id = {i: fact.patient for i, fact in facts.items() if fact.patient}
    if not by_id:
        return {}, ""
    before = len({*by_id.values()})
    joined = _patients(facts, [(fact.patient, *fact.studies) for fact in facts.values()])
    names, note = [*_KINDS[:2]], ""
    if _is_of_a_program(before, len({*joined.values()})):
        names, joined, left = [], by_id, len({*joined.values()})
        told = f"studies or series are shared by several of {counted(before, 'PatientID')}"
        note = f"{told}, which would leave {left:,}: only the IDs tell patients apart"
    names += [kind for kind in _KINDS[2:] if _tells_persons(kind, facts, before)]
    more = _patients(facts, [_of_kinds(fact, names) for fact in facts.values()])
    left = len({*more.values()})
    if more == joined or _is_of_a_program(before, left):
        more, left = joined, len({*joined.values()})
    return more, note if more == by_id else _told(facts, by_id, more, names)


def _told(
    facts: Mapping[int, Facts],
    by_id: Mapping[int, str],
    joined: Mapping[int, str],
    names: list[str],
) -> str:
    """Note on patients that are taken for one, or are known without an ID."""
    before, left = len({*by_id.values()}), len({*joined.values()})
    ways = [kind for kind in names if _left(facts, [kind]) < before]
    said = " or ".join(_KINDS_SAID[kind] for kind in ways)
    if before > left:
        ids = counted(before, "PatientID")
        return f"{said} are shared by several of {ids}, who are taken for {left:,}"
    files = counted(len(joined) - len(by_id), "DICOM file")
    return f"the patient of {files} is known by what is shared with others, such as the study"


def _tells_persons(kind: str, facts: Mapping[int, Facts], before: int) -> bool:
    """False for values that a program wrote for a whole set, or for many that belong apart."""
    ids: dict[str, set[str]] = {}
    for fact in facts.values():
        for value in _of_kinds(fact, [kind])[1:]:
            ids.setdefault(value, set()).add(fact.patient)
    names = {value.split("-")[1] for value in ids}  # of a person without the date of birth
    if len(names) <= 1 or 2 * len(names) < len(ids):
        return False
    shared = [len(found - {""}) for found in ids.values() if len(found - {""}) > 1]
    if sum(count > _SPLITS for count in shared) * _STRAY > len(shared):
        return False
    return not _is_of_a_program(before, _left(facts, [kind]))


def _left(facts: Mapping[int, Facts], kinds: Sequence[str]) -> int:
    """Number of patients that are left once those with a value in common are one."""
    files = [_of_kinds(fact, kinds) for fact in facts.values()]
    return len({*_patients(facts, files).values()})


def _is_of_a_program(before: int, left: int) -> bool:
    """True where hardly any would be left of so many."""
    return left == 1 < before or (left <= _FEW and 2 * left < before)


def _patients(facts: Mapping[int, Facts], files: Sequence[Sequence[str]]) -> dict[int, str]:
    """Patient of each file by these names of each; without those who have no ID anywhere."""
    roots = _joined(files)
    first = {i: next(filter(None, names), "") for i, names in zip(facts, files, strict=True)}
    return {i: roots[name] for i, name in first.items() if name and "-" not in roots[name]}


def _of_kinds(fact: Facts, kinds: Sequence[str]) -> list[str]:
    """Patient of a file, and what it has of these kinds, all of which join it with others."""
    others = [name for name in (*fact.studies, *fact.persons) if name.split("-")[0] in kinds]
    return [fact.patient, *others]


def studies_of(facts: Mapping[int, Facts]) -> dict[int, str]:
    """Study of each file, where there are more than a few, and one of them holds several files."""
    roots = _joined([fact.studies for fact in facts.values()])
    studies = {i: roots[fact.studies[0]] for i, fact in facts.items() if fact.studies}
    kinds = len({*studies.values()})
    return studies if _FEW < kinds < len(studies) else {}


def _joined(files: Sequence[Sequence[str]]) -> dict[str, str]:
    """Each name with that of all names which files join with it: the first in order.

    Patients are hashes in hexadecimal digits, so that they come before other names.
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
