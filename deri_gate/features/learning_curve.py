"""Learning curve of the linear probe: its error when it sees only a part of the images."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import UnmeasurableError
from deri_gate.features.linear_probe import fitted_head, stratified_folds
from deri_gate.runtime.large_arrays import blocks_of, chosen_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

VERSION = 1  # raised whenever the same features and labels would give another curve
PARTS = 16
SUBSETS = ((1, 4), (2, 4), (4, 4), (8, 2))  # parts that a probe sees, and how many probes do
LEAST_SIZES = 2  # beside the probe itself, which has seen nearly all
LEAST_IMAGES, A_CLASS = 10, 2  # that the smallest subset holds, in all and for each class
ROWS = 4096  # images scored at once


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """Error of probes that have seen so many images, on images that they have not seen.

    Attributes:
        images: Mean number of images that they have seen.
        error: Mean over the classes of the share of their images that is taken for another, 0 to 1.
        deviation: Standard deviation of that error, with other images and other subsets.
    """

    images: float
    error: float
    deviation: float


def subset_points(
    features: FloatArray,
    membership: csr_array,
    *,
    multilabel: bool,
    groups: tuple[str, ...] | None,
    seed: int,
    tick: Callable[[int], object] = lambda done: done,
) -> tuple[CurvePoint, ...]:
    """Fit probes on disjoint parts of the images, and test each on all the others.

    Args:
        features: Features of the images, shape (N, d).
        membership: Which image is of which class, 0/1, shape (N, K).
        multilabel: Whether an image may be of several classes.
        groups: Group of each image, whose images stay together; None without groups.
        seed: Seed of the parts.
        tick: Callback with the number of fits that are done.

    Returns:
        Points of ascending numbers of images; sizes too small to learn from are left out.
    """
    parts = stratified_folds(membership, folds=PARTS, seed=seed, groups=groups)
    classes = int((np.asarray(membership.sum(axis=0)).ravel() > 0).sum())
    least = max(LEAST_IMAGES, A_CLASS * classes)
    points = []
    for width, count in SUBSETS:
        sizes, errors, variances = [], [], []
        for seen in _subsets(parts, width, count):
            tick(1)
            try:
                if seen.sum() < least or seen.all():
                    continue
                hits = _tested(features, membership, seen, multilabel=multilabel)
            except UnmeasurableError:  # the subset holds a single class
                continue
            error, variance = balanced_error(hits, membership[~seen])
            sizes.append(int(seen.sum()))
            errors.append(error)
            variances.append(variance)
        if len(errors) > 1:
            between = float(np.var(errors, ddof=1)) / len(errors)
            deviation = float(np.sqrt(np.mean(variances) + between))
            mean = float(np.mean(errors))
            points.append(CurvePoint(images=float(np.mean(sizes)), error=mean, deviation=deviation))
    return tuple(sorted(points, key=lambda point: point.images))


def _subsets(parts: IntArray, width: int, count: int) -> Iterator[BoolArray]:
    """True for the images of each subset: neighbouring parts, no part in two subsets."""
    step = PARTS // count
    for start in range(0, PARTS, step):
        yield (parts >= start) & (parts < start + width)


def _tested(
    features: FloatArray, membership: csr_array, seen: BoolArray, *, multilabel: bool
) -> BoolArray:
    """True for the unseen images of which the probe names a class."""
    weights, bias = fitted_head(
        chosen_rows(features, seen), membership[seen], multilabel=multilabel
    )
    if not multilabel:
        bias = bias - np.log(_shares(membership[seen]))
    unseen = np.flatnonzero(~seen)
    hits = np.empty(len(unseen), dtype=bool)
    for start in range(0, len(unseen), ROWS):
        rows = unseen[start : start + ROWS]
        likeliest = (features[rows] @ weights.T + bias).argmax(axis=1)
        hits[start : start + ROWS] = _is_of(membership[rows], likeliest)
    return hits


def out_of_fold_hits(
    out_of_fold: FloatArray, membership: csr_array, *, multilabel: bool
) -> BoolArray:
    """True for the images of which the probe that has not seen them names a class, shape (N,).

    Classes count alike: each is as likely beforehand, however many images it has.
    """
    shares = 1.0 if multilabel else _shares(membership)
    likeliest = np.empty(len(out_of_fold), dtype=np.int64)
    for rows in blocks_of(out_of_fold):
        likeliest[rows] = (out_of_fold[rows] / shares).argmax(axis=1)
    return _is_of(membership, likeliest)


def _shares(membership: csr_array) -> FloatArray:
    """Share of the images that each class has, shape (K,); of a class without any a tiny one."""
    counts = np.asarray(membership.sum(axis=0)).ravel()
    return np.maximum(counts, 1e-6) / max(1, membership.shape[0])


def _is_of(membership: csr_array, classes: IntArray) -> BoolArray:
    return np.asarray(membership[np.arange(len(classes)), classes] > 0)


def class_recalls(hits: BoolArray, membership: csr_array) -> tuple[FloatArray, FloatArray]:
    """Share of each class's images that are hits, NaN without any; and their number: (K,) each."""
    counts = np.asarray(membership.sum(axis=0), dtype=float).ravel()
    right = membership.T @ hits.astype(float)
    return np.where(counts > 0, right / np.maximum(counts, 1), np.nan), counts


def balanced_error(hits: BoolArray, membership: csr_array) -> tuple[float, float]:
    """Mean over the classes of the share of misses, and its variance with other images."""
    recalls, counts = class_recalls(hits, membership)
    there = counts > 0
    miss, count = 1 - recalls[there], counts[there]
    likely = (miss * count + 1) / (count + 2)  # a class of three hits is not a sure one
    variance = (likely * (1 - likely) / count).sum() / there.sum() ** 2
    return float(miss.mean()), float(variance)


def points_to_bytes(points: tuple[CurvePoint, ...]) -> bytes:
    """The points as an npy file."""
    file = io.BytesIO()
    rows = [(point.images, point.error, point.deviation) for point in points]
    np.save(file, np.array(rows, dtype=np.float64).reshape(-1, 3))
    return file.getvalue()


def points_from_bytes(raw: bytes) -> tuple[CurvePoint, ...]:
    """Read what `points_to_bytes` wrote.

    Raises:
        ValueError: If it is something else.
    """
    rows = np.load(io.BytesIO(raw), allow_pickle=False)
    if rows.ndim != 2 or rows.shape[1:] != (3,) or not np.isfinite(rows).all():  # noqa: PLR2004
        raise ValueError(rows.shape)
    return tuple(CurvePoint(images=n, error=e, deviation=s) for n, e, s in rows.tolist())
