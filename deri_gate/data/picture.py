"""Forms of a decoded picture for later steps: grey levels, thumbnail, network input."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Picture


LARGE = 2**24  # pixels from which on a picture is measured in strips, to bound memory
STRIP = 2**22  # pixels of a strip
SHOWN = 32  # bytes of the hash of what a picture shows
MANY = 2**12  # pixels from which on a histogram by OpenCV pays its call
CHROMA = 16  # side in pixels of the small picture of colours
THUMBNAIL = 32  # side in pixels; the size from which imagehash.phash takes its spectrum


def strips(height: int, width: int) -> Iterator[slice]:
    """Rows of a picture that are worked on at a time; all of them unless it is large."""
    step = height if height * width <= LARGE else max(1, STRIP // width)
    return (slice(top, min(height, top + step)) for top in range(0, height, step))


def laplacians(levels: Picture) -> Iterator[FloatArray]:
    """The Laplacian of grey levels, strip by strip, each with the rows above and below in view."""
    height, width = levels.shape
    for rows in strips(height, width):
        above, below = max(0, rows.start - 1), min(height, rows.stop + 1)
        seen = cv2.Laplacian(levels[above:below], cv2.CV_64F)
        yield np.asarray(seen[rows.start - above : rows.stop - above])


def grey(picture: Picture) -> Picture:
    """Luma of a picture, shape (H, W), uint8 (ITU-R BT.601, as OpenCV and Pillow have it)."""
    if picture.ndim == 2:  # noqa: PLR2004
        return picture
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


GREATEST = 2040  # of the second differences: 8 times 255
SECOND = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)  # norm 6


def second_difference(levels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Difference of two Laplacians, by Immerkaer (1996): noise passes, edges hardly do.

    Args:
        levels: Grey, shape (H, W), uint8 or float.

    Returns:
        Size of the difference, in grey levels, 0 to `GREATEST`, of the same shape, int16 or float;
        as reflected where the mask reaches beyond the border.
    """
    whole = levels.dtype == np.uint8
    seen = levels if whole else levels.astype(np.float32)
    depth = cv2.CV_16S if whole else cv2.CV_32F
    signed = cv2.filter2D(seen, depth, SECOND, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(np.abs(signed))


def histogram(
    picture: npt.NDArray[Any], channel: int = 0, *, levels: int = 256
) -> npt.NDArray[np.int64]:
    """Number of pixels of a channel at each of the levels from 0 on, shape (levels,).

    Args:
        picture: Shape (H, W) or (H, W, C), uint8 or whole numbers of 16 bits, none negative.
        channel: Which.
        levels: How many there are.
    """
    if picture.size < MANY:
        seen = picture if picture.ndim == 2 else picture[..., channel]  # noqa: PLR2004
        return np.bincount(seen.ravel(), minlength=levels)
    counts = np.zeros(levels, dtype=np.int64)
    unsigned = picture if picture.dtype == np.uint8 else picture.astype(np.uint16)
    for rows in strips(*picture.shape[:2]):  # of so few pixels that single precision is exact
        some = cv2.calcHist([unsigned[rows]], [channel], None, [levels], [0, levels])
        counts += some.ravel().astype(np.int64)
    return counts


def shown_hash(picture: Picture) -> bytes:
    """Hash of what a person sees: equal for equal pixels, whatever the file; 32 bytes.

    A grey picture saved in three equal channels shows the same as one saved in one.
    """
    seen = picture
    if picture.ndim == 3 and _is_grey(picture[:1]) and _is_grey(picture):  # noqa: PLR2004
        seen = picture[..., 0]
    hashed = hashlib.blake2b(repr(seen.shape).encode(), digest_size=SHOWN)
    hashed.update(np.ascontiguousarray(seen).data)
    return hashed.digest()


def _is_grey(picture: Picture) -> bool:
    return all((picture[..., 0] == picture[..., c]).all() for c in (1, 2))


def thumbnail(picture: Picture) -> Picture:
    """The picture in 32 x 32 grey levels, pixel for pixel what imagehash.phash starts from."""
    small = _luma(picture).resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    return np.frombuffer(small.tobytes(), dtype=np.uint8).reshape(THUMBNAIL, THUMBNAIL)


def chroma(picture: Picture) -> Picture:
    """Colours of the picture in 16 x 16: red and blue less grey, 128 for none, (16, 16, 2)."""
    if picture.ndim == 2:  # noqa: PLR2004
        return np.full((CHROMA, CHROMA, 2), 128, dtype=np.uint8)
    small = cv2.resize(picture, (CHROMA, CHROMA), interpolation=cv2.INTER_AREA).astype(np.float32)
    levels = small @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    colours = small[..., ::2] - levels[..., None]
    return np.asarray(np.clip(np.round(128 + colours / 2), 0, 255), dtype=np.uint8)


def _luma(picture: Picture) -> Image.Image:
    """Grey levels by Pillow, whose rounding is its own; made in strips, as is all that is large."""
    height, width = picture.shape[:2]
    if height * width <= LARGE:
        return Image.fromarray(picture).convert("L")
    levels = Image.new("L", (width, height))
    for rows in strips(height, width):
        levels.paste(Image.fromarray(picture[rows]).convert("L"), (0, rows.start))
    return levels


def model_input(picture: Picture, size: int) -> Picture:
    """The picture as a network takes it: RGB, size x size, uint8, its aspect not kept.

    Shrinking averages over areas, so that fine detail does not alias; enlarging is bicubic.
    """
    height, width = picture.shape[:2]
    shrinks = height * width > size * size
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    resized = cv2.resize(picture, (size, size), interpolation=method)
    coloured = cv2.cvtColor(resized, cv2.COLOR_GRAY2RGB) if resized.ndim == 2 else resized  # noqa: PLR2004
    return np.asarray(coloured, dtype=np.uint8)
