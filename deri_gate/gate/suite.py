"""A suite file as the limits it declares; what would not be judged as meant is an error."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import great_expectations as gx
from great_expectations.exceptions import GreatExpectationsError
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.registry import (
    get_expectation_impl,
    list_registered_expectation_implementations,
)

from deri_gate.errors import SettingError, did_you_mean
from deri_gate.gate.document import (
    check_keys,
    compared_columns,
    named_metrics,
    objects,
    read_document,
    typed,
)
from deri_gate.gate.expectations import ScoreExpectation
from deri_gate.gate.misses import check_can_be_missed, judges_values
from deri_gate.gate.records import NUMBERS
from deri_gate.gate.waivers import waiver_of
from deri_gate.runtime.strict import fault_of, validated_plain
from deri_gate.schemas.suite import SuiteExpectation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from deri_gate.gate.records import Bound, Severity, Waiver

COLUMNS = ("metric", *NUMBERS)  # of the table that is judged
BOUNDS: Mapping[str, Bound] = {"minimum": "at_least", "maximum": "at_most"}
ENTRY_KEYS = tuple(SuiteExpectation.model_fields)
# Arguments that GX takes from its own objects: in kwargs they would override the entry's own.
NOT_ARGUMENTS = {"id", "meta", "notes", "description", "severity", "rendered_content", "windows"}
NEED_A_DATABASE = (
    "unexpected_rows_expectation",
    "expect_query_results_to_match_comparison",
    "expect_table_row_count_to_equal_other_table",
)
COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list", "column_set")


@dataclass(frozen=True, kw_only=True)
class Declared:
    """One expectation of a suite file."""

    key: str  # its place in the file: what joins it to its result
    entry: SuiteExpectation  # as in the file, parameters put in place
    name: str
    row: str  # name of the row that it is about; empty when it is not about exactly one
    limit: float | None  # None when it does not hold one number as its limit
    severity: Severity
    reason: str
    waiver: Waiver | None
    reads: str  # the column that ours reads, which cannot pass without a value; else empty
    bound: Bound | None  # of the limit; None for expectations that are not ours
    demanded: bool  # whether it is unknown where there is nothing to look at, such as no splits

    @property
    def ours(self) -> bool:
        """True for one of our expectations, which cannot pass without a value."""
        return bool(self.reads)

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The arguments of the expectation."""
        return self.entry.kwargs

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values it judges; empty when it judges the table's shape."""
        return tuple(_columns(self.kwargs))

    def configuration(self) -> dict[str, Any]:
        """Configuration of an expectation, with our key to find its part in the answer."""
        return {"type": self.entry.type, "kwargs": dict(self.kwargs), "id": self.key}


@dataclass(frozen=True, kw_only=True)
class Suite:
    """The limits of one suite file, in its order."""

    name: str
    declared: tuple[Declared, ...]


def read_suite(path: Path, metrics: Collection[str]) -> Suite:
    """Read a suite and refuse whatever Great Expectations would drop, ignore or take otherwise.

    Args:
        path: A file in Great Expectations' own suite format.
        metrics: The metrics there are rows for, measured or not.

    Raises:
        SettingError: If the file is not a suite, or an expectation in it is not one we can judge.
    """
    document = read_document(path, gx.__version__)
    declared = tuple(
        _declare(entry, str(place), _where(path, place, entry), metrics)
        for place, entry in enumerate(document["expectations"], start=1)
    )
    _check_unique(declared, path)
    if not any(
        judges_values(expectation.entry.type, expectation.kwargs) for expectation in declared
    ):
        fix = "Declare a limit on the column raw, subscore, difference or change."
        raise SettingError("judges the table alone, so that everything would pass", path, fix)
    return Suite(name=document["name"], declared=declared)


def _where(path: Path, place: int, entry: Any) -> str:
    kind = entry.get("type") if isinstance(entry, dict) else None
    return f"{path}, expectation {place}" + (f" ({kind})" if isinstance(kind, str) else "")


def _declare(entry: Any, key: str, where: str, metrics: Collection[str]) -> Declared:
    if not isinstance(entry, dict):
        fix = 'Write an object with "type" and "kwargs".'
        raise SettingError("is not an expectation", where, fix)
    check_keys(entry, ENTRY_KEYS, where)
    impl = _implementation(entry.get("type"), where)
    kwargs = typed(entry, "kwargs", dict, where)
    entry = {**entry, "kwargs": kwargs}
    _check_arguments(impl, kwargs, where)
    _check_condition(kwargs, where)
    named = list(named_metrics(kwargs))
    for metric in named:
        _check_metric(metric, metrics, where)
    _check_columns(kwargs, where)
    severity = _severity(entry, where)
    _construct(entry, severity, where)
    check_can_be_missed(entry["type"], kwargs, named, where)
    meta = typed(entry, "meta", dict, where)
    return Declared(
        key=key,
        name=_name(impl, entry),
        row=named[0] if len(named) == 1 else "",
        limit=_limit(kwargs),
        severity=severity,
        reason=typed(meta, "reason", str, where),
        waiver=waiver_of(meta, where),
        reads=impl.reads if issubclass(impl, ScoreExpectation) else "",
        bound=BOUNDS[impl.limit_key] if issubclass(impl, ScoreExpectation) else None,
        demanded=_demanded(meta, where),
        entry=_checked_form(entry, where),  # last: what was said before names the fault better
    )


def _checked_form(entry: Mapping[str, Any], where: str) -> SuiteExpectation:
    """Hold an expectation to the form in which it is handed on."""
    try:
        return validated_plain(entry, SuiteExpectation)
    except ValueError as error:
        fix = "Write it as docs/files.md says."
        raise SettingError(f"is not an expectation ({fault_of(error)})", where, fix) from error


