"""Facts of a file beside its picture: coding, tags, traces, and how a loader may see it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from deri_gate.data import dicom
from deri_gate.data.behind import GOES_ON, goes_on
from deri_gate.data.contents import encoded_bytes
from deri_gate.data.decoding import seen_otherwise
from deri_gate.data.file_tags import NONE, FileTags, file_tags
from deri_gate.data.signatures import format_number
from deri_gate.data.traces import LOOKED, traces_of
from deri_gate.data.whole_png import SIGNATURE, depth_of_bare

if TYPE_CHECKING:
    from deri_gate.data.dataset import Loaded

TABLE, SCAN = 0xDB, 0xDA  # JPEG markers: quantisation tables, start of the pixels
MOST_SEGMENTS = 64
MOST = 2**16  # sums of a quantisation table that are told apart


class FileFacts(NamedTuple):
    """Facts that a file tells of itself.

    Attributes:
        coding: Number of the file format, times 65,536, plus the sum of a JPEG's first
            quantisation table; 0 for pixels without a file.
        tags: On where the picture comes from.
        traces: Bits of tags that name somebody, see `traces_of`.
        otherwise: Bits of how some loaders see it otherwise, see `seen_otherwise` and `goes_on`.
    """

    coding: int
    tags: FileTags
    traces: int
    otherwise: int


NO_FILE = FileFacts(coding=0, tags=NONE, traces=0, otherwise=0)


def file_facts(content: Loaded) -> FileFacts:
    """Look at the file that an image comes from.

    Args:
        content: The undecoded image.
    """
    raw = encoded_bytes(content)
    if raw is None:
        return NO_FILE
    depth = depth_of_bare(raw)  # of a file that ends with its picture
    if depth and not dicom.is_dicom(raw):
        return _of_bare(depth)
    frame = getattr(content, "frame", None)
    more = goes_on(raw) if frame is None else _goes_on(raw)
    return FileFacts(
        coding=coding_of(raw),
        tags=file_tags(raw),
        traces=traces_of(content),
        otherwise=seen_otherwise(raw, frame) | (GOES_ON if more else 0),
    )


def _goes_on(raw: bytes) -> bool:
    """Search a stack once, not for each of its pages; its bytes are not held for that."""
    answer = _answer_for(hash(raw), len(raw))
    if not answer:
        answer.append(goes_on(raw))
    return answer[0]


@lru_cache(maxsize=1)
def _answer_for(_digest: int, _size: int) -> list[bool]:
    return []


@lru_cache(maxsize=256)
def _of_bare(depth: int) -> FileFacts:
    """Facts of a PNG with a header, data and an end, which is what most small files are."""
    return FileFacts(
        coding=coding_of(SIGNATURE), tags=FileTags(bits=depth), traces=LOOKED, otherwise=0
    )


def coding_of(raw: bytes) -> int:
    """The format of a file and, of a JPEG, how much its compression leaves out."""
    return format_number(raw) * MOST + min(MOST - 1, _first_table(raw))


def _first_table(raw: bytes) -> int:
    """Sum of the first quantisation table of a JPEG, 0 where there is none."""
    if not raw.startswith(b"\xff\xd8"):
        return 0
    at = 2
    for _ in range(MOST_SEGMENTS):
        if len(raw) < at + 4 or raw[at] != 0xFF or raw[at + 1] == SCAN:  # noqa: PLR2004
            return 0
        if raw[at + 1] == TABLE:
            return sum(raw[at + 5 : at + 69])
        at += 2 + int.from_bytes(raw[at + 2 : at + 4])
    return 0
