"""Learning curve of the linear probe, and its forecast."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.reports.plots.scene import WIDTH, Mark, Scene, Stroke, Words
from deri_gate.reports.text import percent

if TYPE_CHECKING:
    from deri_gate.reports.plots.scene import Anchor, Shape
    from deri_gate.schemas.sufficiency import LearningCurveInfo, SufficiencyDocument

LEFT, RIGHT, TOP, BOTTOM = 44, 14, 12, 150
HEIGHT = 190
STEPS = 40  # points of a drawn line


def learning_curve_scene(document: SufficiencyDocument | None) -> Scene | None:
    """Error over images, both on a scale of powers of two; None without a curve."""
    if document is None or document.curve is None:
        return None
    curve = document.curve
    axes = _Axes(curve)
    now, twice = curve.now, curve.twice
    low, high = twice.interval
    end = axes.x(twice.images)
    shapes: list[Shape] = [
        *axes.drawn(),
        Stroke(points=((end, axes.y(low)), (end, axes.y(high))), tone="soft", width=6, opacity=0.4),
        Stroke(points=axes.line(curve.points[0].images, now.images), tone="mark", width=2),
        Stroke(points=axes.line(now.images, twice.images), tone="soft", width=2),
        *(
            Mark(x=axes.x(p.images), y=axes.y(p.error), radius=4, tone="mark",
                 title=f"{p.images:,.0f} images: {percent(p.error)}")
            for p in curve.points
        ),
        Mark(x=end, y=axes.y(twice.error), radius=4, tone="soft", hollow=True,
             title=f"forecast for {twice.images:,} images: {percent(twice.error)}"),
    ]  # fmt: skip
    return Scene(
        name="learning_curve",
        title="Learning curve of the linear probe",
        description=f"error {percent(now.error)} with {now.images:,} images, "
        f"{percent(twice.error)} ({percent(low)} to {percent(high)}) forecast for {twice.images:,}",
        caption="Share of unseen images that are taken for another class; lower is better. Dots "
        "were measured. The line is a power law; its end is a forecast for twice as many images, "
        "with its 95 % interval.",
        height=HEIGHT,
        shapes=tuple(shapes),
    )


class _Axes:
    """Logarithmic axis of images, and one of errors from 0."""

    def __init__(self, curve: LearningCurveInfo) -> None:
        """Make room for the points and the forecast.

        Args:
            curve: The curve.
        """
        self._curve = curve
        self._low = math.log(max(1.0, curve.points[0].images))
        self._high = math.log(curve.twice.images)
        errors = [point.error for point in curve.points]
        self._top = max(*errors, curve.twice.interval[1], 0.01)

    def x(self, images: float) -> float:
        """Place of a number of images."""
        part = (math.log(max(1.0, images)) - self._low) / max(1e-9, self._high - self._low)
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    def y(self, error: float) -> float:
        """Place of an error."""
        return round(BOTTOM - min(error / self._top, 1.0) * (BOTTOM - TOP), 1)

    def line(self, start: float, stop: float) -> tuple[tuple[float, float], ...]:
        """The power law between two numbers of images."""
        law = self._curve
        counts = np.geomspace(max(1.0, start), max(1.0, stop), STEPS)
        errors = law.floor + law.scale * (counts / law.unit) ** -law.exponent
        return tuple((self.x(n), self.y(e)) for n, e in zip(counts, errors, strict=True))

    def drawn(self) -> list[Shape]:
        """Lines and numbers of the axes."""
        shapes: list[Shape] = []
        for error in (0.0, self._top / 2, self._top):
            y = self.y(error)
            shapes += [
                Stroke(points=((LEFT, y), (WIDTH - RIGHT, y)), tone="line"),
                Words(x=LEFT - 6, y=y + 4, text=percent(error), anchor="end", size=11),
            ]
        ticks = sorted({round(self._curve.points[0].images), self._curve.now.images})
        for images in (*ticks, self._curve.twice.images):
            x, text = self.x(images), f"{images:,}"
            anchor: Anchor = "end" if images == self._curve.twice.images else "middle"
            shapes.append(Words(x=x, y=BOTTOM + 18, text=text, anchor=anchor, size=11))
        shapes.append(Words(x=LEFT, y=HEIGHT - 4, text="images seen", size=11))
        return shapes
