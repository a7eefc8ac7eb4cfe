"""A disk that is full: the operating system itself refuses to let files grow."""

from __future__ import annotations

import contextlib
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from deri_gate.errors import SettingError
from deri_gate.runtime.files import write_bytes, write_text
from deri_gate.runtime.store import Store
from deri_gate.runtime.table_files import write_table

ROOT = Path(__file__).parents[2]
ROOM = 4096  # bytes to which a file may grow


@contextlib.contextmanager
def full_disk(room=ROOM):
    """No file of this process may grow beyond a page; a write beyond it fails halfway."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def noise() -> bytes:
    """More than there is room for, and not to be packed."""
    return np.random.default_rng(0).bytes(100 * ROOM)


def test_a_place_that_is_not_full_needs_no_room(tmp_path) -> None:
    """Permission denied, a folder of that name: "make room" would send somebody to delete files."""
    (tmp_path / "some.file").mkdir()
    with pytest.raises(SettingError, match=r"some.file: cannot be written \(") as caught:
        write_text("x", tmp_path / "some.file")

    assert caught.value.fix == "Mend that, or name another place."


@pytest.mark.parametrize(
    ("write", "content"),
    [
        (write_text, "x" * 100 * ROOM),
        (write_bytes, noise()),
        (write_table, pa.table({"a": np.frombuffer(noise(), np.uint8)})),
    ],
    ids=["text", "bytes", "table"],
)
def test_what_was_there_stays_whole(tmp_path, write, content) -> None:
    """An error that says what to do; the old file, and nothing beside it."""
    path = tmp_path / "some.file"
    path.write_bytes(b"before")
    with full_disk(), pytest.raises(SettingError, match=r"some.file: cannot be written") as caught:
        write(content, path)

    assert "Make room" in caught.value.fix
    assert [one.name for one in tmp_path.iterdir()] == ["some.file"]
    assert path.read_bytes() == b"before"


def test_results_kept_before_stay(tmp_path, caplog) -> None:
    """A batch is kept whole or not at all, and the run has its results either way."""
    store, large = Store(tmp_path), noise()
    store.put("run", {"first": b"1"})
    with full_disk():
        store.put("run", {"second": b"2", "third": large})
        assert store.get("run", ["first", "second"]) == {"first": b"1", "second": b"2"}
        store.put("run", {"fourth": b"4"})

    kept = {"first": b"1", "second": b"2", "third": large, "fourth": b"4"}
    assert store.get("run", list(kept)) == kept
    assert Store(tmp_path).get("run", list(kept)) == {"first": b"1"}
    assert len(caplog.messages) == 1


def test_a_new_cache_on_a_full_disk_has_one_reason(tmp_path, caplog) -> None:
    """The empty file that it left was told besides, as a cache of another version."""
    store = Store(tmp_path)
    with full_disk(0):
        store.put("run", {"first": b"1"})
        assert store.get("run", ["first", "second"]) == {"first": b"1"}
        store.close()  # as another thread, which opens the file for itself
        assert store.get("run", ["first", "second"]) == {"first": b"1"}

    assert len(caplog.messages) == 1
    assert "of this version" not in caplog.text


def test_a_dataset_is_made_whole_or_not_at_all(tmp_path) -> None:
    """The script behind the first stage: one line, exit status 2, no folder."""
    done = subprocess.run(
        [sys.executable, ROOT / "reference_pool" / "make_dataset.py", "--from", "patches",
         "--of", "camera", "--of", "moon", "--side", "120", "--out", tmp_path / "made"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM)),
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
