"""Stability of a heat map when the image changes by less than anyone can see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deri_gate.errors import SettingError
from deri_gate.explain.quality.batching import BATCH_SIZE, in_batches
from deri_gate.explain.quality.curves import check_batch
from deri_gate.explain.quality.maps import degenerate
from deri_gate.explain.quality.ordering import content_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from deri_gate.arrays import FloatArray

    Explain = Callable[[Tensor, Tensor], Tensor]  # images, targets (B,) to maps (B, h, w)

COPIES = 4
SIGMA = 2 / 255


@dataclass(frozen=True, kw_only=True)
class Stability:
    """Likeness of an image's map to the maps of its perturbed copies; NaN for degenerate maps.

    Attributes:
        mean: Over the copies, shape (N,), -1 to 1 (the same map but for scale), higher is better.
        worst: Lowest over the copies, shape (N,), the same scale.
    """

    mean: FloatArray
    worst: FloatArray


def map_stability(
    explain: Explain,
    images: Tensor,
    targets: Tensor,
    *,
    maps: Tensor | None = None,
    keys: Sequence[int] | None = None,
    copies: int = COPIES,
    sigma: float = SIGMA,
    batch_size: int = BATCH_SIZE,
) -> Stability:
    """Correlation of a heat map with those of invisibly perturbed copies of its image.

    Copies get Gaussian noise, seeded by the image's key and the copy's number, and are not clipped.

    Args:
        explain: Images (B, C, H, W) and targets (B,) to maps (B, h, w); no randomness.
        images: Shape (N, C, H, W), floating point.
        targets: Class to explain, shape (N,), int64; the same for an image and its copies.
        maps: What `explain` says of `images`, if known already; shape (N, h, w).
        keys: Seed of each image, non-negative; by default from its content.
        copies: Perturbed copies an image, at least 1; each costs an explanation.
        sigma: Standard deviation of the noise in the units of `images`. The default is two of
            255 levels for images over 0..1; multiply as your normalisation does.
        batch_size: Images a call of `explain`, always this many.

    Returns:
        Per image, by `likeness`. A copy whose map is degenerate counts 0: nothing is left.

    Source:
        Yeh et al. (2019), NeurIPS (the worst case in a neighbourhood); Adebayo et al. (2018),
        NeurIPS (likeness of maps).
    """
    check_batch(images, targets)
    if copies < 1 or not sigma > 0:
        raise SettingError(f"{copies} copies at sigma {sigma}", fix="Take 1 or more, above 0.")
    own = content_keys(images) if keys is None else keys
    classes = targets.to(images.device)

    def plain(rows: Tensor) -> Tensor:
        rows = rows.to(images.device)
        return explain(images[rows], classes[rows]).detach()

    def perturbed(tasks: Tensor) -> Tensor:
        shape = images.shape[1:]
        pairs = [divmod(task, copies) for task in tasks.tolist()]
        noise = torch.stack([_noise(own[i], copy, shape) for i, copy in pairs])
        rows = (tasks // copies).to(images.device)
        shaken = images[rows] + sigma * noise.to(images.device, images.dtype)
        return explain(shaken, classes[rows]).detach()

    base = in_batches(plain, len(images), batch_size=batch_size) if maps is None else maps
    others = in_batches(perturbed, len(images) * copies, batch_size=batch_size)
    alike = likeness(base.repeat_interleave(copies, 0), others).reshape(-1, copies)
    return Stability(mean=alike.mean(axis=1), worst=alike.min(axis=1))


def likeness(maps: Tensor, others: Tensor) -> FloatArray:
    """Correlation of maps: 1 the same but for scale and offset, about 0 unrelated, -1 opposite.

    Pearson's, and not the plain cosine, because maps after a ReLU are non-negative and unrelated
    ones have a cosine of about .75; not Spearman's, because a coarse map's ranks
    hang on differences among cells that are all but zero; not SSIM, whose window is larger
    than a map of 4 x 4 cells.

    Args:
        maps: Shape (B, h, w).
        others: Shape (B, h, w).

    Returns:
        Shape (B,); NaN where `maps` is degenerate, 0 where only `others` is.
    """
    known, repeated = (m.detach().cpu().double().flatten(1) for m in (maps, others))
    centred = [m - m.mean(1, keepdim=True) for m in (known, repeated)]
    norms = [c.norm(dim=1) for c in centred]
    cosine = (centred[0] * centred[1]).sum(1) / (norms[0] * norms[1])
    lost = degenerate(others).cpu()
    alike = torch.where(lost, 0.0, cosine.clamp(-1, 1))
    alike[degenerate(maps).cpu()] = torch.nan
    values: FloatArray = alike.numpy()
    return values


def _noise(key: int, copy: int, shape: Sequence[int]) -> Tensor:
    draws = np.random.default_rng([key, copy]).standard_normal(shape, dtype=np.float32)
    return torch.from_numpy(draws)
