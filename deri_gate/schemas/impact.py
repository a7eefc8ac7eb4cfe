"""`impact.json`: what each damage costs the probes, and the weights that follow."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from deri_gate.schemas.base import Count, JsonRecord, Number, NumberPair


class SpreadInfo(JsonRecord):
    """Variation of a weight."""

    mean: Number
    std: Number
    interval: NumberPair


class FigureChange(JsonRecord):
    """Mean change of one figure of the probes, with its interval."""

    mean: Number | None
    interval: NumberPair | None  # 95 % over resamples of the datasets


class ArchitectureChange(JsonRecord):
    """Changes of the figures of one architecture's probes."""

    balanced_accuracy: FigureChange
    accuracy: FigureChange
    auc: FigureChange
    runs: Count


class UnlearntInfo(JsonRecord):
    """A probe that is no better than a guess on the undamaged dataset, and has no vote."""

    dataset: str
    architecture: str
    seed: Count
    balanced_accuracy: Number
    low: Number  # its lower limit, one-sided 95 %
    chance: Number


class GroupImpact(JsonRecord):
    """Cost of the damage to one metric, and the weight that follows."""

    delta_balanced_accuracy: Number
    weight: Annotated[Number, Field(ge=0)]
    std: Number | None  # over bootstrap resamples, as are mean and interval
    interval: NumberPair | None
    published_weight: Number | None
    mean: Number | None
    cross_validation: SpreadInfo | None
    by_level: dict[str, Number]
    by_kind: dict[str, Number]
    runs: Count
    delta_interval: NumberPair | None = None  # 95 % over resamples of the datasets
    by_architecture: dict[str, ArchitectureChange] = Field(default_factory=dict)


class FTestInfo(JsonRecord):
    """An F test."""

    f: Number
    p: Number
    df: tuple[Count, Count]


class RegressionInfo(JsonRecord):
    """Accuracy explained by factor, dataset and architecture."""

    overall: FTestInfo
    terms: dict[str, FTestInfo]
    r_squared: Number
    effects: dict[str, dict[str, Number]]
    rows: Count


class RankIntervals(JsonRecord):
    """The middle 95 % of rank correlations over resamples of the datasets."""

    overall: NumberPair | None
    within: NumberPair | None
    between: NumberPair | None


class RanksInfo(JsonRecord):
    """Rank correlations of U and balanced accuracy, see `agreement.Ranks`."""

    overall: Number | None
    within: Number | None
    between: Number | None
    intervals: RankIntervals | None = None


class AgreementInfo(JsonRecord):
    """Agreement of U with balanced accuracy, and the weights under which it is best."""

    weights: dict[str, Number]  # fitted to these very variants
    spearman: dict[str, RanksInfo]  # of U under published, impact, equal, and those weights
    variants: Count
    subscores: dict[str, RanksInfo] = Field(default_factory=dict)  # of each metric alone


class RobustnessInfo(JsonRecord):
    """XIMAGENET-12's robustness, mean over datasets and seeds."""

    score: Number
    sigma_i: Number
    sigma_e: Number
    cases: Count


class Reason(JsonRecord):
    """Reason that a value is missing."""

    reason: str


class Impact(JsonRecord):
    """`impact.json`: what each damage costs the probes, and the weights that follow."""

    schema_version: Literal[1]
    preset: str
    groups: dict[str, GroupImpact]
    datasets: tuple[str, ...]
    architectures: tuple[str, ...]
    runs: Count
    without_answer: Count  # rows without a balanced accuracy
    resamples: Count
    duplicates_floor: Number
    regression: RegressionInfo | Reason
    robustness: dict[str, RobustnessInfo]
    agreement: AgreementInfo | Reason
    unlearnt: tuple[UnlearntInfo, ...] = ()  # probes without a vote in weights and agreement
