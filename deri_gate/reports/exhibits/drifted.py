"""Images of a batch that drifted, beside typical ones of the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.changes.records import SHOWN
from deri_gate.reports.exhibits.records import MOST_NAMES, Exhibit, ImageRef, Tile, TileRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.drift.records import Drift, DriftTest
    from deri_gate.reports.exhibits.side import MeasuredSide

MOST_EXHIBITS = 8
EACH = 6  # images of the batch, and as many of the baseline
ADVICE = "Find what changed at the source. If it is intended, take the new images as baseline."


def drift_exhibits(drift: Drift, batch: MeasuredSide, baseline: MeasuredSide) -> Iterator[Exhibit]:
    """An exhibit a drift feature that this batch shows in drift, those that started now first."""
    watch = drift.watch
    tests = {test.name: test for test in drift.tests}
    seen = {test.name for test in drift.tests if test.p_that_counts < SHOWN}
    names = (*watch.started, *(n for n in watch.ongoing if n in seen)) if watch else ()
    drifted = [test for test in drift.tests if test.drifted and test.name not in names]
    shown = [*(tests[name] for name in names if name in tests), *drifted]
    for test in shown[:MOST_EXHIBITS]:
        row = "drift.ongoing" if watch and test.name in watch.ongoing else "drift.started"
        yield _of_feature(test, row, batch, baseline)


def _of_feature(test: DriftTest, row: str, batch: MeasuredSide, baseline: MeasuredSide) -> Exhibit:
    near = tuple(_tile(batch, test.name, name, "batch") for name in test.images[:EACH])
    far = tuple(
        _tile(baseline, test.name, name, "baseline") for name in _typical(baseline, test.name)
    )
    return Exhibit(
        name=f"drift.{test.name}",
        about=(row, f"drift.{test.name}"),
        title=test.title,
        sentence=test.sentence,
        advice=ADVICE,
        count=len(near),
        noun="most different image",
        rows=(TileRow(tiles=near), TileRow(tiles=far)),
        placing="rows",
        others=test.images[EACH : EACH + MOST_NAMES],
    )


def _tile(side: MeasuredSide, feature: str, name: str, role: str) -> Tile:
    facts = (side.value_text(feature, name), side.label(name), side.size_text(name))
    return Tile(
        image=ImageRef(side="base" if role == "baseline" else "head", id=name),
        facts=tuple(filter(None, facts)),
        role=role,
    )


def _typical(side: MeasuredSide, feature: str) -> list[str]:
    """Images whose value lies nearest to the median; evenly spaced ones without such a value."""
    ids = side.measured.evidence.dataset.ids
    if feature in side.metrics and np.isfinite(side.typical[feature]):
        far = np.abs(side.values(feature) - side.typical[feature])
        order = np.argsort(np.where(np.isfinite(far), far, np.inf), kind="stable")
        return [ids[i] for i in order[:EACH]]
    chosen = np.unique(np.linspace(0, len(ids) - 1, EACH).round().astype(int))
    return [ids[i] for i in chosen]
