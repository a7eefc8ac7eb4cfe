"""Labels that are wrong one way: images of one class that bear the label of one other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.metrics.surest_labels import LEAST, SUREST, class_blocks, neighbour_votes
from deri_gate.stats.intervals import wilson_lower_bound
from deri_gate.stats.membership import sizes_of_classes

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from deri_gate.arrays import FloatArray, IntArray

# What many images that surely look like one class bear of one other label is no confusion. Chosen
# on six sets and confirmed on six others, with 2 to 20 % of the labels moved in four ways: where
# they are wrong anywhere, or hardly any is, next to nothing changes.
FEWEST = 4  # such images
SHARE = 0.05  # of the surest of that class, lower bound (95 %)
ASKED = 40  # images of a class that count as its surest, where a fifth is fewer
CHANCE = 0.05  # of as many in any class, if the surest of all bore other labels alike (Bonferroni)


def one_way_pairs(
    neighbours: IntArray, membership: csr_array, out_of_fold: FloatArray
) -> list[tuple[int, int]]:
    """Pairs of a label and the class that many of the images which bear it surely look like.

    The sizes of classes do not count here: few wrong labels of a small class would not show among
    the many right ones of a large class.

    Args:
        neighbours: Positions of each image's k nearest, itself left out, shape (N, k).
        membership: Which image is of which class, 0/1, shape (N, K).
        out_of_fold: Class probabilities by the probe without the image, shape (N, K).

    Returns:
        No pair where an image has several classes or none.
    """
    if (np.asarray(membership.sum(axis=1)).ravel() != 1).any():
        return []
    rows, looks = _surest(*_likeliest(neighbours, membership, out_of_fold))
    classes = membership.shape[1]
    labels = np.asarray(membership.argmax(axis=1)).ravel()[rows]
    asked, denied = np.bincount(looks, minlength=classes), labels != looks
    pairs, counts = np.unique((labels * classes + looks)[denied], return_counts=True)
    tests, every, found = np.count_nonzero(asked), np.count_nonzero(denied), []
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        label, look = divmod(pair, classes)
        seen = int(asked[look])
        if count < FEWEST or wilson_lower_bound(count / seen, seen) < SHARE:
            continue  # of thousands of classes most pairs are such, and chances take long
        if scipy.stats.hypergeom.sf(count - 1, len(rows), every, seen) * tests <= CHANCE:
            found.append((label, look))
    return found


def _likeliest(
    neighbours: IntArray, membership: csr_array, out_of_fold: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Likeliest class of each image if all were of one size, and the belief in it, (N,) each."""
    votes = neighbour_votes(neighbours, membership)
    sizes = np.maximum(sizes_of_classes(membership), 1)
    count, k = neighbours.shape
    likeliest, belief = np.empty(count, dtype=np.int64), np.empty(count)
    for rows in class_blocks(*membership.shape):
        beliefs = (out_of_fold[rows] + votes[rows].toarray() / k) / sizes
        likeliest[rows] = beliefs.argmax(axis=1)
        belief[rows] = beliefs.max(axis=1) / np.maximum(beliefs.sum(axis=1), 1e-9)
    return likeliest, belief


def _surest(likeliest: IntArray, belief: FloatArray) -> tuple[IntArray, IntArray]:
    """Positions of the surest images of each class that has enough of them, and that class."""
    order = np.lexsort((-belief, likeliest))
    looks, starts, counts = np.unique(likeliest[order], return_index=True, return_counts=True)
    asked = np.minimum(counts, np.maximum(ASKED, (SUREST * counts).astype(np.int64)))
    asked[counts < LEAST] = 0
    parts = [order[start : start + n] for start, n in zip(starts, asked, strict=True)]
    return np.concatenate([order[:0], *parts]), np.repeat(looks, asked)
