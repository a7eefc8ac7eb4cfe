"""Stored grey values of DICOM -> levels from 0 (black) to 255 (white), as a viewer shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.data.dicom.elements import (
    element_number,
    in_groups,
    items_of,
    numbers_of,
    text_of,
    value_of,
    whole_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Picture


TABLE_BITS = 16  # up to so many bits a level is looked up, not computed for each pixel
STRIP = 2**20  # values at once


@dataclass(frozen=True, kw_only=True)
class Lut:
    """A look-up table: the first stored value it maps, and what it maps to."""

    first: int
    entries: FloatArray
    full: float  # the value that stands for white

    def __call__(self, values: FloatArray) -> FloatArray:
        """Map values; those outside the table take its ends."""
        place = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1)
        mapped: FloatArray = self.entries[place.astype(np.int64)]
        return mapped


@dataclass(frozen=True, kw_only=True)
class Window:
    """Values that are shown between black and white (PS3.3 C.11.2.1.2 and C.11.2.1.3)."""

    center: float
    width: float
    function: str

    def __call__(self, values: FloatArray) -> FloatArray:
        """0 (black) to 1 (white)."""
        center, width = self.center, self.width
        if self.function == "SIGMOID":
            with np.errstate(over="ignore"):  # far below the window: exp overflows to black
                curve: FloatArray = 1 / (1 + np.exp(-4 * (values - center) / width))
            return curve
        if self.function != "LINEAR_EXACT" and width >= 1:  # the standard's half pixel
            center, width = center - 0.5, width - 1
        if width <= 0:  # a width of 1 is a threshold
            return (values > center).astype(np.float64)
        line: FloatArray = np.clip((values - center) / width + 0.5, 0, 1)
        return line


@dataclass(frozen=True, kw_only=True)
class Tone:
    """The way from stored grey values to levels for one frame.

    Attributes:
        modality: Modality LUT, which stands in place of slope and intercept; or None.
        slope: Rescale slope.
        intercept: Rescale intercept.
        voi: VOI LUT, which comes before a window; or None.
        window: The window; None shows the full range of the stored bits.
        low: Least value that the stored bits can stand for.
        high: Greatest value that they can stand for.
        padding: Stored values, ends included, that stand for no part of the picture; or None.
        inverted: True where the least value is white (MONOCHROME1).
    """

    modality: Lut | None
    slope: float
    intercept: float
    voi: Lut | None
    window: Window | None
    low: float
    high: float
    padding: tuple[float, float] | None
    inverted: bool

    def levels(self, stored: npt.NDArray[np.integer]) -> Picture:
        """Levels of a frame, shape as given, uint8, C-contiguous."""
        if stored.dtype.itemsize * 8 > TABLE_BITS:
            return by_strips(stored, lambda strip: self._levels(strip.astype(np.float64)))
        ends = np.iinfo(stored.dtype)
        table = self._levels(np.arange(ends.min, ends.max + 1, dtype=np.float64))
        return by_strips(stored, lambda strip: table[strip.astype(np.int32) - ends.min])

    def _levels(self, stored: FloatArray) -> Picture:
        values = self.modality(stored) if self.modality else stored * self.slope + self.intercept
        unit = self._unit(values)
        if self.inverted:
            unit = 1 - unit
        if self.padding is not None:  # no part of the picture: black, as its surroundings
            unit = np.where((stored >= self.padding[0]) & (stored <= self.padding[1]), 0.0, unit)
        levels: Picture = np.rint(np.clip(unit, 0, 1) * 255).astype(np.uint8)
        return levels

    def _unit(self, values: FloatArray) -> FloatArray:
        if self.voi is not None:
            return self.voi(values) / self.voi.full
        if self.window is not None:
            return self.window(values)
        return (values - self.low) / ((self.high - self.low) or 1.0)


def by_strips(
    stored: npt.NDArray[np.integer], levels_of: Callable[[npt.NDArray[np.integer]], Picture]
) -> Picture:
    """Levels of all values, some at a time, so that what is made on the way stays small."""
    flat, levels = stored.reshape(-1), np.empty(stored.size, dtype=np.uint8)
    for at in range(0, flat.size, STRIP):
        levels[at : at + STRIP] = levels_of(flat[at : at + STRIP])
    return levels.reshape(stored.shape)


def takes_bits(header: Any, frame: int) -> bool:
    """True for unsigned grey values of which nothing says what is black and what is white."""
    grey = text_of(header, "PhotometricInterpretation").startswith("MONOCHROME")
    signed = whole_of(header, "PixelRepresentation", default=0) == 1
    tables = items_of(header, "ModalityLUTSequence")
    return grey and not signed and not tables and not has_window(header, frame)


def tone_of(header: Any, frame: int, bits: int | None = None) -> Tone:
    """The way to levels that a data set describes for one frame.

    Tags that are empty, broken or without effect (a slope of 0, a width of 0) count as absent.

    Args:
        header: The data set.
        frame: Which of its frames.
        bits: Bits that values fit into where `takes_bits`; those of the header unless given.
    """
    signed = whole_of(header, "PixelRepresentation", default=0) == 1
    modality = _lut(header, "ModalityLUTSequence", signed=signed)
    slope, intercept = _rescale(header, frame)
    low, high = _ends(header, signed=signed)
    if bits is not None and takes_bits(header, frame):
        high = float(2**bits - 1)
    if modality is not None:
        low, high = 0.0, modality.full
    else:
        low, high = sorted((low * slope + intercept, high * slope + intercept))
    return Tone(
        modality=modality,
        slope=slope,
        intercept=intercept,
        voi=_lut(header, "VOILUTSequence", signed=signed),
        window=window_of(header, frame),
        low=low,
        high=high,
        padding=_padding(header, signed=signed),
        inverted=text_of(header, "PhotometricInterpretation") == "MONOCHROME1",
    )


def presented_otherwise(header: Any) -> bool:
    """True if a presentation LUT asks for other grey values than those that are shown.

    Some viewers apply one in a picture, which the standard does not foresee, and others do not: a
    table, or a shape that says another end is white than PhotometricInterpretation does.
    """
    ends = text_of(header, "PresentationLUTShape"), text_of(header, "PhotometricInterpretation")
    contrary = ends in {("INVERSE", "MONOCHROME2"), ("IDENTITY", "MONOCHROME1")}
    return contrary or bool(items_of(header, "PresentationLUTSequence"))


def has_window(header: Any, frame: int) -> bool:
    """True if the data set says which values are to be shown, by a window or a VOI LUT."""
    return bool(items_of(header, "VOILUTSequence")) or window_of(header, frame) is not None


def window_of(header: Any, frame: int) -> Window | None:
    """The first window that has a center and a width above 0; None without one."""
    source = in_groups(header, frame, "FrameVOILUTSequence", "WindowCenter")
    pairs = zip(numbers_of(source, "WindowCenter"), numbers_of(source, "WindowWidth"), strict=False)
    function = text_of(source, "VOILUTFunction").upper() or "LINEAR"
    for center, width in pairs:
        if center is not None and width is not None and width > 0:
            return Window(center=center, width=width, function=function)
    return None


def _rescale(header: Any, frame: int) -> tuple[float, float]:
    values = []
    for keyword, default in (("RescaleSlope", 1.0), ("RescaleIntercept", 0.0)):
        source = in_groups(header, frame, "PixelValueTransformationSequence", keyword)
        value = element_number(source, keyword)
        values.append(default if value is None else value)
    slope, intercept = values
    return slope or 1.0, intercept


def _ends(header: Any, *, signed: bool) -> tuple[float, float]:
    """The least and the greatest number of the stored bits."""
    bits = whole_of(header, "BitsStored", default=whole_of(header, "BitsAllocated", default=16))
    shift = 2 ** (bits - 1) if signed else 0
    return float(-shift), float(2**bits - 1 - shift)


def _padding(header: Any, *, signed: bool) -> tuple[float, float] | None:
    """Range of the pixel padding values; a number read without its sign gets it back."""
    bits = whole_of(header, "BitsAllocated", default=16)
    ends = []
    for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit"):
        value = element_number(header, keyword)
        if value is not None:
            wraps = signed and value >= 2 ** (bits - 1)
            ends.append(value - 2**bits if wraps else value)
        elif not ends:
            return None
    return min(ends), max(ends)


def _lut(header: Any, keyword: str, *, signed: bool) -> Lut | None:
    """The first table of a LUT sequence; None where there is none that can be read."""
    for item in items_of(header, keyword)[:1]:
        descriptor = numbers_of(item, "LUTDescriptor")
        if len(descriptor) != 3 or None in descriptor:  # noqa: PLR2004  # number, first, bits
            return None
        number, first, bits = (int(value or 0) for value in descriptor)
        entries = _entries(item, bits, header)[: number or 2**16]
        if not entries.size or not 1 <= bits <= TABLE_BITS:
            return None
        start = first - 2**16 if signed and first >= 2**15 else first
        return Lut(first=start, entries=entries, full=float(2**bits - 1))
    return None


def _entries(item: Any, bits: int, header: Any) -> FloatArray:
    data = value_of(item, "LUTData")
    if isinstance(data, bytes):  # OW, which pydicom leaves as it is
        little = header.original_encoding[1] is not False
        kind = "u1" if bits <= 8 and _one_byte(item, data) else "<u2" if little else ">u2"  # noqa: PLR2004
        whole = len(data) // np.dtype(kind).itemsize * np.dtype(kind).itemsize
        return np.frombuffer(data[:whole], dtype=kind).astype(np.float64)
    return np.array([v or 0.0 for v in numbers_of(item, "LUTData")], dtype=np.float64)


def _one_byte(item: Any, data: bytes) -> bool:
    """True if the bytes are one an entry, not two."""
    number = element_number(item, "LUTDescriptor") or 2**16
    return len(data) <= number + 1
