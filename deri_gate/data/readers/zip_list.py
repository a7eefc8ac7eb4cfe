"""Names in a zip archive, one after the other: its list is never in memory as a whole."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

START = b"PK\x03\x04"  # of a member, and mostly of the archive
_MEMBER, _MEMBER_SIZE = b"PK\x01\x02", 46
_END, _END_SIZE, _LONGEST_REMARK = b"PK\x05\x06", 22, 2**16
_LOCATOR, _LOCATOR_SIZE = b"PK\x06\x07", 20
_LARGE_END, _LARGE_END_SIZE = b"PK\x06\x06", 56  # of more than 65,535 members, or 4 GiB


class ZipList(NamedTuple):
    """Place of the list, which lies right before the record at the end; and what that says."""

    start: int
    size: int
    members: int


def zip_list(file: BinaryIO) -> ZipList:
    """Find the list of an archive, whatever bytes lie before its first member.

    Raises:
        ValueError: If there is none, as the archive is damaged.
    """
    length = file.seek(0, 2)
    file.seek(max(0, length - _LONGEST_REMARK - _END_SIZE - _LOCATOR_SIZE - _LARGE_END_SIZE))
    tail, first = file.read(), length
    first -= len(tail)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + _END_SIZE:
        raise ValueError("there is no record at the end")
    members, size = struct.unpack_from("<HI", tail, at + 10)
    large = at - _LOCATOR_SIZE - _LARGE_END_SIZE
    if large >= 0 and tail.startswith(_LOCATOR, at - _LOCATOR_SIZE):
        if not tail.startswith(_LARGE_END, large):
            raise ValueError("there is no record of many members")
        members, size = struct.unpack_from("<QQ", tail, large + 32)
        at = large
    if size > first + at:
        raise ValueError("its list is longer than it")
    return ZipList(first + at - size, size, members)


def zip_members(file: BinaryIO, place: ZipList) -> Iterator[tuple[str, int]]:
    """Names of the members, in which each byte is a character, and their sizes once unpacked.

    Raises:
        ValueError: Where the list is damaged.
    """
    file.seek(place.start)
    left = place.size
    while left > 0:
        head = file.read(_MEMBER_SIZE)
        if len(head) < _MEMBER_SIZE or not head.startswith(_MEMBER):
            raise ValueError("its list is damaged")
        size, name, extra, remark = struct.unpack_from("<IHHH", head, 24)
        yield file.read(name + extra + remark)[:name].decode("latin-1"), size
        left -= _MEMBER_SIZE + name + extra + remark
