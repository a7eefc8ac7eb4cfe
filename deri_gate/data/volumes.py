"""NIfTI volumes (.nii, .nii.gz) -> pictures of their slices; needs the extra `volumes`."""

from __future__ import annotations

import math
import threading
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from deri_gate.data.frames import Frame, frame_index
from deri_gate.data.limits import MOST_RATIO, refuse_size
from deri_gate.data.volume_header import GZIP, dimensions_of, has_floats
from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.hashing import content_hash
from deri_gate.runtime.memory import budget

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Picture


MAX_INFLATED = 512 * 2**20  # bytes of a volume once it is unpacked
T = TypeVar("T")


def decode_slice(content: bytes, where: str, frame: Frame = None) -> Picture:
    """One slice, the middle one unless another is asked for.

    The volume is turned to the nearest of the standard orientations first (RAS+). Slices lie
    along its third axis, from the feet to the head where the header names directions, and show
    as radiologists look at them: front above, the right side on the left. The values between
    `cal_min` and `cal_max` are shown if the header names them, else all values of the volume.

    Args:
        content: The whole file.
        where: The image's id, for the message.
        frame: The slice to show.

    Returns:
        Shape (H, W) grey, uint8, C-contiguous.

    Raises:
        UnreadableImageError: If nibabel is missing, or there is no picture in it.
    """
    return _LATEST.slice_of(content, where, frame)


def lacks_finite_values(content: bytes, where: str) -> bool:
    """True for a volume of which some values are NaN or infinite, which a slice hides.

    Args:
        content: The whole file. Only one of floats is unpacked.
        where: The image's id, for the message.

    Raises:
        UnreadableImageError: If nibabel is missing, or there is no volume in it.
    """
    return has_floats(content) and not _LATEST.asked(content, where, lambda volume: volume.finite)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Volume:
    """An unpacked volume in standard orientation, and the values shown as black and white."""

    values: npt.NDArray[np.generic]  # (X, Y, Z, T)
    slope: float
    intercept: float
    low: float
    high: float

    @property
    def slices(self) -> int:
        return int(self.values.shape[2] * self.values.shape[3])

    @property
    def finite(self) -> bool:
        """True if each value is a number; a plane at a time, as they are many."""
        depth = self.values.shape[2]
        return all(np.isfinite(self.values[:, :, plane]).all() for plane in range(depth))

    def levels(self, index: int) -> Picture:
        """A slice: rows from front to back, columns from right to left."""
        series, depth = divmod(index, self.values.shape[2])
        stored = self.values[::-1, ::-1, depth, series].T
        values = stored.astype(np.float64) * self.slope + self.intercept
        unit = (values - self.low) / ((self.high - self.low) or 1.0)
        levels = np.rint(np.nan_to_num(np.clip(unit, 0, 1)) * 255)
        return np.ascontiguousarray(levels.astype(np.uint8))


