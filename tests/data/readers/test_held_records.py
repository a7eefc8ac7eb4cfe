"""Archives, arrays and records beside the classes: each image counts, whatever holds it."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import sqlite3
import struct
import tarfile
import zipfile
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pyarrow as pa
import pytest
from scipy.io import savemat

from deri_gate.data.readers import open_dataset, packed, records_beside

if TYPE_CHECKING:
    from pathlib import Path

JUDGED, HIDDEN, SIDE = 12, 60, 28


def picture(seed: int) -> bytes:
    levels = np.random.default_rng(seed).integers(0, 255, (SIDE, SIDE), dtype=np.uint8)
    return cv2.imencode(".png", levels)[1].tobytes()


MEMBERS = {f"more/{i}.png": picture(100 + i) for i in range(HIDDEN)}
ARRAYS = np.random.default_rng(0).integers(0, 255, (HIDDEN, SIDE, SIDE), dtype=np.uint8)
PACKED = b"".join(MEMBERS.values())


@pytest.fixture
def folder(tmp_path) -> Path:
    for i in range(JUDGED):
        place = tmp_path / "set" / "ab"[i % 2] / f"{i}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(picture(i))
    return tmp_path / "set"


def tarred(mode):
    def write(path: Path, members=MEMBERS) -> None:
        with tarfile.open(path, mode) as archive:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))

    return write


def zipped(path: Path, members=MEMBERS) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def starts(head: bytes, content: bytes = PACKED):
    return lambda path: path.write_bytes(head + content)


def records(path: Path) -> None:
    with path.open("wb") as file:
        for content in MEMBERS.values():
            example = b"\x0a\x00" + content
            file.write(struct.pack("<Q4x", len(example)) + example + bytes(4))


def arrow(path: Path) -> None:
    table = pa.table({"image": [{"bytes": c, "path": n} for n, c in MEMBERS.items()]})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


def zarr(path: Path) -> None:
    path.mkdir()
    about = {"shape": list(ARRAYS.shape), "chunks": [20, SIDE, SIDE], "dtype": "|u1"}
    (path / ".zarray").write_text(json.dumps(about))
    for i in range(3):
        (path / f"{i}.0.0").write_bytes(ARRAYS[20 * i : 20 * i + 20].tobytes())


def data_base(path: Path) -> None:
    with sqlite3.connect(path) as base:
        base.execute("create table images (content blob)")
        base.executemany("insert into images values (?)", [(c,) for c in MEMBERS.values()])
    base.close()


def npy() -> bytes:
    np.save(made := io.BytesIO(), ARRAYS)
    return made.getvalue()


def torch_file(path: Path) -> None:
    """As torch.save writes it: a pickle, and each array beside it."""
    pickled = {"a/data.pkl": b"\x80\x02c", "a/version": b"3\n", "a/data/0": ARRAYS.tobytes()}
    zipped(path, pickled)


# Kept by DVC, and of DICOM, which names its files by numbers.
UNNAMED = {f"files/md5/{i:02d}/{name[5:-4]}af": c for i, (name, c) in enumerate(MEMBERS.items())}
NUMBERED = {f"st/1.2.840.{i}": content for i, content in enumerate(MEMBERS.values())}


LISTED = {
    "more.tar.gz": tarred("w:gz"),
    "more.tgz": tarred("w:gz"),
    "more.tar.xz": tarred("w:xz"),
    "more.tar.bz2": tarred("w:bz2"),
    "more.npy": lambda path: np.save(path, ARRAYS),
    "more.zarr": zarr,
    "more.tfrecord": records,
    "more-00000-of-00001": records,
    "train-images-idx3-ubyte": starts(
        struct.pack(">4I", 2051, HIDDEN, SIDE, SIDE), ARRAYS.tobytes()
    ),
}
BY_SIZE = {
    "more.7z": starts(b"7z\xbc\xaf\x27\x1c"),
    "more.rar": starts(b"Rar!\x1a\x07\x01\0"),
    "more.tar.zst": starts(b"\x28\xb5\x2f\xfd"),
    "more.h5": starts(b"\x89HDF\r\n\x1a\n", ARRAYS.tobytes()),
    "more.mat": lambda path: savemat(path, {"images": ARRAYS}),
    "more.pkl": lambda path: path.write_bytes(pickle.dumps({"data": ARRAYS})),
    "data_batch_1": lambda path: path.write_bytes(pickle.dumps(ARRAYS)),
    "data.mdb": starts(bytes(16) + b"\xde\xc0\xef\xbe"),
    "more.db": data_base,
    "more.arrow": arrow,
    "more.pt": torch_file,
    "arrays.zip": lambda path: zipped(path, {"images.npy": npy(), "labels.npy": b"\x93NUMPY"}),
    "pickles.tgz": lambda path: tarred("w:gz")(path, {"images.pkl": pickle.dumps(ARRAYS)}),
    "cache.tar": lambda path: tarred("w")(path, UNNAMED),
    "study.zip": lambda path: zipped(path, NUMBERED),
}


def unjudged(folder: Path) -> dict[str, int]:
    dataset = open_dataset(folder)
    assert len(dataset) == JUDGED
    return {f.path: f.images for f in dataset.findings if f.kind == "unjudged"}


@pytest.mark.parametrize("name", LISTED)
def test_images_that_are_listed_count_each(name, folder) -> None:
    """Each of these counted once, or was a file that holds none."""
    LISTED[name](folder / name)

    assert sum(unjudged(folder).values()) in {HIDDEN - JUDGED, HIDDEN - JUDGED - 1}


@pytest.mark.parametrize("name", BY_SIZE)
def test_what_cannot_be_listed_counts_by_its_size(name, folder) -> None:
    """As many images as it has room for, by the bytes or pixels of those of the folder."""
    BY_SIZE[name](folder / name)

    (images,) = unjudged(folder).values()
    assert 0.7 * (HIDDEN - JUDGED) <= images <= 1.5 * HIDDEN


@pytest.mark.parametrize("name", ["more.tgz", "more.npy", "more.7z", "more.h5", "more.zip"])
def test_an_archive_in_a_class_counts_each_too(name, folder) -> None:
    """It was one unreadable image: beside 500 images, a zip of 5,000 warned with .2 %."""
    (LISTED | BY_SIZE | {"more.zip": zipped})[name](folder / "a" / name)

    dataset = open_dataset(folder)
    (told,) = [f for f in dataset.findings if f.kind == "unjudged"]
    assert (told.path, f"a/{name}" in dataset.ids) == (f"a/{name}", True)
    assert 0.7 * (HIDDEN - JUDGED) <= told.images <= HIDDEN


def test_an_own_archive_in_a_class_is_unreadable_alone(folder) -> None:
    own = {p.name: p.read_bytes() for p in (folder / "a").iterdir()}
    zipped(folder / "a" / "own.zip", own)

    assert [f for f in open_dataset(folder).findings if f.kind == "unjudged"] == []


@pytest.mark.parametrize("name", [*LISTED, *BY_SIZE])
def test_a_damaged_one_is_no_error(name, folder) -> None:
    (LISTED | BY_SIZE)[name](folder / name)
    whole = next(p for p in [folder / name, *(folder / name).glob(".z*")] if p.is_file())
    content = whole.read_bytes()
    rng = np.random.default_rng(3)
    for _ in range(12):
        damaged = bytearray(content[: rng.integers(1, len(content))])
        damaged[rng.integers(len(damaged))] ^= 0xFF
        whole.write_bytes(damaged)
        assert len(open_dataset(folder)) == JUDGED


def test_of_archives_together_one_download_is_excused(folder) -> None:
    """Ten archives of twelve other images each counted ten beside a set of twelve."""
    for k in range(10):
        others = {f"{k}/{i}.png": picture(1_000 + 20 * k + i) for i in range(JUDGED)}
        zipped(folder / f"part{k}.zip", others)

    assert sum(unjudged(folder).values()) == 1 + 9 * JUDGED


def test_a_network_without_room_for_many_images_is_one_file(folder) -> None:
    """Each of its arrays is small, however many there are."""
    layers = {f"net/data/{i}": bytes(4 * SIDE * SIDE) for i in range(HIDDEN)}
    zipped(folder / "net.pt", {"net/data.pkl": b"\x80\x02c", **layers})

    assert unjudged(folder) == {"net.pt": 1}
    [finding] = open_dataset(folder).findings
    assert finding.detail.endswith("not looked at: --exclude 'net.pt' leaves it out")


def test_parts_and_copies_of_one_download_count_once_each(folder) -> None:
    own = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.png")}
    halves = [dict(list(own.items())[i::2]) for i in (0, 1)]
    for i, half in enumerate(halves):
        zipped(folder / f"half{i}.zip", half)
    tarred("w:gz")(folder / "all.tgz", {f"set/{name}": c for name, c in own.items()})

    assert unjudged(folder) == {"half0.zip": 1, "half1.zip": 1, "all.tgz": 1}


def test_of_a_long_archive_a_part_is_unpacked(folder, monkeypatch) -> None:
    """The rest is told by the rate; what unpacks to much more than it is takes no longer."""
    monkeypatch.setattr(packed, "MOST_BYTES", 40_000)
    tarred("w:gz")(folder / "more.tgz")
    with gzip.open(folder / "bomb.tgz", "wb") as bomb:
        info = tarfile.TarInfo("a.png")
        info.size = 2**33
        bomb.write(info.tobuf() + bytes(2**22))

    found = unjudged(folder)
    assert 0.7 * (HIDDEN - JUDGED) <= found["more.tgz"] <= 1.5 * HIDDEN
    assert found["bomb.tgz"] >= 1


def test_records_beyond_those_that_are_counted_are_told_by_bytes(folder, monkeypatch) -> None:
    monkeypatch.setattr(records_beside, "MOST_RECORDS", 10)
    records(folder / "more.tfrecord")

    assert 0.9 * HIDDEN <= sum(unjudged(folder).values()) + JUDGED <= 1.1 * HIDDEN


class Bad:
    """Code that runs where somebody unpickles it."""

    def __reduce__(self):
        return os.mkdir, ("loaded",)


def test_nothing_is_unpickled_and_small_files_are_none(folder, tmp_path, monkeypatch) -> None:
    """A table of labels, a list of settings, a table of numbers: no warning."""
    monkeypatch.chdir(tmp_path)
    (folder / "labels.pkl").write_bytes(pickle.dumps({"a": [0, 1] * 50}))
    with pa.OSFile(str(folder / "numbers.arrow"), "wb") as file:
        table = pa.table({"x": np.arange(50_000.0)})
        with pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    assert unjudged(folder) == {}

    (folder / "big.pkl").write_bytes(pickle.dumps([Bad(), ARRAYS]))
    assert [*unjudged(folder)] == ["big.pkl"]
    assert not (tmp_path / "loaded").exists()
