"""`impact.json` as typed records, plain numbers, never NaN; and `impact.csv`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from deri_gate.runtime.spreadsheet import csv_text
from deri_gate.scoring.pool import Number

if TYPE_CHECKING:
    from deri_gate.runtime.spreadsheet import TableCell


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class SpreadInfo(_Record):
    """How a weight varies."""

    mean: Number
    std: Number
    interval: tuple[Number, Number]


class GroupImpact(_Record):
    """What the damage of one metric costs, and what the metric so weighs."""

    delta_balanced_accuracy: Number
    weight: Annotated[Number, Field(ge=0)]
    std: Number | None  # over bootstrap resamples, as are mean and interval
    interval: tuple[Number, Number] | None
    published_weight: Number | None
    mean: Number | None
    cross_validation: SpreadInfo | None
    by_level: dict[str, Number]
    by_kind: dict[str, Number]
    runs: int


class FTestInfo(_Record):
    """An F test."""

    f: Number
    p: Number
    df: tuple[int, int]


class RegressionInfo(_Record):
    """Accuracy explained by factor, dataset and architecture."""

    overall: FTestInfo
    terms: dict[str, FTestInfo]
    r_squared: Number
    effects: dict[str, dict[str, Number]]
    rows: int


class RanksInfo(_Record):
    """Rank correlations of U and balanced accuracy; see `agreement.Ranks`."""

    overall: Number | None
    within: Number | None
    between: Number | None


class AgreementInfo(_Record):
    """How U goes with balanced accuracy, and the weights under which it goes best."""

    weights: dict[str, Number]  # fitted to these very variants
    spearman: dict[str, RanksInfo]  # of U under published, impact, equal, and those weights
    variants: int


class RobustnessInfo(_Record):
    """XIMAGENET-12's robustness, mean over datasets and seeds."""

    score: Number
    sigma_i: Number
    sigma_e: Number
    cases: int


class Reason(_Record):
    """Why something could not be said."""

    reason: str


class Impact(_Record):
    """`impact.json`."""

    schema_version: Literal[1] = 1
    preset: str
    groups: dict[str, GroupImpact]
    datasets: tuple[str, ...]
    architectures: tuple[str, ...]
    runs: int
    without_answer: int  # rows without a balanced accuracy
    resamples: int
    duplicates_floor: Number
    regression: RegressionInfo | Reason
    robustness: dict[str, RobustnessInfo]
    agreement: AgreementInfo | Reason


def impact_table(impact: Impact) -> str:
    """`impact.csv`: a row a metric, heaviest first."""
    head = ["metric", "delta", "weight", "low", "high", "published_weight"]
    rows: list[list[TableCell]] = []
    for metric, group in impact.groups.items():
        low, high = group.interval or ("", "")
        published = group.published_weight
        rows.append([metric, group.delta_balanced_accuracy, group.weight, low, high, published])
    return csv_text(head, rows)
