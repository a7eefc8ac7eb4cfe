"""Several masks of one image as one: what lies in any of them is inside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.masks import is_picture
from deri_gate.data.readers.looking import PartSource
from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.hashing import content_hash

if TYPE_CHECKING:
    from deri_gate.data.dataset import Loaded, Picture, Source

HALF = 127  # masks are 0/255, or small whole numbers where 0 is background


@dataclass(frozen=True, kw_only=True)
class Union:
    """Several masks of one image."""

    where: str
    parts: tuple[Loaded, ...] = field(repr=False)

    @property
    def key(self) -> str:
        """Hash of the masks' contents in their order."""
        return content_hash(*(part.key.encode() for part in self.parts))

    def decode(self) -> Picture:
        """White where any mask is, shape (H, W).

        Raises:
            UnreadableImageError: When one cannot be read or is a picture, or their sizes differ.
        """
        masks = [part.decode() for part in self.parts]
        if any(map(is_picture, masks)):
            raise UnreadableImageError("one of its masks is a picture", self.where)
        inside = [_inside(mask) for mask in masks]
        if len({one.shape for one in inside}) > 1:
            raise UnreadableImageError("its masks are of several sizes", self.where)
        return np.where(np.logical_or.reduce(inside), np.uint8(255), np.uint8(0))


def _inside(mask: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    flat = mask.max(axis=2) if mask.ndim == 3 else mask  # noqa: PLR2004
    return np.asarray(flat > (HALF if flat.max() > HALF else 0), dtype=np.bool_)


@dataclass(frozen=True, kw_only=True)
class UnionSource:
    """A source with further rows, each of which is several of its rows together.

    Attributes:
        source: The source.
        count: Number of its rows.
        unions: Its rows that each further row stands for.
    """

    source: Source = field(repr=False)
    count: int
    unions: tuple[tuple[int, ...], ...] = field(repr=False)

    def load(self, row: int) -> Loaded:
        """The content of a row, or several contents as one.

        Raises:
            UnreadableImageError: When a content cannot be had.
        """
        if row < self.count:
            return self.source.load(row)
        parts = tuple(self.source.load(one) for one in self.unions[row - self.count])
        return Union(where=f"mask {row}", parts=parts)

    def part(self, row: int, start: int, size: int) -> bytes:
        """First bytes of an image's file; none where they cannot be read."""
        source = self.source
        if row >= self.count or not isinstance(source, PartSource):
            return b""
        return source.part(row, start, size)
