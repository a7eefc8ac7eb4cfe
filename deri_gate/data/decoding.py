"""The bytes of an image file -> the picture that a person sees."""

from __future__ import annotations

import io
import re
import struct
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PIL import (
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from deri_gate.data import dicom, stacks, volumes
from deri_gate.data.footprint import claim_for
from deri_gate.data.frames import Frame, frame_index
from deri_gate.data.intact import refuse_incomplete, without_comments
from deri_gate.data.levels import (
    ValueFaults,
    depends_on_alpha,
    greatest_of,
    levels_of,
    value_faults,
)
from deri_gate.data.limits import ignore_remarks, refuse_size
from deri_gate.data.newer_formats import opener_of
from deri_gate.data.signatures import why_not_read
from deri_gate.data.volume_header import is_volume
from deri_gate.data.whole_jpeg import may_be_tagged, whole_jpeg
from deri_gate.data.whole_png import has_no_more, plain_png
from deri_gate.data.whole_tiff import check_tiff
from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.memory import budget

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import ImageFile

    from deri_gate.data.dataset import Picture

    _Opener = Callable[[io.BytesIO], ImageFile.ImageFile]

T = TypeVar("T")

# Pillow's classes, not Image.open: that tries 40 formats (one of them runs Ghostscript), and
# warns of a large picture before anyone can ask how large it is.
_OPENERS: tuple[tuple[re.Pattern[bytes], _Opener], ...] = (
    (re.compile(rb"\x89PNG"), PngImagePlugin.PngImageFile),
    (re.compile(rb"\xff\xd8"), JpegImagePlugin.JpegImageFile),
    (re.compile(rb"GIF8"), GifImagePlugin.GifImageFile),
    (re.compile(rb"II[*+]\0|MM\0[*+]"), TiffImagePlugin.TiffImageFile),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), WebPImagePlugin.WebPImageFile),
    (re.compile(rb"P[1-6]\s"), PpmImagePlugin.PpmImageFile),
    (re.compile(rb"BM"), BmpImagePlugin.BmpImageFile),
)

_OF_CODE = (LookupError, TypeError, AttributeError, struct.error)  # with words on Pillow's code
_CUT = re.compile(r"truncated|not enough|end of", re.IGNORECASE)  # Pillow's words for it
_NOT_READ = re.compile(r"unsupported|cannot handle|unknown (pixel mode|comp)", re.IGNORECASE)
# What Pillow says of files whose own words name parts of Pillow, in those of people.
_PLAIN_WORDS = {
    "decoder error": "damaged: its pixels cannot be unpacked",
    "broken data stream": "damaged: its pixels cannot be unpacked",
    "missing dimensions": "damaged: its header has no width or height",
    "unknown data organization": "damaged: its header does not say where the pixels lie",
}

CLEAR, TURNED = 1, 2  # a picture depends on its transparency; it is shown upright by a tag
_UPRIGHT: dict[int, Callable[[Picture], Picture]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}


def decode(content: bytes, where: str, frame: Frame = None, *, bits: int | None = None) -> Picture:
    """The picture as a person sees it, in an array of its own.

    The content says what format it is in, not the file's name. Grey stays grey; every other
    kind of colour becomes RGB (colour profiles are not applied). What is transparent shows
    white, as on the page of most viewers and papers. 16 bits are scaled from their full
    range, never from the range of one image, which would hide under-exposure.

    Args:
        content: The whole file.
        where: The image's id, for the message.
        frame: The frame of a DICOM file, a TIFF stack or a volume; animations show their first.
        bits: Bits that 16-bit values without a window fit into; their full range unless given.

    Returns:
        Shape (H, W) grey or (H, W, 3) RGB, uint8, 0 is black, upright, C-contiguous.

    Raises:
        UnreadableImageError: If it is no picture, a damaged one, or one too large.
    """
    with budget().scope():
        try:
            return _decoded(content, where, frame, bits)
        except MemoryError as error:
            raise UnreadableImageError("not enough memory to decode it", where) from error


def greatest_value(content: bytes, where: str, frame: Frame = None) -> int:
    """Greatest stored value of a picture of 16 bits without a window; 0 for any other.

    Raises:
        UnreadableImageError: If it is no picture, a damaged one, or one too large.
    """
    with budget().scope():
        try:
            if dicom.is_dicom(content):
                return dicom.greatest_dicom_value(content, where, frame)
            if is_volume(content):
                return 0
            opener = _opener(content, where)
            return _opened(opener, content, where, frame, lambda image, _: greatest_of(image))
        except MemoryError as error:
            raise UnreadableImageError("not enough memory to decode it", where) from error


def faults_of_values(content: bytes, where: str) -> ValueFaults:
    """Faults of the signed or floating-point values of a file; none where it is damaged.

    Args:
        content: A TIFF or NIfTI file, whole.
        where: The image's id, for the message.
    """
    with budget().scope():
        try:
            if is_volume(content):
                return ValueFaults(lacking=volumes.lacks_finite_values(content, where))
            opener = _opener(content, where)
            return _opened(opener, content, where, None, lambda image, _: value_faults(image))
        except (UnreadableImageError, MemoryError):
            return ValueFaults()  # the pass over the images tells why


