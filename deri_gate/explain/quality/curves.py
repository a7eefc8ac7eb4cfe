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
    view = _Removal(predict, images, targets, baseline=baseline, batch_size=batch_size)
    whole = view.probabilities(np.array([(0, i, 0, 0) for i in range(len(images))]), [])
    judged = (whole >= min_probability) & ~skip.cpu().numpy()  # NaN is not judged either
    cuts = [_cuts(order.units, steps) for order, steps in orders]
    everything = images[0, 0].numel()  # above every rank
    tasks = [_tasks(o, c, judged & (c[:, -1] > 1), everything) for o, c in enumerate(cuts)]
    todo, place = _distinct(np.concatenate([t.reshape(-1, 4) for t in tasks]))
    known = todo[:, 2] == todo[:, 3]  # nothing removed
    values = whole[todo[:, 1]]
    values[~known] = view.probabilities(todo[~known], [order.ranks for order, _ in orders])
    ends = np.cumsum([t[..., 0].size for t in tasks])[:-1]
    return [
        _curves(cut, part.reshape(2, *cut.shape), judged)
        for cut, part in zip(cuts, np.split(values[place], ends), strict=True)
    ]


class _Removal:
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
    def probabilities(self, tasks: IntArray, ranks: Sequence[Tensor]) -> FloatArray:
        """Shape (T,): for tasks (order, image, first rank removed, rank after the last), (T, 4)."""
        if len(tasks) == 0:
            return np.empty(0)
        device = self.images.device
        image, low, high = torch.from_numpy(tasks[:, 1:].T).to(device)
        turns = torch.cat([r.to(device) for r in ranks]).float() if ranks else None
        turn = image + torch.from_numpy(tasks[:, 0]).to(device) * len(self.images)
        classes = self.targets[image]
        bounds = int(classes.min()), int(classes.max())

        def compute(rows: Tensor) -> Tensor:
            rows = rows.to(device)
            pictures = self.images[image[rows]]
            if turns is not None:
                gone = _within(turns.index_select(0, turn[rows]), low[rows], high[rows])
                gone = gone[:, None].to(pictures.dtype)
                pictures = torch.lerp(pictures, self.baseline[image[rows]], gone)
            output = self.predict(pictures.contiguous(memory_format=self.layout))
            return _of_target(output, classes[rows], bounds)

        found: FloatArray = (
            in_batches(compute, len(tasks), batch_size=self.batch_size).cpu().numpy()
        )
        return found


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
        raise SettingError(f"a target is not one of the {output.shape[1]} classes")
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


def _cuts(units: IntArray, steps: int | None) -> IntArray:
    """Number of removed parts at each point of the curve, shape (N, S + 1), 0 to all."""
    if steps is not None and steps < 1:
        raise SettingError(f"{steps} steps", fix="Take at least 1.")
    own = units if steps is None else np.minimum(units, steps)
    step = np.minimum(np.arange(own.max() + 1), own[:, None])
    cuts: IntArray = (2 * units[:, None] * step + own[:, None]) // (2 * own[:, None])  # rounded
    return cuts


def _tasks(order: int, cuts: IntArray, judged: BoolArray, everything: int) -> IntArray:
    """Removals to evaluate, shape (2, N, S + 1, 4); images not judged ask for none."""
    units = cuts[:, -1:]
    table = np.zeros((2, *cuts.shape, 4), dtype=np.int64)
    table[..., 0] = order
    table[..., 1] = np.arange(len(cuts))[:, None]
    table[0, ..., 3] = cuts
    table[1, ..., 2], table[1, ..., 3] = units - cuts, units
    whole, gone = (cuts == 0) | ~judged[:, None], (cuts == units) & judged[:, None]
    table[:, whole, 0], table[:, whole, 2], table[:, whole, 3] = 0, 0, 0  # the same picture in
    table[:, gone, 0], table[:, gone, 2], table[:, gone, 3] = 0, 0, everything  # every order
    return table


def _distinct(tasks: IntArray) -> tuple[IntArray, IntArray]:
    """The different tasks in ascending order, shape (T, 4), and which of them each task is.

    Each is written as one number meanwhile, for to sort rows takes ten times as long.
    """
    limits = tuple(tasks.max(axis=0) + 1)
    codes, place = np.unique(np.ravel_multi_index(tuple(tasks.T), limits), return_inverse=True)
    return np.stack(np.unravel_index(codes, limits), axis=1), place


def _curves(cuts: IntArray, values: FloatArray, judged: BoolArray) -> Curves:
    units = cuts[:, -1:]
    return Curves(
        fractions=cuts / units,
        removal=values[0],
        inverse=values[1],
        judged=judged & (units[:, 0] > 1),
    )
