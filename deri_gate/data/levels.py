"""Whatever a decoder holds -> grey or RGB levels from 0 to 255, strip by strip.

A strip at a time, so that a picture costs its own bytes and those of its result, and no copies in
wider numbers. Every step works on pixels alone, so that strips change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import TiffImagePlugin

from deri_gate.errors import UnreadableImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt
    from PIL import Image

    from deri_gate.data.dataset import Picture

    Values = npt.NDArray[Any]

STRIP = 2**22  # pixels that are worked on at a time
OPAQUE = 255
OTHER, MUCH = 16, 0.01  # levels by which a pixel is another, and share of such pixels that is much
_FULL = 2**16 - 1  # white in 16 bits


def levels_of(image: Image.Image | Picture, where: str, bits: int | None = None) -> Picture:
    """0 to 255, opaque, in an array of its own; what is transparent shows white.

    Args:
        image: Opened by Pillow, or levels that another decoder gave, which stay as they are.
        where: The image's id, for the message.
        bits: Bits that 16-bit values fit into; their full range unless given.

    Raises:
        UnreadableImageError: If its numbers are floats, and none of them is finite.
    """
    if isinstance(image, np.ndarray):
        return image
    mode = _simple_mode(image)
    convert = _conversion(image, mode, where, bits)
    shape = (image.height, image.width, *(() if mode not in {"RGB", "RGBA"} else (3,)))
    levels: Picture = np.empty(shape, dtype=np.uint8)
    for rows, values in _values(image, mode):
        levels[rows] = convert(values)
    return levels


def _simple_mode(image: Image.Image) -> str:
    """Convert to one of Pillow's modes L, LA, RGB, RGBA, F, I or a kind of I;16."""
    mode = image.mode
    if mode in {"I", "F"} or mode.startswith("I;16"):
        return mode
    grey = mode in {"1", "L", "LA", "La"}
    if image.has_transparency_data:
        return "LA" if grey else "RGBA"
    return "L" if grey else "RGB"


def greatest_of(image: Image.Image) -> int:
    """Greatest value of a picture that is shown by the range of 16 bits; 0 for any other."""
    mode = _simple_mode(image)
    if not mode.startswith("I"):
        return 0
    ends = _ends(values for _, values in _values(image, mode))
    wide = ends is None or not 0 <= ends[0] <= ends[1] <= _FULL
    return 0 if wide or ends is None else int(ends[1])


@dataclass(frozen=True, kw_only=True)
class ValueFaults:
    """Faults of signed and floating-point values that nobody sees in the picture.

    Attributes:
        lacking: Whether some are NaN or infinite: training may fail of them.
        stretched: Whether the picture is shown by its own range, so that none is dark or faint.
    """

    lacking: bool = False
    stretched: bool = False


def value_faults(image: Image.Image) -> ValueFaults:
    """Faults of a picture of wide or floating-point values; none of any other."""
    if image.mode not in {"F", "I"}:
        return ValueFaults()
    low, high = _ends(values for _, values in _values(image, image.mode)) or (0.0, 1.0)
    lacking = not all(np.isfinite(values).all() for _, values in _values(image, image.mode))
    return ValueFaults(
        lacking=lacking, stretched=low < 0 or high > (1 if image.mode == "F" else _FULL)
    )


def depends_on_alpha(image: Image.Image) -> bool:
    """True if many pixels are others where transparency is dropped, and not shown on white."""
    strips = (strip for _, strip in _strips(image))
    mode, clear = _simple_mode(image), image.info.get("transparency")
    if mode in {"LA", "RGBA"}:
        others = sum(_otherwise_on_white(np.asarray(strip.convert(mode))) for strip in strips)
    elif isinstance(clear, int) and clear * 255 // _FULL < OPAQUE - OTHER:  # of 16 bits
        others = sum(int((np.asarray(strip) == clear).sum()) for strip in strips)
    else:
        return False
    return others > MUCH * image.height * image.width


def _otherwise_on_white(values: Values) -> int:
    """Number of pixels, alpha last, whose colours are others on white."""
    values = values[values[..., -1] < OPAQUE]  # most files are opaque
    dropped = values[..., :-1].astype(np.int16)
    shown = on_white(values).reshape(dropped.shape)
    return int((np.abs(dropped - shown) > OTHER).any(axis=-1).sum())


