"""A small model of the labels: a linear head on the frozen encoder, fitted deterministically."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy

from deri_gate import features as feature_modules
from deri_gate.errors import UnmeasurableError
from deri_gate.features.neighbours import uses_cuda
from deri_gate.metrics.records import Probe
from deri_gate.runtime.large_arrays import blocks_of, chosen_rows, each_block, large_array
from deri_gate.stats.moments import column_moments

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.features.block_probe import BlockHeads
    from deri_gate.runtime.device import Device

    Head = tuple[FloatArray, FloatArray]  # weights (K, d) and bias (K,)

STRENGTH = 0.003  # inverse L2 penalty on standardised features; a weaker one learns wrong labels
ITERATIONS = 200
TWO = 2
ONE_CLASS = "a probe needs two classes to tell apart"
ONE_GROUP = (
    "a probe is tried on images that it has not learnt from, whole groups of them, and without "
    "one of the groups fewer than two classes are left"
)
TOLERANCE = 1e-3  # largest part of the gradient at the end
MOST, LEAST = 1e3, -1e3  # scores of a class that all images are of, or none
# Images by classes from which on the head is fitted block by block, to other last bits: more than
# a probe that is kept may have.
SCORES = 2**27
MANY_CLASSES = "The number of unique classes is greater than 50% of the number of samples"
VERSION = 2  # raised whenever the same features and labels would give another probe


def probe_of(
    features: FloatArray,
    dataset: Dataset,
    *,
    folds: int,
    seed: int,
    device: Device = "cpu",
    tick: Callable[[int], object] = lambda done: done,
) -> Probe:
    """Fit the head on a dataset, images of one group in one fold.

    Args:
        features: Features of its images, shape (N, d).
        dataset: Whose labels and groups count.
        folds: How many folds.
        seed: Seed of the assignment to folds.
        device: "cpu" for none but the processor, else a GPU where there is one and it pays.
        tick: Told of every fit that is done.

    Raises:
        UnmeasurableError: As of `fit_probe`.
    """
    own = dataset.membership
    parts = stratified_folds(own, folds=folds, seed=seed, groups=dataset.groups)
    return fit_probe(
        features, own, multilabel=dataset.multilabel, folds=parts, device=device, tick=tick
    )


def fit_probe(
    features: FloatArray,
    membership: csr_array,
    *,
    multilabel: bool,
    folds: IntArray,
    device: Device = "cpu",
    tick: Callable[[int], object] = lambda done: done,
) -> Probe:
    """Fit the head on all images, and once more for each fold without it.

    Args:
        features: Pooled features, shape (N, d).
        membership: Which image is of which class, 0/1, shape (N, K).
        multilabel: Whether an image may be of several classes.
        folds: Which fold each image is in, shape (N,).
        device: "cpu" for none but the processor, else a GPU where there is one and it pays.
        tick: Told of every fit that is done.

    Raises:
        UnmeasurableError: With fewer than two classes, or a fold whose absence leaves one.
    """
    classes = membership.shape[1]
    head_of = _head_of(features, membership, multilabel=multilabel, device=device)
    weights, bias = head_of(np.ones(len(features), dtype=bool))
    tick(1)
    out_of_fold = large_array((len(features), classes), np.float32)
    for fold in np.unique(folds):
        inside = folds == fold
        if not _tells_apart(membership[~inside], multilabel=multilabel):
            raise UnmeasurableError(ONE_GROUP)
        weights_without, bias_without = head_of(~inside)
        asked = np.flatnonzero(inside)
        for rows in blocks_of(asked, max(features.shape[1], classes)):
            scores = features[asked[rows]] @ weights_without.T + bias_without
            out_of_fold[asked[rows]] = probabilities(scores, multilabel=multilabel)
        tick(1)
    return Probe(weights=weights, bias=bias, out_of_fold=out_of_fold, multilabel=multilabel)


def _tells_apart(membership: csr_array, *, multilabel: bool) -> bool:
    """True if there is something to learn: two classes, or any image of several labels."""
    if multilabel:
        return bool(membership.shape[0])
    return int(np.count_nonzero(membership.sum(axis=0))) >= TWO


def _head_of(
    features: FloatArray, membership: csr_array, *, multilabel: bool, device: Device
) -> Callable[[BoolArray], Head]:
    """Function from some of the images to the head that is fitted on them."""
    if uses_cuda(device, len(features)):
        heads = _block_heads(features, "cuda")
        return lambda inside: heads.fitted(membership, inside, multilabel=multilabel)

    def fitted(inside: BoolArray) -> Head:
        if inside.all():
            return fitted_head(features, membership, multilabel=multilabel)
        some = chosen_rows(features, inside)
        return fitted_head(some, membership[inside], multilabel=multilabel)

    return fitted


def probabilities(scores: FloatArray, *, multilabel: bool) -> FloatArray:
    """Class probabilities from scores, (N, K) to (N, K): sigmoid or softmax."""
    return np.asarray(
        scipy.special.expit(scores) if multilabel else scipy.special.softmax(scores, axis=1)
    )


def stratified_folds(
    membership: csr_array, *, folds: int, seed: int, groups: tuple[str, ...] | None = None
) -> IntArray:
    """A fold for each image, classes spread evenly; images of one group stay together.

    Returns:
        Shape (N,), 0 to folds - 1. An image of several classes is spread by its first.
    """
    first = np.asarray(membership.argmax(axis=1)).ravel()
    units = np.arange(len(first)) if groups is None else np.unique(groups, return_inverse=True)[1]
    generator = np.random.default_rng(seed)
    _, representative = np.unique(units, return_index=True)
    order = generator.permutation(len(representative))
    by_class = order[np.argsort(first[representative[order]], kind="stable")]
    fold_of_unit = np.empty(len(order), dtype=np.int64)
    fold_of_unit[by_class] = np.arange(len(order)) % folds
    return fold_of_unit[units]


def fitted_head(
    features: FloatArray, membership: csr_array, *, multilabel: bool
) -> tuple[FloatArray, FloatArray]:
    """Fit one head: weights (K, d) and bias (K,) on the raw features.

    Classes that are not present cannot win.

    Args:
        features: Pooled features, shape (N, d).
        membership: Which image is of which class, 0/1, shape (N, K).
        multilabel: Whether an image may be of several classes.

    Raises:
        UnmeasurableError: With fewer than two classes.
    """
    if not multilabel and len(features) * membership.shape[1] > SCORES:
        return _head_by_blocks(features, membership)
    mean, deviation = column_moments(features)
    deviation[deviation < 1e-6] = 1.0  # noqa: PLR2004  # a constant feature tells nothing
    scaled = each_block(features, lambda rows: (rows - mean) / deviation, "float32")
    fit = _fit_independent if multilabel else _fit_exclusive
    weights, bias = fit(scaled, membership)
    weights = weights / deviation
    return weights.astype(np.float32), (bias - weights @ mean).astype(np.float32)


def _head_by_blocks(features: FloatArray, membership: csr_array) -> Head:
    """Head of so many images and classes that scikit-learn's arrays of both leave no room."""
    heads = _block_heads(features, "cpu")
    return heads.fitted(membership, np.ones(len(features), dtype=bool), multilabel=False)


