"""Identifying tags of a DICOM header: their names, never their values."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from deri_gate.data import dicom
from deri_gate.data.dicom.elements import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_ITEMS = 5_000  # data sets that are looked through in one header

# Beside every name of a person (each element of type PN), after the basic profile of PS3.15 E.
DIRECT = (
    "PatientBirthDate",
    "PatientMotherBirthName",
    "OtherPatientIDs",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "PatientTelecomInformation",
    "PersonAddress",
    "PersonTelephoneNumbers",
    "PersonTelecomInformation",
    "ReferringPhysicianAddress",
    "ReferringPhysicianTelephoneNumbers",
)
# Removed by the basic profile too, but they name a place or a number, no person.
INDIRECT = (
    "InstitutionName",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "StationName",
    "AccessionNumber",
)
_NOBODY = frozenset(
    {
        "anon",
        "anonym",
        "anonyme",
        "anonymous",
        "anonymized",
        "anonymised",
        "anonymisiert",
        "deidentified",
        "identified",
        "de",
        "none",
        "null",
        "nil",
        "unknown",
        "noname",
        "name",
        "no",
        "na",
        "not",
        "available",
        "removed",
        "redacted",
        "masked",
        "hidden",
        "deleted",
        "patient",
        "person",
        "subject",
        "case",
        "test",
        "phantom",
        "sample",
        "demo",
        "study",
        "the",
        "of",
        "id",
        "number",
        "pseudonym",
    }
)
_DUMMY_DATES = frozenset({"19000101", "00010101", "00000000", "18000101", "11111111"})
_EMAIL_OR_NUMBER = re.compile(r"\S@\S+\.\S|^\d{3}-\d{2}-\d{4}$")  # the second: US social security


def identifying(header: Any) -> tuple[str, ...]:
    """Keywords of the tags that name a person, sorted; sequences are looked through.

    PatientIdentityRemoved (0012,0062) is a claim that a file makes about itself, so nothing is
    left out for it. A pseudonym, such as ANON-0012, is told from a name by its form.
    """
    names = {name for data, tags in _nested(header) for name in _direct(data, tags)}
    if text_of(header, "BurnedInAnnotation").upper() == "YES":
        names.add("BurnedInAnnotation")
    return tuple(sorted(names))


def indirect(header: Any) -> tuple[str, ...]:
    """Keywords of the tags that name an institution or a number of its systems."""
    return tuple(name for name in INDIRECT if not is_placeholder(text_of(header, name)))


def is_placeholder(text: str) -> bool:
    """True for text that stands for nobody: empty, "anonymous", "unknown", zeros and the like."""
    words = _words(text)
    return words == ["n", "a"] or all(word in _NOBODY or not word.strip("0x") for word in words)


def names_a_person(text: str) -> bool:
    """True for text with the form of a name; False for a placeholder and for a code.

    A code has a digit and at most one word of letters, or its parts are joined by hyphens or
    underscores: ANON-0012, TCGA-CG-4441, LIDC^0001.
    """
    letters = [w for w in _words(text) if w not in _NOBODY and _could_be_a_name(w)]
    if not any(character.isdigit() for character in text):
        return bool(letters)
    apart = bool(re.search(r"[\^\s,]", text.strip()))
    return apart and len(letters) > 1


def _could_be_a_name(word: str) -> bool:
    return word.isalpha() and (len(word) > 1 or not word.isascii())


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", text.casefold()) if word]


def _direct(data: Any, tags: Iterable[Any]) -> Iterator[str]:
    """Keywords of those of these elements that name a person."""
    for tag in tags:
        try:
            element = data[tag]
            text = " ".join(map(str, _values(element.value)))
        except Exception:  # noqa: BLE001, S112  # an element that cannot be read names nobody
            continue
        keyword = element.keyword or f"private tag {element.tag}"
        if element.value is not None and _identifies(keyword, element.VR, text):
            yield keyword


def _identifies(keyword: str, representation: str, text: str) -> bool:
    """True if the text of an element identifies a person; placeholders do not."""
    if representation == "PN":
        return names_a_person(text)
    if keyword == "PatientBirthDate":
        return bool(text.strip(" 0")) and text.strip() not in _DUMMY_DATES
    if keyword == "PatientID":
        return bool(_EMAIL_OR_NUMBER.search(text)) or ("^" in text and names_a_person(text))
    return not is_placeholder(text)


def _values(value: Any) -> list[Any]:
    several = not isinstance(value, str | bytes) and hasattr(value, "index")
    return list(value) if several and not hasattr(value, "components") else [value]


def _nested(header: Any) -> Iterator[tuple[Any, list[Any]]]:
    """The data set and those in its sequences, a bounded number, with the tags worth reading.

    All other elements stay the raw bytes that they are: reading them is what costs time.
    """
    waiting, left = [header], MOST_ITEMS
    while waiting and left:
        data = waiting.pop()
        left -= 1
        telling = []
        for raw in list(data.values()):
            role = _role(int(raw.tag), raw.VR)
            if role == "telling":
                telling.append(raw.tag)
            elif role == "sequence":
                waiting.extend(_items(data, raw.tag))
        yield data, telling


@lru_cache(maxsize=2**14)
def _role(tag: int, kind: str | None) -> Literal["telling", "sequence", ""]:
    """Purpose of reading an element, by its tag and the type that the file may give."""
    if dicom.library.keyword_for_tag(tag) in {*DIRECT, "PatientID"}:
        return "telling"
    if kind is None or kind == "UN":
        try:
            kind = dicom.library.dictionary_VR(tag)
        except KeyError:  # a private tag of an implicit file: its type is not known
            return ""
    return "telling" if kind == "PN" else "sequence" if kind == "SQ" else ""


def _items(data: Any, tag: Any) -> list[Any]:
    try:
        sequence = data[tag].value
    except Exception:  # noqa: BLE001  # a broken sequence has no items
        return []
    if sequence is None or isinstance(sequence, str | bytes):
        return []
    return [item for item in sequence if hasattr(item, "keys")]
