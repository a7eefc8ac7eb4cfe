"""`validation.json`: a result in the form of Great Expectations, whose own tools read it."""

from __future__ import annotations

from typing import Any

from pydantic import SerializerFunctionWrapHandler, model_serializer

from deri_gate.schemas.base import Count, JsonRecord
from deri_gate.schemas.statuses import Severity, Status


class ValidationStatistics(JsonRecord):
    """Numbers of expectations."""

    declared_expectations: Count
    loaded_expectations: Count
    evaluated_expectations: Count
    successful_expectations: Count

    def __add__(self, other: ValidationStatistics) -> ValidationStatistics:
        """Sum up the numbers of two suites."""
        names = type(self).model_fields
        return ValidationStatistics(**{n: getattr(self, n) + getattr(other, n) for n in names})


class ExpectationConfig(JsonRecord):
    """An expectation as the suite declares it."""

    type: str
    kwargs: dict[str, Any]
    severity: Severity
    meta: dict[str, Any]
    id: str | None = None

    @model_serializer(mode="wrap")
    def _without_missing_id(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out an id that the suite does not give."""
        return {
            key: value for key, value in plain(self).items() if key != "id" or value is not None
        }


class ExpectationMeta(JsonRecord):
    """The gate's answer, and why it is unknown."""

    status: Status
    detail: str


class ExceptionInfo(JsonRecord):
    """Exception that Great Expectations raised in place of an answer."""

    raised_exception: bool
    exception_message: str | None
    exception_traceback: None  # it names paths and line numbers of one machine


class ExpectationResult(JsonRecord):
    """One expectation with its result; `result` is Great Expectations' own."""

    expectation_config: ExpectationConfig
    success: bool
    result: dict[str, Any]
    meta: ExpectationMeta
    exception_info: ExceptionInfo


class ValidationDocument(JsonRecord):
    """`validation.json`: a result in the form of Great Expectations; no version of ours."""

    suite_name: str
    success: bool
    statistics: ValidationStatistics
    results: tuple[ExpectationResult, ...]
