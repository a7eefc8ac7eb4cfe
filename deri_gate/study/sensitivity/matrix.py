"""The sensitivity matrix: pure arithmetic on what was measured of datasets and their variants."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from statistics import median
from typing import TYPE_CHECKING

from deri_gate.damage import LEVELS
from deri_gate.schemas.statuses import Status
from deri_gate.study.sensitivity.cases import RESAMPLE, UNDAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from deri_gate.metrics.base import Metric
    from deri_gate.study.sensitivity.cases import Case

ROUNDING = 1e-9  # a change below this, relative to the value if that is above 1, is none


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Effect of one damage at one level on one metric, over all datasets that have both.

    Attributes:
        falls: Share of the datasets whose subscore falls, 0 to 1.
        further: Share whose subscore also falls from the level before to this one; None when
            no level before was measured.
        median_change: Change of the subscore from the undamaged dataset, in points of 100; below 0
            is worse. None when the pool gives no subscore.
        highest: Change of the dataset whose subscore rises most or falls least; None likewise.
        pairs: Number of the datasets.
        against: Names of the datasets whose subscore does not fall.
    """

    falls: float
    further: float | None
    median_change: float | None
    highest: float | None
    pairs: int
    against: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Rate of failures of the default gate among some cases."""

    cases: int
    failed: int

    @property
    def share(self) -> float | None:
        """0 to 1; None when there was no case."""
        return self.failed / self.cases if self.cases else None


Place = tuple[str, str, str]  # group, level, metric


def is_worse(metric: Metric, value: float, than: float) -> bool:
    """True if a subscore falls as the raw value goes from `than` to `value`.

    Decided on raw values, in the metric's direction. Between its limits a subscore follows the
    raw value strictly, so that this is the same question. Beyond them, at three spreads of the
    pool or on the floor of a logarithmic scale, the subscore is clipped and stands still while
    the data get worse: that counts as a fall here, as what is asked is whether the metric sees
    the damage. A change of up to 1e-9, relative to values above 1, is rounding and no fall.
    """
    return metric.sign * (than - value) > ROUNDING * max(1.0, abs(than))


def cells(cases: Sequence[Case], metrics: Iterable[Metric]) -> dict[Place, Cell]:
    """Every cell of the matrix that at least one dataset has something to say on.

    Args:
        cases: The undamaged datasets among them; variants of a dataset without are left out.
        metrics: The columns.
    """
    known = {(case.dataset, case.group, case.level): case for case in cases}
    matrix: dict[Place, Cell] = {}
    places = dict.fromkeys((case.group, case.level) for case in cases if is_variant(case))
    for metric, (group, level) in product(metrics, places):
        variants = [case for case in cases if (case.group, case.level) == (group, level)]
        pairs = list(_pairs(metric, variants, known))
        if pairs:
            matrix[group, level, metric.name] = _cell(metric, pairs, _before(known, pairs))
    return matrix


def _pairs(
    metric: Metric, variants: Iterable[Case], known: Mapping[tuple[str, str, str], Case]
) -> Iterator[tuple[Case, Case]]:
    """Each variant after its undamaged dataset, where the metric has an answer on both."""
    for variant in variants:
        undamaged = known.get((variant.dataset, UNDAMAGED, ""))
        if undamaged is not None and _has(metric, undamaged) and _has(metric, variant):
            yield undamaged, variant


def is_variant(case: Case) -> bool:
    """True if something was done to the dataset."""
    return case.group not in {UNDAMAGED, RESAMPLE}


def _has(metric: Metric, case: Case) -> bool:
    return case.measured.values.get(metric.name) is not None


def _value(metric: Metric, case: Case) -> float:
    value = case.measured.values[metric.name]
    assert value is not None
    return value


def _before(
    known: Mapping[tuple[str, str, str], Case], pairs: Sequence[tuple[Case, Case]]
) -> list[tuple[Case, Case]]:
    """Each variant with the same one at the nearest milder level that was measured."""
    earlier = []
    for _, case in pairs:
        milder = levels_below(case.level)
        steps = (known.get((case.dataset, case.group, level)) for level in milder)
        before = next((step for step in steps if step is not None), None)
        if before is not None:
            earlier.append((before, case))
    return earlier


def levels_below(level: str) -> tuple[str, ...]:
    """The milder levels, the nearest first; none below a scenario."""
    return LEVELS[: LEVELS.index(level)][::-1] if level in LEVELS else ()


def _cell(
    metric: Metric, pairs: Sequence[tuple[Case, Case]], steps: Sequence[tuple[Case, Case]]
) -> Cell:
    fell = [is_worse(metric, _value(metric, b), _value(metric, a)) for a, b in pairs]
    steps = [(a, b) for a, b in steps if _has(metric, a)]
    further = [is_worse(metric, _value(metric, b), _value(metric, a)) for a, b in steps]
    changes = [
        after - before
        for a, b in pairs
        if (before := a.outcome.subscores.get(metric.name)) is not None
        and (after := b.outcome.subscores.get(metric.name)) is not None
    ]
    return Cell(
        pairs=len(pairs),
        falls=sum(fell) / len(fell),
        further=sum(further) / len(further) if further else None,
        median_change=float(median(changes)) if changes else None,
        highest=max(changes, default=None),
        against=tuple(b.dataset for (_, b), down in zip(pairs, fell, strict=True) if not down),
    )


def false_alarms(cases: Iterable[Case]) -> Rate:
    """Rate at which the gate fails a part of an undamaged dataset."""
    return _rate([case for case in cases if case.group == RESAMPLE])


def detection_rates(cases: Iterable[Case]) -> dict[tuple[str, str], Rate]:
    """Rate at which the gate fails a damaged variant, by group and level."""
    sorted_in: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in cases:
        if is_variant(case):
            sorted_in[case.group, case.level].append(case)
    return {place: _rate(some) for place, some in sorted_in.items()}


def _rate(cases: Sequence[Case]) -> Rate:
    return Rate(cases=len(cases), failed=sum(c.outcome.verdict is Status.FAIL for c in cases))