def _demanded(meta: Mapping[str, Any], where: str) -> bool:
    """True if the limit must be looked at: unless its meta says {"demanded": false}."""
    said = meta.get("demanded", True)
    if not isinstance(said, bool):
        fix = "Write true or false: false where a dataset may lack what the limit is about."
        raise SettingError(f"'demanded' holds {said!r}", where, fix)
    return said


def _implementation(kind: Any, where: str) -> Any:
    known = list_registered_expectation_implementations()
    if not isinstance(kind, str):
        raise SettingError("has no type", where, 'Add a "type" to the expectation.')
    if kind not in known:
        fix = did_you_mean(kind, sorted(known))
        raise SettingError(f"there is no expectation {kind!r}", where, fix)
    if kind in NEED_A_DATABASE:
        fix = "Use an expectation on the columns metric, raw, subscore and weight."
        raise SettingError("cannot be judged: there is no database here", where, fix)
    return get_expectation_impl(kind)


def _check_arguments(impl: Any, kwargs: Mapping[str, Any], where: str) -> None:
    fields = {name: field for name, field in impl.__fields__.items() if name not in NOT_ARGUMENTS}
    check_keys(kwargs, fields, where)
    missing = [name for name, field in fields.items() if field.required and name not in kwargs]
    if missing:
        fix = f'Add {missing[0]!r} to its "kwargs".'
        raise SettingError(f"the argument {missing[0]!r} is missing", where, fix)
    bounds = {"min_value", "max_value"}
    if bounds <= fields.keys() and all(kwargs.get(bound) is None for bound in bounds):
        fix = "Add min_value, max_value or both."
        raise SettingError("has no limit, so that everything would pass", where, fix)


def _check_condition(kwargs: Mapping[str, Any], where: str) -> None:
    """Conditions given as text are deprecated, and some are run as code."""
    as_text = isinstance(kwargs.get("row_condition"), str)
    run_as_code = any("pass_through_filter" in part for part in objects(kwargs))
    if as_text or run_as_code or kwargs.get("condition_parser") is not None:
        fix = 'Write it as {"type": "comparison", "column": .., "operator": .., "parameter": ..}.'
        raise SettingError("its row_condition is text", where, fix)


def _check_metric(metric: Any, metrics: Collection[str], where: str) -> None:
    if metric not in metrics:
        fix = did_you_mean(str(metric), sorted(metrics))
        raise SettingError(f"there is no metric {metric!r}", where, fix)


def _check_columns(kwargs: Mapping[str, Any], where: str) -> None:
    for column in [*_columns(kwargs), *(name for name, _ in compared_columns(kwargs))]:
        if column not in COLUMNS:
            fix = did_you_mean(str(column), COLUMNS)
            raise SettingError(f"there is no column {column!r}", where, fix)


def _severity(entry: Mapping[str, Any], where: str) -> Severity:
    severity: Any = entry.get("severity", "critical")  # GX's own default
    if severity not in ("critical", "warning"):
        fix = "Write critical, which fails the gate, or warning, which warns."
        raise SettingError(f"there is no severity {severity!r}", where, fix)
    return "warning" if severity == "warning" else "critical"


def _construct(entry: Mapping[str, Any], severity: Severity, where: str) -> None:
    """Make the expectation once, for what it says of its arguments: in a suite GX drops it."""
    arguments = {"type": entry["type"], "kwargs": dict(entry["kwargs"]), "severity": severity}
    try:
        ExpectationConfiguration(**arguments).to_domain_obj()
    except (GreatExpectationsError, ValueError, TypeError, ArithmeticError) as error:
        raise SettingError(_said(error), where, 'Correct its "kwargs".') from error


def _said(error: Exception) -> str:
    """Fault of the arguments; pydantic gives it in parts."""
    parts: list[dict[str, Any]] = getattr(error, "errors", list)()
    if not parts:
        return str(error).rstrip(".")
    return "; ".join(
        f"{part['loc'][0]}: {part['msg']}".removeprefix("__root__: ") for part in parts
    )


def _name(impl: Any, entry: Mapping[str, Any]) -> str:
    """A check's name for people: it tells the check from every other in the suite."""
    kwargs = entry["kwargs"]
    if issubclass(impl, ScoreExpectation):
        return str(impl.describe(kwargs["metric"], f"{kwargs[impl.limit_key]:.15g}"))
    if isinstance(entry.get("description"), str) and entry["description"].strip():
        return str(entry["description"])
    return f"{entry['type'].replace('_', ' ')} {json.dumps(kwargs, sort_keys=True)}"


def _limit(kwargs: Mapping[str, Any]) -> float | None:
    names = ("minimum", "maximum", "min_value", "max_value", "value")
    limits = [kwargs[name] for name in names if kwargs.get(name) is not None]
    if len(limits) == 1 and isinstance(limits[0], int | float):
        return float(limits[0])
    return None


def _columns(kwargs: Mapping[str, Any]) -> Iterator[str]:
    for argument in COLUMN_ARGUMENTS:
        value = kwargs.get(argument)
        if value is not None:
            yield from value if isinstance(value, list) else [value]


def _check_unique(declared: Iterable[Declared], path: Path) -> None:
    seen: dict[str, Declared] = {}
    for expectation in declared:
        arguments = f"{expectation.entry.type} {json.dumps(expectation.kwargs, sort_keys=True)}"
        for key in (expectation.name, arguments):
            other = seen.setdefault(key, expectation)
            if other is not expectation:
                both = f"expectations {other.key} and {expectation.key}"
                what = f"{both} are the same check, {expectation.name!r}"
                raise SettingError(what, path, "Keep one of them.")
