"""Superpixels: the regions that IROF removes one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import SettingError
from deri_gate.runtime.extras import extra

with extra("paper"):
    import skimage

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor

    from deri_gate.arrays import IntArray


SEGMENTS = 25
COMPACTNESS = (10.0, 30.0, 100.0, 1000.0)


def superpixels(image: npt.NDArray[np.generic], n_segments: int = SEGMENTS) -> IntArray:
    """Regions of like colour that cover an image, always the same for the same image.

    The default of 25 goes with coarse heat maps: at 128 px the last stage of the embedded
    encoder has 4 x 4 cells, so that finer regions would be ranked by interpolation alone, and
    every region more is a forward pass more. 28 px images get regions of about 5 x 5 pixels.

    SLIC stretches the image to its own range and starts from a grid. Where that shatters, as on
    noise (the fragments would be merged into a single region), the regions are made more compact
    until at least half of those asked for are left. A constant image keeps the grid.

    Args:
        image: Shape (H, W) grey, (H, W, 1) grey or (H, W, 3) RGB; integers are taken over the
            range of their type, floats as they are. No NaN.
        n_segments: About how many regions. An image of no more pixels has a region a pixel, and
            thin or tiny ones can have more regions than asked for.

    Returns:
        Region of each pixel, shape (H, W), ids 0 to n - 1, each in use, in raster order of
        first occurrence.

    Raises:
        SettingError: If `n_segments` is below 1 or the shape is not an image's.

    Source:
        Achanta et al. (2012), TPAMI 34:2274, doi:10.1109/TPAMI.2012.120; package scikit-image.
    """
    if n_segments < 1:
        raise SettingError(f"{n_segments} superpixels", fix="Ask for at least 1.")
    colour = _rgb(image)
    height, width = colour.shape[:2]
    if height * width <= n_segments:
        return np.arange(height * width, dtype=np.int64).reshape(height, width)
    return _renumbered(_slic(colour, n_segments))


def superpixels_of(images: Tensor, n_segments: int = SEGMENTS) -> IntArray:
    """Superpixels of a stack of network inputs, each image on its own.

    Inputs are normalised for their network and not 0..1, which SLIC's stretching undoes; where
    channels were scaled differently the regions follow slightly shifted colours.

    Args:
        images: Shape (N, 1, H, W) or (N, 3, H, W), floating point.
        n_segments: Approximate number of regions.

    Returns:
        Shape (N, H, W).
    """
    pictures = images.detach().permute(0, 2, 3, 1).float().cpu().numpy()
    return np.stack([superpixels(_stretched(picture), n_segments) for picture in pictures])


def _rgb(image: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """The image with three channels; grey is repeated."""
    picture = image[..., None] if image.ndim == 2 else image  # noqa: PLR2004
    if picture.ndim != 3 or picture.shape[2] not in (1, 3) or picture.size == 0:  # noqa: PLR2004
        fix = "Give (H, W) grey or (H, W, 3) RGB."
        raise SettingError(f"superpixels of shape {image.shape}", fix=fix)
    return np.broadcast_to(picture, (*picture.shape[:2], 3))


def _slic(colour: npt.NDArray[np.generic], n_segments: int) -> npt.NDArray[np.integer]:
    """SLIC, with the least compactness that leaves at least half of the regions."""
    for compactness in COMPACTNESS:
        labels: npt.NDArray[np.integer] = skimage.segmentation.slic(
            colour, n_segments=n_segments, compactness=compactness, start_label=0
        )
        if 2 * np.count_nonzero(np.bincount(labels.ravel())) >= n_segments:
            break
    return labels


def _renumbered(labels: npt.NDArray[np.integer]) -> IntArray:
    """Number the regions without gaps, in reading order."""
    flat = labels.ravel()
    first = np.full(flat.max() + 1, flat.size)
    first[flat[::-1]] = np.arange(flat.size)[::-1]  # of several values the last is kept
    number = np.empty(len(first), dtype=np.int64)
    number[np.argsort(first, kind="stable")] = np.arange(len(first))
    renumbered: IntArray = number[flat].reshape(labels.shape)
    return renumbered


def _stretched(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The picture over 0..1: colours outside it have no place in SLIC's colour space."""
    low, high = picture.min(), picture.max()
    return np.zeros_like(picture) if high == low else (picture - low) / (high - low)
