"""Recognise DICOM by its first bytes, with or without the preamble that the standard asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

PREAMBLE = 128
MARK = b"DICM"
HEAD = 4096  # bytes of a file that are enough to recognise it
MOST_ELEMENTS = 64  # a SOP class comes among the first dozen elements

_ORDERS: tuple[Literal["little", "big"], ...] = ("little", "big")
_GROUPS = frozenset({0x0002, 0x0008})  # where a file without a preamble can begin
_STARTS = frozenset(group.to_bytes(2, order) for group in _GROUPS for order in _ORDERS)
_SOP_CLASSES = frozenset({(0x0002, 0x0002), (0x0008, 0x0016)})
_DICOM_ROOT = b"1.2.840.10008."  # every SOP class of the standard begins so
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV"}) | frozenset(
    {b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_SHORT = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT"}
) | frozenset({b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"})


@dataclass(frozen=True, kw_only=True)
class _Element:
    """One element at the start of a file."""

    tag: tuple[int, int]
    value: bytes


def is_dicom(content: bytes) -> bool:
    """True for a file with the DICOM mark, or one that begins as a DICOM data set does.

    Files without a preamble come from old archives. They have no mark, so their first elements
    must be a data set's: of the groups 0002 and 0008, in ascending order, in one of the three
    encodings, and one of them must name a SOP class of the standard.

    Args:
        content: The file, or its first `HEAD` bytes.
    """
    if content[PREAMBLE : PREAMBLE + len(MARK)] == MARK:
        return True
    return is_bare(content)


def is_bare(content: bytes) -> bool:
    """True for a data set without preamble and mark."""
    if content[:2] not in _STARTS:
        return False
    head = content[:HEAD]
    return any(
        _names_a_class(_elements(head, order=order, explicit=explicit))
        for order, explicit in (("little", True), ("little", False), ("big", True))
    )


def _names_a_class(elements: Iterator[_Element]) -> bool:
    """True if a SOP class of the standard comes among these elements."""
    return any(
        element.tag in _SOP_CLASSES and element.value.startswith(_DICOM_ROOT)
        for element in elements
    )


def _elements(head: bytes, *, order: str, explicit: bool) -> Iterator[_Element]:
    """Elements from the first byte on, for as long as they look like those of a data set."""
    at, last = 0, (0, 0)
    for _ in range(MOST_ELEMENTS):
        tag = (_number(head, at, 2, order), _number(head, at + 2, 2, order))
        if tag[0] not in _GROUPS or tag <= last:
            return
        body = _body(head, at + 4, order=order, explicit=explicit)
        if body is None or body[0] + body[1] > len(head):
            return
        start, length = body
        yield _Element(tag=tag, value=head[start : start + length])
        at, last = start + length, tag


def _body(head: bytes, at: int, *, order: str, explicit: bool) -> tuple[int, int] | None:
    """Start and length of an element's value; None where no value can stand."""
    if not explicit:
        return at + 4, _number(head, at, 4, order)
    kind = head[at : at + 2]
    if kind in _SHORT:
        return at + 4, _number(head, at + 2, 2, order)
    if kind in _LONG:
        return at + 8, _number(head, at + 4, 4, order)
    return None


def _number(head: bytes, at: int, size: int, order: str) -> int:
    return int.from_bytes(head[at : at + size], "big" if order == "big" else "little")