class _Latest:
    """The volume that was unpacked last: its slices come one after the other.

    One volume at a time is unpacked, whichever threads ask, so that memory stays bounded.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key = ""
        self._volume: _Volume | None = None
        self._fault = ("", "")  # key of the file that had none last, and why

    def slice_of(self, content: bytes, where: str, frame: Frame) -> Picture:
        """One slice as levels; the volume is kept if a slice is asked for by its number."""

        def levels(volume: _Volume) -> Picture:
            return volume.levels(frame_index(frame, volume.slices, where, default="middle"))

        return self.asked(content, where, levels, keep=isinstance(frame, int))

    def asked(
        self, content: bytes, where: str, ask: Callable[[_Volume], T], *, keep: bool = False
    ) -> T:
        """The answer of the volume of a file, which is kept for the next question or freed."""
        key = content_hash(content)
        packed = content.startswith(GZIP)
        unpacked = min(MAX_INFLATED, MOST_RATIO * len(content)) if packed else len(content)
        budget().claim(2 * unpacked, where)  # bytes and values; never waited for with the lock held
        with self._lock:
            volume = self._volume if key == self._key else None
            self._key, self._volume = "", None  # freed before another is unpacked
            volume = volume or self._unpack(key, content, where)
            if keep:
                self._key, self._volume = key, volume
            return ask(volume)

    def _unpack(self, key: str, content: bytes, where: str) -> _Volume:
        """The volume of a file; one that has none is not unpacked again for each slice."""
        if key == self._fault[0]:
            raise UnreadableImageError(self._fault[1], where)
        try:
            return _volume(content, where)
        except UnreadableImageError as error:
            self._fault = (key, error.what)
            raise


_LATEST = _Latest()


def _volume(content: bytes, where: str) -> _Volume:
    try:
        import nibabel  # noqa: PLC0415  # an extra
    except ImportError as error:
        text = "reading NIfTI needs nibabel: pip install 'deri-gate[volumes]'"
        raise UnreadableImageError(text, where) from error
    raw = _unpacked(content, where)
    try:
        return _opened(nibabel, raw, where)
    except UnreadableImageError:
        raise
    except MemoryError as error:
        raise UnreadableImageError("not enough memory to decode it", where) from error
    except Exception as error:  # a damaged file can raise anything inside nibabel
        said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise UnreadableImageError(f"NIfTI that cannot be decoded: {said[:300]}", where) from error


def _opened(nibabel: Any, raw: bytes, where: str) -> _Volume:
    dimensions = dimensions_of(raw) or (0, 0)
    refuse_size(dimensions[0], dimensions[1], where)
    if raw[344:348] == b"ni1\0" or raw[4:8] == b"ni2\0":
        raise UnreadableImageError("a NIfTI header alone: save it and its .img as one .nii", where)
    opener = nibabel.Nifti2Image if raw[4:6] == b"n+" else nibabel.Nifti1Image
    image = opener.from_bytes(raw)
    kind = image.header.get_data_dtype()
    expected = math.prod(dimensions) * kind.itemsize
    if not 0 < expected <= MAX_INFLATED:
        limit = f"it may be 1 to {MAX_INFLATED // 2**20}"
        raise UnreadableImageError(f"a volume of {expected / 2**20:,.0f} MiB; {limit}", where)
    if kind.kind not in "iuf":
        raise UnreadableImageError(f"NIfTI of values of type {kind}, no grey values", where)
    values = _standing(nibabel, np.asanyarray(image.dataobj.get_unscaled()), image.affine)
    scale = (float(image.dataobj.slope), float(image.dataobj.inter))
    low, high = _range(image.header, values, scale, where)
    return _Volume(values=values, slope=scale[0], intercept=scale[1], low=low, high=high)


def _standing(
    nibabel: Any, stored: npt.NDArray[np.generic], affine: FloatArray
) -> npt.NDArray[np.generic]:
    """The values turned to the nearest standard orientation (RAS+), shape (X, Y, Z, T)."""
    x, y, z, *_ = (*stored.shape, 1)
    if stored.ndim > 2:  # noqa: PLR2004  # a single picture has no third axis to turn
        axes = nibabel.io_orientation(affine)
        stored = nibabel.orientations.apply_orientation(stored, axes)
        x, y, z = stored.shape[:3]
    return stored.reshape(x, y, z, -1, order="F")


def _range(
    header: Any, values: npt.NDArray[np.generic], scale: tuple[float, float], where: str
) -> tuple[float, float]:
    """Values that are black and white: those of the header, or the volume's least and greatest."""
    low, high = float(header["cal_min"]), float(header["cal_max"])
    if math.isfinite(low) and math.isfinite(high) and high > low:
        return low, high
    ends: list[float] = []
    for depth in range(values.shape[2]):
        plane = values[:, :, depth].astype(np.float64)
        finite = plane[np.isfinite(plane)]
        ends += [float(finite.min()), float(finite.max())] if finite.size else []
    if not ends:
        raise UnreadableImageError("none of its values is a finite number", where)
    scaled = [end * scale[0] + scale[1] for end in (min(ends), max(ends))]
    return min(scaled), max(scaled)


def _unpacked(content: bytes, where: str) -> bytes:
    """The volume's bytes, never more than may be."""
    if not content.startswith(GZIP):
        return content
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        raw = unpacker.decompress(content, MAX_INFLATED)
    except zlib.error as error:
        raise UnreadableImageError(f"damaged gzip: {error}", where) from error
    if unpacker.unconsumed_tail:
        limit = f"the {MAX_INFLATED // 2**20} MiB it may be"
        raise UnreadableImageError(f"a volume that unpacks to more than {limit}", where)
    if not unpacker.eof:
        raise UnreadableImageError("truncated: the gzip stream does not end", where)
    return raw
