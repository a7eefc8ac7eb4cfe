"""A column that would leave rows out is told; it steers nothing."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import open_dataset


@pytest.fixture
def table(tmp_path):
    """Write a table of eight pictures with one more column; give the notes of its reader."""

    def read(column: str, cells: list[str]) -> str:
        rows = []
        for i in range(8):
            path = f"{i}.png"
            Image.fromarray(np.full((8, 8), 20 * i, np.uint8)).save(tmp_path / path)
            rows.append(f"{path},{'ab'[i % 2]},{cells[i % len(cells)]}")
        (tmp_path / "table.csv").write_text("\n".join([f"path,label,{column}", *rows]))
        dataset = open_dataset(tmp_path / "table.csv")
        assert len(dataset.ids) == 8
        return "; ".join(dataset.reading.notes)

    return read


@pytest.mark.parametrize(
    "column",
    ["exclude", "Excluded", "is_excluded", "to exclude", "use", "USED", "is_valid", "skip",
     "keep", "include_image", "drop", "usable", "gradable", "exclude_flag"],
)  # fmt: skip
def test_it_is_told_with_its_values(table, column: str) -> None:
    """All rows are judged whatever it says, and the reader of a report must know."""
    said = table(column, ["0", "0", "0", "1"])

    assert f"column '{column}' (0 in 6 and 1 in 2) leaves nothing out: all 8 rows are" in said


def test_reasons_are_not_listed(table) -> None:
    """A cell of each excluded row may say why, in other words each time."""
    said = table("exclude", ["", "blurred", "motion", "no eye", "a" * 500])

    assert "column 'exclude' leaves nothing out" in said


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ("exclude", ["0"]),  # leaves nothing out
        ("kvp", ["0", "1"]),
        ("used_scanner", ["a", "b"]),
        ("user", ["a", "b"]),
        ("validation_site", ["a", "b"]),
    ],
)
def test_others_are_not(table, column: str, cells: list[str]) -> None:
    said = table(column, cells)

    assert "leaves nothing out" not in said
