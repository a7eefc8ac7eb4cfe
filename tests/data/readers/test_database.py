"""Data bases of SQLite beside the classes: only what may be an image has room for one."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import database, open_dataset

if TYPE_CHECKING:
    from pathlib import Path

BYTES = np.random.default_rng(0).integers(0, 255, 3000, dtype=np.uint8).tobytes()


def made(path: Path, column: str, values: list[object]) -> Path:
    with sqlite3.connect(path) as base:
        base.execute(f'CREATE TABLE "of ""images" (number INTEGER, "{column}")')
        rows = list(enumerate(values))
        base.executemany('INSERT INTO "of ""images" VALUES (?, ?)', rows)
    base.close()
    return path


def test_metadata_have_room_for_no_image(tmp_path) -> None:
    """5,000 rows of names and numbers were more than half of a set of 60 small images."""
    path = made(tmp_path / "a.db", "site", [f"hospital {i % 7}" for i in range(5000)])

    assert path.stat().st_size > 100_000
    assert database.bytes_for_images(path) == 0


@pytest.mark.parametrize("value", [BYTES, BYTES.hex()])
def test_images_as_blobs_or_letters_count_by_their_bytes(tmp_path, value) -> None:
    path = made(tmp_path / "a.db", "image", [value] * 50)

    assert 50 * len(value) <= database.bytes_for_images(path) <= 60 * len(value)


def test_what_was_deleted_or_lies_behind_counts(tmp_path) -> None:
    path = made(tmp_path / "a.db", "image", [BYTES] * 50)
    with sqlite3.connect(path) as base:
        base.execute('DELETE FROM "of ""images"')
    base.close()
    assert database.bytes_for_images(path) >= 40 * len(BYTES)

    other = made(tmp_path / "b.db", "site", ["x"] * 50)
    with other.open("ab") as file:
        file.write(BYTES * 50)
    assert database.bytes_for_images(other) == 50 * len(BYTES)


def test_rows_that_are_in_the_log_alone_count(tmp_path) -> None:
    """A data base that was copied while a program wrote into it."""
    path = made(tmp_path / "a.db", "image", [])
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA journal_mode = WAL")
        base.executemany('INSERT INTO "of ""images" VALUES (?, ?)', enumerate([BYTES] * 50))
        base.commit()
        copied = tmp_path / "copied.db"
        for ending in ("", "-wal"):
            shutil.copy(f"{path}{ending}", f"{copied}{ending}")

    assert database.bytes_for_images(copied) >= 50 * len(BYTES)


def test_what_cannot_be_listed_counts_by_its_size(tmp_path, monkeypatch) -> None:
    """Damaged, of another program, or too large for a moment."""
    path = tmp_path / "a.db"
    path.write_bytes(database.HEAD + BYTES * 20)
    assert database.bytes_for_images(path) == path.stat().st_size

    path = made(tmp_path / "b.db", "site", [f"hospital {i}" for i in range(20_000)])
    monkeypatch.setattr(database, "LISTING_S", 0)
    assert database.bytes_for_images(path) == path.stat().st_size


def test_a_file_that_counts_by_its_size_names_the_way_to_leave_it_out(tmp_path) -> None:
    """Weights of a network may be no images; only who put them there can tell."""
    for i in range(12):
        place = tmp_path / "ab"[i % 2] / f"{i}.png"
        place.parent.mkdir(exist_ok=True)
        levels = np.random.default_rng(i).integers(0, 255, (28, 28), dtype=np.uint8)
        Image.fromarray(levels).save(place)
    (tmp_path / "weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + BYTES * 20)
    told = [f.detail for f in open_dataset(tmp_path).findings if f.path == "weights.h5"]

    assert len(told) == 1
    assert "--exclude 'weights.h5' leaves it out" in told[0]
