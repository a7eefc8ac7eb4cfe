"""Lists of splits and tables of patients beside the tables of public datasets."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import open_dataset
from deri_gate.data.readers.options import ReadOptions
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NIH = [f"{patient:08}_{scan:03}.png" for patient in range(4) for scan in range(2)]
ISIC = [f"ISIC_{i:07}" for i in range(6)]
NIH_OPTIONS = ReadOptions.of(preset="chestxray14")
ISIC_OPTIONS = ReadOptions.of(preset="isic")


def images(folder: Path, names: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(names):
        Image.fromarray(np.full((8, 8), 20 * i, np.uint8)).save(folder / name)


@pytest.fixture
def nih(tmp_path: Path) -> Path:
    """Four patients with two films each, as the archive of the NIH lays them out."""
    images(tmp_path / "images_001" / "images", NIH)
    rows = [
        f"{name},{'Mass|Edema' if i % 2 else 'No Finding'},{i % 2},{i // 2 + 1},58,M,PA"
        for i, name in enumerate(NIH)
    ]
    header = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View"
    (tmp_path / "Data_Entry_2017.csv").write_text("\n".join([header, *rows]), "utf-8")
    (tmp_path / "train_val_list.txt").write_text("\n".join(NIH[:5]) + "\n", "utf-8")
    (tmp_path / "test_list.txt").write_bytes("\r\n".join(NIH[5:]).encode())
    return tmp_path / "Data_Entry_2017.csv"


def test_the_official_lists_are_the_splits(nih: Path) -> None:
    """Said in the reading; here the lists cut through a patient, which is found."""
    found = open_dataset(nih, options=NIH_OPTIONS)
    splits = {name.rpartition("/")[2]: s for name, s in zip(found.ids, found.splits, strict=True)}

    assert splits == {name: "train" if i < 5 else "test" for i, name in enumerate(NIH)}
    assert found.reading.notes[0] == "splits from train_val_list.txt and test_list.txt"
    assert found.patients is not None
    assert found.patients.name == "Patient ID"


def test_without_lists_there_are_no_splits(nih: Path) -> None:
    for name in ("train_val_list.txt", "test_list.txt"):
        (nih.parent / name).unlink()

    assert open_dataset(nih, options=NIH_OPTIONS).splits is None


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ({"test_list.txt": NIH[5:]}, "none of test_list.txt"),
        ({"train_val_list.txt": NIH[:6], "test_list.txt": NIH[5:]}, "several of"),
    ],
)
def test_lists_that_do_not_part_the_images_are_an_error(nih: Path, lists, said) -> None:
    """Nothing is guessed of an image that no list names."""
    (nih.parent / "train_val_list.txt").unlink()
    for name, lines in lists.items():
        (nih.parent / name).write_text("\n".join(lines), "utf-8")

    with pytest.raises(DatasetError, match=said):
        open_dataset(nih, options=NIH_OPTIONS)


def test_a_split_that_is_said_counts(nih: Path) -> None:
    options = ReadOptions.of(preset="chestxray14", columns="split=View")
    found = open_dataset(nih, options=options)

    assert set(found.splits or ()) == {"PA"}


def test_at_another_revision_it_is_read_in_the_same_way(nih: Path, monkeypatch) -> None:
    """A change of the lists is one of the splits."""
    monkeypatch.chdir(nih.parent)
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *arguments], check=True)
    (nih.parent / "train_val_list.txt").write_text("\n".join(NIH[:6]), "utf-8")
    (nih.parent / "test_list.txt").write_text("\n".join(NIH[6:]), "utf-8")

    base = open_dataset("git:HEAD:Data_Entry_2017.csv", options=NIH_OPTIONS)
    head = open_dataset("Data_Entry_2017.csv", options=NIH_OPTIONS)

    assert (base.reading.splits, head.reading.splits) == (
        (("train", 5), ("test", 3)),
        (("train", 6), ("test", 2)),
    )


@pytest.fixture
def isic(tmp_path: Path) -> Path:
    images(tmp_path / "ISIC_2019_Training_Input", [f"{name}.jpg" for name in ISIC])
    rows = [f"{name},{i % 2}.0,{1 - i % 2}.0" for i, name in enumerate(ISIC)]
    path = tmp_path / "ISIC_2019_Training_GroundTruth.csv"
    path.write_text("\n".join(["image,MEL,NV", *rows]), "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "header", "column"),
    [
        ("ISIC_2019_Training_Metadata.csv", "image,age_approx,lesion_id,sex", "lesion_id"),
        ("metadata.csv", "isic_id,age,patient_id,lesion_id", "patient_id"),
        ("ISIC_2018_Task3_Training_LesionGroupings.csv", "image,confirm,lesion_id", "lesion_id"),
    ],
)
def test_patients_of_the_table_beside(isic: Path, name, header, column) -> None:
    """By the name of the image, whatever the order of the rows; one row is missing."""
    rows = [f"{image},50,U{i // 2},L{i // 2}" for i, image in enumerate(ISIC[:5])][::-1]
    rows = [row if header.count(",") == 3 else row.rpartition(",")[0] for row in rows]
    (isic.parent / name).write_text("\n".join([header, *rows]), "utf-8")
    found = open_dataset(isic, options=ISIC_OPTIONS)

    assert found.patients is not None
    assert found.patients.name == column
    assert [value[1:] for value in found.patients.values] == ["0", "0", "1", "1", "2", ""]
    assert found.reading.group_column == f"column {column}"
    assert f"{column} of 5 of 6 images from {name}" in found.reading.notes


def test_other_tables_beside_are_left_alone(isic: Path) -> None:
    (isic.parent / "results.csv").write_text("image,patient_id\nISIC_0000000,1\n", "utf-8")
    (isic.parent / "metadata_of_scanners.csv").write_text("scanner,vendor\n1,2\n", "utf-8")

    assert open_dataset(isic, options=ISIC_OPTIONS).patients is None


def test_nothing_is_read_beside_a_table_without_a_preset(nih: Path) -> None:
    options = ReadOptions.of(
        columns={"path": "Image Index", "label": "Finding Labels"}, folder="images_*/images"
    )

    assert open_dataset(nih, options=options).splits is None
