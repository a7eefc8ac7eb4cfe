"""The linear head fitted block by block: the objective of scikit-learn's, by the same optimiser.

On a GPU, and on a processor where the scores of all images would not leave room in its memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy.optimize import minimize
from torch.nn import functional

from deri_gate.errors import UnmeasurableError
from deri_gate.features.device_blocks import blocks, placed
from deri_gate.features.linear_probe import LEAST, MOST, ONE_CLASS, TWO, of_present
from deri_gate.features.torch_threads import fixed_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray
    from deri_gate.features.linear_probe import Head

SCORES = 2**27  # values of features, or scores, on a GPU at once
SCORES_OF_PROCESSOR = 2**24  # several arrays of so many lie in main memory
LINE_SEARCH = 50  # steps at most in one, as scikit-learn has it
FLAT = 64 * float(np.finfo(float).eps)  # relative gain that ends the search, as it has it
CONSTANT = 1e-6  # deviation of a feature that tells nothing


class BlockHeads:
    """Linear heads on the features of all images; on a GPU these lie there if they leave room."""

    def __init__(
        self,
        features: FloatArray,
        *,
        strength: float,
        iterations: int,
        tolerance: float,
        device: str = "cuda",
    ) -> None:
        """Copy the features once, for all fits.

        Args:
            features: Shape (N, d).
            strength: Inverse of the L2 penalty, on standardised features.
            iterations: Steps of a fit at most.
            tolerance: Largest part of the gradient at its end.
            device: Where to compute.
        """
        self._device = torch.device(device)
        self._every = placed(features.astype(np.float32, copy=False), self._device)
        self._strength = strength
        self._options: Any = {
            "maxiter": iterations,
            "gtol": tolerance,
            "maxls": LINE_SEARCH,
            "ftol": FLAT,
        }

    @fixed_threads()
    def fitted(self, membership: csr_array, inside: BoolArray, *, multilabel: bool) -> Head:
        """Fit a head on some images: weights (K, d) and bias (K,) on the raw features.

        Args:
            membership: Which image is of which class, 0/1, shape (N, K).
            inside: Images to learn from, shape (N,).
            multilabel: Whether an image may be of several classes.

        Raises:
            UnmeasurableError: With fewer than two classes, where an image is of one.
        """
        mean, deviation = self.moments(inside)
        deviation = np.where(deviation < CONSTANT, 1.0, deviation)
        fit = self._independent if multilabel else self._exclusive
        weights, bias = fit(membership, _Standard.of(inside, mean, deviation, self._device))
        weights = weights / deviation
        return weights.astype(np.float32), (bias - weights @ mean).astype(np.float32)

    @torch.inference_mode()
    def moments(self, inside: BoolArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of each feature over some images, shape (d,) both."""
        weights = torch.from_numpy(inside.astype(np.float64)).to(self._device)
        total = torch.zeros(self._every.shape[1], dtype=torch.float64, device=self._device)
        for rows, part in self._blocks(1):
            total += part.double().T @ weights[rows]
        mean = total / inside.sum()
        square = torch.zeros_like(total)
        for rows, part in self._blocks(1):
            square += (part.double() - mean).square_().T @ weights[rows]
        return mean.cpu().numpy(), (square / inside.sum()).sqrt().cpu().numpy()

    def _exclusive(self, membership: csr_array, some: _Standard) -> Head:
        labels = np.asarray(membership.argmax(axis=1)).ravel()
        present = np.unique(labels[some.inside])
        if len(present) < TWO:
            raise UnmeasurableError(ONE_CLASS)
        own = np.searchsorted(present, labels).clip(max=len(present) - 1)  # of others, any
        heads = 1 if len(present) == TWO else len(present)
        weights, bias = self._fitted(heads, torch.from_numpy(own).to(self._device), some)
        return of_present(weights, bias, present, membership.shape[1])

    def _independent(self, membership: csr_array, some: _Standard) -> Head:
        weights = np.zeros((membership.shape[1], self._every.shape[1]))
        bias = np.full(membership.shape[1], LEAST)
        for k in range(membership.shape[1]):
            own = membership[:, [k]].toarray().ravel() > 0
            if own[some.inside].all():
                bias[k] = MOST
            elif own[some.inside].any():
                head = self._fitted(1, torch.from_numpy(own).to(self._device), some)
                weights[k], bias[k] = head[0][0], head[1][0]
        return weights, bias

    def _fitted(self, heads: int, own: torch.Tensor, some: _Standard) -> Head:
        """Weights and bias, a row a head, on standardised features.

        Args:
            heads: Number of classes, or one for an image being of a class.
            own: Class of each image, or whether it is of the class, shape (N,).
            some: Images to learn from.
        """
        width = self._every.shape[1]
        images = int(some.inside.sum())
        penalty = 1 / (self._strength * images)

        def loss_and_gradient(flat: FloatArray) -> tuple[float, FloatArray]:
            head = flat.reshape(heads, width + 1)
            loss, slope = self._loss_and_slope(torch.from_numpy(head).to(self._device), own, some)
            gradient = slope / images
            gradient[:, :-1] += penalty * head[:, :-1]
            squares = float(np.square(head[:, :-1]).sum())
            return loss / images + penalty * squares / 2, gradient.ravel()

        fit: Any = minimize(
            loss_and_gradient,
            np.zeros(heads * (width + 1)),
            method="L-BFGS-B",
            jac=True,
            options=self._options,
        )
        head = fit.x.reshape(heads, width + 1)
        return head[:, :-1], head[:, -1]

    @torch.inference_mode()
    def _loss_and_slope(
        self, head: torch.Tensor, own: torch.Tensor, some: _Standard
    ) -> tuple[float, FloatArray]:
        """Sum of the losses of the images, and its slope by the head, shape (heads, d + 1)."""
        head = head.float()
        loss = torch.zeros((), dtype=torch.float64, device=self._device)
        slope = torch.zeros(head.shape, dtype=torch.float64, device=self._device)
        for rows, part in self._blocks(len(head)):
            standard = (part - some.shift) * some.scale
            scores = torch.addmm(head[:, -1], standard, head[:, :-1].T)
            losses, error = _loss(scores, own[rows])
            error = error * some.weights[rows, None]
            loss += (losses * some.weights[rows]).sum(dtype=torch.float64)
            slope[:, :-1] += error.T @ standard
            slope[:, -1] += error.sum(dim=0, dtype=torch.float64)
        return float(loss), slope.cpu().numpy()

    def _blocks(self, heads: int) -> Iterator[tuple[slice, torch.Tensor]]:
        at_once = SCORES if self._device.type == "cuda" else SCORES_OF_PROCESSOR
        size = max(1, at_once // max(heads, self._every.shape[1]))
        return blocks(self._every, size, self._device)


@dataclass(frozen=True, kw_only=True)
class _Standard:
    """Images to learn from, and how their features are standardised.

    Attributes:
        inside: True for these, shape (N,).
        weights: 1 for these, 0 for others, shape (N,), on the device.
        shift: What is taken off each feature, shape (d,), on the device.
        scale: By what it is multiplied then, shape (d,), on the device.
    """

    inside: BoolArray
    weights: torch.Tensor
    shift: torch.Tensor
    scale: torch.Tensor

    @classmethod
    def of(
        cls, inside: BoolArray, mean: FloatArray, deviation: FloatArray, device: torch.device
    ) -> _Standard:
        def there(values: FloatArray | BoolArray) -> torch.Tensor:
            return torch.from_numpy(values.astype(np.float32)).to(device)

        return cls(
            inside=inside,
            weights=there(inside),
            shift=there(mean),
            scale=there(1 / deviation),
        )


def _loss(scores: torch.Tensor, own: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Loss of each image, shape (B,), and its slope by the scores, shape (B, heads)."""
    if scores.shape[1] == 1:
        alone, is_own = scores[:, 0], own.float()
        return functional.softplus(alone) - is_own * alone, (alone.sigmoid() - is_own)[:, None]
    logs = scores.log_softmax(dim=1)
    error = logs.exp()
    error[torch.arange(len(own), device=own.device), own] -= 1
    return -logs.gather(1, own[:, None])[:, 0], error
