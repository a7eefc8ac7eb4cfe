"""Agreement of labels with those of similar images of the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.neighbours import nearest_among

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray, IntArray

AT_ONCE = 2**24  # cells of a table held at a time
WRONG = 0.05  # share of wrong labels that the evidence is sharpest for
FIRM = 10  # images of a label, from which on its own counts weigh more than those of all labels
DRAWS = 5_000  # wrong labels tried out, at least
TRIES = 20  # times that a label is drawn until it is a wrong one
LEAST = 1e-3  # difference of right and wrong labels, below which neighbours tell nothing


def neighbours_of_all(baseline: FloatArray, batch: FloatArray, neighbours: IntArray) -> IntArray:
    """Positions in the baseline of the images that are nearest to each, shape (N + n, k).

    No model is asked: one that was fitted to the baseline would know its images better than
    those of the batch, and the two would differ without any drift.

    Args:
        baseline: Unit vectors, shape (N, d).
        batch: Unit vectors, shape (n, d).
        neighbours: Nearest others in the baseline of each of its images, shape (N, k).
    """
    return np.concatenate([neighbours, nearest_among(batch, baseline, neighbours.shape[1])])


def neighbour_disagreement(nearest: IntArray, classes: BoolArray, claimed: IntArray) -> IntArray:
    """Number of the k nearest neighbours that share no class with the image, shape (M,).

    Args:
        nearest: Nearest images of each image, shape (M, k).
        classes: Classes of each image: 0/1, shape (N, K).
        claimed: Position of an image with the classes that each image is said to have, shape (M,).
    """
    return rarest_classes(nearest, classes, claimed)[1]


def rarest_classes(
    nearest: IntArray, classes: BoolArray, claimed: IntArray
) -> tuple[IntArray, IntArray]:
    """Class of each image that the fewest neighbours share, K for none; and how many do not.

    Of several classes this one decides: a wrong label beside a right one is a wrong label.

    Args:
        nearest: Nearest images of each image, shape (M, k).
        classes: Classes of each image: 0/1, shape (N, K).
        claimed: Position of an image with the classes that each image is said to have, shape (M,).
    """
    k, count = nearest.shape[1], classes.shape[1]
    rarest, disagreeing = np.empty((2, len(nearest)), dtype=np.int64)
    rows = max(1, AT_ONCE // (k * count))
    for start in range(0, len(nearest), rows):
        part = slice(start, start + rows)
        own = classes[claimed[part]]
        lacking = np.where(own, k - classes[nearest[part]].sum(axis=1), -1)
        rarest[part] = np.where(own.any(axis=1), lacking.argmax(axis=1), count)
        disagreeing[part] = np.where(own.any(axis=1), lacking.max(axis=1), k)
    return rarest, disagreeing


def label_evidence(nearest: IntArray, classes: BoolArray, rng: np.random.Generator) -> FloatArray:
    """Log likelihood ratio, wrong label to right label, by the neighbours, shape (M,).

    It compares the probabilities of this label with so many disagreeing neighbours, if 5 % of the
    labels are wrong and if none is. Wrong labels are simulated by giving images those of others,
    every class as often. So ten disagreeing neighbours of ten are strong evidence in a compact
    class, and weak evidence in a scattered one. All counts are of baseline and batch together,
    which leaves a permutation test exact.

    Args:
        nearest: Nearest images of all images, shape (N, k).
        classes: Classes of each image: 0/1, shape (N, K).
        rng: Seeded.

    Returns:
        Shape (N,), scaled so that wrong labels have a mean 1 above that of right ones: a difference
        of means is a share of wrong labels.
    """
    images, claimed = _wrong_labels(classes, rng)
    right = rarest_classes(nearest, classes, np.arange(len(classes)))
    wrong = rarest_classes(nearest[images], classes, claimed)
    shape = classes.shape[1] + 1, nearest.shape[1] + 1
    shares = [_shares(*cells, shape=shape) for cells in (right, wrong)]
    evidence = np.log1p(WRONG * (shares[1] / shares[0] - 1))
    apart = evidence[wrong].mean() - evidence[right].mean() if len(images) else 0.0
    return np.asarray(evidence[right] / max(apart, LEAST))


def _wrong_labels(classes: BoolArray, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
    """Images, and for each the position of one that has no class in common with it."""
    images = np.tile(np.arange(len(classes)), -(-DRAWS // len(classes)))
    claimed, left = images.copy(), np.arange(len(images))
    members, sizes = np.nonzero(classes.T)[1], classes.sum(axis=0)
    for _ in range(TRIES):
        of = rng.integers(0, len(sizes), len(left))
        claimed[left] = members[np.cumsum(sizes)[of] - rng.integers(1, sizes[of], endpoint=True)]
        left = left[(classes[images[left]] & classes[claimed[left]]).any(axis=1)]
    keep = np.setdiff1d(np.arange(len(images)), left)
    return images[keep], claimed[keep]


def _shares(kinds: IntArray, numbers: IntArray, *, shape: tuple[int, int]) -> FloatArray:
    """Share of images of each kind and number; in a rare kind numbers lie as among all images."""
    table = np.bincount(kinds * shape[1] + numbers, minlength=shape[0] * shape[1]).reshape(shape)
    every = table.sum(axis=0) + 0.5
    prior = FIRM * every / every.sum()
    own = table.sum(axis=1, keepdims=True)
    return np.asarray((own + 0.5) * (table + prior) / (own + FIRM) / (own + 0.5).sum())
