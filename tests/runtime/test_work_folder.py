"""The folder that the nodes of a cluster share: whole files, or an error that says what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deri_gate.errors import SettingError
from deri_gate.runtime.work_folder import WorkFolder


def test_what_is_written_is_read(tmp_path):
    """Under its name alone, in place of what was there; by others of the system, too."""
    folder = WorkFolder.of(str(tmp_path / "a" / "work"), 100)
    folder.make_ready()
    folder.write("one.parquet", b"first")
    folder.write("one.parquet", b"second")

    assert folder.read("one.parquet") == b"second"
    assert folder.read("other.parquet") is None
    assert names(folder) == ["one.parquet"]
    if os.name == "posix":
        assert (Path(folder.place) / "one.parquet").stat().st_mode & 0o777 == 0o666 & ~umask()


def names(folder: WorkFolder) -> list[str]:
    """Everything that lies there."""
    return sorted(path.name for path in Path(folder.place).iterdir())


def umask() -> int:
    """Rights that new files lack in this process."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_relative_folder_is_whole_for_workers(tmp_path, monkeypatch):
    """They start elsewhere."""
    monkeypatch.chdir(tmp_path)

    assert WorkFolder.of("work", 1).place == str(tmp_path / "work")


def test_what_is_too_large_is_not_read(tmp_path):
    """Somebody else may write there."""
    folder = WorkFolder.of(str(tmp_path), 100)
    folder.write("one.parquet", bytes(101))

    with pytest.raises(SettingError, match=r"one.parquet cannot be read by .*more than 100 bytes"):
        folder.read("one.parquet")


@pytest.mark.parametrize(
    ("place", "what"),
    [
        ("hdfs://host/work", "there is no such kind of store"),
        ("file:///work", "there is no such kind of store"),
        ("https://user:secret@host/work", "web servers keep no files"),
    ],
)
def test_a_place_that_keeps_no_files_is_refused(place, what):
    """Before anything is looked at; nothing secret is printed."""
    with pytest.raises(SettingError, match=what) as caught:
        WorkFolder.of(place, 1).make_ready()

    assert "secret" not in str(caught.value)


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    """A file in its place is told as for any folder of results."""
    (tmp_path / "work").write_bytes(b"")

    with pytest.raises(SettingError, match=r"--work .*is not a folder"):
        WorkFolder.of(str(tmp_path / "work"), 1).make_ready()


def test_the_oldest_go_first(tmp_path):
    """Until the others fit; nothing else is deleted."""
    folder = WorkFolder.of(str(tmp_path), 100)
    for age, name in enumerate(["c.parquet", "a.parquet", "b.parquet", "mine.txt"]):
        folder.write(name, bytes(10))
        os.utime(tmp_path / name, ns=(age, age))
    folder.drop_oldest(20)
    assert names(folder) == ["a.parquet", "b.parquet", "mine.txt"]

    folder.drop_oldest(0)
    assert names(folder) == ["mine.txt"]
