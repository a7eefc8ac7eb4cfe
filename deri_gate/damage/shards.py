"""The pixels of a variant in one file, an Arrow table that is mapped into memory.

Columns `key` and `png` (lossless), a row a picture; where a picture could not be read, `png` is
null and `error` says why. Written in batches of a fixed size, so that memory stays bounded and
any row is found without a search.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pyarrow as pa

from deri_gate.errors import DatasetError, UnreadableImageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.data.dataset import Loaded, Picture, Source

BATCH = 32  # pictures held in memory at a time
SCHEMA = pa.schema([("key", pa.string()), ("png", pa.binary()), ("error", pa.string())])
COMPRESSION = 1  # of the PNG, 0 to 9: 3 is a tenth smaller and a third slower


@dataclass(frozen=True)
class Stored:
    """One picture of a shard."""

    key: str
    png: bytes | None
    error: str

    def decode(self) -> Picture:
        """The picture, pixel for pixel as it was written.

        Raises:
            UnreadableImageError: When it could not be read when the shard was made.
        """
        if self.png is None:
            raise UnreadableImageError(self.error)
        found = cv2.imdecode(np.frombuffer(self.png, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
        if found is None:
            raise UnreadableImageError("its PNG in the variant's shard is damaged")
        picture = np.asarray(found, dtype=np.uint8)
        return np.ascontiguousarray(_swapped(picture))


@dataclass(frozen=True)
class ShardSource:
    """A base source with the pictures of a shard appended to it, from row `offset` on."""

    base: Source
    offset: int
    path: Path

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("base", "offset", "path")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)  # the open file stays behind

    @cached_property
    def reader(self) -> Any:
        """The mapped file, opened when first needed.

        Raises:
            DatasetError: If it is missing or damaged.
        """
        try:
            return pa.ipc.open_file(pa.memory_map(str(self.path)))
        except (OSError, pa.ArrowException) as error:
            raise DatasetError("is no shard of pictures", self.path, "Make it again.") from error

    def load(self, row: int) -> Loaded:
        """The content of the image in this row.

        Raises:
            UnreadableImageError: When the content could not be had.
        """
        if row < self.offset:
            return self.base.load(row)
        batch, place = divmod(row - self.offset, BATCH)
        values = self.reader.get_batch(batch).slice(place, 1).to_pylist()[0]
        if values["key"] is None:
            raise UnreadableImageError(values["error"])
        return Stored(values["key"], values["png"], values["error"] or "")


def write_shard(path: Path, source: Source, rows: Sequence[int]) -> None:
    """Write the pictures in these rows of the source, a batch at a time.

    Raises:
        OSError: If the file cannot be written.
    """
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
        for start in range(0, len(rows), BATCH):
            values = [_packed(source, row) for row in rows[start : start + BATCH]]
            writer.write_batch(pa.RecordBatch.from_pylist(values, schema=SCHEMA))


def _packed(source: Source, row: int) -> dict[str, str | bytes | None]:
    """One row of a shard."""
    values: dict[str, str | bytes | None] = dict.fromkeys(SCHEMA.names)
    try:
        loaded = source.load(row)
        values["key"] = loaded.key
        values["png"] = _png(loaded.decode())
    except UnreadableImageError as error:
        values["error"] = error.what
    return values


def _png(picture: Picture) -> bytes:
    """A picture as PNG."""
    settings = [cv2.IMWRITE_PNG_COMPRESSION, COMPRESSION]
    return bytes(cv2.imencode(".png", np.ascontiguousarray(_swapped(picture)), settings)[1])


def _swapped(picture: Picture) -> Picture:
    """RGB to OpenCV's BGR and back; grey stays."""
    return picture[..., ::-1] if picture.ndim == 3 else picture  # noqa: PLR2004
