"""Which column numbers patients, of all that a dataset has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import open_dataset
from deri_gate.data.readers.options import ReadOptions
from deri_gate.data.readers.patients import unit_of

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 8
IN_TWO = ("7", "8", "9", "9", "7", "5", "4", "4")  # of the patients one is in both splits


def table(folder: Path, **columns: tuple[str, ...]) -> Path:
    """A manifest of eight images, four of them to train with, and these columns."""
    header = ["path", "label", "split", *columns]
    lines = [",".join(header)]
    for i in range(ROWS):
        Image.fromarray(np.full((8, 8), i * 20, np.uint8)).save(folder / f"{i}.png")
        cells = [f"{i}.png", "ab"[i % 2], "train" if i < ROWS // 2 else "test"]
        lines.append(",".join([*cells, *(values[i] for values in columns.values())]))
    (folder / "list.csv").write_text("\n".join(lines), "utf-8")
    return folder / "list.csv"


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"patient_id": IN_TWO}, "patient_id"),
        ({"Lesion ID": IN_TWO}, "Lesion ID"),
        ({"group": ("n", "s") * 4, "Patient": IN_TWO}, "Patient"),  # beside groups of sites
        ({"lesion_id": IN_TWO[::-1], "mrn": IN_TWO}, "mrn"),  # a patient has several lesions
        ({"group": tuple(f"sub-{value}" for value in IN_TWO)}, "group"),  # known by its values
        ({"group": tuple(f"Patient {value}" for value in IN_TWO)}, "group"),
        ({"patient_id": ("1",) * 8, "study_uid": IN_TWO}, "study_uid"),  # one patient says nothing
    ],
)
def test_the_column_that_numbers_patients(tmp_path, columns, name) -> None:
    found = open_dataset(table(tmp_path, **columns)).patients

    assert found is not None
    assert found.name == name
    assert len(set(found.values)) == len(set(columns[name]))


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"group": ("north", "south") * 4},
        {"scanner": IN_TWO},
        {"case": ("yes", "no") * 4},  # a case of what, or a patient: not known
        {"study": ("trial A", "trial B") * 4},
        {"patient_id": ("x",) * 8},
        {"patient_id": tuple("12345678")},
        {"patient_id": ("unknown", "NA", "nan", "") * 2},
    ],
)
def test_a_column_that_numbers_none_is_not_taken(tmp_path, columns) -> None:
    """Sites and trials may be in all splits; what stands for nobody is no patient."""
    assert open_dataset(table(tmp_path, **columns)).patients is None


def test_spellings_of_a_patient_are_one_and_nobody_is_none(tmp_path) -> None:
    """007 and 7 are one patient, wherever the column stands; patient 0 is one."""
    written = ("007", "P1", "0", "0", "7", "p1 ", "unknown", "n/a")
    found = open_dataset(table(tmp_path, group=("n", "s") * 4, patient_id=written)).patients

    assert found is not None
    values = [
        v
        for _, v in sorted(zip(open_dataset(tmp_path / "list.csv").ids, found.values, strict=True))
    ]
    assert values[0] == values[4]
    assert values[1] == values[5]
    assert values[2] == values[3] == "0"
    assert values[6] == values[7] == ""


def test_groups_that_the_user_names_do_not_hide_patients(tmp_path) -> None:
    """`group=site` says what figures are given for, not that patients may leak."""
    path = table(tmp_path, site=("n", "s") * 4, patient_id=IN_TWO)
    found = open_dataset(path, options=ReadOptions.of(columns="group=site"))

    assert found.reading.group_column == "column site"
    assert found.patients is not None
    assert found.patients.name == "patient_id"


def test_folders_of_patients(tmp_path) -> None:
    """By their names: those of hospitals are not taken."""
    for kind in ("patient", "clinic"):
        for split, number in (("train", 1), ("train", 2), ("test", 1), ("test", 3)):
            for name in "ab":
                path = tmp_path / kind / split / f"{kind}{number:05}" / name / "1.png"
                path.parent.mkdir(parents=True)
                Image.fromarray(np.full((8, 8), 40, np.uint8)).save(path)
    options = ReadOptions.of(layout="split/group/class")
    own = open_dataset(tmp_path / "patient", options=options).patients

    assert own is not None
    assert sorted(set(own.values)) == ["patient00001", "patient00002", "patient00003"]
    assert open_dataset(tmp_path / "clinic", options=options).patients is None


@pytest.mark.parametrize(
    "name",
    [
        "Patient ID",
        "PatientID",
        "patient",
        "subject_no",
        "CaseID",
        "slide",
        "DICOM PatientID",
        "id_patient",
        "StudyID (DICOM)",
        "Patienten-Nr.",
        "PatientenID",
        "Läsion_Nr",
        "Fallnummer",
        "Untersuchungs-ID",
        "Proband",
        "id_paciente",
        "Número de paciente",
        "numéro du patient",
        "identifiant patient",
        "Código del paciente",
        "ID lesión",
        "Lesão ID",
        "codice paziente",
        "Objektträger-Nr",
    ],
)
def test_names_of_such_columns(name) -> None:
    assert unit_of(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        "no_lesion",
        "num_lesions",
        "Number of patients",
        "Gerät",
        "Falls",
        "lesion",
        "Diagnose",
        "block",
        "case",
        "study",
        "exam date",
        "patient_age",
        "Patientenalter",
        "Studienarm",
        "caso",
        "Schnittnummer",
    ],
)
def test_names_of_other_columns(name) -> None:
    """Answers, counts, ages, kinds and slices of a volume are nobody's number."""
    assert unit_of(name) is None


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([*(f"train_{i // 2}" for i in range(4)), *(f"test_{i // 2}" for i in range(4))], True),
        ([*(f"Training-{i // 2}" for i in range(4)), *(f"TEST-{i // 2}" for i in range(4))], True),
        (["tr1", "tr1", "tr2", "", "ts1", "ts1", "ts2", ""], True),
        (["train_1", "train_1", "train_2", "p3", "test_1", "test_1", "test_2", "test_2"], False),
        ([f"p{i // 2}" for i in range(8)], False),
        (["train_1", "train_1", "train_2", "train_2"] * 2, False),  # so a leak is found
        (["test_1", "test_1", "test_2", "test_2", "train_1", "train_1", "train_2", "x"], False),
    ],
)
def test_numbers_that_name_their_split_are_told(tmp_path, numbers, told) -> None:
    """Each split was numbered by itself, so that no patient can be seen to be in two."""
    dataset = open_dataset(table(tmp_path, patient_id=tuple(numbers)))

    assert dataset.patients is not None
    assert any("names its split as well" in note for note in dataset.reading.notes) == told
