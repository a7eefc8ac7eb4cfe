"""Images in the cells of Parquet files, read a row at a time as they are asked for."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from deri_gate.data.readers.files import MAX_BYTES, EncodedImage
from deri_gate.data.readers.parquet import opened_parquet
from deri_gate.errors import DatasetError, UnreadableImageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_KEPT = 128 * 2**20  # bytes of images that were passed on the way to another


class _Streams:
    """Open files, each read forwards; what was passed is kept for a while. Pickles empty."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, int], bytes | None] = OrderedDict()
        self._size = 0
        self._at: tuple[int, int] = (-1, -1)  # file, and row that comes next
        self._rows: Iterator[bytes | None] = iter(())
        self._ends: dict[int, list[int]] = {}  # by file, where its row groups end

    def __reduce__(self) -> tuple[type[_Streams], tuple[()]]:
        return _Streams, ()

    def cell(self, source: CellSource, file: int, row: int) -> bytes | None:
        """The bytes in a row of a file.

        Raises:
            DatasetError: If the file cannot be read any more.
        """
        with self._lock:
            if (file, row) in self._kept:
                return self._kept[file, row]
            start = self._start(source, file, row)
            for number, content in enumerate(self._rows, start):
                self._at = (file, number + 1)
                self._keep((file, number), content)
                if number == row:
                    return content
        raise DatasetError("has changed since it was opened", source.files[file], "Run again.")

    def _start(self, source: CellSource, file: int, row: int) -> int:
        """Row that the stream gives next: of the open one, or of a new one near the row."""
        at_file, at_row = self._at
        if file not in self._ends:
            self._ends[file] = _ends(source.files[file])
        ends = self._ends[file]
        group = bisect_right(ends, row)
        first = ends[group - 1] if group else 0
        if at_file == file and first <= at_row <= row:
            return at_row
        self._rows = _cells(source.files[file], source.column, range(group, len(ends)))
        return first

    def _keep(self, key: tuple[int, int], content: bytes | None) -> None:
        self._kept[key] = content
        self._size += len(content or b"")
        while self._size > _KEPT:
            _, gone = self._kept.popitem(last=False)
            self._size -= len(gone or b"")


@dataclass(frozen=True, kw_only=True)
class CellSource:
    """Images in a column of Parquet files.

    Attributes:
        files: The files.
        counts: Rows of each file.
        column: Name of the stored column that holds the bytes, such as `image.bytes`.
        places: Number of each image among all rows of all files.
        names: Id of each image.
    """

    files: tuple[Path, ...]
    counts: tuple[int, ...]
    column: str
    places: tuple[int, ...] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    _streams: _Streams = field(default_factory=_Streams, init=False, repr=False, compare=False)

    def load(self, row: int) -> EncodedImage:
        """Read one image.

        Raises:
            UnreadableImageError: If its cell holds no bytes, or more than an image has.
            DatasetError: If the file cannot be read any more.
        """
        where, content = self.names[row], self._cell(row)
        if not content:
            raise UnreadableImageError("its cell holds no bytes of an image", where)
        if len(content) > MAX_BYTES:
            raise UnreadableImageError("its cell holds more bytes than an image may have", where)
        return EncodedImage(where=where, content=content)

    def part(self, row: int, start: int, size: int) -> bytes:
        """First bytes of an image; none when they cannot be read, `load` says why."""
        try:
            content = self._cell(row) or b""
        except DatasetError:
            return b""
        return content[start : start + size] if start >= 0 else b""

    def _cell(self, row: int) -> bytes | None:
        if row < 0:
            raise IndexError(row)  # -1 stands for "no mask", never for the last image
        place = self.places[row]
        ends = [*accumulate(self.counts)]
        file = bisect_right(ends, place)
        start = ends[file] - self.counts[file]
        return self._streams.cell(self, file, place - start)


@dataclass(frozen=True, kw_only=True)
class MaskedCells:
    """Images in one column and their masks in another; the masks' rows follow the images'."""

    images: CellSource
    masks: CellSource

    def load(self, row: int) -> EncodedImage:
        """Read an image or a mask.

        Raises:
            UnreadableImageError: If its cell holds no bytes, or more than an image has.
            DatasetError: If the file cannot be read any more.
        """
        count = len(self.images.places)
        return self.images.load(row) if row < count else self.masks.load(row - count)

    def part(self, row: int, start: int, size: int) -> bytes:
        """First bytes of an image; none of a mask, or when they cannot be read."""
        return self.images.part(row, start, size) if row < len(self.images.places) else b""


def filled_cells(path: Path, column: str) -> list[bool]:
    """Rows of a file whose cell in a column holds bytes.

    Raises:
        DatasetError: If the file cannot be read.
    """
    groups = range(len(_ends(path)))
    return [bool(content) for content in _cells(path, column, groups)]


def _ends(path: Path) -> list[int]:
    """Numbers of the rows before which the row groups of a file end."""
    with opened_parquet(path) as file:
        groups = file.metadata
        return [*accumulate(groups.row_group(g).num_rows for g in range(groups.num_row_groups))]


def _cells(path: Path, column: str, groups: range) -> Iterator[bytes | None]:
    """The cells of a column from a row group on; one at a time, for a cell may be large."""
    with opened_parquet(path) as file:
        for batch in file.iter_batches(batch_size=1, row_groups=[*groups], columns=[column]):
            yield _bytes(batch.column(0)[0].as_py())


def _bytes(cell: Any) -> bytes | None:
    content = cell.get("bytes") if isinstance(cell, dict) else cell
    return content if isinstance(content, bytes) else None
