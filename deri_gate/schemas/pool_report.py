"""`pool-report.json` and `pool-diff.json`: who is in a pool, what hangs on whom, what changed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from deri_gate.schemas.base import Count, JsonRecord, Number, NumberPair, PoolInfo, ProfileInfo


class MetricSpreadInfo(JsonRecord):
    """Values of one metric over the datasets of a pool."""

    datasets: Count  # that have a value
    lowest: Number | None  # raw values
    highest: Number | None
    scale: Literal["linear", "log"]  # on which median and spread are
    median: Number | None
    spread: Number | None
    at_floor: bool  # the datasets differ by less than the metric's least spread


class SelectionInfo(JsonRecord):
    """Place of a candidate in the ranking by which the pool was chosen."""

    dataset: str
    distance: Number | None  # from the median probe, in spreads
    balanced_accuracy: Number | None
    accuracy: Number | None
    auc: Number | None
    chosen: bool


class MemberReport(JsonRecord):
    """A dataset of the pool, its scores, and what hangs on it."""

    name: str
    version: str
    licence: str
    source: str
    fingerprint: str
    images: Count
    classes: Count
    DERI1000: Number | None  # against the whole pool, itself in it
    without_itself: Number | None  # against the others
    moves: dict[str, Number]  # by other dataset: its score without this one minus with it
    decides: bool  # another dataset's score hangs on this one
    values: dict[str, Number]
    subscores: dict[str, Number | None]


class FittedInfo(JsonRecord):
    """A metric's weight as damage to probes has it, with its interval."""

    weight: Number
    interval: NumberPair | None
    delta_balanced_accuracy: Number
    delta_interval: NumberPair | None


class DamageInfo(JsonRecord):
    """Effect of one group of damage at its strongest level, where the study lies beside."""

    level: str
    falls: Number | None  # share of datasets whose own subscore falls
    DERI1000_falls: Number | None
    DERI1000_median: Number | None
    detected: Number | None  # by the default gate, all images damaged
    against_base: dict[str, Number | None]  # by way: share of heads that fail against their base


class PoolReport(JsonRecord):
    """`pool-report.json`: a reference pool as people ask about it.

    Attributes:
        used: Name of the weights that U has; "own" where they are none of those by name.
        weights: Sets of weights by name, those of U under "own" where they have no name.
        warnings: Sentences on what is weak in this pool.
        fitted: `impact.json` beside the pool, empty where there is none.
        damage: `sensitivity.json` and `detection.json` beside it, likewise.
        beside: Names of the study's files that lie beside the pool and were read.
    """

    schema_version: Literal[1]
    pool: PoolInfo
    profile: ProfileInfo
    power: Number
    used: str
    weights: dict[str, dict[str, Number]]
    metrics: dict[str, MetricSpreadInfo]
    datasets: tuple[MemberReport, ...]
    selection: tuple[SelectionInfo, ...]
    left_out: dict[str, str] = Field(default_factory=dict)  # by name, why; none up to 0.2
    fitted: dict[str, FittedInfo]
    spearman_within: dict[str, Number | None]  # by weights: U against balanced accuracy
    damage: dict[str, DamageInfo]
    false_alarms: Number | None
    warnings: tuple[str, ...]
    beside: tuple[str, ...]


class ChangedMember(JsonRecord):
    """A dataset that both pools have, and that differs."""

    name: str
    fingerprint_changed: bool
    provenance_changed: tuple[str, ...]  # names of the fields
    values_changed: tuple[str, ...]  # ids of the metrics


class CentreChange(JsonRecord):
    """Centre and spread of a metric in both pools, on the metric's scale."""

    median: tuple[Number | None, Number | None]
    spread: tuple[Number | None, Number | None]
    moved: Number | None  # medians' difference in spreads of the first; None if not comparable


class ScoreChange(JsonRecord):
    """Score of one dataset by both pools."""

    scores: tuple[Number | None, Number | None]
    difference: Number | None
    values_of: Literal["both", "first", "second"]  # which pool has them


class PoolDiff(JsonRecord):
    """`pool-diff.json`: what the second pool has otherwise than the first.

    Attributes:
        comparable: Ids of the metrics that both pools define likewise.
        datasets: By name, scores of all datasets of both pools by either pool.
        order_changed: Pairs of datasets that change places.
    """

    schema_version: Literal[1]
    pools: tuple[PoolInfo, PoolInfo]
    profiles: tuple[ProfileInfo, ProfileInfo]
    same: bool
    powers: tuple[Number, Number]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[ChangedMember, ...]
    comparable: tuple[str, ...]
    not_comparable: tuple[str, ...]
    metrics: dict[str, CentreChange]
    weights: dict[str, tuple[Number, Number]]
    datasets: dict[str, ScoreChange]
    order_changed: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
