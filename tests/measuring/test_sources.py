"""What tells the class or the split without a picture, from real files and manifests."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from PIL import Image

from deri_gate.commands.measure import measure
from deri_gate.runtime.engine import Machine

QUIET = Machine(device="cpu", workers=1, progress=False)


@pytest.fixture
def manifest(tmp_path):
    """Sixty pictures of two classes; `site` is as the test says, `age` has to do with nothing."""
    rng = np.random.default_rng(0)

    def make(site, *, size=lambda _: 24, split=None, form=lambda _: "png"):
        rows = []
        for i in range(60):
            label, side = i % 2, size(i)
            name = f"{i:02d}.{form(i)}"
            shown = rng.integers(0, 256, (side, side, 3)).astype(np.uint8)
            Image.fromarray(shown).save(tmp_path / name)
            row = {"path": name, "label": "ab"[label], "site": site(i), "age": rng.integers(20, 80)}
            rows.append(row | ({} if split is None else {"split": split(i)}))
        with (tmp_path / "set.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return measure(tmp_path / "set.csv", metrics="sharpness", machine=QUIET)

    return make


@pytest.fixture
def photos_of(tmp_path):
    """Sixty pictures of two classes in two splits, with the EXIF tags that the test says."""

    def make(tags, form="jpg"):
        rng = np.random.default_rng(0)
        for i in range(60):
            exif = Image.Exif()
            for tag, value in tags(i).items():
                exif[tag] = value
            split = ("train", "test")[i // 40]
            path = tmp_path / "set" / split / "ab"[i % 2] / f"{i:02d}.{form}"
            path.parent.mkdir(parents=True, exist_ok=True)
            shown = rng.integers(0, 256, (24, 24, 3)).astype(np.uint8)
            Image.fromarray(shown).save(path, exif=exif)
        return measure(tmp_path / "set", metrics="sharpness", machine=QUIET)

    return make


MODEL, SOFTWARE, CHANGED = 0x0110, 0x0131, 0x0132


@pytest.mark.parametrize("form", ["jpg", "png", "webp", "tiff"])
def test_one_camera_for_each_class_is_a_finding(photos_of, form):
    """Told by the tags of the files, in every format that has them; values are not shown."""
    found = photos_of(lambda i: {MODEL: f"Model {'XY'[i % 2]}"}, form)
    (finding,) = told(found)

    assert found.shares["class_by_metadata"].value == 1
    assert finding.detail.startswith("camera or scanner in the tags (metadata) tells the class")
    assert "Model" not in finding.detail


def test_a_class_that_alone_has_tags_is_told_by_them(photos_of):
    found = photos_of(lambda i: {SOFTWARE: "editor 1.0"} if i % 2 else {})

    assert found.shares["class_by_metadata"].value == 1


def test_cameras_that_took_both_classes_tell_nothing(photos_of):
    found = photos_of(lambda i: {MODEL: f"Model {i // 2 % 3}"})

    assert found.shares["class_by_metadata"].value < 0.3
    assert found.shares["split_by_metadata"].value < 0.5
    assert told(found) == []


def test_one_month_for_each_split_is_told_by_the_tags(photos_of):
    found = photos_of(lambda i: {CHANGED: f"2025:0{1 + i // 40}:1{i % 10} 12:00:00"})

    assert found.shares["split_by_metadata"].value == 1
    assert "month in the tags" in found.shares["split_by_metadata"].note
    assert found.shares["class_by_metadata"].value is None  # one month in this split


def told(measured):
    kinds = ("class_by_file", "class_by_metadata", "split_by_metadata")
    return [f for f in measured.findings if f.kind in kinds]


def test_a_site_for_each_class_is_a_finding(manifest):
    """Named with its accuracy; age is not."""
    found = manifest(lambda i: f"site {i % 2}")

    assert found.shares["class_by_metadata"].value == 1
    assert found.shares["class_by_file"].value == 0
    assert found.shares["split_by_metadata"].value is None
    (finding,) = told(found)
    assert finding.kind == "class_by_metadata"
    assert (
        "site (metadata) tells the class of an image at a balanced accuracy of 1.00"
        in finding.detail
    )


def test_sites_that_have_both_classes_are_none(manifest):
    found = manifest(lambda i: f"site {i // 2 % 3}")

    assert found.shares["class_by_metadata"].value < 0.3
    assert told(found) == []


@pytest.mark.parametrize("by", ["size", "form"])
def test_one_size_or_format_for_each_class_is_a_finding(manifest, by):
    """As where one class is from another hospital's export."""
    known = (
        {"size": lambda i: 24 + 8 * (i % 2)}
        if by == "size"
        else {"form": lambda i: ("png", "bmp")[i % 2]}
    )
    found = manifest(lambda _: "here", **known)

    assert found.shares["class_by_file"].value == 1
    assert {f.kind for f in told(found)} == {"class_by_file"}