def _block_heads(features: FloatArray, device: str) -> BlockHeads:
    return feature_modules.block_probe.BlockHeads(
        features, strength=STRENGTH, iterations=ITERATIONS, tolerance=TOLERANCE, device=device
    )


def _fit_exclusive(features: FloatArray, membership: csr_array) -> tuple[FloatArray, FloatArray]:
    labels = np.asarray(membership.argmax(axis=1)).ravel()
    present = np.unique(labels)
    if len(present) < TWO:
        raise UnmeasurableError(ONE_CLASS)
    model = _regression().fit(features, labels)
    return of_present(model.coef_, model.intercept_, present, membership.shape[1])


def of_present(
    coefficients: FloatArray, intercepts: FloatArray, present: IntArray, classes: int
) -> Head:
    """Head of all classes from that of those present; the others cannot win.

    Args:
        coefficients: A row a class that is present, or one for the second of two.
        intercepts: Bias of each row.
        present: Numbers of these classes.
        classes: How many there are in all.
    """
    weights = np.zeros((classes, coefficients.shape[1]))
    bias = np.full(classes, LEAST)
    if len(present) == TWO:  # one row, for the second
        weights[present] = np.stack([-coefficients[0], coefficients[0]]) / 2
        bias[present] = np.array([-intercepts[0], intercepts[0]]) / 2
    else:
        weights[present], bias[present] = coefficients, intercepts
    return weights, bias


def _fit_independent(features: FloatArray, membership: csr_array) -> tuple[FloatArray, FloatArray]:
    weights = np.zeros((membership.shape[1], features.shape[1]))
    bias = np.full(membership.shape[1], LEAST)
    for k in range(membership.shape[1]):
        own = membership[:, [k]].toarray().ravel() > 0
        if own.all():
            bias[k] = MOST
        elif own.any():
            model = _regression().fit(features, own)
            weights[k], bias[k] = model.coef_[0], model.intercept_[0]
    return weights, bias


def _regression() -> Any:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # 1 s to import

    # Six lines of it would stand above a report that says so in words, where labels are numbers.
    warnings.filterwarnings("ignore", message=MANY_CLASSES, category=UserWarning)
    return LogisticRegression(C=STRENGTH, max_iter=ITERATIONS, tol=TOLERANCE)
