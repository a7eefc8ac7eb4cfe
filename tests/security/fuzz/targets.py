"""The doors through which bytes of strangers come in: a function of bytes each, and its seeds.

A target returns on a right answer, which a clear error is too; whatever else it raises is a bug.
"""

from __future__ import annotations

import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

import deri_gate
from deri_gate import errors
from deri_gate.data.readers import open_dataset
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.profile import STANDARD
from deri_gate.reports.documents import (
    DatasetInfo,
    FindingInfo,
    MetricsDocument,
    MetricValue,
    ProfileInfo,
)
from deri_gate.scoring.pool import find_pool, read_pool

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Target:
    """One door.

    Attributes:
        feed: Takes the bytes.
        seeds: Sound inputs to start from.
    """

    feed: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


def _picture(kind: str, mode: str = "RGB") -> bytes:
    values = np.random.default_rng(0).integers(0, 255, (12, 12, 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(values).convert(mode).save(file, kind)
    return file.getvalue()


def _npz() -> bytes:
    file = io.BytesIO()
    images, labels = np.zeros((4, 5, 5), dtype=np.uint8), np.array([[0], [1], [0], [1]])
    np.savez_compressed(file, train_images=images, train_labels=labels)
    return file.getvalue()


def _dataset(ending: str) -> Callable[[bytes], None]:
    """Open a file of this ending as a dataset, and decode what it holds."""

    def feed(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"x{ending}"
            path.write_bytes(content)
            try:
                found = open_dataset(path)
                for row in found.rows[:3]:
                    found.source.load(int(row)).decode()
            except errors.DeriGateError:
                return

    return feed


def _image(ending: str) -> Callable[[bytes], None]:
    """Open a folder that holds this file as one of its images, and decode it."""

    def feed(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for label in "ab":
                (Path(folder) / label).mkdir()
                (Path(folder) / label / f"x{ending}").write_bytes(content)
            try:
                found = open_dataset(folder)
                if len(found):
                    found.source.load(int(found.rows[0])).decode()
            except errors.DeriGateError:
                return

    return feed


def _score(content: bytes) -> None:
    """Score raw values."""
    _with_file(content, "x.json", deri_gate.score)


def _pool(content: bytes) -> None:
    """Read a pool."""
    _with_file(content, "pool.json", read_pool)


def _with_file(content: bytes, name: str, use: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            use(path)
        except errors.DeriGateError:
            return


def _values() -> bytes:
    dataset = DatasetInfo(name="a", fingerprint="f" * 64, split=None, images=100, unreadable=2,
                          classes=2, class_counts={"a": 50, "b": 50})  # fmt: skip
    return (
        MetricsDocument(
            schema_version=1,
            dataset=dataset,
            profile=ProfileInfo(name=STANDARD.name, hash=STANDARD.hash),
            metrics={m.name: MetricValue(value=1.0, interval=(1.0, 1.0)) for m in METRICS},
            findings=(FindingInfo(kind="unreadable", path="x.png", detail="is cut"),),
        )
        .model_dump_json()
        .encode()
    )


def _small_pool() -> bytes:
    pool = json.loads(find_pool("standard").read_bytes())
    return json.dumps({**pool, "datasets": pool["datasets"][:3]}).encode()


CSV = b"path,label,split,group,mask\na/x.png,cat,train,1,\nb/y.png,dog,test,2,m.png\n"
JPEG = _picture("JPEG")

TARGETS = {
    "png": Target(feed=_image(".png"), seeds=(_picture("PNG"), _picture("PNG", "LA"))),
    "jpeg": Target(feed=_image(".jpg"), seeds=(JPEG, _picture("JPEG", "L"))),
    "tiff": Target(feed=_image(".tif"), seeds=(_picture("TIFF"), _picture("TIFF", "F"))),
    "other": Target(
        feed=_image(".gif"),
        seeds=tuple(_picture(kind) for kind in ("GIF", "WEBP", "BMP", "PPM")),
    ),
    "npz": Target(feed=_dataset(".npz"), seeds=(_npz(),)),
    "csv": Target(feed=_dataset(".csv"), seeds=(CSV, CSV.replace(b",", b";"))),
    "tsv": Target(feed=_dataset(".tsv"), seeds=(CSV.replace(b",", b"\t"),)),
    "jsonl": Target(feed=_dataset(".jsonl"), seeds=(b'{"path": "x.png", "label": "a"}\n',)),
    "values": Target(feed=_score, seeds=(_values(),)),
    "pool": Target(feed=_pool, seeds=(_small_pool(),)),
}
