"""What goes into an isolated judge and what comes out: two documents in its scratch folder."""

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
    """What is to be judged, and how to compute."""

    base: str
    names: tuple[str, ...]
    given: GateSettings | None
    device: Literal["auto", "cpu", "cuda"]
    workers: int


class IsolatedAnswer(_Strict):
    """What became of one dataset."""

    name: str = Field(max_length=100)
    status: Verdict
    text: str = Field(max_length=1_000_000)
    annotations: tuple[Line, ...] = Field(max_length=50)


class Failure(_Strict):
    """Why nothing could be judged at all."""

    what: Line
    where: Line
    fix: Line


class Answers(_Strict):
    """All that an isolated judge says."""

    judged: tuple[IsolatedAnswer, ...] = Field(default=(), max_length=10_000)
    failure: Failure | None = None
