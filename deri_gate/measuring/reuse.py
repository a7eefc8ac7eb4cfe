"""Reuse of results between two similar versions of a dataset."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.linear_probe import probabilities
from deri_gate.metrics.records import Probe
from deri_gate.runtime.large_arrays import blocks_of, large_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.data.dataset import Dataset

LITTLE = 0.1  # share of either state that may differ before what was learnt is learnt anew


def origins(keys: Sequence[str], earlier: Sequence[str]) -> IntArray:
    """Position in the earlier state of each picture, -1 for new ones, shape (N,).

    Of pictures that stand there several times, each is taken once, in order.

    Args:
        keys: Content hash of each image.
        earlier: Those of the earlier version.
    """
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for position, key in enumerate(earlier):
        waiting[key].append(position)
    sources = (waiting[key].popleft() if waiting.get(key) else -1 for key in keys)
    return np.fromiter(sources, dtype=np.int64, count=len(keys))


def differs_little(dataset: Dataset, earlier: Dataset, origin: IntArray) -> bool:
    """True if both have the same classes and, but for a tenth, the same labelled images.

    Args:
        dataset: The images as they are now.
        earlier: Those of the earlier version.
        origin: Position of each image in the earlier version, as `origins` gives it.
    """
    if dataset.classes != earlier.classes or dataset.multilabel != earlier.multilabel:
        return False
    pairs = zip(origin, dataset.labels, strict=True)
    same = sum(b >= 0 and earlier.labels[b] == own for b, own in pairs)
    return bool(same >= (1 - LITTLE) * max(len(dataset), len(earlier)))


def lent_probe(
    probe: Probe, features: FloatArray, keys: Sequence[str], earlier: Sequence[str]
) -> Probe:
    """The earlier state's probe, with predictions for the images as they are now.

    Nothing is fitted. Pictures that it was fitted on keep what the fold without them said of
    them, whatever their label is now; the whole probe has not seen the others.

    Args:
        probe: Probe that was fitted on the earlier version.
        features: Pooled features of the images now, shape (N, d).
        keys: Content hash of each.
        earlier: Those of the earlier version.
    """
    place = {key: position for position, key in reversed(list(enumerate(earlier)))}
    known = np.array([place.get(key, -1) for key in keys], dtype=np.int64)
    out_of_fold = large_array((len(known), len(probe.bias)), probe.out_of_fold.dtype)
    for rows in blocks_of(out_of_fold):
        out_of_fold[rows] = probe.out_of_fold[known[rows]]
    new = np.flatnonzero(known < 0)
    for some in blocks_of(new, features.shape[1]):
        scores = features[new[some]] @ probe.weights.T + probe.bias
        out_of_fold[new[some]] = probabilities(scores, multilabel=probe.multilabel)
    return Probe(
        weights=probe.weights,
        bias=probe.bias,
        out_of_fold=out_of_fold,
        multilabel=probe.multilabel,
    )
