"""Findings on columns that number people, too, and of which `leaked_patients` says nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from deri_gate.data.dataset import Finding
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.missing_labels import reads_as_missing
from deri_gate.data.readers.patients import unit_of
from deri_gate.data.readers.spelling import same_patient
from deri_gate.measuring.source_columns import MANY, columns_of, common_columns
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.measuring.evidence import Evidence

PEOPLE = (0, 1)  # of the units: patients and subjects


def other_patient_findings(*sides: Evidence) -> Iterator[Finding]:
    """A finding for each column of patients or subjects that has some in several splits.

    So has one of cases, studies, slides or lesions where each is of one patient in every split:
    they may be numbered anew in each. One column is looked at, the first. Which numbers are right
    a person has to say: another may be theirs within a hospital, and then is in several splits
    without any leak.

    Args:
        sides: The images of every split.
    """
    wholes = [side.whole for side in sides]
    splits = [split for whole in wholes for split in whole.splits or ()]
    looked_at = {whole.patients.name for whole in wholes if whole.patients}
    looked_at |= {column.name for whole in wholes for column in whole.group_columns[:1]}
    patients = [name for whole in wholes if whole.patients for name in whole.patients.values]
    common = common_columns([columns_of(whole) for whole in wholes]) if splits else {}
    for name, values in common.items():
        unit = unit_of(name)
        if unit is None or name in looked_at:
            continue
        if unit not in PEOPLE and not _of_one_patient(values, splits, patients):
            continue
        several, people = _in_several(values, splits)
        if several and people > MANY:
            what = "people" if unit in PEOPLE else "what is of one person each"
            told = f"{path_text(name)} numbers {what}, too, and {several:,} of "
            told += f"{counted(people, 'value')} are in several splits: leaks are looked for by "
            told += f"{' and '.join(sorted(map(path_text, looked_at)))} alone; "
            told += "--columns group=NAME chooses another"
            yield Finding(kind="other_patients", path=wholes[0].name, detail=told)


def _of_one_patient(values: Sequence[str], splits: Sequence[str], patients: Sequence[str]) -> bool:
    """True if no value of a column is that of two patients of one split."""
    if len(patients) != len(values):
        return False
    known = {(s, v, p) for s, v, p in zip(splits, values, patients, strict=True) if v and p}
    return len(known) == len({(split, value) for split, value, _ in known})


def _in_several(values: Sequence[str], splits: Sequence[str]) -> tuple[int, int]:
    """Number of the values that are in several splits, and of all that stand for somebody."""
    known = {value: same_patient(value) for value in {*values} if not reads_as_missing(value)}
    pairs = {(known.get(value), split) for value, split in zip(values, splits, strict=True)}
    places = Counter(value for value, _ in pairs if value)
    return sum(count > 1 for count in places.values()), len(places)
