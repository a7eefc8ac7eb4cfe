"""In which order an explanation has an image's parts removed, down to the ties."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from deri_gate.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from torch import Tensor

    FloatArray = npt.NDArray[np.float64]
    IntArray = npt.NDArray[np.int64]

TIE_GRID = 8
RESOLUTION = 6  # decimals of a map over 0..1; finer differences are rounding, and count as ties


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is removed when, for N images.

    Attributes:
        ranks: Turn in which a pixel is removed, 0 first, shape (N, H, W), int32, on the CPU.
        units: How many turns there are, shape (N,): pixels or superpixels of the image.
    """

    ranks: Tensor
    units: IntArray


def content_keys(images: Tensor) -> list[int]:
    """A number for each image that depends on its values alone, to seed what must be random.

    Args:
        images: Shape (N, C, H, W), floating point.

    Returns:
        64-bit hashes; equal images have equal keys wherever they stand.
    """
    pixels = images.detach().float().cpu().contiguous().numpy()
    return [int.from_bytes(hashlib.blake2b(p.tobytes(), digest_size=8).digest()) for p in pixels]


def pixel_order(maps: Tensor, keys: Sequence[int]) -> Order:
    """Pixels from the highest attribution to the lowest.

    Heat maps have plateaus: a ReLU leaves half of a Grad-CAM map at zero. Their pixels are taken
    in the order of a smooth random field seeded by the image's key: not by raster position, which
    would favour the top of the image, and not pixel by pixel at random, which would sprinkle
    the image with noise when a plateau's turn comes (the inverse order's first steps).

    Args:
        maps: Shape (N, H, W), floating point; NaN counts as the lowest.
        keys: Seed of each image, non-negative.

    Returns:
        The order; `units` are H * W.
    """
    values = _levels(maps)
    ranks = np.stack(
        [
            _ranks(v.ravel(), tie_field(k, v.shape).ravel()).reshape(v.shape)
            for v, k in zip(values, keys, strict=True)
        ]
    )
    return Order(ranks=torch.from_numpy(ranks), units=np.full(len(ranks), ranks[0].size))


def segment_order(maps: Tensor, segments: IntArray, keys: Sequence[int]) -> Order:
    """Superpixels from the highest mean attribution to the lowest.

    Ties (superpixels inside a plateau) go by the mean of the same random field as for pixels, so
    the numbering of superpixels does not matter.

    Args:
        maps: Shape (N, H, W), floating point; NaN counts as the lowest.
        segments: Superpixel of each pixel, shape (N, H, W), ids 0 to n - 1.
        keys: Seed of each image, non-negative.

    Returns:
        The order; `units` are the numbers of superpixels.

    Raises:
        SettingError: If the shapes differ.
    """
    if segments.shape != tuple(maps.shape):
        fix = f"Give one label a pixel, {tuple(maps.shape)}."
        raise SettingError(f"superpixels of shape {segments.shape}", fix=fix)
    rows = zip(_levels(maps), segments, keys, strict=True)
    ranks = np.stack([_segment_ranks(values, ids, key) for values, ids, key in rows])
    return Order(ranks=torch.from_numpy(ranks), units=segments.max(axis=(1, 2)) + 1)


def tie_field(key: int, size: tuple[int, ...]) -> FloatArray:
    """A smooth random field without a preferred place, shape `size`: lower values go first."""
    coarse = torch.from_numpy(np.random.default_rng(key).standard_normal((TIE_GRID, TIE_GRID)))
    height, width = size
    fine = functional.interpolate(
        coarse[None, None], (height, width), mode="bilinear", align_corners=True
    )
    field: FloatArray = fine[0, 0].numpy()
    return field


def _levels(maps: Tensor) -> FloatArray:
    """Each map over 0..1 in steps of a millionth; on the CPU, so that devices agree."""
    values = np.nan_to_num(maps.detach().double().cpu().numpy(), nan=-np.inf)
    finite = np.where(np.isfinite(values), values, 0.0)
    low = finite.min(axis=(1, 2), keepdims=True)
    span = finite.max(axis=(1, 2), keepdims=True) - low
    levels: FloatArray = np.round((finite - low) / np.where(span == 0, 1, span), RESOLUTION)
    return levels


def _segment_ranks(values: FloatArray, ids: IntArray, key: int) -> npt.NDArray[np.int32]:
    flat = ids.ravel()
    sizes = np.bincount(flat)
    means = np.bincount(flat, values.ravel()) / sizes
    ties = np.bincount(flat, tie_field(key, ids.shape).ravel()) / sizes
    return _ranks(np.round(means, RESOLUTION), ties)[ids]


def _ranks(values: FloatArray, ties: FloatArray) -> npt.NDArray[np.int32]:
    """Rank of each value, 0 for the highest; among equals the lower tie value goes first."""
    ranks = np.empty(len(values), dtype=np.int32)
    ranks[np.lexsort((ties, -values))] = np.arange(len(values), dtype=np.int32)
    return ranks
