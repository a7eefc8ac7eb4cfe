"""Learning curve of the linear probe: its error when it sees only a part of the images."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import UnmeasurableError
from deri_gate.features.linear_probe import fitted_head, stratified_folds
from deri_gate.runtime.large_arrays import blocks_of, chosen_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.linear_probe import Head

VERSION = 2  # raised whenever the same features and labels would give another curve
PARTS = 16
SUBSETS = ((1, 4), (2, 4), (4, 4), (8, 2))  # parts that a probe sees, and how many probes do
MOST_IMAGES = 2**16  # of which the parts are made; of more, the fits would take hours
MOST_SCORES = 2**25  # the same of images times classes, down to what two sizes need
LEAST_SIZES = 2  # beside the probe itself, which has seen nearly all
LEAST_IMAGES, A_CLASS = 10, 2  # that the smallest subset holds, in all and for each class


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
    number = _number_of_parts(len(features), _present(membership))
    folds = stratified_folds(membership, folds=number, seed=seed, groups=groups)
    parts = _spread(number)[folds]
    points = []
    for width, count in SUBSETS:
        subsets = list(_subsets(parts, width, count))
        fits = _fitted(features, membership, subsets, multilabel=multilabel, tick=tick)
        if len(fits) > 1:
            points.append(_point(features, membership, fits))
    return tuple(sorted(points, key=lambda point: point.images))


def _number_of_parts(images: int, classes: int) -> int:
    """Number of parts of all images, the first `PARTS` of which probes may see."""
    least = LEAST_SIZES * 2 * A_CLASS * classes  # a half, and a quarter
    most = max(least, min(MOST_IMAGES, MOST_SCORES // max(1, classes)))
    return max(PARTS, PARTS * images // most)


def _spread(number: int) -> IntArray:
    """Part that each fold is, shape (number,).

    A class with fewer images than there are folds has them in neighbouring ones. So that each
    subset holds its share of them, folds that are neighbours become parts that lie far apart.
    """
    if number == PARTS:
        return np.arange(PARTS)
    golden = round(number * (math.sqrt(5) - 1) / 2)
    step = next(step for step in range(golden, number) if math.gcd(step, number) == 1)
    return np.arange(number) * step % number


def _present(membership: csr_array) -> int:
    return int(np.count_nonzero(membership.sum(axis=0)))


def _subsets(parts: IntArray, width: int, count: int) -> Iterator[BoolArray]:
    """True for the images of each subset: neighbouring parts, no part in two subsets."""
    step = PARTS // count
    for start in range(0, PARTS, step):
        yield (parts >= start) & (parts < start + width)


def _fitted(
    features: FloatArray,
    membership: csr_array,
    subsets: Sequence[BoolArray],
    *,
    multilabel: bool,
    tick: Callable[[int], object],
) -> list[tuple[BoolArray, Head]]:
    """Subsets that a probe can be fitted on, each with its head; classes are as likely there."""
    least = max(LEAST_IMAGES, A_CLASS * _present(membership))
    fits = []
    for seen in subsets:
        tick(1)
        if seen.sum() < least or seen.all():
            continue
        own = membership[seen]
        try:
            weights, bias = fitted_head(chosen_rows(features, seen), own, multilabel=multilabel)
        except UnmeasurableError:  # the subset holds a single class
            continue
        fits.append((seen, (weights, bias if multilabel else bias - np.log(_shares(own)))))
    return fits


def _point(
    features: FloatArray, membership: csr_array, fits: Sequence[tuple[BoolArray, Head]]
) -> CurvePoint:
    """Point of probes that have seen as many images, each tested on all that it has not seen."""
    hits = _hits(features, membership, [head for _, head in fits])
    tested = [
        balanced_error(of_head[~seen], membership[~seen])
        for of_head, (seen, _) in zip(hits, fits, strict=True)
    ]
    errors, variances = zip(*tested, strict=True)
    between = float(np.var(errors, ddof=1)) / len(errors)
    return CurvePoint(
        images=float(np.mean([int(seen.sum()) for seen, _ in fits])),
        error=float(np.mean(errors)),
        deviation=float(np.sqrt(np.mean(variances) + between)),
    )


def _hits(features: FloatArray, membership: csr_array, heads: Sequence[Head]) -> BoolArray:
    """True for the images of which each head names a class, shape (heads, N).

    All heads look at an image while it is in memory: with very many, reading them takes longest.
    """
    weights = np.concatenate([weights for weights, _ in heads])
    bias = np.concatenate([bias for _, bias in heads])
    hits = np.empty((len(heads), len(features)), dtype=bool)
    for rows in blocks_of(features, max(features.shape[1], len(bias))):
        scores = features[rows] @ weights.T + bias
        likeliest = scores.reshape(-1, len(heads), membership.shape[1]).argmax(axis=2)
        hits[:, rows] = [_is_of(membership[rows], of_head) for of_head in likeliest.T]
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
