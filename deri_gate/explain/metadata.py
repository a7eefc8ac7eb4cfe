"""Accuracy with which a column beside the pictures tells the class, or the split, out of fold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.stats.membership import sizes_of_classes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from scipy.sparse import csr_array

    from deri_gate.arrays import FloatArray, IntArray

FOLDS = 5
LEAST = 10  # images of a class that can be told
FEWEST = 5  # units of it, such as patients: of fewer a column that is constant in each tells all
BY_CHANCE = 0.05  # how often a column that has to do with no class may be taken for one that has
MOST = 256  # values of a column that count; all rarer ones are one


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Accuracy with which a column tells what an image is of.

    Attributes:
        column: Its name.
        target: The class or split that it tells from all others; "" where it tells all of them.
        strength: Balanced accuracy out of fold above chance, as a share of what is possible, less
            a margin for chance; 0 to 1.
        accuracy: Balanced accuracy out of fold, 0 to 1.
    """

    column: str
    target: str = ""
    strength: float
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Classes or splits, and the folds in which columns are asked for them.

    Attributes:
        names: Name of each, shape (K,).
        membership: Which image is of which, 0/1, shape (N, K).
        units: Number of what each image belongs with, such as its patient, shape (N,). Images of
            one unit share their class and their values, so they are never in two folds.
        seed: Seed of the assignment to folds.
    """

    names: Sequence[str]
    membership: csr_array
    units: IntArray
    seed: int

    @cached_property
    def sizes(self) -> IntArray:
        """Images of each, shape (K,)."""
        return sizes_of_classes(self.membership).astype(np.int64)

    @cached_property
    def units_inside(self) -> IntArray:
        """Units with an image of each, shape (K,)."""
        return np.asarray((self._by_unit > 0).sum(axis=0)).ravel()

    @cached_property
    def units_outside(self) -> IntArray:
        """Units with an image that is not of each, shape (K,)."""
        table = self._by_unit.tocoo()
        sizes = np.bincount(self.units)
        whole = table.coords[1][table.data == sizes[table.coords[0]]]
        return np.asarray(len(sizes) - np.bincount(whole, minlength=len(self.names)))

    @cached_property
    def _by_unit(self) -> csr_array:
        """Images of each unit and target, shape (U, K)."""
        count = len(self.units)
        shape = int(self.units.max(initial=-1)) + 1, count
        ones, at = np.ones(count, dtype=np.float32), (self.units, np.arange(count))
        units = scipy.sparse.csr_array((ones, at), shape=shape)
        return scipy.sparse.csr_array(units @ self.membership)

    @cached_property
    def folds(self) -> IntArray:
        """Fold of each image, shape (N,)."""
        count = int(self.units.max(initial=-1)) + 1
        return (np.random.default_rng(self.seed).permutation(count) % FOLDS)[self.units]

    @cached_property
    def kept(self) -> IntArray:
        """Targets of which there is enough to be told, and others to be told from."""
        others = self.membership.shape[0] - self.sizes
        enough = (np.minimum(self.sizes, others) >= LEAST) & (
            np.minimum(self.units_inside, self.units_outside) >= FEWEST
        )
        return np.flatnonzero(enough)

    @property
    def single(self) -> bool:
        """True if each image is of one alone."""
        return bool((np.diff(self.membership.indptr) == 1).all())


def tellings(columns: Mapping[str, IntArray], targets: Targets) -> tuple[Telling, ...]:
    """Judge how well each column tells the targets, strongest first.

    An image is predicted from those of other folds with the same value, targets weighted alike. So
    a column with a value for each image, such as a name, tells nothing. It is asked for all
    targets at once, and for each against the others: one class of ten from another scanner
    hardly counts among ten. Each column is told once, by what it tells best.

    Args:
        columns: Number of the value of each image, by column, shape (N,) each.
        targets: Classes or splits. There is no answer where fewer than one can be told.
    """
    if not targets.kept.size:
        return ()
    told = [
        max(_tellings(name, _Counts(_common(values), targets), targets), key=_by_strength)
        for name, values in columns.items()
    ]
    return tuple(sorted(told, key=lambda one: (-one.strength, one.column)))


def _by_strength(telling: Telling) -> float:
    return telling.strength


def _common(values: IntArray) -> IntArray:
    """Values as numbers from 0 on; all but the most common are one."""
    _, numbers, counts = np.unique(values, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(counts), dtype=np.int64)
    rank[order] = np.arange(len(counts))
    return np.asarray(np.minimum(rank, MOST)[numbers])


class _Counts:
    """Images of each value and target, in each fold and outside of it."""

    def __init__(self, values: IntArray, targets: Targets) -> None:
        kinds, classes = int(values.max()) + 1, len(targets.names)
        cells = targets.folds * kinds + values
        table = targets.membership.tocoo()
        at = cells[table.coords[0]] * classes + table.coords[1]
        shape = FOLDS, kinds, classes
        self._inside = np.bincount(at, minlength=FOLDS * kinds * classes).reshape(shape)
        self._images = np.bincount(cells, minlength=FOLDS * kinds).reshape(FOLDS, kinds, 1)

    def folds(self) -> Iterator[tuple[IntArray, IntArray, IntArray, IntArray]]:
        """Images of each target in each fold, and the others; then those outside of it."""
        inside, images = self._inside.sum(axis=0), self._images.sum(axis=0)
        for some, every in zip(self._inside, self._images, strict=True):
            learnt = inside - some
            yield some, every - some, learnt, images - every - learnt


def _tellings(name: str, counts: _Counts, targets: Targets) -> Iterator[Telling]:
    kept = targets.kept
    if targets.single and len(kept) > 1:
        recalls = _recalls(counts, targets)
        yield _telling(name, recalls, targets.units_inside[kept][None], chances=1)
    if targets.single and len(targets.names) == len(kept) == 2:  # noqa: PLR2004
        return  # the one is told from the other, as before
    both = _one_by_one(counts, targets)
    units = np.stack([targets.units_inside[kept], targets.units_outside[kept]])
    for k, number in enumerate(kept.tolist()):
        recalls = both[:, k]
        yield _telling(name, recalls, units[:, k], chances=len(kept), target=targets.names[number])


def _telling(
    name: str, recalls: FloatArray, sizes: IntArray, *, chances: int, target: str = ""
) -> Telling:
    accuracy, chance = float(recalls.mean()), 1 / len(recalls)
    error = float(np.sqrt((recalls * (1 - recalls) / sizes).sum())) / len(recalls)
    margin = float(scipy.special.ndtri(1 - BY_CHANCE / chances)) * error
    strength = (accuracy - margin - chance) / (1 - chance)
    return Telling(column=name, target=target, strength=max(0.0, strength), accuracy=accuracy)


def _recalls(counts: _Counts, targets: Targets) -> FloatArray:
    """Share of each target that is predicted, of all at once; an unknown value predicts nothing."""
    kept = targets.kept
    right = np.zeros(len(kept))
    for some, _, learnt, _ in counts.folds():
        shares = learnt[:, kept] / np.maximum(learnt[:, kept].sum(axis=0), 1)
        guesses = shares.argmax(axis=1)
        known = shares.max(axis=1) > 0
        np.add.at(right, guesses[known], some[known, kept[guesses[known]]])
    return np.asarray(right / targets.sizes[kept])


def _one_by_one(counts: _Counts, targets: Targets) -> FloatArray:
    """Share of each target that is told from the others, and of the others, shape (2, K)."""
    kept = targets.kept
    right = np.zeros((2, len(kept)))
    for some, others, learnt, outside in counts.folds():
        own = learnt[:, kept] / np.maximum(learnt[:, kept].sum(axis=0), 1)
        theirs = outside[:, kept] / np.maximum(outside[:, kept].sum(axis=0), 1)
        right[0] += (some[:, kept] * (own > theirs)).sum(axis=0)
        right[1] += (others[:, kept] * (own < theirs)).sum(axis=0)
    sizes = targets.sizes[kept]
    return np.asarray(right / np.stack([sizes, targets.membership.shape[0] - sizes]))
