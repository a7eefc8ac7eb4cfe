"""Collection of all exhibits of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.measuring.cases import OF_PAIRS
from deri_gate.measuring.decisions import settled_for
from deri_gate.measuring.second_shots import SECOND_SHOT
from deri_gate.reports.exhibits.changed import change_exhibits
from deri_gate.reports.exhibits.copied import (
    contradiction_exhibit,
    duplicate_exhibit,
    edited_contradiction_exhibit,
    leak_exhibit,
    second_shot_exhibit,
)
from deri_gate.reports.exhibits.drifted import drift_exhibits
from deri_gate.reports.exhibits.explained import explanation_exhibit, heat_of, shortcut_exhibits
from deri_gate.reports.exhibits.findings import finding_exhibits
from deri_gate.reports.exhibits.records import Exhibit, Exhibits, Tile
from deri_gate.reports.exhibits.side import MeasuredSide, changed_ids
from deri_gate.reports.exhibits.suspects import (
    label_exhibit,
    odd_exhibits,
    suspect_exhibits,
    worst_exhibits,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from deri_gate.changes.records import Change
    from deri_gate.drift.records import Drift
    from deri_gate.explain.shortcuts import Shortcuts
    from deri_gate.measuring.measure import Measured


def exhibits_of(
    measured: Measured,
    earlier: Measured | None = None,
    change: Change | None = None,
    *,
    drift: Drift | None = None,
    shortcuts: Shortcuts | None = None,
    missed: Collection[str] = (),
) -> Exhibits:
    """Collect the images that show what was found, most important first.

    Args:
        measured: The judged dataset.
        earlier: The base or baseline; None where there is none.
        change: The comparison of the two.
        drift: The comparison of a batch with its baseline, which `change` then repeats.
        missed: Metrics whose limit is missed.
        shortcuts: What gives classes away; None where it was not looked for.
    """
    head = MeasuredSide(measured, changed_ids(None if drift is not None else change))
    heat = heat_of(measured)
    images = measured.everywhere or measured.evidence.pictures
    settled = {kind: settled_for(measured.accepted, kind) for kind in (*OF_PAIRS, SECOND_SHOT)}
    items: list[Exhibit | None] = []
    if earlier is not None and drift is not None:
        items += drift_exhibits(drift, head, MeasuredSide(earlier))
    elif earlier is not None and change is not None:
        items += change_exhibits(change, head, MeasuredSide(earlier))
    items += finding_exhibits(measured.findings, head)
    items += [
        contradiction_exhibit(images, settled["contradiction"]),
        edited_contradiction_exhibit(images, settled),
        leak_exhibit(measured.leaks),
        label_exhibit(head),
        duplicate_exhibit(head),
        second_shot_exhibit(images, settled[SECOND_SHOT]),
    ]
    items += shortcut_exhibits(shortcuts, head, heat)
    items += suspect_exhibits(head)
    items += worst_exhibits(head, missed)
    items += odd_exhibits(head)
    items.append(explanation_exhibit(head))
    kept = tuple(exhibit for exhibit in items if exhibit is not None)
    shown = {tile.image for one in kept for tile in _tiles(one)}
    return Exhibits(items=kept, heat={ref: grid for ref, grid in heat.items() if ref in shown})


def _tiles(exhibit: Exhibit) -> Iterator[Tile]:
    for row in exhibit.rows:
        yield from row.tiles
