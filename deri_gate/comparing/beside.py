"""What the images of the base make of an image: how unusual it is, and of which class they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import UnmeasurableError
from deri_gate.probes import probabilities

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scipy.sparse import csr_array

    from deri_gate.dataset import BoolArray, Dataset, IntArray
    from deri_gate.evidence import Evidence
    from deri_gate.metric import FloatArray
    from deri_gate.probes import Probe

NEAR = 5  # neighbours whose mean distance says how unusual an image is
AT_ONCE = 2**24  # similarities held at a time
NOBODY = -1  # in place of an image's own position in the base, where it has none


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Images as the base sees them; arrays of shape (n,).

    Attributes:
        novelty: Mean cosine distance to the nearest images of the base, 0 to 2.
        belief: How far the base believes its label, 0 to 1: mean of the share of the nearest
            images that share a class with it, and the probability that a probe which has not
            seen it gives the likeliest of its classes. NaN where the base has images of none.
        separation: Mean cosine to the base's images of its classes minus that to the others,
            -2 to 2; NaN where one of the two is empty.
    """

    novelty: FloatArray
    belief: FloatArray
    separation: FloatArray


@dataclass(frozen=True)
class Reference:
    """The base's embeddings and classes, in which images are placed.

    Attributes:
        base: What is known of the base; the neighbours of its own images are kept there.
    """

    base: Evidence

    @cached_property
    def own(self) -> Beside:
        """The base's own images, each as the others see it."""
        membership = self.base.membership
        return self._beside(
            self.base.embeddings,
            membership,
            self.base.neighbours,
            np.arange(len(self.base.dataset)),
            None if self._probe is None else self._probe.out_of_fold,
        )

    def of(
        self, features: FloatArray, membership: csr_array, themselves: IntArray | None = None
    ) -> Beside:
        """Other images, placed among those of the base.

        Args:
            features: As the encoder gives them, shape (n, d).
            membership: Which is of which of the base's classes, 0/1, shape (n, K).
            themselves: Base position of each one's earlier version, which is left out; -1 for
                none. Shape (n,).
        """
        if themselves is None:
            themselves = np.full(len(features), NOBODY)
        embeddings = unit(features)
        nearest = self._nearest(embeddings, themselves)
        predicted = self._predicted(features, embeddings, themselves)
        return self._beside(embeddings, membership, nearest, themselves, predicted)

    @cached_property
    def _probe(self) -> Probe | None:
        """None where there are too few classes for one."""
        try:
            return self.base.probe
        except UnmeasurableError:
            return None

    def _predicted(
        self, features: FloatArray, embeddings: FloatArray, themselves: IntArray
    ) -> FloatArray | None:
        """Class probabilities, from probes that have seen neither the image nor an earlier one.

        The same picture as before has what the probe of its fold said.
        """
        probe = self._probe
        if probe is None:
            return None
        scores = features @ probe.weights.T + probe.bias
        found = probabilities(scores, multilabel=probe.multilabel)
        has_one = np.flatnonzero(themselves >= 0)
        earlier = themselves[has_one]
        same = (embeddings[has_one] == self.base.embeddings[earlier]).all(axis=1)
        found[has_one[same]] = probe.out_of_fold[earlier[same]]
        return found

    def _nearest(self, embeddings: FloatArray, themselves: IntArray) -> IntArray:
        k, every = self.base.profile.neighbours, self.base.embeddings
        found = np.empty((len(embeddings), k), dtype=np.int64)
        rows = max(1, AT_ONCE // max(1, len(every)))
        for start in range(0, len(embeddings), rows):
            part = slice(start, start + rows)
            alike = embeddings[part] @ every.T
            has_one = np.flatnonzero(themselves[part] >= 0)
            alike[has_one, themselves[part][has_one]] = -np.inf
            nearest = np.sort(np.argpartition(-alike, k - 1, axis=1)[:, :k], axis=1)
            order = np.argsort(-np.take_along_axis(alike, nearest, axis=1), axis=1, kind="stable")
            found[part] = np.take_along_axis(nearest, order, axis=1)
        return found

    def _beside(
        self,
        embeddings: FloatArray,
        membership: csr_array,
        nearest: IntArray,
        themselves: IntArray,
        predicted: FloatArray | None,
    ) -> Beside:
        novelty = np.empty(len(embeddings))
        for i, near in enumerate(nearest[:, :NEAR]):
            novelty[i] = 1.0 - (self.base.embeddings[near] @ embeddings[i]).mean()
        classes, own = self.base.membership.toarray() > 0, membership.toarray() > 0
        shares = (classes[nearest] & own[:, None, :]).any(axis=2)
        belief = shares.mean(axis=1)
        if predicted is not None:
            belief = (belief + np.where(own, predicted, 0.0).max(axis=1)) / 2
        belief[~own[:, self._sums[1] > 0].any(axis=1)] = np.nan
        return Beside(
            novelty=novelty,
            belief=belief,
            separation=self._separation(embeddings, own, themselves),
        )

    @cached_property
    def _sums(self) -> tuple[FloatArray, IntArray]:
        membership = self.base.membership
        sums = np.asarray(membership.T @ self.base.embeddings.astype(float))
        return sums, np.asarray(membership.sum(axis=0)).ravel().astype(np.int64)

    def _separation(
        self, embeddings: FloatArray, own: BoolArray, themselves: IntArray
    ) -> FloatArray:
        sums, sizes = self._sums
        cosines = embeddings.astype(float) @ sums.T  # summed over each class, (n, K)
        numbers = np.broadcast_to(sizes, cosines.shape).astype(float)
        has_one = np.flatnonzero(themselves >= 0)
        before = self.base.membership.toarray()[themselves[has_one]]  # its earlier classes
        alike = np.einsum(
            "nd,nd->n", embeddings[has_one], self.base.embeddings[themselves[has_one]]
        )
        cosines[has_one] -= before * alike[:, None]
        numbers[has_one] -= before
        with np.errstate(invalid="ignore", divide="ignore"):
            inside = (cosines * own).sum(axis=1) / (numbers * own).sum(axis=1)
            outside = (cosines * ~own).sum(axis=1) / (numbers * ~own).sum(axis=1)
        return np.asarray(inside - outside)


def unit(features: FloatArray) -> FloatArray:
    """Vectors at unit length: their dot product is the cosine."""
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(length, 1e-12))


def membership_in(base: Dataset, head: Dataset, renamed: Mapping[str, str]) -> csr_array:
    """Which image of the head is of which class of the base, by name: 0/1, shape (N, K).

    Classes that the base has not are left out; a renamed one counts as the old one.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415

    place = {renamed.get(name, name): k for k, name in enumerate(base.classes)}
    rows = np.array([i for i, own in enumerate(head.labels) for _ in own], dtype=np.int64)
    names = [head.classes[c] for own in head.labels for c in own]
    columns = np.array([place.get(name, -1) for name in names], dtype=np.int64)
    known = columns >= 0
    ones = np.ones(int(known.sum()), dtype=np.float32)
    return csr_array((ones, (rows[known], columns[known])), shape=(len(head), len(base.classes)))
