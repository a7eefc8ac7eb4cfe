"""Ridge regression of the classes: how well the whole set explains the label of each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.stats.moments import column_moments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scipy.sparse import csr_array

    from deri_gate.arrays import FloatArray

# Weight of the penalty beside the mean squared error, on features of mean square 1 in sum. As the
# error is a mean, one wrong label moves the fit the less, the more images there are.
PENALTY = 0.003
AT_ONCE = 4096  # rows that are worked on at once
CELLS = 2**22  # of rows by classes, held at once
CONSTANT = 1e-6  # deviation below which a feature tells nothing


def ridge_margins(features: FloatArray, membership: csr_array) -> FloatArray:
    """Fitted value of the own class less that of the best other one, shape (N,).

    All rows are fitted at once, their own labels included: a linear fit this stiff cannot learn
    one wrong label, and has the others of its class to go by. It answers where a fit without the
    row is unsure, after Pleiss et al. (2020), doi:10.48550/arXiv.2001.10528, without the training.

    Args:
        features: Shape (N, d).
        membership: Which row is of which class, 0/1, shape (N, K). A row of several classes has
            the best of them as its own.
    """
    count, classes = membership.shape
    weights, scaled = _weights(features, membership)
    shares = np.asarray(membership.mean(axis=0), dtype=np.float64).ravel()
    margins = np.empty(count)
    for rows in _blocks(count, min(AT_ONCE, max(1, CELLS // max(1, classes)))):
        fitted = scaled(rows) @ weights + shares
        inside = membership[rows].toarray() > 0
        own_class = np.where(inside, fitted, -np.inf).max(axis=1)
        other = np.where(inside, -np.inf, fitted).max(axis=1)
        told = np.isfinite(own_class) & np.isfinite(
            other
        )  # a row of all classes or of none has no other
        margins[rows] = np.subtract(own_class, other, out=np.zeros(len(own_class)), where=told)
    return margins


def _weights(
    features: FloatArray, membership: csr_array
) -> tuple[FloatArray, Callable[[slice], FloatArray]]:
    """Weights of the scaled features, shape (d, K), and rows of these features."""
    count, width = features.shape
    mean, deviation = column_moments(features)
    deviation = np.where(deviation < CONSTANT, 1.0, deviation) * np.sqrt(width)

    def scaled(rows: slice) -> FloatArray:
        return np.asarray((features[rows] - mean) / deviation)

    penalty = PENALTY * count
    if count <= width:  # as many equations as rows, not as features: equal, and fewer
        whole = scaled(slice(None))
        gram = whole @ whole.T + penalty * np.eye(count)
        targets = membership.toarray() - np.asarray(membership.mean(axis=0)).ravel()
        return whole.T @ scipy.linalg.solve(gram, targets, assume_a="pos"), scaled
    gram, towards = penalty * np.eye(width), np.zeros((width, membership.shape[1]))
    for rows in _blocks(count, AT_ONCE):
        block = scaled(rows)
        gram += block.T @ block
        towards += (membership[rows].T @ block).T  # centred features need no centred targets
    return scipy.linalg.solve(gram, towards, assume_a="pos"), scaled


def _blocks(count: int, step: int) -> Iterator[slice]:
    for start in range(0, count, step):
        yield slice(start, start + step)
