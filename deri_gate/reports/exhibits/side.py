"""Per-image facts of one side, by id."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.class_titles import titles_of
from deri_gate.runtime.figures import figure, in_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.arrays import FloatArray
    from deri_gate.changes.records import Change
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.measuring.measure import Measured
    from deri_gate.metrics.base import Metric


COUNTED = ("duplicates", "imbalance", "label_noise")  # whose values of an image tell little


@dataclass(frozen=True)
class MeasuredSide:
    """Per-image facts of a measured dataset.

    Attributes:
        measured: The dataset.
        changed: Ids that differ from the base; none without a base.
    """

    measured: Measured
    changed: frozenset[str] = frozenset()

    def suspects(self, metric: str) -> list[int]:
        """Positions of a metric's suspects: changed images first, then worst first."""
        ids = self.measured.evidence.dataset.ids
        suspects: list[int] = self.measured.answers[metric].suspects.tolist()
        return sorted(suspects, key=lambda i: ids[i] not in self.changed)

    def suspects_text(self, metric: str) -> str:
        """Note on a metric's suspects, and how many of them changed against the base."""
        ids = self.measured.evidence.dataset.ids
        changed = sum(ids[i] in self.changed for i in self.suspects(metric))
        note = self.measured.answers[metric].note
        return f"{note} {changed:,} of them changed, and come first.".strip() if changed else note

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Position of each readable image by id."""
        return {name: i for i, name in enumerate(self.measured.evidence.dataset.ids)}

    @cached_property
    def places(self) -> Mapping[str, tuple[Evidence, int]]:
        """Evidence and position of each readable image, of any split, by id."""
        places: dict[str, tuple[Evidence, int]] = {}
        for evidence in filter(None, (self.measured.evidence, self.measured.others)):
            for i, name in enumerate(evidence.dataset.ids):
                places.setdefault(name, (evidence, i))
        return places

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """Names of the classes for people, in the order of the dataset."""
        return titles_of(self.measured.evidence.dataset)

    @cached_property
    def metrics(self) -> Mapping[str, Metric]:
        """Metrics with a value an image, by name."""
        return {
            m.name: m
            for m in self.measured.evidence.profile.metrics
            if m.name in self.measured.answers
            and self.measured.answers[m.name].per_image is not None
        }

    @cached_property
    def typical(self) -> Mapping[str, float]:
        """Median of each metric over the images that have a value; NaN for none."""
        return {name: _median(self.values(name)) for name in self.metrics}

    def values(self, metric: str) -> FloatArray:
        """Values of a metric, shape (N,); NaN where an image has none."""
        values = self.measured.answers[metric].per_image
        assert values is not None
        return values

    def value(self, metric: str, image: str) -> float | None:
        """A metric's value of an image; None where it has none."""
        if metric not in self.metrics or image not in self.position:
            return None
        value = float(self.values(metric)[self.position[image]])
        return value if np.isfinite(value) else None

    @cached_property
    def reasons(self) -> Mapping[tuple[str, str], str]:
        """Reason in words by image and what it is about, for odd images."""
        ids = self.measured.evidence.dataset.ids
        return {(ids[i], about): said for i, about, said in self.measured.oddities.reasons()}

    def value_text(self, metric: str, image: str) -> str:
        """The value beside the typical one: "0.4 levels² (typical 12)"; empty for none."""
        value = self.value(metric, image)
        if value is None or metric in COUNTED:
            return ""
        unit = self.metrics[metric].unit
        return f"{in_unit(value, unit, 3)}, typical {figure(self.typical[metric], unit, 3)}"

    def label(self, image: str) -> str:
        """Classes of an image, joined by a comma; empty for none or an unknown image."""
        if image not in self.places:
            return ""
        evidence, i = self.places[image]
        judged = evidence is self.measured.evidence
        titles = self.titles if judged else titles_of(evidence.dataset)
        return ", ".join(titles[c] for c in evidence.dataset.labels[i])

    def size_text(self, image: str) -> str:
        """Width and height in pixels; empty for an unknown image."""
        if image not in self.places:
            return ""
        evidence, i = self.places[image]
        return f"{int(evidence.images.width[i])} x {int(evidence.images.height[i])} px"


def changed_ids(change: Change | None) -> frozenset[str]:
    """Ids of the images that differ from the base; none without one."""
    return frozenset() if change is None else frozenset(change.matching.present)


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")
