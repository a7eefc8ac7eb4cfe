"""DICOM -> the picture that a person sees; needs the extra `dicom`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from deri_gate.data import dicom
from deri_gate.data.dicom.codestream import size_of
from deri_gate.data.dicom.elements import text_of, whole_of
from deri_gate.data.dicom.header import read_file, undecodable
from deri_gate.data.dicom.objects import beside_pictures, what_it_is
from deri_gate.data.dicom.palette import colours_of
from deri_gate.data.dicom.tone import by_strips, takes_bits, tone_of
from deri_gate.data.footprint import claim_size
from deri_gate.data.frames import Frame, frame_index
from deri_gate.data.intact import refuse_incomplete
from deri_gate.data.limits import refuse_size
from deri_gate.errors import UnreadableImageError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from deri_gate.data.dataset import Picture

T = TypeVar("T")
BYTE = 8
RLE = "1.2.840.10008.1.2.5"


def decode_dicom(
    content: bytes, where: str, frame: Frame = None, *, bits: int | None = None
) -> Picture:
    """One frame, through modality LUT and VOI LUT or window, MONOCHROME1 inverted.

    Without a window the full range of the stored bits is shown, never the range of one image.
    Overlays are not drawn.

    Args:
        content: The whole file.
        where: The image's id, for the message.
        frame: The frame to show, the first unless given.
        bits: Bits that values without a window fit into; those of the header unless given.

    Returns:
        Shape (H, W) grey or (H, W, 3) RGB, uint8, 0 is black, C-contiguous.

    Raises:
        UnreadableImageError: If pydicom is missing or finds no picture it can decode.
    """
    return _used(content, where, frame, lambda header, index: _picture(header, index, bits))


def greatest_dicom_value(content: bytes, where: str, frame: Frame = None) -> int:
    """Greatest stored value of an unsigned grey frame without a window or a table; 0 for others.

    Raises:
        UnreadableImageError: As for `decode`.
    """
    return _used(content, where, frame, _greatest)


def _used(content: bytes, where: str, frame: Frame, use: Callable[[Any, int], T]) -> T:
    """Convert a frame of a data set that can be decoded."""
    header = read_file(content, where)
    try:
        _refuse_pictureless(header, where)
        refuse_size(*_size(header), where)
        claim_size(*_size(header), _bytes_a_pixel(header), where)
        index = frame_index(frame, frames_of(header), where)
        _refuse_odd_frame(header, index, where)
        return use(header, index)
    except UnreadableImageError:
        raise
    except MemoryError as error:
        raise UnreadableImageError("not enough memory to decode it", where) from error
    except Exception as error:  # a damaged file can raise anything inside pydicom
        raise UnreadableImageError(undecodable(error), where) from error


def _size(header: Any) -> tuple[int, int]:
    """Declared width and height, 0 where there is none."""
    return whole_of(header, "Columns", default=0), whole_of(header, "Rows", default=0)


def _bytes_a_pixel(header: Any) -> int:
    """Peak memory of one pixel of a frame while it is decoded."""
    samples = max(1, whole_of(header, "SamplesPerPixel", default=1))
    stored = max(1, whole_of(header, "BitsAllocated", default=16) // 8)
    colours = 6 if text_of(header, "PhotometricInterpretation") == "PALETTE COLOR" else 0
    return samples * (3 * stored + 1) + colours  # as stored, as an array, in other colours; levels


def frames_of(header: Any) -> int:
    """Number of frames; 1 unless the data set declares another."""
    return max(1, whole_of(header, "NumberOfFrames", default=1))


def _refuse_pictureless(header: Any, where: str) -> None:
    kind, beside = what_it_is(header), beside_pictures(header)
    if "FloatPixelData" in header or "DoubleFloatPixelData" in header:
        raise UnreadableImageError(f"DICOM with floating-point values ({kind}), no picture", where)
    if "PixelData" not in header:
        if beside:
            raise UnreadableImageError(f"DICOM without a picture: {beside}", where)
        text = f"DICOM that cannot be decoded: there are no pixels in it ({kind})"
        raise UnreadableImageError(text, where)


def _refuse_odd_frame(header: Any, index: int, where: str) -> None:
    """Refuse frames beyond those declared, and a compressed one of another size or not whole."""
    if not header.file_meta.TransferSyntaxUID.is_encapsulated:
        return _refuse_more(header, _native_frames(header), where)
    _refuse_more(header, len(dicom.library.parse_basic_offsets(header.PixelData)), where)
    data = dicom.library.get_frame(header.PixelData, index, number_of_frames=frames_of(header))
    size = size_of(data)
    declared = _size(header)
    if size is not None and size != declared:
        (width, height), (columns, rows) = size, declared
        text = f"its compressed picture is {width} x {height}, its header says {columns} x {rows}"
        raise UnreadableImageError(text, where)
    refuse_incomplete(data, where)
    return None


def _refuse_more(header: Any, held: int, where: str) -> None:
    """Refuse pixels of more frames than are declared: nobody would see the others."""
    declared = frames_of(header)
    if held > declared:
        size = "of {} x {}".format(*_size(header))
        text = f"it holds pixels of {held} frames {size}, its header says {declared}"
        raise UnreadableImageError(text, where)


def _native_frames(header: Any) -> int:
    """Number of whole frames in the bytes of pixels that are not compressed."""
    columns, rows = _size(header)
    bits = whole_of(header, "BitsAllocated", default=16)
    frame = columns * rows * max(1, whole_of(header, "SamplesPerPixel", default=1)) * bits
    # Frames of single bits do not begin with a byte. A byte may fill up the last frame.
    return BYTE * len(header.PixelData) // max(2 * BYTE, frame)


def _greatest(header: Any, index: int) -> int:
    if not takes_bits(header, index):
        return 0
    return int(_stored(header, index).max())


def _picture(header: Any, index: int, bits: int | None) -> Picture:
    stored = _stored(header, index)
    if text_of(header, "PhotometricInterpretation") == "PALETTE COLOR":
        return colours_of(stored, header)
    if header.SamplesPerPixel > 1:
        return _scaled(stored, float(2**header.BitsStored - 1))
    return np.ascontiguousarray(tone_of(header, index, bits).levels(stored))


def _stored(header: Any, index: int) -> npt.NDArray[np.integer]:
    """Stored values of a frame, also where they lie in the upper bits of their words.

    Old files have 12 bits of which the highest is the 15th. pydicom takes the lower 12 all the
    same. Codecs have no such words: their values are as they should be. Nor do upper bits count
    where all values fit the lower ones and use the lowest: the header is wrong then.
    """
    syntax, bits = header.file_meta.TransferSyntaxUID, whole_of(header, "BitsStored", default=0)
    words = syntax == RLE or not syntax.is_encapsulated
    highest = whole_of(header, "HighBit", default=0)
    if words and 0 < bits <= highest < whole_of(header, "BitsAllocated", default=0):
        header.BitsStored = highest + 1
        stored = _decoded(header, index)
        header.BitsStored = bits
        below = highest + 1 - bits
        beyond = stored.max() >= 2**bits or stored.min() < -(2 ** (bits - 1))
        if beyond or not (stored & (2**below - 1)).any():
            return stored >> below
    return _decoded(header, index)


def _decoded(header: Any, index: int) -> npt.NDArray[np.integer]:
    """Values that a codec gives; where one written in Rust panics, an error like any other."""
    try:
        return np.asarray(dicom.library.pixel_array(header, index=index))
    except (Exception, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as panic:
        raise ValueError(str(panic)) from panic


def _scaled(values: npt.NDArray[np.integer], full: float) -> Picture:
    """Colours from 0 to `full` as 0 to 255; by a table where there are 16 bits at most."""
    ends = np.iinfo(values.dtype)
    if ends.bits == BYTE and full == ends.max:
        return np.ascontiguousarray(values, dtype=np.uint8)
    if ends.bits <= 2 * BYTE and ends.min == 0:
        table = _levels(np.arange(ends.max + 1), full)
        return by_strips(values, lambda strip: table[strip])
    return by_strips(values, lambda strip: _levels(strip, full))


def _levels(values: npt.NDArray[np.integer], full: float) -> Picture:
    levels: Picture = np.rint(np.clip(values / full, 0, 1) * 255).astype(np.uint8)
    return levels
