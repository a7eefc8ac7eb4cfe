"""Column of a dataset that numbers patients: no patient may be on both sides of a split."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from deri_gate.data.dataset import Column
from deri_gate.data.dicom.privacy import is_placeholder
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.missing_labels import reads_as_missing
from deri_gate.data.readers.spelling import as_one, same_patient
from deri_gate.data.readers.splits import canonical_split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.data.dataset import Dataset

PATIENT = "DICOM PatientID"
_ID = (
    "(id|ids|number|no|num|nr|code|key|uid|identifier|pseudonym|nummer|kennung|schluessel|"
    "schlussel|numero|identifiant|identificador|identificativo|codigo|codice)"
)
# Before its word. Not "no" and "num": "no lesion" is an answer, and a number may be a count.
_ID_BEFORE = "(id|code|numero|identifiant|codigo|codice)"


def _numbered_unit(*words: str) -> str:
    """Pattern of a unit's name with that of its number behind or before: case_id, id_caso."""
    either = "|".join(words)
    return rf"({either})s?{_ID}|{_ID_BEFORE}(de|du|di|del|do|da|dela|della)?({either})"


# English, German, French, Spanish, Italian and Portuguese, without accents.
UNITS = tuple(  # in order of preference: what is shared by more images comes first
    re.compile(pattern)
    for pattern in (
        rf"(anon|anonymi[sz]ed|deid|deidentified|dicom)?(patient|pat){_ID}|patients?|patients?name|pid|mrn|medicalrecordnumber|"
        + _numbered_unit("patient", "patienten", "pat", "paciente", "paziente")
        + "|patienten|pacientes?|pazient[ei]",
        _numbered_unit("subject", "subj", "participant", "person", "donor", "animal", "individual",
                       "volunteer", "proband", "probanden", "teilnehmer", "sujet", "sujeto",
                       "soggetto", "sujeito")
        + "|subjects?|participants?|proband(en)?",
        _numbered_unit("case", "fall", "caso"),
        _numbered_unit("study", "exam", "examination", "accession", "studie", "studien",
                       "untersuchung", "etude", "examen", "estudio", "esame", "exame", "estudo")
        + "|(study|exam|examination|accession)(id|uid)dicom|(dicom)?studyinstanceuid|accession",
        _numbered_unit("slide", "wsi", "specimen", "block", "biopsy", "objekttrager",
                       "biopsie", "biopsia", "vetrino", "lamina")
        + "|slides?|wsi",
        _numbered_unit("lesion", "nodule", "tumor", "tumour", "lasion", "laesion", "lesione",
                       "lesao", "nodulo"),
    )
)  # fmt: skip
_NUMBERED = re.compile(
    r"(anon)?(patient|pat|subject|subj|sub|participant|person|donor|case|study|slide|lesion)"
    r"([\W_]*(id|no|nr)?[\W_]*\d\w*|[\W_]+\w*\d\w*)"
)
_WORDS = re.compile(r"[^\W\d_]+")
_MOST_SHOWN = 40  # characters of a number that is an example
_MOSTLY = 0.5  # share of the names of groups that must be numbered so


def unit_of(name: str) -> int | None:
    """Place in `UNITS` of what a column's name says it numbers; None for any other column."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = re.sub(r"[\W_]+", "", "".join(c for c in decomposed if not unicodedata.combining(c)))
    return next((i for i, unit in enumerate(UNITS) if unit.fullmatch(plain)), None)


def why_no_groups(values: Sequence[str]) -> str:
    """Reason that a column does not group images; "" where it does."""
    known = [value for value in values if value.strip()]
    kinds = len(set(known))
    if kinds < 2:  # noqa: PLR2004
        return "has the same value for every image" if known else "is empty"
    return "has another value for every image" if kinds == len(known) else ""


def with_patients(dataset: Dataset) -> Dataset:
    """The dataset with its column of patients, and a note where that names the split as well."""
    column = patients_of(dataset)
    dataset = replace(dataset, patients=column)
    if column is None or not _name_their_split(column.values, dataset.splits or ()):
        return dataset
    return dataset.with_notes(
        f"each number in '{path_text(column.name)}' names its split as well "
        f"({path_text(next(filter(None, column.values)))[:_MOST_SHOWN]}): who is a patient of two "
        "splits has two numbers, and is not found"
    )


def _name_their_split(values: Sequence[str], splits: Sequence[str]) -> bool:
    """True if all numbers hold the name of the split that they are of, in two splits or more."""
    pairs = {(value, split) for value, split in zip(values, splits, strict=False) if value}
    named = {split for _, split in pairs}
    return len(named) > 1 and all(
        canonical_split(split) in map(canonical_split, _WORDS.findall(value))
        for value, split in pairs
    )


def patients_of(dataset: Dataset) -> Column | None:
    """The column that numbers patients, or else subjects, cases, studies, slides or lesions.

    It may be one that groups the images, any other of the dataset, or a column of groups that
    are numbered like patients (`patient 7`, `sub-01`). Names that stand for nobody are blank,
    and spellings of one name are one. A column that groups nothing is passed over.
    """
    candidates = [
        (unit, place, column)
        for place, column in enumerate((*dataset.group_columns, *dataset.metadata))
        if (unit := _unit(column, groups=place < len(dataset.group_columns))) is not None
    ]
    for _, _, column in sorted(candidates, key=lambda one: one[:2]):
        values = as_one([_known(value) for value in column.values], same_patient)
        if not why_no_groups(values):
            return Column(column.name, tuple(values))
    return None


def _unit(column: Column, *, groups: bool) -> int | None:
    """Place of a column in the order of preference; one known by its values alone comes last."""
    named = unit_of(column.name)
    if named is not None:
        return named
    return len(UNITS) if groups and _numbered(column.values) else None


def _numbered(values: Sequence[str]) -> bool:
    """True if most names of a column are those of patients, or of folders of patients."""
    names = Counter(posixpath.basename(value) for value in values if value.strip())
    like = sum(_NUMBERED.fullmatch(name.casefold()) is not None for name in names)
    return bool(names) and like > _MOSTLY * len(names)


def _known(value: str) -> str:
    """A patient's name as written; "" for one that stands for nobody. 0 may be a patient."""
    nobody = is_placeholder(value) and not any(map(str.isdigit, value))
    return "" if nobody or reads_as_missing(value) else value
