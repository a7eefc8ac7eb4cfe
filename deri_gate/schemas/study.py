"""`sensitivity.json`, `detection.json` and a pool's `summary.json`: what a pool is worth."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from deri_gate.schemas.base import Count, JsonRecord, Number, PoolInfo, ProfileInfo
from deri_gate.schemas.statuses import Verdict

SCENARIO = "scenario."  # how groups begin that change pictures and need not make them worse
HEADLINE = "DERI1000"  # column of the number, beside those of the metrics


def is_scenario(group: str) -> bool:
    """True for a group that is no damage."""
    return group.startswith(SCENARIO)


class SensitivityDataset(JsonRecord):
    """A dataset as it was measured, undamaged."""

    name: str
    fingerprint: str
    images: Count
    classes: Count
    DERI1000: Number | None
    verdict: Verdict


class SensitivityBudget(JsonRecord):
    """Settings that decide how much was measured."""

    images: Count
    explained: Count
    explain_all: bool
    metrics: tuple[str, ...]
    groups: tuple[str, ...]
    levels: tuple[str, ...]
    resamples: Count
    seed: Count


class CellInfo(JsonRecord):
    """One metric under one damage; shares from 0 to 1, of datasets."""

    pairs: Count
    falls: Number | None
    further: Number | None
    median_change: Number | None
    highest: Number | None = None  # change of the dataset that falls least; none up to 0.1


class OwnCellInfo(CellInfo):
    """The metric that the damage is meant for, and the datasets that say otherwise."""

    against: tuple[str, ...]


class AlarmInfo(JsonRecord):
    """An undamaged dataset, or a part of one, that fails the gate."""

    dataset: str
    resample: str | None
    checks: tuple[str, ...]


class SkippedInfo(JsonRecord):
    """A variant that a dataset does not allow."""

    dataset: str
    group: str
    level: str
    reason: str


class UnmeasuredInfo(JsonRecord):
    """A metric without an answer on a case."""

    dataset: str
    group: str
    level: str
    metric: str
    reason: str


class SensitivityDocument(JsonRecord):
    """`sensitivity.json`: the diagonal under `groups`, all of it under `matrix`."""

    schema_version: Literal[1]
    datasets: tuple[SensitivityDataset, ...]
    profile: ProfileInfo
    pool: PoolInfo
    budget: SensitivityBudget
    groups: dict[str, dict[str, OwnCellInfo]]  # by group and level
    matrix: dict[str, dict[str, dict[str, CellInfo | None]]]  # by group, level and metric
    false_alarms: Number | None
    resamples: Count
    alarms: tuple[AlarmInfo, ...]
    detection: dict[str, dict[str, Number | None]]  # by group and level
    left_out: tuple[SkippedInfo, ...]
    unmeasured: tuple[UnmeasuredInfo, ...]
    numbers: str = ""  # hash of what of the pool moves a number; "" in studies up to 0.2

    @model_serializer(mode="wrap")
    def _as_before(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not said, so that older studies keep their bytes."""
        return {key: value for key, value in plain(self).items() if key != "numbers" or value}


class DetectionDataset(JsonRecord):
    """A dataset whose changes were simulated."""

    name: str
    fingerprint: str
    images: Count
    classes: Count


class SuiteInfo(JsonRecord):
    """Limits that heads were held to."""

    name: str
    hash: str


class DetectionBudget(JsonRecord):
    """Settings that decide how much was measured."""

    share: Number  # of the images that a damaged head may touch
    level: str
    images: Count
    seeds: Count
    seed: Count
    whole: bool


class TallyInfo(JsonRecord):
    """Verdicts on heads of one kind."""

    cases: Count
    failed: Count
    warned: Count
    share: Number | None


class AgainstBase(JsonRecord):
    """Rates of damaged and of honest heads, by what was done."""

    detection: dict[str, dict[str, TallyInfo]]  # by group and way
    detected: TallyInfo
    false_alarms: dict[str, TallyInfo]
    false_alarm: TallyInfo


class WrongVerdict(JsonRecord):
    """A head that the gate got wrong."""

    dataset: str
    name: str
    way: str
    seed: Count
    least_p: Number | None
    checks: tuple[str, ...]


class DetectionDocument(JsonRecord):
    """`detection.json`: rates by group, and each head that the gate got wrong."""

    schema_version: Literal[1]
    datasets: tuple[DetectionDataset, ...]
    profile: ProfileInfo
    suite: SuiteInfo
    budget: DetectionBudget
    against_base: AgainstBase
    not_detected: tuple[WrongVerdict, ...]
    alarms: tuple[WrongVerdict, ...]


class SummaryRates(JsonRecord):
    """Shares of heads that fail against their base."""

    detected: Number | None
    false_alarms: Number | None


class PoolSummary(JsonRecord):
    """`summary.json` of a pool: few numbers, which `dvc metrics show` shows."""

    falls: Number | None
    detected: Number | None
    false_alarms: Number | None
    against_base: SummaryRates
    spearman: dict[str, Number | None]
    spearman_low: dict[str, Number | None] = Field(default_factory=dict)  # ends of the interval
    spearman_high: dict[str, Number | None] = Field(default_factory=dict)
    DERI1000: dict[str, Number | None]
