"""DICOM -> the picture that a person sees; needs the extra `dicom`."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.decoding import ignore_remarks, refuse_size
from deri_gate.errors import UnreadableImageError

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.dataset import Picture

    FloatArray = npt.NDArray[np.float64]


def is_dicom(content: bytes) -> bool:
    """Whether the mark of a DICOM file stands where it must."""
    return content[128:132] == b"DICM"


def decode(content: bytes, where: str) -> Picture:
    """The first frame, through modality LUT and VOI LUT or window, MONOCHROME1 inverted.

    Without a window the full range of the stored bits is shown, never the range of one image.

    Args:
        content: The whole file.
        where: The image's id, for the message.

    Returns:
        Shape (H, W) grey or (H, W, 3) RGB, uint8, 0 is black, C-contiguous.

    Raises:
        UnreadableImageError: If pydicom is missing or finds no picture it can decode.
    """
    try:
        import pydicom  # noqa: PLC0415  # an extra
    except ImportError as error:
        text = "reading DICOM needs pydicom: pip install 'deri-gate[dicom]'"
        raise UnreadableImageError(text, where) from error
    ignore_remarks()
    try:
        header = pydicom.dcmread(io.BytesIO(content))
        refuse_size(header.Columns, header.Rows, where)
        return _picture(header)
    except UnreadableImageError:
        raise
    except Exception as error:  # a damaged file can raise anything inside pydicom
        text = f"DICOM that cannot be decoded: {str(error).rstrip('.') or type(error).__name__}"
        raise UnreadableImageError(text, where) from error


def _picture(header: Any) -> Picture:
    from pydicom.pixels import apply_color_lut, pixel_array  # noqa: PLC0415  # an extra

    stored = pixel_array(header, index=0)
    if header.PhotometricInterpretation == "PALETTE COLOR":
        colours = apply_color_lut(stored, header)
        return _to_bytes(colours / np.iinfo(colours.dtype).max)
    if header.SamplesPerPixel > 1:
        return _to_bytes(stored / (2**header.BitsStored - 1))
    unit = _grey(stored, header)
    inverted = header.PhotometricInterpretation == "MONOCHROME1"
    return _to_bytes(1 - unit if inverted else unit)


def _to_bytes(unit: FloatArray) -> Picture:
    levels = np.rint(np.clip(unit, 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(levels)


def _grey(stored: npt.NDArray[np.integer], header: Any) -> FloatArray:
    """Stored values as 0 (black) to 1 (white)."""
    from pydicom.pixels import apply_modality_lut, apply_voi  # noqa: PLC0415  # an extra

    values = apply_modality_lut(stored, header)
    if header.get("VOILUTSequence"):
        depth = header.VOILUTSequence[0].LUTDescriptor[2]
        levels: FloatArray = apply_voi(values, header) / (2**depth - 1)
        return levels
    if "WindowCenter" in header and "WindowWidth" in header:
        return _window(values.astype(np.float64), header)
    low, high = _value_range(header)
    unit: FloatArray = (values - low) / (high - low)
    return unit


def _value_range(header: Any) -> tuple[float, float]:
    """The least and the greatest value that the stored bits can stand for."""
    from pydicom.pixels import apply_modality_lut  # noqa: PLC0415  # an extra

    if header.get("ModalityLUTSequence"):
        return 0.0, 2.0 ** header.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    signed = header.PixelRepresentation == 1
    ends = np.array([0, 2**header.BitsStored - 1]) - signed * 2 ** (header.BitsStored - 1)
    low, high = sorted(float(end) for end in apply_modality_lut(ends, header))
    return low, high


def _window(values: FloatArray, header: Any) -> FloatArray:
    """The first window (PS3.3 C.11.2.1.2 and C.11.2.1.3), 0 (black) to 1 (white)."""
    center, width = (float(np.atleast_1d(header[name].value)[0]) for name in _WINDOW)
    function = header.get("VOILUTFunction", "LINEAR").upper()
    if function == "SIGMOID":
        curve: FloatArray = 1 / (1 + np.exp(-4 * (values - center) / width))
        return curve
    if function == "LINEAR":  # the standard's half pixel: width 1 is a threshold
        center, width = center - 0.5, width - 1
    if width <= 0:
        return (values > center).astype(np.float64)
    line: FloatArray = np.clip((values - center) / width + 0.5, 0, 1)
    return line


_WINDOW = ("WindowCenter", "WindowWidth")
