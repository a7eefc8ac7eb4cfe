"""Stored values of DICOM -> the colours that the palette of a file gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.data import dicom
from deri_gate.data.dicom.elements import numbers_of, value_of, whole_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.data.dataset import Picture

COLOURS = ("Red", "Green", "Blue")
BYTE, WORD = 2**8 - 1, 2**16 - 1  # the values that stand for full light


def colours_of(stored: npt.NDArray[np.integer], header: Any) -> Picture:
    """Colours of a frame, shape (H, W, 3), uint8; values outside the palette take its ends.

    pydicom looks stored values of 16 bits up as bytes where the entries are bytes, and takes
    entries of a big-endian file as little-endian ones: only what it unfolds is taken from it.

    Args:
        stored: Stored values, shape (H, W).
        header: The data set.

    Raises:
        ValueError: If there is no palette that can be read.
    """
    number, first = _descriptor(header)
    entries = _entries(header, number, first)
    # Some writers give entries of 8 bits in words of 16. Taken as they are, all would be black.
    full = WORD if entries.max() > BYTE else BYTE
    levels = np.rint(entries * (BYTE / full)).astype(np.uint8)
    place = stored.astype(np.int32)
    place -= first
    np.clip(place, 0, len(levels) - 1, out=place)
    picture: Picture = levels[place]
    return picture


def _descriptor(header: Any) -> tuple[int, int]:
    """Number of entries, and the first stored value that they are for."""
    said = numbers_of(header, "RedPaletteColorLookupTableDescriptor")
    if len(said) != 3:  # noqa: PLR2004  # number, first, bits
        raise ValueError("its palette has no descriptor")
    number, first = (int(value or 0) for value in said[:2])
    signed = whole_of(header, "PixelRepresentation", default=0) == 1
    return number or 2**16, first - 2**16 if signed and first >= 2**15 else first


def _entries(header: Any, number: int, first: int) -> npt.NDArray[np.integer]:
    """Entries of the palette, shape (number, 3)."""
    plain = [value_of(header, f"{colour}PaletteColorLookupTableData") for colour in COLOURS]
    if all(isinstance(data, bytes) for data in plain):
        little = header.original_encoding[1] is not False
        colours = [_numbers(data, number, little=little) for data in plain]
        if len({entries.dtype for entries in colours}) > 1:
            raise ValueError("its palette has entries of unlike widths")
        return np.stack(colours, axis=1)
    if not all(
        value_of(header, f"Segmented{colour}PaletteColorLookupTableData") for colour in COLOURS
    ):
        raise ValueError("its palette has no entries")
    bits = numbers_of(header, "RedPaletteColorLookupTableDescriptor")[2]
    if bits == BYTE.bit_length() and number > BYTE + 1:
        raise ValueError(
            "its palette is in segments of more entries of 8 bits than pydicom unfolds"
        )
    unfolded = dicom.library.apply_color_lut(np.arange(first, first + number), header)
    return np.asarray(unfolded)[:, : len(COLOURS)]


def _numbers(data: bytes, number: int, *, little: bool) -> npt.NDArray[np.integer]:
    """Entries of one colour, bytes or words; a byte may fill up an odd number of bytes."""
    kind = np.dtype("u1" if len(data) < 2 * number else "<u2" if little else ">u2")
    if len(data) < number * kind.itemsize:
        raise ValueError(f"its palette says {number} entries and has fewer")
    return np.frombuffer(data, dtype=kind, count=number)
