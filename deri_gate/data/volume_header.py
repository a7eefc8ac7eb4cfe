"""Headers of NIfTI volumes: what the first bytes of a file say."""

from __future__ import annotations

import math
import struct
import zlib

MOST_DIMENSIONS = 7
GZIP = b"\x1f\x8b"
_START = 4096  # bytes of a file that hold its header, packed or not
_HEADER = 540  # bytes of the longer of the two headers
_FORMS = {  # by its length: where the header keeps its mark, and how it writes its dimensions
    348: (344, (b"n+1\0", b"ni1\0"), 40, "8h"),
    540: (4, (b"n+2\0", b"ni2\0"), 16, "8q"),
}
_KIND_AT = {348: 70, 540: 12}  # by its length: where the header names the type of the values
_FLOATS = {16, 64, 1536}  # names of the types of 4, 8 and 16 bytes


def is_volume(head: bytes) -> bool:
    """True for a NIfTI file by its header, packed by gzip or not.

    Args:
        head: The file, or its first 4,096 bytes.
    """
    return dimensions_of(_start(head)) is not None


def count_slices(head: bytes) -> int:
    """Number of slices that a header declares, over all volumes of a series.

    Args:
        head: The file, or its first 4,096 bytes.

    Returns:
        1 where the header cannot be read, or nibabel is missing.
    """
    start = _start(head)
    dimensions = dimensions_of(start)
    if dimensions is None or len(dimensions) < 3:  # noqa: PLR2004  # a single picture
        return 1
    try:
        import nibabel  # noqa: PLC0415  # an extra

        kind = nibabel.Nifti2Header if start[4:6] == b"n+" else nibabel.Nifti1Header
        header = kind(start[: kind.template_dtype.itemsize], check=False)
        header["pixdim"][1:4][header["pixdim"][1:4] == 0] = 1  # as decoding takes voxels of no size
        axes = nibabel.io_orientation(header.get_best_affine())[:, 0]
        standing = list(axes).index(2)
    except Exception:  # noqa: BLE001  # a damaged header; decoding tells
        return 1
    return max(1, dimensions[standing] * math.prod(dimensions[3:]))  # none: decoding tells


def has_floats(head: bytes) -> bool:
    """True for a volume of floating numbers by its header.

    Args:
        head: The file, or its first 4,096 bytes.
    """
    start = _start(head[:_START])
    for order in "<>":
        length = struct.unpack_from(order + "i", start)[0] if len(start) >= min(_FORMS) else 0
        if length in _FORMS and len(start) >= length:
            return struct.unpack_from(order + "h", start, _KIND_AT[length])[0] in _FLOATS
    return False


def dimensions_of(start: bytes) -> tuple[int, ...] | None:
    """Sizes of the axes; None for what is no NIfTI header."""
    for order in "<>":
        if len(start) < min(_FORMS):
            return None
        length = struct.unpack_from(order + "i", start)[0]
        if length not in _FORMS or len(start) < length:
            continue
        mark_at, marks, at, kind = _FORMS[length]
        if start[mark_at : mark_at + 4] not in marks:
            continue
        number, *sizes = struct.unpack_from(order + kind, start, at)
        if 2 <= number <= MOST_DIMENSIONS:  # noqa: PLR2004  # a picture has two
            return tuple(max(0, size) for size in sizes[:number])
    return None


def _start(head: bytes) -> bytes:
    """The first bytes of the header, unpacked if need be."""
    if not head.startswith(GZIP):
        return head
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, _HEADER)
    except zlib.error:
        return b""
