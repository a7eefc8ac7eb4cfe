"""Names of a zip are those that zipfile reads, whatever its form; a damaged list is refused."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from deri_gate.data.readers.zip_list import zip_list, zip_members

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = [f"folder/{i}.png" for i in range(30)]
Archive = tuple[bytes, int]  # its bytes, and the number of its members


def packed(names: list[str], remark: bytes = b"", start: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    buffer.write(start)
    with zipfile.ZipFile(buffer, "a" if start else "w") as archive:
        for name in names:
            archive.writestr(name, b"")
        archive.comment = remark
    return buffer.getvalue()


def listed(content: bytes) -> tuple[list[str], int]:
    file = io.BytesIO(content)
    place = zip_list(file)
    return [name for name, _ in zip_members(file, place)], place.members


@pytest.mark.parametrize(
    "content",
    [
        lambda: packed(NAMES),
        lambda: packed(NAMES, remark=b"x" * 65_535),
        lambda: packed(NAMES, start=b"MZ" + bytes(70_000)),
        lambda: bytes(5_000) + packed(NAMES),
    ],
    ids=["plain", "remark", "program", "shifted"],
)
def test_names_and_their_number(content: Callable[[], bytes]) -> None:
    assert listed(content()) == (NAMES, len(NAMES))


def test_more_members_than_the_short_record_counts() -> None:
    names = [str(i) for i in range(66_000)]

    assert listed(packed(names)) == (names, len(names))


def test_an_archive_of_nothing() -> None:
    assert listed(packed([])) == ([], 0)


@pytest.mark.parametrize("cut", [0, 10, 300, -1, -30])
def test_a_cut_one_is_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="there is no record at the end"):
        listed(packed(NAMES)[:cut])


@pytest.mark.parametrize("at", range(12, 16))  # bytes of the size of the list
def test_a_list_of_another_size_is_refused(at: int) -> None:
    content = bytearray(packed(NAMES))
    content[at - 22] ^= 0x5A

    with pytest.raises(ValueError, match="its list is"):
        listed(bytes(content))


def test_a_large_archive_whose_record_is_gone_is_refused() -> None:
    content = packed([str(i) for i in range(66_000)]).replace(b"PK\x06\x06", b"PK\x06\x00")

    with pytest.raises(ValueError, match="there is no record of many members"):
        listed(content)
