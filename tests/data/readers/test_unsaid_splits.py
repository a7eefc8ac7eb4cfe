"""Columns that hold splits under another name, lists for labels, and Excel's first line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.data.readers.splits import reads_as_splits

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def table(tmp_path: Path, draw):
    """A manifest of six images: its header, and what stands behind each path."""

    def make(header: str, cells: list[str], *, sep: str = ",", first: str = "") -> Path:
        for i in range(6):
            draw(tmp_path / f"{i}.png", 20 + i)
        rows = [f"{i}.png{sep}{cells[i % len(cells)]}" for i in range(6)]
        (tmp_path / "t.csv").write_text("\n".join([first + header, *rows, ""]), "utf-8")
        return tmp_path / "t.csv"

    return make


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("set", ["cat,train", "dog,test"]),
        ("Dataset_type", ["cat,TRAIN", "dog,VALID", "dog,Testing"]),
        ("fold", ["cat,0", "dog,1", "dog,2"]),
        ("kfold", ["cat,0.0", "dog,1.0"]),
        ("is_test", ["cat,True", "dog,False"]),
    ],
)
def test_splits_under_another_name_are_told(table, column: str, cells: list[str]) -> None:
    """Else test images are judged as training, and no leak is looked for, without a word."""
    path = table(f"path,label,{column}", cells)

    told = open_dataset(path)

    assert told.splits is None
    assert any(f"--columns split={column}" in note for note in told.reading.notes)


def test_the_column_that_is_named_is_used_and_nothing_is_told(table) -> None:
    path = table("path,label,set", ["cat,train", "dog,test"])

    told = open_dataset(path, options=ReadOptions.of(columns="split=set"))

    assert told.reading.splits == (("train", 3), ("test", 3))
    assert not told.reading.notes


@pytest.mark.parametrize("option", ["", "split=split"])
def test_a_second_column_of_splits_that_differs_is_told(table, option: str) -> None:
    """All rows are training by the first, and half are test images by the second."""
    path = table("path,label,split,subset", ["cat,train,train", "dog,train,Testing"])

    (note,) = open_dataset(path, options=ReadOptions.of(columns=option)).reading.notes

    assert "the column subset reads as splits, too, and differs in 3 rows" in note


@pytest.mark.parametrize("empty", ["", " ", "nan"])
def test_a_second_column_may_say_nothing_of_some_rows(table, empty: str) -> None:
    """Those do not differ, and do not hide those that do."""
    cells = ["cat,train,train", "dog,train,test", f"dog,test,{empty}"]

    (note,) = open_dataset(table("path,label,split,subset", cells)).reading.notes

    assert "the column subset reads as splits, too, and differs in 2 rows" in note


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("subset", ["cat,train,Training", "dog,test,TEST"]),  # the same in other words
        ("fold", ["cat,train,0", "dog,test,1"]),
        ("view", ["cat,train,train", "dog,test,bus"]),
        ("site", ["cat,train,test", "dog,test,test"]),
        ("set", ["cat,train,train", "dog,test,train"]),
        ("env", ["cat,train,dev", "dog,test,test"]),
        ("device", ["cat,train,TS", "dog,test,TR"]),
        ("fold0", ["cat,train,train", "dog,test,train", "dog,train,test"]),
        ("Fold", ["cat,train,test", "dog,test,train"]),
        ("subset", ["cat,train,train", "dog,test,test", "dog,test,"]),
    ],
)
def test_what_says_the_same_or_something_else_is_not_told(table, column: str, cells) -> None:
    assert not open_dataset(table(f"path,label,split,{column}", cells)).reading.notes


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("sex", ["m", "f"]),
        ("set", ["train"]),
        ("site", ["train", "bus"]),
        ("age", ["1", "2"]),
        ("fold", [str(i) for i in range(99)]),
        ("is_train_station", ["True", "False"]),
    ],
)
def test_other_columns_are_none(column: str, cells: list[str]) -> None:
    assert not reads_as_splits(column, cells)


@pytest.mark.parametrize("cells", [['"cat,dog"', "cat", "dog"], ["\"['cat', 'dog']\"", "cat"]])
def test_a_list_of_labels_is_a_finding(table, cells: list[str]) -> None:
    """It would be a class of its own."""
    told = open_dataset(table("path,label", cells))

    assert [f.kind for f in told.findings] == ["spelling"]
    assert "several labels" in told.findings[0].detail


@pytest.mark.parametrize("cells", [["black/white", "cat"], ['"cat, big"', "dog"], ["a+b", "a"]])
def test_a_name_with_such_marks_is_none(table, cells: list[str]) -> None:
    assert not open_dataset(table("path,label", cells)).findings


def test_the_separator_that_excel_says_is_taken(table) -> None:
    path = table("path;label", ["a, b", "c"], sep=";", first="sep=;\n")

    assert open_dataset(path).classes == ("a, b", "c")
