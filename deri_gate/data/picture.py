"""Forms of a decoded picture for later steps: grey levels, thumbnail, network input."""

from __future__ import annotations

import hashlib
from functools import lru_cache
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
UPPER = 3  # the part of the rows that is compared from image to image
MANY = 2**12  # pixels from which on a histogram by OpenCV pays its call
CHROMA = 16  # side in pixels of the small picture of colours
THUMBNAIL = 32  # side in pixels; the size from which imagehash.phash takes its spectrum
ONE = 2**22  # a weight of 1 in the whole numbers in which Pillow resizes levels of 8 bits
LOBES = 3  # of Lanczos' window on either side
NEIGHBOURS = 8  # pixels of a thumbnail that are made of one band of the picture
NARROW = 64  # pixels of a row up to which one band serves all
WIDEST = 1024  # of the pictures whose weights are asked for: they take 3 bytes a pixel squared


def is_large(height: int, width: int) -> bool:
    """True for a picture that is measured in strips."""
    return height * width > LARGE


def strips(height: int, width: int) -> Iterator[slice]:
    """Rows of a picture that are worked on at a time; all of them unless it is large."""
    step = max(1, STRIP // width) if is_large(height, width) else height
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
    if levels.dtype == np.uint8:  # whole numbers, exact whichever way they are added
        mask = SECOND[0]
        signed = cv2.sepFilter2D(levels, cv2.CV_16S, mask, mask, borderType=cv2.BORDER_REFLECT_101)
    else:
        seen = levels.astype(np.float32)
        signed = cv2.filter2D(seen, cv2.CV_32F, SECOND, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(np.abs(signed, out=signed))


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
    return shown_hashes(picture)[0]


def shown_hashes(picture: Picture) -> tuple[bytes, bytes]:
    """Hash of what a picture shows, and that of its upper third, in one pass over the pixels.

    SHA-256, for which processors have instructions: BLAKE2b takes twice the time here. The width
    comes before the pixels, and the height follows from their number.
    """
    seen = picture
    if picture.ndim == 3 and _is_grey(picture[:1]) and _is_grey(picture):  # noqa: PLR2004
        seen = picture[..., 0]
    height = max(1, len(seen) // UPPER)
    hashed = hashlib.sha256(repr(seen.shape[1:]).encode())
    hashed.update(np.ascontiguousarray(seen[:height]).data)
    upper = hashed.copy()
    hashed.update(np.ascontiguousarray(seen[height:]).data)
    if seen.ndim == 3 and _is_grey(seen[:1]) and _is_grey(seen[:height]):  # noqa: PLR2004
        return hashed.digest(), shown_hash(seen[:height, :, 0])  # as that part shows by itself
    return hashed.digest(), upper.digest()


def _is_grey(picture: Picture) -> bool:
    return all((picture[..., 0] == picture[..., c]).all() for c in (1, 2))


def thumbnail(picture: Picture) -> Picture:
    """The picture in 32 x 32 grey levels, pixel for pixel what imagehash.phash starts from."""
    return np.asarray(thumbnails(picture[None])[0])


def thumbnails(stack: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Thumbnails of pictures of one shape, (N, H, W) or (N, H, W, 3) to (N, 32, 32).

    Pillow adds whole numbers, so that a product of matrices in double precision, which keeps them
    exact, gives its pixels in a third of the time.
    """
    count, height, width = stack.shape[:3]
    if not height <= width <= WIDEST:  # of a tall one some versions shrink columns first
        return np.stack([_by_pillow(picture) for picture in stack])
    luma = _luma(stack.reshape(count * height, *stack.shape[2:]))  # all below one another
    turned = _shrunk(luma).reshape(count, height, THUMBNAIL).transpose(0, 2, 1)
    small = _shrunk(turned.reshape(count * THUMBNAIL, height))
    return small.reshape(count, THUMBNAIL, THUMBNAIL).transpose(0, 2, 1)


def _luma(picture: Picture) -> Picture:
    """Grey levels as Pillow has them: of a fourth channel, which costs little, it needs no copy."""
    if picture.ndim == 2:  # noqa: PLR2004
        return picture
    wide = cv2.cvtColor(picture, cv2.COLOR_RGB2RGBA)
    size = wide.shape[1::-1]
    return np.asarray(Image.frombuffer("RGBA", size, wide.data, "raw", "RGBA", 0, 1).convert("L"))


def _shrunk(levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Each row in 32 pixels, shape (R, S) to (R, 32)."""
    wide = levels.astype(np.float64)
    sums = [wide[:, band] @ weights for band, weights in _weights(levels.shape[1])]
    rounded = sums[0] if len(sums) == 1 else np.concatenate(sums, axis=1)
    rounded += 0.5
    return np.asarray(np.clip(rounded, 0, 255, out=rounded), dtype=np.uint8)


@lru_cache(maxsize=64)
def _weights(side: int) -> tuple[tuple[slice, FloatArray], ...]:
    """Weights of the pixels of a row: a band of pixels and its part of the 32.

    Pillow itself is asked, with rows in which each pixel of the 32 sees one bright pixel at most.
    """
    scale = side / THUMBNAIL
    reach = LOBES * max(scale, 1.0) + 1
    apart = 2 * int(reach) + 2
    places = np.arange(side)
    rows = np.where(places % apart == np.arange(apart)[:, None], ONE, 0).astype(np.int32)
    answer = Image.fromarray(rows).resize((THUMBNAIL, apart), Image.Resampling.LANCZOS)
    of_each = np.asarray(answer, dtype=np.float64) / ONE  # a power of two: exact
    centres = (np.arange(THUMBNAIL) + 0.5) * scale
    near = np.abs(places[:, None] + 0.5 - centres) <= reach
    weights = np.where(near, of_each[places % apart], 0.0)
    bands, together = [], THUMBNAIL if side <= NARROW else NEIGHBOURS
    for first in range(0, THUMBNAIL, together):
        some = weights[:, first : first + together]
        used = np.flatnonzero(some.any(axis=1))
        band = slice(int(used[0]), int(used[-1]) + 1)
        bands.append((band, np.ascontiguousarray(some[band])))
    return tuple(bands)


def _by_pillow(picture: Picture) -> Picture:
    """A thumbnail by Pillow itself; grey levels are made in strips, as is all that is large."""
    height, width = picture.shape[:2]
    levels = Image.new("L", (width, height))
    for rows in strips(height, width):
        levels.paste(Image.fromarray(picture[rows]).convert("L"), (0, rows.start))
    small = levels.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    return np.asarray(small)


def chroma(picture: Picture) -> Picture:
    """Colours of the picture in 16 x 16: red and blue less grey, 128 for none, (16, 16, 2)."""
    return np.asarray(chromas(picture[None])[0])


def chromas(stack: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Colours of pictures of one shape, shape (N, 16, 16, 2)."""
    if stack.ndim == 3:  # noqa: PLR2004
        return np.full((len(stack), CHROMA, CHROMA, 2), 128, dtype=np.uint8)
    side = CHROMA, CHROMA
    resized = [cv2.resize(one, side, interpolation=cv2.INTER_AREA) for one in stack]
    small = np.stack(resized).astype(np.float32)
    levels = small @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    colours = small[..., ::2] - levels[..., None]
    return np.asarray(np.clip(np.round(128 + colours / 2), 0, 255), dtype=np.uint8)


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
