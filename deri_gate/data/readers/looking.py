"""First bytes of each file of a dataset -> what matters before any image is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from deri_gate.data import mpo, stacks, volume_header
from deri_gate.data.animations import pictures_in
from deri_gate.data.decoding import faults_of_values
from deri_gate.data.dicom.detect import HEAD, is_dicom
from deri_gate.data.dicom.facts import Facts, facts_of
from deri_gate.data.levels import ValueFaults
from deri_gate.data.newer_formats import further_in_heic
from deri_gate.errors import DatasetError, UnreadableImageError

if TYPE_CHECKING:
    from deri_gate.data.dataset import Dataset, Source

HEADER = 64 * 2**10  # bytes that hold nearly every header; the whole file is read for others


@runtime_checkable
class PartSource(Protocol):
    """A source that can read a part of a file."""

    def part(self, row: int, start: int, size: int) -> bytes:
        """Bytes of the image in this row; fewer or none where there are no more."""


NO_FAULTS = ValueFaults()


@dataclass(frozen=True, kw_only=True)
class Look:
    """Result of reading the first bytes of a file.

    Attributes:
        form: "DICOM", "TIFF", "NIfTI", or "" for a file that holds one picture.
        frames: Number of pictures in it that `--frames` can ask for.
        further: Number of pictures beside the first that a TIFF has for it.
        others: Number of pictures of a TIFF of another size or kind, for which it cannot ask.
        lost: Whether a TIFF has more pages, of which a damaged directory tells nothing.
        moves: Number of pictures of an animation behind the first, which alone is seen.
        behind: Number of pictures of a JPEG or HEIC file behind the first that are as large.
        values: Faults of the signed or floating-point values of a TIFF or NIfTI.
        facts: What a DICOM header says; None for other files, and where it cannot be read.
    """

    form: str = ""
    frames: int = 1
    further: int = 0
    others: int = 0
    lost: bool = False
    moves: int = 0
    behind: int = 0
    values: ValueFaults = NO_FAULTS
    facts: Facts | None = None


PLAIN = Look()


def looked_at(dataset: Dataset) -> list[Look]:
    """Read the first bytes of each image's file, in the order of the dataset."""
    source = dataset.source
    if not isinstance(source, PartSource):
        return [PLAIN] * len(dataset)
    return [
        _look(source, row, name)
        for row, name in zip(dataset.rows.tolist(), dataset.ids, strict=True)
    ]


def pages_behind(source: PartSource, row: int) -> int:
    """Number of pictures behind the first of an image that nobody judges; 0 for DICOM and NIfTI.

    An animation is one picture there: it is shown beside the data, as in a README.
    """
    head = source.part(row, 0, HEAD)
    if is_dicom(head):
        return 0
    if stacks.is_tiff(head):
        pages = stacks.pages_of(lambda start, size: source.part(row, start, size))
        return pages.further + pages.others
    if head.startswith(mpo.START):
        return _behind(source, row, head)
    return further_in_heic(head, lambda: _content(source, row))


def _look(source: PartSource, row: int, name: str) -> Look:
    head = source.part(row, 0, HEAD)
    if is_dicom(head):
        facts = _facts(source, row, name)
        return Look(form="DICOM", facts=facts, frames=facts.frames if facts else 1)
    if stacks.is_tiff(head):
        pages = stacks.pages_of(lambda start, size: source.part(row, start, size))
        frames = max(1, len(pages.stack))
        return Look(
            form="TIFF",
            frames=frames,
            further=pages.further,
            others=pages.others,
            lost=pages.lost,
            values=_values(source, row, name) if pages.unlike_levels else NO_FAULTS,
        )
    if volume_header.is_volume(head):
        values = _values(source, row, name) if volume_header.has_floats(head) else NO_FAULTS
        return Look(form="NIfTI", frames=volume_header.count_slices(head), values=values)
    if head.startswith(mpo.START):
        return Look(behind=_behind(source, row, head))
    if moves := pictures_in(head, lambda: _content(source, row)) - 1:
        return Look(moves=moves)
    behind = further_in_heic(head, lambda: _content(source, row))
    return Look(behind=behind) if behind else PLAIN


def _values(source: PartSource, row: int, name: str) -> ValueFaults:
    return faults_of_values(_content(source, row), name)


def _behind(source: PartSource, row: int, head: bytes) -> int:
    """Number of further pictures of a JPEG file, of whose bytes the first are known."""

    def read(start: int, size: int) -> bytes:
        known = head[start : start + size]
        return known if len(known) == size else source.part(row, start, size)

    return mpo.further_pictures(read, lambda: _content(source, row))


def _facts(source: PartSource, row: int, name: str) -> Facts | None:
    """A header's facts; None where it cannot be read: the pass over the images tells why."""
    head = source.part(row, 0, HEADER)
    try:
        facts, whole = facts_of(head, name)
        if whole or len(head) < HEADER:
            return facts
    except UnreadableImageError:
        if len(head) < HEADER:
            return None
    try:  # the header goes on behind these bytes
        return facts_of(_content(source, row), name)[0]
    except UnreadableImageError:
        return None


def _content(source: PartSource, row: int) -> bytes:
    """The whole file; nothing where it cannot be had."""
    try:
        return cast("_Encoded", cast("Source", source).load(row)).content
    except (UnreadableImageError, DatasetError):
        return b""


class _Encoded(Protocol):
    """An image in the bytes of a file."""

    @property
    def content(self) -> bytes:
        """The bytes."""
