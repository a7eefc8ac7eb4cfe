"""The probability of a class while an image's parts are removed, batched over images and steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deri_gate.errors import SettingError
from deri_gate.explain.quality.batching import forward_batch, in_batches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.explain.quality.ordering import Order

    Predict = Callable[[Tensor], Tensor]  # images (B, C, H, W) to probabilities (B, K)

MIN_PROBABILITY = 1e-3
# Columns of an array of removals: from an image, the parts of these ranks in an order are removed,
# from the first to the last before END.
ORDER, IMAGE, FIRST, END = range(4)


@dataclass(frozen=True, kw_only=True)
class Curves:
    """Probability of the target class while more and more of the image is removed.

    Attributes:
        fractions: Share of the parts removed, 0 to 1, ascending, shape (N, S + 1).
        removal: Probability with that share removed, the highest attribution first.
        inverse: The curve with the lowest attribution first.
        judged: False where the unperturbed probability is about 0, the map is degenerate, or the
            image is a single part; `removal` and `inverse` mean nothing there. Shape (N,).
    """

    fractions: FloatArray
    removal: FloatArray
    inverse: FloatArray
    judged: BoolArray


def removal_curves(
    predict: Predict,
    images: Tensor,
    targets: Tensor,
    *,
    orders: Sequence[tuple[Order, int | None]],
    skip: Tensor,
    baseline: Tensor | float | None = None,
    min_probability: float = MIN_PROBABILITY,
    batch_size: int | None = None,
) -> list[Curves]:
    """Removal curves of several orders, forwards and backwards; no picture is judged twice.

    Args:
        predict: Images (B, C, H, W) to class probabilities (B, K); no randomness.
        images: Shape (N, C, H, W), floating point, on the device where `predict` works.
        targets: Class to look at, shape (N,).
        orders: Orders with the number of steps of each (None: every part).
        skip: Degenerate maps: not judged, and not computed beyond the unperturbed image; (N,).
        baseline: Colour of removed pixels, by default the image's own mean.
        min_probability: Images with a lower unperturbed probability are not judged.
        batch_size: Images per forward pass, always this many.

    Returns:
        One `Curves` an order. Curves of images with fewer parts than steps end in repeats of 1.

    Raises:
        SettingError: If shapes, targets or steps do not fit.
    """
    model = _MaskedModel(predict, images, targets, baseline=baseline, batch_size=batch_size)
    unperturbed = model.probabilities(_nothing_removed(len(images)), [])
    judged = (unperturbed >= min_probability) & ~skip.cpu().numpy()  # NaN is not judged either
    counts = [_removed_counts(order.units, steps) for order, steps in orders]
    everything = images[0, 0].numel()  # above every rank
    removals = [
        _removals(number, count, judged & (count[:, -1] > 1), everything)
        for number, count in enumerate(counts)
    ]
    values = _evaluated(model, removals, [order.ranks for order, _ in orders], unperturbed)
    return [_curves(count, found, judged) for count, found in zip(counts, values, strict=True)]


def _evaluated(
    model: _MaskedModel,
    removals: Sequence[IntArray],
    ranks: Sequence[Tensor],
    unperturbed: FloatArray,
) -> list[FloatArray]:
    """Probability after each removal, an array of shape (2, N, S + 1) per order.

    Orders ask for many of the same pictures; each is predicted once.
    """
    distinct, place = _distinct(np.concatenate([removal.reshape(-1, 4) for removal in removals]))
    changed = distinct[:, FIRST] != distinct[:, END]
    values = unperturbed[distinct[:, IMAGE]]
    values[changed] = model.probabilities(distinct[changed], ranks)
    ends = np.cumsum([removal[..., 0].size for removal in removals])[:-1]
    parts = np.split(values[place], ends)
    return [part.reshape(removal.shape[:-1]) for part, removal in zip(parts, removals, strict=True)]


class _MaskedModel:
    """Probabilities of the targets with ranges of ranks replaced by the baseline."""

    def __init__(
        self,
        predict: Predict,
        images: Tensor,
        targets: Tensor,
        *,
        baseline: Tensor | float | None,
        batch_size: int | None,
    ) -> None:
        check_batch(images, targets)
        self.predict, self.batch_size = predict, batch_size or forward_batch(images)
        self.images, self.targets = images.detach(), targets.to(images.device)
        self.baseline = _baseline(self.images, baseline)
        last = images.is_contiguous(memory_format=torch.channels_last)
        self.layout = torch.channels_last if last else torch.contiguous_format

    @torch.inference_mode()
    def probabilities(self, removals: IntArray, ranks: Sequence[Tensor]) -> FloatArray:
        """Probabilities of the targets after these removals, (T, 4) to (T,)."""
        if len(removals) == 0:
            return np.empty(0)
        device = self.images.device
        image, first, end = torch.from_numpy(removals[:, IMAGE:].T).to(device)
        all_ranks = torch.cat([rank.to(device) for rank in ranks]).float() if ranks else None
        order = torch.from_numpy(removals[:, ORDER]).to(device)
        rank_row = order * len(self.images) + image
        classes = self.targets[image]
        bounds = int(classes.min()), int(classes.max())

        def compute(rows: Tensor) -> Tensor:
            rows = rows.to(device)
            pictures = self.images[image[rows]]
            if all_ranks is not None:
                gone = _within(all_ranks.index_select(0, rank_row[rows]), first[rows], end[rows])
                gone = gone[:, None].to(pictures.dtype)
                pictures = torch.lerp(pictures, self.baseline[image[rows]], gone)
            output = self.predict(pictures.contiguous(memory_format=self.layout))
            return _of_target(output, classes[rows], bounds)

        probabilities: FloatArray = (
            in_batches(compute, len(removals), batch_size=self.batch_size).cpu().numpy()
        )
        return probabilities


def _within(ranks: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """1 where a rank is in its row's range, 0 elsewhere; ranks and limits are whole numbers.

    Not compared but clamped, as pictures are not chosen but mixed by 0 and 1 afterwards: on a CPU
    both take a fraction of the time and give the same to the last bit.
    """
    low, high = (edge.float()[:, None, None] - 1 for edge in (low, high))
    return (ranks - low).clamp(0, 1) - (ranks - high).clamp(0, 1)


def _of_target(output: Tensor, targets: Tensor, bounds: tuple[int, int]) -> Tensor:
    """The targets' probabilities in double precision, shape (B,); all targets lie in `bounds`."""
    if output.ndim != 2 or output.shape[0] != len(targets):  # noqa: PLR2004
        raise SettingError(f"predictions of shape {tuple(output.shape)}", fix="Return (B, K).")
    if bounds[0] < 0 or bounds[1] >= output.shape[1]:
        fix = "Number them from 0."
        raise SettingError(f"a target is not one of the {output.shape[1]} classes", fix=fix)
    return output.gather(1, targets.to(output.device)[:, None])[:, 0].double()


