"""A suite file as the limits it declares; what would not be judged as meant is an error.

All that the file itself can tell is said here, without Great Expectations, which takes seconds to
import. What only it can say of an expectation's arguments is asked by `construction`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from deri_gate.errors import SettingError, did_you_mean
from deri_gate.gate import refuse_untaken
from deri_gate.gate.declared import COLUMNS, Declared, Suite, judged_columns
from deri_gate.gate.document import (
    check_keys,
    compared_columns,
    named_metrics,
    objects,
    only_metric,
    read_document,
    typed,
)
from deri_gate.gate.limit_kinds import LIMIT_KINDS
from deri_gate.gate.misses import check_can_be_missed, judges_values
from deri_gate.gate.vocabulary import (
    CORRECT,
    arguments_of,
    check_arguments,
    check_type,
    expectation_types,
)
from deri_gate.gate.waivers import waiver_of
from deri_gate.runtime.strict import fault_of, validated_plain
from deri_gate.runtime.versions import installed_version
from deri_gate.schemas.suite import SuiteExpectation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from deri_gate.gate.records import Severity

ENTRY_KEYS = tuple(SuiteExpectation.model_fields)


def read_suite(path: Path, metrics: Collection[str]) -> Suite:
    """Read a suite and refuse what its file shows that would not be judged as meant.

    Args:
        path: A file in Great Expectations' own suite format.
        metrics: The metrics there are rows for, measured or not.

    Raises:
        SettingError: If the file is not a suite, or an expectation in it is not one we can judge.
    """
    document = read_document(path, installed_version("great-expectations"))
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
    return Suite(path=path, name=document["name"], declared=declared)


def check_suite(path: Path, metrics: Collection[str]) -> None:
    """Make sure that a suite can be judged, before anything is measured for it.

    Great Expectations is asked where it can still have something to say.

    Args:
        path: A file in Great Expectations' own suite format.
        metrics: What there will be rows for.

    Raises:
        SettingError: If the suite cannot be read, or any part of it would not be judged as meant.
    """
    suite = read_suite(path, metrics)
    if not all(declared.is_settled for declared in suite.declared):
        refuse_untaken(suite)


def _where(path: Path, place: int, entry: Any) -> str:
    kind = entry.get("type") if isinstance(entry, dict) else None
    return f"{path}, expectation {place}" + (f" ({kind})" if isinstance(kind, str) else "")


def _declare(entry: Any, key: str, where: str, metrics: Collection[str]) -> Declared:
    if not isinstance(entry, dict):
        fix = 'Write an object with "type" and "kwargs".'
        raise SettingError("is not an expectation", where, fix)
    check_keys(entry, ENTRY_KEYS, where)
    check_type(entry.get("type"), expectation_types(), where)
    kwargs = typed(entry, "kwargs", dict, where)
    entry = {**entry, "kwargs": kwargs}
    check_arguments(kwargs, arguments_of(entry["type"]), where)
    _check_condition(kwargs, where)
    for metric in named_metrics(kwargs):
        _check_metric(metric, metrics, where)
    _check_columns(kwargs, where)
    severity = _severity(entry, where)
    _check_limit(entry["type"], kwargs, where)
    alone = only_metric(kwargs)
    check_can_be_missed(entry["type"], kwargs, alone, where)
    meta = typed(entry, "meta", dict, where)
    return Declared(
        key=key,
        where=where,
        name=_name(entry),
        row=alone[0] if alone else "",
        limit=_limit(kwargs),
        severity=severity,
        reason=typed(meta, "reason", str, where),
        waiver=waiver_of(meta, where),
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
    for column in [*judged_columns(kwargs), *(name for name, _ in compared_columns(kwargs))]:
        if column not in COLUMNS:
            fix = did_you_mean(str(column), COLUMNS)
            raise SettingError(f"there is no column {column!r}", where, fix)


def _severity(entry: Mapping[str, Any], where: str) -> Severity:
    severity: Any = entry.get("severity", "critical")  # GX's own default
    if severity not in ("critical", "warning"):
        fix = "Write critical, which fails the gate, or warning, which warns."
        raise SettingError(f"there is no severity {severity!r}", where, fix)
    return "warning" if severity == "warning" else "critical"


def _check_limit(kind: str, kwargs: Mapping[str, Any], where: str) -> None:
    """Refuse the limit of one of ours that is no such number."""
    ours = LIMIT_KINDS.get(kind)
    refusal = ours.refusal(kwargs[ours.argument]) if ours else ""
    if ours and refusal:
        raise SettingError(f"{ours.argument}: {refusal}", where, CORRECT)


def _name(entry: Mapping[str, Any]) -> str:
    """A check's name for people: it tells the check from every other in the suite."""
    kwargs, ours = entry["kwargs"], LIMIT_KINDS.get(entry["type"])
    if ours is not None:
        return ours.describe(kwargs["metric"], f"{kwargs[ours.argument]:.15g}")
    if isinstance(entry.get("description"), str) and entry["description"].strip():
        return str(entry["description"])
    return f"{entry['type'].replace('_', ' ')} {json.dumps(kwargs, sort_keys=True)}"


def _limit(kwargs: Mapping[str, Any]) -> float | None:
    names = ("minimum", "maximum", "min_value", "max_value", "value")
    limits = [kwargs[name] for name in names if kwargs.get(name) is not None]
    if len(limits) == 1 and isinstance(limits[0], int | float):
        return float(limits[0])
    return None


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
