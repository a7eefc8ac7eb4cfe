"""Facts of a file beside its picture: coding, tags, traces, and how a loader may see it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from deri_gate.data import dicom
from deri_gate.data.behind import GOES_ON, goes_on
from deri_gate.data.contents import encoded_bytes
from deri_gate.data.decoding import seen_otherwise
from deri_gate.data.file_tags import NONE, FileTags, file_tags
from deri_gate.data.mpo import FRAMES
from deri_gate.data.signatures import format_number
from deri_gate.data.traces import LOOKED, traces_of
from deri_gate.data.whole_png import SIGNATURE, depth_of_bare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.data.dataset import Loaded

TABLE, SCAN = 0xDB, 0xDA  # JPEG markers: quantisation tables, start of the pixels
MOST_SEGMENTS = 64
MOST = 2**16  # sums of a quantisation table that are told apart
MOST_FORMATS = 2**8
COLOURS = 3  # parts of a picture in colours
SHORTEST_FRAME = 15  # bytes that say how large each of them is


class FileFacts(NamedTuple):
    """Facts that a file tells of itself.

    Attributes:
        coding: Number of the file format, times 65,536, plus the sum of a JPEG's first
            quantisation table, and that of its colour sampling, times 2 ** 24; 0 for pixels
            without a file.
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
    """The format of a file and, of a JPEG, how it leaves out colours and how much is lost."""
    table = sampling = 0
    for marker, body in _segments(raw):
        if marker == TABLE and not table:
            table = min(MOST - 1, sum(raw[body + 1 : body + 65]))
        elif marker in FRAMES:
            sampling = _sampling(raw[body : body + SHORTEST_FRAME])
    return sampling * MOST_FORMATS * MOST + format_number(raw) * MOST + table


def _sampling(frame: bytes) -> int:
    """Number of the ratio in which colours have fewer pixels than grey; 0 for a grey picture."""
    if len(frame) < SHORTEST_FRAME or frame[5] < COLOURS:
        return 0
    across, down = (max(1, frame[7] >> at & 15) // max(1, frame[10] >> at & 15) for at in (4, 0))
    return int(5 * min(4, across) + min(4, down))


def _segments(raw: bytes) -> Iterator[tuple[int, int]]:
    """Marker of each segment of a JPEG before its pixels, and the place of what it says."""
    if not raw.startswith(b"\xff\xd8"):
        return
    at = 2
    for _ in range(MOST_SEGMENTS):
        if len(raw) < at + 4 or raw[at] != 0xFF or raw[at + 1] == SCAN:  # noqa: PLR2004
            return
        yield raw[at + 1], at + 4
        at += 2 + int.from_bytes(raw[at + 2 : at + 4])
