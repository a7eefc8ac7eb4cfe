"""Two columns of a table that may both be meant, and do not agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from deri_gate.data.readers import open_dataset
from deri_gate.data.readers.options import ReadOptions
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

LABELS = ["cat", "dog", "cat", "dog", "cat", "dog"]
OTHERS = ["cat", "dog", "dog", "dog", "cat", "dog"]  # the third row says something else


def table(folder: Path, head: str, *columns: list[str]) -> Path:
    for i in range(6):
        Image.new("L", (8, 8), 40 * i).save(folder / f"{i}.png")
    rows = [",".join([f"{i}.png", *cells]) for i, cells in enumerate(zip(*columns, strict=True))]
    (folder / "list.csv").write_text("\n".join([head, *rows]))
    return folder / "list.csv"


@pytest.mark.parametrize(
    "head",
    ["path,label,Label", "path,Label,label", "path,label,class", "path,label,category"],
)
def test_labels_that_do_not_agree_are_refused(tmp_path, head) -> None:
    """The other column passed as metadata."""
    with pytest.raises(DatasetError, match="do not agree in 1 row of 6") as caught:
        open_dataset(table(tmp_path, head, LABELS, OTHERS))

    assert "--columns label=" in caught.value.fix


def test_the_one_that_was_named_counts(tmp_path) -> None:
    path = table(tmp_path, "path,label,Label", LABELS, OTHERS)

    for name, own in (("label", LABELS), ("Label", OTHERS)):
        dataset = open_dataset(path, options=ReadOptions.of(columns=f"label={name}"))

        assert [dataset.classes[labels[0]] for labels in dataset.labels] == own


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("Label", LABELS),
        ("class", ["a", "b", "a", "b", "a", "b"]),  # other names of the same
        ("category", ["pet"] * 6),  # a class of classes
        ("target", ["dog", "cat", "dog", "cat", "dog", "dog"]),  # about something else
        ("diagnosis", ["", "", "dog", "", "", ""]),  # about something else where it says anything
        ("notes", OTHERS),
    ],
)
def test_other_columns_are_no_fault(tmp_path, name, cells) -> None:
    assert len(open_dataset(table(tmp_path, f"path,label,{name}", LABELS, cells))) == 6


@pytest.mark.parametrize("key", ["split", "mask", "time"])
def test_two_spellings_of_another_column_are_refused_too(tmp_path, key) -> None:
    first = {"split": "train", "mask": "", "time": "2024-01-01"}[key]
    second = {"split": "test", "mask": "0.png", "time": "2025-01-01"}[key]
    head = f"path,label,{key},{key.upper()}"

    with pytest.raises(DatasetError, match=f"'{key}', '{key.upper()}' do not agree in 1 row of 6"):
        open_dataset(table(tmp_path, head, LABELS, [first] * 6, [*[first] * 5, second]))


def test_a_column_without_a_name_is_looked_at(tmp_path) -> None:
    """It was not: without its name, a scanner for each class was out of sight."""
    dataset = open_dataset(table(tmp_path, "path,label,", LABELS, ["A", "B", "A", "B", "A", "B"]))

    assert [(c.name, c.values[:2]) for c in dataset.metadata] == [("column 3", ("A", "B"))]


@pytest.mark.parametrize(
    "cells", [list("012345"), list("012012"), list("041523"), [" ", "", "", "", "", ""]]
)
def test_what_only_counts_rows_is_no_column(tmp_path, cells) -> None:
    """Data frames write their index so, also where several were joined; spreadsheets blanks.

    Shuffled rows keep their numbers, which tell the class if the table was sorted by it.
    """
    few = [*cells, *map(str, range(6, 30))] if cells[0] == "0" else cells * 5
    rows = "".join(f"{cell},{i % 6}.png,{LABELS[i % 6]}\n" for i, cell in enumerate(few))
    table(tmp_path, "path,label", LABELS).write_text(",path,label\n" + rows)

    assert open_dataset(tmp_path / "list.csv").metadata == ()


def test_a_number_of_any_length_is_text(tmp_path) -> None:
    """More digits than Python reads as a number."""
    dataset = open_dataset(table(tmp_path, "path,label,", LABELS, ["9" * 5_000] * 6))

    assert [column.name for column in dataset.metadata] == ["column 3"]
