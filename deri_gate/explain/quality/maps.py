"""Heat maps of a network that ends in pooling and a linear layer, and what is wrong with a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor


def class_maps(feature_maps: Tensor, class_weights: Tensor) -> Tensor:
    """Class activation map of a network that ends in pooling plus a linear layer.

    For such a network this is Grad-CAM at the last feature maps without a backward pass: the
    gradient of the class score is the class's weight, the same everywhere, over the map's size.
    Package grad-cam also takes off each map's minimum, which is 0 unless the whole map is positive.

    Args:
        feature_maps: What the pooling averages, shape (B, C, h, w).
        class_weights: Row of the linear layer for the class to explain, shape (B, C).

    Returns:
        Shape (B, h, w), 0 (no evidence, or evidence against) to 1 (the map's own maximum). A map
        without positive evidence stays all zero, NaN stays NaN: see `degenerate`.

    Source:
        Zhou et al. (2016), CVPR, doi:10.1109/CVPR.2016.319 (CAM); Selvaraju et al. (2017), ICCV,
        doi:10.1109/ICCV.2017.74 (ReLU, equality with Grad-CAM).
    """
    evidence = torch.einsum("bchw,bc->bhw", feature_maps, class_weights).relu()
    peak = evidence.amax(dim=(1, 2), keepdim=True)
    return evidence / torch.where(peak == 0, 1, peak)


def degenerate(maps: Tensor) -> Tensor:
    """True for maps that order nothing: all zero, constant, or with a value that is no number.

    A map is constant when its values lie within a millionth of its largest magnitude, which
    is what rounding leaves of one value.

    Args:
        maps: Shape (B, h, w); a single cell is a constant map.

    Returns:
        Shape (B,), bool, on the device of `maps`.
    """
    flat = maps.flatten(1).double()
    spread = flat.amax(1) - flat.amin(1)  # NaN and infinity reach the spread and fail below
    return ~(spread > 1e-6 * flat.abs().amax(1)) | ~flat.isfinite().all(1)


def upsample(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps at the size of their images, bilinear; a cell's value stays at the cell's centre.

    Interpolation stays within the values of the map: 0..1 stays 0..1, constant stays constant.

    Args:
        maps: Shape (B, h, w), floating point.
        size: Height and width wanted; smaller is possible (then without anti-aliasing).

    Returns:
        Shape (B, *size); `maps` itself when the size is right already.
    """
    if tuple(maps.shape[1:]) == tuple(size):
        return maps
    return functional.interpolate(maps[:, None], size, mode="bilinear", align_corners=False)[:, 0]
