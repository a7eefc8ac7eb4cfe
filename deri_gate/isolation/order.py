"""Input and output of an isolated judge: two documents in its scratch folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from deri_gate.github.settings import GateSettings
from deri_gate.schemas.statuses import Verdict  # at run time too: pydantic reads it

SCRATCH = Path("/judge")  # where the scratch folder is, inside
ORDER, ANSWER, REPORT, CACHE, HOME = "order.json", "answer.json", "report", "cache", "home"
MOST_BYTES = 16 * 2**20  # of an answer
Line = Annotated[str, Field(max_length=20_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class JudgingOrder(_Strict):
    """Order to an isolated judge: datasets, and settings of the computation."""

    base: str
    names: tuple[str, ...]
    given: GateSettings | None
    device: Literal["auto", "cpu", "cuda"]
    workers: int


class IsolatedAnswer(_Strict):
    """Outcome of one dataset."""

    name: str = Field(max_length=100)
    status: Verdict
    text: str = Field(max_length=1_000_000)
    annotations: tuple[Line, ...] = Field(max_length=50)


class Failure(_Strict):
    """Reason that nothing could be judged at all."""

    what: Line
    where: Line
    fix: Line


class Answers(_Strict):
    """Complete answer of an isolated judge."""

    judged: tuple[IsolatedAnswer, ...] = Field(default=(), max_length=10_000)
    failure: Failure | None = None
