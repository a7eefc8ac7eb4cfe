"""Running a suite with Great Expectations, and reading what it found with care.

Its own "success" is not a verdict: severity never changes it, and many expectations succeed on
rows without a value, or on no rows. So each built-in one gets a witness, an expectation over the
same rows that counts them and their gaps; where the witness finds nothing, or a gap, we say
unknown.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import great_expectations as gx
from great_expectations.util import convert_to_json_serializable

from deri_gate.errors import SettingError
from deri_gate.gate.answers import OF_A_SCORE, no_answer, raised_in
from deri_gate.gate.batch import batch_of
from deri_gate.gate.construction import check_constructed
from deri_gate.gate.declared import limited_metrics
from deri_gate.gate.document import named_metrics
from deri_gate.gate.left_out import left_out
from deri_gate.gate.records import Check, Judgement, Row, Status, verdict_on
from deri_gate.gate.waivers import settle
from deri_gate.runtime.counts import counted
from deri_gate.schemas.validation import (
    ExceptionInfo,
    ExpectationConfig,
    ExpectationMeta,
    ExpectationResult,
    ValidationDocument,
    ValidationStatistics,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from deri_gate.gate.declared import Declared, Suite

WITNESS = "expect_column_values_to_not_be_null"
CHOOSER = "expect_column_values_to_not_be_in_set"


def judge_rows(rows: Sequence[Row], suite: Suite, today: date) -> Judgement:
    """Do what `deri_gate.gate.judge` says."""
    by_name = {row.name: row for row in rows}
    for name, times in Counter(row.name for row in rows).items():
        if times > 1:
            raise ValueError(f"{times} rows are about {name!r}; one is needed")
    check_constructed(suite)
    batch = batch_of(rows)
    results = _run(batch, suite, [expectation.configuration() for expectation in suite.declared])
    lacking = _lacking(rows, limited_metrics(suite))
    asked = [*_witnesses(*suite.declared), *_choosers(lacking, *suite.declared)]
    witnesses = _run(batch, suite, asked)
    checks = _demanded_together(
        settle(
            _check(
                expectation,
                results[expectation.key],
                _seen(expectation, witnesses),
                by_name.get(expectation.row),
                lacking=_looked_at(expectation, witnesses, lacking),
                without=_left_out(expectation, rows),
            ),
            expectation.waiver,
            today,
        )
        for expectation in suite.declared
    )
    return Judgement(
        verdict=verdict_on(check.status for check in checks),
        checks=checks,
        validation=_validation(suite, checks, results),
    )


def _lacking(rows: Iterable[Row], limited: Collection[str]) -> dict[str, tuple[str, ...]]:
    """By score, the metrics it lacks that no limit of the suite is about."""
    found = {row.name: tuple(m for m in row.without if m not in limited) for row in rows}
    return {name: metrics for name, metrics in found.items() if metrics}


def _choosers(lacking: Collection[str], *declared: Declared) -> Iterator[dict[str, Any]]:
    """Expectations that name the scores lacking metrics among the rows of a built-in one."""
    for expectation in declared:
        if lacking and not expectation.kind:
            kwargs = {"column": "metric", "value_set": sorted(lacking)}
            yield {
                "type": CHOOSER,
                "kwargs": kwargs | _condition_of(expectation),
                "id": f"{expectation.key} scores",
            }


def _looked_at(
    expectation: Declared,
    witnesses: Mapping[str, Mapping[str, Any]],
    lacking: Mapping[str, tuple[str, ...]],
) -> dict[str, tuple[str, ...]]:
    """Scores lacking metrics that decide the answer.

    Rows chosen by a value are counted by what is left out, too.
    """
    looked_at = {expectation.row}
    if not expectation.chosen_by.isdisjoint(OF_A_SCORE):
        looked_at.update(map(str, named_metrics(expectation.kwargs)))
    for chooser in _choosers(lacking, expectation):
        looked_at.update(witnesses[chooser["id"]]["result"].get("partial_unexpected_list", ()))
    return {name: metrics for name, metrics in lacking.items() if name in looked_at}


def _left_out(expectation: Declared, rows: Iterable[Row]) -> dict[str, tuple[str, ...]]:
    """Rows that drop out for want of a value, but for what is not demanded and is not there."""
    asked = [row for row in rows if expectation.demanded or not row.absent]
    return left_out(asked, expectation.kwargs.get("row_condition"))


def _demanded_together(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks, all unknown where not one of them had anything to look at.

    Otherwise formats that list checks alone, as JUnit, would show nothing that is not all right.
    """
    found = tuple(checks)
    if any(check.status is not Status.NOT_LOOKED_AT for check in found):
        return found
    return tuple(replace(check, status=Status.UNKNOWN) for check in found)


