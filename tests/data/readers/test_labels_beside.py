"""A table beside class folders that labels their images otherwise; no one looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import ReadOptions, labels_beside, open_dataset
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = {"benign": 6, "malignant": 6}


@pytest.fixture
def root(tmp_path) -> Path:
    """Six images in each of two class folders."""
    rng = np.random.default_rng(0)
    for name, count in FOLDERS.items():
        (tmp_path / "set" / name).mkdir(parents=True)
        for i in range(count):
            picture = Image.fromarray(rng.integers(0, 256, (8, 8), np.uint8))
            picture.save(tmp_path / "set" / name / f"{name[0]}{i}.png")
    return tmp_path / "set"


def write(root: Path, label_of, *, header: str = "path,label", path="{}/{}.png", into="l.csv"):
    """A table of all images; a label is worked out from folder and number."""
    rows = [
        f"{path.format(name, f'{name[0]}{i}')},{label_of(name, i)}"
        for name, count in FOLDERS.items()
        for i in range(count)
    ]
    (root / into).parent.mkdir(exist_ok=True)
    (root / into).write_text("\n".join([header, *rows]), encoding="utf-8")


def one_moved(name: str, i: int) -> str:
    return "malignant" if (name, i) == ("benign", 3) else name


def as_sites(name: str, i: int) -> str:
    """Labels that say nothing of the folder, which may be a hospital."""
    return "ill" if i % 2 else "well"


@pytest.mark.parametrize(
    ("label_of", "count", "first"),
    [
        (one_moved, 1, "benign/b3.png lies in 'benign', and is 'malignant' in the table"),
        (lambda name, i: f"{i < 3}" if name == "benign" else "True", 3, "benign/b"),
        (as_sites, 6, "benign/b"),
        (lambda name, i: f"{one_moved(name, i)} {i % 3}", 1, "benign/b3.png lies in 'benign'"),
        (lambda name, _: {"benign": "malignant", "malignant": "benign"}[name], 12, "benign/b0.png"),
    ],
)
def test_labels_that_are_not_those_of_the_folders(root, label_of, count, first) -> None:
    write(root, label_of)
    with pytest.raises(DatasetError, match=f"do not agree on {count} of 12 images") as caught:
        open_dataset(root)

    assert first in str(caught.value)
    assert len(open_dataset(root, options=ReadOptions.of(exclude=("l.csv",)))) == 12
    assert len(open_dataset(root, options=ReadOptions.of(layout="class"))) == 12
    assert len(open_dataset(root / "l.csv")) == 12


@pytest.mark.parametrize("into", ["l.csv", "tables/of labels.csv", "benign/l.csv"])
@pytest.mark.parametrize("path", ["{1}.png", "{1}", "elsewhere/{1}.jpg", "old\\{1}.png"])
def test_a_table_is_understood_wherever_it_lies(root, into, path) -> None:
    """By the usual names of columns, and by the names of the files alone."""
    write(root, one_moved, header="image_id,dx", path=path, into=into)
    with pytest.raises(DatasetError, match="do not agree on 1 of 12 images"):
        open_dataset(root)


@pytest.mark.parametrize(
    "label_of",
    [
        lambda name, _: name,
        lambda name, _: int(name == "benign"),
        lambda name, i: f"{name} {i % 3}",  # finer than the folders
        lambda *_: "lesion",  # coarser
        lambda *_: "benign",  # a sample submission
        lambda *_: "",
    ],
)
def test_labels_that_say_what_the_folders_do(root, label_of) -> None:
    write(root, label_of)

    assert len(open_dataset(root)) == 12


def test_a_table_with_a_row_a_box_may_give_an_image_several_labels(root) -> None:
    """The last row of an image is no more its label than the first."""
    write(root, lambda name, _: name)
    with (root / "l.csv").open("a", encoding="utf-8") as table:
        table.write("\nb3.png,malignant")

    assert len(open_dataset(root)) == 12


def test_a_table_of_other_things_is_none(root) -> None:
    write(root, as_sites, header="path,weather")
    (root / "few.csv").write_text("path,label\nbenign/b0.png,malignant\n", encoding="utf-8")
    (root / "broken.csv").write_bytes(b'path,label\n"benign/b0.png,malignant\0')

    assert len(open_dataset(root)) == 12


def test_a_table_outside_is_not_read(root, tmp_path) -> None:
    write(root, one_moved, into="../outside.csv")
    (root / "l.csv").symlink_to(tmp_path / "outside.csv")

    assert len(open_dataset(root)) == 12


def test_one_of_several_labels_must_be_the_folder(root) -> None:
    """A cell of several labels went past, whatever it said."""
    write(root, lambda name, _: f"{name}|scar")
    assert len(open_dataset(root)) == 12

    write(root, lambda name, i: "malignant|malignant" if (name, i) == ("benign", 3) else name)
    with pytest.raises(DatasetError, match="do not agree on 1 of 12 images"):
        open_dataset(root)


def test_a_damaged_table_says_what_to_do(root) -> None:
    (root / "labels.parquet").write_bytes(b"PAR1" + bytes(100))
    with pytest.raises(DatasetError, match="cannot be read as Parquet") as caught:
        open_dataset(root)

    assert "--exclude" in caught.value.fix
    assert len(open_dataset(root, options=ReadOptions.of(exclude=("labels.parquet",)))) == 12


@pytest.mark.parametrize("header", ["path,patient_id,age", "image_id,patient_id,age"])
@pytest.mark.parametrize("layout", [{}, {"layout": "class"}])
def test_columns_beside_class_folders_are_told(root, header, layout) -> None:
    """Patients are numbered there, and no leak is looked for: nobody would know."""
    path = "{}/{}.png" if header.startswith("path") else "{1}"
    write(root, lambda _, i: f"p{i % 3},{40 + i}", header=header, path=path, into="patients.csv")
    notes = open_dataset(root, options=ReadOptions.of(**layout)).reading.notes

    told = "the columns 'patient_id', 'age' of patients.csv are not looked at, as they would be"
    assert notes == (f"{told} in a manifest with path and label",)


def test_tables_of_splits_are_told_together(tmp_path) -> None:
    """A table of each split names few of all images."""
    splits = {"train": 7, "val": 3, "test": 2}
    for split, count in splits.items():
        rows = ["image_id,subject_id"]
        for i in range(count):
            path = tmp_path / split / "ab"[i % 2] / f"{split}{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((8, 8), 20 * i, np.uint8)).save(path)
            rows.append(f"{path.stem},s{i}")
        if split != "train":
            (tmp_path / f"{split}.csv").write_text("\n".join(rows))
    assert not open_dataset(tmp_path).reading.notes

    (tmp_path / "train.csv").write_text("image_id,subject_id\ntrain0,s1\n")
    (note,) = open_dataset(tmp_path).reading.notes
    assert note.startswith("the columns 'subject_id' of test.csv, train.csv and val.csv are not")


def test_tables_about_other_things_are_not_told(root) -> None:
    write(root, lambda _, i: f"p{i}", header="path,patient_id", path="{}/other-{}.png")
    write(root, lambda name, _: name, into="labels.csv")
    (root / "notes.csv").write_text("when,what\n2026,begun\n")

    assert not open_dataset(root).reading.notes


def test_a_table_that_is_not_read_is_told(root, monkeypatch) -> None:
    """Its labels may be others: in another encoding, or behind twenty tables, nobody compared."""
    write(root, one_moved, into="labels.csv")
    text = (root / "labels.csv").read_text("utf-8").replace("b0", "b\xf6")
    (root / "labels.csv").write_bytes(text.encode("cp1252"))
    (note,) = open_dataset(root).reading.notes
    told = "1 table beside the classes, such as labels.csv, not held against the folders: "
    assert note.startswith(f"{told}damaged, a link out of the folder, not in UTF-8")

    write(root, one_moved, into="labels.csv")
    monkeypatch.setattr(labels_beside, "MOST_TABLES", 0)
    assert open_dataset(root).reading.notes == (note,)
    assert not open_dataset(root, options=ReadOptions.of(exclude=("labels.csv",))).reading.notes
