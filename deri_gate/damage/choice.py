"""Choice of the images that a variant touches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import NO_LABEL
from deri_gate.errors import DatasetError, UnmeasurableError

if TYPE_CHECKING:
    from deri_gate.arrays import IntArray
    from deri_gate.damage.source import DamageSpec
    from deri_gate.data.dataset import Dataset

TRAIN = "train"


def judged(dataset: Dataset) -> IntArray:
    """Positions of the images that may be damaged, by id: the training split, if there are any.

    Raises:
        DatasetError: If there are none.
    """
    if dataset.splits is None:
        positions = list(range(len(dataset)))
    else:
        positions = [i for i, split in enumerate(dataset.splits) if split == TRAIN]
    if not positions:
        fix = "Name a split train, or leave splits out."
        raise DatasetError("has no training images to degrade", dataset.name, fix)
    return np.array(sorted(positions, key=dataset.ids.__getitem__), dtype=np.int64)


def count_of(n: int, share: float) -> int:
    """A share of n, rounded half up, but at least 1 and at most n."""
    return min(n, max(1, math.floor(share * n + 0.5)))


def drawn(dataset: Dataset, positions: IntArray, share: float, spec: DamageSpec) -> IntArray:
    """A seeded share of these positions, in random order; a larger share holds a smaller one."""
    return spec.ranked(positions, dataset.ids)[: count_of(len(positions), share)]


def everything(_dataset: Dataset, positions: IntArray) -> IntArray:
    """All of them."""
    return positions


def one_class(dataset: Dataset, positions: IntArray) -> IntArray:
    """The images of the most common class; of classes equally common, the first.

    Raises:
        UnmeasurableError: If all images are of one class.
    """
    counts = class_sizes(dataset, positions)
    if NO_LABEL in dataset.classes:
        counts[dataset.classes.index(NO_LABEL)] = 0
    chosen = counts.argmax()
    of_class = positions[[chosen in dataset.labels[i] for i in positions]]
    if len(of_class) in {0, len(positions)}:
        raise UnmeasurableError("no class sets some images apart from the others")
    return of_class


def with_masks(dataset: Dataset, positions: IntArray) -> IntArray:
    """The images that have a mask.

    Raises:
        UnmeasurableError: If none has.
    """
    if dataset.masks is None or not (dataset.masks[positions] >= 0).any():
        raise UnmeasurableError("there are no masks")
    return positions[dataset.masks[positions] >= 0]


def class_sizes(dataset: Dataset, positions: IntArray) -> IntArray:
    """Images of each class at these positions, shape (K,)."""
    members = [c for i in positions for c in dataset.labels[i]]
    return np.bincount(members, minlength=len(dataset.classes)).astype(np.int64)


def classes_by_size(dataset: Dataset) -> tuple[int, ...]:
    """The classes that occur among the judged images, the most common first.

    Raises:
        UnmeasurableError: If there are fewer than two.
    """
    counts = class_sizes(dataset, judged(dataset))
    present = [int(k) for k in np.argsort(-counts, kind="stable") if counts[k]]
    if len(present) < 2:  # noqa: PLR2004
        raise UnmeasurableError("all images are of one class")
    return tuple(present)
