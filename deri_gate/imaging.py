"""The bytes of an image file -> the picture that a person sees."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np
from PIL import (
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from deri_gate import dicom, stacks, volumes
from deri_gate.decoding import ignore_remarks, refuse_size
from deri_gate.errors import UnreadableImageError
from deri_gate.frames import Frame, frame_index
from deri_gate.newer_formats import opener_of
from deri_gate.signatures import why_not_read

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    from PIL import Image, ImageFile

    from deri_gate.dataset import Picture

# Pillow's classes, not Image.open: that tries 40 formats (one of them runs Ghostscript), and
# warns of a large picture before anyone can ask how large it is.
_OPENERS: tuple[tuple[re.Pattern[bytes], Callable[[io.BytesIO], ImageFile.ImageFile]], ...] = (
    (re.compile(rb"\x89PNG"), PngImagePlugin.PngImageFile),
    (re.compile(rb"\xff\xd8"), JpegImagePlugin.JpegImageFile),
    (re.compile(rb"GIF8"), GifImagePlugin.GifImageFile),
    (re.compile(rb"II[*+]\0|MM\0[*+]"), TiffImagePlugin.TiffImageFile),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), WebPImagePlugin.WebPImageFile),
    (re.compile(rb"P[1-6]\s"), PpmImagePlugin.PpmImageFile),
    (re.compile(rb"BM"), BmpImagePlugin.BmpImageFile),
)

_FULL = 2**16 - 1  # white in 16 bits
_CUT = re.compile(r"truncated|not enough|end of", re.IGNORECASE)  # Pillow's words for it

_UPRIGHT: dict[int, Callable[[Picture], Picture]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}


def decode(content: bytes, where: str, frame: Frame = None) -> Picture:
    """The picture as a person sees it, in an array of its own.

    The content says what format it is in, not the file's name. Grey stays grey; every other
    kind of colour becomes RGB (colour profiles are not applied). What is transparent shows
    white, as on the page of most viewers and papers. 16 bits are scaled from their full
    range, never from the range of one image, which would hide under-exposure.

    Args:
        content: The whole file.
        where: The image's id, for the message.
        frame: The frame of a DICOM file, a TIFF stack or a volume; animations show their first.

    Returns:
        Shape (H, W) grey or (H, W, 3) RGB, uint8, 0 is black, upright, C-contiguous.

    Raises:
        UnreadableImageError: If it is no picture, a damaged one, or one too large.
    """
    if dicom.is_dicom(content):
        return dicom.decode(content, where, frame)
    if volumes.is_volume(content):
        return volumes.decode(content, where, frame)
    ignore_remarks()
    image = _open(content, where, frame)
    orientation = _orientation(image)
    picture = _levels(image, where)
    turn = _UPRIGHT.get(orientation)
    return np.array(picture if turn is None else turn(picture), dtype=np.uint8, order="C")


def _open(content: bytes, where: str, frame: Frame) -> Image.Image:
    """The picture in a file, decoded, in one of Pillow's simpler modes."""
    opener = next((cls for magic, cls in _OPENERS if magic.match(content)), opener_of(content))
    if opener is None:
        raise UnreadableImageError(why_not_read(content), where)
    try:
        image = opener(io.BytesIO(content))
        if frame is not None and stacks.is_tiff(content):
            _turn_to(image, content, frame, where)
        refuse_size(*image.size, where)
        image.load()
        return _simplified(image)
    except UnreadableImageError:
        raise
    except MemoryError as error:
        raise UnreadableImageError("not enough memory to decode it", where) from error
    except Exception as error:  # a damaged file can raise anything inside Pillow
        raise UnreadableImageError(_reason(error), where) from error


def _turn_to(image: ImageFile.ImageFile, content: bytes, frame: Frame, where: str) -> None:
    """Make a page of a TIFF stack the current one."""
    pages = stacks.stack_pages(lambda start, size: content[start : start + size])
    index = frame_index(frame, len(pages), where)
    if index:
        image.seek(pages[index])


def _reason(error: Exception) -> str:
    text = str(error).rstrip(".") or type(error).__name__
    cut = isinstance(error, EOFError) or _CUT.search(text)
    return f"{'truncated' if cut else 'not an image, or damaged'}: {text}"


def _simplified(image: Image.Image) -> Image.Image:
    """Of Pillow's modes only these are left: L, LA, RGB, RGBA, F, I and the kinds of I;16."""
    mode = image.mode
    if mode in {"I", "F"} or mode.startswith("I;16"):
        return image
    grey = mode in {"1", "L", "LA", "La"}
    if image.has_transparency_data:
        return image.convert("LA" if grey else "RGBA")
    return image.convert("L" if grey else "RGB")


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001  # damage to the metadata is no damage to the picture
        return 1


def _levels(image: Image.Image, where: str) -> Picture:
    """0 to 255, opaque."""
    values = np.asarray(image)
    if image.mode in {"LA", "RGBA"}:
        return _on_white(values)
    if image.mode == "F":
        return from_floats(values, where)
    if image.mode == "I" and not (values.min() >= 0 and values.max() <= _FULL):
        return from_floats(values.astype(np.float64), where)
    if image.mode.startswith("I"):
        return _from_16_bit(image, values)
    return values


def _on_white(values: npt.NDArray[np.uint8]) -> Picture:
    """Composite colour and alpha, the last channel, on white."""
    alpha = values[..., -1:].astype(np.uint16)
    opaque = (values[..., :-1] * alpha + 255 * (255 - alpha) + 127) // 255
    levels: Picture = opaque.astype(np.uint8)
    return levels[..., 0] if levels.shape[-1] == 1 else levels


def _from_16_bit(image: Image.Image, values: npt.NDArray[np.generic]) -> Picture:
    """Full range to full range, and the two tags of TIFF that Pillow leaves to us here."""
    tags = getattr(image, "tag_v2", {})
    depth = tags.get(TiffImagePlugin.BITSPERSAMPLE, (16,))[0]
    levels = scale_down(values, full=4095 if depth == 12 else _FULL)  # noqa: PLR2004
    if tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0:  # white is zero
        levels = 255 - levels
    if "transparency" in image.info:
        levels[values == image.info["transparency"]] = 255
    return levels


def scale_down(values: npt.NDArray[np.generic], *, full: int = _FULL) -> Picture:
    """Whole numbers from 0 to `full` as 0 to 255, rounded; 65535 / 255 is 257."""
    levels: Picture = ((values.astype(np.uint32) * 255 + full // 2) // full).astype(np.uint8)
    return levels


def from_floats(values: npt.NDArray[np.floating], where: str) -> Picture:
    """Numbers without a standard range as 0 to 255.

    From 0 to 1 when all lie there, the usual convention; otherwise from the smallest to the
    largest, for nothing says what black and white are. NaN is black; so is a constant image.

    Raises:
        UnreadableImageError: If no number is finite.
    """
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        raise UnreadableImageError("none of its values is a finite number", where)
    low, high = float(finite.min()), float(finite.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    span = high - low or 1.0
    unit = np.clip((values.astype(np.float64) - low) / span, 0, 1)
    levels: Picture = np.rint(np.nan_to_num(unit) * 255).astype(np.uint8)
    return levels
