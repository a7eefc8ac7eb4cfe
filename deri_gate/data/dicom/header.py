"""The bytes of a DICOM file -> pydicom's data set, with what it may unpack bounded."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Any

from deri_gate.data import dicom
from deri_gate.data.dicom.detect import MARK, PREAMBLE, is_bare
from deri_gate.data.limits import MOST_RATIO, ignore_remarks
from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.memory import budget

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_INFLATED = 256 * 2**20  # bytes that a deflated file may unpack to
MAX_ITEMS = 100_000  # items of sequences: each costs a thousand times its eight bytes

_ITEM = b"\xfe\xff\x00\xe0"
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_DEFLATED = "1.2.840.10008.1.2.1.99"
_IMPLICIT = "1.2.840.10008.1.2"
_EXPLICIT = "1.2.840.10008.1.2.1"
_BIG_ENDIAN = "1.2.840.10008.1.2.2"


def read_file(content: bytes, where: str) -> Any:
    """Read a whole file into the data set that pydicom makes of it.

    Raises:
        UnreadableImageError: If pydicom is missing, or it is damaged, or it unpacks to too much.
    """
    return _guarded(content, where, stop_when=None)


def read_header(content: bytes, where: str) -> tuple[Any, bool]:
    """The elements before the pixels, and True if the pixels were reached.

    Args:
        content: The file, or its beginning.
        where: The image's id, for the message.

    Raises:
        UnreadableImageError: As `read_file`.
    """
    reached = False

    def at_pixels(tag: int, _representation: str | None, _length: int) -> bool:
        nonlocal reached
        reached = reached or int(tag) in _PIXELS
        return reached

    header = _guarded(content, where, stop_when=at_pixels)
    return header, reached


def _guarded(
    content: bytes, where: str, *, stop_when: Callable[[int, str | None, int], bool] | None
) -> Any:
    try:
        dicom.library.read_dataset  # noqa: B018  # loads pydicom, if it is there
    except ImportError as error:
        text = "reading DICOM needs pydicom: pip install 'deri-gate[dicom]'"
        raise UnreadableImageError(text, where) from error
    ignore_remarks()
    try:
        return _read(content, where, stop_when=stop_when)
    except UnreadableImageError:
        raise
    except MemoryError as error:
        raise UnreadableImageError("not enough memory to decode it", where) from error
    except Exception as error:  # a damaged file can raise anything inside pydicom
        raise UnreadableImageError(undecodable(error), where) from error


def undecodable(error: Exception) -> str:
    """The reason for people: pydicom's own words, on one line."""
    said = " ".join(str(error).split()).rstrip(".")
    return f"DICOM that cannot be decoded: {said[:300] or type(error).__name__}"


def _read(
    content: bytes, where: str, *, stop_when: Callable[[int, str | None, int], bool] | None
) -> Any:
    _refuse_items(content, where)
    file = io.BytesIO(content)
    if content[PREAMBLE : PREAMBLE + len(MARK)] != MARK:
        return _with_syntax(dicom.library.read_partial(file, stop_when, force=is_bare(content)))
    file.seek(PREAMBLE + len(MARK))
    meta = dicom.library.read_dataset(
        file, is_implicit_VR=False, is_little_endian=True, stop_when=_after_file_meta
    )
    if meta.get("TransferSyntaxUID") != _DEFLATED:
        file.seek(0)
        return _with_syntax(dicom.library.read_partial(file, stop_when))
    inflated = _inflated(content[file.tell() :], where)
    _refuse_items(inflated, where)
    whole = dicom.library.read_dataset(
        io.BytesIO(inflated), is_implicit_VR=False, is_little_endian=True, stop_when=stop_when
    )
    return _with_meta(whole, meta)


def _after_file_meta(tag: int, _representation: str | None, _length: int) -> bool:
    return int(tag) >> 16 != 0x0002  # noqa: PLR2004  # the group of the file meta information


def _with_syntax(data: Any) -> Any:
    """Name the transfer syntax by which it was read, where the file names none."""
    if "TransferSyntaxUID" not in data.file_meta:
        implicit, little = data.original_encoding
        explicit = _EXPLICIT if little else _BIG_ENDIAN
        data.file_meta.TransferSyntaxUID = _IMPLICIT if implicit else explicit
    return data


def _with_meta(whole: Any, meta: Any) -> Any:
    """An inflated data set is an ordinary one from here on."""
    whole.file_meta = dicom.library.FileMetaDataset(meta)
    whole.file_meta.TransferSyntaxUID = _EXPLICIT
    whole.set_original_encoding(is_implicit_vr=False, is_little_endian=True)
    return whole


def _inflated(deflated: bytes, where: str) -> bytes:
    """Unpack a deflated data set, up to the limit.

    Raises:
        UnreadableImageError: If it would be more.
    """
    budget().claim(min(MAX_INFLATED, MOST_RATIO * len(deflated)), where)
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = unpacker.decompress(deflated, MAX_INFLATED)
    if unpacker.unconsumed_tail:
        limit = f"the {MAX_INFLATED // 2**20} MiB it may be"
        raise UnreadableImageError(f"deflated DICOM unpacks to more than {limit}", where)
    return inflated


def _refuse_items(content: bytes, where: str) -> None:
    if content.count(_ITEM) > MAX_ITEMS:
        text = f"DICOM with more than {MAX_ITEMS:,} items in its sequences"
        raise UnreadableImageError(text, where)