def _conversion(
    image: Image.Image, mode: str, where: str, bits: int | None
) -> Callable[[Values], Values]:
    """Function from the values of a strip to levels."""
    if mode in {"LA", "RGBA"}:
        return on_white
    if mode in {"F", "I"}:
        ends = _ends(values for _, values in _values(image, mode))
        if mode == "F" or not (ends and ends[0] >= 0 and ends[1] <= _FULL):
            return _stretch(ends, where, inverted=_is_inverted(image))
    if mode.startswith("I"):
        return _from_16_bit(image, bits)
    return lambda values: values


def _values(image: Image.Image, mode: str) -> Iterator[tuple[slice, Values]]:
    """Rows of a picture in a mode, and their values; signed ones of 8 bits from 0 on.

    Of TIFF, Pillow takes all values of 32 bits for signed, and none of 8 bits.
    """
    tags = getattr(image, "tag_v2", {})
    sample = tags.get(TiffImagePlugin.BITSPERSAMPLE), tags.get(TiffImagePlugin.SAMPLEFORMAT, (1,))
    for rows, strip in _strips(image):
        values = np.asarray(strip if strip.mode == mode else strip.convert(mode))
        if (mode, *sample) == ("I", (32,), (1,)):
            values = values.view(np.uint32)
        elif (mode, *sample) == ("L", (8,), (2,)):
            values = values ^ 0x80
        yield rows, values


def _is_inverted(image: Image.Image) -> bool:
    """True for a TIFF in which white is zero; of wide values, Pillow leaves that to us."""
    tags = getattr(image, "tag_v2", {})
    return bool(tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0)


def _strips(image: Image.Image) -> Iterator[tuple[slice, Image.Image]]:
    """Rows of a picture and where they stand; one that is small comes whole."""
    image.load()
    for rows in _rows(image.height, image.width):
        whole = rows == slice(0, image.height)
        yield rows, image if whole else image.crop((0, rows.start, image.width, rows.stop))


def _rows(height: int, width: int) -> Iterator[slice]:
    step = max(1, STRIP // max(1, width))
    edges = [*range(0, height, step), height]
    return (slice(start, stop) for start, stop in pairwise(edges))


def on_white(values: Values) -> Picture:
    """Composite colour and alpha, the last channel, on white."""
    alpha = values[..., -1:].astype(np.uint16)
    opaque = (values[..., :-1] * alpha + 255 * (255 - alpha) + 127) // 255
    levels: Picture = opaque.astype(np.uint8)
    return levels[..., 0] if levels.shape[-1] == 1 else levels


def _from_16_bit(image: Image.Image, bits: int | None) -> Callable[[Values], Picture]:
    """The range to the full one, and the two tags of TIFF that Pillow leaves to us here."""
    tags = getattr(image, "tag_v2", {})
    depth = tags.get(TiffImagePlugin.BITSPERSAMPLE, (16,))[0]
    full = 4095 if depth == 12 else _FULL  # noqa: PLR2004
    full = full if bits is None else 2**bits - 1
    inverted = _is_inverted(image)
    transparent = image.info.get("transparency")

    def convert(values: Values) -> Picture:
        levels = scale_down(values if bits is None else np.minimum(values, full), full=full)
        if inverted:
            levels = 255 - levels
        if transparent is not None:
            levels[values == transparent] = 255
        return levels

    return convert


def scale_down(values: Values, *, full: int = _FULL) -> Picture:
    """Whole numbers from 0 to `full` as 0 to 255, rounded; 65535 / 255 is 257."""
    levels: Picture = np.empty(values.shape, dtype=np.uint8)
    for rows in _rows(len(values), values[:1].size):
        levels[rows] = (values[rows].astype(np.uint32) * 255 + full // 2) // full
    return levels


def _ends(parts: Iterable[Values]) -> tuple[float, float] | None:
    """The least and the greatest finite value; None where there is none."""
    ends: list[float] = []
    for part in parts:
        finite = part[np.isfinite(part)]
        if finite.size:
            ends = [min([*ends[:1], float(finite.min())]), max([*ends[1:], float(finite.max())])]
    return (ends[0], ends[1]) if ends else None


def _stretch(
    ends: tuple[float, float] | None, where: str, *, inverted: bool
) -> Callable[[Values], Picture]:
    if ends is None:
        raise UnreadableImageError("none of its values is a finite number", where)
    low, high = ends
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    span = high - low or 1.0

    def convert(values: Values) -> Picture:
        unit = np.clip((values.astype(np.float64) - low) / span, 0, 1)
        unit = 1 - unit if inverted else unit
        levels: Picture = np.rint(np.nan_to_num(unit) * 255).astype(np.uint8)
        return levels

    return convert
