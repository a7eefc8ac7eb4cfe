"""The table that is gathered some images at a time: the values of their records, wherever it lies."""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import pytest

from deri_gate.features.acquisition import ACQUISITION
from deri_gate.features.appearance import APPEARANCE
from deri_gate.features.chunk_scan import ScannedImage
from deri_gate.features.image_table import Gathering, Scan
from deri_gate.features.picture_record import record_layout
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime import large_arrays

LAYOUT = record_layout(STANDARD)
METRICS = [m.name for m in STANDARD.metrics if m.of_image is not None]
COUNTS = ("height", "width", "channels", "size", "traces")


@pytest.fixture(params=["in memory", "in a file"])
def place(request, monkeypatch):
    """Where the table lies."""
    if request.param == "in a file":
        monkeypatch.setattr(large_arrays, "LARGE", 1)


def records(count: int) -> np.ndarray:
    """Records of any bytes but for the metrics, which are numbers."""
    rng = np.random.default_rng(count)
    raw = rng.integers(0, 256, count * LAYOUT.itemsize, dtype=np.uint8)
    rows = raw.view(LAYOUT)
    for name in METRICS:
        rows[name] = rng.random(count)
    return rows


def gathered(rows: np.ndarray, dataset, *, at_once: int, broken: frozenset[int] = frozenset()):
    """The pass over as many images as there are rows; the dataset may have more."""
    gathering = Gathering(dataset, STANDARD, embedded=False)
    for start in range(0, len(rows), at_once):
        gathering.add(
            [
                ScannedImage(row=i, keep=False, key="", problem="is torn")
                if i in broken
                else ScannedImage(row=i, keep=False, key=key(i), record=rows[i].tobytes())
                for i in range(start, min(start + at_once, len(rows)))
            ]
        )
    return gathering.finished()


def key(i: int) -> str:
    return hashlib.sha256(b"%d" % i).hexdigest()


def digest(scan: Scan) -> str:
    """Hash of all that the table says."""
    table, seen = scan.table, hashlib.sha256()
    seen.update("".join([*table.keys, *table.shown]).encode())
    for name in (*COUNTS, "span", "narrow", "start", "thumbnails", "chroma"):
        seen.update(np.ascontiguousarray(getattr(table, name)).tobytes())
    seen.update(table.acquisition.tobytes() + table.appearance.tobytes())
    for name in METRICS:
        seen.update(table.values[name].tobytes())
    return seen.hexdigest()


def digest_by_hand(rows: np.ndarray, kept: list[int]) -> str:
    """Digest of the rows as plain Python numbers, field by field, without a table."""
    some, seen = [rows[i] for i in kept], hashlib.sha256()
    shown = (bytes(row["shown"].tolist()).hex() for row in some)
    seen.update("".join([*map(key, kept), *shown]).encode())
    for name in COUNTS:
        seen.update(struct.pack(f"<{len(some)}q", *(int(row[name]) for row in some)))
    spans = (int(row["high"]) - int(row["low"]) for row in some)
    seen.update(struct.pack(f"<{len(some)}q", *spans))
    seen.update(bytes(int(row["narrow"]) > 0 for row in some))
    for name in ("start", "thumbnail", "chroma"):
        seen.update(b"".join(row[name].tobytes() for row in some))
    for fields in (ACQUISITION, APPEARANCE):
        seen.update(b"".join(row[field].tobytes() for row in some for field in fields))
    for name in METRICS:
        seen.update(struct.pack(f"<{len(some)}d", *(float(row[name]) for row in some)))
    return seen.hexdigest()


@pytest.mark.parametrize("at_once", [1, 3, 50])
@pytest.mark.parametrize("count", [1, 2, 7, 20])
def test_the_table_holds_what_the_records_hold(
    place, dataset_of, random_pictures, count, at_once
) -> None:
    """Byte for byte, however many come at once."""
    rows = records(count)
    scan = gathered(rows, dataset_of(random_pictures(count), [0] * count), at_once=at_once)

    assert digest(scan) == digest_by_hand(rows, [*range(count)])
    assert scan.table.acquisition.dtype.names == tuple(ACQUISITION)
    assert scan.table.appearance.dtype.names == tuple(APPEARANCE)


def test_images_that_are_torn_leave_no_row(place, dataset_of, random_pictures) -> None:
    """Nor does an image that did not come before the pass was stopped."""
    rows, broken = records(9), frozenset({0, 4, 8})
    whole = dataset_of(random_pictures(12), [0] * 12)
    scan = gathered(rows, whole, at_once=4, broken=broken)

    assert digest(scan) == digest_by_hand(rows, [1, 2, 3, 5, 6, 7])
    assert np.flatnonzero(scan.readable).tolist() == [1, 2, 3, 5, 6, 7]


def test_no_image_makes_an_empty_table(place, dataset_of, random_pictures) -> None:
    """A pass may be stopped before the first."""
    scan = gathered(records(0), dataset_of(random_pictures(2), [0] * 2), at_once=1)

    assert (len(scan.table.keys), scan.table.thumbnails.shape) == (0, (0, 32, 32))
    assert digest(scan) == hashlib.sha256().hexdigest()
