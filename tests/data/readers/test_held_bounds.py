"""Files beside the classes that are long, forged, cut, or parts of more than one."""

from __future__ import annotations

import gzip
import json
import lzma
import struct
import tarfile
import time

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather

from deri_gate.data.readers import packed
from tests.data.readers.test_held_records import (
    ARRAYS,
    HIDDEN,
    JUDGED,
    SIDE,
    folder,
    unjudged,
)

__all__ = ["folder"]
OTHERS = np.random.default_rng(1).integers(0, 255, (5, JUDGED, SIDE, SIDE), dtype=np.uint8)
LONG = 2**25


def of_length(*parts: bytes) -> bytes:
    """A file of mostly nothing, as a system keeps without room on the disk."""
    return b"".join(parts).ljust(LONG, b"\0")


def long_header(kind: bytes) -> bytes:
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, LONG - 2**14
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("ending", ["npy", "tfrecord"])
def test_parts_of_the_same_length_count_each(ending, folder) -> None:
    """Four of five files of as many images each were taken for the first in another size."""
    for i, levels in enumerate(OTHERS):
        path = folder / f"part{i}.{ending}"
        if ending == "npy":
            np.save(path, levels)
        else:
            example = b"\x0a\0" + levels[0].tobytes()
            record = struct.pack("<Q4x", len(example)) + example + bytes(4)
            path.write_bytes(record * JUDGED)

    assert sum(unjudged(folder).values()) >= 4 * JUDGED - len(OTHERS)


def test_the_same_images_in_another_size_and_masks_count_once(folder) -> None:
    np.save(folder / "images.npy", OTHERS[0])
    np.save(folder / "images_14.npy", OTHERS[0][:, ::2, ::2].copy())
    np.save(folder / "masks.npy", OTHERS[0])

    assert sum(unjudged(folder).values()) == len(["images", "images_14", "masks"])


def test_a_header_claims_no_more_than_the_file_holds(folder) -> None:
    """10 to the power of 30 images were told of 500 bytes, in numbers that no JSON may have."""
    claim = {"descr": "|u1", "fortran_order": False, "shape": (10**30, SIDE, SIDE)}
    with (folder / "more.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, claim)
        file.write(ARRAYS.tobytes())
    (folder / "more.zarr").mkdir()
    (folder / "more.zarr" / ".zarray").write_text(
        json.dumps({"shape": [10**30, SIDE, SIDE], "dtype": "|u1"})
    )
    (folder / "more.zarr" / "0.0.0").write_bytes(ARRAYS.tobytes())

    found = unjudged(folder)
    assert HIDDEN - 2 * JUDGED <= found["more.npy"] <= HIDDEN
    assert found["more.zarr/0.0.0"] < 10**15


@pytest.mark.parametrize("ending", ["feather", "arrow"])
def test_a_table_of_numbers_is_none_whatever_its_ending(ending, folder) -> None:
    """A Feather file of embeddings counted as images by its size."""
    path = folder / f"numbers.{ending}"
    feather.write_feather(pa.table({"x": np.arange(50_000.0)}), str(path), "uncompressed")

    assert unjudged(folder) == {}


def test_a_table_that_arrow_does_not_know_is_no_error(folder, monkeypatch) -> None:
    """Some of Arrow's errors are no ValueError, and would end the run."""

    def refuse(source):
        raise pa.ArrowNotImplementedError("a type of the future")

    monkeypatch.setattr(pa.ipc, "open_file", refuse)
    table = pa.table({"x": np.arange(50_000.0)})
    feather.write_feather(table, str(folder / "new.arrow"), "uncompressed")

    assert unjudged(folder) == {}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("names.tar", of_length(long_header(tarfile.GNUTYPE_LONGNAME))),
        ("pax.tar", of_length(long_header(tarfile.XHDTYPE))),
        ("zeros.tgz", of_length(gzip.compress(tarfile.TarInfo("x").tobuf()))),
        ("zeros.tar.xz", of_length(lzma.compress(bytes(100)))),
        ("empty.tgz", gzip.compress(b"") * (LONG // 128)),
    ],
)
def test_a_long_forged_archive_takes_no_long_time(name, content, folder, monkeypatch) -> None:
    """A name of 2 GB took as much memory; 100 MB of zeros behind a gzip took 20 s."""
    monkeypatch.setattr(packed, "MOST_BYTES", 2**20)
    monkeypatch.setattr(packed, "MOST_IN_VAIN", 2**16)
    (folder / name).write_bytes(content)
    unjudged(folder)  # what is imported once

    begin = time.process_time()
    assert unjudged(folder) == {name: 1}
    assert time.process_time() - begin < 0.3  # a second and more before
