"""Effect on a prediction of removing an image's parts in an explanation's order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from deri_gate.errors import SettingError
from deri_gate.explain.quality.curves import MIN_PROBABILITY, Curves, check_batch, removal_curves
from deri_gate.explain.quality.maps import degenerate, upsample
from deri_gate.explain.quality.ordering import content_keys, pixel_order, segment_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.explain.quality.curves import Predict


STEPS = 8


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Quality of the order of an image's parts; NaN where it is undefined.

    Attributes:
        value: Quality of the explanation, shape (N,), 0 to 1, higher is better.
        inverse: Quality of the explanation that orders the parts in reverse, the same scale.
        gap: `value` - `inverse`, -1 to 1: near 0 the order carries no information, below 0 it
            is worse than chance.

    Source:
        Quality Gap Estimate (QGE): "Evaluate with the Inverse: Efficient Approximation of Latent
        Explanation Quality Distribution" (2025), AAAI.
    """

    value: FloatArray
    inverse: FloatArray
    gap: FloatArray


def irof(
    predict: Predict,
    images: Tensor,
    targets: Tensor,
    *,
    maps: Tensor,
    segments: IntArray,
    steps: int | None = None,
    keys: Sequence[int] | None = None,
    min_probability: float = MIN_PROBABILITY,
    batch_size: int | None = None,
) -> Quality:
    """IROF: fall of a class's probability as the hottest superpixels are removed.

    Superpixels are ranked by mean attribution and replaced one after another by the image's own
    mean colour. The value is the area over the curve of the probability relative to the
    unperturbed one. That ratio is held at 1: a probability that rises is not a worse answer than
    one that stays, and the value keeps its range. The area is over the *share* of superpixels
    removed (trapezoids), so images of different sizes and numbers of superpixels compare.

    Args:
        predict: Images (B, C, H, W) to class probabilities (B, K); no randomness.
        images: Shape (N, C, H, W), floating point, on the device where `predict` works.
        targets: Class to look at, shape (N,).
        maps: Attributions, shape (N, h, w); brought to the images' size if they are not.
        segments: Superpixels, shape (N, H, W), see `superpixels_of`.
        steps: Into how many equal shares the removal is cut, the cost being about 2 * steps
            forward passes an image. None, or more than there are: every superpixel.
        keys: Seed of each image for ties in its map; by default from its content.
        min_probability: Images with a lower unperturbed probability are not judged.
        batch_size: Images a forward pass, always this many: results depend neither on the
            number nor on the order of the images. By default 16 to 64, by the size of an image.

    Returns:
        Per image; NaN for degenerate maps, single superpixels and probabilities about 0.

    Source:
        Rieger & Hansen (2020), arXiv:2003.08747.
    """
    check_batch(images, targets)
    order = segment_order(_fitted(maps, images), segments, _keys(keys, images))
    (curves,) = removal_curves(
        predict,
        images,
        targets,
        orders=[(order, steps)],
        skip=degenerate(maps),
        min_probability=min_probability,
        batch_size=batch_size,
    )
    return removal_quality(curves)


def pixel_flipping(
    predict: Predict,
    images: Tensor,
    targets: Tensor,
    *,
    maps: Tensor,
    steps: int = STEPS,
    mode: Literal["removal", "insertion"] = "removal",
    baseline: Tensor | float | None = None,
    keys: Sequence[int] | None = None,
    min_probability: float = MIN_PROBABILITY,
    batch_size: int | None = None,
) -> Quality:
    """Pixel flipping: fall (or return) of a class's probability with the hottest pixels.

    Removal replaces pixels by the baseline, all channels at once, the highest attribution first:
    the value is the area over the curve of the relative probability, as in `irof`. Insertion starts
    from the baseline and puts the highest attribution back first: the area under the curve.
    To insert the top share is to remove the rest from the bottom, so both are read off the same
    curves and have the *same* gap: the inverse's removal, mirrored, is the insertion.

    Args:
        predict: Images (B, C, H, W) to class probabilities (B, K); no randomness.
        images: Shape (N, C, H, W), floating point, on the device where `predict` works.
        targets: Class to look at, shape (N,).
        maps: Attributions, shape (N, h, w); brought to the images' size if they are not.
        steps: Into how many equal shares of the pixels the removal is cut, at least 1.
        mode: "removal" or "insertion".
        baseline: What a pixel is replaced by, a number or a tensor that broadcasts to `images`; by
            default the image's own mean colour.
        keys: Seed of each image for ties in its map; by default from its content.
        min_probability: Images with a lower unperturbed probability are not judged.
        batch_size: Images per forward pass, always this many.

    Returns:
        Per image; 0 to 1, higher is better in both modes; NaN as in `irof`.

    Source:
        Bach et al. (2015), PLoS ONE 10:e0130140; Samek et al. (2017), TNNLS,
        doi:10.1109/TNNLS.2016.2599820; insertion: Petsiuk et al. (2018), arXiv:1806.07421.
    """
    check_batch(images, targets)
    if mode not in ("removal", "insertion"):
        raise SettingError(f"no mode {mode!r}", fix='Say "removal" or "insertion".')
    (curves,) = removal_curves(
        predict,
        images,
        targets,
        orders=[(pixel_order(_fitted(maps, images), _keys(keys, images)), steps)],
        skip=degenerate(maps),
        baseline=baseline,
        min_probability=min_probability,
        batch_size=batch_size,
    )
    return removal_quality(curves) if mode == "removal" else insertion_quality(curves)


def removal_quality(curves: Curves) -> Quality:
    """Area over the curves of relative probability: the top parts' removal should hurt."""
    return _quality(curves, 1 - _area(curves, curves.removal), 1 - _area(curves, curves.inverse))


def insertion_quality(curves: Curves) -> Quality:
    """Area under the curves, read backwards: the top parts alone should carry the class."""
    return _quality(curves, _area(curves, curves.inverse), _area(curves, curves.removal))


def _area(curves: Curves, probability: FloatArray) -> FloatArray:
    """Mean of the relative probability, held at 1, over the share removed; shape (N,)."""
    start = np.where(curves.judged, probability[:, 0], 1.0)[:, None]
    ratio = np.clip(probability / start, 0.0, 1.0)
    area: FloatArray = np.sum(
        np.diff(curves.fractions, axis=1) * (ratio[:, 1:] + ratio[:, :-1]) / 2, axis=1
    )
    return area


def _quality(curves: Curves, value: FloatArray, inverse: FloatArray) -> Quality:
    value, inverse = (np.where(curves.judged, v, np.nan) for v in (value, inverse))
    return Quality(value=value, inverse=inverse, gap=value - inverse)


def _fitted(maps: Tensor, images: Tensor) -> Tensor:
    if maps.ndim != 3 or len(maps) != len(images):  # noqa: PLR2004
        fix = f"Give ({len(images)}, h, w)."
        raise SettingError(f"maps of shape {tuple(maps.shape)}", fix=fix)
    height, width = images.shape[2:]
    return upsample(maps.detach(), (height, width))


def _keys(keys: Sequence[int] | None, images: Tensor) -> Sequence[int]:
    return content_keys(images) if keys is None else keys
