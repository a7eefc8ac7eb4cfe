"""Results of one shard of a dataset as a Parquet file: a row an image, all of it under a seal."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from deri_gate.data.readers.parquet import UNREADABLE
from deri_gate.features import forms
from deri_gate.features.chunk_scan import ScannedImage
from deri_gate.features.namespaces import embedding_kind, picture_kind
from deri_gate.features.picture_record import record_layout
from deri_gate.runtime.hashing import content_hash, json_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.metrics.profile import Profile

VERSION = 1  # raised whenever a file of the same images would be laid out in another way
MOST_BYTES = 2**28  # of a file, packed or not: more than any shard of ours takes
SEAL = b"deri-gate-seal"
_COLUMNS = pa.schema(
    [
        ("key", pa.string()),
        ("problem", pa.string()),
        ("record", pa.binary()),
        ("embedding", pa.binary()),
    ]
)


class DamagedShardError(ValueError):
    """A file that is not, or no longer, the shard that its name says."""


@dataclass(frozen=True, kw_only=True)
class ShardForm:
    """The form of all shards of a run.

    Attributes:
        profile: By which definitions the images are looked at.
        embed: Whether they are embedded.
    """

    profile: Profile
    embed: bool

    def name(self, images: Sequence[ScannedImage]) -> str:
        """Name of a shard of these images: by their contents, and by all that decides a result."""
        kinds = [picture_kind(self.profile, record_layout(self.profile))]
        kinds += [embedding_kind(self.profile)] if self.embed else []
        about = [[image.key, "" if image.key else _sound(image.problem)] for image in images]
        return f"{json_digest([VERSION, kinds, about])}.parquet"

    def to_bytes(self, images: Sequence[ScannedImage]) -> bytes:
        """The file of a shard."""
        columns = [[getattr(image, name) for image in images] for name in _COLUMNS.names]
        arrays = [
            pa.array([_sound(value) for value in column], type=kind)
            for column, kind in zip(columns, _COLUMNS.types, strict=True)
        ]
        about = _COLUMNS.with_metadata({SEAL: _seal(self.name(images), images)})
        file = io.BytesIO()
        parquet.write_table(pa.Table.from_arrays(arrays, schema=about), file)
        return file.getvalue()

    def from_bytes(self, raw: bytes, name: str) -> list[ScannedImage]:
        """The images of a shard.

        Args:
            raw: Content of its file; nothing in it is believed.
            name: Its name.

        Raises:
            DamagedShardError: If it is not whole, not of this name, or not of this form.
        """
        try:
            with parquet.ParquetFile(pa.BufferReader(raw)) as file:
                about = file.metadata
                groups = (about.row_group(i) for i in range(about.num_row_groups))
                if sum(group.total_byte_size for group in groups) > MOST_BYTES:
                    raise DamagedShardError("it is larger than any shard")
                if not file.schema_arrow.equals(_COLUMNS):
                    raise DamagedShardError("it has other columns")
                seal = (file.schema_arrow.metadata or {}).get(SEAL)
                columns = file.read().to_pydict()
        except UNREADABLE as error:
            raise DamagedShardError("it is no Parquet file") from error
        images = [
            ScannedImage(row=-1, keep=False, key=key or "", problem=why or "", record=record,
                         embedding=embedding)
            for key, why, record, embedding in zip(*columns.values(), strict=True)
        ]  # fmt: skip
        self._check(images, name, seal)
        return images

    def _check(self, images: list[ScannedImage], name: str, seal: bytes | None) -> None:
        if name != self.name(images) or seal != _seal(name, images):
            raise DamagedShardError("its content is not what its name and seal say")
        is_record = forms.of_length(record_layout(self.profile).itemsize)
        good = [image for image in images if not image.problem]
        lengths = {len(image.embedding or b"") for image in good}
        for image in good:
            embedded = not self.embed or forms.halves(image.embedding or b"")
            if not (image.key and image.record and is_record(image.record) and embedded):
                raise DamagedShardError("a row of it has another form")
        if self.embed and len(lengths) > 1:
            raise DamagedShardError("its embeddings differ in length")


def _sound(value: object) -> object:
    """A value that can be written: a text without halves of characters."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return value


def _seal(name: str, images: Sequence[ScannedImage]) -> bytes:
    """Hash of all that is in a shard; lengths go in, so that no part runs over."""
    return content_hash(name.encode(), *_parts(images)).encode()


def _parts(images: Sequence[ScannedImage]) -> Iterator[bytes]:
    for image in images:
        texts = (image.key.encode(), str(_sound(image.problem)).encode())
        for part in (*texts, image.record or b"", image.embedding or b""):
            yield len(part).to_bytes(8, "big")
            yield part
