"""A DICOM header -> what a reader needs to know of the file before its pixels are decoded."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deri_gate.data.dicom.elements import text_of, whole_of
from deri_gate.data.dicom.header import read_header, undecodable
from deri_gate.data.dicom.objects import beside_pictures
from deri_gate.data.dicom.picture import frames_of
from deri_gate.data.dicom.privacy import identifying, indirect, is_placeholder
from deri_gate.data.dicom.tone import has_window, presented_otherwise
from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.hashing import content_hash

_OVERLAYS = range(0x6000, 0x6020, 2)  # groups of overlay planes
_RUNNING = 4  # digits up to which a program may number what it wrote, once more for each split
_IMAGE_DIGITS = 8  # of one of the last parts of an image's UID that a program did not just count
_OLDEST = 1890  # year from which a date is one of a patient or an examination
_DATES = ("%Y%m%d", "%d%m%Y", "%m%d%Y", "%y%m%d")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A file as its header describes it.

    Attributes:
        patient: Hash of PatientID, "" where there is none; the ID itself is not kept.
        studies: `study-` and `series-` with the hash of its UID, for each that is there.
        persons: Further names of the one person, hashed: `request-`, `image-` (its UID), and
            `person-` with those of name and date of birth, for each that is there.
        frames: Number of frames.
        grey: True for grey values, which a window applies to.
        windowed: True if a window or a VOI LUT says which values are shown.
        presented: True if a presentation LUT asks for other grey values.
        overlays: True if overlay planes lie beside the picture.
        identifying: Tags that name a person, by keyword.
        indirect: Tags that name an institution or a number of its systems, by keyword.
        beside: Kind of an object that is no picture, "" for a picture.
    """

    patient: str
    studies: tuple[str, ...]
    persons: tuple[str, ...]
    frames: int
    grey: bool
    windowed: bool
    presented: bool
    overlays: bool
    identifying: tuple[str, ...]
    indirect: tuple[str, ...]
    beside: str


def facts_of(content: bytes, where: str) -> tuple[Facts, bool]:
    """Facts of a file, and True if its whole header was in these bytes.

    Args:
        content: The file, or its beginning.
        where: The image's id, for the message.

    Raises:
        UnreadableImageError: If pydicom is missing, or no header can be read.
    """
    header, whole = read_header(content, where)
    try:
        return _facts(header), whole
    except Exception as error:  # a damaged file can raise anything inside pydicom
        raise UnreadableImageError(undecodable(error), where) from error


def _facts(header: Any) -> Facts:
    return Facts(
        patient=_patient(text_of(header, "PatientID")),
        studies=_studies(header),
        persons=_persons(header),
        frames=frames_of(header),
        grey=_is_grey(header),
        windowed=has_window(header, 0),
        presented=presented_otherwise(header),
        overlays=any((group, 0x0010) in header for group in _OVERLAYS),
        identifying=identifying(header),
        indirect=indirect(header),
        beside=beside_pictures(header),
    )


def _is_grey(header: Any) -> bool:
    colour = text_of(header, "PhotometricInterpretation") == "PALETTE COLOR"
    return whole_of(header, "SamplesPerPixel", default=1) == 1 and not colour


def _patient(written: str) -> str:
    """Hash of a patient's ID; spellings of one ID (case, blanks, leading zeros) share it."""
    if is_placeholder(written):
        return ""
    plain = " ".join(unicodedata.normalize("NFKC", written).casefold().split())
    return content_hash((plain.lstrip("0") if plain.isdecimal() else plain).encode())


def _studies(header: Any) -> tuple[str, ...]:
    """Numbers of study and series, hashed; one without a dot, such as 0, is no UID."""
    uids = ((kind, text_of(header, f"{kind}InstanceUID")) for kind in ("Study", "Series"))
    return tuple(f"{kind.lower()}-{_hashed(uid)}" for kind, uid in uids if _is_uid(uid))


def _persons(header: Any) -> tuple[str, ...]:
    """Further names that only files of one person share, unless a program wrote them for many."""
    found = []
    uid = text_of(header, "SOPInstanceUID")
    if _is_uid(uid) and max(map(len, uid.split(".")[-3:])) >= _IMAGE_DIGITS:
        found.append(f"image-{_hashed(uid)}")
    accession = text_of(header, "AccessionNumber").strip()
    if not (is_placeholder(accession) or _is_counted(accession) or _is_a_day(accession)):
        found.append(f"request-{_hashed(accession)}")
    name, born = (text_of(header, f"Patient{tag}") for tag in ("Name", "BirthDate"))
    if not is_placeholder(name) and _is_a_birthday(born.strip()):
        words = " ".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", name).casefold()))
        found.append(f"person-{_hashed(words)}-{_hashed(born.strip())}")
    return tuple(found)


def _is_counted(number: str) -> bool:
    """True for a number that begins anew with each run of a program: 12, 0012, ACC00012."""
    return bool(re.fullmatch(rf"\D*0*\d{{0,{_RUNNING}}}", number))


def _is_a_day(number: str) -> bool:
    """True for the digits of a date, which all who were examined on that day may have."""
    digits = re.sub(r"\D", "", number)
    return any(_day_in(digits, form) for form in _DATES)


def _is_a_birthday(date: str) -> bool:
    """False where only the year is left: many who share a dummy's name share it, too."""
    return _day_in(date, "%Y%m%d") and not date.endswith("0101")


def _day_in(digits: str, form: str) -> bool:
    if len(digits) != (8 if "%Y" in form else 6):
        return False
    try:
        year = datetime.strptime(digits, form).year  # noqa: DTZ007 - a day has no time zone
    except ValueError:
        return False
    return year >= _OLDEST


def _is_uid(text: str) -> bool:
    return bool(text.strip("0. ")) and "." in text


def _hashed(text: str) -> str:
    return content_hash(text.encode())
