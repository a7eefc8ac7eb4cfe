"""A suite of limits in the form of Great Expectations, as `expectations/*.json` hold it."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field

from deri_gate.schemas.base import JsonRecord
from deri_gate.schemas.statuses import Severity

FALSE_ALARMS = 0.01  # usual probability that an honest draw crosses limits that are written


class SuiteExpectation(JsonRecord):
    """One limit, or any other expectation."""

    id: str | None = None
    kwargs: dict[str, Any] = Field(default_factory=dict)
    meta: dict[str, Any] | None = None
    severity: Severity | None = None
    type: str
    notes: str | tuple[str, ...] | None = None
    description: str | None = None


class SuiteDocument(JsonRecord):
    """A suite of limits; its version is that of Great Expectations."""

    name: str = Field(min_length=1)
    expectations: tuple[SuiteExpectation, ...] = Field(min_length=1)
    meta: dict[str, Any] | None = None
    notes: str | tuple[str, ...] | None = None
    suite_parameters: dict[str, Any] | None = None
    id: str | None = None


def as_suite_text(suite: SuiteDocument) -> str:
    """Write a suite: the same bytes for the same content, a line a value, nothing that is null."""
    plain = suite.model_dump(mode="json", exclude_unset=True)
    return json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
