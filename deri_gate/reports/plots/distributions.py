"""Distributions over images: each metric, head over base, the pool's datasets behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.reports.plots.scene import WIDTH, Box, Scene, Stroke, Words
from deri_gate.runtime.figures import figure, in_unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import FloatArray
    from deri_gate.measuring.measure import Measured
    from deri_gate.metrics.base import Metric
    from deri_gate.reports.plots.scene import Anchor, Shape
    from deri_gate.scoring.pool import Pool

BINS = 32
EDGE = 12
TOP, FLOOR = 8.0, 92.0  # of the bars


def distribution_scenes(
    measured: Measured, earlier: Measured | None, pool: Pool
) -> Iterator[Scene]:
    """A histogram a metric that has a value an image."""
    for metric in measured.evidence.profile.metrics:
        values = _values(measured, metric)
        if values is not None and values.size:
            before = None if earlier is None else _values(earlier, metric)
            yield _histogram(metric, values, before, _pool_values(metric, pool))


def _values(measured: Measured, metric: Metric) -> FloatArray | None:
    """Finite values of the images on the metric's scale; None where it has none an image."""
    answer = measured.answers.get(metric.name)
    if answer is None or answer.per_image is None:
        return None
    values = metric.on_scale(answer.per_image)
    return values[np.isfinite(values)]


def _pool_values(metric: Metric, pool: Pool) -> FloatArray:
    values = [m.metrics[metric.name] for m in pool.datasets if metric.name in m.metrics]
    return metric.on_scale(np.array(values, dtype=float))


def _histogram(
    metric: Metric, values: FloatArray, before: FloatArray | None, pool: FloatArray
) -> Scene:
    every = [values, pool, *([] if before is None else [before])]
    low = min(float(v.min()) for v in every if v.size)
    high = max(float(v.max()) for v in every if v.size)
    if not high > low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BINS + 1)
    head = _shares(values, edges)
    base = None if before is None or not before.size else _shares(before, edges)
    top = max(float(head.max()), 0.0 if base is None else float(base.max()))
    wide = (WIDTH - 2 * EDGE) / BINS
    shapes: list[Shape] = [
        Box(x=EDGE + wide * i + 0.5, y=_up(share, top), width=wide - 1,
            height=FLOOR - _up(share, top), tone="mark", opacity=0.75)
        for i, share in enumerate(head.tolist()) if share
    ]  # fmt: skip
    if base is not None:
        shapes.append(_outline(base, top, wide))
    shapes.append(Stroke(points=((EDGE, FLOOR), (WIDTH - EDGE, FLOOR)), tone="line"))
    for value in np.sort(pool).tolist():
        x = EDGE + (WIDTH - 2 * EDGE) * (value - low) / (high - low)
        shapes.append(Stroke(points=((x, FLOOR + 1), (x, FLOOR + 7)), tone="soft", width=1.5))
    shapes += _axis(metric, low, high)
    median = _unscaled(metric, float(np.median(values)))
    return Scene(
        name=f"distribution.{metric.name}",
        title=f"{metric.title} of the images",
        description=f"median {in_unit(median, metric.unit, 3)}",
        height=FLOOR + 26,
        shapes=tuple(shapes),
    )


def _shares(values: FloatArray, edges: FloatArray) -> FloatArray:
    counts = np.histogram(values, bins=edges)[0]
    return np.asarray(counts / max(1, len(values)))


def _up(share: float, top: float) -> float:
    return FLOOR - (FLOOR - TOP) * share / top


def _outline(shares: FloatArray, top: float, wide: float) -> Stroke:
    points = []
    for i, share in enumerate(shares.tolist()):
        points += [(EDGE + wide * i, _up(share, top)), (EDGE + wide * (i + 1), _up(share, top))]
    return Stroke(points=tuple(points), tone="ink", width=1.4)


def _axis(metric: Metric, low: float, high: float) -> Iterator[Shape]:
    places: tuple[tuple[float, Anchor, float], ...] = (
        (EDGE, "start", low),
        (WIDTH / 2, "middle", (low + high) / 2),
        (WIDTH - EDGE, "end", high),
    )
    for x, anchor, value in places:
        written = in_unit if anchor == "end" else figure
        text = written(_unscaled(metric, value), metric.unit, 2)
        yield Words(x=x, y=FLOOR + 22, text=text, anchor=anchor, size=11)


def _unscaled(metric: Metric, value: float) -> float:
    return float(np.exp(value)) if metric.scale == "log" else value
