"""Columns beside the pictures: which of them are asked, and how their values become kinds."""

from __future__ import annotations

import tracemalloc
from calendar import month_name

import numpy as np
import pytest

from deri_gate.explain.label_columns import copies, holds_labels, names_labels
from deri_gate.explain.metadata_columns import (
    binned,
    column_kinds,
    names_sources,
    names_splits,
)


def test_numbers_and_dates_are_put_in_order_and_in_bins():
    """A hundred values each; months of two years are in order, an unknown one is by itself."""
    months = [f"20{22 + i // 50}-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(100)]
    found = column_kinds(
        {"age": [str(20 + i % 60) for i in range(100)], "date": months, "one": ["a"] * 100}
    )

    assert set(found) == {"age", "date"}
    assert found["date"][:50].max() < found["date"][50:].min() + 1
    assert len(set(found["age"].tolist())) == 20
    np.testing.assert_array_equal(binned(np.array([np.nan, 1.0, 2.0]), 2), [2, 0, 1])
    assert binned(np.full(3, np.nan), 4).tolist() == [0, 0, 0]


def test_text_that_looks_like_numbers_in_part_is_text():
    """Codes and blanks keep their own kinds."""
    found = column_kinds({"site": ["1", "2", "A", ""] * 10})

    assert len(set(found["site"].tolist())) == 4


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("file", [f"{i}.png" for i in range(100)]),  # a name for each image
        ("index", range(100)),  # rows sorted by class would be told by their number
        ("row", range(7000, 7600, 6)),  # of a part of the rows
        ("row", ["none", *range(7000, 7600, 6)]),
        ("name", [f"mar {i}" for i in range(10, 100)] + [f"decay{i}" for i in range(1000, 1100)]),
        ("Fall", [f"F{i // 4}" for i in range(100)]),  # subjects of four images, whatever the word
    ],
)
def test_numbers_of_rows_and_subjects_are_left_out(column, values):
    assert column_kinds({column: [str(value) for value in values]}) == {}


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("exposure", [i * 0.37 for i in range(100)]),  # measured, never twice the same
        ("dose", [i * i for i in range(100)]),
        ("taken", [f"2024-{1 + i // 10:02d}-{1 + i % 10:02d}" for i in range(100)]),
        ("site", [f"clinic {i // 4}" for i in range(100)]),  # as many as they may be
        ("scanner", [f"{'AB'[i % 2]}" for i in range(100)]),
    ],
)
def test_measured_values_days_and_sources_take_part(column, values):
    assert set(column_kinds({column: [str(value) for value in values]})) == {column}


@pytest.mark.parametrize(
    "written",
    [
        lambda i: "n/a" if i % 25 == 3 else f"{i * 0.37:.2f}",  # one such cell hid all numbers
        lambda i: f"{i * 0.37:.3f}".replace(".", ","),
        lambda i: f"{i * 0.37:.2f} ms",
        lambda i: f"{i * 0.37:.1f}%",
        lambda i: f"{i * 12_345:,}",
        lambda i: f"{1 + i % 28}.{1 + i // 28}.2024",
        lambda i: f"{1 + i // 28}/{1 + i % 28}/2024",
        lambda i: f"{1 + i % 28}/{1 + i // 28}/24",
        lambda i: f"2024/{1 + i // 28:02d}/{1 + i % 28:02d}",
        lambda i: f"{1 + i % 28} {month_name[1 + i // 28]} 2024",
        lambda i: f"{1 + i % 28:02}-{month_name[1 + i // 28][:3].upper()}-24",
        lambda i: f"{1 + i % 28:02}{month_name[1 + i // 28][:3]}2024",
        lambda i: f"{month_name[1 + i // 28]} {1 + i % 28}th, 2024 8:15",
        lambda i: f"Tue {month_name[1 + i // 28][:3]} {1 + i % 28:2} 08:15:00 2024",
        lambda i: f"Tue, {1 + i % 28} {month_name[1 + i // 28][:3]} 2024 08:15:00 +0000",
        lambda i: f"{8 + i // 60}:{i % 60:02d}:59",
    ],
)
def test_numbers_days_and_times_are_in_order_however_they_are_written(written):
    """The first half of a hundred rising values has lower bins than the second half."""
    kinds = column_kinds({"value": [written(i) for i in range(100)]})["value"]
    plain = np.array([i for i in range(100) if i % 25 != 3])

    assert (np.diff(kinds[plain]) >= 0).all()
    assert kinds[49] < kinds[51]


