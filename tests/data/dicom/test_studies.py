"""Studies and series are of one patient each, whatever PatientID says."""

from pathlib import Path

import numpy as np
import pytest

from deri_gate.data.dataset import Dataset
from deri_gate.data.readers import open_dataset

PIXELS = np.arange(64, dtype=np.uint8).reshape(8, 8)
UID = "1.2.826.0.1.{}"


def opened(make, root: Path, tags, count: int = 56) -> Dataset:
    """A set in two splits; `tags` gives those of each image by its place."""
    for i in range(count):
        path = root / ("test" if i % 4 == 3 else "train") / "ab"[i % 2] / f"{i:02d}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make(PIXELS, **tags(i)))
    return open_dataset(root)


def in_both(dataset: Dataset) -> int:
    """Groups with images in both splits."""
    found = set(zip(dataset.groups or (), dataset.splits or (), strict=True))
    return len(found) - len({group for group, _ in found if group})


@pytest.mark.parametrize("tag", ["StudyInstanceUID", "SeriesInstanceUID"])
def test_a_study_or_series_of_several_patient_ids_is_of_one_patient(make, tmp_path, tag) -> None:
    """Else a program that gives each file another ID hides every leak."""
    found = opened(make, tmp_path, lambda i: {"PatientID": f"P{i}", tag: UID.format(1000 + i // 4)})

    assert len(set(found.groups or ())) == 14
    assert in_both(found) == 14
    assert found.patients is not None
    assert any("56 PatientIDs, who are taken for 14" in note for note in found.reading.notes)


def test_files_without_an_id_are_of_the_patient_of_their_study(make, tmp_path: Path) -> None:
    """As where one split alone was made anonymous."""
    found = opened(
        make,
        tmp_path,
        lambda i: {
            "PatientID": "" if i % 4 == 3 else f"P{i // 4}",
            "StudyInstanceUID": UID.format(1000 + i // 4),
        },
    )

    assert in_both(found) == 14
    assert all(group.startswith("patient-") for group in found.groups or ())


def test_files_whose_study_has_no_patient_are_of_none(make, tmp_path: Path) -> None:
    """Their series are no patients: each would be one more, in words that tell of shared ones."""
    found = opened(
        make,
        tmp_path,
        lambda i: {
            "PatientID": f"P{i // 2}" if i < 28 else "",
            "StudyInstanceUID": UID.format(1000 + i),
            "SeriesInstanceUID": UID.format(2000 + i),
        },
    )

    assert [bool(group) for group in found.groups or ()].count(True) == 28
    assert any(note.startswith("28 of 56 DICOM files") for note in found.reading.notes)
    assert not any("PatientIDs" in note for note in found.reading.notes)


def test_two_ids_of_one_study_are_not_told_as_one_id(make, tmp_path: Path) -> None:
    """One patient would separate nothing; the IDs do, and the note says that a study has both."""
    found = opened(
        make, tmp_path, lambda i: {"PatientID": f"P{i % 2}", "StudyInstanceUID": UID.format(7)}
    )

    assert len(set(found.groups or ())) == 2
    assert any("2 PatientIDs, which would leave 1" in note for note in found.reading.notes)


@pytest.mark.parametrize("patient", ["", "ANON1"])
def test_studies_are_the_groups_where_no_id_tells_patients_apart(make, tmp_path, patient) -> None:
    """And are what leaks of patients are looked for by."""
    found = opened(
        make, tmp_path, lambda i: {"PatientID": patient, "StudyInstanceUID": UID.format(i // 4)}
    )

    assert found.reading.group_column == "DICOM StudyInstanceUID"
    assert found.patients is not None
    assert found.patients.name == "DICOM StudyInstanceUID"
    assert in_both(found) == 14
    assert "1.2.826" not in repr(found.groups)


@pytest.mark.parametrize(
    "uid",
    [
        lambda _: UID.format(1),  # of the whole set
        lambda i: UID.format(i % 2),  # of a class
        lambda _: "0",
        UID.format,  # of one file each
    ],
)
def test_numbers_that_a_program_wrote_for_a_folder_join_no_patients(make, tmp_path, uid) -> None:
    """They are neither patients nor groups: a class would be one patient."""
    tagged = opened(
        make, tmp_path / "ids", lambda i: {"PatientID": f"P{i // 2}", "StudyInstanceUID": uid(i)}
    )
    bare = opened(make, tmp_path / "none", lambda i: {"PatientID": "", "StudyInstanceUID": uid(i)})

    assert len(set(tagged.groups or ())) == 28
    assert bare.groups is None


PERSON = "person"  # name and date of birth


def shared(kind: str, number: int) -> dict[str, str]:
    """Tags by which the files of one person are known, whatever the ID."""
    if kind == PERSON:
        name = "".join(chr(97 + int(digit)) for digit in f"{number:04d}")
        return {"PatientName": f"Doe{name}^Joan", "PatientBirthDate": f"19{10 + number:02d}0304"}
    return {
        kind: UID.format(10**8 + number) if kind == "SOPInstanceUID" else f"ACC{7_000_000 + number}"
    }


@pytest.mark.parametrize("count", [56, 24])
@pytest.mark.parametrize("kind", [PERSON, "AccessionNumber", "SOPInstanceUID"])
def test_what_only_one_person_has_joins_ids_of_two_splits(make, tmp_path, kind, count) -> None:
    """A program gave each split its own IDs, and left another tag as it was."""
    found = opened(
        make,
        tmp_path,
        lambda i: {"PatientID": f"{'T' if i % 4 == 3 else 'P'}{i // 4}"} | shared(kind, i // 4),
        count,
    )

    assert in_both(found) == count // 4
    assert any(f"who are taken for {count // 4}" in note for note in found.reading.notes)


@pytest.mark.parametrize("count", [56, 8])
@pytest.mark.parametrize(
    "tags",
    [
        lambda _: {"PatientName": "PATIENT^ONE", "PatientBirthDate": "19000101"},
        lambda i: {"PatientName": "PATIENT^ONE", "PatientBirthDate": f"19{i % 20 + 10}0101"},
        lambda i: {"PatientName": "Anonymous", "PatientBirthDate": f"19{i % 20 + 10}0101"},
        lambda i: {"PatientName": f"Doe^{chr(97 + i)}", "PatientBirthDate": ""},
        lambda _: {"AccessionNumber": "1234567"},
        lambda i: {"AccessionNumber": str(i % 28)},  # a program's own, once more for each split
        lambda i: {"AccessionNumber": f"ACC{i % 28:05d}"},
        lambda i: {"AccessionNumber": f"202401{i % 28 + 1:02d}"},  # a day, of two patients each
        lambda i: {"AccessionNumber": f"2401{i % 28 + 1:02d}"},
        lambda i: {"AccessionNumber": f"D{70000 + i % 14}"},  # of four patients each
        lambda i: {"PatientName": f"Doe^{chr(97 + i % 26)}", "PatientBirthDate": "19500101"},
        lambda i: {"SOPInstanceUID": UID.format(i % 28)},
        lambda _: {"SOPInstanceUID": UID.format(7)},
    ],
)
def test_what_a_program_wrote_for_many_joins_no_patients(make, tmp_path, tags, count) -> None:
    """A name for a whole set tells nobody."""
    found = opened(make, tmp_path, lambda i: {"PatientID": f"P{i // 2}"} | tags(i), count)

    assert len(set(found.groups or ())) == count // 2


def test_a_tag_of_a_whole_set_hides_no_other(make, tmp_path: Path) -> None:
    """Its values are put aside, and studies still join the IDs that they hold."""
    found = opened(
        make,
        tmp_path,
        lambda i: {
            "PatientID": f"P{i}",
            "StudyInstanceUID": UID.format(1000 + i // 4),
            "AccessionNumber": "1234567",
        },
    )

    assert in_both(found) == 14