def test_one_site_for_each_split_is_a_finding(manifest):
    """The other splits are looked at for their columns."""
    found = manifest(lambda i: f"site {i // 30}", split=lambda i: ("train", "test")[i // 30])

    assert found.shares["split_by_metadata"].value == 1
    assert "tells the split" in found.shares["split_by_metadata"].note


def table_of(tmp_path, column: str, value, *, images: int = 4, patients: int = 24, split=None):
    """Pictures of two classes, several a patient, with one more column."""
    rng = np.random.default_rng(1)
    rows = []
    for i in range(images * patients):
        patient = i // images
        name = f"{i:03d}.png"
        shown = rng.integers(0, 256, (24, 24, 3)).astype(np.uint8)
        Image.fromarray(shown).save(tmp_path / name)
        row = {"path": name, "label": "ab"[patient % 2], column: value(patient)}
        rows.append(row | ({} if split is None else {"split": split(patient)}))
    with (tmp_path / "set.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path / "set.csv"


def kinds_of(measured) -> set[str]:
    return {finding.kind for finding in measured.findings}


@pytest.mark.parametrize("column", ["patient_id", "Fallnummer", "id_paciente", "lesion_id"])
def test_a_patient_has_one_class_and_one_split_and_is_no_source(column, tmp_path) -> None:
    """A right split by patients: nothing of it is told as a fault, whoever gives the groups."""
    table = table_of(
        tmp_path, column, lambda patient: f"P{patient}",
        split=lambda patient: "test" if patient % 3 == 0 else "train",
    )  # fmt: skip

    for columns in ({"group": column}, {}):
        measured = measure(table, columns=columns, metrics="sharpness", machine=QUIET)
        assert not {"class_by_metadata", "split_by_metadata"} & kinds_of(measured)


def test_a_class_of_few_patients_is_told(tmp_path) -> None:
    """Who the patient is tells the class there, as a scanner would."""
    table = table_of(tmp_path, "patient_id", lambda patient: f"P{patient}", images=10, patients=4)

    assert "class_by_metadata" in kinds_of(measure(table, metrics="sharpness", machine=QUIET))


def test_a_scanner_of_each_class_is_told_beside_patients(tmp_path) -> None:
    """Numbers that stand for no patient are looked at as before."""
    table = table_of(tmp_path, "scanner", lambda patient: f"S{patient % 2}{patient % 3}")

    assert "class_by_metadata" in kinds_of(measure(table, metrics="sharpness", machine=QUIET))


@pytest.mark.parametrize(("shared", "told"), [(False, False), (True, True)])
def test_folders_of_patients_are_no_source_and_folders_of_sites_are(shared, told, tmp_path) -> None:
    """A site has images of both classes, though nearly all of them are of one."""
    rng = np.random.default_rng(2)
    for i in range(96):
        label, number = i % 2, i // 2 % 6
        side = 1 - label if shared and i % 32 < 2 else label
        path = tmp_path / "set" / "ab"[label] / f"{'xy'[side]}{number}" / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (24, 24, 3)).astype(np.uint8)).save(path)

    measured = measure(tmp_path / "set", layout="class/group", metrics="sharpness", machine=QUIET)
    assert ("class_by_metadata" in kinds_of(measured)) is told
