"""Do the classes look different?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import UnmeasurableError
from deri_gate.metrics.base import Answer, Metric, outliers
from deri_gate.metrics.diversity import weighted_sum
from deri_gate.runtime.large_arrays import blocks_of, each_block
from deri_gate.stats.membership import rows_by_class, sizes_of_classes

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray, IntArray


TINY = 1e-12


def separation(embeddings: FloatArray, membership: csr_array, given_away: BoolArray) -> Answer:
    """Distance between images of different classes, beyond that within a class.

    Mean cosine distance over pairs of different classes minus that over pairs of one class, of
    embeddings with the set's mean taken off: what all images of a set share says nothing of its
    classes and hides a good part of their differences. So centred, the value falls under medium
    and strong mix-up on 11 of 11 sets, by more than the paper's words, which leave the mean in.

    What is easy because of a mark does not count: where one gives a class away, how far apart the
    classes look says nothing of what the images show, and the value is 0 at most. A marker on one
    class would raise it severalfold.

    Args:
        embeddings: Unit vectors, shape (N, d).
        membership: Which image is of which class, 0/1, shape (N, K).
        given_away: True for images whose class a burnt-in mark gives away, shape (N,).

    Returns:
        No unit, -2 to 2; 0 when classes say nothing about looks. Higher is better. Per image,
        the same for the pairs that it is in.

    Raises:
        UnmeasurableError: With fewer than two classes, or no class of two images.
    """
    mean = embeddings.mean(axis=0, dtype=float).astype(embeddings.dtype)

    def centred(rows: FloatArray) -> FloatArray:
        without = rows - mean
        return np.asarray(
            without / np.maximum(np.linalg.norm(without, axis=1, keepdims=True), TINY)
        )

    kind = embeddings.dtype.name
    plain = paper_separation(each_block(embeddings, centred, kind), membership)
    if not given_away.any():
        return plain
    assert isinstance(plain.statistic, _PairMeans)
    return replace(
        plain,
        statistic=replace(plain.statistic, most=0.0),
        note="a mark gives a class away, so that looks say nothing of the classes: see shortcut",
    )


def paper_separation(embeddings: FloatArray, membership: csr_array) -> Answer:
    """Separation of the embeddings as they are, without the mean removed.

    An image of two classes takes part once for each; it is never paired with itself. Both sums
    come from the class sums, in O(N d).

    Raises:
        UnmeasurableError: With fewer than two classes, or no class of two images.
    """
    sizes = sizes_of_classes(membership)
    if (sizes > 0).sum() < 2:  # noqa: PLR2004
        raise UnmeasurableError("it takes two classes to tell them apart")
    if sizes.max() < 2:  # noqa: PLR2004
        raise UnmeasurableError("no class has two images to compare")
    itself = np.einsum("nd,nd->n", embeddings, embeddings).astype(float)  # 1; 0 if all look alike
    per_image = _per_image(_own_sums(embeddings, membership, itself), membership)
    return Answer(
        statistic=_PairMeans(embeddings, membership, itself, np.arange(len(embeddings))),
        per_image=per_image,
        suspects=outliers(per_image, worse=-1),
    )


@dataclass(frozen=True)
class _PairMeans:
    """Separation under weights: from sums over pairs of memberships, self-pairs left out.

    Attributes:
        embeddings: Vectors of all images, shape (N, d).
        membership: Classes of the images that are weighted, 0/1, shape (n, K).
        itself: Product of each of them with itself, shape (n,).
        rows: Their positions among all, shape (n,).
        most: Upper limit of the value.
    """

    embeddings: FloatArray
    membership: csr_array
    itself: FloatArray
    rows: IntArray
    most: float = np.inf

    def part(self, rows: IntArray) -> _PairMeans:
        """Separation of some of the images alone."""
        return replace(
            self,
            membership=self.membership[rows],
            itself=self.itself[rows],
            rows=self.rows[rows],
        )

    def __call__(self, weights: FloatArray) -> FloatArray:
        """Values under weights of shape (B, n), shape (B,)."""
        membership, itself = self.membership, self.itself
        memberships = np.asarray(membership.sum(axis=1)).ravel()  # classes of each image
        everything = np.zeros((len(weights), self.embeddings.shape[1]))
        inside = np.zeros(len(weights))
        inside_pairs = np.zeros(len(weights))
        for own in rows_by_class(membership):
            class_weights = weights[:, own].astype(float)
            total = weighted_sum(class_weights, self.embeddings, self.rows[own])
            everything += total
            inside += (total**2).sum(axis=1) - class_weights**2 @ itself[own]
            inside_pairs += class_weights.sum(axis=1) ** 2 - (class_weights**2).sum(axis=1)
        every = weights * memberships
        squares = every**2  # an image with itself, over all pairs of its classes
        alike = (everything**2).sum(axis=1) - squares @ itself - inside
        pairs = every.sum(axis=1) ** 2 - squares.sum(axis=1) - inside_pairs
        return np.minimum(_difference_of_means(inside, inside_pairs, alike, pairs), self.most)


def _own_sums(
    embeddings: FloatArray, membership: csr_array, itself: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Per image the cosines to its own class (itself left out) and to the rest, summed."""
    by_class = rows_by_class(membership)
    class_sums = [_sum_of(embeddings, rows) for rows in by_class]
    memberships = np.asarray(membership.sum(axis=1)).ravel()
    own = np.zeros(len(embeddings))
    for rows, class_sum in zip(by_class, class_sums, strict=True):
        for part in blocks_of(rows, embeddings.shape[1]):
            some = rows[part]
            own[some] += embeddings[some] @ class_sum - itself[some]
    everything, total = np.empty(len(embeddings)), np.sum(class_sums, axis=0)
    for part in blocks_of(embeddings):  # in double precision they are twice as large
        everything[part] = embeddings[part] @ total
    return own, memberships * everything - own - memberships**2 * itself


def _sum_of(embeddings: FloatArray, rows: IntArray) -> FloatArray:
    """Sum of some rows in double precision, shape (d,), row after row; no copy of them all."""
    total = np.zeros(embeddings.shape[1])
    for part in blocks_of(rows, embeddings.shape[1]):
        total = np.concatenate([total[None], embeddings[rows[part]]], dtype=float).sum(axis=0)
    return total


def _per_image(sums: tuple[FloatArray, FloatArray], membership: csr_array) -> FloatArray:
    own, rest = sums
    sizes = sizes_of_classes(membership)
    memberships = np.asarray(membership.sum(axis=1)).ravel()
    own_pairs = membership @ sizes - memberships
    rest_pairs = memberships * sizes.sum() - own_pairs - memberships**2
    return _difference_of_means(own, own_pairs, rest, rest_pairs)


def _difference_of_means(
    own: FloatArray,
    own_pairs: FloatArray | IntArray,
    rest: FloatArray,
    rest_pairs: FloatArray | IntArray,
) -> FloatArray:
    """Mean cosine of one kind of pairs less that of the other; NaN where there are none of one."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values = own / own_pairs - rest / rest_pairs
    return np.where((own_pairs > 0) & (rest_pairs > 0), values, np.nan)  # not rounding over 0


METRIC = Metric(
    name="separation",
    title="Class separation",
    better="higher",
    low=-2.0,
    high=2.0,
    unit="",
    spread_floor=0.02,
    hurt_by="separation",
    advice="Check whether the image belongs to its class, or shows two classes.",
    source="DERI1000, section 3.2",
    published_weight=0.1377,
    version=3,
    compute=separation,
)
METRIC = replace(
    METRIC, paper=replace(METRIC, spread_floor=0.01, version=1, compute=paper_separation)
)
