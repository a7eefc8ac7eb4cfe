"""Traces that a camera or a program leaves in a whole picture, whatever it shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.data.file_tags import file_tags
from deri_gate.data.picture import GREATEST, grey, histogram, second_difference
from deri_gate.data.signatures import format_number

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.data.dataset import Loaded, Picture

LARGEST = 1024  # side in pixels of the middle part that is looked at
BLOCK = 8  # side of the blocks in which JPEG works
TABLE, SCAN = 0xDB, 0xDA  # JPEG markers: quantisation tables, start of the pixels
MOST_SEGMENTS = 64


ACQUISITION = {
    "noise_floor": "<f4", "blocks": "<f4", "coding": "<i4", "equipment": "<u4", "software": "<u4",
    "protocol": "<u4", "month": "<i4", "bits": "u1",
}  # fmt: skip  # as they are kept


@dataclass(frozen=True, kw_only=True)
class Acquisition:
    """Traces of how a picture was taken and saved.

    Attributes:
        noise_floor: Median size of the second difference, in grey levels: noise, not edges.
        blocks: Mean step between pixels at the borders of 8 x 8 blocks over that elsewhere.
        coding: Number of the file format, times 65,536, plus the sum of a JPEG's first
            quantisation table; 0 for pixels without a file.
        equipment: Number of the camera or scanner by its tags, see `FileTags`.
        software: Number of the program that wrote the file.
        protocol: Number of view, protocol, tube voltage and kernel, of DICOM.
        month: Month at which the picture was taken.
        bits: Bits in which the file keeps a value; 0 for pixels without a file.
    """

    noise_floor: float
    blocks: float
    coding: int
    equipment: int = 0
    software: int = 0
    protocol: int = 0
    month: int = 0
    bits: int = 0


def acquisition_of(picture: Picture, content: Loaded) -> Acquisition:
    """Measure how one picture was taken and saved.

    Args:
        picture: Picture as a person sees it.
        content: What it was decoded from.
    """
    levels, raw = grey(_middle(picture)), encoded_bytes(content)
    return Acquisition(
        noise_floor=_median(second_difference(levels)) / 6,
        blocks=max(_blocks(_steps(levels, across=side)) for side in (True, False)),
        coding=coding_of(raw),
        **asdict(file_tags(raw)),
    )


def encoded_bytes(content: Loaded) -> bytes | None:
    """The bytes of the file, None where there is no file, as in an array."""
    encoded = getattr(content, "encoded", content)  # a frame names the file it is of
    raw = getattr(encoded, "content", None)
    return raw if isinstance(raw, bytes) else None


def coding_of(raw: bytes | None) -> int:
    """The format of a file and, of a JPEG, how much its compression leaves out."""
    if raw is None:
        return 0
    return format_number(raw) * 2**16 + min(2**16 - 1, _first_table(raw))


def _middle(picture: Picture) -> Picture:
    """The middle of a picture, cut where its blocks begin."""
    cuts = []
    for side in picture.shape[:2]:
        start = max(0, (side - LARGEST) // 2) // BLOCK * BLOCK
        cuts.append(slice(start, start + LARGEST))
    return picture[cuts[0], cuts[1]]


def _median(sizes: npt.NDArray[np.int16]) -> float:
    """The median of whole numbers, by counting them."""
    counts = histogram(sizes, levels=GREATEST + 1).cumsum()
    low, high = (sizes.size - 1) // 2, sizes.size // 2
    return float(np.searchsorted(counts, (low, high), side="right").mean())


def _steps(levels: Picture, *, across: bool) -> npt.NDArray[np.float32]:
    """Mean size of the step to the next column, or to the next row, shape (columns - 1,)."""
    ahead, behind = (levels[:, 1:], levels[:, :-1]) if across else (levels[1:], levels[:-1])
    if not ahead.size:
        return np.empty(0, dtype=np.float32)
    sums = cv2.reduce(
        cv2.absdiff(ahead, behind), 0 if across else 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S
    )
    return np.asarray(sums.ravel().astype(np.float32) / np.float32(levels.shape[not across]))


def _blocks(steps: npt.NDArray[np.float32]) -> float:
    borders = np.arange(len(steps)) % BLOCK == BLOCK - 1
    if not borders.any():
        return 1.0
    return float((steps[borders].mean() + 0.1) / (steps[~borders].mean() + 0.1))


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
