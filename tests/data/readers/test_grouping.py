"""Columns that say which images belong together."""

import numpy as np
import pytest

from deri_gate.commands.measure import measure
from deri_gate.data.readers import ReadOptions, open_dataset


def read(path, **said):
    return open_dataset(path, options=ReadOptions.of(**said))


@pytest.fixture
def table(tmp_path, draw):
    """Write a table of six images with these further columns, and return its path."""

    def table(**columns):
        header = ["path", "label", *columns]
        rows = []
        for i in range(6):
            draw(tmp_path / f"p{i // 3}" / f"{i}.png")
            rows.append(
                [f"p{i // 3}/{i}.png", "xy"[i % 2], *(values[i] for values in columns.values())]
            )
        lines = [",".join(row) for row in [header, *rows]]
        (tmp_path / "x.csv").write_text("\n".join(lines) + "\n")
        return tmp_path / "x.csv"

    return table


TWO = ["a", "a", "b", "b", "c", "c"]
THREE = ["k", "k", "k", "m", "m", "m"]
OWN = list("uvwxyz")
SAME = ["s"] * 6


def test_columns_follow_a_selection(tmp_path, draw) -> None:
    """A part of a dataset keeps the values of its own images."""
    draw(tmp_path / "a.png")
    (tmp_path / "x.csv").write_text("path,label,group\nb,x,p2\na.png,x,p1\nc,y,p3\n")

    part = open_dataset(tmp_path / "x.csv")
    assert [(c.name, c.values) for c in part.group_columns] == [("group", ("p1", "p2", "p3"))]
    part = part.select(np.array([2, 0]))
    assert (part.groups, part.group_columns[0].values) == (("p3", "p1"), ("p3", "p1"))


@pytest.mark.parametrize(
    "name",
    [
        *("patient_id", "PatientID", "Patient ID", "patient", "Patient No.", "pat_id", "mrn"),
        *("anon_patient_id", "subject", "Subject-ID", "participant_id", "donor_id", "case_id"),
        *("study_uid", "StudyInstanceUID", "accession number", "slide_id", "wsi", "lesion_id"),
        *("Nodule_ID", "tumour_id", "animal id"),
    ],
)
def test_what_is_called_as_patients_are(table, name) -> None:
    """Used as groups where none is called so, and said."""
    dataset = read(table(**{name: TWO}))

    assert dataset.groups == tuple(TWO)
    assert dataset.reading.group_column == f"column {name}"
    assert dict(dataset.metadata) == {}


@pytest.mark.parametrize(
    "name",
    ["case", "study", "lesion", "id", "site", "sex", "patient_age", "patients_sex", "slideshow"],
)
def test_what_is_not(table, name) -> None:
    """A lesion may be yes or no; an age is no number of a patient."""
    dataset = read(table(**{name: TWO}))

    assert dataset.groups is None
    assert dict(dataset.metadata) == {name: tuple(TWO)}


def test_the_order_of_preference(table) -> None:
    """Patient before study before lesion, wherever they stand; `group` before all."""
    path = table(lesion_id=TWO, study_id=TWO, patient_id=THREE)
    assert read(path).reading.group_column == "column patient_id"
    assert dict(read(path).metadata) == {"lesion_id": tuple(TWO), "study_id": tuple(TWO)}

    assert read(table(patient_id=THREE, Group=TWO)).groups == tuple(TWO)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (OWN, "has another value for every image"),
        (SAME, "has the same value for every image"),
        ([""] * 6, "is empty"),
    ],
)
def test_what_groups_nothing(table, values, why) -> None:
    """Passed over with a word; the next one is taken."""
    dataset = read(table(patient_id=values, lesion_id=TWO))

    assert dataset.reading.group_column == "column lesion_id"
    assert dataset.reading.notes == (f"the column patient_id {why} and is not used for groups",)


def test_several_columns_that_are_named(table) -> None:
    """The first is what leakage is about; each keeps its name."""
    path = table(site=THREE, sex=TWO, patient_id=OWN)

    dataset = read(path, columns="group=patient_id+site+sex")

    assert dataset.groups == tuple(OWN)
    assert dict(dataset.group_columns) == {
        "patient_id": tuple(OWN),
        "site": tuple(THREE),
        "sex": tuple(TWO),
    }
    assert dataset.metadata == ()
    again = read(path, columns="group=patient_id,group=site,group=sex")
    assert again.group_columns == dataset.group_columns


def test_folders_as_groups(table) -> None:
    """By the path, so that two patients may each have a folder of the same name."""
    dataset = read(table(), columns="group=folder:1")

    assert dataset.groups == ("p0", "p0", "p0", "p1", "p1", "p1")
    assert dataset.reading.group_column == "the folder 1 above the image"
    assert read(table(), columns="group=folder:2").groups is None


def test_a_patient_in_two_splits_is_a_leak(table) -> None:
    """Measured under whatever name the column has; it was `0, pass` before."""
    path = table(split=["train"] * 4 + ["test"] * 2, **{"Patient ID": THREE})

    measured = measure(path, metrics="imbalance")

    assert measured.leaks is not None
    assert [(one.group, dict(one.images)) for one in measured.leaks.groups] == [
        ("m", {"train": 1, "test": 2})
    ]