def _run(batch: Any, declared: Suite, wanted: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Results by the id of their expectation; they come back in another order.

    Raises:
        SettingError: If Great Expectations did not load every expectation.
        RuntimeError: If it did not evaluate every one of them once, which is a bug.
    """
    if not wanted:
        return {}
    suite = gx.ExpectationSuite(name=declared.name, expectations=wanted)
    if len(suite.expectations) != len(wanted):
        what = (
            f"declares {counted(len(wanted), 'expectation')}; only {len(suite.expectations)} load"
        )
        raise SettingError(
            what, declared.path, "Look for one that Great Expectations does not take."
        )
    validated = batch.validate(suite, result_format="BASIC").results
    results = {
        result.expectation_config.id: {
            "success": bool(result.success),  # it may be numpy's own True, which JSON does not know
            "result": convert_to_json_serializable(result.result),
            "exception_info": convert_to_json_serializable(result.exception_info),
        }
        for result in validated
    }
    answered = sorted(result.expectation_config.id for result in validated)
    if answered != sorted(expectation["id"] for expectation in wanted):
        given = counted(len(validated), "result")
        raise RuntimeError(f"{declared.path}: {counted(len(wanted), 'expectation')} gave {given}")
    return results


def _witnesses(*declared: Declared) -> Iterator[dict[str, Any]]:
    """Expectations that count the rows, and gaps, of built-in ones."""
    for expectation in declared:
        if expectation.kind:
            continue
        for column in expectation.columns or ("metric",):  # the table's shape: are there any rows?
            yield {
                "type": WITNESS,
                "kwargs": {"column": column} | _condition_of(expectation),
                "id": f"{expectation.key} {column}",
            }


def _condition_of(expectation: Declared) -> dict[str, Any]:
    condition = expectation.kwargs.get("row_condition")
    return {"row_condition": condition} if condition else {}


def _seen(
    expectation: Declared, witnesses: Mapping[str, Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    return [witnesses[witness["id"]] for witness in _witnesses(expectation)]


def _check(
    expectation: Declared,
    result: Mapping[str, Any],
    witnesses: Sequence[Mapping[str, Any]],
    row: Row | None,
    *,
    lacking: Mapping[str, tuple[str, ...]],
    without: Mapping[str, tuple[str, ...]],
) -> Check:
    observed = result["result"].get("observed_value")
    is_number = isinstance(observed, int | float) and math.isfinite(observed)
    detail = no_answer(expectation, result, witnesses, row, lacking=lacking, without=without)
    absent = row.absent if row and expectation.kind and not expectation.demanded else ""
    status = (
        Status.NOT_LOOKED_AT
        if absent and detail
        else _status(expectation, success=result["success"], detail=detail)
    )
    return Check(
        name=expectation.name,
        metric=row.metric if row else expectation.row,
        slice=row.slice if row else None,
        figure=row.figure if row else "worst",
        column=expectation.column,
        bound=expectation.kind.bound if expectation.kind else None,
        severity=expectation.severity,
        observed=float(observed) if is_number and status is not Status.UNKNOWN else None,
        limit=expectation.limit,
        status=status,
        reason=expectation.reason,
        detail=(row.about if row else "") or (absent if detail else "") or detail,
    )


def _status(expectation: Declared, *, success: bool, detail: str) -> Status:
    if detail:
        return Status.UNKNOWN
    if success:
        return Status.PASS
    return Status.FAIL if expectation.severity == "critical" else Status.WARN


def _validation(
    suite: Suite, checks: Sequence[Check], results: Mapping[str, Mapping[str, Any]]
) -> ValidationDocument:
    """Great Expectations' result without what differs between equal runs.

    Its form is kept, so that its own tools read it; what we made of each result is in its meta.
    """
    successful = sum(result["success"] for result in results.values())
    return ValidationDocument(
        suite_name=suite.name,
        success=successful == len(suite.declared),
        statistics=ValidationStatistics(
            declared_expectations=len(suite.declared),
            loaded_expectations=len(results),
            evaluated_expectations=len(results),
            successful_expectations=successful,
        ),
        results=tuple(
            _result(expectation, check, results[expectation.key])
            for expectation, check in zip(suite.declared, checks, strict=True)
        ),
    )


def _result(expectation: Declared, check: Check, result: Mapping[str, Any]) -> ExpectationResult:
    raised = raised_in(result)
    return ExpectationResult(
        expectation_config=ExpectationConfig(
            type=expectation.entry.type,
            kwargs=_json_value(expectation.kwargs),
            severity=expectation.severity,
            meta=_json_value(expectation.entry.meta or {}),
            id=expectation.entry.id or None,
        ),
        success=result["success"],
        result=_json_value(result["result"]),
        meta=ExpectationMeta(status=check.status, detail=check.detail),
        exception_info=ExceptionInfo(
            raised_exception=raised is not None,
            exception_message=raised,
            exception_traceback=None,
        ),
    )


def _json_value(value: Any) -> Any:
    """Convert to JSON's own types, null for a number that JSON lacks."""
    if isinstance(value, dict):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
