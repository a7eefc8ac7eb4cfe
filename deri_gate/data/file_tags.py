"""Tags of a file on where its picture comes from: equipment, software, protocol, month.

Values are compared and never shown, so they are kept as numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from deri_gate.data import dicom
from deri_gate.data.decoding import has_more_bits
from deri_gate.data.dicom.elements import text_of
from deri_gate.data.dicom.header import read_header
from deri_gate.data.dicom.tone import presented_otherwise
from deri_gate.data.traces import exif_of_file
from deri_gate.data.whole_png import SIGNATURE
from deri_gate.runtime.hashing import content_hash

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAKE, _MODEL, _SOFTWARE, _CHANGED = 0x010F, 0x0110, 0x0131, 0x0132
_INNER_IFD, _TAKEN = 0x8769, 0x9003
_EQUIPMENT = ("Modality", "Manufacturer", "ManufacturerModelName")
# Not BodyPartExamined, which says what is shown: it may be what the classes are.
_PROTOCOL = ("ViewPosition", "ProtocolName", "KVP", "ConvolutionKernel")
_GREY = ("MONOCHROME1", "MONOCHROME2")  # which of them is no part of the picture, but of its writer
_DATES = ("AcquisitionDate", "ContentDate", "SeriesDate", "StudyDate")
_DAY = re.compile(r"\s*(\d{4})[:.-]?(\d{2})")
_PNG_BITS, _JPEG = 24, b"\xff\xd8"
_DEPTHS = {str(bits) for bits in range(1, 65)}
LONGEST = 200  # characters of a value that count


@dataclass(frozen=True, kw_only=True)
class FileTags:
    """Numbers of what a file's tags say; equal numbers are equal values, 0 is unknown.

    Attributes:
        equipment: Camera or scanner: make and model, in DICOM with the modality.
        software: Program that wrote the file.
        protocol: View, protocol, tube voltage, kernel, and whether grey values are kept inverted
            or to be shown otherwise; of DICOM alone.
        month: Months since the year 0 at which the picture was taken.
        bits: Bits in which the file keeps a value.
    """

    equipment: int = 0
    software: int = 0
    protocol: int = 0
    month: int = 0
    bits: int = 0


NONE = FileTags()


def file_tags(raw: bytes | None) -> FileTags:
    """Read the tags; a file without any, or with damaged ones, says its bits alone.

    Args:
        raw: The file; None for pixels without one.
    """
    if raw is None:
        return NONE
    try:
        tags = _of_dicom(raw) if dicom.is_dicom(raw) else _of_photo(raw)
    except Exception:  # noqa: BLE001  # damaged tags raise anything inside pydicom and Pillow
        tags = NONE
    if tags is NONE:
        return _untagged(_bits_of(raw))
    return tags if tags.bits else replace(tags, bits=_bits_of(raw))


@lru_cache(maxsize=256)
def _untagged(bits: int) -> FileTags:
    return FileTags(bits=bits)


def _bits_of(raw: bytes) -> int:
    """Bits of a value by the header of a file: exact for PNG, else 8 or 16."""
    if raw.startswith(SIGNATURE):
        return raw[_PNG_BITS] if len(raw) > _PNG_BITS else 0
    return 16 if not raw.startswith(_JPEG) and has_more_bits(raw) else 8


def _of_photo(raw: bytes) -> FileTags:
    exif = exif_of_file(raw)
    if exif is None:
        return NONE
    taken = exif.get_ifd(_INNER_IFD).get(_TAKEN) or exif.get(_CHANGED)
    return FileTags(
        equipment=_number([exif.get(_MAKE), exif.get(_MODEL)]),
        software=_number([exif.get(_SOFTWARE)]),
        month=_month(_plain(taken)),
    )


def _of_dicom(raw: bytes) -> FileTags:
    header, _ = read_header(raw, "")
    dates = (text_of(header, name) for name in _DATES)
    grey = text_of(header, "PhotometricInterpretation")
    protocol = [text_of(header, name) for name in _PROTOCOL]
    protocol += [grey if grey in _GREY else "", *["otherwise"] * presented_otherwise(header)]
    return FileTags(
        equipment=_number(text_of(header, name) for name in _EQUIPMENT),
        software=_number([text_of(header, "SoftwareVersions")]),
        protocol=_number(protocol),
        month=_month(next(filter(None, dates), "")),
        bits=int(bits) if (bits := text_of(header, "BitsStored")) in _DEPTHS else 0,
    )


def _number(values: Iterable[Any]) -> int:
    """A number of 32 bits for these texts, 0 where all are empty."""
    texts = [_plain(value) for value in values]
    if not any(texts):
        return 0
    return int(content_hash("\0".join(texts).encode("utf-8", "replace"))[:8], 16) or 1


def _plain(value: Any) -> str:
    """Text without blanks around it, in one case: programs differ in both."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value or "")
    return " ".join(text.replace("\0", " ").split()).casefold()[:LONGEST]


def _month(text: str) -> int:
    day = _DAY.match(text)
    if day is None or not 1 <= int(day[2]) <= 12:  # noqa: PLR2004
        return 0
    return int(day[1]) * 12 + int(day[2]) - 1
