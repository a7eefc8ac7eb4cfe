"""Folders and manifests of DICOM files: what their headers add when a dataset is opened."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner

from deri_gate.cli.main import main
from deri_gate.data import dicom
from deri_gate.data.readers import open_dataset
from deri_gate.errors import DatasetError

NAME, ID = "Doeington^Johnathan", "MRN-99887766"


def picture(number: int) -> np.ndarray:
    """A made picture, its class by the direction of its stripes."""
    rng = np.random.default_rng(number)
    axis = np.arange(48) * (0.3 + 0.05 * rng.random())
    stripes = 900 * np.sin(axis + rng.random() * 6)
    plane = stripes[None, :] if number % 2 else stripes[:, None]
    return (2000 + plane + rng.normal(0, 120, (48, 48))).astype(np.uint16)


@pytest.fixture
def archive(make, tmp_path: Path) -> Path:
    """Ten patients in two classes; the odd patients are in train and in test."""
    for i in range(60):
        patient = i // 6
        split = "test" if patient % 2 and i % 6 == 5 else "train"
        path = tmp_path / "ct" / split / "ab"[i % 2] / f"{i:02d}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        tags = {"WindowCenter": 2000, "WindowWidth": 3000} if i % 3 else {}
        path.write_bytes(make(picture(i), bits=12, PatientID=f"{ID}{patient}", **tags))
    return tmp_path / "ct"


def test_patients_are_the_groups_of_a_folder(archive: Path) -> None:
    """Hashed, and said where they come from."""
    dataset = open_dataset(archive)

    assert dataset.groups is not None
    assert len(set(dataset.groups)) == 10
    assert all(len(g) == len("patient-") + 8 and g.startswith("patient-") for g in dataset.groups)
    assert dataset.reading.group_column == "DICOM PatientID"
    assert [c.name for c in dataset.group_columns] == ["DICOM PatientID"]
    assert ID not in repr(dataset)


def test_patients_are_the_groups_of_a_manifest_without_groups(archive: Path) -> None:
    """And not of one that names groups itself."""
    rows = [(p.relative_to(archive).as_posix(), p.parent.name) for p in archive.rglob("*.dcm")]
    plain, grouped = archive / "plain.csv", archive / "grouped.csv"
    plain.write_text("path,label\n" + "".join(f"{p},{c}\n" for p, c in rows))
    grouped.write_text(
        "path,label,group\n" + "".join(f"{p},{c},g{i % 4}\n" for i, (p, c) in enumerate(rows))
    )

    assert len(set(open_dataset(plain).groups or ())) == 10
    assert set(open_dataset(grouped).groups or ()) == {"g0", "g1", "g2", "g3"}


def test_the_report_counts_files_without_a_window(archive: Path) -> None:
    """In the words that people read."""
    notes = open_dataset(archive).reading.notes

    assert "20 of 60 DICOM files carry no window: shown by the full range of their bits" in notes


def test_the_report_counts_files_that_viewers_may_show_otherwise(make, tmp_path: Path) -> None:
    """By a shape that contradicts the ends, or a table; one that agrees with them is no news."""
    table = pydicom.Dataset()
    table.LUTDescriptor, table.LUTData = [2, 0, 8], bytes([255, 0])
    for i, (kind, tags) in enumerate([
        ("MONOCHROME1", {"PresentationLUTShape": "INVERSE"}),
        ("MONOCHROME2", {"PresentationLUTShape": "IDENTITY"}),
        ("MONOCHROME2", {"PresentationLUTShape": "INVERSE"}),
        ("MONOCHROME2", {"PresentationLUTSequence": [table]}),
    ]):  # fmt: skip
        path = tmp_path / "x" / "ab"[i % 2] / f"{i}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make(picture(i), bits=12, kind=kind, **tags))

    (note,) = [n for n in open_dataset(tmp_path / "x").reading.notes if "presentation" in n]
    assert note.startswith("2 of 4 DICOM files carry a presentation LUT that asks for other grey")


def test_one_patient_alone_groups_nothing(make, tmp_path: Path) -> None:
    """Said; a single group would make every leak whole and every fold empty."""
    for i in range(4):
        path = tmp_path / "ab"[i % 2] / f"{i}.dcm"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(make(picture(i), PatientID="MRN1"))

    dataset = open_dataset(tmp_path)

    assert dataset.groups is None
    assert any("one and the same PatientID" in note for note in dataset.reading.notes)


def test_images_without_a_patient_belong_with_none(make, tmp_path: Path) -> None:
    """Placeholders are no patient, and other files have none."""
    for i, patient in enumerate(["P1", "P2", "", "ANONYMOUS", "p1 "]):
        path = tmp_path / "ab"[i % 2] / f"{i}.dcm"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(make(picture(i), PatientID=patient))

    groups = dict(zip(open_dataset(tmp_path).ids, open_dataset(tmp_path).groups or (), strict=True))

    assert groups["a/2.dcm"] == groups["b/3.dcm"] == ""
    assert groups["a/0.dcm"] == groups["a/4.dcm"] != groups["b/1.dcm"]


def test_patients_in_two_splits_are_leaked_groups_and_no_value_is_printed(
    archive: Path, make, tmp_path: Path
) -> None:
    """By the real command; names and IDs stand in no file that it writes, nor in its output."""
    path = archive / "train" / "a" / "named.dcm"
    path.write_bytes(
        make(picture(99), bits=12, PatientID=f"{ID}0", PatientName=NAME, BurnedInAnnotation="YES")
    )
    out = tmp_path / "report"

    done = CliRunner().invoke(
        main,
        ["check", str(archive), "--metrics", "sharpness", "--out", str(out), "--fail-on", "never"],
    )

    assert done.exit_code == 2, done.output  # the limits on other metrics were not measured
    metrics = json.loads((out / "metrics.json").read_text("utf-8"))
    privacy = [f for f in metrics["findings"] if f["kind"] == "privacy"]
    assert [f["path"] for f in privacy] == ["train/a/named.dcm"]
    assert "PatientName" in privacy[0]["detail"]
    assert "BurnedInAnnotation" in privacy[0]["detail"]
    written = b"".join(p.read_bytes() for p in out.rglob("*") if p.is_file())
    for secret in (NAME, "Doeington", ID):
        assert secret not in done.output
        assert secret.encode() not in written
    assert b"patient-" in written
    assert "leaked_groups" in done.output


def test_a_long_header_is_read_to_its_end(make, items, tmp_path: Path) -> None:
    """A name behind more than the bytes that are read at first."""
    long = items(TextValue="x" * 1000)
    for i in range(2):
        path = tmp_path / "ab"[i] / "0.dcm"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(
            make(
                picture(i),
                PatientID=f"P{i}",
                ConceptNameCodeSequence=type(long)([long[0]] * 100),
                ReviewerName=NAME,
            )
        )

    dataset = open_dataset(tmp_path)

    assert [f.kind for f in dataset.findings] == ["privacy", "privacy"]
    assert len(set(dataset.groups or ())) == 2


def test_a_dicom_file_by_another_name_is_looked_at_too(make, tmp_path: Path) -> None:
    """Its bytes say what it is: a name in a file called .png is found all the same."""
    for i, name in enumerate(["0.png", "0.dcm"]):
        path = tmp_path / "ab"[i] / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(make(picture(i), PatientName=NAME))

    assert {f.path for f in open_dataset(tmp_path).findings} == {"a/0.png", "b/0.dcm"}


def test_objects_of_an_archive_are_left_out_and_counted(archive: Path, sample) -> None:
    """A report, a structure set and a directory beside the pictures."""
    for name in ("test-SR.dcm", "rtstruct.dcm"):
        (archive / "train" / "a" / name).write_bytes(sample(name))

    dataset = open_dataset(archive)

    assert len(dataset) == 60
    told = {f.path: f.detail for f in dataset.findings if f.kind == "ignored"}
    assert set(told) == {"train/a/test-SR.dcm", "train/a/rtstruct.dcm"}
    assert "structured report" in told["train/a/test-SR.dcm"]
    assert ("DICOM, no picture", 2) in dataset.reading.left_out
    assert dataset.other_files is not None
    assert set(told) <= set(dataset.other_files.paths)  # a change of one is a change


def test_an_archive_without_pictures_is_an_error(sample, tmp_path: Path) -> None:
    """That says what there is."""
    for i, name in enumerate(("test-SR.dcm", "rtplan.dcm")):
        (tmp_path / "ab"[i]).mkdir()
        (tmp_path / "ab"[i] / name).write_bytes(sample(name))

    with pytest.raises(DatasetError, match=r"are no pictures: .*structured report"):
        open_dataset(tmp_path)


def test_a_segmentation_is_no_image(make, tmp_path: Path) -> None:
    """It has pixels, but it is a mask."""
    for i in range(3):
        path = tmp_path / "ab"[i % 2] / f"{i}.dcm"
        path.parent.mkdir(exist_ok=True)
        uid = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"} if i == 2 else {}
        path.write_bytes(make(picture(i), **uid))

    dataset = open_dataset(tmp_path)

    assert dataset.ids == ("a/0.dcm", "b/1.dcm")
    assert "a segmentation, which is a mask" in dataset.findings[0].detail


def test_without_pydicom_a_folder_still_opens(archive: Path, monkeypatch) -> None:
    """The pass over the images then says of each what to install."""
    monkeypatch.delattr(dicom, "library", raising=False)  # in which all of pydicom is imported
    monkeypatch.setitem(sys.modules, "deri_gate.data.dicom.library", None)

    dataset = open_dataset(archive)

    assert len(dataset) == 60
    assert dataset.groups is None


def test_a_damaged_header_says_nothing_and_breaks_nothing(archive: Path) -> None:
    """Decoding tells what is wrong with the file."""
    (archive / "train" / "a" / "cut.dcm").write_bytes(bytes(128) + b"DICM" + b"\x02\0rubbish" * 9)

    assert len(open_dataset(archive)) == 61


def git(folder: Path, *arguments: str) -> None:
    names = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


def test_another_revision_has_the_same_patients_findings_and_notes(
    archive: Path, make, monkeypatch
) -> None:
    """So that base and head of a pull request are read alike."""
    (archive / "train" / "a" / "named.dcm").write_bytes(make(picture(9), PatientName=NAME))
    git(archive, "init", "-q")
    git(archive, "add", ".")
    git(archive, "commit", "-q", "-m", "base")
    monkeypatch.chdir(archive)

    here, there = open_dataset(archive), open_dataset("git:HEAD:.")

    assert there.ids == here.ids
    assert there.groups == here.groups
    assert there.reading.notes == here.reading.notes
    assert [f for f in there.findings if f.kind == "privacy"] == [
        f for f in here.findings if f.kind == "privacy"
    ]


def test_a_table_with_groups_of_its_own_keeps_them_and_patients_are_known(archive: Path) -> None:
    """Sites in both splits may be meant; a patient in both is found all the same."""
    rows = [(p.relative_to(archive).as_posix(), p.parent.name) for p in archive.rglob("*.dcm")]
    grouped = archive / "grouped.csv"
    grouped.write_text(
        "path,label,group\n" + "".join(f"{p},{c},site{i % 2}\n" for i, (p, c) in enumerate(rows)),
        encoding="utf-8",
    )
    found = open_dataset(grouped)

    assert set(found.groups or ()) == {"site0", "site1"}
    assert found.patients is not None
    assert found.patients.name == "DICOM PatientID"
    assert len(set(found.patients.values)) == 10


@pytest.mark.parametrize("kind", ["struct", "bytes"])
def test_headers_are_read_in_the_cells_of_parquet(make, tmp_path: Path, kind) -> None:
    """Patients, names and frames, wherever the files lie."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    contents = [
        make(
            picture(i),
            bits=12,
            PatientID=f"{ID}{i // 2}",
            **({"PatientName": NAME} if i == 3 else {}),
        )
        for i in range(8)
    ]
    cells = [{"bytes": one, "path": None} for one in contents] if kind == "struct" else contents
    table = pa.table({"image": cells, "label": [i % 2 for i in range(8)]})
    parquet.write_table(table, tmp_path / "train.parquet", row_group_size=3)
    found = open_dataset(tmp_path / "train.parquet")

    assert found.reading.headers == 8
    assert found.reading.group_column == "DICOM PatientID"
    assert len(set(found.groups or ())) == 4
    (private,) = [f for f in found.findings if f.kind == "privacy"]
    assert "PatientName" in private.detail
    assert private.path == found.ids[3]
    assert NAME not in repr(found)
