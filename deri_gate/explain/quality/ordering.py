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

    from deri_gate.arrays import FloatArray, IntArray


TIE_GRID = 8
FINEST = 10**6  # steps of a map over 0..1; finer differences are rounding, and count as ties


@dataclass(frozen=True, kw_only=True)
class Order:
    """Order of removal of the parts of N images.

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
    levels = _levels(maps)
    ties = _tie_fields(keys, levels.shape)
    ranks = _ranks(levels.reshape(len(levels), -1), ties.reshape(len(levels), -1))
    units = np.full(len(ranks), ranks.shape[1])
    return Order(ranks=torch.from_numpy(ranks.reshape(levels.shape)), units=units)


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
    units = segments.max(axis=(1, 2)) + 1
    table = (len(units), int(units.max()))  # a row an image, a column a superpixel
    cells = segments + table[1] * np.arange(table[0])[:, None, None]
    means = _means(_levels(maps) / FINEST, cells, table)
    ties = _means(_tie_fields(keys, segments.shape), cells, table)
    ranks = _ranks(np.rint(FINEST * means).astype(np.int64), ties).ravel()[cells]
    return Order(ranks=torch.from_numpy(ranks), units=units)


def _tie_fields(keys: Sequence[int], shape: tuple[int, ...]) -> FloatArray:
    """Smooth random fields without a preferred place, shape (N, H, W): lower values go first."""
    count, height, width = shape
    draws = [
        np.random.default_rng(key).standard_normal((1, TIE_GRID, TIE_GRID))
        for _, key in zip(range(count), keys, strict=True)
    ]
    fine = functional.interpolate(
        torch.from_numpy(np.stack(draws)), (height, width), mode="bilinear", align_corners=True
    )
    fields: FloatArray = fine[:, 0].numpy()
    return fields


def _levels(maps: Tensor) -> IntArray:
    """Each map over 0..1 in millionths, shape (N, H, W); on the CPU, so that devices agree."""
    values = maps.detach().double().cpu().numpy()
    finite = np.where(np.isfinite(values), values, 0.0)
    low = finite.min(axis=(1, 2), keepdims=True)
    span = finite.max(axis=(1, 2), keepdims=True) - low
    share = (finite - low) / np.where(span == 0, 1, span)
    levels: IntArray = np.rint(FINEST * share).astype(np.int64)
    return levels


def _means(values: FloatArray, cells: IntArray, table: tuple[int, int]) -> FloatArray:
    """Mean of the pixels of each cell of the table; -1 where it has none."""
    size = table[0] * table[1]
    counts = np.bincount(cells.ravel(), minlength=size)
    sums = np.bincount(cells.ravel(), values.ravel(), minlength=size)
    means: FloatArray = np.where(counts == 0, -1.0, sums / np.maximum(counts, 1)).reshape(table)
    return means


def _ranks(levels: IntArray, ties: FloatArray) -> npt.NDArray[np.int32]:
    """Rank of each level in its row, 0 for the highest; of equals the lower tie goes first.

    Sorting whole numbers that all differ is several times as fast as sorting by two columns.
    """
    return _places(_places(ties) - levels * levels.shape[1])


def _places(values: npt.NDArray[np.generic]) -> npt.NDArray[np.int32]:
    """Rank of each value of a row."""
    places = np.empty(values.shape, dtype=np.int32)
    turns = np.arange(values.shape[1], dtype=np.int32)[None]
    np.put_along_axis(places, np.argsort(values, axis=1), turns, axis=1)
    return places