def test_words_among_numbers_are_kinds_of_their_own():
    """Two words and an empty cell among measured numbers are three kinds behind the bins."""
    values = [f"{i * 0.37:.2f}" for i in range(60)]
    values[5], values[6], values[7], values[8] = "n/a", "< 1", "", "n/a"
    kinds = column_kinds({"value": values})["value"]
    others = set(np.delete(kinds, [5, 6, 7, 8]).tolist())

    assert kinds[5] == kinds[8]
    assert len({*kinds[5:8].tolist()} - others) == 3


@pytest.mark.parametrize(
    ("column", "is_one"),
    [("label", True), ("Class ID", True), ("dx_type", True), ("diagnosis", True), ("y", True),
     ("benign_malignant", True), ("tumor_type", True), ("species", True), ("BI-RADS", True),
     ("stage", True), ("type", True),
     ("scanner", False), ("site", False), ("month", False), ("year", False), ("age", False),
     ("stage_x", False), ("annotator", False), ("scanner_type", False),
     ("site_idx", False), ("cancer_center", False), ("clinical_diagnosis", True)],
)  # fmt: skip
def test_other_names_of_the_label_are_left_out(column, is_one):
    assert names_labels(column) is is_one


def test_one_very_long_text_takes_no_room_in_the_others():
    """A column of 20,000 texts as long as this one would take 80 GB."""
    tracemalloc.start()
    found = column_kinds({"site": ["x" * 1_000_000, *["a", "b"] * 10_000]})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert np.bincount(found["site"]).tolist() == [10_000, 10_000, 1]
    assert peak < 50_000_000


def test_numbers_that_are_too_large_are_text():
    assert len(set(column_kinds({"dose": ["1e999", "-1e999", "3"] * 9})["dose"].tolist())) == 3


def test_names_of_splits_and_of_sources():
    assert [names_splits(n) for n in ("fold", "Subset", "set", "site", "offset", "folder")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert [names_sources(n) for n in ("Hospital", "scanner_id", "age")] == [True, True, False]


def test_a_copy_of_the_label_is_known_by_its_values():
    """Whatever its name; case, blanks and signs do not count. A site is none."""
    labels = ["No Finding", "effusion"] * 20

    assert copies(["no_finding", "Effusion "] * 20, labels)
    assert not copies(["site 1", "site 2"] * 20, labels)


SCANNERS = ["A", "A", "A", "B"] * 10 + ["B", "B", "B", "A"] * 10  # as most of a class has


@pytest.mark.parametrize(
    ("column", "values", "is_one"),
    [("type", SCANNERS, False), ("label_source", SCANNERS, False), ("category", SCANNERS, False),
     ("class_of_device", SCANNERS, False), ("target", SCANNERS, False), ("diagnosis", SCANNERS, True),
     ("class_id", ["0"] * 40 + ["1"] * 40, True), ("category", list("abcd") * 10 + list("efgh") * 10, True),
     ("label_2", ["ill", "ill", "ill", "well"] * 10 + ["well"] * 40, True)],
)  # fmt: skip
def test_a_vague_name_alone_makes_no_label(column, values, is_one):
    """A scanner that is called a type tells most of the class, and has values in both."""
    assert holds_labels(column, values, ["ill"] * 40 + ["well"] * 40) is is_one
