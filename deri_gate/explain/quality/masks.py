"""Share of an explanation inside the mask of a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deri_gate.errors import SettingError
from deri_gate.explain.quality.maps import degenerate

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from torch import Tensor

    from deri_gate.arrays import BoolArray, FloatArray

    Mask = Tensor | npt.NDArray[np.generic]

TWO_D = 2


@dataclass(frozen=True, kw_only=True)
class MaskAgreement:
    """Explanation against mask, per image; NaN with a reason where it cannot be said.

    Attributes:
        rank_accuracy: Relevance Rank Accuracy, see `relevance_rank_accuracy`, shape (N,).
        mass_accuracy: Relevance Mass Accuracy, see `relevance_mass_accuracy`, shape (N,).
        positive_ratio: Positive Attribution Ratio, see `positive_attribution_ratio`, shape (N,).
        area: Share of the image inside the mask, shape (N,): what each of the three is
            for an explanation that knows nothing. NaN without a mask.
        reasons: Why there is no answer, "" where there is one; N texts.
    """

    rank_accuracy: FloatArray
    mass_accuracy: FloatArray
    positive_ratio: FloatArray
    area: FloatArray
    reasons: tuple[str, ...]


def mask_agreement(maps: Tensor, masks: Sequence[Mask | None] | Mask) -> MaskAgreement:
    """All three measures for maps and masks of any size.

    Args:
        maps: Shape (N, H, W), at the size in which to compare: the image's.
        masks: Per image a mask (h, w), not zero inside, or None. A mask of another size
            is brought to the map's by the nearest pixel, which may lose masks of a few pixels.

    Returns:
        Per image. An empty mask, a mask of the whole image, and a degenerate map have no
        answer; a map with negative values has no mass accuracy, see there.
    """
    if len(masks) != len(maps):
        raise SettingError(f"{len(masks)} masks for {len(maps)} maps", fix="Give one each.")
    bad = degenerate(maps).tolist()
    rows: list[tuple[float, float, float, float, str]] = []
    for values, mask, unusable in zip(maps.detach().double().cpu(), masks, bad, strict=True):
        rows.append(_agreement(values.numpy(), mask, degenerate=unusable))
    rank, mass, positive, area, reasons = zip(*rows, strict=True)
    return MaskAgreement(
        rank_accuracy=np.array(rank),
        mass_accuracy=np.array(mass),
        positive_ratio=np.array(positive),
        area=np.array(area),
        reasons=reasons,
    )


def relevance_rank_accuracy(values: FloatArray, mask: BoolArray) -> float:
    """Share of the mask's size in highest attributions that lie inside the mask.

    Of K mask pixels, the K highest attributions count. Where ties straddle the K-th place
    (a ReLU's zeros) the expectation over all ways to break them is taken.

    Args:
        values: Attributions, shape (H, W).
        mask: Shape (H, W), neither empty nor full.

    Returns:
        0 to 1 (the K highest are the mask), higher is better; the mask's area by chance.

    Source:
        Arras et al. (2022), Information Fusion 81:14, doi:10.1016/j.inffus.2021.11.008.
    """
    size = int(mask.sum())
    threshold = np.partition(values.ravel(), -size)[-size]
    above, tied = values > threshold, values == threshold
    share = (size - above.sum()) / tied.sum()
    return float(((above & mask).sum() + share * (tied & mask).sum()) / size)


def relevance_mass_accuracy(values: FloatArray, mask: BoolArray) -> float:
    """Share of all relevance that lies inside the mask.

    Its authors make maps non-negative first. With negative values the quotient has no range,
    so we give none: choose a rectified map, or `positive_attribution_ratio`, which is the same
    number on non-negative maps such as Grad-CAM's.

    Args:
        values: Attributions, shape (H, W), not all zero.
        mask: Shape (H, W), neither empty nor full.

    Returns:
        0 to 1, higher is better; the mask's area by chance. NaN when a value is negative.

    Source:
        Arras et al. (2022), Information Fusion 81:14, doi:10.1016/j.inffus.2021.11.008.
    """
    return float("nan") if values.min() < 0 else float(values[mask].sum() / values.sum())


def positive_attribution_ratio(values: FloatArray, mask: BoolArray) -> float:
    """Share of all positive attribution that lies inside the mask; negative values do not count.

    Not normalised by the mask's area, as in its source: compare with the area, or divide by it.

    Args:
        values: Attributions, shape (H, W).
        mask: Shape (H, W), neither empty nor full.

    Returns:
        0 to 1, higher is better; the mask's area by chance. NaN without a positive value.

    Source:
        Cedro & Chlebus (2024), "Beyond the Black Box: Do More Complex Deep Learning Models
        Provide Superior XAI Explanations?", after Arras et al. (2022).
    """
    positive = np.maximum(values, 0.0)
    total = positive.sum()
    return float(positive[mask].sum() / total) if total > 0 else float("nan")


def resized_mask(mask: Mask, size: tuple[int, int]) -> BoolArray:
    """The mask at another size by the nearest pixel centre; anything but 0 is inside."""
    given = mask.cpu().numpy() if isinstance(mask, torch.Tensor) else np.asarray(mask)
    if given.ndim != TWO_D or given.size == 0:
        raise SettingError(f"a mask of shape {given.shape}", fix="Give (h, w).")
    rows, columns = (
        (2 * np.arange(new) + 1) * old // (2 * new)
        for new, old in zip(size, given.shape, strict=True)
    )
    inside: BoolArray = given[np.ix_(rows, columns)] != 0
    return inside


def _agreement(
    values: FloatArray, mask: Mask | None, *, degenerate: bool
) -> tuple[float, float, float, float, str]:
    """The three measures, the area, and the reason when there are none."""
    nan = float("nan")
    if mask is None:
        return nan, nan, nan, nan, "no mask"
    inside = resized_mask(mask, (values.shape[0], values.shape[1]))
    area = float(inside.mean())
    reason = _reason(inside, degenerate=degenerate)
    if reason:
        return nan, nan, nan, area, reason
    return (
        relevance_rank_accuracy(values, inside),
        relevance_mass_accuracy(values, inside),
        positive_attribution_ratio(values, inside),
        area,
        "",
    )


def _reason(inside: BoolArray, *, degenerate: bool) -> str:
    if degenerate:
        return "degenerate map"
    if not inside.any():
        return "empty mask"
    return "mask of the whole image" if inside.all() else ""
