"""`subscores.json` and `scores.json`: what values are worth, and the verdict."""

from __future__ import annotations

from typing import Literal

from deri_gate.schemas.base import JsonRecord, Number, NumberPair, PoolInfo
from deri_gate.schemas.statuses import Severity, Status, Verdict


class SubscoresDocument(JsonRecord):
    """`subscores.json`: 0 to 100 by metric, null where there is none."""

    schema_version: Literal[1]
    pool: PoolInfo
    subscores: dict[str, Number | None]


class WaiverInfo(JsonRecord):
    """Waiver of a limit for a while, with its reason."""

    reason: str
    until: str  # the last day on which it counts, ISO 8601
    counts: bool  # true when the check passes for the waiver alone


class CheckInfo(JsonRecord):
    """One limit, and what the gate made of it."""

    name: str
    metric: str
    severity: Severity
    observed: Number | None
    limit: Number | None
    status: Status
    reason: str
    detail: str
    waiver: WaiverInfo | None
    # Up to 0.2 the keys below were not there.
    column: str = ""  # of the judged table, such as raw or subscore; "" for several or none
    bound: Literal["at_least", "at_most"] | None = None  # null for what other expectations ask
    slice: Literal["class", "group"] | None = None  # null for the whole dataset
    figure: Literal["worst", "gap"] = "worst"  # of the slices


class MemberInfo(JsonRecord):
    """The scored dataset as one of the pool, and its score against the others."""

    name: str
    without_itself: Number | None  # DERI1000; null where too few datasets are left


class ScoresDocument(JsonRecord):
    """`scores.json`: U, DERI1000, weights, checks and the verdict."""

    schema_version: Literal[1]
    U: Number | None
    DERI1000: Number | None
    complete: bool  # whether DERI1000 is of all its metrics; of fewer it is of another kind
    interval: NumberPair | None  # 95 % of DERI1000, over resamples of the images and the pool
    image_interval: NumberPair | None  # over resamples of the images alone
    pool_interval: NumberPair | None  # over resamples of the pool alone
    weights: dict[str, Number | None]
    weights_used: str = ""  # their name in the pool: equal, published, fitted, own, ...
    member: MemberInfo | None = None  # null where the dataset is not in the pool
    verdict: Verdict
    checks: tuple[CheckInfo, ...]
