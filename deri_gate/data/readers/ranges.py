"""16-bit values shown by the range that the whole set uses (`--range set`)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from deri_gate.data import decoding
from deri_gate.data.readers.frames import Encoded, FrameImage
from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.hashing import content_hash

if TYPE_CHECKING:
    from deri_gate.data.dataset import Dataset, Loaded, Picture, Source
    from deri_gate.data.frames import Frame

Range = Literal["", "full", "set"]
FULL_BITS = 16
LEAST_BITS = 8


@dataclass(frozen=True, kw_only=True)
class RangedImage:
    """An image whose 16-bit values are shown as numbers of fewer bits."""

    encoded: Encoded = field(repr=False)
    frame: Frame
    bits: int
    plain_key: str

    @property
    def key(self) -> str:
        """Hash of the bytes, the frame and the number of bits."""
        return content_hash(f"{self.plain_key} bits {self.bits}".encode())

    def decode(self) -> Picture:
        """The image as a person sees it.

        Raises:
            UnreadableImageError: When there is no picture in the content.
        """
        encoded = self.encoded
        return decoding.decode(encoded.content, encoded.where, self.frame, bits=self.bits)


@dataclass(frozen=True, kw_only=True)
class RangedSource:
    """Images of another source; masks stay as they are.

    Attributes:
        source: Where they lie.
        rows: Rows there that are images.
        bits: Number of bits that the values of all images fit into.
    """

    source: Source
    rows: frozenset[int] = field(repr=False)
    bits: int

    def load(self, row: int) -> Loaded:
        """The image in this row.

        Raises:
            UnreadableImageError: When its bytes cannot be had.
        """
        loaded = self.source.load(row)
        parts = _parts(loaded) if row in self.rows else None
        if parts is None:
            return loaded
        encoded, frame = parts
        return RangedImage(encoded=encoded, frame=frame, bits=self.bits, plain_key=loaded.key)


def with_range(dataset: Dataset, choice: Range) -> Dataset:
    """The dataset with its 16-bit images shown by as many bits as the largest value needs.

    The range is that of all splits together, in whole bits: 12 bits in 16 are read alike whichever
    images are there, so that base and head of a change are.

    Args:
        dataset: Frames chosen already.
        choice: "set", or "full" and "" for the full range of 16 bits.
    """
    if choice != "set":
        return dataset
    rows = dataset.rows.tolist()
    most = max((_greatest(dataset.source, row) for row in rows), default=0)
    if not most:
        note = "--range set changes nothing: no image has 16-bit values without a window"
        return dataset.with_notes(note)
    bits = min(FULL_BITS, max(LEAST_BITS, most.bit_length()))
    note = f"16-bit values are shown by the range of the set, {bits} bits (largest value {most:,})"
    source = RangedSource(source=dataset.source, rows=frozenset(rows), bits=bits)
    return replace(dataset, source=source).with_notes(note)


def _greatest(source: Source, row: int) -> int:
    """Greatest 16-bit value of an image; 0 for others and for those that cannot be read."""
    try:
        parts = _parts(source.load(row))
        if parts is None:
            return 0
        encoded, frame = parts
        return decoding.greatest_value(encoded.content, encoded.where, frame)
    except UnreadableImageError:
        return 0


def _parts(loaded: Loaded) -> tuple[Encoded, Frame] | None:
    """The file's bytes and the frame; None for what is no single file."""
    if isinstance(loaded, FrameImage):
        return loaded.encoded, loaded.frame
    return (loaded, None) if isinstance(loaded, Encoded) else None