def check_batch(images: Tensor, targets: Tensor) -> None:
    """Check that these can be images and their targets.

    Raises:
        SettingError: If a shape or type does not fit.
    """
    if images.ndim != 4 or len(images) == 0 or not images.is_floating_point():  # noqa: PLR2004
        fix = "Give floats of shape (N, C, H, W), N at least 1."
        raise SettingError(f"images of shape {tuple(images.shape)}, {images.dtype}", fix=fix)
    if tuple(targets.shape) != (len(images),) or targets.dtype != torch.int64:
        fix = f"Give int64 of shape ({len(images)},)."
        raise SettingError(f"targets of shape {tuple(targets.shape)}, {targets.dtype}", fix=fix)


def _baseline(images: Tensor, baseline: Tensor | float | None) -> Tensor:
    if baseline is None:  # in double precision the last digit does not hang on the memory layout
        return images.double().mean(dim=(2, 3), keepdim=True).to(images.dtype)
    given = torch.as_tensor(baseline, dtype=images.dtype, device=images.device)
    return given.broadcast_to(images.shape)


def _removed_counts(units: IntArray, steps: int | None) -> IntArray:
    """Number of removed parts at each point of the curve, shape (N, S + 1), 0 to all."""
    if steps is not None and steps < 1:
        raise SettingError(f"{steps} steps", fix="Take at least 1.")
    own = units if steps is None else np.minimum(units, steps)
    step = np.minimum(np.arange(own.max() + 1), own[:, None])
    counts: IntArray = (2 * units[:, None] * step + own[:, None]) // (2 * own[:, None])  # rounded
    return counts


def _nothing_removed(images: int) -> IntArray:
    """A removal of nothing from each image, shape (N, 4)."""
    removals = np.zeros((images, 4), dtype=np.int64)
    removals[:, IMAGE] = np.arange(images)
    return removals


def _removals(order: int, counts: IntArray, judged: BoolArray, everything: int) -> IntArray:
    """Removals of both curves of an order, shape (2, N, S + 1, 4).

    Nothing is removed from images that are not judged. A picture that is the same in every order,
    with nothing or everything removed, is written as one of order 0.
    """
    units = counts[:, -1:]
    removals = np.zeros((2, *counts.shape, 4), dtype=np.int64)
    highest_first, lowest_first = removals
    removals[..., ORDER] = order
    removals[..., IMAGE] = np.arange(len(counts))[:, None]
    highest_first[..., END] = counts
    lowest_first[..., FIRST], lowest_first[..., END] = units - counts, units
    nothing = (counts == 0) | ~judged[:, None]
    everywhere = (counts == units) & judged[:, None]
    for same, end in ((nothing, 0), (everywhere, everything)):
        removals[:, same, ORDER], removals[:, same, FIRST], removals[:, same, END] = 0, 0, end
    return removals


def _distinct(removals: IntArray) -> tuple[IntArray, IntArray]:
    """The different removals, ascending, shape (T, 4), and the position of each among them.

    A removal is encoded as one number meanwhile: to sort rows takes ten times as long.
    """
    limits = tuple(removals.max(axis=0) + 1)
    codes, place = np.unique(np.ravel_multi_index(tuple(removals.T), limits), return_inverse=True)
    return np.stack(np.unravel_index(codes, limits), axis=1), place


def _curves(counts: IntArray, values: FloatArray, judged: BoolArray) -> Curves:
    units = counts[:, -1:]
    return Curves(
        fractions=counts / units,
        removal=values[0],
        inverse=values[1],
        judged=judged & (units[:, 0] > 1),
    )
