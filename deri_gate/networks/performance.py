"""Performance of predictions: balanced accuracy, accuracy, macro AUC, recalls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray


@dataclass(frozen=True, kw_only=True)
class Performance:
    """Performance of a network on unseen images; all from 0 to 1, higher is better.

    Attributes:
        balanced_accuracy: Mean recall over the classes that occur; with several labels an image,
            mean over labels of the mean of sensitivity and specificity. None if undefined.
        accuracy: Share of right answers; with several labels, mean over labels.
        auc: Macro mean over classes of the area under the curve of one against the rest.
        recalls: Per class, None where the class has no image.
        reason: Why something is None; empty when nothing is.
    """

    balanced_accuracy: float | None
    accuracy: float | None
    auc: float | None
    recalls: tuple[float | None, ...]
    reason: str = ""


def performance(
    probabilities: FloatArray,
    truth: BoolArray,
    *,
    multilabel: bool,
    classes: tuple[str, ...],
    expected: BoolArray,
) -> Performance:
    """Judge predictions.

    Args:
        probabilities: Per image and class, shape (N, K), N >= 1.
        truth: Whether the image is of the class, shape (N, K).
        multilabel: Whether classes are independent (0.5 decides) or the highest wins.
        classes: Their names, for the reason.
        expected: Which classes occur in the dataset at all, shape (K,).
    """
    if not np.isfinite(probabilities).all():
        return nothing(len(classes), "the network diverged: its predictions are not numbers")
    present = truth.any(axis=0)
    if multilabel:
        predicted = probabilities >= 0.5  # noqa: PLR2004
    else:
        predicted = np.zeros_like(truth)
        predicted[np.arange(len(predicted)), probabilities.argmax(axis=1)] = True
    hits, positives = (predicted & truth).sum(axis=0), truth.sum(axis=0)
    recalls = [float(hits[k] / positives[k]) if positives[k] else None for k in range(len(classes))]
    auc, reason = _auc(probabilities, truth, classes, expected)
    balanced = (
        _mean_over_labels(predicted, truth)
        if multilabel
        else float((hits[present] / positives[present]).mean())
    )
    return Performance(
        balanced_accuracy=balanced,
        accuracy=float(
            (predicted == truth)[:, present].mean()
            if multilabel
            else (predicted & truth).any(axis=1).mean()
        ),
        auc=auc,
        recalls=tuple(recalls),
        reason=reason,
    )


def nothing(classes: int, reason: str) -> Performance:
    """No figure at all, for a reason."""
    return Performance(
        balanced_accuracy=None, accuracy=None, auc=None, recalls=(None,) * classes, reason=reason
    )


def _mean_over_labels(said: BoolArray, truth: BoolArray) -> float | None:
    """Over the labels that some images bear and some do not; None if there is none."""
    both = truth.any(axis=0) & ~truth.all(axis=0)
    if not both.any():
        return None
    said, truth = said[:, both], truth[:, both]
    sensitivity = (said & truth).sum(axis=0) / truth.sum(axis=0)
    specificity = (~said & ~truth).sum(axis=0) / (~truth).sum(axis=0)
    return float((sensitivity + specificity).mean() / 2)


def _auc(
    probabilities: FloatArray, truth: BoolArray, classes: tuple[str, ...], expected: BoolArray
) -> tuple[float | None, str]:
    """Macro AUC by the ranks of the positives (Mann and Whitney), or None and why."""
    positives = truth.sum(axis=0)
    for lacking, what in ((positives == 0, "no image"), (positives == len(truth), "every image")):
        if (expected & lacking).any():
            name = classes[int(np.flatnonzero(expected & lacking)[0])]
            return None, f"AUC is undefined: {what} of the validation is of class {name!r}"
    asked = np.flatnonzero(expected)
    n, negatives = positives[asked], len(truth) - positives[asked]
    ranks = scipy.stats.rankdata(probabilities[:, asked], axis=0)
    above = (ranks * truth[:, asked]).sum(axis=0) - n * (n + 1) / 2
    return float((above / (n * negatives)).mean()), ""
