"""One image before and after a change, with what differs most."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.reports.exhibits.records import ImageRef, Tile, TileRow
from deri_gate.runtime.figures import figure, in_unit
from deri_gate.stats.spread import scaled_mad

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.changes.records import Matching
    from deri_gate.metrics.base import Metric
    from deri_gate.reports.exhibits.side import MeasuredSide


class ChangedPairs:
    """Images of the head beside their state in the base.

    Attributes:
        head: The changed dataset.
        base: The earlier one.
    """

    def __init__(self, matching: Matching, head: MeasuredSide, base: MeasuredSide) -> None:
        """Pair by content, then by converted name, then by name.

        Args:
            matching: The images that changed.
            head: The changed dataset.
            base: The earlier one.
        """
        self.head, self.base = head, base
        self._converted = {new: old for old, new in matching.converted}

    @cached_property
    def _by_content(self) -> Mapping[tuple[bool, str], str]:
        """Id in the base by whether the image is of the judged split, and its content."""
        ids: dict[tuple[bool, str], str] = {}
        for name in self.base.places:
            ids.setdefault(_content(self.base, name), name)
        return ids

    @cached_property
    def _metrics(self) -> list[Metric]:
        return [m for name, m in self.head.metrics.items() if m.of_image and name in self._spreads]

    @cached_property
    def _spreads(self) -> Mapping[str, float]:
        """Spread of each metric of the pixels in the base, on its scale."""
        metrics = [m for m in self.base.metrics.values() if m.of_image]
        return {m.name: float(scaled_mad(m.on_scale(self.base.values(m.name)))) for m in metrics}

    def before(self, kind: str, image: str) -> str | None:
        """Id in the base of an image of the head; None where it has none."""
        if kind == "relabelled" and image in self.head.places:
            judged, content = _content(self.head, image)
            for there in (judged, not judged):  # it may have been in another split
                if (there, content) in self._by_content:
                    return self._by_content[there, content]
        earlier = self._converted.get(image, image)
        return earlier if earlier in self.base.places else None

    def row(self, kind: str, image: str, about: str = "") -> TileRow:
        """The image before and after.

        Args:
            kind: "modified" or "relabelled".
            image: Its id in the head.
            about: Metric to compare; the one that differs most when empty.
        """
        after = Tile(image=ImageRef(id=image), facts=_facts(self.head, image), role="after")
        earlier = self.before(kind, image)
        if earlier is None:
            return TileRow(tiles=(after,))
        before = Tile(
            image=ImageRef(side="base", id=earlier),
            facts=_facts(self.base, earlier),
            role="before",
        )
        if kind == "relabelled":
            caption = f"{self.base.label(earlier)} before, {self.head.label(image)} after"
        else:
            caption = self._difference(earlier, image, about)
        return TileRow(tiles=(before, after), caption=caption)

    def _difference(self, earlier: str, image: str, about: str) -> str:
        asked = [m for m in self._metrics if m.name == about] or self._metrics
        distances = {m.name: self._distance(m, earlier, image) for m in asked}
        known = [m for m in asked if np.isfinite(distances[m.name])]
        if not known:
            return ""
        metric = max(known, key=lambda m: distances[m.name])
        old, new = self.base.value(metric.name, earlier), self.head.value(metric.name, image)
        before, after = figure(old, metric.unit, 3), in_unit(new, metric.unit, 3)
        return f"{metric.title} {before} before, {after} after"

    def _distance(self, metric: Metric, earlier: str, image: str) -> float:
        """Difference of an image from its earlier state, in spreads of the base."""
        old, new = self.base.value(metric.name, earlier), self.head.value(metric.name, image)
        spread = self._spreads[metric.name]
        if old is None or new is None or not spread > 0:
            return float("nan")
        low, high = metric.on_scale(np.array([old, new]))
        return abs(float(high - low)) / spread


def _facts(side: MeasuredSide, image: str) -> tuple[str, ...]:
    return tuple(filter(None, (side.label(image), side.size_text(image))))


def _content(side: MeasuredSide, image: str) -> tuple[bool, str]:
    evidence, i = side.places[image]
    return evidence is side.measured.evidence, evidence.images.keys[i]
