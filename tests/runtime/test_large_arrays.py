"""Arrays that may be larger than memory: the same values, in a file that leaves nothing behind."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from deri_gate.runtime import large_arrays
from deri_gate.runtime.large_arrays import (
    blocks_of,
    chosen_rows,
    each_block,
    large_array,
    large_columns,
)

in_files = pytest.mark.skipif(
    not hasattr(os, "posix_fallocate"), reason="this system sets no room aside"
)


@pytest.fixture
def small(monkeypatch):
    """Blocks of a few rows, and files for arrays of a page."""
    monkeypatch.setattr(large_arrays, "BLOCK", 50)
    monkeypatch.setattr(large_arrays, "LARGE", 4096)


def mapped() -> int:
    """Files of the cache that this process has mapped."""
    cache = os.environ["DERI_GATE_CACHE"]
    return Path("/proc/self/maps").read_text("utf-8").count(f"{cache}/")


@in_files
def test_a_large_array_lies_in_a_file_that_ends_with_it(small):
    """The cache's folder shows no name of it."""
    if not Path("/proc/self/maps").exists():
        pytest.skip("this system does not say what is mapped")
    before, array = mapped(), large_array((100, 20), np.float32)
    array[:] = np.arange(2_000).reshape(100, 20)

    assert mapped() == before + 1
    assert [*Path(os.environ["DERI_GATE_CACHE"]).iterdir()] == []
    assert array[99, 19] == 1_999
    del array
    assert mapped() == before


@pytest.mark.parametrize("count", [3, 1_000])
def test_chosen_and_changed_rows_are_numpys(small, count):
    """In a file or not, block by block."""
    array = np.random.default_rng(0).random((count, 7)).astype(np.float32)
    chosen = np.arange(count) % 3 != 1

    np.testing.assert_array_equal(chosen_rows(array, chosen), array[chosen])
    changed = each_block(array, lambda rows: rows * 2.5, "float64")
    np.testing.assert_array_equal(changed, array * 2.5)
    assert [i for rows in blocks_of(array) for i in range(count)[rows]] == [*range(count)]


def test_no_rows_are_an_array_without_rows(small):
    """Nor is anything wrong with no columns."""
    assert chosen_rows(np.ones((5, 3)), np.zeros(5, dtype=bool)).shape == (0, 3)
    assert each_block(np.ones((0, 3)), lambda rows: rows, "float32").shape == (0, 3)
    assert each_block(np.ones((4, 0)), lambda rows: rows, "float32").shape == (4, 0)


@in_files
def test_a_cache_that_is_not_there_yet_is_made(small, monkeypatch, tmp_path, caplog):
    """The first run of all has large arrays, too."""
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "not" / "yet"))
    large_array((100, 100), np.float32)

    assert (tmp_path / "not" / "yet").is_dir()
    assert caplog.text == ""


@in_files
def test_without_room_the_array_lies_in_memory(small, monkeypatch, caplog):
    """With a word of it; a file that grows later would end the process when the disk is full."""

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    array = large_array((100, 100), np.float32)
    array[:] = 1

    assert array.sum() == 10_000
    assert "No space left on device" in caplog.text


COLUMNS = {
    "flag": np.dtype(bool),
    "picture": np.dtype((np.uint8, (3, 5))),
    "number": np.dtype(np.int64),
    "pair": np.dtype([("left", "<f4"), ("right", "<i2", (3,))]),
}


@pytest.mark.parametrize("count", [0, 1, 7, 300])
def test_columns_together_are_arrays_like_any_other(small, count):
    """Each keeps what is written, whatever is written to the others."""
    columns = large_columns(count, COLUMNS)
    rng = np.random.default_rng(0)
    raw = {name: rng.bytes(count * kind.itemsize) for name, kind in COLUMNS.items()}
    raw["flag"] = bytes(byte % 2 for byte in raw["flag"])
    for name, kind in COLUMNS.items():
        columns[name][:] = np.frombuffer(raw[name], dtype=kind)

    for name, kind in COLUMNS.items():
        assert columns[name].shape == (count, *kind.shape)
        assert columns[name].dtype == kind.base
        assert columns[name].flags.aligned
        assert columns[name].tobytes() == raw[name]


@in_files
def test_columns_that_are_large_together_lie_in_one_file(small):
    """None of them is large for itself; the file ends with the last of them."""
    if not Path("/proc/self/maps").exists():
        pytest.skip("this system does not say what is mapped")
    before, columns = mapped(), large_columns(150, COLUMNS)

    assert max(column.nbytes for column in columns.values()) < large_arrays.LARGE
    assert mapped() == before + 1
    last = columns["pair"]
    del columns
    assert mapped() == before + 1
    del last
    assert mapped() == before
