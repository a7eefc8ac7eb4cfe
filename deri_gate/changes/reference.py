"""Scores of an image against the base: novelty, label agreement, class separation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.changes.beliefs import least_belief, standing
from deri_gate.errors import UnmeasurableError
from deri_gate.features import forms
from deri_gate.features.far_neighbours import spread_by
from deri_gate.features.linear_probe import probabilities
from deri_gate.features.namespaces import neighbours_kind
from deri_gate.features.neighbour_search import EXACT_BELOW, VERSION, search_elsewhere
from deri_gate.features.neighbours import nearest_among, unit_vectors
from deri_gate.runtime.large_arrays import blocks_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scipy.sparse import csr_array

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.metrics.records import Probe

NEAR = 5  # neighbours whose mean distance says how unusual an image is
NOBODY = -1  # in place of a position or group in the base, where there is none


@dataclass(frozen=True, kw_only=True)
class ReferenceScores:
    """Images as the base sees them; arrays of shape (n,).

    Attributes:
        novelty: Mean cosine distance to the nearest images of the base, 0 to 2; NaN where too
            few are left.
        belief: How far the base believes the least likely of its labels, 0 to 1: mean of the
            share of the nearest images that have it, and the probability that a probe which has
            not seen it gives. Where images of the base have several labels, its place among
            those with as many. NaN where the base has images of none, or too few are left.
        separation: Mean cosine to the base's images of its classes minus that to the others,
            -2 to 2; NaN where one of the two is empty.
    """

    novelty: FloatArray
    belief: FloatArray
    separation: FloatArray

    def first(self, count: int) -> ReferenceScores:
        """Scores of the first images."""
        return ReferenceScores(
            novelty=self.novelty[:count],
            belief=self.belief[:count],
            separation=self.separation[:count],
        )


@dataclass(frozen=True)
class Reference:
    """The base's embeddings and classes, in which images are placed.

    With groups, an image is seen by those of others alone: the first of a new patient finds none
    of its own in the base, and would look unusual beside images that do.

    Attributes:
        base: What is known of the base; the neighbours of its own images are kept there.
        groups: Number of the group of each of its images, 0 to G - 1, shape (N,); None where
            each image is one of its own.
    """

    base: Evidence
    groups: IntArray | None = None

    @cached_property
    def own(self) -> ReferenceScores:
        """The base's own images, each as the others see it."""
        return self._placed(self._own, self.base.membership)

    @cached_property
    def _own(self) -> ReferenceScores:
        return self._beside(
            self.base.embeddings,
            self.base.membership,
            self._neighbours,
            self._units,
            None if self._probe is None else self._probe.out_of_fold,
        )

    def of(
        self,
        features: FloatArray,
        membership: csr_array,
        themselves: IntArray | None = None,
        groups: IntArray | None = None,
    ) -> ReferenceScores:
        """Other images, placed among those of the base.

        Args:
            features: Output of the encoder, shape (n, d).
            membership: Which is of which of the base's classes, 0/1, shape (n, K).
            themselves: Base position of each one's earlier version, which is left out; -1 for
                none. Shape (n,).
            groups: Number of each one's group, which is left out, as the base numbers them;
                others for groups that it has not. None for that of the earlier version.
        """
        if themselves is None:
            themselves = np.full(len(features), NOBODY)
        if groups is None:
            groups = np.where(themselves >= 0, self._units[themselves], NOBODY)
        embeddings = unit_vectors(features)
        k, own = self.base.profile.neighbours, self.base.embeddings
        nearest = nearest_among(embeddings, own, k, groups=(groups, self._units))
        predicted = self._predicted(features, embeddings, themselves)
        scores = self._beside(embeddings, membership, nearest, groups, predicted)
        return self._placed(scores, membership)

    def _placed(self, scores: ReferenceScores, membership: csr_array) -> ReferenceScores:
        """Scores with the belief among images with as many labels, where some have several."""
        if not self.base.dataset.multilabel:
            return scores
        labels, known = np.diff(membership.indptr), np.diff(self.base.membership.indptr)
        count = np.minimum(labels, self.most_labels)
        return replace(scores, belief=standing(scores.belief, count, self._own.belief, known))

    @cached_property
    def most_labels(self) -> int:
        """Labels of an image that count: as many as an image of the base has; all beside single."""
        labels = np.diff(self.base.membership.indptr)
        return int(labels.max()) if self.base.dataset.multilabel else len(self.base.dataset.classes)

    @cached_property
    def _units(self) -> IntArray:
        """Unit left out with each image: its group, or the image alone."""
        return np.arange(len(self.base.dataset)) if self.groups is None else self.groups

    @cached_property
    def _by_unit(self) -> tuple[IntArray, IntArray]:
        """Positions of the base's images in the order of their units, and the size of each unit."""
        return np.argsort(self._units, kind="stable"), np.bincount(self._units)

    @cached_property
    def _neighbours(self) -> IntArray:
        known, groups, k = self.base.neighbours, self.groups, self.base.profile.neighbours
        if groups is None:
            return known

        def make() -> bytes:
            machine = self.base.context.machine
            with machine.bar(len(known), "looking for neighbours in other groups") as bar:
                search = search_elsewhere(
                    self.base.embeddings,
                    k,
                    groups=groups,
                    known=known,
                    device=machine.device,
                    tick=bar.update,
                    spread=spread_by(machine),
                )
            return search.positions.astype(np.int32).tobytes()

        fits = forms.positions(len(known), k, least=-1)
        which = (
            "neighbours-elsewhere" if len(known) < EXACT_BELOW else f"elsewhere-search-{VERSION}"
        )
        kind = neighbours_kind(self.base.profile, which=which)
        kept = self.base.kept(kind, make, fits)
        return np.frombuffer(kept, dtype=np.int32).reshape(-1, k).astype(np.int64)

    @cached_property
    def _probe(self) -> Probe | None:
        """Fit a probe; None where there are too few classes for one."""
        try:
            return self.base.probe
        except UnmeasurableError:
            return None

    def _predicted(
        self, features: FloatArray, embeddings: FloatArray, themselves: IntArray
    ) -> FloatArray | None:
        """Class probabilities, from probes that have seen neither the image nor an earlier one.

        The same picture as before has what the probe of its fold said. A new image of a known
        group has the word of one that knows this group: it is believed a little too easily.
        """
        probe = self._probe
        if probe is None:
            return None
        scores = features @ probe.weights.T + probe.bias
        predicted = probabilities(scores, multilabel=probe.multilabel)
        has_one = np.flatnonzero(themselves >= 0)
        earlier = themselves[has_one]
        same = (embeddings[has_one] == self.base.embeddings[earlier]).all(axis=1)
        predicted[has_one[same]] = probe.out_of_fold[earlier[same]]
        return predicted

    def _beside(
        self,
        embeddings: FloatArray,
        membership: csr_array,
        nearest: IntArray,
        groups: IntArray,
        predicted: FloatArray | None,
    ) -> ReferenceScores:
        """Scores of images, some at a time: with many classes all of them would fill the memory."""
        count, classes = membership.shape
        novelty, belief, separation = np.empty(count), np.empty(count), np.empty(count)
        for rows in blocks_of(embeddings, max(embeddings.shape[1], classes * nearest.shape[1])):
            some, near = embeddings[rows], nearest[rows]
            members = membership[rows].toarray() > 0
            own = np.empty(len(some))
            for i, closest in enumerate(near[:, :NEAR]):
                own[i] = 1.0 - (self.base.embeddings[closest] @ some[i]).mean()
            believed = self._belief(near, members, None if predicted is None else predicted[rows])
            own[near[:, -1] < 0] = believed[near[:, -1] < 0] = np.nan
            novelty[rows], belief[rows] = own, believed
            separation[rows] = self._separation(some, members, groups[rows])
        return ReferenceScores(novelty=novelty, belief=belief, separation=separation)

    def _belief(
        self, nearest: IntArray, members: BoolArray, predicted: FloatArray | None
    ) -> FloatArray:
        classes = self.base.membership[nearest.ravel()].toarray() > 0
        classes = classes.reshape(*nearest.shape, members.shape[1])
        known, most = self._sums[1] > 0, self.most_labels
        return least_belief(classes, members, predicted, known, most=most)

    @cached_property
    def _sums(self) -> tuple[FloatArray, IntArray]:
        """Sum of the vectors of each class, and its images."""
        membership, vectors = self.base.membership, self.base.embeddings
        classes = membership.shape[1]
        sums, kept = np.zeros((classes, vectors.shape[1])), scipy.sparse.eye_array(classes)
        for rows in blocks_of(vectors):  # row after row: the sums so far go before the next rows
            weights = scipy.sparse.hstack([kept, membership[rows].T], format="csc")
            sums = np.asarray(weights @ np.concatenate([sums, vectors[rows]], dtype=float))
        return sums, np.asarray(membership.sum(axis=0)).ravel().astype(np.int64)

    def _separation(
        self, embeddings: FloatArray, members: BoolArray, groups: IntArray
    ) -> FloatArray:
        sums, sizes = self._sums
        cosines = embeddings.astype(float) @ sums.T  # summed over each class, (n, K)
        numbers = np.broadcast_to(sizes, cosines.shape).astype(float)
        for rows, alike, number in self._cosines_to_excluded(embeddings, groups):
            cosines[rows] -= alike
            numbers[rows] -= number
        with np.errstate(invalid="ignore", divide="ignore"):
            inside = (cosines * members).sum(axis=1) / (numbers * members).sum(axis=1)
            outside = (cosines * ~members).sum(axis=1) / (numbers * ~members).sum(axis=1)
        return np.asarray(inside - outside)

    def _cosines_to_excluded(
        self, embeddings: FloatArray, groups: IntArray
    ) -> Iterator[tuple[IntArray, FloatArray, FloatArray]]:
        """Rows, their cosines to what is left out, summed over each class, and how many it holds.

        All groups of one image at once, the larger ones in turn.
        """
        every, membership = self.base.embeddings, self.base.membership
        by_unit, sizes = self._by_unit
        ends = np.cumsum(sizes)
        by_group = np.argsort(groups, kind="stable")
        in_base = by_group[(groups[by_group] >= 0) & (groups[by_group] < len(sizes))]
        single = sizes[groups[in_base]] == 1

        rows = in_base[single]
        others = by_unit[ends[groups[rows]] - 1]
        classes = membership[others].toarray()
        cosines = np.einsum("nd,nd->n", embeddings[rows], every[others])
        yield rows, classes * cosines[:, None], classes

        for rows in _runs(in_base[~single], groups):
            group = groups[rows[0]]
            others = by_unit[ends[group] - sizes[group] : ends[group]]
            classes = membership[others].toarray()
            cosines = embeddings[rows].astype(float) @ (every[others].T @ classes)
            yield rows, cosines, classes.sum(axis=0)


def _runs(rows: IntArray, groups: IntArray) -> list[IntArray]:
    """Rows in the order of their groups, cut where the group changes."""
    if not rows.size:
        return []
    return np.split(rows, np.flatnonzero(np.diff(groups[rows])) + 1)
