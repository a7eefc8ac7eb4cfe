"""Base and head with what belongs together: everything that is looked at in changed images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.sparse import csr_array

from deri_gate.changes.records import HEAT, LOOKS
from deri_gate.changes.reference import Reference, ReferenceScores
from deri_gate.changes.shapes import shapes_of
from deri_gate.data.inventory import mask_content
from deri_gate.errors import UnmeasurableError
from deri_gate.metrics.catalogue import PIXEL_METRICS
from deri_gate.stats.clusters import Groups, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.changes.matching import Matched
    from deri_gate.changes.records import Kind
    from deri_gate.changes.shapes import Shape
    from deri_gate.data.dataset import Dataset, Picture
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.measuring.leakage import Leaks
    from deri_gate.metrics.base import Metric

SAME_PLACES = 0.95  # correlation of thumbnails: a crop of 5 % has .87, another contrast .93 or more


class PairSide(Protocol):
    """Evidence of base or head: of a measured dataset, or of one split of it."""

    @property
    def evidence(self) -> Evidence:
        """Images, and what is derived from them."""

    @property
    def leaks(self) -> Leaks:
        """Leakage between all splits of the dataset."""


@dataclass(frozen=True)
class DatasetPair:
    """Two measured datasets and which image is which.

    Attributes:
        base: The earlier one.
        head: The one that is judged.
        matched: What belongs together.
        seed: Seed of the Monte Carlo tests.
        split: The split of these images, where it is not the judged one; otherwise "".
        apart: Whether new images are a split of their own: neither its share of the classes nor
            how much of the other splits it shows can be held against those of the base.
        trusted: The base's images and those of its judged split behind them, where the former
            are too few to tell what is usual; otherwise None.
    """

    base: PairSide
    head: PairSide
    matched: Matched
    seed: int
    split: str = ""
    apart: bool = False
    trusted: Evidence | None = None

    @cached_property
    def untested(self) -> dict[str, str]:
        """By what cannot be asked about changed images, why."""
        looks = dict.fromkeys(LOOKS, self.looks_problem) if self.looks_problem else {}
        heat = dict.fromkeys(HEAT, self.explains_problem) if self.explains_problem else {}
        return looks | heat

    @cached_property
    def explains_problem(self) -> str:
        """Reason that explanations of changed images cannot be compared; "" when they can."""
        if "explanations" not in self.head.evidence.wanted:
            return "explanations were not asked for"
        if self.looks_problem:
            return self.looks_problem
        try:
            _ = self.base.evidence.probe
        except UnmeasurableError as error:
            return error.what
        return ""

    @cached_property
    def looks_problem(self) -> str:
        """Reason that images cannot be compared by their embeddings; "" when they can."""
        if any(side.evidence.scan.embeddings is None for side in (self.base, self.head)):
            return "no metric that needs the encoder was asked for"
        try:
            _ = self.reference.own
        except UnmeasurableError as error:
            return error.what
        return ""

    @cached_property
    def new_pictures(self) -> BoolArray:
        """True where a pair has other content and shows something else, shape (P,).

        A file that was only written again, as without its tags, is no evidence about the others:
        a thousand of them must not hide ten that were spoilt.
        """
        new = self.matched.new_content.copy()
        if not new.any():
            return new  # without a look at the images
        base, head = self.base.evidence.images, self.head.evidence.images
        for place in np.flatnonzero(new).tolist():
            before, after = self.matched.pairs[place].tolist()
            new[place] = (
                base.shown[before] != head.shown[after]
                or base.channels[before] != head.channels[after]
                or base.height[before] != head.height[after]
                or base.width[before] != head.width[after]
            )
        return new

    @cached_property
    def kept_places(self) -> BoolArray:
        """True where both of a pair show the same at the same places, shape (P,).

        Saved again, blurred, with noise or of another contrast they do; cropped or turned not.
        """
        base, head = (side.evidence.images.thumbnails for side in (self.base, self.head))
        kept = ~self.new_pictures
        for place in np.flatnonzero(~kept).tolist():
            before, after = self.matched.pairs[place].tolist()
            kept[place] = _correlation(base[before], head[after]) >= SAME_PLACES
        return kept

    @property
    def masked(self) -> int:
        """Number of images that both have, and that had a mask."""
        masks = self.base.evidence.dataset.masks
        return 0 if masks is None else int((masks[self.matched.pairs[:, 0]] >= 0).sum())

    @cached_property
    def changed_masks(self) -> IntArray:
        """Places of pairs with another mask than before or none, but the same places, (M,)."""
        if self.base.evidence.whole.masks is None:
            return np.zeros(0, dtype=np.int64)
        base, head = (side.evidence.dataset for side in (self.base, self.head))
        assert base.masks is not None
        masked = base.masks[self.matched.pairs[:, 0]] >= 0
        return np.array(
            [
                place
                for place in np.flatnonzero(masked & self.kept_places).tolist()
                if mask_content(base, self.matched.pairs[place, 0])
                != mask_content(head, self.matched.pairs[place, 1])
            ],
            dtype=np.int64,
        )

    @cached_property
    def reference(self) -> Reference:
        """The base's images, among which others are placed."""
        return Reference(self.known)

    @property
    def known(self) -> Evidence:
        """Images that others are held against: the base's, and more behind them where few."""
        return self.base.evidence if self.trusted is None else self.trusted

    @property
    def own(self) -> ReferenceScores:
        """The base's images, each as all other known ones see it."""
        return self.reference.own.first(len(self.base.evidence.dataset))

    @cached_property
    def groups(self) -> tuple[IntArray, IntArray] | None:
        """Number of the group of each image of base and head; None where none are known."""
        base, head = (side.evidence.dataset.groups for side in (self.base, self.head))
        return None if base is None or head is None else numbered(base, head)

    @cached_property
    def known_groups(self) -> tuple[IntArray, IntArray] | None:
        """Number of the group of each known image, then of the head's; None where none are."""
        if self.trusted is None or self.groups is None:
            return self.groups
        known, head = self.trusted.dataset.groups, self.head.evidence.dataset.groups
        return None if known is None or head is None else numbered(known, head)

    def grouping(self, kind: Kind, positions: IntArray) -> Groups | None:
        """Groups of images and of those they are held against, which is the base.

        Args:
            kind: Removed ones are held against those that stay.
            positions: In the head; of all but new images, in the base.
        """
        if self.groups is None:
            return None
        base, head = self.groups
        if kind == "added":
            return Groups(head[positions], base)
        return Groups(base[positions], np.delete(base, positions) if kind == "removed" else base)

    @cached_property
    def membership(self) -> csr_array:
        """Classes of the base for each image of the head, 0/1, shape (N, K)."""
        base, head = self.base.evidence.dataset, self.head.evidence.dataset
        return _membership_in(base, head, self.matched.renamed)

    @cached_property
    def known_strata(self) -> IntArray:
        """First class of each known image, numbered as `strata` are."""
        return _first(self.known.membership)

    @cached_property
    def strata(self) -> tuple[IntArray, IntArray]:
        """First class of each image of base and head, numbered alike; -1 for a new class."""
        return _first(self.base.evidence.membership), _first(self.membership)

    def pixels(self, beside: Evidence) -> Iterator[tuple[Metric, FloatArray, FloatArray]]:
        """Values of each pixel metric, of these images and of the head's, higher for worse."""
        for metric in self.head.evidence.profile.metrics:
            if metric.name in PIXEL_METRICS:
                others, head = (
                    -metric.sign * metric.on_scale(side.images.values[metric.name])
                    for side in (beside, self.head.evidence)
                )
                yield metric, others, head

    def placed(self, positions: IntArray, themselves: IntArray) -> ReferenceScores:
        """Images of the head as the base sees them, an earlier version of theirs left out."""
        features = self.head.evidence.features[positions]
        return self.reference.of(features, self.membership[positions], themselves)

    def newcomers(self, positions: IntArray) -> tuple[ReferenceScores, ReferenceScores]:
        """Known images and new ones, each as those of other groups see it."""
        features, classes = self.head.evidence.features[positions], self.membership[positions]
        if self.known_groups is None:
            return self.reference.own, self.reference.of(features, classes)
        known, head = self.known_groups
        reference = Reference(self.known, known)
        return reference.own, reference.of(features, classes, groups=head[positions])

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """Properties of each image that may differ in any direction."""
        return tuple(shapes_of(self))

    def grouped(self) -> tuple[BoolArray, BoolArray]:
        """True where an image of base or head has a near duplicate beside it."""
        base, head = (side.evidence.duplicate_groups >= 0 for side in (self.base, self.head))
        return base, head

    def leaked(self) -> tuple[BoolArray, BoolArray]:
        """True where an image of base or head shows what one of another split does."""
        base, head = (
            np.array([name in side.leaks.images for name in side.evidence.dataset.ids], dtype=bool)
            for side in (self.base, self.head)
        )
        return base, head

    def generator(self) -> np.random.Generator:
        """Random generator, equal for every hypothesis, so that none depends on earlier ones."""
        return np.random.default_rng(self.seed)


