"""Paths in tables that are spelled as web addresses, or in another case than the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import open_dataset
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("my scan 1.png", "50% dose.png", "caf\u00e9.png", "plus +plus.png")


@pytest.fixture
def table(tmp_path: Path):
    """A manifest of four images in `img`, whose paths are spelled by a rule."""
    for i, name in enumerate(NAMES):
        path = tmp_path / "img" / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((8, 8), 40 * i, np.uint8)).save(path)

    def write(spelling, folder: str = "img") -> Path:
        rows = [f"{spelling(f'{folder}/{name}')},{'ab'[i % 2]}" for i, name in enumerate(NAMES)]
        (tmp_path / "list.csv").write_text("\n".join(["path,label", *rows]), "utf-8")
        return tmp_path / "list.csv"

    return write


def encoded(text: str) -> str:
    """As browsers do, by hand: bytes of UTF-8 in hexadecimal."""
    plain = "/.:-+" + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(c if c in plain else "".join(f"%{b:02X}" for b in c.encode()) for c in text)


def test_percent_encoded_paths_name_the_file_that_lies_there(table) -> None:
    with pytest.raises(DatasetError) as caught:
        open_dataset(table(encoded))

    assert "4 of 4 paths are percent-encoded" in str(caught.value)
    assert "'img/my%20scan%201.png' is not there, and 'img/my scan 1.png' is" in str(caught.value)


@pytest.mark.parametrize("start", ["file://", "file:", "file://localhost"])
def test_addresses_of_files(table, tmp_path, start) -> None:
    """By the whole path, and by its end where the folder has moved."""
    for folder in (tmp_path, "/old/home"):
        path = table(lambda text, folder=folder: start + encoded(f"{folder}/{text}"))
        with pytest.raises(DatasetError) as caught:
            open_dataset(path)
        assert "file://" in caught.value.fix
        assert "'img/my scan 1.png' is" in caught.value.fix


def test_another_case_than_the_files(table) -> None:
    """Written on a system that does not tell upper from lower case."""
    with pytest.raises(DatasetError) as caught:
        open_dataset(table(str.upper))

    assert "'IMG/MY SCAN 1.PNG' is not there, and 'img/my scan 1.png' is" in caught.value.fix


def test_a_few_such_paths_among_others_are_told(table) -> None:
    """They are unreadable, and the line on the reading says why."""
    found = open_dataset(table(lambda text: encoded(text) if "dose" in text else text))

    assert any("'img/50% dose.png' is" in note for note in found.reading.notes)


def test_a_name_that_looks_encoded_is_a_name(tmp_path) -> None:
    """`a%20b.png` is read where that is what the file is called."""
    for i, name in enumerate(("a%20b.png", "c%41.png")):
        Image.fromarray(np.full((8, 8), 40 * i, np.uint8)).save(tmp_path / name)
    (tmp_path / "list.csv").write_text("path,label\na%20b.png,x\nc%41.png,y\n", "utf-8")
    found = open_dataset(tmp_path / "list.csv")

    assert found.ids == ("a%20b.png", "c%41.png")
    assert not any("percent" in note for note in found.reading.notes)


def test_nothing_outside_is_looked_for(tmp_path) -> None:
    """The error tells nothing of files that lie outside."""
    (tmp_path / "secret.png").write_bytes(b"x")
    inside = tmp_path / "d"
    inside.mkdir()
    (inside / "list.csv").write_text("path,label\n%2e%2e/secret.png,x\nb.png,y\n", "utf-8")
    with pytest.raises(DatasetError) as caught:
        open_dataset(inside / "list.csv")

    assert "percent" not in str(caught.value)