def seen_otherwise(content: bytes, frame: Frame = None) -> int:
    """Bits of `CLEAR` and `TURNED`: what a loader drops that shows a file as its pixels lie.

    Args:
        content: The whole file; one that is damaged has none.
        frame: Page of a TIFF file; None for its first.
    """
    if has_no_more(content) or not may_be_tagged(content) or dicom.is_dicom(content):
        return 0
    opener = _opener_for(content)
    if opener is None:
        return 0
    try:
        ignore_remarks()
        image = opener(io.BytesIO(without_comments(content, "")))
        if frame is None and not image.has_transparency_data:
            return _turned(image)
        with budget().scope():
            return _opened(opener, content, "", frame, lambda one, _: _turned(one) | _clear(one))
    except Exception:  # noqa: BLE001  # a damaged file can raise anything inside Pillow
        return 0


def _turned(image: Image.Image) -> int:
    return TURNED if _orientation(image) in _UPRIGHT else 0


def _clear(image: Image.Image) -> int:
    return CLEAR if image.has_transparency_data and depends_on_alpha(image) else 0


def _decoded(content: bytes, where: str, frame: Frame, bits: int | None) -> Picture:
    if dicom.is_dicom(content):
        return dicom.decode_dicom(content, where, frame, bits=bits)
    if (plain := plain_png(content, where)) is not None:
        return plain
    if is_volume(content):
        return volumes.decode_slice(content, where, frame)

    def levels(image: Image.Image, known: Picture | None) -> tuple[Picture, int]:
        return levels_of(image if known is None else known, where, bits), _orientation(image)

    picture, orientation = _opened(_opener(content, where), content, where, frame, levels)
    turn = _UPRIGHT.get(orientation)
    return picture if turn is None else np.array(turn(picture), dtype=np.uint8, order="C")


def _opener(content: bytes, where: str) -> _Opener:
    ignore_remarks()
    opener = _opener_for(content)
    if opener is None:
        raise UnreadableImageError(why_not_read(content), where)
    return opener


def _opener_for(content: bytes) -> _Opener | None:
    return next((cls for magic, cls in _OPENERS if magic.match(content)), opener_of(content))


def has_more_bits(content: bytes) -> bool:
    """True for a file that stores more than 8 bits a value, from its header alone."""
    if dicom.is_dicom(content) or is_volume(content):
        return True  # 12 or 16 as a rule; where few are used, that is worth a word there, too
    opener = _opener_for(content)
    try:
        read = io.BytesIO(without_comments(content, ""))
        return opener is not None and opener(read).mode[0] in "IF"
    except Exception:  # noqa: BLE001  # a damaged file can raise anything inside Pillow
        return False


def _opened(
    opener: _Opener,
    content: bytes,
    where: str,
    frame: Frame,
    use: Callable[[Image.Image, Picture | None], T],
) -> T:
    """Decode a picture that was opened and found whole; where one pass did both, use its pixels."""
    try:
        image = opener(io.BytesIO(without_comments(content, where)))
        if frame is not None and stacks.is_tiff(content):
            _turn_to(image, content, frame, where)
        refuse_size(*image.size, where)
        claim_for(image, where)
        if image.format == "JPEG" and (picture := whole_jpeg(content, image.mode)) is not None:
            return use(image, picture)
        refuse_incomplete(content, where)
        if stacks.is_tiff(content):
            check_tiff(image.tag_v2, content, where)  # type: ignore[attr-defined]
        image.load()
        return use(image, None)
    except (UnreadableImageError, MemoryError):
        raise
    except Exception as error:  # a damaged file can raise anything inside Pillow
        raise UnreadableImageError(_reason(error), where) from error


def _turn_to(image: ImageFile.ImageFile, content: bytes, frame: Frame, where: str) -> None:
    """Make a page of a TIFF stack the current one."""
    pages = stacks.pages_of(lambda start, size: content[start : start + size]).stack
    index = frame_index(frame, len(pages), where)
    if index:
        image.seek(pages[index])


def _reason(error: Exception) -> str:
    text = str(error).rstrip(".") or type(error).__name__
    if isinstance(error, SyntaxError) and text.isdigit():  # a compression of TIFF, to Pillow
        text = f"unknown compression {text}"
    for start, words in _PLAIN_WORDS.items():
        if text.lower().startswith(start):
            return words
    if _NOT_READ.search(text):
        return f"in a form that is not read: {text}"
    if isinstance(error.__cause__ or error, _OF_CODE):
        return "not an image, or damaged: its header is none that Pillow can read"
    cut = isinstance(error, EOFError) or _CUT.search(text)
    return f"{'truncated' if cut else 'not an image, or damaged'}: {text}"


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001  # damage to the metadata is no damage to the picture
        return 1