def _correlation(left: Picture, right: Picture) -> float:
    """Correlation of two thumbnails, whichever is inverted, 0 to 1; 0 where one is of one level."""
    if np.ptp(left) == 0 or np.ptp(right) == 0:
        return 0.0
    return abs(float(np.corrcoef(left.ravel(), right.ravel())[0, 1]))


def _first(membership: csr_array) -> IntArray:
    """First class of each image, -1 where there is none, shape (N,)."""
    starts, ends = membership.indptr[:-1], membership.indptr[1:]
    first = np.full(len(starts), -1, dtype=np.int64)
    there = starts < ends
    first[there] = membership.indices[starts[there]]
    return first


def _membership_in(base: Dataset, head: Dataset, renamed: Mapping[str, str]) -> csr_array:
    """Classes of the base, by name, for each image of the head: 0/1, shape (N, K).

    Classes that the base has not are left out; a renamed one counts as the old one.
    """
    place = {renamed.get(name, name): k for k, name in enumerate(base.classes)}
    rows = np.array([i for i, label in enumerate(head.labels) for _ in label], dtype=np.int64)
    names = [head.classes[c] for label in head.labels for c in label]
    columns = np.array([place.get(name, -1) for name in names], dtype=np.int64)
    known = columns >= 0
    ones = np.ones(int(known.sum()), dtype=np.float32)
    return csr_array((ones, (rows[known], columns[known])), shape=(len(head), len(base.classes)))
