"""Images that a program holds: pictures of Pillow, arrays, tensors, and bytes of image files."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from deri_gate.data.levels import levels_of, on_white
from deri_gate.data.limits import refuse_size
from deri_gate.data.readers.files import MAX_BYTES, EncodedImage
from deri_gate.data.readers.medmnist import ArrayImage
from deri_gate.errors import DatasetError, UnreadableImageError, words_of_error
from deri_gate.runtime.files import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

CHANNELS = frozenset({1, 3, 4})  # grey, colour, colour with transparency
FORMS = "Give whole numbers from 0 to 255 or fractions from 0 to 1, without normalisation."


@dataclass(frozen=True, kw_only=True)
class MemorySource:
    """Images of a program, asked for one at a time.

    Attributes:
        image: Gives the image of a row, in any form that `loaded` takes.
        names: Id of each image.
    """

    image: Callable[[int], Any] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    _lock: threading.Lock = field(
        default_factory=threading.Lock, init=False, repr=False, compare=False
    )

    def __getstate__(self) -> dict[str, Any]:
        return {"image": self.image, "names": self.names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # the lock is made anew

    def load(self, row: int) -> ArrayImage | EncodedImage:
        """One image; few datasets can be asked by several threads at a time.

        Raises:
            UnreadableImageError: If there is no picture in it.
            DatasetError: If its label is not the one that is judged.
        """
        if row < 0:
            raise IndexError(row)  # -1 stands for "no mask", never for the last image
        where = self.names[row]
        try:
            with self._lock:
                raw = self.image(row)
        except DatasetError:
            raise
        except Exception as error:  # somebody else's code
            said = f"cannot be had ({type(error).__name__}: {error})"
            raise UnreadableImageError(said, where) from error
        return loaded(raw, where)


def loaded(raw: Any, where: str) -> ArrayImage | EncodedImage:
    """An image as the rest of the package reads it.

    Args:
        raw: A picture of Pillow, an array or tensor, bytes of an image file, its path, or a
            mapping with `bytes` or `path`, as Hugging Face datasets have it.
        where: Id of the image.

    Raises:
        UnreadableImageError: If it is none of these, or no picture.
    """
    if isinstance(raw, dict):
        raw = raw.get("bytes") or raw.get("path")
    if isinstance(raw, (str, os.PathLike)):
        raw = _content(Path(raw), where)
    if isinstance(raw, (bytes, bytearray)):
        if not 0 < len(raw) <= MAX_BYTES:
            raise UnreadableImageError(f"holds {len(raw)} bytes", where)
        return EncodedImage(where=where, content=bytes(raw))
    if isinstance(raw, Image.Image):
        refuse_size(raw.width, raw.height, where)
        return ArrayImage(values=levels_of(raw, where))
    values = _levels(raw, where)
    return ArrayImage(values=on_white(values) if values.shape[2:] == (4,) else values)


def _content(path: Path, where: str) -> bytes:
    try:
        return read_regular_file(path, MAX_BYTES)
    except OSError as error:
        raise UnreadableImageError(f"{path}: {words_of_error(error)}", where) from error


def _levels(raw: Any, where: str) -> npt.NDArray[Any]:
    """Levels of an array, shape (H, W), (H, W, 3) or (H, W, 4), uint8 or uint16."""
    is_tensor = hasattr(raw, "detach")
    try:
        values = np.asarray(raw.detach().cpu() if is_tensor else raw)
    except Exception as error:  # somebody else's code
        raise UnreadableImageError(f"is {type(raw).__name__}, no image", where) from error
    if values.dtype.kind not in "biuf" or not values.size:
        raise UnreadableImageError(f"is {type(raw).__name__} of {values.dtype}, no image", where)
    values = _channels_last(values, where, first=is_tensor)
    refuse_size(values.shape[1], values.shape[0], where)
    return _whole_levels(values, where)


def _channels_last(values: npt.NDArray[Any], where: str, *, first: bool) -> npt.NDArray[Any]:
    """The array with its channels behind; tensors have them in front."""
    shape = values.shape
    is_flat = values.ndim == 2  # noqa: PLR2004 - height and width
    if not is_flat and (values.ndim != 3 or not CHANNELS & {shape[0], shape[2]}):  # noqa: PLR2004
        raise UnreadableImageError(f"has the shape {shape}, no image's", where)
    if is_flat:
        return values
    if shape[0] in CHANNELS and (first or shape[2] not in CHANNELS):
        values = np.moveaxis(values, 0, 2)
    return values[..., 0] if values.shape[2] == 1 else values


def _whole_levels(values: npt.NDArray[Any], where: str) -> npt.NDArray[Any]:
    if values.dtype in (np.uint8, np.uint16):
        return np.ascontiguousarray(values)
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    low, high = values.min(), values.max()
    is_fraction = values.dtype.kind == "f" and low >= 0 and high <= 1
    if is_fraction:
        return np.rint(values * 255.0).astype(np.uint8)
    if values.dtype.kind in "iu" and low >= 0 and high <= 255:  # noqa: PLR2004 - of 8 bits
        return values.astype(np.uint8)
    seen = f"has {values.dtype} values from {low:g} to {high:g}"
    if low >= 0 and high <= 255 and bool((values == np.rint(values)).all()):  # noqa: PLR2004
        raise UnreadableImageError(f"{seen}. If these are levels, give `.astype('uint8')`.", where)
    raise UnreadableImageError(f"{seen}. {FORMS}", where)
