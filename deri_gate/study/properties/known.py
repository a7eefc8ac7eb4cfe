"""Properties that follow from a pool and from the sensitivity that lies beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from deri_gate.metrics.imbalance import imbalance
from deri_gate.metrics.profile import profile_named
from deri_gate.runtime.resources import shipped_pools
from deri_gate.schemas.study import HEADLINE, is_scenario
from deri_gate.scoring.influence import influences
from deri_gate.scoring.pool import read_pool
from deri_gate.scoring.score import PUBLISHED, score_values
from deri_gate.study.properties.figures import at_least, at_most

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.schemas.properties import PropertyFigure
    from deri_gate.schemas.study import SensitivityDocument
    from deri_gate.scoring.pool import Pool

MARKER, SHORTCUT = "xai_overlay.marker", "shortcut"
NINE_OF_TEN, HIGHEST = 0.9, 10.0  # the aims of property 1
PAPER = "paper-small"
CLASSES = (2, 5, 10, 100)


def figures_of_sensitivity(sensitivity: SensitivityDocument) -> Iterator[PropertyFigure]:
    """Properties 1 and 2: falls under the strongest damage, marks found, none seen wrongly."""
    for group, levels in sensitivity.matrix.items():
        level = list(levels)[-1] if levels else ""
        cell = levels[level].get(HEADLINE) if levels else None
        if cell is not None and cell.pairs and not is_scenario(group):
            against = f"{cell.pairs} datasets, {level}"
            yield at_least(1, group, "share in which it falls", cell.falls, NINE_OF_TEN,
                           detail=against)  # fmt: skip
            yield at_most(1, group, "change where it falls least", cell.highest, HIGHEST,
                          detail=against)  # fmt: skip
    for level, share in sensitivity.detection.get(MARKER, {}).items():
        yield at_least(2, f"marker, {level}", "share of datasets that fail", share, 1.0)
    wrong = [
        alarm for alarm in sensitivity.alarms if any(SHORTCUT in name for name in alarm.checks)
    ]
    yield at_most(
        2, "undamaged", "datasets and resamples with a mark", float(len(wrong)), 0.0,
        detail=", ".join(sorted({one.dataset for one in wrong})),
    )  # fmt: skip


def figures_of_pool(pool: Pool) -> Iterator[PropertyFigure]:
    """Properties 5 and 6: intervals against leaving one out; names of scores of fewer metrics."""
    metrics = profile_named(pool.profile.name).metrics
    for member, influence in zip(pool.datasets, influences(pool, metrics=metrics), strict=True):
        scored = score_values(member.metrics, pool, metrics=metrics)
        between, alone = scored.pool_interval, influence.without_itself
        if between is None or alone is None:
            continue
        outside = max(0.0, between[0] - alone, alone - between[1])
        yield at_most(5, member.name, "points by which the score without itself lies outside",
                      outside, 0.0)  # fmt: skip
    first = pool.datasets[0]
    for name in PUBLISHED:
        less = {key: value for key, value in first.metrics.items() if key != name}
        scored = score_values(less, pool, metrics=metrics)
        said = not scored.complete and scored.title != HEADLINE
        yield at_least(6, f"without {name}", "is called by how many metrics it has", float(said),
                       1.0, detail=scored.title)  # fmt: skip


def figures_of_words() -> Iterator[PropertyFigure]:
    """Property 7, and of property 4 the balance of balanced classes."""
    shipped = shipped_pools()
    if PAPER in shipped:
        pool = read_pool(shipped[PAPER])
        metrics = profile_named(PAPER).metrics
        done = [
            score_values(member.metrics, pool, metrics=metrics).complete for member in pool.datasets
        ]
        yield at_least(7, PAPER, "share of its datasets with a whole score", float(np.mean(done)),
                       1.0)  # fmt: skip
    values = [_balance(count) for count in CLASSES]
    yield at_most(4, "balanced classes, 2 to 100", "spread of imbalance",
                  max(values) - min(values), 1e-9)  # fmt: skip


def _balance(classes: int) -> float:
    """Balance of so many classes of one image each."""
    answer = imbalance(csr_array(np.eye(classes)))
    return float(answer.statistic(np.ones((1, classes)))[0])
